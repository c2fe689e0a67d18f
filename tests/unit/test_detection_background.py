"""The search of noise in time slides, against theory and for any number of parts."""

from dataclasses import replace

import numpy as np
import pytest
from made_backgrounds import ORIGIN, make_white
from scipy import stats
from test_classifier import PAPER

from ccsncam.config.blocks import Sampling, Signal, Spectrogram
from ccsncam.config.detection import BackgroundSearch
from ccsncam.detection import background, far, pieces, plan, store, windows
from ccsncam.network import architecture, classifier
from ccsncam.samples import spectrogram

DETECTORS = ["H1", "L1", "V1", "K1"]
CEILING = 60.0
# Powers on a fixed scale, so that a cell of an image says the power of a cell of white noise.
SAMPLING = Sampling(
    Signal(4096, 11.0, 0.1, (0.0, 0.15), 11.0, 1500.0),
    Spectrogram(256, 128, 1500.0, "power", "fixed", CEILING),
    coincident=False,
)
ABOUT = plan.About(["noise", "signal"], ORIGIN, 0)
EVERYTHING = 1e5


def search(seconds, keep=EVERYTHING, cluster=1.0):
    return BackgroundSearch({"test": seconds / 86400}, 3, cluster, keep)


def cell(images, row=10):
    """A judge whose statistic is the power of one cell, summed over detectors.

    The power of a cell of white noise has an exponential distribution of mean 1. The cells of
    windows at a stride of 3 hops hold no common sample. So the statistics of one piece are
    independent, with a gamma distribution of as many degrees as there are detectors.
    """
    power = CEILING * images[:, row, 15].sum(axis=-1, dtype=float)
    return np.stack([np.zeros_like(power), power], axis=-1)


@pytest.fixture(scope="module")
def much(tmp_path_factory):
    """White noise of four detectors: 16 pieces of 34 s, of which 32 s are whole."""
    folder = tmp_path_factory.mktemp("white")
    starts = 1e9 + 34.0 * np.arange(16)
    return [
        make_white(folder / f"test-{name}.h5", name, starts, seed)
        for seed, name in enumerate(DETECTORS)
    ]


@pytest.fixture(scope="module")
def noise(much):
    """The first six pieces of it."""
    return [replace(one, gps_start=one.gps_start[:6], whitened=one.whitened[:6]) for one in much]


def run(noise, block, parts=1):
    laid_out = plan.plan(noise, SAMPLING, block, "test")
    found = [background.part_of(cell, laid_out, (one, parts), ABOUT) for one in range(parts)]
    return plan.merged(laid_out, found)


def expected(threshold, detectors, length, width):
    """Mean number of clusters at or above a threshold in a stretch of independent windows.

    A window is the loudest of itself and n others, and above x, with the probability
    (1 - F(x)^(n + 1)) / (n + 1).
    """
    at = np.arange(length)
    rivals = np.minimum(at, width) + np.minimum(length - 1 - at, width) + 1
    return np.sum((1 - stats.gamma.cdf(threshold, detectors) ** rivals) / rivals)


def test_false_alarms_are_as_many_as_theory_says(much):
    """One to four detectors: of twelve intervals of 95 %, two may miss by chance."""
    held = []
    for detectors in (1, 2, 3, 4):
        found = run(much[:detectors], search(1800))
        # 331 windows of 0.09375 s in a piece of 32 s; ten windows on either side are within 1 s.
        assert found.piece_time == 331 * 0.09375
        assert found.live_time / found.piece_time == (16 if detectors == 1 else 59)
        assert found.slides == (0 if detectors == 1 else 4)
        for quantile in (0.9, 0.99, 0.999):
            threshold = stats.gamma.ppf(quantile, detectors)
            nominal = expected(threshold, detectors, 331, 10) / found.piece_time
            rate = far.rate(found, threshold, blocks=True)
            held.append(rate.low <= nominal <= rate.high)
            if quantile < 0.999:
                assert rate.per_second == pytest.approx(nominal, rel=0.2)
        # With one detector there is nothing besides the background.
        assert found.zero_time == (0 if detectors == 1 else 16 * found.piece_time)
    assert sum(held) >= 10


def test_clusters_of_one_window_have_the_nominal_probability(much):
    """Then the rate times the stride is the false-alarm probability of a window."""
    found = run(much[:2], search(1800, cluster=0.05))
    assert len(found) == found.live_time / found.stride
    for probability in (0.3, 0.03, 0.003):
        rate = far.rate(found, stats.gamma.isf(probability, 2), blocks=True)
        assert rate.low <= probability / found.stride <= rate.high
    # The threshold of a rate is the quantile of the distribution.
    threshold = far.threshold(found, 0.01 / found.stride, blocks=True)
    assert threshold.low <= stats.gamma.isf(0.01, 2) <= threshold.high


