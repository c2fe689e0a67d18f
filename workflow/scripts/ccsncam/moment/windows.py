"""The network's answer to windows around a moment: probabilities over time, and where it looks."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import scipy.special

from ccsncam.config.moment import Moment
from ccsncam.config.saliency import Saliency
from ccsncam.moment.span import span_begin, window_starts
from ccsncam.moment.store import ExplainedWindow
from ccsncam.network.chain import Network
from ccsncam.saliency.maps import explain
from ccsncam.saliency.scores import log_odds, logits
from ccsncam.saliency.shown import Explanation
from ccsncam.samples import beside, coherence
from ccsncam.samples.grid import channels, grid
from ccsncam.samples.spectrogram import magnitude, normalise

logger = logging.getLogger(__name__)

METHOD = "score-cam"


class Answer(NamedTuple):
    """What the network says of the windows around a moment.

    ``start`` is the beginning of each window, counted from the moment [s], shape (window,);
    ``probability`` has the shape (window, class); ``explained`` holds two windows by their names in
    `ccsncam.moment.store.WINDOWS`.
    """

    start: np.ndarray
    probability: np.ndarray
    explained: dict[str, ExplainedWindow]


def images(whitened: Sequence[np.ndarray | None], starts: np.ndarray, moment: Moment) -> np.ndarray:
    """Make the inputs of the network in the same way as those of a data set.

    Parameters
    ----------
    whitened : list of numpy.ndarray or None
        One series of shape (n,) per detector; None is black.
    starts : numpy.ndarray of int
        First samples of the windows, shape (window,).
    moment : Moment

    Returns
    -------
    numpy.ndarray
        Shape (window, frequency, time, channel), float32, in [0, 1], with the coherence behind
        them that ``moment.spectrogram`` asks for; see `ccsncam.samples.beside.join`.
    """
    rate, block = moment.signal.sample_rate, moment.spectrogram
    there = {number: one for number, one in enumerate(whitened) if one is not None}
    series = np.stack(list(there.values()))
    windows = np.lib.stride_tricks.sliding_window_view(series, rate, axis=1)[:, starts]
    seen = magnitude(np.swapaxes(windows, 0, 1), block, rate)
    axes, each = grid(block, rate), channels(block, 1)
    shape = (len(starts), len(axes.frequencies), len(axes.times), each * len(whitened))
    image = np.zeros(shape, np.float32)
    own = [each * number + channel for number in there for channel in range(each)]
    image[..., own] = np.moveaxis(normalise(seen, block), 1, -1)
    if block.coherence is None:
        return image
    # A black detector is coherent with no other one.
    strain = np.zeros((len(starts), len(whitened), rate), np.float32)
    strain[:, list(there)] = np.swapaxes(windows, 0, 1)
    return beside.join(image, coherence.of_strain(strain, block, rate))


def judge(
    network: Network, image: np.ndarray, at: int, saliency: Saliency
) -> tuple[np.ndarray, dict[str, tuple[int, Explanation]]]:
    """Compute the probabilities of all windows, and Score-CAM of two of them.

    Parameters
    ----------
    network : ccsncam.network.chain.Network
    image : numpy.ndarray
        From `images`, shape (window, frequency, time, channel).
    at : int
        Number of the window at the moment, from `ccsncam.moment.span.window_starts`.
    saliency : Saliency
        Its ``target`` is not used: the most probable signal class is explained.

    Returns
    -------
    probability : numpy.ndarray
        Shape (window, class).
    explained : dict of tuple
        Number and explanation of two windows: ``loudest``, in which noise is least probable, and
        ``moment``.
    """
    values = logits(network, image)
    # Many probabilities round to 1 in double precision; the odds still tell such windows apart.
    loudest = int(log_odds(values, np.zeros(len(values), int)).argmin())
    aim, explained = replace(saliency, target="label"), {}
    for name, window in (("loudest", loudest), ("moment", at)):
        label = [1 + int(values[window, 1:].argmax())]
        explained[name] = window, explain(network, image[[window]], label, aim, [METHOD])[0]
    return scipy.special.softmax(values, axis=1), explained


def answer(
    network: Network, whitened: Mapping[str, np.ndarray | None], moment: Moment, saliency: Saliency
) -> Answer:
    """Ask the network about all windows around a moment.

    Parameters
    ----------
    network : ccsncam.network.chain.Network
    whitened : dict of numpy.ndarray or None
        By detector, from `ccsncam.moment.hearing.with_stand_ins`.
    moment : Moment
    saliency : Saliency
        See `judge`.

    Returns
    -------
    Answer
    """
    starts, at = window_starts(moment)
    image = images(list(whitened.values()), starts, moment)
    probability, found = judge(network, image, at, saliency)
    start = span_begin(moment) + starts / moment.signal.sample_rate
    explained = {
        name: ExplainedWindow(float(start[window]), explanation)
        for name, (window, explanation) in found.items()
    }
    return Answer(start, probability, explained)
