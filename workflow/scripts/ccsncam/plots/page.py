"""Pages in HTML that need no other file, all with the same look."""

import base64
import html
from collections.abc import Iterable
from string import Template

_DOCUMENT = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>$title</title>
<style>
body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
img { width: 100%; }
table { border-collapse: collapse; }
th, td { padding: 0.2rem 0.8rem; text-align: right; border-bottom: 1px solid #ccc; }
th:first-child, td:first-child { text-align: left; }
.wide { overflow-x: auto; }
</style>
</head>
<body>
$body
</body>
</html>
""")


def document(title: str, body: str) -> str:
    """Make a page.

    Parameters
    ----------
    title : str
        Plain text.
    body : str
        HTML.

    Returns
    -------
    str
        HTML.
    """
    return _DOCUMENT.substitute(title=html.escape(title), body=body.strip())


def row(cells: Iterable[str], kind: str = "td") -> str:
    """Row of a table; the cells are HTML."""
    return f"<tr>{''.join(f'<{kind}>{cell}</{kind}>' for cell in cells)}</tr>"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Table, whose cells are HTML; it can be moved sideways where it is wider than the page."""
    lines = [row(header, "th"), *map(row, rows)]
    return "\n".join(['<div class="wide"><table>', *lines, "</table></div>"])


def picture(png: bytes, alt: str) -> str:
    """Picture inside the page."""
    data = base64.b64encode(png).decode()
    return f'<img alt="{html.escape(alt)}"\nsrc="data:image/png;base64,{data}">'