@pytest.mark.parametrize("detectors", [2, 3])
def test_p_values_of_noise_at_zero_lag_are_uniform(much, detectors):
    found = run(much[:detectors], search(3600))
    assert found.zero_time == 16 * found.piece_time
    at_zero = found.zero_lag.statistic
    louder = np.searchsorted(-found.statistic, -at_zero, side="right")
    p_values = (1 + louder) / (1 + len(found))
    assert len(p_values) > 200
    assert stats.kstest(p_values, "uniform").pvalue > 0.01
    assert not len(far.candidates(found))


def test_rates_of_disjoint_halves_agree(much):
    """No noise is common to both halves: other pieces of all detectors."""
    halves = [
        [
            replace(one, gps_start=one.gps_start[rows], whitened=one.whitened[rows])
            for one in much[:2]
        ]
        for rows in (slice(8), slice(8, None))
    ]
    one, other = (run(half, search(1200)) for half in halves)
    for quantile in (0.9, 0.99, 0.999):
        threshold = stats.gamma.ppf(quantile, 2)
        first, second = (far.rate(half, threshold, blocks=True) for half in (one, other))
        assert first.count + second.count > 10
        assert first.low <= second.high
        assert second.low <= first.high


def test_detectors_with_different_pieces(tmp_path, noise):
    """Three pieces beside six, at other times: no piece overlaps another by a whole second."""
    starts = [1e9 + 33.5, 1e9 + 5000, 1e9 + 5034]
    short = make_white(tmp_path / "test-V1.h5", "V1", starts, 5)
    found = run([noise[0], short], search(1e9))
    # 6 · 3 pairings, each with ceil(331 / 12) = 28 lags, but for what is within 1.0425 s.
    assert 0.99 < found.live_time / (18 * 28 * found.piece_time) < 1
    apart = np.abs(found.gps[:, 0] - found.gps[:, 1])
    assert apart.min() >= 1.0425
    assert [len(one) for one in found.exposure] == [6, 3]
    for one in found.exposure:
        assert one.sum() == pytest.approx(found.live_time)
    # Zero lag is what overlaps by a window: the end of piece 0 and the beginning of piece 1.
    assert found.zero_time == pytest.approx((331 - 6) * found.stride, abs=32 * found.stride)


def test_coincident_noise_uses_common_pieces(tmp_path, noise):
    starts = noise[0].gps_start[[1, 3, 4]]
    other = make_white(tmp_path / "test-V1.h5", "V1", starts, 5)
    sampling = replace(SAMPLING, coincident=True)
    laid_out = plan.plan([noise[0], other], sampling, search(60), "test")
    assert [rows.tolist() for rows in laid_out.rows] == [[1, 3, 4], [0, 1, 2]]
    found = background.part_of(cell, laid_out, (0, 1), ABOUT)
    assert set(found.piece[:, 0]) <= {1, 3, 4}
    assert found.exposure[0][[0, 2, 5]].tolist() == [0, 0, 0]


def test_what_is_found_is_there(noise):
    """Times, pieces and offsets of the clusters give their statistics back."""
    found = run(noise[:3], search(300))
    for rank in (0, 7, len(found) - 1):
        value = 0.0
        for number, one in enumerate(noise[:3]):
            piece, offset = found.piece[rank, number], found.offset[rank, number]
            window = one.whitened[piece, offset : offset + 4096][None]
            image, start = windows.images(np.asarray(window), SAMPLING.spectrogram, 4096, 3)
            assert start.tolist() == [0]
            value += CEILING * float(image[0, 10, 15, 0])
            gps = one.gps_start[piece] + offset / 4096
            assert found.gps[rank, number] == pytest.approx(gps, abs=1e-7)
        assert found.statistic[rank] == pytest.approx(value, rel=1e-6)
    assert (np.diff(found.statistic) <= 0).all()


def test_only_the_loudest_are_kept_and_it_is_said(noise):
    everything, few = run(noise[:2], search(600)), run(noise[:2], search(600, keep=120))
    # 120 an hour are 21 in 620.6 s.
    assert len(few) == 21
    np.testing.assert_array_equal(few.statistic, everything.statistic[:21])
    assert few.floor == few.statistic[-1]
    assert everything.floor == -np.inf


