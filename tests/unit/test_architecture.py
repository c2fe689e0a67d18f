import itertools
import subprocess
import sys
from dataclasses import replace

import pytest
from test_classifier import PAPER

from ccsncam.network.architecture import NETWORKS, SERIAL, count_parameters, layers_of
from ccsncam.network.classifier import build


@pytest.mark.parametrize(
    ("filters", "dense", "shape", "classes"),
    [
        ((16, 16), (200,), (94, 31, 3), 10),
        ((8, 16), (200, 16), (94, 31, 3), 10),
        ((3, 5), (7,), (30, 25, 1), 4),
    ],
)
def test_arithmetic_counts_what_keras_counts(tensorflow, filters, dense, shape, classes):
    for (network, (_, most)), extra in itertools.product(NETWORKS.items(), [(), ("scales",)]):
        own, seen = filters[:most], (1, 4096, shape[2]) if network in SERIAL else shape
        counts = count_parameters(own, dense, seen, classes, network, extra)
        named = dict(zip(("parameters", "features"), counts, strict=True))
        block = replace(PAPER, network=network, filters=own, dense=dense, dropout=0.1, **named)
        model = build(replace(block, extra=extra), seen, classes)
        trainable = sum(weight.numpy().size for weight in model.trainable_weights)
        assert (trainable, model.outputs[0].shape[-1]) == counts
        names = [layer.name for layer in model.layers]
        explained = layers_of(network, own)
        at = names.index(explained[0])
        assert names[at : at + len(explained)] == explained


def test_the_paper_s_counts():
    assert count_parameters(PAPER.filters, PAPER.dense, (94, 31, 3), 10) == (427378, 2112)
    # The other network with these counts (notes, section 1.2).
    assert count_parameters([8, 16], [200, 16], (94, 31, 3), 10) == (427378, 2112)


def test_counts_of_the_others():
    shape = (94, 31, 3)
    # Two numbers more a detector, for each of 200 units.
    scales = count_parameters(PAPER.filters, PAPER.dense, shape, 10, extra=["scales"])
    assert scales == (427378 + 6 * 200, 2112 + 6) == (428578, 2118)
    # One for each pair of detectors.
    found = count_parameters(PAPER.filters, PAPER.dense, shape, 10, extra=["coherence"], pairs=3)
    assert found == (427378 + 3 * 200, 2112 + 3) == (427978, 2115)
    # Each branch has (9 + 1) · 16 and (144 + 1) · 16 weights.
    branch, dense = 10 * 16 + 145 * 16, (3 * 2112 + 1) * 64 + 65 * 10
    assert count_parameters([16, 16], [64], shape, 10, "late") == (3 * branch + dense, 6336)
    assert count_parameters([16, 16], [64], shape, 10, "late-shared") == (branch + dense, 6336)
    # A convolution, a block with the same number of channels, and one with another.
    inner = (9 * 16 + 3) * 16
    deep = 30 * 16 + 2 * inner + (9 * 16 + 3) * 32 + (9 * 32 + 3) * 32 + 17 * 32
    found = count_parameters([16, 16, 32], [50], shape, 10, "residual")
    assert found == (deep + (1056 + 3) * 50 + 510, 1056)
    # (4096 - 15) // 4 = 1020, then 251, 59 and 11 samples of 32 channels are left.
    serial = 16 * (16 * 3 + 3) + 16 * (16 * 16 + 3) + 32 * (16 * 16 + 3) + 32 * (16 * 32 + 3)
    found = count_parameters([16, 16, 32, 32], [64], (1, 4096, 3), 10, "strain")
    assert found == (serial + (352 + 3) * 64 + 650, 352) == (53098, 352)


def test_an_input_that_is_too_small():
    with pytest.raises(ValueError, match=r"spectrogram: an input of \(94, 9, 3\) is too small"):
        count_parameters([16, 16], [200], [94, 9, 3], 10)
    with pytest.raises(ValueError, match=r"too small .* give classifier.filters fewer numbers"):
        count_parameters([16, 16, 32, 32], [64], (1, 1024, 3), 10, "strain")


def test_counting_needs_no_tensorflow(root):
    code = (
        f"import sys; sys.path.append({str(root / 'workflow/scripts')!r})\n"
        "from ccsncam.network import architecture\n"
        "architecture.count_parameters([16, 16], [200], (94, 31, 3), 10)\n"
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
