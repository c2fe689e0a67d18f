"""What sharing saved in a study, from its table of costs.

Call it in the folder of a finished study, as ``python tools/study_cost.py study``. The times are
those of Snakemake's benchmark files: they sum the running time of all jobs, whatever ran side by
side. A variant's own run is not made for this; its cost is that of its own jobs and of those that
it shares.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

sys.path.append(str(Path(__file__).parents[1] / "workflow/scripts"))

from ccsncam.results import study_costs


def lines(table: pd.DataFrame) -> list[str]:
    """Say what the study cost, what its runs would, and whether sharing kept its promise.

    Parameters
    ----------
    table : pandas.DataFrame
        From `ccsncam.results.study_costs.costs`.

    Raises
    ------
    ValueError
        In one line, if a step has no benchmark file, so that its cost is not known.
    """
    unknown = table[table["seconds"].isna()]
    if len(unknown):
        row = unknown.iloc[0]
        raise ValueError(
            f"{row['step']} of {row['variant']}: it has no benchmark file, so the cost of the "
            "study is not known: make that file again, and then the table"
        )
    sums, count = study_costs.totals(table), table["variant"].nunique()
    return [
        f"study of {count} variants: {sums['study']:.0f} s",
        f"{count} single runs: {sums['runs']:.0f} s, of which all share {sums['common']:.0f} s",
        f"{count} single runs less {count - 1} times what all share: {sums['bound']:.0f} s",
        f"saved: {sums['runs'] - sums['study']:.0f} s "
        f"({100 * (1 - sums['study'] / sums['runs']):.0f} % of the single runs)",
    ]


def main() -> None:
    """Print what sharing saved."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("study", help="name of the study")
    parser.add_argument("--folder", default=".", type=Path)
    given = parser.parse_args()
    path = given.folder / f"results/{given.study}/tables/study_cost.csv"
    if not path.is_file():
        parser.exit(1, f"{path}: there is no such table: make the study first\n")
    table = pd.read_csv(path)
    try:
        print("\n".join(lines(table)))
    except ValueError as error:
        parser.exit(1, f"{error}\n")
    steps = table.assign(once=table["seconds"] / table["variants"]).groupby("step", sort=False)
    print(steps[["once", "seconds"]].sum().round(1).rename(columns={"seconds": "single runs"}))


if __name__ == "__main__":
    main()
