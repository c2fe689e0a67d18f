"""What a background is made of: the noise, its time slides, and the parts of the search."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ccsncam.config.blocks import Sampling
from ccsncam.config.detection import BackgroundSearch
from ccsncam.detection.clusters import half_width
from ccsncam.detection.slides import Layout, Stretches, time_slides, whole_pieces, zero_lag
from ccsncam.detection.store import Background, Clusters, joined, no_clusters
from ccsncam.noise.store import Noise, common_pieces
from ccsncam.origin import Origin
from ccsncam.samples.grid import cells

logger = logging.getLogger(__name__)

DAY, HOUR = 86400.0, 3600.0
# Windows that the network hears at once, about. The images of 250 leave the processor's cache.
AT_ONCE = 100


class About(NamedTuple):
    """Of which network a background is."""

    classes: list[str]
    origin: Origin
    seed: int


@dataclass(frozen=True, eq=False)
class Plan:
    """What is searched: noise, and the stretches in which its detectors are heard together.

    Attributes
    ----------
    noise : list of Noise
        One for each detector.
    rows : list of array (piece,), int
        Rows of each noise file in the order of `Layout.starts`.
    layout : Layout
    slides, zero : Stretches
        Of the background, and at zero lag.
    sampling : Sampling
    search : BackgroundSearch
    split : str
    """

    noise: Sequence[Noise]
    rows: Sequence[np.ndarray]
    layout: Layout
    slides: Stretches
    zero: Stretches
    sampling: Sampling
    search: BackgroundSearch
    split: str

    @property
    def stride(self) -> float:
        """Time from window to window [s]."""
        return self.layout.stride * self.layout.hop

    @property
    def width(self) -> int:
        """Half width of a cluster, in windows."""
        return half_width(self.search.cluster, self.stride)

    @property
    def live_time(self) -> float:
        """Time that the slides give [s]."""
        return int(self.slides.windows.sum(dtype=np.int64)) * self.stride

    @property
    def keep(self) -> int:
        """Number of clusters of the background that are kept."""
        return max(1, math.ceil(self.search.keep * self.live_time / HOUR))

    @property
    def size(self) -> int:
        """Number of windows that the network hears at once.

        It depends on the length of a piece only, and the last windows of a stretch are filled up.
        """
        windows = max(1, self.layout.windows)
        return -(-windows // -(-windows // AT_ONCE))

    @property
    def edge(self) -> int:
        """First whole sample of a piece."""
        return round(self.noise[0].corrupted * self.sampling.signal.sample_rate)


def plan(noise: Sequence[Noise], sampling: Sampling, search: BackgroundSearch, split: str) -> Plan:
    """Lay out the slides of one split.

    Parameters
    ----------
    noise : list of Noise
        Of this split, one for each detector.
    sampling : Sampling
        For coincident noise, only pieces that all detectors have are used, as for samples.
    search : BackgroundSearch
    split : str

    Returns
    -------
    Plan

    Raises
    ------
    ValueError
        In one line, if no piece holds a window, or no two pieces can be paired.
    """
    rate, block = sampling.signal.sample_rate, sampling.spectrogram
    rows = [np.argsort(one.gps_start, kind="stable") for one in noise]
    if sampling.coincident:
        rows = common_pieces([one.gps_start for one in noise])
    samples = noise[0].whitened.shape[1] - 2 * round(noise[0].corrupted * rate)
    layout = Layout(
        starts=[one.gps_start[own] + one.corrupted for one, own in zip(noise, rows, strict=True)],
        frames=(samples - block.window) // block.hop + 1,
        width=len(cells(block, rate).times),
        stride=search.stride,
        hop=block.hop / rate,
        duration=1.0,
    )
    wanted = search.live_time[split] * DAY
    slides = whole_pieces(layout) if len(noise) == 1 else time_slides(layout, wanted)
    if not len(slides):
        raise ValueError(
            f"background of {split}: no window of the noise of {len(noise)} detectors can be "
            f"paired ({', '.join(str(len(own)) for own in rows)} pieces of "
            f"{layout.frames * layout.hop:.0f} s): give this split more noise"
        )
    found = Plan(noise, rows, layout, slides, zero_lag(layout), sampling, search, split)
    if found.live_time < wanted:
        why = "one detector has no slides" if len(noise) == 1 else "no other slide is left"
        logger.warning(
            "%s: %.4g days of background instead of %g, because %s",
            split,
            found.live_time / DAY,
            search.live_time[split],
            why,
        )
    return found


def merged(plan: Plan, parts: Sequence[Background]) -> Background:
    """Put the parts of a background together.

    Parameters
    ----------
    plan : Plan
    parts : list of Background
        All parts of this plan, from `part_of`, in any order.

    Returns
    -------
    Background
        The same for any number of parts.

    Raises
    ------
    ValueError
        In one line, if the parts are those of another plan.
    """
    about = About(parts[0].classes, parts[0].origin, parts[0].seed)
    found = joined(parts).loudest_first()
    at_zero = joined([part.zero_lag for part in parts]).loudest_first()
    floor = float(found.statistic[plan.keep - 1]) if len(found) > plan.keep else -np.inf
    whole = background_of(plan, found.loudest_first(plan.keep), at_zero, floor, about)
    searched = sum(part.live_time for part in parts)
    if not math.isclose(searched, whole.live_time):
        raise ValueError(
            f"background of {plan.split}: its parts searched {searched:.0f} s of "
            f"{whole.live_time:.0f} s; delete them, and run the same command again"
        )
    return whole


def clusters_at(
    plan: Plan,
    stretches: Stretches,
    number: int,
    peaks: np.ndarray,
    values: np.ndarray,
    logits: np.ndarray,
) -> Clusters:
    """Clusters at some windows of a stretch of a plan.

    Parameters
    ----------
    plan : Plan
    stretches : Stretches
    number : int
        Of the stretch.
    peaks : numpy.ndarray of int
        Windows of the stretch.
    values, logits : numpy.ndarray
        Statistic and logits of all windows of the stretch.
    """
    rate, hop = plan.sampling.signal.sample_rate, plan.sampling.spectrogram.hop
    frames = stretches.frame[number] + plan.layout.stride * peaks[:, None]
    offset = plan.edge + frames * hop
    own = [rows[piece] for rows, piece in zip(plan.rows, stretches.piece[number], strict=True)]
    starts = [noise.gps_start[row] for noise, row in zip(plan.noise, own, strict=True)]
    return Clusters(
        statistic=values[peaks],
        logits=logits[peaks],
        gps=np.array(starts) + offset / rate,
        piece=np.broadcast_to(np.array(own, np.int32), offset.shape),
        offset=offset.astype(np.int32),
        slide=np.full(len(peaks), stretches.slide[number], np.int32),
    )


def background_of(
    plan: Plan, found: Clusters, at_zero: Clusters, floor: float, about: About
) -> Background:
    """Make a background of what was found in the stretches of a plan.

    Parameters
    ----------
    plan : Plan
    found, at_zero : Clusters
        In the slides and at zero lag.
    floor : float
        See `Background`.
    about : About
    """
    exposure = []
    sizes = [len(rows) for rows in plan.rows]
    for noise, rows, counts in zip(plan.noise, plan.rows, plan.slides.heard(sizes), strict=True):
        exposure.append(np.zeros(len(noise.gps_start)))
        exposure[-1][rows] = counts * plan.stride
    empty = no_clusters(len(about.classes), len(plan.noise))
    numbers = plan.slides.slide
    return Background(
        **(found if len(found) else empty).columns(),
        live_time=plan.live_time,
        slides=len(np.unique(numbers[numbers > 0])),
        stride=plan.stride,
        cluster=plan.search.cluster,
        duration=plan.layout.duration,
        piece_time=plan.layout.windows * plan.stride,
        floor=floor,
        exposure=exposure,
        zero_lag=at_zero if len(at_zero) else empty,
        zero_time=int(plan.zero.windows.sum(dtype=np.int64)) * plan.stride,
        split=plan.split,
        detectors=[noise.detector for noise in plan.noise],
        **about._asdict(),
    )
