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
