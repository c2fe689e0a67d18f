"""Names and sizes of the networks, by arithmetic and without Keras.

``paper`` is the network of Sasaoka et al. (2023). In ``late`` and ``late-shared`` each detector has
the convolutions of the paper's network for itself, and only the dense layers see all detectors.
The others normalise their layers over a batch; but for ``strain``, they scale the image of each
detector to its mean power. ``averaged`` takes the mean where the paper's network takes the
maximum of four cells. ``track`` has filters as tall as the image, which follow a signal through all
frequencies. ``residual`` is deeper: two convolutions a block, and a way around them. ``strain`` has
one dimension: its filters run over the whitened strain of all detectors.
"""

from collections.abc import Sequence

KERNEL, POOL = 3, 2
# Share of the frames that a filter of ``track`` spans: the rest is room for the time of a bounce.
SPAN = 0.85
# Fewest and most numbers of ``classifier.filters`` of each network.
NETWORKS = {
    "paper": (2, 2),
    "averaged": (2, 2),
    "track": (1, 1),
    "residual": (2, 5),
    "late": (2, 2),
    "late-shared": (2, 2),
    "strain": (2, 4),
}
# Networks for the representations that are a series in time.
SERIAL = ("strain",)
# Width of their filters, and of what is pooled behind each convolution [samples].
LONG_KERNEL, LONG_POOL = 16, 4
# Networks whose branches of a detector see no other detector before the dense layers.
LATE = ("late", "late-shared")
# Networks with the layers of the paper: they normalise nothing, and take any image.
PLAIN = ("paper", *LATE)
# Numbers that ``scales`` in ``classifier.extra`` adds to the features, for each channel.
SCALES = 2


def layers_of(network: str, filters: Sequence[int]) -> list[str]:
    """Names of the layers before the dense ones, in their order, that a map may explain.

    Parameters
    ----------
    network : str
        One of `NETWORKS`.
    filters : list of int
        Channels of each convolution.
    """
    plain: tuple[str, ...] = ("conv", "pool", "relu")
    count = len(filters)
    normed: tuple[str, ...] = ("conv", "pool", "norm", "relu")
    block: tuple[str, ...] = ("block", "pool")
    kinds: dict[str, Sequence[tuple[str, ...]]] = {
        "averaged": [normed] * count,
        "strain": [normed] * count,
        "track": [("conv", "norm", "relu")] * count,
        "residual": [normed, *[block] * (count - 1)],
    }
    each = kinds.get(network, [plain] * count)
    return [f"{kind}{number}" for number, own in enumerate(each, 1) for kind in own]


def count_parameters(
    filters: Sequence[int],
    dense: Sequence[int],
    shape: Sequence[int],
    classes: int,
    network: str = "paper",
    extra: Sequence[str] = (),
    pairs: int = 0,
) -> tuple[int, int]:
    """Count the trainable parameters and the features of a network.

    Parameters
    ----------
    filters, dense : list of int
        Channels of each convolution and units of each dense layer, as in the block ``classifier``.
    shape : tuple of int
        Shape of an image: frequency, time, detector.
    classes : int
        Number of classes.
    network : str
        One of `NETWORKS`.
    extra : list of str
        Numbers that join the features: ``scales`` of each channel, ``coherence`` of each pair.
    pairs : int
        Pairs of detectors.

    Returns
    -------
    parameters, features : int
        427 378 and 2112 for the paper's network on (94, 31, 3) and ten classes; 428 578 and 2118
        with the scales of the detectors, and 427 978 and 2115 with their coherence.

    Raises
    ------
    ValueError
        If nothing is left of the input after the convolutions.
    """
    height, width, detectors = shape
    # Normalising a channel takes a scale and a shift.
    own = 1 if network in PLAIN else 3
    # Channels that a convolution sees, and in how many branches with weights of their own.
    channels, branches = (1, detectors) if network in LATE else (detectors, 1)
    weights = 1 if network == "late-shared" else branches
    parameters = 0
    for number, count in enumerate(filters, 1):
        kernel = kernel_of(network, (height, width))
        if network == "residual" and number > 1:
            parameters += _of_block(channels, count)
            kernel = (1, 1)
        else:
            parameters += weights * (kernel[0] * kernel[1] * channels + own) * count
        sizes = zip((height, width), kernel, pool_of(network), strict=True)
        height, width = ((size - of + 1) // pool for size, of, pool in sizes)
        channels = count
    if height < 1 or width < 1:
        more = "smaller spectrogram.hop or a larger spectrogram.f_max"
        advice = "give classifier.filters fewer numbers" if network in SERIAL else f"take a {more}"
        raise ValueError(
            f"config, spectrogram: an input of {tuple(shape)} is too small for the convolutions; "
            f"{advice}"
        )
    added = SCALES * detectors * ("scales" in extra) + pairs * ("coherence" in extra)
    features = units = height * width * channels * branches + added
    for count in dense:
        parameters += (units + own) * count
        units = count
    return parameters + (units + 1) * classes, features


def _of_block(channels: int, count: int) -> int:
    """Count the parameters of a block of ``residual`` from a number of channels to another."""
    around = 0 if channels == count else (channels + 1) * count
    inner = KERNEL * KERNEL
    return (inner * channels + 3) * count + (inner * count + 3) * count + around


def kernel_of(network: str, size: Sequence[int]) -> tuple[int, int]:
    """Give height and width of the filters for an image of a height and a width."""
    height, width = size
    if network in SERIAL:
        return 1, LONG_KERNEL
    return (height, round(SPAN * width)) if network == "track" else (KERNEL, KERNEL)


def pool_of(network: str) -> tuple[int, int]:
    """Give height and width of what is pooled behind a convolution; (1, 1) if nothing is."""
    if network in SERIAL:
        return 1, LONG_POOL
    return (1, 1) if network == "track" else (POOL, POOL)
