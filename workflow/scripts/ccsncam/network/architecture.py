"""Sizes of the network of Sasaoka et al. (2023), by arithmetic and without Keras."""

from collections.abc import Sequence

KERNEL, POOL = 3, 2


def count_parameters(
    filters: Sequence[int], dense: Sequence[int], shape: Sequence[int], classes: int
) -> tuple[int, int]:
    """Count the trainable parameters and the features of the network.

    Parameters
    ----------
    filters, dense : list of int
        Channels of each convolution and units of each dense layer, as in the block ``classifier``.
    shape : tuple of int
        Shape of the input: frequency, time, detector.
    classes : int
        Number of classes.

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
    parameters = 0
    for count in filters:
        parameters += (KERNEL**2 * channels + 1) * count
        height, width = ((size - KERNEL + 1) // POOL for size in (height, width))
        channels = count
    if height < 1 or width < 1:
        raise ValueError(
            f"config, spectrogram: an input of {tuple(shape)} is too small for two convolutions; "
            "take a smaller spectrogram.hop or a larger spectrogram.f_max"
        )
    features = units = height * width * channels
    for count in (*dense, classes):
        parameters += (units + 1) * count
        units = count
    return parameters, features
