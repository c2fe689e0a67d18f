"""Digests of code: a rule runs again when its script, or a library module behind it, has changed.

A rule's params hold the digest of its script. It covers the text of the script and of every module
of this package that the script imports, directly or through other modules. Comments, docstrings,
blank lines and blocks under ``if TYPE_CHECKING`` do not count. A module that is imported by name,
with ``importlib``, has to be named when the digest is asked for.
"""

import ast
import functools
import hashlib
import io
import tokenize
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath

PACKAGE = "ccsncam"
# The way in which a job logs changes no result.
UNSEEN = (f"{PACKAGE}/joblog.py",)

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


class Code:
    """The files of code behind scripts.

    Parameters
    ----------
    find : callable
        Takes the path of a file below the folder of the scripts, such as
        ``ccsncam/noise/store.py``. Returns the file, or None where there is no such file. A
        workflow that Snakemake has from a host of repositories fetches the file at this moment.
    """

    def __init__(self, find: Callable[[str], Path | None]) -> None:
        self._find = functools.cache(find)

    def digest(self, script: str, *modules: str) -> str:
        """Digest of a script and of the library behind it.

        Parameters
        ----------
        script : str
            Name of the file below the folder of the scripts, such as ``train.py``.
        *modules : str
            Modules that the script imports by name, such as ``ccsncam.plots.spectra``.

        Returns
        -------
        str
            12 hexadecimal digits.

        Raises
        ------
        ValueError
            If a file is missing.
        """
        found = hashlib.sha256()
        for name, path in self._reached(script, modules).items():
            if name not in UNSEEN:
                found.update(_said(path))
        return found.hexdigest()[:12]

    def files(self, script: str | None, *modules: str) -> list[Path]:
        """Files of a script, of some modules, and of all that they import from this package.

        Parameters and errors are those of `digest`; ``script`` may be None.

        Returns
        -------
        list of pathlib.Path
            Each once, in the order in which imports reach them.
        """
        return list(self._reached(script, modules).values())

    def _reached(self, script: str | None, modules: Iterable[str]) -> dict[str, Path]:
        """Files by their paths below the folder of the scripts, in the order of `files`."""
        todo: list[tuple[str, str]] = []
        if script is not None:
            todo.append((script, ""))
        for module in modules:
            todo += self._files_of(module)
        done: dict[str, Path] = {}
        while todo:
            name, module = todo.pop(0)
            if name in done:
                continue
            path = self._find(name)
            if path is None:
                raise ValueError(f"{name}: there is no such file of code beside the scripts")
            done[name] = path
            for other in _imports(path, _package_of(name, module)):
                todo += self._files_of(other)
        return done

    def _files_of(self, module: str) -> list[tuple[str, str]]:
        """Files that Python runs to import a module: its packages' ``__init__.py`` and its own.

        The last part of the name may be a name inside a module, which is no file of its own.
        """
        parts = module.split(".")
        if parts[0] != PACKAGE:
            return []
        found = []
        for end in range(1, len(parts) + 1):
            inner, place = ".".join(parts[:end]), PurePosixPath(*parts[:end])
            if self._find(f"{place}.py") is not None:
                found.append((f"{place}.py", inner))
                break
            if self._find(f"{place}/__init__.py") is None:
                break
            found.append((f"{place}/__init__.py", inner))
        return found


def _package_of(name: str, module: str) -> list[str]:
    """Parts of the name of the package to which relative imports of a file refer."""
    parts = module.split(".") if module else []
    return parts if name.endswith("/__init__.py") else parts[:-1]


@functools.cache
def _tree(path: Path) -> tuple[str, ast.Module]:
    text = path.read_text(encoding="utf-8")
    return text, ast.parse(text)


def _imports(path: Path, package: list[str]) -> Iterator[str]:
    """Full names that a file imports; of ``from a import b`` both ``a`` and ``a.b``."""
    _, tree = _tree(path)
    for node in _executed(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a tree, except those that only a type checker reads."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and _is_type_checking(child.test):
            for other in child.orelse:
                yield from _executed(other)
        else:
            yield from _executed(child)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


@functools.cache
def _said(path: Path) -> bytes:
    """The text of a file without comments, docstrings and blank lines.

    It is the text and not Python's own form of it, which differs from version to version.
    """
    text, tree = _tree(path)
    rows = text.split("\n")
    lines = [row.encode() for row in rows]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            width = len(rows[row - 1][:column].encode())
            lines[row - 1] = lines[row - 1][:width]
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            _blank(lines, node.body[0])
    return b"\n".join(line.rstrip() for line in lines if line.strip())


def _blank(lines: list[bytes], node: ast.stmt) -> None:
    """Remove a statement from lines; columns of the tree count bytes."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    head, tail = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
    lines[first : last + 1] = [head + tail, *[b""] * (last - first)]
