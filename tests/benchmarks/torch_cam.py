"""Maps by pytorch-grad-cam. PyTorch and TensorFlow do not work in the same interpreter.

python torch_cam.py IN.npz OUT.npz THREADS BATCH METHOD...

IN holds images (n, frequency, time, detector), target, and the weights of the network by layer.
OUT gets the maps by method, and the seconds that they took without start-up.
"""

import contextlib
import io
import sys
import time

import numpy as np
import pytorch_grad_cam
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

NAMES = {
    "grad-cam": "GradCAM",
    "grad-cam++": "GradCAMPlusPlus",
    "hires-cam": "HiResCAM",
    "layer-cam": "LayerCAM",
    "score-cam": "ScoreCAM",
}


def port(given):
    """The network of `ccsncam.network.classifier.build` in PyTorch, with the same weights."""
    model = torch.nn.Sequential()
    for number in (1, 2):
        weight, bias = given[f"conv{number}/0"], given[f"conv{number}/1"]
        conv = torch.nn.Conv2d(weight.shape[2], weight.shape[3], 3)
        conv.weight.data = torch.tensor(weight.transpose(3, 2, 0, 1).copy())
        conv.bias.data = torch.tensor(bias)
        channels = weight.shape[3]
        model.add_module(f"conv{number}", conv)
        model.add_module(f"pool{number}", torch.nn.MaxPool2d(2))
        model.add_module(f"relu{number}", torch.nn.ReLU())
    model.add_module("features", torch.nn.Flatten())
    height, width = given["images"].shape[1:3]
    for _ in range(2):
        height, width = (height - 2) // 2, (width - 2) // 2
    for name in ("dense1", "logits"):
        weight, bias = given[f"{name}/0"], given[f"{name}/1"]
        if name == "dense1":
            # Keras flattens (frequency, time, channel), PyTorch (channel, frequency, time).
            order = np.arange(len(weight)).reshape(height, width, channels).transpose(2, 0, 1)
            weight = weight[order.ravel()]
        dense = torch.nn.Linear(*weight.shape)
        dense.weight.data, dense.bias.data = torch.tensor(weight.T.copy()), torch.tensor(bias)
        model.add_module(name, dense)
        if name == "dense1":
            model.add_module("active", torch.nn.ReLU())
    return model.eval()


def main(source, out, threads, size, methods):
    torch.set_num_threads(threads)
    given = dict(np.load(source))
    model = port(given)
    images = torch.tensor(given["images"].transpose(0, 3, 1, 2).copy())
    targets = [ClassifierOutputTarget(int(one)) for one in given["target"]]
    found = {"logits": model(images).detach().numpy()}
    for method in methods:
        with getattr(pytorch_grad_cam, NAMES[method])(model, [model.conv2]) as cam:
            cam.batch_size = 16
            # Score-CAM draws a progress bar per sample.
            with contextlib.redirect_stderr(io.StringIO()):
                cam(images[:size], targets[:size])
                began = time.perf_counter()
                parts = [
                    cam(images[first : first + size], targets[first : first + size])
                    for first in range(0, len(images), size)
                ]
                found[f"seconds/{method}"] = time.perf_counter() - began
        found[method] = np.concatenate(parts)
    np.savez(out, **found)


if __name__ == "__main__":
    main(*sys.argv[1:3], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
