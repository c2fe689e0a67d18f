"""Stretches around samples: the noise, the signal and its SNR, against data sets."""

from dataclasses import replace

import numpy as np
import pytest

from ccsncam.config.blocks import Sampling
from ccsncam.detection import stretches
from ccsncam.detection.searching import images
from ccsncam.samples import building, spectrogram, synthesis
from ccsncam.samples.dataset import DataSet

RATE = 4096


@pytest.fixture(scope="module")
def inputs(made, config):
    return synthesis.Inputs.read(made.waveforms, made.noise, Sampling.of(config))


@pytest.fixture(scope="module")
def dataset(inputs, tmp_path_factory):
    path = tmp_path_factory.mktemp("stretches") / "test-1kpc.h5"
    building.build(path, inputs, 1, "test-1kpc", 12, synthesis.by_distance(1), "test")
    return DataSet.open(path)


@pytest.fixture(scope="module")
def around(inputs):
    starts = stretches.window_starts(inputs.sampling.spectrogram, RATE, 3)
    return stretches.Stretches(inputs, starts)


def test_windows_lie_on_the_stride_within_the_reach(inputs):
    starts = stretches.window_starts(inputs.sampling.spectrogram, RATE, 3)
    np.testing.assert_array_equal(starts, 384 * np.arange(-5, 6))
    assert 0.5 - 384 / RATE < starts[-1] / RATE <= 0.5
    # With one hop, the reach is met exactly.
    assert stretches.window_starts(inputs.sampling.spectrogram, RATE, 1)[-1] == 2048


def test_the_middle_is_the_sample(inputs, dataset, around):
    """Its noise bit by bit, and its image but for the cut at the ends of the sample's signal."""
    rows = np.flatnonzero(dataset.column("label") > 0)
    table = dataset.columns(around.needed, rows)
    noise, inside = around.noise(table)
    first = -around.starts[0]
    np.testing.assert_array_equal(
        noise[..., first : first + RATE], synthesis.noise_windows(inputs, table)
    )
    assert inside[:, 5].all()
    data = noise + around.signal(table)
    found = images(around.windows(data, around.power(data)), around.block)
    assert found.shape == (len(rows), 11, *dataset.image_shape)
    found = found[:, 5]
    difference = np.abs(found - dataset.images(rows))
    assert difference.max() < 0.1
    assert np.sqrt(np.mean(difference**2)) < 2e-3


def test_injected_signals_have_their_snr(dataset, around):
    """The sum of squares of a whitened signal is its squared SNR, in each detector."""
    rows = np.flatnonzero(dataset.column("label") > 0)
    signal = around.signal(dataset.columns(around.needed, rows))
    first = -around.starts[0]
    inside = signal[..., first : first + RATE].astype(float)
    snr = dataset.column("snr", rows)
    loud = snr > 1
    found = np.sqrt(np.sum(inside**2, axis=-1))
    np.testing.assert_allclose(found[loud], snr[loud], rtol=0.02)
    # The signal goes on beyond its second without a click: nothing there is louder than before.
    after = np.abs(signal[..., first + RATE :]).max(axis=-1)
    assert (after < 0.5 * np.abs(signal).max(axis=-1))[loud].all()


def test_signals_scale_with_distance(dataset, around):
    rows = np.flatnonzero(dataset.column("label") > 0)[:3]
    table = dataset.columns(around.needed, rows)
    far = table | {"distance_kpc": 4 * table["distance_kpc"]}
    np.testing.assert_allclose(around.signal(table), 4 * around.signal(far), rtol=1e-5, atol=1e-6)


def test_windows_beyond_a_piece_do_not_count(inputs, dataset, around):
    table = dataset.columns(around.needed, np.arange(2))
    edge = round(inputs.noise[0].corrupted * RATE)
    last = inputs.noise[0].whitened.shape[1] - edge - RATE
    table["noise_offset"][0] = edge
    table["noise_offset"][1] = last, edge + 5000, last - 384
    _, inside = around.noise(table)
    assert inside[0].tolist() == [False] * 5 + [True] * 6
    # One detector at its end is enough.
    assert inside[1].tolist() == [True] * 6 + [False] * 5


def test_single_windows_are_those_of_the_class_noise(inputs):
    found = list(stretches.single_windows(inputs, 7, "test", 600))
    assert [len(piece) for _, _, piece, _ in found] == [500, 100]
    table = synthesis.draw(inputs, 7, "test-windows", 0, 0, 600)
    pieces = np.concatenate([piece for _, _, piece, _ in found])
    np.testing.assert_array_equal(pieces, table["noise_piece"])
    # Asked for alone, a window is the same.
    alone = next(iter(stretches.single_windows(inputs, 7, "test", 3)))
    np.testing.assert_array_equal(alone[0], found[0][0][:3])
    seconds = [len(one.gps_start) * (one.duration - 2 * one.corrupted) for one in inputs.noise]
    assert stretches.seconds(inputs) == min(seconds)


def test_longer_filters_are_the_same_filters(inputs):
    """On the frequencies that both buffers have, and zero far from the middle."""
    own = inputs.filters[0][:2]
    longer = stretches._longer(own, 4 * RATE)
    np.testing.assert_allclose(longer[:, ::2], own, atol=2e-3 * own.max())


def test_amplitude_and_power_images(inputs, dataset, around):
    table = dataset.columns(around.needed, np.arange(3))
    block, frames = replace(around.block, scale="power"), len(dataset.times)
    powers = replace(inputs, sampling=replace(inputs.sampling, spectrogram=block))
    data = around.noise(table)[0]
    power = around.power(data)
    found = images(stretches.Stretches(powers, around.starts).windows(data, power), block)
    assert found.shape == (3, 11, 94, 31, 3)
    assert (found.min(axis=(2, 3)) == 0).all()
    assert (found.max(axis=(2, 3)) == 1).all()
    own = power[1, 2, :, 18 : 18 + frames]
    scaled = (own - own.min()) / (own.max() - own.min())
    np.testing.assert_array_equal(found[1, 6, :, :, 2], scaled)
    amplitudes = list(around.windows(data, power))
    np.testing.assert_array_equal(amplitudes[6][1, 2] ** 2, np.sqrt(own) ** 2)


@pytest.mark.parametrize("kind", ["multiresolution", "wdm", "strain"])
def test_windows_in_other_representations(inputs, dataset, around, kind):
    """Images are those of the kind, powers those of the paper's spectrogram."""
    block = replace(around.block, kind=kind)
    other = replace(inputs, sampling=replace(inputs.sampling, spectrogram=block))
    table = dataset.columns(around.needed, np.arange(3))
    data = around.noise(table)[0]
    power = around.power(data)
    own = stretches.Stretches(other, around.starts)
    np.testing.assert_array_equal(own.power(data), power)
    seen = list(own.windows(data, power))
    assert len(seen) == 11
    for at in (0, 5, 10):
        window = data[..., 384 * at : 384 * at + RATE]
        expected = spectrogram.magnitude(window, block, RATE)
        np.testing.assert_allclose(seen[at], expected, rtol=1e-4, atol=1e-6)
    single = next(iter(stretches.single_windows(other, 7, "test", 4)))
    paper = next(iter(stretches.single_windows(inputs, 7, "test", 4)))
    size = (1, RATE) if kind == "strain" else (94, 31)
    assert single[0].shape == (4, seen[0].shape[1], *size)
    for one, two in zip(single[1:], paper[1:], strict=True):
        np.testing.assert_array_equal(one, two)
