"""Windows of a whitened stretch: their images, and the network's logits."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from ccsncam.config.blocks import Spectrogram
from ccsncam.network.backend import keras, tf
from ccsncam.samples import beside, coherence, spectrogram
from ccsncam.samples.grid import cells, grid, inputs
from ccsncam.samples.spectrogram import magnitude, normalise, running_limits


def first_frames(samples: int, block: Spectrogram, sample_rate: int, stride: int) -> np.ndarray:
    """Find the windows of one second that fit in a stretch.

    Parameters
    ----------
    samples : int
        Length of the stretch.
    block : Spectrogram
    sample_rate : int
        [Hz].
    stride : int
        From window to window, in hops of the spectrogram.

    Returns
    -------
    numpy.ndarray of int
        Number of each window's first frame, shape (window,). A window starts at
        ``frame * block.hop`` samples. Empty if the stretch is shorter than a window.
    """
    return np.arange(0, max(0, (samples - sample_rate) // block.hop + 1), stride)


# Windows per forward pass. The number is fixed, so that results do not depend on the machine.
BATCH = 100


class Spectra(NamedTuple):
    """Spectrograms of a stretch, from which its windows are cut; the representation slides.

    Attributes
    ----------
    seen : numpy.ndarray
        Magnitudes, shape (detector, frequency, frame), float32.
    low, high : numpy.ndarray
        Minimum and maximum of each frame over the frequencies, shape (detector, frame).
    """

    seen: np.ndarray
    low: np.ndarray
    high: np.ndarray


def spectra(whitened: np.ndarray, block: Spectrogram, sample_rate: int) -> Spectra:
    """Take the spectrograms of a whole stretch.

    Parameters
    ----------
    whitened : numpy.ndarray
        Whitened strain of unit variance, shape (detector, samples).
    block : Spectrogram
    sample_rate : int
        [Hz].
    """
    seen = magnitude(whitened, block, sample_rate)
    return Spectra(seen, seen.min(axis=1), seen.max(axis=1))


def cut(
    stretch: Spectra, first: np.ndarray, size: int, block: Spectrogram, sample_rate: int
) -> Iterator[np.ndarray]:
    """Cut the images of windows out of a stretch, a number of windows at a time.

    Parameters
    ----------
    stretch : Spectra
    first : numpy.ndarray of int
        First frame of each window, shape (window,).
    size : int
        Number of windows at a time.
    block : Spectrogram
    sample_rate : int
        [Hz].

    Yields
    ------
    numpy.ndarray
        Shape (size or what is left, frequency, time, channel), float32, each image scaled as
        `ccsncam.samples.spectrogram.normalise` does.
    """
    frames, (detectors, height, _) = len(grid(block, sample_rate).times), stretch.seen.shape
    # Detectors lie side by side, so that a row of a window is one run of numbers in memory.
    rows = np.ascontiguousarray(np.moveaxis(stretch.seen, 0, -1)).reshape(height, -1)
    views = np.lib.stride_tricks.sliding_window_view(rows, frames * detectors, axis=1)
    views = np.swapaxes(views, 0, 1)
    bounds = running_limits(stretch.low, stretch.high, frames, block)
    for start in range(0, len(first), size):
        now = first[start : start + size]
        low, high = (np.tile(one[:, now].T, frames)[:, None] for one in bounds)
        image = views[now * detectors]
        normalise(image, block, (low, high), out=image)
        yield image.reshape(len(now), height, frames, detectors)


def images(
    whitened: np.ndarray, block: Spectrogram, sample_rate: int, stride: int
) -> tuple[np.ndarray, np.ndarray]:
    """Make the network's inputs from all windows of a whitened stretch.

    If the representation slides, the spectrogram of the stretch is taken once, and each window is a
    slice of its frames. The images are those that the windows would give by themselves.

    Parameters
    ----------
    whitened : numpy.ndarray
        Whitened strain of unit variance, shape (detector, samples), without the samples that the
        whitening filter has spoilt.
    block : Spectrogram
    sample_rate : int
        [Hz].
    stride : int
        From window to window, in hops of the spectrogram.

    Returns
    -------
    images : numpy.ndarray
        Shape (window, frequency, time, channel), float32, with the coherence behind them that
        ``block`` asks for; see `ccsncam.samples.beside.join`.
    start : numpy.ndarray of int
        First sample of each window, shape (window,).
    """
    first = first_frames(whitened.shape[-1], block, sample_rate, stride)
    if not len(first):
        axes = grid(block, sample_rate)
        shape = (0, len(axes.frequencies), len(axes.times), inputs(block, len(whitened)))
        return np.empty(shape, np.float32), first
    if not spectrogram.slides(block):
        seen = spectrogram.windows(whitened, first * block.hop, block, sample_rate)
        found = np.moveaxis(normalise(seen, block), 1, -1)
    else:
        stretch = spectra(whitened, block, sample_rate)
        found = next(cut(stretch, first, len(first), block, sample_rate))
    numbers = None
    if block.coherence is not None:
        phases = coherence.spectra(whitened, block, sample_rate)
        numbers = coherence.running(phases, first, len(cells(block, sample_rate).times), block)
    return beside.join(found, numbers), first * block.hop


def judge(model: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """Compile a network as a function from images to logits.

    Parameters
    ----------
    model : keras.Model
        From `ccsncam.network.classifier.build`.

    Returns
    -------
    callable
        From images (n, frequency, time, detector) to logits (n, class), float32. Another n is
        compiled anew.
    """

    @tf.function(reduce_retracing=True, autograph=False)
    def forward(batch: tf.Tensor) -> tf.Tensor:
        return model(batch, training=False)[1]

    return lambda images: forward(images).numpy()


def logits(model: keras.Model, inputs: np.ndarray) -> np.ndarray:
    """Compute the network's logits; see `in_batches`.

    Parameters
    ----------
    model : keras.Model
        From `ccsncam.network.classifier.build`.
    inputs : numpy.ndarray
        Shape (n, frequency, time, detector).

    Returns
    -------
    numpy.ndarray
        Shape (n, class), float32.
    """
    if not len(inputs):
        return np.empty((0, model.outputs[1].shape[-1]), np.float32)
    return in_batches(judge(model), inputs)


def in_batches(forward: Callable[[np.ndarray], np.ndarray], inputs: np.ndarray) -> np.ndarray:
    """Compute logits in batches of one size.

    The last batch is filled up, so that a logit depends on its image only, and not on the number
    of images that are asked for with it.

    Parameters
    ----------
    forward : callable
        From `judge`.
    inputs : numpy.ndarray
        Shape (n, frequency, time, detector), not empty.

    Returns
    -------
    numpy.ndarray
        Shape (n, class), float32.
    """
    size, parts = len(inputs), []
    for first in range(0, size, BATCH):
        rows = np.arange(first, first + BATCH)
        # Copies of the last image fill the last batch.
        parts.append(forward(inputs[np.minimum(rows, size - 1)]))
    return np.concatenate(parts)[:size]
