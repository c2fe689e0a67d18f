"""Figures, one module each, in one style.

A module that a rule of ``workflow/rules/figures.smk`` names has a function
``draw(inputs, params)``. Both arguments give values as attributes: ``inputs`` the paths of files,
``params`` the settings of the figure. ``draw`` returns the figure and the words that say what made
the samples: simulated or real noise, surrogate or simulated waveforms.
"""

import os

# Matplotlib refuses to be imported with the backend of a notebook.
os.environ["MPLBACKEND"] = "agg"
