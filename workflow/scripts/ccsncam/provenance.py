"""Digests of code: a rule runs again when its script, or a library module behind it, has changed.

A rule's params hold the digest of its script. It covers the text of the script and of every module
of this package that the script imports, directly or through other modules. Comments, docstrings
and blank lines do not count, and imports under ``if TYPE_CHECKING`` are not followed. A module that
is imported by name, with ``importlib``, has to be named when the digest is asked for.
"""

import ast
import functools
import hashlib
import io
import tokenize
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

PACKAGE = "ccsncam"
# No result depends on the way in which a job logs, on the names of types, or on the list of names
# that notebooks take from the package.
UNSEEN = tuple(f"{PACKAGE}/{name}.py" for name in ("joblog", "aliases", "__init__"))

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
        self._behind = functools.cache(self._directly_behind)

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
            If a file or a module is missing.
        """
        found = hashlib.sha256()
        for name, path in self._reached(script, modules).items():
            if name not in UNSEEN:
                found.update(_read(path).text)
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
            files = self._files_of(module)
            if not files or files[-1][1] != module:
                raise ValueError(f"{module}: there is no such module beside the scripts")
            todo += files
        done: dict[str, Path] = {}
        while todo:
            name, module = todo.pop(0)
            if name in done:
                continue
            path = self._find(name)
            if path is None:
                raise ValueError(f"{name}: there is no such file of code beside the scripts")
            done[name] = path
            todo += self._behind(name, module)
        return done

    def _directly_behind(self, name: str, module: str) -> list[tuple[str, str]]:
        """Files that Python runs for the imports of one file, each with its module's name."""
        path = self._find(name)
        if path is None:
            return []
        imported = _imports(path, _package_of(name, module))
        return list(dict.fromkeys(one for other in imported for one in self._files_of(other)))

    def _files_of(self, module: str) -> list[tuple[str, str]]:
        """Files that Python runs to import a module: its packages' ``__init__.py`` and its own.

        The last part of the name may be a name inside a module, which has no file of its own.
        """
        parts = module.split(".")
        if parts[0] != PACKAGE:
            return []
        found = []
        for end in range(1, len(parts) + 1):
            inner, place = ".".join(parts[:end]), PurePosixPath(*parts[:end])
            # Python looks for the package first, too.
            if self._find(f"{place}/__init__.py") is not None:
                found.append((f"{place}/__init__.py", inner))
                continue
            if self._find(f"{place}.py") is not None:
                found.append((f"{place}.py", inner))
            break
        return found


def _package_of(name: str, module: str) -> tuple[str, ...]:
    """Parts of the name of the package to which relative imports of a file refer."""
    parts = tuple(module.split(".")) if module else ()
    return parts if name.endswith("/__init__.py") else parts[:-1]


class _Source(NamedTuple):
    """What a file says: its text, and each import as (level, module or None, names)."""

    text: bytes
    imports: tuple[tuple[int, str | None, tuple[str, ...]], ...]


@functools.cache
def _read(path: Path) -> _Source:
    """Read a file; its tree is not kept, because many trees cost time when Python ends."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    imports: list[tuple[int, str | None, tuple[str, ...]]] = []
    for node in _statements(tree, types=False):
        if isinstance(node, ast.Import):
            imports.append((0, None, tuple(alias.name for alias in node.names)))
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            imports.append((node.level, node.module or "", names))
    return _Source(_said(text, tree), tuple(imports))


def _imports(path: Path, package: tuple[str, ...]) -> Iterator[str]:
    """Full names that a file imports; for ``from a import b`` both ``a`` and ``a.b``."""
    for level, module, names in _read(path).imports:
        if module is None:
            yield from names
            continue
        above = package[: len(package) + 1 - level] if level else ()
        base = ".".join([*above, *([module] if module else [])])
        yield base
        yield from (f"{base}.{name}" for name in names)


def _statements(tree: ast.AST, types: bool) -> Iterator[ast.AST]:
    """A tree and all statements in it, with or without those that only a type checker reads."""
    yield tree
    skipped = not types and isinstance(tree, ast.If) and _is_type_checking(tree.test)
    for field in ("body", "orelse", "handlers", "finalbody", "cases"):
        if field == "body" and skipped:
            continue
        inner = getattr(tree, field, ())
        # The body of a lambda and the branches of a conditional expression are no statements.
        for child in inner if isinstance(inner, list) else ():
            yield from _statements(child, types)


def _is_type_checking(test: ast.expr) -> bool:
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return name == "TYPE_CHECKING"


def _said(text: str, tree: ast.Module) -> bytes:
    """The text of a file without comments, docstrings and blank lines.

    It is the text and not Python's own form of it, which differs from version to version.
    """
    lines = [line.encode() for line in text.split("\n")]
    for node in _statements(tree, types=True):
        if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            _blank(lines, node.body[0])
    rest = b"\n".join(lines).decode()
    return _without_comments(rest).encode()


def _blank(lines: list[bytes], node: ast.stmt) -> None:
    """Remove a statement from lines; columns of the tree count bytes."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    head, tail = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
    lines[first : last + 1] = [head + tail, *[b""] * (last - first)]


def _without_comments(text: str) -> str:
    """Remove comments and blank lines.

    Python's tokenizer is slow, so it only reads the lines in which a comment may stand. It reads
    the whole text where texts or statements may run over several lines.
    """
    lines = text.split("\n")
    whole = '"""' in text or "'''" in text or any(line.endswith("\\") for line in lines)
    try:
        starts = _comments(text) if whole else _comments_by_line(lines)
    except (tokenize.TokenError, SyntaxError):
        starts = _comments(text)
    for row, column in starts.items():
        lines[row] = lines[row][:column]
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _comments_by_line(lines: list[str]) -> dict[int, int]:
    """Rows of comments, and the columns at which they begin."""
    found = {}
    for row, line in enumerate(lines):
        before, mark, _ = line.partition("#")
        if not mark:
            continue
        if '"' not in before and "'" not in before:
            found[row] = len(before)
            continue
        column = _comment(line.lstrip())
        if column is not None:
            found[row] = len(line) - len(line.lstrip()) + column
    return found


def _comment(line: str) -> int | None:
    """Column at which the comment of a line begins; None where there is none."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(line).readline):
            if token.type == tokenize.COMMENT:
                return token.start[1]
    except tokenize.TokenError as error:
        # A bracket that is open at the end of the line is no fault.
        if "EOF" not in str(error):
            raise
    return None


def _comments(text: str) -> dict[int, int]:
    """Rows of comments, counted from 0, and the columns at which they begin."""
    return {
        token.start[0] - 1: token.start[1]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    }
