"""Make the noise file of one split and detector: get strain, whiten it, and write it."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ccsncam import resources
from ccsncam.aliases import PathLike, Progress, silent
from ccsncam.config.blocks import Band
from ccsncam.config.noise import NoiseSource, Whitening
from ccsncam.noise import whitening
from ccsncam.noise.glitches import GlitchPopulation, read_glitches
from ccsncam.noise.psd import Spectrum, read_lines
from ccsncam.noise.reasons import GWOSC_F_MAX, KEPT, kept_stretches, reason_seconds
from ccsncam.noise.selection import NoPiece, read_files, scan_files
from ccsncam.noise.simulation import simulate, simulated_starts
from ccsncam.noise.store import NoiseFacts, Pieces, write_noise
from ccsncam.noise.strain_file import open_files

logger = logging.getLogger(__name__)

# Pieces that are in memory at a time.
BATCH = 16


@dataclass(frozen=True)
class NoiseRequest:
    """Which noise is to be made.

    Attributes
    ----------
    seed : int
        Seed of the run.
    split, detector : str
    noise : NoiseSource
    whitening : Whitening
    band : Band
    """

    seed: int
    split: str
    detector: str
    noise: NoiseSource
    whitening: Whitening
    band: Band


@dataclass(frozen=True)
class _Source:
    """Pieces of strain before whitening, in batches, and what is known of them."""

    count: int
    batches: Iterable[tuple[np.ndarray, np.ndarray, pd.DataFrame | None]]
    stretches: pd.DataFrame
    quality: str
    description: str


def make_noise(
    path: PathLike,
    files: Sequence[PathLike],
    request: NoiseRequest,
    progress: Progress = silent,
) -> None:
    """Make a noise file: simulate strain or cut it from files, and whiten it.

    Each piece is whitened with its own PSD. The same request and files give the same bytes.

    Parameters
    ----------
    path : path
        The noise file.
    files : list of path
        Files of strain, from `ccsncam.noise.folder.files_for`; not read for simulated noise.
    request : NoiseRequest
    progress : Progress
        Shows how many batches are done.

    Raises
    ------
    ValueError
        In one line, if pieces are too short for the whitening, if the strain is too short for a
        piece, or if `simulate` or `scan_files` raises an error.
    """
    noise, block, band = request.noise, request.whitening, request.band
    duration = noise.segment_duration
    if duration < block.shortest_piece:
        raise ValueError(f"noise.segment_duration: {duration:g} s is too short: {block.pieces}")
    source = _simulated(request) if noise.source == "simulated" else _cut(request, files)
    facts = NoiseFacts(
        detector=request.detector,
        split=request.split,
        source=noise.source,
        description=source.description,
        quality=source.quality,
        sample_rate=float(band.sample_rate),
        delta_f=1 / block.psd_duration,
        estimation_bias=whitening.estimation_bias(
            round(duration * band.sample_rate),
            band.sample_rate,
            block.psd_duration,
            block.filter_duration,
        ),
        corrupted=block.filter_duration / 2,
        live_time=float(source.count * duration),
    )
    label = f"{request.split} noise of {request.detector}"
    batches = progress(source.batches, -(-source.count // BATCH), label, "batches")
    pieces = _whitened(batches, request, facts.estimation_bias)
    write_noise(path, facts, source.count, pieces, source.stretches)
    logger.info(
        "%s, %s: %d pieces of %g s", request.split, request.detector, source.count, duration
    )


def _whitened(batches: Iterable, request: NoiseRequest, bias: float) -> Iterator[Pieces]:
    """Whiten batches of strain, each piece with its own PSD times the bias of its estimate."""
    rate, block, band = request.band.sample_rate, request.whitening, request.band
    delta_f = 1 / block.psd_duration
    for gps_start, strain, glitches in batches:
        psd = whitening.welch_psd(strain, rate, block.psd_duration)
        fir = whitening.whitening_fir(
            bias * psd, delta_f, rate, block.filter_duration, band.f_min, band.upper_edge
        )
        yield Pieces(
            gps_start=gps_start,
            strain=strain,
            whitened=whitening.whiten(strain, fir),
            psd=whitening.fir_psd(fir, delta_f, rate),
            whitening=whitening.fir_response(fir, 2 * (psd.shape[-1] - 1)),
            welch_psd=psd,
            glitches=glitches,
        )


def _simulated(request: NoiseRequest) -> _Source:
    """Simulate the strain of a request."""
    noise, band = request.noise, request.band
    simulation, duration = noise.simulation, noise.segment_duration
    assert simulation is not None
    starts = simulated_starts(noise.ranges, simulation.live_time, duration)
    lines = read_lines(resources.path("spectral_lines.tsv"), request.detector)
    spectrum = Spectrum(simulation.psd, lines if simulation.lines else None)
    population = GlitchPopulation(
        rate=simulation.glitches,
        kinds=simulation.glitch_kinds,
        parameters=read_glitches(resources.path("glitches.tsv")),
        snr=simulation.glitch_snr,
        band=(band.f_min, band.f_max),
    )

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray, pd.DataFrame]]:
        for first in range(0, len(starts), BATCH):
            begin = starts[first : first + BATCH]
            strain, glitches = simulate(
                request.seed,
                request.detector,
                begin,
                duration,
                band.sample_rate,
                spectrum.psd,
                population,
                Spectrum(simulation.psd).psd,
            )
            yield begin, strain, glitches

    return _Source(
        count=len(starts),
        batches=batches(),
        stretches=kept_stretches(starts, duration),
        quality="simulated",
        description=f"simulated noise ({simulation.psd})",
    )


def _cut(request: NoiseRequest, files: Sequence[PathLike]) -> _Source:
    """Cut the strain of a request from files."""
    noise, band, detector = request.noise, request.band, request.detector
    duration, access = noise.segment_duration, noise.files
    assert access is not None
    try:
        selection = scan_files(
            open_files(files, detector, band.sample_rate, access),
            noise.ranges,
            duration,
            access.quality,
            access.injections,
            noise.leave_out,
        )
    except NoPiece as error:
        raise ValueError(_what_to_do(error, duration, request.whitening)) from None
    _warn_of_loss(selection.stretches, request)
    if band.sample_rate == 4096 and band.f_max > GWOSC_F_MAX:
        logger.warning(
            "signal.f_max = %g Hz: above %g Hz the anti-alias filter of 4096-Hz GWOSC strain "
            "removes the noise, so SNRs come out too high: set signal.f_max below it",
            band.f_max,
            GWOSC_F_MAX,
        )
    pieces = read_files(selection, duration, BATCH)
    return _Source(
        count=len(selection.gps_start),
        batches=((begin, strain, None) for begin, strain in pieces),
        stretches=selection.stretches,
        quality=selection.quality,
        description={"files": "strain cut from files", "gwosc": "strain of GWOSC"}[noise.source],
    )


def _what_to_do(error: NoPiece, duration: float, block: Whitening) -> str:
    """Say why ranges have no piece, and what can be done about it."""
    longest = error.end - error.start
    if longest >= duration:
        advice = f"begin the range at GPS {error.start:.15g}"
    elif longest >= block.shortest_piece:
        advice = f"set noise.segment_duration to at most {longest:g}"
    elif longest >= replace(block, psd_duration=2).shortest_piece:
        advice = f"{block.pieces}: set whitening.psd_duration to 2 and noise.segment_duration to "
        advice += f"{longest:g}, or take longer files"
    else:
        advice = f"{block.pieces}: take other ranges or longer files"
    return f"{error}: {advice}"


def _warn_of_loss(stretches: pd.DataFrame, request: NoiseRequest) -> None:
    """Warn if less than half of the GPS ranges is kept, and say what became of the rest."""
    lost = dict(reason_seconds(stretches).to_numpy())
    total, kept = sum(lost.values()), lost.pop(KEPT, 0)
    if kept < total / 2:
        logger.warning(
            "%s, %s: %g of %g s of noise.ranges are kept; the rest: %s",
            request.split,
            request.detector,
            kept,
            total,
            ", ".join(f"{seconds:g} s {reason}" for reason, seconds in lost.items()),
        )
