"""The reassigned spectrogram (Auger & Flandrin 1995, IEEE Trans. Signal Process. 43, 1068).

The power of each cell of a short-time Fourier transform is moved to the centre of the energy behind
it, in time and frequency. There it is shared among the four cells of the grid around it, the
nearest most. So an image changes little where strain does: with a share for one cell only, the
last bit of strain would decide where power lies.
"""

from functools import cache

import numpy as np
import scipy.fft

# Bins above the grid whose power may be moved into it: the half width of the main lobe of a Hann
# window, and one more.
ABOVE = 3
# Power below which a cell is empty, in mean powers of white noise.
FAINT = 1e-20


def power(strain: np.ndarray, window: int, hop: int, rows: int) -> np.ndarray:
    """Compute the power that lies in each cell of the grid after it was moved.

    Parameters
    ----------
    strain : numpy.ndarray
        Whitened strain of unit variance, one second, shape (..., time).
    window, hop : int
        Of the grid [samples]; ``hop`` is half of ``window``. The transform behind has frames every
        half hop, so that all times count alike.
    rows : int
        Number of frequencies of the grid, from 0.

    Returns
    -------
    numpy.ndarray
        Shape (..., frequency, frame), float32. White noise has a mean power of 1 per cell. What is
        moved out of the grid is left out.
    """
    step = hop // 2
    # Frames begin half a hop before the second, in whose first cell a part of them lies.
    padded = np.pad(strain.reshape(-1, strain.shape[-1]), ((0, 0), (step, step)))
    frames = strain.shape[-1] // hop - 1
    views = np.lib.stride_tricks.sliding_window_view(padded, window, axis=-1)[:, ::step]
    found = np.empty((len(views), rows, frames), np.float32)
    # One by one, because all of a series stays in the processor's cache.
    for view, image in zip(views, found, strict=True):
        image[:] = _moved(view, rows, frames)
    return found.reshape(*strain.shape[:-1], rows, frames)


def _moved(views: np.ndarray, rows: int, frames: int) -> np.ndarray:
    """Image of one series from its frames (frame, window), twice as many as the grid has."""
    window = views.shape[1]
    kept = min(rows + ABOVE, window // 2 + 1)
    plain, late, slope = (
        scipy.fft.rfft(views * taper, axis=-1, overwrite_x=True)[:, :kept]
        for taper in _tapers(window)
    )
    energy = plain.real**2 + plain.imag**2
    # A cell without energy has no centre.
    scale = np.divide(1, energy, out=np.zeros_like(energy), where=energy > FAINT)
    # Real part of late / plain in frames of the grid, imaginary part of slope / plain in bins.
    later = (late.real * plain.real + late.imag * plain.imag) * scale
    higher = (slope.real * plain.imag - slope.imag * plain.real) * scale
    later += (np.arange(len(views), dtype=np.float32) / 2 - 0.5)[:, None]
    higher += np.arange(kept, dtype=np.float32)
    np.abs(higher, out=higher)
    frame, row = np.floor(later), np.floor(higher)
    after, above = later - frame, higher - row
    # Half, because the frames are twice as many as those of the grid.
    energy /= 2
    cells, shares = [], []
    for more, up, share in (
        (0, 0, (1 - after) * (1 - above)),
        (1, 0, after * (1 - above)),
        (0, 1, (1 - after) * above),
        (1, 1, after * above),
    ):
        at, of = frame + more, row + up
        inside = (at >= 0) & (at < frames) & (of < rows)
        cells.append((of * frames + at)[inside])
        shares.append((energy * share)[inside])
    found = np.concatenate(cells).astype(np.int64)
    return np.bincount(found, np.concatenate(shares), rows * frames).reshape(rows, frames)


@cache
def _tapers(window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hann window of unit energy; it times the time in hops; its slope, for bins as a unit."""
    time = np.arange(window) - window / 2
    plain = 0.5 + 0.5 * np.cos(2 * np.pi * time / window)
    slope = -np.pi / window * np.sin(2 * np.pi * time / window)
    late = plain * time / (window / 2)
    norm = np.sqrt(np.sum(plain**2))
    # The slope is per sample, and a bin is 2π / window per sample.
    parts = plain, late, slope * window / (2 * np.pi)
    one, two, three = ((part / norm).astype(np.float32) for part in parts)
    return one, two, three
