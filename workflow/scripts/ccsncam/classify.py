"""What the network says of a moment of strain: probabilities over time, and where it looks.

Strain is whitened and cut as for the data sets: a piece around the moment with its own PSD, then
windows of 1 s, one spectrogram each. As there, the PSD does not see the signal: Welch's windows
leave out what a signal at the moment lies in.
"""

import logging
from dataclasses import dataclass

import numpy as np
import scipy.special

from ccsncam import saliency, seeds, spectrogram, strain, whitening

log = logging.getLogger(__name__)

# Where the moment lies in the window that is centred on it [s]: of training samples the bounce
# lies at 0 to 0.15 s.
MOMENT = 0.05
# Time before and after the moment that the PSD does not see [s]: a sample is 1 s long.
ASIDE = (0.1, 1.1)
# Windows beside it that a PSD needs; of fewer, the median says little.
FEWEST = 4
# What is written of `Heard` beside the strain.
SAID = ("psd_seconds", "aside", "quality")


class NoStrain(ValueError):
    """A detector has no strain to look at around a moment; why, in one line."""


@dataclass(frozen=True)
class Heard:
    """What a detector has around a moment.

    Attributes
    ----------
    whitened : array (n,), float32, or None
        ``classify.span`` seconds with the moment in the middle; None without strain.
    psd_seconds : int
        Seconds of strain behind the PSD; 0 without strain.
    aside : bool
        Whether the PSD leaves the moment out; strain that is too short for that damps a loud
        signal.
    quality : str
        What the masks say of the span, or why there is no strain.
    """

    whitened: np.ndarray | None
    psd_seconds: int
    aside: bool
    quality: str


def hear(files, gps, settings):
    """Whitened strain of all detectors around a moment.

    Parameters
    ----------
    files : dict of list of path
        By detector; one without files has no strain.
    gps : float
        [s].
    settings : dict
        As in `read_whitened`; also ``detectors``, and ``channel``, ``plain``, ``quality`` and
        ``injections`` as in `strain.scan_files`.

    Returns
    -------
    dict of Heard
        By detector. One whose strain has a gap in the span, or is too short, has none.

    Raises
    ------
    ValueError
        When no detector has strain; it says why of each. Or a file cannot be used.
    """
    found, half = {}, settings["classify"]["span"] / 2
    access = settings["signal"]["sample_rate"], settings["channel"], settings["plain"]
    for detector in settings["detectors"]:
        own = list(strain.open_files(files.get(detector, []), detector, *access))
        try:
            whitened, seconds, aside = read_whitened(own, detector, gps, settings)
        except NoStrain as error:
            found[detector] = Heard(None, 0, False, str(error))
            continue
        asked = settings["quality"], settings["injections"]
        quality = strain.stretch_quality(own, gps - half, gps + half, *asked)
        found[detector] = Heard(whitened, seconds, aside, quality)
        log.info("%s: PSD of %d s; quality: %s", detector, seconds, quality)
        if not aside:
            log.warning("%s: the PSD sees the moment, and damps a loud signal", detector)
        if seconds < settings["segment_duration"]:
            log.warning(
                "%s: the PSD is of %d s, in training of %d s (noise.segment_duration)",
                *(detector, seconds, settings["segment_duration"]),
            )
    if all(heard.whitened is None for heard in found.values()):
        reasons = "; ".join(heard.quality for heard in found.values())
        raise ValueError(
            f"classify: no detector has strain: {reasons}: take another moment, or a shorter "
            "classify.span"
        )
    return found


