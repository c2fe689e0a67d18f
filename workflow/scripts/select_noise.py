"""Noise of one detector for one split: simulated, or cut from files; with its PSDs, whitened."""

import logging
from pathlib import Path

from ccsncam import joblog, resources, strain, whitening

# Pieces in memory at a time.
BATCH = 16


def main(job):
    """Run the rule ``select_noise``."""
    log = joblog.start(job.log[0], job.rule)
    detector, split = job.params["detector"], job.params["split"]
    noise, signal = job.params["noise"], job.params["signal"]
    rate, duration = signal["sample_rate"], noise["segment_duration"]
    source = noise["source"]
    if source == "simulated":
        count, batches, selection, quality = _simulated(job, detector, split, noise, signal)
        description = f"simulated noise ({noise['simulated']['psd'][detector]})"
    else:
        count, batches, selection, quality = _files(job, detector, split, noise, rate)
        description = {"files": "strain cut from files", "gwosc": "strain of GWOSC"}[source]
        if rate == 4096 and signal["f_max"] > strain.GWOSC_F_MAX:
            log.warning(
                "signal.f_max = %g Hz: above %g Hz the anti-alias filter of 4096-Hz GWOSC strain "
                "takes the noise away, and SNRs come out too high: set signal.f_max below it",
                signal["f_max"],
                strain.GWOSC_F_MAX,
            )
    steps = -(-count // BATCH)
    strain.write_noise(
        job.output[0],
        joblog.progress(batches, steps, f"{split} noise of {detector}", "batches"),
        count,
        detector=detector,
        split=split,
        source=source,
        sample_rate=rate,
        segment_duration=duration,
        f_min=signal["f_min"],
        f_max=whitening.upper_edge(signal),
        selection=selection,
        quality=quality,
        description=description,
        **job.params["whitening"],
    )
    log.info("%s, %s: %d pieces of %g s", split, detector, count, duration)


def _simulated(job, detector, split, noise, signal):
    """Number of blocks, iterator over them, stretches of time, and what is said of quality."""
    settings, duration = noise["simulated"], noise["segment_duration"]
    live_time = _of(settings["live_time"][split], detector, f"live_time.{split}")
    starts = strain.simulated_starts(noise["ranges"][split], live_time, duration)
    lines = (
        strain.read_lines(resources.path("spectral_lines.tsv"), detector)
        if settings["lines"]
        else None
    )
    parameters = strain.read_glitches(resources.path("glitches.tsv"))

    def batches():
        for first in range(0, len(starts), BATCH):
            begin = starts[first : first + BATCH]
            data, glitches = strain.simulate(
                job.params["seed"],
                detector,
                begin,
                duration,
                signal["sample_rate"],
                _of(settings["psd"], detector, "psd"),
                lines=lines,
                rate=_of(settings["glitches"], detector, "glitches"),
                kinds=settings["glitch_kinds"],
                parameters=parameters,
                snr=settings["glitch_snr"],
                band=(signal["f_min"], signal["f_max"]),
            )
            yield begin, data, glitches

    return len(starts), batches(), strain.kept_stretches(starts, duration), "simulated"


def _of(block, detector, name):
    """Entry of a detector in a block of ``noise.simulated``."""
    if detector not in block:
        raise ValueError(f"noise.simulated.{name}: there is no entry for {detector}: add one")
    return block[detector]


def _files(job, detector, split, noise, rate):
    """Number of pieces, iterator over them, stretches of time, and what is said of quality."""
    settings = noise["files"]
    selection = strain.scan_files(
        [Path(path) for path in job.input["files"]],
        detector,
        noise["ranges"][split],
        segment_duration=noise["segment_duration"],
        sample_rate=rate,
        exclude=noise["exclude"],
        events=noise["events"],
        channel=settings["channel"],
        quality=settings["quality"],
        injections=settings["injections"],
        plain=settings["plain"],
    )
    lost = dict(strain.reason_seconds(selection.stretches).to_numpy())
    total, kept = sum(lost.values()), lost.get(strain.KEPT, 0)
    if kept < total / 2:
        logging.getLogger(__name__).warning(
            "%s, %s: %g of %g s of noise.ranges are kept; the rest: %s",
            *(split, detector, kept, total),
            ", ".join(
                f"{seconds:g} s {why}" for why, seconds in lost.items() if why != strain.KEPT
            ),
        )
    pieces = strain.read_files(selection, noise["segment_duration"], rate, BATCH)
    batches = ((begin, data, None) for begin, data in pieces)
    return len(selection.gps_start), batches, selection.stretches, selection.quality


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
