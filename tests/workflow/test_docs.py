"""What the docs show is what the repository does."""

import os
import re
import subprocess
import sys


def test_the_script_of_the_docs_draws_a_sample(tiny, root, tmp_path):
    picture = tmp_path / "sample.png"
    command = [sys.executable, root / "docs/look_at_a_sample.py", tiny.folder / "results/tiny"]
    environment = os.environ | {"PYTHONPATH": str(root / "workflow/scripts")}
    done = subprocess.run(
        [*command, picture], env=environment, capture_output=True, text=True, check=True
    )
    assert "s25 in test-1kpc, modes: g_mode, prompt_convection, sasi" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG")


def pages(root):
    names = ("README.md", "CONTRIBUTING.md", "config/README.md")
    return [*(root / name for name in names), *root.glob("docs/*.md")]


def test_links_lead_somewhere(root):
    for page in pages(root):
        for link in re.findall(r"\]\(([^)]+)\)", page.read_text()):
            if not link.startswith("http"):
                assert (page.parent / link.split("#")[0]).exists(), f"{page.name}: {link}"


def test_prose_is_wrapped(root):
    """Tables, code and single long words may be wider."""
    for page in pages(root):
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        long = [line for line in text.splitlines() if len(line) > 100 and line[0] != "|"]
        assert not long, f"{page.name}: {long[0]}"


def test_modules_that_the_architecture_names_exist(root):
    text = (root / "docs/architecture.md").read_text()
    library = root / "workflow/scripts/ccsncam"
    wings = {path.name for path in library.iterdir() if (path / "__init__.py").is_file()}
    wing = rf"({'|'.join(sorted(wings))})"
    named = [(*pair, "") for pair in re.findall(rf"`{wing}/(\w+)`", text)]
    named += re.findall(rf"`{wing}\.(\w+)\.([A-Z]\w+)`", text)
    assert len(named) > 40
    for folder, module, owner in named:
        path = library / folder / f"{module}.py"
        assert path.is_file(), f"{folder}/{module}"
        assert not owner or re.search(rf"^class {owner}\b", path.read_text(), re.MULTILINE), owner
    assert {folder for folder, _, _ in named} == wings


def test_figures_of_the_readme_are_targets(root):
    text = (root / "README.md").read_text()
    rules = "".join(path.read_text() for path in (root / "workflow/rules").glob("*.smk"))
    targets = re.findall(r"^\| [^|]+ \| `([\w ]+)` \|", text, re.MULTILINE)
    assert len(targets) > 12
    for target in " ".join(targets).split():
        assert re.search(rf'^rule {target}:|^    "{target}": ', rules, re.MULTILINE), target
