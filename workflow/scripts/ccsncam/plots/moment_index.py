"""Page in HTML that lists several moments, with a link to the page of each."""

import html
from collections.abc import Mapping

from ccsncam.moment.store import MomentResult
from ccsncam.plots.page import document, table

HEADER = (
    *("moment", "GPS", "strain", "at the moment", "least like noise"),
    "catalogued mergers in the span",
)


def index(moments: Mapping[str, MomentResult], names: Mapping[str, str], run: str) -> str:
    """Write the page.

    Parameters
    ----------
    moments : dict of MomentResult
        By the name of the page of each, which is its GPS time.
    names : dict of str
        What the table of moments calls each; may be empty.
    run : str

    Returns
    -------
    str
        HTML.
    """
    rows = []
    for gps, found in moments.items():
        loudest = found.explained["loudest"].start
        rows.append(
            [
                html.escape(names[gps]) or "-",
                f'<a href="{gps}.html">{gps}</a>',
                html.escape(", ".join(found.data)),
                html.escape(", ".join(found.verdict("moment"))),
                html.escape(f"{', '.join(found.verdict('loudest'))}, from {loudest:+.2f} s"),
                html.escape(", ".join(found.events)) or "-",
            ]
        )
    first = next(iter(moments.values()))
    body = f"""<h1>{len(moments)} moments</h1>
<p>Run {html.escape(run)}. The network was trained on
<strong>{html.escape(first.origin.words)}</strong>. It knows only its own classes, and assigns one
of them to whatever it sees. Each cell names the most probable signal class of a window, and its
probability; where another class is more probable, that one follows.</p>
{table(HEADER, rows)}"""
    return document(f"{len(moments)} moments", body)
