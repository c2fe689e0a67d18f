"""A rule runs again when a file changed that its script imports, in any way of importing."""

import re
import subprocess
import sys

SNAKEFILE = """
import sys
from pathlib import Path

sys.path.append("{scripts}")
from ccsncam.provenance import Code


def find(name):
    path = Path("code", name)
    return path if path.is_file() else None


CODE = Code(find)


rule all:
    input:
        expand("{{kind}}.txt", kind={kinds}),


for kind in {kinds}:

    rule:
        name:
            kind
        output:
            f"{{kind}}.txt",
        params:
            code=CODE.digest(f"{{kind}}.py"),
        shell:
            "touch {{output}}"
"""
# What each script imports, and what the module behind it imports in turn.
KINDS = {
    "absolute": ("import ccsncam.absolute", ""),
    "renamed": ("import ccsncam.wing.renamed as other", ""),
    "from_package": ("from ccsncam import from_package", ""),
    "from_wing": ("from ccsncam.wing import from_wing", ""),
    "from_module": ("from ccsncam.wing.from_module import VALUE", ""),
    "beside": ("from ccsncam.wing import middle_a", "from . import beside"),
    "beside_module": ("from ccsncam.wing import middle_b", "from .beside_module import VALUE"),
    "above": ("from ccsncam.wing import middle_c", "from .. import above"),
}
WINGLESS = ("absolute", "from_package", "above")


def test_an_import_of_each_kind_reruns_its_rule(tmp_path, root):
    code = tmp_path / "code"
    (code / "ccsncam/wing").mkdir(parents=True)
    for package in (code / "ccsncam", code / "ccsncam/wing"):
        (package / "__init__.py").write_text("")
    places = {}
    for kind, (statement, inner) in KINDS.items():
        (code / f"{kind}.py").write_text(f"{statement}\n")
        wing = "ccsncam" if kind in WINGLESS else "ccsncam/wing"
        places[kind] = code / wing / f"{kind}.py"
        places[kind].write_text("VALUE = 1\n")
        if inner:
            middle = re.search(r"middle_\w", statement)[0]
            (code / f"ccsncam/wing/{middle}.py").write_text(f"{inner}\n")
    kinds = [*KINDS, "alone"]
    (code / "alone.py").write_text("import json\n")
    text = SNAKEFILE.format(scripts=root / "workflow/scripts", kinds=kinds)
    (tmp_path / "Snakefile").write_text(text)

    def snakemake(*arguments):
        command = [sys.executable, "-m", "snakemake", "--cores", "1", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout + done.stderr

    snakemake("--quiet", "all")
    assert "Nothing to be done" in snakemake("--dry-run")
    for place in places.values():
        place.write_text("VALUE = 2\n")
    planned = set(re.findall(r"^(\w+) +1$", snakemake("--dry-run"), re.MULTILINE))
    assert planned - {"all", "total"} == set(KINDS)
