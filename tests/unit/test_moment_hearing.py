"""A moment of strain from files becomes what a sample of a data set is."""

import re
from dataclasses import replace

import h5py
import numpy as np
import pytest

from ccsncam.config.blocks import Sampling
from ccsncam.config.moment import Moment
from ccsncam.moment import hearing, windows
from ccsncam.moment.span import LEAD, window_starts
from ccsncam.noise.strain_file import open_files
from ccsncam.samples import antenna, injection, synthesis

RATE = 4096
OFFSET = 30 * RATE + 17


@pytest.fixture(scope="module")
def inputs(made, config):
    return synthesis.Inputs.read(made.waveforms, made.noise, Sampling.of(config))


@pytest.fixture(scope="module")
def strain(made):
    """Strain of each detector's first piece, and its start."""
    found = []
    for path in made.noise:
        with h5py.File(path) as file:
            found.append((file["strain"][0].astype(float), file["gps_start"][0]))
    return found


@pytest.fixture
def moment(config):
    """Settings of the job; `put` adds files to them."""
    blocks = {key: config[key] for key in ("seed", "detectors")}
    blocks |= {key: config[key] for key in ("whitening", "signal", "spectrogram")}
    blocks |= {key: config["moment"][key] for key in ("span", "step", "missing")}
    asked = {"channel": "", "plain": {}, "quality": ["DATA"], "injections": ["NO_CBC_HW_INJ"]}
    return Moment.of({**blocks, "files": asked, "segment_duration": 64})


@pytest.fixture
def put(moment, tmp_path):
    """Writes a file of strain, and gives its path as a list."""

    def write(detector, data, start):
        plain = moment.files.plain
        path = tmp_path / f"{detector}-{len(plain)}.h5"
        with h5py.File(path, "w") as file:
            file["strain"] = data
        entry = {"detector": detector, "start": start, "dataset": "strain", "sample_rate": RATE}
        plain[path.name] = entry
        return [path]

    return write


def read_whitened(paths, detector, gps, moment):
    """Whitened strain of files, the seconds behind its PSD, and whether that is aside."""
    files = open_files(paths, detector, RATE, moment.files)
    return hearing.read_whitened(list(files), detector, gps, moment)


def drawn(inputs, label):
    """A sample of the first pieces, its window where the tests look."""
    table = synthesis.draw(inputs, 1, "moment", label, 0, 1)
    table["noise_piece"][:], table["noise_offset"][:] = 0, OFFSET
    return table


def heard_at(moment, put, pieces):
    """Whitened strain around the moment whose window begins at `OFFSET` of each piece."""
    series = []
    for detector, (data, start) in zip(("H1", "L1", "V1"), pieces, strict=True):
        gps = start + (OFFSET + round(LEAD * RATE)) / RATE
        paths = put(detector, data, start)
        series.append(read_whitened(paths, detector, gps, moment)[0])
    return series


def image_at(moment, put, pieces):
    """Image of that window."""
    starts, at = window_starts(moment)
    return windows.images(heard_at(moment, put, pieces), starts[[at]], moment)


def test_noise_is_what_the_data_set_has(inputs, strain, moment, put):
    """But for the windows of the PSD that leave the moment out, 28 of 31."""
    # The scale too, which the image of a detector does not have.
    begin = OFFSET + round(LEAD * RATE) - 2 * RATE
    for heard, noise in zip(heard_at(moment, put, strain), inputs.noise, strict=True):
        expected = noise.whitened[0, begin : begin + 4 * RATE]
        assert np.std(heard - expected) < 0.1 * np.std(expected)
        assert np.std(heard) == pytest.approx(np.std(expected), rel=0.02)
    expected, _, _ = synthesis.samples(inputs, None, drawn(inputs, 0), None)
    difference = np.abs(image_at(moment, put, strain) - expected)
    # L1 has lines at 1012 to 1025 Hz, which the two PSDs notch to a different depth.
    lines = np.abs(16 * np.arange(difference.shape[1]) - 1024) <= 32
    assert difference[:, ~lines].max() < 0.1
    assert difference[:, lines].max() < 0.15


def test_a_signal_in_strain_is_what_the_data_set_has(inputs, strain, moment, put):
    table = drawn(inputs, 1)
    spectrum = injection.spectra(inputs.waveforms[0])
    scaling = synthesis.by_snr(30, 30)
    expected, snr, distance = synthesis.samples(inputs, spectrum, table, scaling)
    where = table["ra"], table["dec"], table["psi"], table["gps_start"]
    response = antenna.response(inputs.detectors, *where)
    source = table["theta"], table["phi"], response, table["bounce_time"]
    signal = injection.project(spectrum, *source, RATE)[0] / distance[0]

    def heard_with(factor):
        pieces = []
        for (data, start), wave in zip(strain, signal, strict=True):
            heard = data.copy()
            heard[OFFSET : OFFSET + len(wave)] += factor * wave
            pieces.append((heard, start))
        return pieces

    image = image_at(moment, put, heard_with(1))
    assert np.linalg.norm(snr) == pytest.approx(30)
    assert np.abs(image - expected).max() < 0.1
    # Most of a difference would be the signal's.
    silent, _, _ = synthesis.samples(inputs, None, table, None)
    assert np.abs(image - silent).max() > 0.3
    # The PSD does not see the signal: what it adds is as loud as it is.
    none, one, loud = (np.stack(heard_at(moment, put, heard_with(by))) for by in (0, 1, 30))
    np.testing.assert_allclose((loud - none) / 30, one - none, atol=2e-3)


