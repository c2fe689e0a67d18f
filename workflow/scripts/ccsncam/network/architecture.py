"""Names and sizes of the networks, by arithmetic and without Keras.

``paper`` is the network of Sasaoka et al. (2023). The others are made for faint signals: they scale
the image of each detector to its mean power, and normalise their layers over a batch. ``averaged``
takes the mean where the paper's network takes the maximum of four cells. ``track`` has
filters as tall as the image, which follow a signal through all frequencies.
"""

from collections.abc import Sequence

KERNEL, POOL = 3, 2
# Share of the frames that a filter of ``track`` spans: the rest is room for the time of a bounce.
SPAN = 0.85
# Number of convolutions of each network.
NETWORKS = {"paper": 2, "averaged": 2, "track": 1}


def layers_of(network: str, filters: Sequence[int]) -> list[str]:
    """Names of the layers before the dense ones, in their order, that a map may explain.

    Parameters
    ----------
    network : str
        One of `NETWORKS`.
    filters : list of int
        Channels of each convolution.
    """
    kinds = {
        "paper": ("conv", "pool", "relu"),
        "averaged": ("conv", "pool", "norm", "relu"),
        "track": ("conv", "norm", "relu"),
    }[network]
    return [f"{kind}{number}" for number, _ in enumerate(filters, 1) for kind in kinds]


def count_parameters(
    filters: Sequence[int],
    dense: Sequence[int],
    shape: Sequence[int],
    classes: int,
    network: str = "paper",
) -> tuple[int, int]:
    """Count the trainable parameters and the features of a network.

    Parameters
    ----------
    filters, dense : list of int
        Channels of each convolution and units of each dense layer, as in the block ``classifier``.
    shape : tuple of int
        Shape of the input: frequency, time, detector.
    classes : int
        Number of classes.
    network : str
        One of `NETWORKS`.

    Returns
    -------
    parameters, features : int
        427 378 and 2112 for the paper's network on (94, 31, 3) and ten classes.

    Raises
    ------
    ValueError
        If nothing is left of the input after the convolutions.
    """
    height, width, channels = shape
    # Normalising a channel takes a scale and a shift.
    own = 1 if network == "paper" else 3
    parameters = 0
    for count in filters:
        kernel = kernel_of(network, (height, width))
        parameters += (kernel[0] * kernel[1] * channels + own) * count
        pool = 1 if network == "track" else POOL
        height, width = (
            (size - of + 1) // pool for size, of in zip((height, width), kernel, strict=True)
        )
        channels = count
    if height < 1 or width < 1:
        raise ValueError(
            f"config, spectrogram: an input of {tuple(shape)} is too small for the convolutions; "
            "take a smaller spectrogram.hop or a larger spectrogram.f_max"
        )
    features = units = height * width * channels
    for count in dense:
        parameters += (units + own) * count
        units = count
    return parameters + (units + 1) * classes, features


def kernel_of(network: str, size: Sequence[int]) -> tuple[int, int]:
    """Give height and width of the filters for an image of a height and a width."""
    height, width = size
    return (height, round(SPAN * width)) if network == "track" else (KERNEL, KERNEL)
