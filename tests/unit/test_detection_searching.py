"""The search of samples by its script: same bytes on any number of cores, and what it says."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from jobs import Params, make_job
from made_results import ORIGIN
from test_classifier import PAPER
from test_training import spawn

import efficiency as efficiency_script
from ccsncam.config.blocks import Sampling
from ccsncam.detection import controls, searching, stretches
from ccsncam.detection.names import names
from ccsncam.detection.searched import NoiseWindows, Searched
from ccsncam.detection.statistic import statistic
from ccsncam.network import architecture, classifier
from ccsncam.network.evaluation import Evaluation
from ccsncam.samples import building, spectrogram, synthesis
from ccsncam.samples.dataset import DataSet

PER_CLASS, WINDOWS = 3, 30


def block():
    small = replace(PAPER, dense=(8,))
    counts = architecture.count_parameters(small.filters, small.dense, (94, 31, 3), 4)
    return replace(small, parameters=counts[0], features=counts[1])


def search(folder, threads):
    """Run the script; for another process, too."""
    paths = {name: str(folder / f"{name}.h5") for name in ("test-1kpc", "test-5kpc")}
    waveforms, noise = (
        (folder / f"{name}.txt").read_text().split() for name in ("waveforms", "noise")
    )
    inputs = {
        "datasets": list(paths.values()),
        "evaluations": [str(folder / f"said-{name}.h5") for name in paths],
        "weights": str(folder / "x.weights.h5"),
        "waveforms": waveforms,
        "validation_noise": noise,
        "test_noise": noise,
    }
    settings = {"stride": 3, "per_class": PER_CLASS, "noise_windows": WINDOWS}
    job = make_job(
        folder, f"efficiency{threads}", inputs, "", classifier=asdict(block()), **settings
    )
    own = folder / f"threads-{threads}"
    own.mkdir()
    job.output = Params(searched=[own / f"{name}.h5" for name in paths], noise=own / "noise.h5")
    job.threads = threads
    efficiency_script.main(job)


@pytest.fixture(scope="module")
def folder(made, config, root, tmp_path_factory, tensorflow):
    folder = tmp_path_factory.mktemp("searching")
    inputs = synthesis.Inputs.read(made.waveforms, made.noise, Sampling.of(config))
    model = classifier.build(block(), (94, 31, 3), 4, seed=2)
    model.save_weights(folder / "x.weights.h5")
    for distance in (1, 5):
        name = f"test-{distance}kpc"
        path = folder / f"{name}.h5"
        building.build(path, inputs, 1, name, 5, synthesis.by_distance(distance), "tried")
        said = classifier.evaluate(model, DataSet.open(path), 0)
        said.write(folder / f"said-{name}.h5")
    for name in ("waveforms", "noise"):
        (folder / f"{name}.txt").write_text("\n".join(map(str, getattr(made, name))))
    # TensorFlow of this process has two threads, and takes no other number.
    process = spawn(root, folder, "test_detection_searching", "t.search(folder, 1)")
    search(folder, 2)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output.decode()
    return folder


def test_threads_do_not_change_a_byte(folder):
    for name in ("test-1kpc", "test-5kpc", "noise"):
        one, two = ((folder / f"threads-{n}/{name}.h5").read_bytes() for n in (1, 2))
        assert one == two, name


def test_what_was_searched(folder):
    dataset = DataSet.open(folder / "test-5kpc.h5")
    said = Evaluation.read(folder / "said-test-5kpc.h5")
    found = Searched.read(folder / "threads-1/test-5kpc.h5")
    # Each signal class has five samples, after five of noise; the first three are searched.
    np.testing.assert_array_equal(found.row, [5, 6, 7, 10, 11, 12, 15, 16, 17])
    for name in ("label", "network_snr", "distance_kpc"):
        np.testing.assert_array_equal(getattr(found, name), dataset.column(name, found.row))
    np.testing.assert_array_equal(found.own, said.logits[found.row])
    assert found.logits.shape == (9, 11, 4)
    assert found.controls == names(3)
    assert (found.dataset, found.seed, found.classes) == ("test-5kpc", 0, dataset.classes)
    assert found.origin.noise == ORIGIN.noise
    # The window in the middle is the sample itself, but for the cut of the signal.
    middle = found.logits[:, found.middle]
    np.testing.assert_allclose(middle, found.own, atol=0.02)
    outside = np.isnan(found.logits).any(axis=2)
    assert (found.statistic[outside] == -np.inf).all()
    assert (found.control[outside] == -np.inf).all()
    assert np.isfinite(found.control[~outside]).all()
    inside = found.statistic[~outside]
    np.testing.assert_array_equal(inside, statistic(found.logits[~outside]))
    rows = np.arange(9)
    assert (found.statistic[rows, found.loudest] == found.statistic.max(axis=1)).all()
    box = found.control[..., found.controls.index("box")]
    np.testing.assert_array_equal(found.values("box"), box)
    np.testing.assert_array_equal(found.values(), found.statistic)


def test_strain_is_searched_as_spectrograms_are(folder, made, config, tmp_path):
    """The same windows, each as its own strain, and the controls of the paper's spectrogram."""
    sampling = Sampling.of(config)
    block = replace(sampling.spectrogram, kind="strain", normalisation="none")
    sampling = replace(sampling, spectrogram=block)
    inputs = synthesis.Inputs.read(made.waveforms, made.noise, sampling)
    scaling = synthesis.by_distance(1)
    building.build(tmp_path / "x.h5", inputs, 1, "test-1kpc", 5, scaling, "tried")
    dataset = DataSet.open(tmp_path / "x.h5")
    paper = Searched.read(folder / "threads-1/test-1kpc.h5")
    seen = []

    def score(images):
        seen.append(images.shape[1:])
        return np.square(images).sum(axis=(1, 2))

    around = stretches.Stretches(inputs, paper.starts)
    said = Evaluation.read(folder / "said-test-1kpc.h5")
    found = searching.search(score, around, dataset, said, PER_CLASS)
    assert set(seen) == {(1, 4096, 3)}
    np.testing.assert_array_equal(found.control, paper.control)
    np.testing.assert_array_equal(found.row, paper.row)
    assert found.logits.shape == (9, 11, 3)
    # The window in the middle is the sample itself, but for the cut of the signal.
    own = np.square(dataset.images(found.row)).sum(axis=(1, 2))
    np.testing.assert_allclose(found.logits[:, found.middle], own, rtol=0.01)


