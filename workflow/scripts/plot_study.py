"""Figure and page of a study."""

from pathlib import Path
from typing import Any

import pandas as pd

from ccsncam import joblog
from ccsncam.plots import style
from ccsncam.plots.study import study
from ccsncam.plots.study_page import page


def main(job: Any) -> None:
    """Run the rule ``plot_study``."""
    joblog.start(job.log[0], job.rule)
    table, costs = pd.read_csv(job.input.study), pd.read_csv(job.input.costs)
    output = {kind: job.output[kind] for kind in ("pdf", "png")}
    words = "; ".join(dict.fromkeys(table["inputs"]))
    style.save(study(table, costs), output, job.params.study["name"], words)
    place = Path(job.output.html)
    png = Path(job.output.png).read_bytes()
    text = page(job.params.study, png, table, costs, str(place.parent))
    place.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(snakemake)  # noqa: F821
