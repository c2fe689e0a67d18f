from dataclasses import replace

import numpy as np
import pytest
from made_results import CLASSES, ORIGIN, SAMPLING
from scipy.signal import correlate

from ccsncam.config.classifier import Classifier
from ccsncam.network import classifier
from ccsncam.network.architecture import count_parameters
from ccsncam.samples.dataset import DataSet, Header
from ccsncam.samples.grid import Grid

pytestmark = pytest.mark.usefixtures("tensorflow")

PAPER = Classifier(
    filters=(16, 16),
    dense=(200,),
    parameters=427378,
    features=2112,
    learning_rate=5e-4,
    batch_size=128,
    epochs=(2, 1),
    curriculum="replace",
    shards=4,
    mixed_precision=False,
    xla=False,
)


def small(**changes):
    """The block of a small network on (22, 14, 2) and three classes."""
    block = replace(PAPER, **{"filters": (4, 3), "dense": (8,), "batch_size": 16} | changes)
    sizes = block.filters, block.dense, (22, 14, 2), 3
    counts = count_parameters(*sizes, block.network, block.extra)
    return replace(block, **dict(zip(("parameters", "features"), counts, strict=True)))


def write(path, count, seed):
    """A data set whose classes are bright rows."""
    rng = np.random.default_rng(seed)
    label = np.arange(count, dtype="i4") % 3
    images = rng.random((count, 22, 14, 2), dtype=np.float32) * 0.5
    images[np.arange(count), 5 + 5 * label] += 0.5
    header = Header(
        name=path.stem,
        run="tried",
        seed=0,
        classes=CLASSES,
        waveforms=CLASSES[1:],
        detectors=["H1", "L1"],
        grid=Grid(np.arange(22) * 16.0, np.arange(14) / 14),
        origin=ORIGIN,
        sampling=SAMPLING,
    )
    columns = {"spectrogram": images, "label": label}
    columns |= {name: rng.random(count) for name in ("network_snr", "distance_kpc")}
    with DataSet.create(path, header, count) as writer:
        writer.write(slice(None), columns)


def test_another_network_is_refused():
    with pytest.raises(ValueError, match=r"427378 parameters .* 427377"):
        classifier.build(replace(PAPER, parameters=427377), (94, 31, 3), 10)


def test_forward_pass_agrees_with_numpy():
    model = classifier.build(small(), (22, 14, 2), 3, seed=3)
    images = np.random.default_rng(0).random((5, 22, 14, 2), dtype=np.float32)
    features, logits, probability = classifier.predict(model, images)
    weights = [weight.numpy() for weight in model.weights]
    for image, ours, chances in zip(images, features, probability, strict=True):
        x = image
        for kernel, bias in (weights[0:2], weights[2:4]):
            maps = [
                correlate(x, kernel[..., k], "valid")[..., 0] + bias[k] for k in range(len(bias))
            ]
            x = np.stack(maps, axis=-1)
            high, wide = x.shape[0] // 2, x.shape[1] // 2
            x = x[: 2 * high, : 2 * wide].reshape(high, 2, wide, 2, -1).max(axis=(1, 3))
            x = np.maximum(x, 0)
        np.testing.assert_allclose(ours, x.ravel(), atol=1e-5)
        hidden = np.maximum(x.ravel() @ weights[4] + weights[5], 0)
        logits = hidden @ weights[6] + weights[7]
        np.testing.assert_allclose(chances, np.exp(logits) / np.exp(logits).sum(), atol=1e-5)


def test_scales_join_what_the_paper_s_network_sees():
    """The images without their scales, and logarithms of minimum and maximum of each detector."""
    block = small(extra=("scales",))
    raw = np.random.default_rng(1).rayleigh(size=(5, 22, 14, 2)).astype("f4")
    raw[..., 1] *= 7
    raw[4, ..., 0] = 0.0  # a black detector
    low, high = raw.min(axis=(1, 2)), raw.max(axis=(1, 2))
    span = np.where(high > low, high - low, 1)
    unit = (raw - low[:, None, None]) / span[:, None, None]
    model, plain = (classifier.build(one, (22, 14, 2), 3, seed=3) for one in (block, small()))
    weights = [value.numpy() for value in model.weights]
    cut = [one[:-4] if one.shape[0] == block.features else one for one in weights]
    plain.set_weights(cut)
    features, logits, _ = classifier.predict(model, raw)
    expected = classifier.predict(plain, unit)
    np.testing.assert_array_equal(features[:, :-4], expected[0])
    scales = np.log(np.maximum(np.concatenate([low, high], axis=1), 1e-3))
    np.testing.assert_allclose(features[:, -4:], scales, rtol=1e-5)
    # A unit without the scales answers as the paper's network does.
    kernel = model.get_layer("dense1").kernel
    kernel.assign(np.concatenate([kernel.numpy()[:-4], np.zeros((4, 8), "f4")]))
    np.testing.assert_allclose(classifier.predict(model, raw)[1], expected[1], atol=1e-6)
    assert np.abs(logits - expected[1]).max() > 0.1


def test_a_network_that_is_loaded_is_the_one_that_was_saved(tmp_path):
    write(tmp_path / "test-1kpc.h5", 9, 0)
    dataset = DataSet.open(tmp_path / "test-1kpc.h5")
    model = classifier.build(small(), dataset.image_shape, 3, seed=5)
    model.save_weights(tmp_path / "best.weights.h5")
    network = classifier.load_network(small(), "pool1", tmp_path / "best.weights.h5", dataset)
    assert network.layer == "pool1"
    images = dataset.images()
    np.testing.assert_array_equal(network.logits(images), model(images)[1])
