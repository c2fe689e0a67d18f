"""Names of the representations, and what each asks of its settings.

Snakemake reads this module at its start, so it computes no spectrum.
"""

# Channels that each representation gives for a detector.
CHANNELS = {
    "stft": 1,
    "multiresolution": 3,
    "constant-q": 1,
    "wdm": 1,
    "reassigned": 1,
    "strain": 1,
    "hilbert-huang": 1,
}
# Representations that are no picture but a series in time. Figures show the paper's spectrogram.
SERIAL = ("strain",)
# Representations that take long, and how many samples of three detectors one core transforms in a
# second. Only images that are kept in files are made with them; see `affordable`.
COSTLY = {"hilbert-huang": 5.0}
# Representations whose frames follow each other through a stretch of any length, so that windows
# can be cut from the spectrogram of the stretch. The others know the ends of their second, and are
# taken from each window by itself.
SLIDING = ("stft",)


def check(kind: str, window: int, hop: int, sample_rate: int) -> None:
    """Check that a representation fits to its settings.

    Parameters
    ----------
    kind : str
        One of `CHANNELS`.
    window, hop : int
        [samples].
    sample_rate : int
        [Hz].

    Raises
    ------
    ValueError
        In one line, if frames of half a window do not tile a second, as all kinds but ``stft``
        need.
    """
    if kind == "stft":
        return
    if 2 * hop != window or sample_rate % window or window % 4:
        raise ValueError(
            f"config, spectrogram.kind: {kind} needs a spectrogram.window that is a multiple of 4 "
            f"and divides signal.sample_rate ({sample_rate}), and half of it as spectrogram.hop, "
            f"but they are {window} and {hop}; set them to 256 and 128, or take kind stft"
        )


def possible(window: int, hop: int, sample_rate: int) -> list[str]:
    """Names of the pictures that `check` accepts with these settings, but costly ones."""
    found = []
    for kind in CHANNELS:
        if kind in SERIAL or kind in COSTLY:
            continue
        try:
            check(kind, window, hop, sample_rate)
        except ValueError:
            continue
        found.append(kind)
    return found


def affordable(kind: str, where: str, instead: str) -> None:
    """Refuse what would transform millions of windows in a costly representation.

    Parameters
    ----------
    kind : str
        One of `CHANNELS`.
    where : str
        What asks for it.
    instead : str
        What to do.

    Raises
    ------
    ValueError
        In one line, if the kind is one of `COSTLY`.
    """
    if kind in COSTLY:
        raise ValueError(
            f"{where}: not with spectrogram.kind {kind}, of which a core transforms "
            f"{COSTLY[kind]:g} samples a second, so that this would take days: {instead}"
        )
