"""Maps by tf-keras-vis, in an interpreter that has it; see torch_cam.py for the arguments."""

import sys
import time
from pathlib import Path

import numpy as np
import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow/scripts"))

from ccsncam import classifier  # noqa: E402

NAMES = {"grad-cam": "Gradcam", "grad-cam++": "GradcamPlusPlus", "score-cam": "Scorecam"}


def main(source, out, threads, size, methods):
    classifier.prepare(threads)
    import keras
    from tf_keras_vis import gradcam, gradcam_plus_plus, scorecam
    from tf_keras_vis.utils.scores import CategoricalScore

    given = dict(np.load(source))
    settings = yaml.safe_load((ROOT / "config/config.yaml").read_text())["classifier"]
    model = classifier.build(settings, given["images"].shape[1:], len(given["logits/1"]))
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([given[f"{layer.name}/{k}"] for k in range(2)])
    model = keras.Model(model.inputs, model.outputs[1])
    modules = {"Gradcam": gradcam, "GradcamPlusPlus": gradcam_plus_plus, "Scorecam": scorecam}
    found = {}
    for method in methods:
        name = NAMES[method]
        cam = getattr(modules[name], name)(model, clone=False)
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
