import ast
import re
import sys

import jsonschema
import pytest
import yaml
from conda_stand_in import LAL, PYPI

from ccsncam.provenance import Code

# Where a package's name differs from what is imported.
MODULES = {
    "scikit-learn": "sklearn",
    "pyyaml": "yaml",
    "matplotlib-base": "matplotlib",
    "python-lal": "lal",
    "python-lalframe": "lalframe",
}
ENVIRONMENTS = [
    "record",
    "strain",
    "dataset",
    "keras",
    "detection",
    "moment",
    "unseen",
    "embedding",
    "figures",
]


# Of what an environment file may hold: exact minors, and packages of no other channel.
SCHEMA = {
    "type": "object",
    "required": ["channels", "dependencies"],
    "additionalProperties": False,
    "properties": {
        "channels": {
            "enum": [["conda-forge", "nodefaults"], ["conda-forge", "bioconda", "nodefaults"]]
        },
        "dependencies": {
            "type": "array",
            "minItems": 2,
            "uniqueItems": True,
            "prefixItems": [{"const": "python =3.11"}],
            "items": {"type": "string", "pattern": r"^[a-z0-9-]+ =\d+\.\d+$"},
        },
    },
}


def pins(root, name):
    text = yaml.safe_load((root / "envs" / f"{name}.yaml").read_text())
    return dict(entry.split(" =") for entry in text["dependencies"])


@pytest.mark.parametrize("name", [*ENVIRONMENTS, "snakemake"])
def test_environments_satisfy_the_schema(root, name):
    text = yaml.safe_load((root / "envs" / f"{name}.yaml").read_text())
    jsonschema.Draft202012Validator(SCHEMA).validate(text)
    assert ("bioconda" in text["channels"]) == (name == "snakemake")
    for change in (
        {"channels": ["defaults"]},
        {"name": "mine"},
        {"dependencies": [*text["dependencies"], "numpy >=2"]},
        {"dependencies": [*text["dependencies"], {"pip": ["numpy"]}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.Draft202012Validator(SCHEMA).validate(text | change)


@pytest.mark.parametrize("name", [*ENVIRONMENTS, "snakemake"])
def test_environments_and_lock_agree(root, name):
    lock = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (root / "requirements.txt").read_text(), re.M))
    for package, version in pins(root, name).items():
        # The interfaces of LAL have versions of their own on conda-forge.
        if package != "python" and package not in LAL:
            locked = lock[PYPI.get(package, package)]
            assert locked.startswith(f"{version}."), f"{package} {version}, lock {locked}"


def imported(root, script, *modules):
    """Packages that a script and the library modules it uses import."""
    folder, packages = root / "workflow/scripts", set()

    def find(name):
        return folder / name if (folder / name).is_file() else None

    for path in Code(find).files(f"{script}.py", *modules):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                packages.add(node.module.split(".")[0])
            elif isinstance(node, ast.Import):
                packages |= {alias.name.split(".")[0] for alias in node.names}
    return packages - set(sys.stdlib_module_names) - {"ccsncam"}


def needed_by(root, script):
    """Packages that a script needs; figure.py imports the modules of figures by their names."""
    modules = ()
    if script == "figure":
        text = (root / "workflow/rules/figures.smk").read_text()
        modules = [f"ccsncam.plots.{name}" for name in re.findall(r'"module": "(\w+)"', text)]
        assert len(modules) > 10
    return imported(root, script, *modules)


def rules(root):
    """Text of each rule that does work."""
    for path in (root / "workflow/rules").glob("*.smk"):
        for rule in re.split(r"^ *rule(?: \w+)?:", path.read_text(), flags=re.M)[1:]:
            if "script:" in rule:
                yield rule


def scripts_of(root, name):
    """Scripts that run in an environment."""
    own = [rule for rule in rules(root) if f'"../../envs/{name}.yaml"' in rule]
    return {re.search(r"scripts/(\w+)\.py", rule)[1] for rule in own}


def test_every_rule_names_an_environment(root):
    named = {re.search(r'conda:\n +"../../envs/(\w+)\.yaml"', rule)[1] for rule in rules(root)}
    assert named == set(ENVIRONMENTS)
    assert {path.stem for path in (root / "envs").iterdir()} - {"snakemake"} == named


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_environments_hold_what_scripts_import(root, name):
    scripts = scripts_of(root, name)
    assert scripts
    needed = set().union(*(needed_by(root, script) for script in scripts))
    held = {MODULES.get(package, package) for package in pins(root, name)} - {"python"}
    assert needed <= held
    assert held - {"lal"} <= needed


def test_lock_names_no_package_host(root):
    assert "://" not in (root / "requirements.txt").read_text()
