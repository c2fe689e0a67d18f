"""Names of the saliency methods and of their controls, for those who do not compute them."""

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
# What the paper leaves open and Table I depends on: switches, and how maps are stretched.
VARIANTS = {
    "after the ReLU": ({"post_relu": True}, "image"),
    "cells at their receptive fields": ({}, "field"),
}


def variants(method, options):
    """Variants of a method of the paper, by name: its further switches and the alignment.

    Parameters
    ----------
    method : str
        A key of `NAMES`; none but those of `PAPER` have any.
    options : dict
        Its switches in the config: a variant that they already are is left out.

    Returns
    -------
    dict
    """
    return {
        name: (switches, alignment)
        for name, (switches, alignment) in VARIANTS.items()
        if method in PAPER and (not switches or not switches.items() <= options.items())
    }
