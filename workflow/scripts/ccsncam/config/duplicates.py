"""Keys that occur twice in a configuration file: YAML's readers keep the last without a word."""

from collections.abc import Iterator

import yaml

from ccsncam.aliases import PathLike
from ccsncam.text import is_file, numbered_lines

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def check(path: PathLike) -> None:
    """Refuse a configuration file in which a block holds a key twice.

    Parameters
    ----------
    path : path
        A file of YAML or JSON that Snakemake has read already.

    Raises
    ------
    ValueError
        In one line with file, line and key.
    """
    # What came through a pipe cannot be read twice.
    if not is_file(path):
        return
    text = "\n".join(line for _, line in numbered_lines(path))
    try:
        root = yaml.compose(text, _LOADER)
    except yaml.YAMLError:
        # JSON with tabs is no YAML. Snakemake refuses what is neither.
        return
    for number, key, first in _repeated(root, set()):
        raise ValueError(
            f"{path}:{number}: the key {key!r} occurs twice in this block, first in line {first}; "
            "keep one of the two"
        )


def _repeated(node: yaml.Node | None, seen: set[int]) -> Iterator[tuple[int, str, int]]:
    """Line, name, and line of the first occurrence of each key that a block holds twice."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated(item, seen)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            number = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode):
                # A block may be merged into another one (`<<`) as often as one likes.
                if key.value in lines and key.tag != "tag:yaml.org,2002:merge":
                    yield number, key.value, lines[key.value]
                lines.setdefault(key.value, number)
            yield from _repeated(value, seen)