def test_windows_of_noise(folder, made, config):
    inputs = synthesis.Inputs.read([], made.noise, Sampling.of(config))
    test = NoiseWindows.read(folder / "threads-1/noise.h5", "test")
    other = NoiseWindows.read(folder / "threads-1/noise.h5", "validation")
    assert test.logits.shape == (WINDOWS, 4)
    assert not np.array_equal(test.piece, other.piece)
    magnitudes, power, piece, _ = next(iter(stretches.single_windows(inputs, 1, "test", WINDOWS)))
    np.testing.assert_array_equal(magnitudes, np.sqrt(power))
    np.testing.assert_array_equal(test.piece, piece)
    np.testing.assert_array_equal(test.control, controls.controls(power))
    np.testing.assert_array_equal(test.values("box"), test.control[:, test.controls.index("box")])
    model = classifier.build(block(), (94, 31, 3), 4)
    model.load_weights(folder / "x.weights.h5")
    seen = spectrogram.normalise(np.sqrt(power), inputs.sampling.spectrogram)
    logits = classifier.predict(model, np.moveaxis(seen, 1, -1))[1]
    np.testing.assert_allclose(test.logits, logits, atol=1e-5)
    np.testing.assert_array_equal(test.values(), statistic(test.logits))
    assert test.seconds == stretches.seconds(inputs)
