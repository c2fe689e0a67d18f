import subprocess
import sys
from dataclasses import replace

import pytest
from test_classifier import PAPER

from ccsncam.network.architecture import count_parameters
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
    counts = count_parameters(filters, dense, shape, classes)
    named = dict(zip(("parameters", "features"), counts, strict=True))
    model = build(replace(PAPER, filters=filters, dense=dense, **named), shape, classes)
    assert (model.count_params(), model.outputs[0].shape[-1]) == counts


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