@pytest.mark.usefixtures("tensorflow")
@pytest.mark.parametrize("detectors", [1, 3])
def test_parts_do_not_change_a_byte(noise, detectors, tmp_path):
    """With the network of the paper, made smaller; one part, and more parts than stretches."""
    shape = (94, 31, detectors)
    counts = architecture.count_parameters((4, 4), (8,), shape, 3)
    sizes = dict(zip(("parameters", "features"), counts, strict=True))
    block = replace(PAPER, filters=(4, 4), dense=(8,), **sizes)
    judge = windows.judge(classifier.build(block, shape, 3, seed=1))
    sampling = replace(
        SAMPLING, spectrogram=Spectrogram(256, 128, 1500.0, "amplitude", "detector", None)
    )
    laid_out = plan.plan(noise[:detectors], sampling, search(250, keep=400), "test")
    about = plan.About(["noise", "a", "b"], ORIGIN, 0)
    for parts in (1, 3, 40):
        found = [background.part_of(judge, laid_out, (n, parts), about) for n in range(parts)]
        store.write(tmp_path / f"{parts}.h5", [plan.merged(laid_out, found[::-1])])
    one = (tmp_path / "1.h5").read_bytes()
    assert (tmp_path / "3.h5").read_bytes() == (tmp_path / "40.h5").read_bytes() == one
    with pytest.raises(ValueError, match=r"its parts searched .* delete them"):
        plan.merged(laid_out, found[:2])


def test_noise_that_is_too_short_is_said_in_one_line(tmp_path, caplog):
    one, other = (
        make_white(tmp_path / f"test-{name}.h5", name, [1e9], 0, seconds=4) for name in ("H1", "L1")
    )
    with pytest.raises(ValueError, match=r"background of test: no window .*1, 1 pieces of 2 s"):
        plan.plan([one, other], SAMPLING, search(10), "test")
    assert len(plan.plan([one], SAMPLING, search(10), "test").slides) == 1
    assert "days of background instead of" in caplog.text
    assert "because one detector has no slides" in caplog.text


@pytest.fixture(scope="module")
def short(noise):
    """Two pieces of two detectors."""
    return [
        replace(one, gps_start=one.gps_start[:2], whitened=one.whitened[:2]) for one in noise[:2]
    ]


def test_windows_one_by_one_are_those_that_are_cut(short, monkeypatch):
    """A background is the same in both ways, and keeps the pieces that fit in memory."""
    laid_out = plan.plan(short, SAMPLING, search(60), "test")
    cut = background.part_of(cell, laid_out, (0, 1), ABOUT)
    monkeypatch.setattr(spectrogram, "SLIDING", ())
    for memory in (pieces.MEMORY, 2 * 4 * 94 * 31 * 331):
        monkeypatch.setattr(pieces, "MEMORY", memory)
        each = background.part_of(cell, laid_out, (0, 1), ABOUT)
        for field in ("gps", "piece", "slide"):
            np.testing.assert_array_equal(getattr(each, field), getattr(cut, field))
        np.testing.assert_allclose(each.statistic, cut.statistic, rtol=1e-5)
        np.testing.assert_allclose(each.zero_lag.statistic, cut.zero_lag.statistic, rtol=1e-5)


@pytest.mark.parametrize("kind", ["multiresolution", "wdm", "strain"])
def test_other_representations_are_searched_window_by_window(short, kind):
    """Each cluster has the statistic of its window alone; the shape of a batch never changes."""
    block = replace(SAMPLING.spectrogram, kind=kind)
    laid_out = plan.plan(short, replace(SAMPLING, spectrogram=block), search(40), "test")
    shapes, row = set(), 0 if kind == "strain" else 10

    def judge(images):
        shapes.add(images.shape)
        return cell(images, row)

    found = background.part_of(judge, laid_out, (0, 1), ABOUT)
    size = {"multiresolution": (94, 31, 6), "strain": (1, 4096, 2)}.get(kind, (94, 31, 2))
    assert shapes == {(laid_out.size, *size)}
    assert len(found) > 10
    assert len(found.zero_lag)
    for one in (found, found.zero_lag):
        for rank in (0, len(one) // 2, len(one) - 1):
            at = zip(short, one.piece[rank], one.offset[rank], strict=True)
            series = np.stack([own.whitened[piece, begin:][:4096] for own, piece, begin in at])
            seen = spectrogram.magnitude(series[None], block, 4096)
            image = np.moveaxis(spectrogram.normalise(seen, block), 1, -1)
            assert one.statistic[rank] == pytest.approx(cell(image, row)[0, 1], rel=1e-5)
