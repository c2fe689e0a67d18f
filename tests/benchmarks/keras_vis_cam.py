"""Maps by tf-keras-vis, in an interpreter that has it; torch_cam.py describes the arguments."""

import sys
import time
from pathlib import Path

import numpy as np
import yaml
from tf_keras_vis import gradcam, gradcam_plus_plus, scorecam
from tf_keras_vis.utils.scores import CategoricalScore

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow/scripts"))

from ccsncam.config.classifier import Classifier  # noqa: E402
from ccsncam.network import classifier, device  # noqa: E402
from ccsncam.network.backend import keras  # noqa: E402

METHODS = {
    "grad-cam": gradcam.Gradcam,
    "grad-cam++": gradcam_plus_plus.GradcamPlusPlus,
    "score-cam": scorecam.Scorecam,
}


def main(source, out, threads, size, methods):
    device.prepare(threads)
    given = dict(np.load(source))
    block = Classifier.of(yaml.safe_load((ROOT / "config/config.yaml").read_text())["classifier"])
    model = classifier.build(block, given["images"].shape[1:], len(given["logits/1"]))
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([given[f"{layer.name}/{k}"] for k in range(2)])
    model = keras.Model(model.inputs, model.outputs[1])
    found = {}
    for method in methods:
        cam = METHODS[method](model, clone=False)
        rows = [slice(first, first + size) for first in range(0, len(given["images"]), size)]

        def explain(rows, cam=cam):
            return cam(
                CategoricalScore(given["target"][rows].tolist()),
                given["images"][rows],
                penultimate_layer="conv2",
                seek_penultimate_conv_layer=False,
            )

        explain(rows[0])
        began = time.perf_counter()
        found[method] = np.concatenate([explain(one) for one in rows])
        found[f"seconds/{method}"] = time.perf_counter() - began
    np.savez(out, **found)


if __name__ == "__main__":
    main(*sys.argv[1:3], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
