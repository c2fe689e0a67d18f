"""Strain of the Gravitational Wave Open Science Center: which files exist, and their download."""