def test_a_psd_of_little_strain_sees_the_moment_and_says_so(strain, moment, put):
    (data, start), *_ = strain
    time = np.arange(RATE) / RATE
    burst = 1e-20 * np.sin(2 * np.pi * 300 * time) * np.hanning(RATE)
    loud = data.copy()
    loud[32 * RATE : 33 * RATE] += burst
    kept = {}
    for seconds in (8, 16):
        cut = slice((32 - seconds // 2) * RATE, (32 + seconds // 2) * RATE)
        begin = start + 32 - seconds // 2
        paths = [put("H1", one[cut], begin) for one in (data, loud)]
        quiet, heard = (read_whitened(own, "H1", start + 32, moment) for own in paths)
        assert quiet[1] == seconds
        kept[quiet[2]] = np.abs(heard[0] - quiet[0]).max()
    assert kept[False] < 0.5 * kept[True]
    found = hearing.hear({"H1": paths[1]}, start + 32, replace(moment, detectors=("H1",)))
    assert found["H1"].aside


def test_the_psd_is_of_what_gaps_leave(strain, moment, put):
    (data, start), *_ = strain
    # 9 s from the beginning of the file: the piece begins there, not 32 s before the moment.
    gapped = data.copy()
    gapped[40 * RATE :] = np.nan
    paths = put("H1", gapped, start)
    whole, seconds, *_ = read_whitened(paths, "H1", start + 9, moment)
    short = put("H1", data[: 40 * RATE], start)
    expected, *_ = read_whitened(short, "H1", start + 9, moment)
    assert seconds == 40
    np.testing.assert_array_equal(whole, expected)
    assert whole.shape == (4 * RATE,)
    assert whole.std() == pytest.approx(1, abs=0.1)


def test_the_psd_is_of_the_piece_around_the_moment(made, inputs, moment, put):
    with h5py.File(made.noise[0]) as file:
        data, start = file["strain"][()].astype(float).ravel(), file["gps_start"][0]
    paths = put("H1", data, start)
    heard, *_ = read_whitened(paths, "H1", start + 96, moment)
    expected = inputs.noise[0].whitened[1, 30 * RATE : 34 * RATE]
    assert np.std(heard - expected) < 0.1 * np.std(expected)


def test_two_files_join(strain, moment, put):
    (data, start), *_ = strain
    one, *_ = read_whitened(put("H1", data, start), "H1", start + 32, moment)
    paths = put("H1", data[: 31 * RATE], start)
    paths += put("H1", data[31 * RATE :], start + 31)
    two, *_ = read_whitened(paths, "H1", start + 32, moment)
    np.testing.assert_array_equal(two, one)


@pytest.mark.parametrize(
    ("change", "at", "message"),
    [
        # One sample, in the span, and where the filter needs it.
        (lambda data: data.__setitem__(33 * RATE, np.nan), 32, r"in GPS 1238236503.000 to"),
        (
            lambda data: data.__setitem__([31 * RATE, 33 * RATE], np.nan),
            32,
            r"in all of GPS .*501.000",
        ),
        (lambda data: data.__setitem__(34 * RATE + 4000, np.nan), 32, r"-3 to \+3 s around GPS"),
        (lambda data: data.__setitem__(slice(30 * RATE, 31 * RATE), 0), 32, "constant"),
        (lambda data: None, 2.5, r"V1: no strain .* no file"),
        (lambda data: data.__setitem__(slice(7 * RATE, None), np.nan), 3.5, r"V1: 7 s of .* 8 s"),
    ],
)
def test_what_is_missing_is_said(strain, moment, put, change, at, message):
    data, start = strain[2][0].copy(), strain[2][1]
    change(data)
    paths = put("V1", data, start)
    with pytest.raises(hearing.NoStrain, match=message) as caught:
        read_whitened(paths, "V1", start + at, moment)
    assert "\n" not in str(caught.value)
    # It counts as a detector without data where another has some.
    moment = replace(moment, detectors=("H1", "V1"))
    with pytest.raises(ValueError, match=f"no detector has strain: H1: no strain.*{message}"):
        hearing.hear({"V1": paths}, start + at, moment)
    files = {"V1": paths, "H1": put("H1", strain[0][0], start - 20)}
    found = hearing.hear(files, start + at, moment)
    assert found["V1"].whitened is None
    assert re.search(message, found["V1"].quality)
    assert found["H1"].whitened.shape == (4 * RATE,)
    assert found["H1"].quality == (
        "unknown, no quality mask in the file; unknown, no injection mask in the file"
    )


def test_a_detector_without_data(strain, moment, put):
    (data, start), *_ = strain
    away = data.copy()
    away[29 * RATE : 35 * RATE] = np.nan
    for paths in ([], put("L1", away, start), put("L1", data, start + 100)):
        with pytest.raises(hearing.NoStrain, match=r"L1: no strain at GPS"):
            read_whitened(paths, "L1", start + 32, moment)

    def substitute(seed, detector, gps):
        return hearing.white_noise(detector, gps, 4 * RATE, seed, moment.signal.band)

    noise = substitute(1, "L1", start)
    assert noise.var() == pytest.approx(0.99, abs=0.05)
    power = np.abs(np.fft.rfft(noise)) ** 2
    # Below 15 Hz whitened noise has nothing.
    assert power[: 4 * 15].max() < 1e-6 * power.max()
    np.testing.assert_array_equal(noise, substitute(1, "L1", start))
    for other in ((2, "L1", start), (1, "V1", start), (1, "L1", start + 0.1)):
        assert abs(np.corrcoef(noise, substitute(*other))[0, 1]) < 0.05
    there, *_ = read_whitened(put("H1", data, start), "H1", start + 32, moment)
    starts, _ = window_starts(moment)
    dark = windows.images([None, there], starts, moment)
    full = windows.images([noise, there], starts, moment)
    np.testing.assert_array_equal(dark[..., 1], full[..., 1])
    assert not dark[..., 0].any()
    assert full[..., 0].max() == 1
    # So are the three channels of a detector.
    block = replace(moment.spectrogram, kind="multiresolution")
    several = windows.images([None, there], starts[:2], replace(moment, spectrogram=block))
    assert several.shape == (2, 94, 31, 6)
    assert not several[..., :3].any()
    np.testing.assert_allclose(several[..., 4], full[:2, ..., 1], atol=1e-5)
    # Strain is cut out, and no strain is black.
    block = replace(moment.spectrogram, kind="strain", normalisation="none")
    cut = windows.images([None, there], starts[:2], replace(moment, spectrogram=block))
    assert cut.shape == (2, 1, RATE, 2)
    assert not cut[..., 0].any()
    np.testing.assert_array_equal(cut[1, 0, :, 1], there[starts[1] :][:RATE])


def test_something_takes_the_place_of_a_detector_without_data(strain, moment, put):
    (data, start), *_ = strain
    moment = replace(moment, detectors=("H1", "L1"))
    files, gps = {"H1": put("H1", data, start)}, start + 32
    heard = hearing.hear(files, gps, moment)
    noisy = hearing.with_stand_ins(heard, gps, moment)
    dark = hearing.with_stand_ins(heard, gps, replace(moment, missing="black"))
    assert noisy["L1"].shape == noisy["H1"].shape == (4 * RATE,)
    assert dark["L1"] is None
    known = hearing.strain_of(heard, dark, moment)
    assert known["H1"].files == [str(files["H1"][0])]
    assert known["H1"].spectrogram.shape == (94, 127)
    assert (known["L1"].files, known["L1"].spectrogram, known["L1"].psd_seconds) == ([], None, 0)
    assert hearing.strain_of(heard, noisy, moment)["L1"].spectrogram.shape == (94, 127)


def test_catalogued_events_in_the_span_are_found(moment):
    gps = 1238303737.2
    (name,) = found = hearing.mergers_near(gps + 0.5, moment)
    assert name == "GW190403_051519"
    assert found[name] == (gps, "GWTC-2.1-confident")
    assert not hearing.mergers_near(gps + 2.5, moment)


@pytest.mark.parametrize(("span", "step"), [(4.0, 0.05), (2.0, 0.3), (7.7, 1.0)])
def test_windows_fill_the_span(moment, span, step):
    starts, at = window_starts(replace(moment, span=span, step=step))
    half = round(span * RATE / 2)
    assert starts[at] == half - 205
    assert 0 <= starts[0] < step * RATE + 1
    assert 0 <= 2 * half - RATE - starts[-1] < step * RATE + 1
    np.testing.assert_allclose(np.diff(starts), step * RATE, atol=1)


def test_files_that_contribute_nothing_are_not_listed(strain, moment, put):
    (data, start), *_ = strain
    moment = replace(moment, detectors=("H1",), segment_duration=16)
    near, gps = put("H1", data, start), start + 32
    early = put("H1", data[: 8 * RATE], start - 1000)
    joined = put("H1", data[: 4 * RATE], start - 4)
    paths = [*early, *joined, *near]
    heard = hearing.hear({"H1": paths}, gps, moment)
    known = hearing.strain_of(heard, {"H1": heard["H1"].whitened}, moment)
    assert known["H1"].files == [str(near[0])]
    # At the end of the file before, both hold a part of the strain.
    heard = hearing.hear({"H1": paths}, start + 2, moment)
    assert heard["H1"].files == [str(joined[0]), str(near[0])]


def test_files_with_different_strain_of_the_moment_are_refused(strain, moment, put):
    (data, start), *_ = strain
    paths = put("H1", data, start) + put("H1", 1.02 * data, start)
    with pytest.raises(ValueError, match=r"H1-0\.h5 and .*H1-1\.h5 hold different strain of H1"):
        hearing.hear({"H1": paths}, start + 32, replace(moment, detectors=("H1",)))
