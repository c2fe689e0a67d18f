"""Power spectral densities and whitening.

The whole workflow has one convention. The PSD is Welch's (median, Hann, 50 % overlap). The
whitening filter is ``sqrt(2 / fs) / sqrt(S)``. A Hann taper cuts its impulse response to a finite
length, as ``pycbc.psd.inverse_spectrum_truncation`` and GWpy do, so that the filter corrupts only
half of its length at each end of a series. Below ``f_min`` the filter rolls off to zero (raised
cosine between 0.75 ``f_min`` and ``f_min``), because the seismic wall must not leak. If ``f_max``
is given, the filter rolls off above it too (between ``f_max`` and the lower one of
1.05 ``f_max`` and the Nyquist frequency).

A filter of finite length cannot notch a line that is narrower than the filter's own resolution:
the line would stand out of the whitened noise. So `widen_lines` first widens the lines of the PSD
to that resolution.

In the pass band the whitened noise has the one-sided density ``2 / fs``. Over the whole band this
is unit variance, so the variance is the share of the band that the filter passes: 0.991 for
``f_min`` = 20 Hz and no ``f_max`` at 4096 Hz, and 1 to 3 % lower where lines are notched. The sum
of squares of a whitened signal is the square of its optimal SNR against the effective PSD.
"""

from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft, signal
from scipy.ndimage import maximum_filter1d, median_filter

# Below this share of the filter's largest response the effective PSD does not follow the filter,
# because it must stay finite where the filter passes nothing.
_FLOOR = 1e-6
# A line is where the PSD exceeds this multiple of its running median over this many Hz.
_LINE_THRESHOLD = 10.0
_LINE_WINDOW = 16.0


def welch_psd(
    strain: np.ndarray, sample_rate: float, duration: float, overlap: float = 0.5
) -> np.ndarray:
    """Estimate the one-sided PSD with Welch's method: the median over Hann windows.

    Parameters
    ----------
    strain : array (..., n)
        Time series.
    sample_rate : float
        Hz.
    duration : float
        Length of a window in seconds; the frequency step is its inverse.
    overlap : float
        Share of a window that the next window contains too.

    Returns
    -------
    array (..., duration * sample_rate // 2 + 1), float64
        Power per Hz.

    Raises
    ------
    ValueError
        When the series is shorter than a window, is not finite, or holds no power.
    """
    strain = np.asarray(strain, dtype=np.float64)
    size = _samples(duration, sample_rate, "psd_duration")
    if strain.shape[-1] < size:
        raise ValueError(
            f"PSD: {strain.shape[-1] / sample_rate:g} s of strain are shorter than psd_duration "
            f"({duration:g} s): take longer pieces or a shorter psd_duration"
        )
    if not np.isfinite(strain).all():
        raise ValueError("PSD: the strain holds NaN or infinite samples: cut the gaps out first")
    _, psd = signal.welch(
        strain,
        fs=sample_rate,
        window="hann",
        nperseg=size,
        noverlap=round(overlap * size),
        detrend=False,
        average="median",
    )
    if not (psd[..., 1:] > 0).all():
        raise ValueError("PSD: no power at some frequencies: the strain is constant or filled")
    return psd


def band(frequencies: np.ndarray, f_min: float, f_max: float | None = None) -> np.ndarray:
    """Compute the response of the pass band, 0 to 1, with raised-cosine edges outside the band.

    Parameters
    ----------
    frequencies : array (n,)
        Hz; the last one is the Nyquist frequency.
    f_min, f_max : float
        Limits of the pass band in Hz; with ``f_max`` None the band has no upper edge.

    Returns
    -------
    array (n,)
    """
    frequencies = np.asarray(frequencies, dtype=np.float64)
    low = 0.75 * f_min
    edge = np.clip((frequencies - low) / (f_min - low), 0, 1) if f_min > 0 else 1.0
    response = np.sin(0.5 * np.pi * edge) ** 2 * np.ones_like(frequencies)
    if f_max is not None:
        high = min(1.05 * f_max, frequencies[-1])
        if high <= f_max:
            raise ValueError(
                f"whitening: f_max = {f_max:g} Hz is not below the Nyquist frequency "
                f"({frequencies[-1]:g} Hz): lower signal.f_max"
            )
        response *= np.cos(0.5 * np.pi * np.clip((frequencies - f_max) / (high - f_max), 0, 1)) ** 2
    return response


