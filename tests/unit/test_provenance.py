"""Digests of code see imports of every kind, and nothing that changes no result."""

import subprocess
import sys

import pytest

from ccsncam.provenance import Code

FILES = {
    "main.py": "from ccsncam import one\n\n\ndef main():\n    return one.VALUE\n",
    "ccsncam/__init__.py": "",
    "ccsncam/one.py": "VALUE = 1\n",
    "ccsncam/joblog.py": "from ccsncam import plain\n",
    "ccsncam/plain.py": "VALUE = 1\n",
    "ccsncam/wing/__init__.py": "",
    "ccsncam/wing/two.py": "VALUE = 2\n",
    "ccsncam/wing/three.py": "VALUE = 3\n",
    "ccsncam/wing/deep/__init__.py": "",
    "ccsncam/wing/deep/four.py": "VALUE = 4\n",
}
# The file that an import reaches, and the file that imports it where that is not the script.
IMPORTS = [
    ("import ccsncam.wing.two", "ccsncam/wing/two.py", None),
    ("import ccsncam.wing.two as other", "ccsncam/wing/two.py", None),
    ("import json, ccsncam.one", "ccsncam/one.py", None),
    ("from ccsncam import one", "ccsncam/one.py", None),
    ("from ccsncam.wing import two", "ccsncam/wing/two.py", None),
    ("from ccsncam.wing import two as other", "ccsncam/wing/two.py", None),
    ("from ccsncam.wing.two import VALUE", "ccsncam/wing/two.py", None),
    ("from ccsncam.wing.two import *", "ccsncam/wing/two.py", None),
    ("from ccsncam.wing.deep import four", "ccsncam/wing/deep/four.py", None),
    ("import ccsncam.wing.two", "ccsncam/wing/__init__.py", None),
    ("def f():\n    from ccsncam import one\n", "ccsncam/one.py", None),
    (
        "try:\n    from ccsncam import one\nexcept ImportError:\n    one = None",
        "ccsncam/one.py",
        None,
    ),
    ("from . import three", "ccsncam/wing/three.py", "ccsncam/wing/two.py"),
    ("from .three import VALUE", "ccsncam/wing/three.py", "ccsncam/wing/two.py"),
    ("from .deep.four import VALUE", "ccsncam/wing/deep/four.py", "ccsncam/wing/two.py"),
    ("from .. import one", "ccsncam/one.py", "ccsncam/wing/two.py"),
    ("from ..one import VALUE", "ccsncam/one.py", "ccsncam/wing/two.py"),
    ("from ...one import VALUE", "ccsncam/one.py", "ccsncam/wing/deep/four.py"),
    ("from . import three", "ccsncam/wing/three.py", "ccsncam/wing/__init__.py"),
    ("from .deep import four", "ccsncam/wing/deep/four.py", "ccsncam/wing/__init__.py"),
]


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def digest(folder, *modules):
    """By a new process' eyes: nothing is remembered from before a change."""

    def find(name):
        path = folder / name
        return path if path.is_file() else None

    from ccsncam import provenance

    provenance._read.cache_clear()
    return Code(find).digest("main.py", *modules)


@pytest.mark.parametrize(("statement", "reached", "importer"), IMPORTS)
def test_every_kind_of_import_is_seen(folder, statement, reached, importer):
    if importer is None:
        (folder / "main.py").write_text(f"{statement}\n")
    else:
        (folder / importer).write_text(f"{statement}\n")
        module = importer.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        (folder / "main.py").write_text(f"import {module}\n")
    # Python agrees that the statement imports something.
    subprocess.run([sys.executable, "main.py"], cwd=folder, check=True)
    before = digest(folder)
    (folder / reached).write_text((folder / reached).read_text() + "\nMORE = 1\n")
    assert digest(folder) != before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("main.py", '"""Docstring."""\n\nfrom ccsncam import one  # why\n\n\n# Why.\n' + "{}"),
        ("ccsncam/one.py", "# Why.\nVALUE = 1  # why\n\n"),
        ("ccsncam/plain.py", "VALUE = 5\n"),
        ("ccsncam/wing/two.py", "VALUE = 5\n"),
    ],
)
def test_what_changes_no_result_is_not_seen(folder, name, text):
    before = digest(folder)
    rest = 'def main():\n    """Docstring.\n\n    More.\n    """\n    return one.VALUE\n'
    (folder / name).write_text(text.format(rest))
    assert digest(folder) == before


def test_code_beside_a_docstring_is_seen(folder):
    (folder / "ccsncam/one.py").write_text('"""é"""; VALUE = 1\n')
    before = digest(folder)
    (folder / "ccsncam/one.py").write_text('"""other"""; VALUE = 1\n')
    assert digest(folder) == before
    (folder / "ccsncam/one.py").write_text('"""other"""; VALUE = 2\n')
    assert digest(folder) != before
    # A mark of a comment inside a text is no comment.
    (folder / "ccsncam/one.py").write_text('VALUE = "# 1"\n')
    before = digest(folder)
    (folder / "ccsncam/one.py").write_text('VALUE = "# 2"\n')
    assert digest(folder) != before


@pytest.mark.parametrize("name", ["joblog", "__init__", "aliases"])
def test_modules_that_change_no_result_are_not_seen(folder, name):
    (folder / "ccsncam/aliases.py").touch()
    (folder / "main.py").write_text("from ccsncam import aliases, joblog\n")
    before = digest(folder)
    (folder / f"ccsncam/{name}.py").write_text("from ccsncam import plain\nPAUSE = 2\n")
    assert digest(folder) == before


def test_a_module_that_is_named_must_exist(folder):
    code = Code(lambda name: path if (path := folder / name).is_file() else None)
    (folder / "main.py").write_text("")
    with pytest.raises(ValueError, match=r"ccsncam\.wing\.twoo: there is no such module"):
        code.digest("main.py", "ccsncam.wing.twoo")


def test_types_are_not_executed(folder):
    lines = [
        "from typing import TYPE_CHECKING",
        "if TYPE_CHECKING:",
        "    from ccsncam.wing import two",
        "else:",
        "    import ccsncam.one",
    ]
    (folder / "main.py").write_text("\n".join(lines))
    before = digest(folder)
    (folder / "ccsncam/wing/two.py").write_text("VALUE = 5\n")
    assert digest(folder) == before
    (folder / "ccsncam/one.py").write_text("VALUE = 5\n")
    assert digest(folder) != before


def test_modules_by_name_are_followed(folder):
    before = digest(folder, "ccsncam.wing.two")
    assert before != digest(folder)
    (folder / "ccsncam/wing/two.py").write_text("VALUE = 5\n")
    assert digest(folder, "ccsncam.wing.two") != before


def test_a_missing_script_is_named(folder):
    (folder / "main.py").unlink()
    with pytest.raises(ValueError, match=r"main\.py: there is no such file"):
        digest(folder)


def test_circles_end(folder):
    (folder / "ccsncam/one.py").write_text("import ccsncam.wing.two\n")
    (folder / "ccsncam/wing/two.py").write_text("import ccsncam.one\n")
    assert len(digest(folder)) == 12
