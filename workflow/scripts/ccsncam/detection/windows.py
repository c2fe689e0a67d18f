"""Windows of a whitened stretch: their images, the network's logits, and clusters of windows."""

import numpy as np
from scipy.ndimage import maximum_filter1d

from ccsncam.config.blocks import Spectrogram
from ccsncam.network.backend import keras, tf
from ccsncam.network.classifier import FORWARD
from ccsncam.samples.grid import grid
from ccsncam.samples.spectrogram import magnitude, normalise


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


def cut(seen: np.ndarray, first: np.ndarray, block: Spectrogram, sample_rate: int) -> np.ndarray:
    """Cut the images of windows out of the spectrograms of whole stretches.

    Parameters
    ----------
    seen : numpy.ndarray
        From `ccsncam.samples.spectrogram.magnitude`, shape (detector, frequency, frame).
    first : numpy.ndarray of int
        First frame of each window, shape (window,); or shape (window, detector) where each
        detector is taken at another time.
    block : Spectrogram
    sample_rate : int
        [Hz].

    Returns
    -------
    numpy.ndarray
        Shape (window, frequency, time, detector), float32, each scaled as
        `ccsncam.samples.spectrogram.normalise` does.
    """
    frames = len(grid(block, sample_rate).times)
    first = np.asarray(first)
    each = np.broadcast_to(first.reshape(len(first), -1), (len(first), len(seen)))
    views = np.lib.stride_tricks.sliding_window_view(seen, frames, axis=2)
    image = np.stack([views[one, :, each[:, one]] for one in range(len(seen))], axis=1)
    return np.ascontiguousarray(np.moveaxis(normalise(image, block), 1, -1))


def images(
    whitened: np.ndarray, block: Spectrogram, sample_rate: int, stride: int
) -> tuple[np.ndarray, np.ndarray]:
    """Make the network's inputs from all windows of a whitened stretch.

    The spectrogram of the stretch is taken once, and each window is a slice of its frames. The
    images are those that the windows would give by themselves.

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
        Shape (window, frequency, time, detector), float32.
    start : numpy.ndarray of int
        First sample of each window, shape (window,).
    """
    first = first_frames(whitened.shape[-1], block, sample_rate, stride)
    if not len(first):
        axes = grid(block, sample_rate)
        shape = (0, len(axes.frequencies), len(axes.times), len(whitened))
        return np.empty(shape, np.float32), first
    seen = magnitude(whitened, block, sample_rate)
    return cut(seen, first, block, sample_rate), first * block.hop


def logits(model: keras.Model, inputs: np.ndarray) -> np.ndarray:
    """Compute the network's logits in batches of one size.

    The last batch is filled up, so that a logit depends on its image only, and not on the number
    of images that are asked for with it.

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

    @tf.function(reduce_retracing=True, autograph=False)
    def forward(batch: tf.Tensor) -> tf.Tensor:
        return model(batch, training=False)[1]

    size = len(inputs)
    found = np.empty((size, model.outputs[1].shape[-1]), np.float32)
    for first in range(0, size, FORWARD):
        rows = np.arange(first, first + FORWARD)
        # Copies of the last image fill the last batch.
        part = forward(inputs[np.minimum(rows, size - 1)]).numpy()
        found[first : first + FORWARD] = part[: size - first]
    return found


def loudest(statistic: np.ndarray, width: int) -> np.ndarray:
    """Find the windows that are the loudest of their cluster.

    A window is kept if no window within ``width`` of it, on either side, has a larger statistic.
    The first of several equal ones is kept. Whether a window is kept does not depend on any
    threshold, so counts above different thresholds belong to the same clusters.

    Parameters
    ----------
    statistic : numpy.ndarray
        Statistic of windows at one stride, shape (window,).
    width : int
        Half width of a cluster, in windows.

    Returns
    -------
    numpy.ndarray of int
        Numbers of the windows that are kept, in rising order.
    """
    peaks = maximum_filter1d(statistic, 2 * width + 1, mode="nearest") == statistic
    kept = np.flatnonzero(peaks)
    # Two kept windows within the width have the same statistic.
    apart = np.diff(kept, prepend=-width - 1) > width
    return kept[apart]
