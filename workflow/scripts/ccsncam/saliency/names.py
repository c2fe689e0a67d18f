"""Names of the saliency methods and of the controls, for modules that compute no maps."""

from collections.abc import Mapping
from typing import Any

NAMES = {
    "grad-cam": "Grad-CAM",
    "grad-cam++": "Grad-CAM++",
    "score-cam": "Score-CAM",
    "hires-cam": "HiResCAM",
    "layer-cam": "LayerCAM",
    "eigen-cam": "Eigen-CAM",
    "ablation-cam": "Ablation-CAM",
    "integrated-gradients": "Integrated Gradients",
    "smooth-grad": "SmoothGrad",
    "random": "random map",
    "ones": "all ones",
    "input": "input itself",
}
CONTROLS = ("random", "ones", "input")
PAPER = ("grad-cam", "grad-cam++", "score-cam")
# Choices that the paper leaves open and that change Table I: switches of the method, and the
# alignment with which maps are brought to the size of the image.
VARIANTS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "after the ReLU": ({"post_relu": True}, "image"),
    "cells at their receptive fields": ({}, "field"),
}


def variants(method: str, options: Mapping[str, Any]) -> dict[str, tuple[Mapping[str, Any], str]]:
    """Variants of a method of the paper, by name: further switches, and the alignment.

    Parameters
    ----------
    method : str
        A key of `NAMES`; only those in `PAPER` have variants.
    options : mapping
        Switches of the method in the configuration. A variant that these already choose is left
        out.

    Returns
    -------
    dict
    """
    return {
        name: (switches, alignment)
        for name, (switches, alignment) in VARIANTS.items()
        if method in PAPER and (not switches or not switches.items() <= options.items())
    }
