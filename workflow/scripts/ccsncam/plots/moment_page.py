"""Page in HTML on the network's answer to a moment of strain."""

import html
from pathlib import Path
from string import Template

from ccsncam.moment.store import WINDOWS, DetectorStrain, MomentResult
from ccsncam.plots.page import document, picture, table

BODY = Template("""<h1>GPS $gps</h1>
$mergers<p>Input: $words. Run $run. The network was trained on
<strong>$trained</strong>; validation accuracy
$accuracy %. It knows only its own classes, and assigns one of them to whatever it sees.</p>
$picture
<h2>Probabilities</h2>
$rows
<h2>Strain</h2>
$strain
<h2>How to read this page</h2>
<ul>
<li>The spectrograms show the whitened strain of each detector, all on one scale of amplitude. The
PSD for the whitening is estimated from the strain around the moment. It leaves out the time from
$before s before to $after s after the moment, where a signal would lie. With less strain than in
training, the PSD is a rougher estimate. Where the strain is too short to leave the moment out, the
PSD contains the signal and damps it; the image then looks unlike those of the training. A detector
without data is marked as such, and white noise or black takes its place.</li>
<li>The data quality lists the bits that the configuration asks of the noise
(<code>noise.files</code>). A moment is shown whatever its bits are.</li>
<li>The probabilities are the network's softmax for each window of 1 s. They are drawn 0.05 s after
the beginning of the window; in training the bounce lies 0 to 0.15 s after it. They add up to 1
whatever the window holds, so a merger or a glitch is also given a class. Dashed lines mark mergers
and candidates of GWTC-1 to GWTC-5.0 (<code>resources/events.tsv</code>).</li>
<li>Two windows are explained: the one in which noise is least probable, and the one that begins
0.05 s before the moment. Each is shown as the network's input, with Score-CAM of its most probable
signal class. Each cell of the map lies at the centre of its receptive field, the part of the image
on which it depends.</li>
</ul>
""")


def page(found: MomentResult, png: bytes) -> str:
    """Write one page that needs no other file: picture, tables, and how to read them.

    Parameters
    ----------
    found : ccsncam.moment.store.MomentResult
    png : bytes
        The picture.

    Returns
    -------
    str
        HTML.
    """
    columns = [found.explained[name].explanation.probability for name in WINDOWS]
    begins = {name: f"{found.explained[name].start:+.2f}" for name in WINDOWS}
    probabilities = table(
        [
            "class",
            f"window least like noise, from {begins['loudest']} s",
            f"window at the moment, from {begins['moment']} s",
        ],
        (
            [html.escape(name), f"{one:.4f}", f"{other:.4f}"]
            for name, one, other in zip(found.classes, *columns, strict=True)
        ),
    )
    strain = table(
        [
            "detector",
            f"strain for the PSD [s] (in training: {found.trained_seconds})",
            "PSD leaves the moment out",
            "data quality of the span",
            "files",
        ],
        (_strain_row(name, one) for name, one in found.strain.items()),
    )
    title = f"GPS {found.gps:.15g}"
    body = BODY.substitute(
        strain=strain,
        gps=f"{found.gps:.15g}",
        words=html.escape(found.words),
        run=html.escape(found.run),
        trained=html.escape(found.origin.words),
        picture=picture(png, f"Spectrograms, probabilities and Score-CAM around {title}"),
        rows=probabilities,
        mergers=f"<p><strong>{html.escape(found.mergers)}.</strong></p>\n" if found.events else "",
        accuracy=f"{100 * found.validation_accuracy:.0f}",
        before=f"{found.aside[0]:g}",
        after=f"{found.aside[1]:g}",
    )
    return document(title, body)


def _strain_row(detector: str, strain: DetectorStrain) -> list[str]:
    """Cells of a row of the table of strain."""
    seconds, aside = "-", "-"
    if strain.psd_seconds:
        seconds, aside = str(strain.psd_seconds), "yes" if strain.aside else "no"
    files = ", ".join(Path(name).name for name in strain.files)
    return [
        html.escape(detector),
        seconds,
        aside,
        html.escape(strain.quality),
        html.escape(files) or "-",
    ]