@cache
def estimation_bias(
    samples: int, sample_rate: int, psd_duration: float, filter_duration: float
) -> float:
    """Measure by which factor noise comes out too loud when it is whitened with its own PSD.

    The inverse of a scattered estimate is too large in the mean: about 4 % in power for 64 s of
    strain and windows of 4 s. The factor does not depend on the PSD, so it is measured on white
    noise with the same lengths (fixed seed, to about 0.1 %). A PSD that is multiplied by it
    whitens noise to unit density and gives SNRs that are not too high.

    Parameters
    ----------
    samples : int
        Number of samples of strain in one PSD.
    sample_rate : int
        Hz.
    psd_duration, filter_duration : float
        Seconds.
    """
    white, fir = _filters_of_white_noise(samples, sample_rate, psd_duration, filter_duration)
    edge = round(filter_duration * sample_rate) // 2
    return float(whiten(white, fir)[:, edge:-edge].var(dtype=np.float64))


def _filters_of_white_noise(
    samples: int, sample_rate: int, psd_duration: float, filter_duration: float
) -> tuple[np.ndarray, np.ndarray]:
    """Draw white noise (piece, samples), and compute a filter from each piece's own PSD."""
    pieces = -(-(1 << 21) // samples)
    white = np.random.default_rng(0).standard_normal((pieces, samples))
    psd = welch_psd(white, sample_rate, psd_duration)
    return white, whitening_fir(psd, 1 / psd_duration, sample_rate, filter_duration, f_min=0)


def windows_beside(
    strain: np.ndarray, first: int, last: int, sample_rate: float, duration: float
) -> np.ndarray:
    """Cut the windows for Welch's method on either side of a stretch; none touches the stretch.

    Parameters
    ----------
    strain : array (n,)
        Time series.
    first, last : int
        The stretch is ``strain[first:last]``.
    sample_rate : float
        Hz.
    duration : float
        Length of a window in seconds. The windows overlap by half. The last window before the
        stretch ends where it begins, and the first one after it begins where it ends.

    Returns
    -------
    array (window, duration * sample_rate)
        Empty where neither side has room for a window.
    """
    size = _samples(duration, sample_rate, "psd_duration")
    sides = strain[first % (size // 2) : first], strain[last:]
    frames = [sliding_window_view(side, size)[:: size // 2] for side in sides if len(side) >= size]
    return np.concatenate([np.empty((0, size)), *frames])


@cache
def beside_bias(
    windows: int, sample_rate: int, psd_duration: float, filter_duration: float
) -> float:
    """Measure the factor of `estimation_bias` for noise that is not in the windows of its PSD.

    It is measured with PSDs of white noise. After a filter, independent noise of unit variance has
    the sum of the filter's squared taps as its variance.

    Parameters
    ----------
    windows : int
        Number of windows for Welch's method, which overlap by half.
    sample_rate, psd_duration, filter_duration
        As in `estimation_bias`.
    """
    samples = (windows + 1) * _samples(psd_duration, sample_rate, "psd_duration") // 2
    _, fir = _filters_of_white_noise(samples, sample_rate, psd_duration, filter_duration)
    return float(np.mean(np.sum(fir**2, axis=-1)))


def widen_lines(psd: np.ndarray, delta_f: float, filter_duration: float) -> np.ndarray:
    """Raise a PSD beside its lines, so that each line is as wide as the filter can resolve.

    Parameters
    ----------
    psd : array (..., n)
        One-sided PSD.
    delta_f : float
        Hz.
    filter_duration : float
        Seconds; the half width of a Hann taper's main lobe is 2 divided by it.

    Returns
    -------
    array (..., n)
        At least ``psd``; equal to it away from lines.
    """
    half = round(_LINE_WINDOW / delta_f / 2)
    # Row by row, because SciPy's filter of one dimension is ten times as fast as its general one.
    floor = np.apply_along_axis(median_filter, -1, psd, size=2 * half + 1, mode="nearest")
    lines = np.where(psd > _LINE_THRESHOLD * floor, psd, 0)
    width = 2 * round(2 / filter_duration / delta_f) + 1
    return np.maximum(psd, maximum_filter1d(lines, width, axis=-1, mode="nearest"))


def whitening_fir(
    psd: np.ndarray,
    delta_f: float,
    sample_rate: float,
    filter_duration: float,
    f_min: float = 20.0,
    f_max: float | None = None,
) -> np.ndarray:
    """Compute the taps of the whitening filter, symmetric about the middle one.

    Parameters
    ----------
    psd : array (..., n)
        One-sided PSD, 1/Hz, from 0 Hz to the Nyquist frequency in steps of ``delta_f``.
    delta_f, sample_rate : float
        Hz.
    filter_duration : float
        Seconds; at most ``1 / delta_f``.
    f_min, f_max : float
        Limits of the pass band in Hz (see `band`).

    Returns
    -------
    array (..., m), float64
        ``m = filter_duration * sample_rate`` taps; lag 0 is at index ``m // 2``, the first is 0.

    Raises
    ------
    ValueError
        When the PSD has another grid or is not positive, or the filter is too long.
    """
    psd = np.asarray(psd, dtype=np.float64)
    size = round(sample_rate / delta_f)
    if psd.shape[-1] != size // 2 + 1:
        raise ValueError(
            f"whitening: a PSD of {psd.shape[-1]} values does not reach from 0 to "
            f"{sample_rate / 2:g} Hz in steps of {delta_f:g} Hz ({size // 2 + 1} values)"
        )
    taps = _samples(filter_duration, sample_rate, "filter_duration")
    if taps > size:
        raise ValueError(
            f"whitening: filter_duration ({filter_duration:g} s) is longer than psd_duration "
            f"({1 / delta_f:g} s): shorten it"
        )
    passes = band(np.arange(size // 2 + 1) * delta_f, f_min, f_max)
    response = np.broadcast_to(passes, psd.shape).copy()
    passed = response > 0
    if not (psd[passed] > 0).all() or not np.isfinite(psd[passed]).all():
        raise ValueError("whitening: the PSD is not positive and finite in the pass band")
    psd = widen_lines(psd, delta_f, filter_duration)
    response[passed] *= np.sqrt(2 / (sample_rate * psd[passed]))
    impulse = np.roll(fft.irfft(response, n=size, axis=-1), taps // 2, axis=-1)[..., :taps]
    return impulse * signal.windows.hann(taps, sym=False)


def fir_response(fir: np.ndarray, n_fft: int) -> np.ndarray:
    """Compute the frequency response of a symmetric FIR filter.

    Parameters
    ----------
    fir : array (..., m)
        Taps of `whitening_fir`.
    n_fft : int
        Length of the transform, at least ``m``.

    Returns
    -------
    array (..., n_fft // 2 + 1), float64
        Real, because the middle tap is lag 0. If a series of n samples is multiplied by it in a
        transform of ``n_fft``, the first n samples are the linear convolution as long as
        ``n_fft >= n + m // 2``.
    """
    taps = fir.shape[-1]
    if n_fft < taps:
        raise ValueError(f"whitening: a transform of {n_fft} samples cannot hold {taps} taps")
    padded = np.zeros((*fir.shape[:-1], n_fft))
    padded[..., : taps // 2] = fir[..., taps // 2 :]
    padded[..., n_fft - taps // 2 :] = fir[..., : taps // 2]
    return fft.rfft(padded, axis=-1).real


def fir_psd(fir: np.ndarray, delta_f: float, sample_rate: float) -> np.ndarray:
    """Compute the PSD that a filter divides by, so that whitening and SNR share one PSD.

    Where the filter passes less than 1e-6 of its largest response the PSD stays at that floor, so
    that it is positive and finite everywhere. SNRs are integrated against it from ``f_min`` up.

    Parameters
    ----------
    fir : array (..., m)
        Taps of `whitening_fir`.
    delta_f, sample_rate : float
        Hz.

    Returns
    -------
    array (..., n), float64
        Power per Hz, from 0 to the Nyquist frequency in steps of ``delta_f``.
    """
    response = np.abs(fir_response(fir, round(sample_rate / delta_f)))
    response = np.maximum(response, _FLOOR * response.max(axis=-1, keepdims=True))
    return 2 / (sample_rate * response**2)


def whiten(strain: np.ndarray, fir: np.ndarray) -> np.ndarray:
    """Whiten series with the taps of `whitening_fir`.

    Parameters
    ----------
    strain : array (..., n)
        Strain, at least as long as the filter.
    fir : array (..., m)
        Taps, one set for all series or one set per series.

    Returns
    -------
    array (..., n), float32
        The first and last ``m // 2`` samples are corrupted, because the series wraps round there.
    """
    size = strain.shape[-1]
    # In double precision: the seismic wall is some four orders above the floor at 200 Hz, and the
    # rounding errors of a float32 transform are proportional to the wall.
    spectrum = fft.rfft(np.asarray(strain, dtype=np.float64), axis=-1)
    spectrum *= fir_response(np.asarray(fir), size)
    return fft.irfft(spectrum, n=size, axis=-1).astype(np.float32)


def _samples(duration: float, sample_rate: float, name: str) -> int:
    """Number of samples in a duration; a ValueError where it is not whole and even."""
    size = round(duration * sample_rate)
    if size < 2 or size % 2 or abs(size - duration * sample_rate) > 1e-6:
        raise ValueError(
            f"whitening: {name} = {duration:g} s is not an even number of samples at "
            f"{sample_rate:g} Hz"
        )
    return size
