"""The report of a run: every figure and table with its caption, and the methods paragraph."""

import copy
import html
import json
import re
import zipfile
from types import SimpleNamespace

import jinja2
import pytest
from docutils.core import publish_parts
from runner import TINY


@pytest.fixture(scope="module", params=["zip", "html"])
def page(tiny, tmp_path_factory, request):
    path = tmp_path_factory.mktemp("report") / f"report.{request.param}"
    tiny.run("--report", path)
    if request.param == "html":
        return path.read_text()
    with zipfile.ZipFile(path) as archive:
        inside = {name.split("/")[-1] for name in archive.namelist()}
        assert {"fig12.pdf", "paper_comparison.csv"} <= inside
        (name,) = (name for name in archive.namelist() if name.endswith("report.html"))
        return archive.read(name).decode()


def test_it_holds_all_figures_and_tables(page, tiny):
    shown = json.loads(re.search(r"var results = (\{.*?\});?\n", page)[1])
    made = {f"results/{name}" for name in tiny.files()}
    wanted = {name for name in made if re.search(r"/figures/.*\.pdf$|\.csv$", name)}
    inner = {name for name in made if re.search("history|picks", name)}
    assert set(shown) == wanted - inner
    for name, entry in shown.items():
        caption = re.sub(r"<[^>]+>", "", html.unescape(entry["caption"]))
        assert re.search(r"\w.*\. Run: tiny\.\s*$", caption, re.DOTALL), name
        assert not re.search(r"\{\{|\{%|system-message", entry["caption"]), name
        kind = "figure" if name.endswith(".pdf") else "table"
        assert list(entry["labels"]) == [kind, "what"], name
        assert all(entry["labels"].values())
    labels = [tuple(entry["labels"].values()) for entry in shown.values()]
    assert len(set(labels)) == len(labels)


def test_it_says_what_was_done(page):
    said = json.loads(re.search(r"var workflow_desc = (\".*?\");?\n", page)[1])
    text = " ".join(re.sub(r"<[^>]+>", "", html.unescape(said)).split())
    assert "system-message" not in said
    # A paragraph each: run, inputs, samples, network, explanation.
    assert said.count("<p>") == 5
    assert not re.search(r"\{\{|\{%", said)
    for words in (
        "recognises 3 core-collapse supernova waveforms",
        "3 of 3 waveforms (s18, s25, m39) are surrogates, not results of simulations",
        "The noise is simulated",
        "H1 64, 64, 64 s; L1 64, 64, 64 s.",
        f"{TINY['classifier']['parameters']} parameters",
        "3, 2, 2 epochs at network SNR 40 to 50, 30 to 40, 20 to 30 (40 samples per class",
        "480 in all",
        "10 samples per class at 1, 10 kpc (40 and 80 in all)",
        "1 network (seed 0)",
    ):
        assert words in text


def methods(root, config):
    """The methods paragraph of a configuration, in one line."""
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(
        (root / "workflow/report/workflow.rst").read_text()
    )
    text = template.render(snakemake=SimpleNamespace(config=config))
    # A fault of the markup is an exception.
    publish_parts(text, writer="html", settings_overrides={"halt_level": 2})
    return " ".join(text.split())


def test_another_network_on_strain_is_said(root, config):
    # The fixture belongs to all tests.
    config = copy.deepcopy(config) | {"_sources": {"mine": "numerical"}}
    config["spectrogram"] |= {"kind": "strain", "normalisation": "none"}
    config["classifier"] |= {"network": "strain", "filters": [8, 16], "dense": [64]}
    text = methods(root, config)
    for words in (
        "The network sees the whitened **strain** itself (spectrogram.kind). Controls and figures "
        "show spectrograms that have a Hann window of 256 samples",
        "Hz. The strain stays in units of white noise.",
        "The network is **strain** (classifier.network; docs/networks.md), with convolutions of 8, "
        "16 filters, dense layers of 64 units",
    ):
        assert words in text
    assert "max-pooling" not in text
    config["spectrogram"] |= {"normalisation": "detector"}
    assert "Hz. The strain is scaled to [-1, 1] (per sample and det" in methods(root, config)
    config["spectrogram"] |= {"kind": "stft"}
    assert "Hz. Their amplitude is scaled to [0, 1] (per sample and det" in methods(root, config)


def test_strain_and_numerical_waveforms_are_said(root, config):
    # The fixture belongs to all tests.
    config = copy.deepcopy(config)
    config["noise"] |= {"source": "gwosc", "coincident": True}
    config["noise"]["ranges"]["test"] = [[1, 2], [3, 4]]
    config["noise"]["exclude"] = [[5, 6]]
    config["saliency"]["options"] = {"score-cam": {"post_relu": True}}
    config["classifier"]["seeds"] = [0, 1]
    config["spectrogram"] |= {"kind": "constant-q", "q": 30}
    config["_sources"] = {"mine": "numerical", "other": "numerical", "s18": "surrogate"}
    text = methods(root, config)
    for words in (
        "1 of 3 waveforms (s18) is a surrogate",
        "2 of 3 (mine, other) are numerical waveforms",
        "strain of H1, L1, V1 from GWOSC, GPS 1238236470 to 1238252308 (train)",
        "1 to 2 and 3 to 4 (test)",
        "DATA, BURST_CAT2, NO_CBC_HW_INJ, NO_BURST_HW_INJ are set",
        "Left out are GPS 5 to 6, 8 s before and",
        "(switches: {'score-cam': {'post_relu': True}})",
        "each event of GWTC-2, GWTC-2.1, GWTC-3, GWTC-4.0, GWTC-5.0",
        "All detectors of a sample draw the same second",
        "2 networks (seeds 0, 1)",
        "Images are of the kind **constant-q** (spectrogram.kind, Q = 30), on the cells of spectro",
    ):
        assert words in text
    assert "simulated" not in text
