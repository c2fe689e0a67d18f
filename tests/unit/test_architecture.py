import subprocess
import sys
from dataclasses import replace

import pytest
from test_classifier import PAPER

from ccsncam.network.architecture import NETWORKS, count_parameters, layers_of
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
    for network, convolutions in NETWORKS.items():
        own = filters[:convolutions]
        counts = count_parameters(own, dense, shape, classes, network)
        named = dict(zip(("parameters", "features"), counts, strict=True))
        block = replace(PAPER, network=network, filters=own, dense=dense, dropout=0.1, **named)
        model = build(block, shape, classes)
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


def test_an_input_that_is_too_small():
    with pytest.raises(ValueError, match=r"spectrogram: an input of \(94, 9, 3\) is too small"):
        count_parameters([16, 16], [200], [94, 9, 3], 10)


def test_counting_needs_no_tensorflow(root):
    code = (
        f"import sys; sys.path.append({str(root / 'workflow/scripts')!r})\n"
        "from ccsncam.network import architecture\n"
        "architecture.count_parameters([16, 16], [200], (94, 31, 3), 10)\n"
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
