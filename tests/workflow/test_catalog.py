"""What "standardized usage" of the Snakemake workflow catalog asks for."""

import re

import yaml


def test_the_catalog_finds_what_it_asks_for(root):
    readme = (root / "README.md").read_text().lower()
    assert "snakemake" in readme
    assert "workflow" in readme
    for name in ("workflow/Snakefile", "config/README.md", "config/config.yaml", "LICENSE"):
        assert (root / name).read_text().strip(), name
    assert list((root / "workflow/rules").glob("*.smk"))
    said = yaml.safe_load((root / ".snakemake-workflow-catalog.yml").read_text())
    assert set(said) == {"usage"}
    keys = {"mandatory-flags", "software-stack-deployment", "report"}
    assert set(said["usage"]) == keys
    assert set(said["usage"]["mandatory-flags"]) == {"desc", "flags"}
    # True only where each rule names an environment, and results are marked for the report.
    assert said["usage"]["software-stack-deployment"] == {"conda": True}
    assert said["usage"]["report"] is True
    rules = "".join(path.read_text() for path in (root / "workflow/rules").glob("*.smk"))
    assert len(re.findall(r"^ +script:", rules, re.M)) == len(re.findall(r"^ +conda:", rules, re.M))
    assert "report(" in rules
