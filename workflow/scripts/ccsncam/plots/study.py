"""Figure of a study: accuracy and signals found against distance, differences, and costs."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ccsncam.plots.style import PAGE, looks
from ccsncam.results.study_costs import of_variants
from ccsncam.results.study_data import ACCURACY, EFFICIENCY, EVERY, KPC, REACH

# Greys of the bars of costs: training, other steps, what is shared.
GREYS = ("0.25", "0.55", "0.82")


def study(table: pd.DataFrame, costs: pd.DataFrame) -> Figure:
    """Draw the comparison of a study.

    Parameters
    ----------
    table : pandas.DataFrame
        From `ccsncam.results.study_tables.study`.
    costs : pandas.DataFrame
        From `ccsncam.results.study_costs.costs`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = table[table["seed"].astype(str) == EVERY]
    names = list(dict.fromkeys(table["variant"]))
    searched = (table["quantity"] == EFFICIENCY).any()
    layout = [["accuracy"] * 3, ["difference", "difference", "cost"]]
    if searched:
        layout = [
            ["accuracy"] * 3 + ["efficiency"] * 3,
            ["difference"] * 2 + ["reach"] * 2 + ["cost"] * 2,
        ]
    height = 3.6 + 0.16 * len(names) + 0.12 * -(-len(names) // 4)
    figure, panels = plt.subplot_mosaic(
        layout, figsize=(PAGE, height), height_ratios=[2.2, 0.5 + 0.16 * len(names)]
    )
    _lines(panels["accuracy"], table, ACCURACY, names)
    panels["accuracy"].set_ylabel("accuracy")
    distance = middle(table)
    _differences(panels["difference"], at(table, distance), names, 100)
    panels["difference"].set_xlabel(f"accuracy at {distance:g} kpc [points]")
    panels["difference"].set_yticks(range(len(names)), _compared(table, names))
    if searched:
        _lines(panels["efficiency"], table, EFFICIENCY, names)
        rate = point(table)
        panels["efficiency"].set_ylabel(f"signals found ({rate})")
        rows = table[(table["quantity"] == REACH) & (table["criterion"] == rate)]
        _differences(panels["reach"], rows, names, 1)
        panels["reach"].set_xlabel("half are found at [kpc]")
        panels["reach"].set_yticks(range(len(names)), [])
    _costs(panels["cost"], costs, names)
    handles, labels = panels["accuracy"].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside upper center",
        ncol=4,
        title=f"below: differences to {usual(table, names)}{_other(table)}; "
        "thick: 95 % over samples, thin: over seeds",
        title_fontsize=8,
    )
    return figure


def bases(table: pd.DataFrame) -> dict[str, str]:
    """The variant that each variant is compared with, by name; one that is not is missing."""
    rows = table.dropna(subset=["against"]).drop_duplicates("variant").set_index("variant")
    return {str(name): str(base) for name, base in rows["against"].items()}


def usual(table: pd.DataFrame, names: Sequence[str]) -> str:
    """The variant that the first one with a difference is compared with, as most are."""
    known = bases(table)
    return next((known[name] for name in names if name in known), names[0])


def _compared(table: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Labels of differences, which name what a variant is compared with if it is not the usual."""
    known, base = bases(table), usual(table, names)
    return [
        name if known.get(name, base) == base else f"{name} \N{MINUS SIGN} {known[name]}"
        for name in names
    ]


def _other(table: pd.DataFrame) -> str:
    return ", or to the variant after the minus sign" if len({*bases(table).values()}) > 1 else ""


def middle(table: pd.DataFrame) -> float:
    """Distance whose accuracy, as a mean of all variants, is nearest to half way [kpc]."""
    rows = table[(table["quantity"] == ACCURACY) & (table["unit"] == KPC)]
    means = rows.groupby("at")["value"].mean()
    return float((means - (means.max() + means.min()) / 2).abs().idxmin())


def at(table: pd.DataFrame, distance: float) -> pd.DataFrame:
    """Rows of the accuracy at a distance [kpc]."""
    return table[
        (table["quantity"] == ACCURACY) & (table["unit"] == KPC) & (table["at"] == distance)
    ]


def point(table: pd.DataFrame) -> str:
    """Operating point at which the table has efficiencies; empty without a search."""
    rows = table.loc[table["quantity"] == EFFICIENCY, "criterion"]
    return str(rows.iloc[0]) if len(rows) else ""


def _lines(axes: Axes, table: pd.DataFrame, quantity: str, names: Sequence[str]) -> None:
    """Draw a rate of each variant against distance."""
    rows = table[(table["quantity"] == quantity) & (table["unit"] == KPC)]
    for name, look in looks(names).items():
        own = rows[rows["variant"] == name].sort_values("at")
        if len(own):
            axes.plot(own["at"], own["value"], ms=3, lw=1, label=name, **look)
    axes.set(xlabel="distance [kpc]", ylim=(-0.02, 1.02))


def _differences(axes: Axes, rows: pd.DataFrame, names: Sequence[str], factor: float) -> None:
    """Draw the difference of each variant with both of its intervals."""
    axes.axvline(0, color="0.3", lw=0.8)
    known = rows.set_index("variant").to_dict("index")
    shown = factor * rows[["difference", "samples_low", "samples_high"]].to_numpy(float)
    reach = 1.3 * np.max(np.abs(shown), initial=1e-9, where=np.isfinite(shown))
    look_of = looks(names)
    for number, name in enumerate(names):
        if name not in known:
            continue
        row, look = known[name], look_of[name]
        for kind, width in (("seeds", 0.8), ("samples", 2.6)):
            # An interval that is open ends outside of the panel.
            ends = [
                np.clip(factor * row[f"{kind}_{end}"], -9 * reach, 9 * reach)
                for end in ("low", "high")
            ]
            axes.plot(ends, [number, number], color=look["color"], lw=width)
        axes.plot(factor * row["difference"], number, look["marker"], color=look["color"], ms=4)
    # Two seeds give intervals over seeds so wide that they would hide everything else.
    axes.set(xlim=(-reach, reach), ylim=(len(names) - 0.4, -0.6))


def _costs(axes: Axes, costs: pd.DataFrame, names: Sequence[str]) -> None:
    """Draw what each variant cost, in bars."""
    minutes = of_variants(costs).reindex(list(names)).fillna(0.0) / 60
    left = np.zeros(len(names))
    for kind, grey in zip(minutes.columns, GREYS, strict=True):
        axes.barh(range(len(names)), minutes[kind], left=left, color=grey, label=kind, height=0.7)
        left += minutes[kind].to_numpy()
    axes.set(xlabel="time of its jobs [min]", ylim=(len(names) - 0.4, -0.6))
    axes.set_yticks(range(len(names)), [])
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=3, handlelength=1)
