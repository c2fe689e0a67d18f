"""Page in HTML of a study: its figure, a table of the variants, and links to what each has."""

import html
import os
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd

from ccsncam.plots.page import document, picture, table
from ccsncam.plots.study import at, bases, middle, point
from ccsncam.results.study_costs import of_variants, totals
from ccsncam.results.study_data import DELETION, EVERY, KPC, LOST, REACH, RIGHT_WITHOUT, UNSEEN

BODY = Template("""<h1>Study $name</h1>
<p>$count. Networks: seeds $seeds. $left_out</p>
$picture
<h2>Variants</h2>
$variants
$grades
<p>All numbers: <a href="tables/study.csv">study.csv</a>, <a
href="tables/study_cost.csv">study_cost.csv</a>; the figure: <a href="figures/study.pdf">PDF</a>, <a
href="figures/study.png">PNG</a>.</p>
<h2>What each variant has</h2>
$links
<p>Any figure or table of a variant is a target: <code>snakemake --configfile &hellip;
$folder/$first/figures/fig05.pdf</code>.</p>
<h2>What it cost</h2>
<p>$cost</p>
<h2>How to read this page</h2>
<ul>
<li>Differences are those to the variant under &ldquo;compared with&rdquo;. &ldquo;Over
samples&rdquo; is an interval of 95 % for these trained networks and other samples: where
&ldquo;samples&rdquo; says &ldquo;same&rdquo;, both saw the same injections in the same noise.
&ldquo;Over seeds&rdquo; is one for other trainings of the same network. Only a difference that both
tell from zero is one of the variants themselves; two seeds can seldom do that.</li>
<li>Samples share seconds of noise, which the intervals do not count. Thresholds of false-alarm
rates are taken as exact; docs/detection.md says how uncertain they are.</li>
<li>With many variants, one in twenty differs by chance alone.</li>
</ul>
""")
# What the page calls the quantities of grades.
GRADES = {
    LOST: "right, and wrong without the mode",
    RIGHT_WITHOUT: "class is right without the mode",
    DELETION: "area under the deletion curve, less that of a random map",
    UNSEEN: "unseen signals that are found",
}


def page(
    block: Mapping[str, Any], png: bytes, found: pd.DataFrame, costs: pd.DataFrame, folder: str
) -> str:
    """Write the page.

    Parameters
    ----------
    block : mapping
        From `ccsncam.planning.studies.Study.settings`.
    png : bytes
        The figure.
    found : pandas.DataFrame
        From `ccsncam.results.study_tables.study`.
    costs : pandas.DataFrame
        From `ccsncam.results.study_costs.costs`.
    folder : str
        Results of the study, in which the page will be.

    Returns
    -------
    str
        HTML. It links the tables and figures that are there when it is written.
    """
    rows = found[found["seed"].astype(str) == EVERY]
    names = list(dict.fromkeys(rows["variant"]))
    places = block["variants"] | {name: name for name in block["others"]}
    out = ", ".join(map(html.escape, block["left_out"]))
    body = BODY.substitute(
        name=html.escape(block["name"]),
        first=html.escape(names[0]),
        folder=html.escape(folder),
        count=f"{len(names)} variants and runs",
        seeds=", ".join(map(str, block["seeds"])),
        left_out=f"<strong>Left out: {out}</strong> (<code>study.leave_out</code>)." if out else "",
        picture=picture(png, f"Figure of the study {block['name']}"),
        variants=_variants(rows, costs, names),
        grades=grades(rows),
        links=table(
            ["variant", "tables", "figures"],
            [
                [
                    html.escape(name),
                    _links(places[name], "tables", "csv", folder),
                    _links(places[name], "figures", "pdf", folder),
                ]
                for name in names
            ],
        ),
        cost=_cost(costs),
    )
    return document(f"Study {block['name']}", body)


def _variants(rows: pd.DataFrame, costs: pd.DataFrame, names: Sequence[str]) -> str:
    """Table of the accuracy at one distance, of the reach, and of the cost."""
    distance, rate = middle(rows), point(rows)
    header = ["variant", f"accuracy at {distance:g} kpc [%]", "difference [points]"]
    header += ["over samples", "over seeds", "compared with", "samples"]
    accuracy = at(rows, distance).set_index("variant").to_dict("index")
    reaches = rows[(rows["quantity"] == REACH) & (rows["criterion"] == rate)]
    reach = reaches.set_index("variant").to_dict("index")
    if reach:
        header += [f"half are found at [kpc] ({html.escape(rate)})", "difference"]
        header += ["over samples", "over seeds"]
    known, minutes = bases(rows), of_variants(costs).sum(axis=1) / 60
    lines = []
    for name in names:
        own = accuracy[name]
        cells = [html.escape(name), *_cells(own, 100, 1)]
        if name in known:
            cells += [html.escape(known[name]), "same" if own["paired"] else "other"]
        else:
            cells += ["-", "-"]
        if reach:
            cells += _cells(reach[name], 1, 2) if name in reach else ["-"] * 4
        lines.append([*cells, f"{minutes[name]:.1f}" if name in minutes.index else "-"])
    return table([*header, "time of its jobs [min]"], lines)


def grades(rows: pd.DataFrame) -> str:
    """Make the table of what variants are graded by; nothing if none is.

    Parameters
    ----------
    rows : pandas.DataFrame
        Those for all seeds of `ccsncam.results.study_tables.study`.

    Returns
    -------
    str
        HTML.
    """
    header = ["variant", "grade", "mode, map or rate", "at [kpc]", "samples", "value [%]"]
    header += ["difference [points]", "over samples", "over seeds", "compared with"]
    lines = []
    for row in rows[rows["quantity"].isin(GRADES) & (rows["unit"] == KPC)].to_dict("records"):
        cells = [html.escape(row["variant"]), GRADES[row["quantity"]]]
        cells += [html.escape(row["criterion"]), f"{row['at']:g}", str(row["n"])]
        base = "-" if pd.isna(row["against"]) else html.escape(row["against"])
        lines.append([*cells, *_cells(row, 100, 1), base])
    return f"<h2>Grades</h2>\n{table(header, lines)}" if lines else ""


def _cells(row: Mapping[Hashable, Any], factor: float, digits: int) -> list[str]:
    """Value, difference and its two intervals."""
    cells = [_number(factor * row["value"], digits)]
    cells.append(_number(factor * row["difference"], digits, "+"))
    for kind in ("samples", "seeds"):
        ends = [_number(factor * row[f"{kind}_{end}"], digits, "+") for end in ("low", "high")]
        cells.append("-" if "-" in ends else f"{ends[0]} to {ends[1]}")
    return cells


def _number(value: float, digits: int, sign: str = "") -> str:
    return "-" if pd.isna(value) else f"{value:{sign}.{digits}f}"


def _links(place: str, kind: str, ending: str, folder: str) -> str:
    """Links to the files of a kind that a variant has."""
    found = sorted(Path(place, kind).glob(f"*.{ending}"))
    links = (
        f'<a href="{html.escape(os.path.relpath(path, folder))}">{html.escape(path.stem)}</a>'
        for path in found
    )
    return ", ".join(links) or "-"


def _cost(costs: pd.DataFrame) -> str:
    """What sharing has saved, in words."""
    sums = {name: f"{seconds / 60:.1f}" for name, seconds in totals(costs).items()}
    return (
        f"The jobs of the study ran for {sums['study']} min. As runs of their own its variants "
        f"would take {sums['runs']} min, of which {sums['common']} min are shared by all."
    )
