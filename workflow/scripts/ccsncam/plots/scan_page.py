"""Page in HTML on a scan: what was searched, candidates, and catalogued mergers."""

import html
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from string import Template

import numpy as np
import pandas as pd

from ccsncam.plots.page import document, picture, table
from ccsncam.scan.store import gps_name

# The columns with the share of the statistic that is left without a detector begin so.
LEFT = "left_without_"
# Rows of the table of candidates on the page; the file has them all.
ROWS = 200

BODY = Template("""<h1>Scan of GPS $start to $end</h1>
<p>Run $run. The network was trained on <strong>$trained</strong>. It knows only its own classes,
and assigns one of them to whatever it sees. $background</p>
$picture
<h2>Candidates</h2>
$count
$candidates
<h2>Catalogued mergers</h2>
$mergers
<h2>What was searched</h2>
$searched
<h2>How to read this page</h2>
<ul>
<li>Windows of 1 s, $step s apart, are whitened as noise for training is, with the PSD of the
$piece s of strain around them. The statistic is log(sum of signal probabilities / noise
probability), taken from the logits. A candidate is the loudest window within $cluster s on either
side, with a statistic of at least $lowest (at 0 the network gives noise a probability of one
half). Its time lies 0.05 s after its window begins; in training the bounce lies 0 to 0.15 s after
it.</li>
<li>The rate says how often the noise of this run reaches the statistic, in time slides of its test
noise, with all detectors on. It says nothing of strain of other months: if that is noisier, false
alarms are more frequent. The intervals have 95 % confidence.</li>
<li>&ldquo;Left without&rdquo; is the share of the statistic that is left when white noise takes
the place of one detector. A candidate is in one detector <em>only</em>, as a glitch is, if nothing
is left without it, and at least half without any other; <em>mostly</em>, if less is left without
another; in several <em>together</em>, if nothing is left without any of them. If no single one is
needed, &ldquo;seen in&rdquo; names those that suffice alone. Where a detector is off, white noise
stands for it, and the candidate may be chance in that noise, which other noise tells.</li>
<li>The class set holds each class that calibration on the validation set cannot exclude.
Probabilities are the network's own.</li>
<li>Data quality and injections are said, and nothing is left out for them.</li>
</ul>
""")


@dataclass(frozen=True)
class ScanWords:
    """What the page says beside its tables.

    ``span`` is the scan (GPS, [s]); ``trained`` what the network was trained on; ``background``
    says what candidates are rated with; ``step``, ``piece`` and ``cluster`` are in s.
    """

    span: tuple[float, float]
    run: str
    trained: str
    background: str
    step: float
    piece: float
    cluster: float
    lowest: float


def page(
    words: ScanWords,
    png: bytes,
    tables: Mapping[str, pd.DataFrame],
    live: Mapping[str, float],
    pages: Collection[str],
    folder: str,
) -> str:
    """Write the page.

    Parameters
    ----------
    words : ScanWords
    png : bytes
        The picture.
    tables : dict of pandas.DataFrame
        ``candidates`` and ``events``, from `ccsncam.scan.rating`.
    live : dict of float
        From `ccsncam.scan.rating.live_time` [s].
    pages : list of str
        GPS times of the candidates that have a page of their own.
    folder : str
        Where these pages are, relative to this one.

    Returns
    -------
    str
        HTML.
    """
    found = tables["candidates"]
    start, end = (f"{one:.15g}" for one in words.span)
    count = f"<p>{len(found)} candidates" + (
        f"; the {ROWS} loudest are shown, and the table beside this page has all.</p>"
        if len(found) > ROWS
        else ".</p>"
    )
    body = BODY.substitute(
        start=start,
        end=end,
        run=html.escape(words.run),
        trained=html.escape(words.trained),
        background=html.escape(words.background),
        picture=picture(png, f"Statistic over time, GPS {start} to {end}"),
        count=count,
        candidates=_candidates(found.head(ROWS), pages, folder) if len(found) else "",
        mergers=_events(tables["events"]),
        searched=_searched(live),
        step=f"{words.step:.3g}",
        piece=f"{words.piece:g}",
        cluster=f"{words.cluster:g}",
        lowest=f"{words.lowest:g}",
    )
    return document(f"Scan of GPS {start} to {end}", body)


def _candidates(found: pd.DataFrame, pages: Collection[str], folder: str) -> str:
    """Table of the candidates."""
    names = map(str, found.columns)
    detectors = [name.removeprefix(LEFT) for name in names if name.startswith(LEFT)]
    header = ["", "GPS", "statistic", "false alarms", "class", "class set", "seen in"]
    header += [f"left without {name}" for name in detectors]
    header += ["detectors on", "data quality", "catalogued"]
    rows = []
    for one in found.to_dict("records"):
        name = gps_name(one["gps"])
        link = f'<a href="{folder}/{name}.html">{name}</a>' if name in pages else name
        share = (one[LEFT + detector] for detector in detectors)
        rows.append(
            [
                str(one["rank"]),
                link,
                f"{one['statistic']:.2f}",
                html.escape(rate_words(one)),
                html.escape(f"{one['class']} ({one['p_' + one['class']]:.3f})"),
                html.escape(one["class_set"]) or "-",
                html.escape(one["seen_in"]),
                *("-" if np.isnan(value) else f"{100 * value:.0f} %" for value in share),
                html.escape(one["detectors"]),
                html.escape(_quality(one, detectors)),
                html.escape(one["events"]) or "-",
            ]
        )
    return table(header, rows)


def rate_words(one: Mapping[Hashable, object]) -> str:
    """False-alarm rate of a candidate, in words."""
    rate, low, high = (float(str(one[key])) for key in ("rate_per_day", "rate_low", "rate_high"))
    if np.isfinite(rate):
        return f"{_number(rate)} a day ({_number(low)} to {_number(high)})"
    if np.isfinite(high):
        return f"below {_number(high)} a day ({one['rated']})"
    return str(one["rated"])


def _number(value: float) -> str:
    """A rate with three digits, or as a whole number."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _quality(one: Mapping[Hashable, object], detectors: Collection[str]) -> str:
    """Data quality of the detectors that are on; once where it is the same."""
    on = str(one["detectors"]).split()
    words = {name: str(one[f"quality_{name}"]) for name in detectors if name in on}
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    return "; ".join(f"{name}: {said}" for name, said in words.items())


def _events(events: pd.DataFrame) -> str:
    """Table of the catalogued mergers in the scan."""
    if not len(events):
        return "<p>None in <code>resources/events.tsv</code> at this time.</p>"
    rows = (
        [
            html.escape(one["name"]),
            f"{one['gps']:.1f}",
            html.escape(one["catalog"]),
            "no detector on" if np.isnan(one["statistic"]) else f"{one['statistic']:.2f}",
        ]
        for one in events.to_dict("records")
    )
    return table(["merger", "GPS", "catalogue", "statistic (loudest window)"], rows)


def _searched(live: Mapping[str, float]) -> str:
    """Table of live time by the detectors that were on."""
    rows = ([html.escape(name), f"{seconds:.0f}"] for name, seconds in live.items())
    return table(["detectors on", "time [s]"], rows)
