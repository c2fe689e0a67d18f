"""Page of a scan, and a page of each of its loudest candidates."""

from pathlib import Path
from typing import Any

from ccsncam import joblog, resources
from ccsncam.detection import far
from ccsncam.detection.store import Background
from ccsncam.moment.store import MomentResult
from ccsncam.noise.events import read_events
from ccsncam.origin import run_name
from ccsncam.plots import style
from ccsncam.plots.moment import picture as moment_picture
from ccsncam.plots.moment_page import page as moment_page
from ccsncam.plots.scan import picture
from ccsncam.plots.scan_page import ScanWords, page
from ccsncam.samples.dataset import DataSet
from ccsncam.scan.rating import DAY, event_table, live_time
from ccsncam.scan.store import ScanPart, read_candidates


def main(job: Any) -> None:
    """Run the rule ``plot_scan``."""
    joblog.start(job.log[0], job.rule)
    candidates = read_candidates(job.input.candidates)
    run, origin = run_name(job.config), DataSet.open(job.input.dataset).origin
    folder = Path(job.output.pages)
    folder.mkdir()
    names = [
        _candidate_page(path, folder, run) for path in sorted(Path(job.input.answers).glob("*.h5"))
    ]
    parts = [ScanPart.read(path) for path in job.input.parts]
    span = float(job.params.start), float(job.params.end)
    events = event_table(parts, read_events(resources.path("events.tsv")))
    thresholds, rated = {}, "There is no background, so candidates are not rated."
    if job.input.get("background"):
        background = Background.read(job.input.background, "test")
        thresholds = _thresholds(background, job.params.rates)
        rated = (
            f"Candidates are rated by {background.live_time / DAY:.3g} days of background "
            f"({', '.join(background.detectors)}, {background.slides} time slides)."
        )
    figure = picture(parts, span, candidates, events, thresholds)
    style.save(figure, {"png": job.output.png}, run, f"network trained on {origin.words}")
    words = ScanWords(
        span=span,
        run=run,
        trained=origin.words,
        background=rated,
        step=parts[0].step,
        piece=job.params.piece,
        cluster=job.params.cluster,
        lowest=job.params.lowest,
    )
    tables = {"candidates": candidates, "events": events}
    png = Path(job.output.png).read_bytes()
    text = page(words, png, tables, live_time(parts), names, f"{folder.parent.name}/{folder.name}")
    Path(job.output.html).write_text(text, encoding="utf-8")


def _candidate_page(path: Path, folder: Path, run: str) -> str:
    """Draw and write the page of a candidate; returns its name."""
    found = MomentResult.read(path)
    name = path.stem
    png = folder / f"{name}.png"
    words = f"network trained on {found.origin.words}; {found.words}"
    style.save(moment_picture(found), {"png": png}, run, words)
    text = moment_page(found, png.read_bytes())
    Path(folder, f"{name}.html").write_text(text, encoding="utf-8")
    return name


def _thresholds(background: Background, rates: dict[str, float]) -> dict[str, float]:
    """Statistic of each false-alarm rate that the background reaches."""
    found = {name: far.threshold(background, 1 / time) for name, time in rates.items()}
    return {name: one.value for name, one in found.items() if one.reached}


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
