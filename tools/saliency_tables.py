"""Print the tables of docs/saliency.md and the numbers in its text, from a finished run.

Call it as ``python tools/saliency_tables.py results/embedded``.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

DISTANCE = 1
BOTH = "g-mode and SASI"


def cells(*values: object) -> str:
    """A row of a table in Markdown."""
    return f"| {' | '.join(map(str, values))} |"


def head(*names: str) -> str:
    """The head of a table in Markdown."""
    return "\n".join([cells(*names), "|" + "---|" * len(names)])


def table1(table: pd.DataFrame) -> Iterator[str]:
    """Average drop and increase, beside those of the paper."""
    variants = ["as configured", "after the ReLU", "cells at their receptive fields"]
    yield head("method", "paper", "its equations", *variants[1:])
    for method, own in table.groupby("method", sort=False):
        own = own.set_index("variant")
        paper = own.iloc[0][["paper_average_drop_percent", "paper_average_increase_percent"]]
        own = own[["average_drop_percent", "average_increase_percent"]].reindex(variants)
        found = [
            "" if row.isna().any() else "{:.1f} / {:.2f}".format(*row) for _, row in own.iterrows()
        ]
        yield cells(method, "" if paper.isna().any() else "{:g} / {:g}".format(*paper), *found)


def measures(tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """The measures of docs/saliency.md, one row per method."""
    mean = tables["measures"].pivot_table(index="key", columns="measure", values="mean")
    logits = tables["randomisation"]
    logits = logits[logits["layer"] == "logits"].set_index("key")
    shares = tables["attribution"]
    shares = at(shares, "all").query("region == 'signal'").set_index("key")
    ranks = {name: at(tables["agreement"], name).set_index("key") for name in ("all", BOTH)}
    names = ["drop [%]", "ADCC", "deletion", "insertion", "ROAD", "logits randomised"]
    yield head("method", *names, "on the signal", "ranks modes (τ)", f"of {BOTH}")
    methods = tables["measures"].drop_duplicates("key")[["key", "method"]]
    for key, method in methods.itertuples(index=False):
        one, drawn = mean.loc[key], logits.loc[key]
        found = [f"{one['drop']:.1f}"]
        measures = ("adcc", "deletion_noise", "insertion_noise", "road")
        found += [f"{one[name]:.2f}" for name in measures]
        ends = drawn[["correlation", "correlation_low", "correlation_high"]]
        found.append("-" if ends.isna().any() else "{:.2f} ({:.2f} to {:.2f})".format(*ends))
        found.append(f"{100 * shares.loc[key, 'share']:.0f} %")
        found += [f"{ranks[name].loc[key, 'tau_density']:.2f}" for name in ranks]
        yield cells(method, *found)
    power = (f"{ranks[name].loc['power', 'tau_density']:.2f}" for name in ranks)
    yield f"a map of the signal's power: {' and '.join(power)}"


def modes(removal: pd.DataFrame, attribution: pd.DataFrame) -> Iterator[str]:
    """How many predictions change without each mode, and Score-CAM's share on it, by class."""
    kinds = ["g_mode", "sasi", "prompt_convection"]
    flipped = removal.query("distance_kpc == @DISTANCE and outcome == 'all' and kind == 'mode'")
    shares = attribution.query("distance_kpc == @DISTANCE and outcome == 'all'")
    own = shares[shares["key"] == "score-cam"].set_index(["class", "region"])["share"]
    changed = flipped.set_index(["class", "part"])["flipped"]
    yield head("class", "g-mode: changed / Score-CAM share [%]", "SASI", "prompt convection")
    for name in changed.index.unique("class"):
        if name not in ("all", BOTH):
            yield cells(
                name,
                *(
                    f"{100 * changed[name, kind]:.0f} / {100 * own[name, kind]:.0f}"
                    if (name, kind) in changed.index
                    else "-"
                    for kind in kinds
                ),
            )


def text(tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """The numbers that docs/saliency.md has in its text."""
    for name in ("all", BOTH):
        for row in at(tables["agreement"], name).itertuples():
            values = row.tau_above_power, row.tau_above_power_low, row.tau_above_power_high
            yield "{}: {} above signal power by {:.2f} ({:.2f} to {:.2f})".format(
                name, row.method, *values
            )
    far = tables["agreement"].query("distance_kpc == 10 and `class` == 'all' and outcome == 'all'")
    for row in far.nlargest(4, "tau_density").itertuples():
        yield f"at 10 kpc: {row.method} ranks modes by {row.tau_density:.2f}"
    removal = at(tables["removal"], None).set_index(["class", "part", "kind"])
    own = removal["flipped"].unstack("kind")
    most = 100 * (own["mode"] - own["mode_fixed_scale"]).abs().max()
    yield f"on a fixed scale shares differ by {most:.0f} % at most"
    for kind in ("mode", "mode_fixed_scale"):
        change = removal["log_odds_change"].get(("s25", "g_mode", kind))
        yield f"s25 without its g-mode, {kind}: log-odds {change:.1f}"
    signal = at(tables["attribution"], "all").query("region == 'signal'").set_index("key")
    chance = 100 * signal["share_by_chance"]
    yield "cells with 90 % of the power: {:.1f} %, of those that a CAM reaches {:.1f} %".format(
        chance["integrated-gradients"], chance["grad-cam"]
    )


def at(table: pd.DataFrame, name: str | None) -> pd.DataFrame:
    """Rows at `DISTANCE` of one class (None: every class), whatever the network predicted."""
    rows = table[(table["distance_kpc"] == DISTANCE) & (table["outcome"] == "all")]
    return rows if name is None else rows[rows["class"] == name]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", type=Path)
    folder = parser.parse_args().results / "tables"
    names = ("table1", "measures", "randomisation", "attribution", "agreement", "removal")
    tables = {name: pd.read_csv(folder / f"{name}.csv") for name in names}
    for lines in (
        table1(tables["table1"]),
        measures(tables),
        modes(tables["removal"], tables["attribution"]),
        text(tables),
    ):
        print("\n".join(lines), end="\n\n")


if __name__ == "__main__":
    main()
