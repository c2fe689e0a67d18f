"""A result that was spoilt between two jobs is named by whoever reads it."""

import h5py
import pytest

from ccsncam.moment.store import MomentResult
from ccsncam.network.evaluation import Evaluation
from ccsncam.noise.store import Noise
from ccsncam.results.embedding import Embedding
from ccsncam.saliency.attribution import Attribution
from ccsncam.saliency.explained import Explained
from ccsncam.saliency.shown import ShownSamples
from ccsncam.samples.dataset import DataSet
from ccsncam.samples.parts import Parts
from ccsncam.waveforms.model import Waveform

READERS = (
    Waveform.read,
    Noise.read,
    DataSet.open,
    Parts.read,
    Evaluation.read,
    Embedding.read,
    Explained.read,
    Attribution.read,
    ShownSamples.read,
    MomentResult.read,
)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("content", ["text", "empty", "another"])
def test_a_damaged_file_is_named(read, content, tmp_path):
    path = tmp_path / "spoilt.h5"
    if content == "another":
        with h5py.File(path, "w") as file:
            file["other"] = 1
    else:
        path.write_text("no HDF5" if content == "text" else "")
    # A file of another kind may be named by what it lacks.
    words = r"no[t ]" if content == "another" else "not a whole file .*; delete it"
    with pytest.raises(ValueError, match=rf"spoilt\.h5: {words}") as error:
        read(path)
    assert "\n" not in str(error.value)
