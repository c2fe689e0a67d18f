"""Random numbers: each is a function of (run seed, data set, class, index)."""

import hashlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Make the random generator that belongs to some names in the run with this seed.

    Parameters
    ----------
    seed : int
        Seed of the run.
    *names : str or int
        What the numbers are for, such as ``("test-1kpc", "m39")``.

    Returns
    -------
    numpy.random.Generator
        On PCG64; its stream depends on the seed and the names, and on nothing else.
    """
    digest = hashlib.sha256("\0".join(map(str, names)).encode()).digest()
    words = np.frombuffer(digest, dtype="<u4").tolist()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))


def uniforms(seed: int, dataset: str, name: str, first: int, count: int, width: int) -> np.ndarray:
    """Draw uniform random numbers for the samples ``first`` … ``first + count - 1`` of a class.

    A sample owns ``width`` numbers of its class's stream, so a row does not depend on how the
    samples are cut into batches or jobs.

    Parameters
    ----------
    seed : int
        Seed of the run.
    dataset, name : str
        Data set and class.
    first, count : int
        Index of the first sample, and the number of samples.
    width : int
        Numbers per sample.

    Returns
    -------
    numpy.ndarray
        Shape (count, width), in [0, 1).
    """
    stream = generator(seed, dataset, name)
    # Generator.random takes exactly one 64-bit word of PCG64 for one double.
    stream.bit_generator.advance(first * width)  # type: ignore[attr-defined]
    return stream.random((count, width))
