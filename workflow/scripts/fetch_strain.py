"""One file of 4096 s of strain from GWOSC."""

from pathlib import Path

from ccsncam import gwosc, joblog


def main(job):
    """Run the rule ``fetch_strain``."""
    log = joblog.start(job.log[0], job.rule)
    target = Path(job.output[0])
    settings = job.config["noise"]["gwosc"]
    access = {key: settings[key] for key in ("host", "mirror", "proxy", "attempts", "timeout")}
    with joblog.transfer(target.name) as report:
        gwosc.fetch(target, **access, report=report, cache=settings["cache"])
    log.info("%s: %.1f MB", target, target.stat().st_size / 1e6)


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
