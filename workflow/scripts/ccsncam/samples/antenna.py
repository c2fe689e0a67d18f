"""Antenna patterns and light travel times of the detector network, computed with PyCBC."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pycbc.detector import Detector


class Response(NamedTuple):
    """Response of each detector to each source; arrays of shape (n, detector).

    ``plus`` and ``cross`` are the antenna patterns; ``delay`` is the arrival time at the detector
    minus that at the Earth's centre [s].
    """

    plus: np.ndarray
    cross: np.ndarray
    delay: np.ndarray


def response(
    detectors: Sequence[str], ra: np.ndarray, dec: np.ndarray, psi: np.ndarray, gps: np.ndarray
) -> Response:
    """Antenna patterns and delays of the detectors, equation (5) of Sasaoka et al. (2023).

    Parameters
    ----------
    detectors : list of str
        Such as ``["H1", "L1", "V1"]``.
    ra, dec, psi : numpy.ndarray
        Right ascension, declination and polarisation angle [rad], shape (n,).
    gps : numpy.ndarray
        GPS time of arrival at the Earth's centre [s], shape (n,).

    Returns
    -------
    Response
    """
    sites = [Detector(name) for name in detectors]
    patterns = [site.antenna_pattern(ra, dec, psi, gps) for site in sites]
    return Response(
        plus=np.stack([plus for plus, _ in patterns], axis=-1),
        cross=np.stack([cross for _, cross in patterns], axis=-1),
        delay=np.stack([s.time_delay_from_earth_center(ra, dec, gps) for s in sites], axis=-1),
    )
