"""A waveform in every direction: the second derivative of its quadrupole moment.

This module owns the format of ``waveforms/<model>.h5``.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from ccsncam.aliases import PathLike
from ccsncam.hdf5 import created, opened

KPC_IN_CM = 3.0856775814913673e21
LIGHT_CM_PER_S = 2.99792458e10
NEWTON_CGS = 6.6743e-8

COMPONENTS = ("xx", "yy", "xy", "xz", "yz")
_ATTRIBUTES = ("name", "class_name", "sample_rate", "start", "source", "reference", "residual")


@dataclass
class Waveform:
    """A supernova's gravitational waves in every direction.

    Attributes
    ----------
    name : str
    quadrupole : numpy.ndarray
        (G/c⁴) Q̈_ij, trace-free, in cm: distance times strain. Shape (3, 3, n).
    sample_rate : float
        Hz.
    start : float
        Time of the first sample after bounce [s].
    source : str
        "surrogate" or "numerical".
    reference : str
    residual : float
        Residual of the fit to a trace-free tensor, or of components that a file holds twice, as a
        share of the signal. NaN where the format leaves no residual.
    modes : dict of str to numpy.ndarray
        Parts of the quadrupole, each (3, 3, n), where they are known. Those of a surrogate add up
        to it, those along tracks to less.
    class_name : str
        The class that the waveform belongs to. It is the waveform's own name unless the table
        names a class.
    one_direction : bool
        True where only one direction is known. The quadrupole then gives what is seen from there to
        an observer at θ = φ = 0, and has no meaning in other directions.
    """

    name: str
    quadrupole: np.ndarray
    sample_rate: float
    start: float
    source: str
    reference: str
    residual: float
    modes: dict[str, np.ndarray] = field(default_factory=dict)
    class_name: str = ""
    one_direction: bool = False

    def __post_init__(self) -> None:
        """Give a waveform without a class its own name as its class."""
        self.class_name = self.class_name or self.name

    def write(self, path: PathLike) -> None:
        """Write to an HDF5 file, which `read` reads.

        The file has ``quadrupole`` (3, 3, n) and ``modes/<mode>`` (3, 3, n) in cm, and the other
        attributes of the class as attributes.
        """
        with created(path) as file:
            file["quadrupole"] = self.quadrupole
            for mode, part in self.modes.items():
                file[f"modes/{mode}"] = part
            for key in _ATTRIBUTES:
                file.attrs[key] = getattr(self, key)
            file.attrs["units"] = "cm"
            if self.one_direction:
                file.attrs["one_direction"] = True

    @classmethod
    def read(cls, path: PathLike) -> Self:
        """Read a file that `write` has made."""
        with opened(path) as file:
            return cls(
                quadrupole=file["quadrupole"][:],
                modes={mode: part[:] for mode, part in file.get("modes", {}).items()},
                **{key: file.attrs[key] for key in _ATTRIBUTES},
                one_direction=bool(file.attrs.get("one_direction", False)),
            )


def components(quadrupole: np.ndarray) -> np.ndarray:
    """Take the five independent components xx, yy, xy, xz, yz of a trace-free tensor.

    Parameters
    ----------
    quadrupole : numpy.ndarray
        Shape (3, 3, ...).

    Returns
    -------
    numpy.ndarray
        Shape (5, ...).
    """
    places = [("xyz".index(pair[0]), "xyz".index(pair[1])) for pair in COMPONENTS]
    return np.stack([quadrupole[place] for place in places])


def tensor(five: np.ndarray) -> np.ndarray:
    """Make the trace-free tensor with these components; the inverse of `components`.

    Parameters
    ----------
    five : numpy.ndarray
        xx, yy, xy, xz, yz, shape (5, ...).

    Returns
    -------
    numpy.ndarray
        Shape (3, 3, ...).
    """
    xx, yy, xy, xz, yz = five
    return np.stack([np.stack([xx, xy, xz]), np.stack([xy, yy, yz]), np.stack([xz, yz, -xx - yy])])


def polarisation_weights(theta: ArrayLike, phi: ArrayLike) -> np.ndarray:
    """Give the linear map from the five components of the quadrupole to D h₊ and D h×.

    D h₊ = A_θθ - A_φφ and D h× = 2 A_θφ, with A = (G/c⁴) Q̈ and the unit vectors e_θ, e_φ of the
    direction of the observer (Misner, Thorne & Wheeler 1973, chapter 36).

    Parameters
    ----------
    theta, phi : array_like
        Polar angle and azimuth of the observer in the frame of the source [rad].

    Returns
    -------
    numpy.ndarray
        Shape (..., 2, 5): plus and cross; xx, yy, xy, xz, yz. zz is replaced by -xx - yy.
    """
    theta, phi = np.broadcast_arrays(np.asarray(theta, float), np.asarray(phi, float))
    sin, cos = np.sin(theta), np.cos(theta)
    sin2phi = np.sin(2 * phi)
    plus = [
        np.cos(phi) ** 2 * cos**2 - sin**2 - np.sin(phi) ** 2,
        np.sin(phi) ** 2 * cos**2 - sin**2 - np.cos(phi) ** 2,
        sin2phi * (1 + cos**2),
        -2 * sin * cos * np.cos(phi),
        -2 * sin * cos * np.sin(phi),
    ]
    cross = [
        -cos * sin2phi,
        cos * sin2phi,
        2 * cos * np.cos(2 * phi),
        2 * sin * np.sin(phi),
        -2 * sin * np.cos(phi),
    ]
    return np.stack([np.stack(plus, axis=-1), np.stack(cross, axis=-1)], axis=-2)


def polarisations(
    quadrupole: np.ndarray, theta: ArrayLike, phi: ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """Give D h₊ and D h× as an observer sees them.

    Parameters
    ----------
    quadrupole : numpy.ndarray
        (G/c⁴) Q̈ in cm, trace-free, shape (3, 3, n).
    theta, phi : array_like
        Direction of the observer in the frame of the source [rad], shape (...).

    Returns
    -------
    h_plus, h_cross : numpy.ndarray
        In cm, shape (..., n).
    """
    both = polarisation_weights(theta, phi) @ components(quadrupole)
    return both[..., 0, :], both[..., 1, :]


def energy(quadrupole: np.ndarray, sample_rate: float) -> float:
    """Give the energy that is radiated in gravitational waves, up to the Nyquist frequency.

    E = (c³/5G) ∫ Ȧ_ij Ȧ_ij dt with A = (G/c⁴) Q̈ (Misner, Thorne & Wheeler 1973, equation 36.1),
    integrated over frequencies, where the derivative is exact.

    Parameters
    ----------
    quadrupole : numpy.ndarray
        (G/c⁴) Q̈ in cm, trace-free, tapered at both ends, shape (3, 3, n).
    sample_rate : float
        Hz.

    Returns
    -------
    float
        [erg].
    """
    size = 2 * quadrupole.shape[-1]
    frequency = np.fft.rfftfreq(size, 1 / sample_rate)
    spectrum = np.fft.rfft(quadrupole, size) / sample_rate
    power = (2 * np.pi * frequency) ** 2 * np.sum(np.abs(spectrum) ** 2, axis=(0, 1))
    return LIGHT_CM_PER_S**3 / (5 * NEWTON_CGS) * 2 * np.sum(power) * sample_rate / size


def energy_peak(quadrupole: np.ndarray, sample_rate: float, width: float = 50.0) -> float:
    """Find the frequency at which most energy is radiated.

    Parameters
    ----------
    quadrupole : numpy.ndarray
        As for `energy`.
    sample_rate : float
        Hz.
    width : float
        The energy spectrum dE/df is averaged over windows of this width [Hz].

    Returns
    -------
    float
        [Hz].
    """
    size = quadrupole.shape[-1]
    frequency = np.fft.rfftfreq(size, 1 / sample_rate)
    power = frequency**2 * np.sum(np.abs(np.fft.rfft(quadrupole)) ** 2, axis=(0, 1))
    bins = max(1, round(width / frequency[1]))
    return float(frequency[np.convolve(power, np.ones(bins), "same").argmax()])