def read_whitened(files, detector, gps, settings):
    """Whitened strain of one detector around a moment.

    The PSD is that of the piece of ``noise.segment_duration`` around the moment, or of what gaps
    and the ends of files leave of it, in whole seconds, less the time of `ASIDE`. Where `FEWEST`
    windows do not fit beside that, it is of the whole piece.

    Parameters
    ----------
    files : list of _StrainFile
        Strain around the moment, from `strain.open_files`; may be empty.
    detector : str
    gps : float
        [s].
    settings : dict
        The config's blocks ``classify``, ``whitening`` and ``signal``; ``segment_duration`` [s].

    Returns
    -------
    whitened : array (n,), float32
        ``classify.span`` seconds with the moment in the middle.
    psd_seconds : int
        Length of the piece.
    aside : bool
        Whether the PSD leaves the moment out.

    Raises
    ------
    NoStrain
        The span is missing or a part of it, or too little is left for a PSD.
    """
    signal, block, span = settings["signal"], settings["whitening"], settings["classify"]["span"]
    rate, longest = signal["sample_rate"], settings["segment_duration"]
    data = strain.read_stretch(files, gps - longest, 2 * longest, rate)
    finite, middle = np.isfinite(data), longest * rate
    half, edge = round(span * rate / 2), round(block["filter_duration"] * rate / 2)
    if not finite[middle - half : middle + half].any():
        raise NoStrain(f"{detector}: no strain at GPS {gps:.15g}")
    low, high = middle - half - edge, middle + half + edge
    if not finite[low:high].all():
        bad = np.flatnonzero(~finite[low:high])
        lost = [gps + (low + at - middle) / rate for at in (bad[0], bad[-1] + 1)]
        whole = "" if len(bad) == bad[-1] - bad[0] + 1 else "all of "
        raise NoStrain(
            f"{detector}: no strain (NaN, constant or no file) in {whole}GPS {lost[0]:.3f} to "
            f"{lost[1]:.3f}; the span needs {(low - middle) / rate:+g} to "
            f"{(high - middle) / rate:+g} s around GPS {gps:.15g}"
        )
    gaps = np.concatenate([[-1], np.flatnonzero(~finite), [len(data)]])
    after = np.searchsorted(gaps, middle)
    first, last = gaps[after - 1] + 1, gaps[after]
    seconds = min(longest, (last - first) // rate)
    shortest = max(2 * block["psd_duration"], (high - low) / rate)
    if seconds < shortest:
        raise NoStrain(
            f"{detector}: {(last - first) / rate:g} s of strain around GPS {gps:.15g} without a "
            f"gap, the PSD needs {shortest:g} s (twice whitening.psd_duration, and classify.span)"
        )
    size = seconds * rate
    begin = min(max(middle - size // 2, first), last - size)
    piece = data[begin : begin + size].astype(np.float32)
    fir, aside = _whitening_fir(piece, middle - begin, signal, block)
    white = whitening.whiten(piece, fir)
    return white[middle - half - begin : middle + half - begin], seconds, aside


def _whitening_fir(piece, moment, signal, block):
    """Whitening filter of a piece, and whether its PSD leaves the moment (a sample) out."""
    rate, lengths = signal["sample_rate"], (block["psd_duration"], block["filter_duration"])
    before, after = (round(time * rate) for time in ASIDE)
    beside = whitening.windows_beside(piece, moment - before, moment + after, rate, lengths[0])
    aside = len(beside) >= FEWEST
    if aside:
        psd = whitening.welch_psd(beside.ravel(), rate, lengths[0], overlap=0)
        psd *= whitening.beside_bias(len(beside), rate, *lengths)
    else:
        psd = whitening.welch_psd(piece, rate, lengths[0])
        psd *= whitening.estimation_bias(len(piece), rate, *lengths)
    edges = signal["f_min"], whitening.upper_edge(signal)
    return whitening.whitening_fir(psd, 1 / lengths[0], rate, lengths[1], *edges), aside


def substitute(seed, detector, gps, size, signal):
    """White noise of the pass band in place of a detector without data.

    Parameters
    ----------
    seed : int
        Of the run.
    detector : str
    gps : float
    size : int
        Samples.
    signal : dict
        The config's block ``signal``.

    Returns
    -------
    array (size,), float32
        Gaussian, of the density of whitened noise: unit variance for the whole band.
    """
    stream = seeds.generator(seed, "classify", detector, f"{gps:.15g}")
    frequencies = np.fft.rfftfreq(size, 1 / signal["sample_rate"])
    spectrum = np.fft.rfft(stream.standard_normal(size))
    spectrum *= whitening.band(frequencies, signal["f_min"], whitening.upper_edge(signal))
    return np.fft.irfft(spectrum, size).astype(np.float32)


def window_starts(settings):
    """First samples of the windows of 1 s in the span, a step apart.

    Parameters
    ----------
    settings : dict
        The config's blocks ``classify`` and ``signal``.

    Returns
    -------
    starts : array (window,), int
        Counted from the start of the span.
    moment : int
        Which window has the moment `MOMENT` seconds into it.
    """
    rate, block = settings["signal"]["sample_rate"], settings["classify"]
    half, step = round(block["span"] * rate / 2), block["step"] * rate
    anchor = half - round(MOMENT * rate)
    before, after = int(anchor / step), int((2 * half - rate - anchor) / step)
    steps = np.round(np.arange(-before, after + 1) * step).astype(int)
    return anchor + steps, before


def images(whitened, starts, settings):
    """The network's inputs, as those of a data set.

    Parameters
    ----------
    whitened : list of array (n,) or None
        One a detector; None is black.
    starts : array (window,), int
        First samples of the windows.
    settings : dict
        The config's blocks ``signal`` and ``spectrogram``.

    Returns
    -------
    array (window, frequency, time, detector), float32
        In [0, 1].
    """
    rate, block = settings["signal"]["sample_rate"], settings["spectrogram"]
    there = [number for number, one in enumerate(whitened) if one is not None]
    series = np.stack([whitened[number] for number in there])
    windows = np.lib.stride_tricks.sliding_window_view(series, rate, axis=1)[:, starts]
    seen = spectrogram.magnitude(np.swapaxes(windows, 0, 1), block, rate)
    grid = spectrogram.grid(block, rate)
    shape = (len(starts), len(grid.frequencies), len(grid.times), len(whitened))
    image = np.zeros(shape, np.float32)
    image[..., there] = np.moveaxis(spectrogram.normalise(seen, block), 1, -1)
    return image


def judge(network, image, moment, settings):
    """Probabilities of all windows, and Score-CAM of two of them.

    Parameters
    ----------
    network : ccsncam.saliency.Network
    image : array (window, frequency, time, detector)
        From `images`.
    moment : int
        From `window_starts`.
    settings : dict
        The config's ``saliency`` block.

    Returns
    -------
    probability : array (window, class)
    explained : dict
        ``loudest`` (the window where noise is least probable) and ``moment``: each ``window`` and
        what `saliency.explain` gives, of the most probable signal class.
    """
    values = saliency.logits(network, image)
    # By the odds: many a probability is 1 in double precision.
    loudest = int(saliency.log_odds(values, np.zeros(len(values), int)).argmin())
    explained = {}
    for name, window in (("loudest", loudest), ("moment", moment)):
        label = 1 + int(values[window, 1:].argmax())
        aim = settings | {"target": "label"}
        found = saliency.explain(network, image[[window]], label, aim, ["score-cam"])
        explained[name] = {"window": window, **found}
    return scipy.special.softmax(values, axis=1), explained
