"""Make the table of keys in config/README.md from the schema and the default values.

``python tools/config_reference.py`` prints the table; ``--write`` puts it into config/README.md.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
README = ROOT / "config/README.md"
BEGIN, END = "<!-- keys: made by tools/config_reference.py -->\n", "<!-- end of keys -->\n"
# The table leaves a longer default to config/config.yaml.
LONGEST = 72


def keys(
    values: dict[str, Any], schema: dict[str, Any], above: str = ""
) -> Iterator[tuple[str, Any, str]]:
    """Keys of the configuration with their defaults and descriptions.

    If the schema describes the keys of a block, each of them is listed. Any other value is one key.

    Parameters
    ----------
    values : dict
        The default configuration, or a block of it.
    schema : dict
        Its schema.
    above : str
        Names of the blocks above, with a dot after each.

    Yields
    ------
    key, default, description
    """
    for name, value in values.items():
        own = schema["properties"][name]
        described = [one for one in own.get("properties", {}).values() if "description" in one]
        if described and isinstance(value, dict):
            yield from keys(value, own, f"{above}{name}.")
        else:
            yield f"{above}{name}", value, " ".join(own["description"].split())


def table() -> str:
    """The table in Markdown, one row per key."""
    values = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
    schema = yaml.safe_load(
        (ROOT / "workflow/schemas/config.schema.yaml").read_text(encoding="utf-8")
    )
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for key, default, meaning in keys(values, schema):
        shown = json.dumps(default)
        words = f"`{shown}`" if len(shown) <= LONGEST else "see `config.yaml`"
        rows.append(f"| `{key}` | {words} | {meaning} |")
    return "\n".join(rows) + "\n"


def written(text: str) -> str:
    """Replace the table in the text of config/README.md with a new one."""
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Print the table, or write it into config/README.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="change config/README.md")
    if parser.parse_args().write:
        text = written(README.read_text(encoding="utf-8"))
        README.write_text(text, encoding="utf-8")
    else:
        print(table(), end="")


if __name__ == "__main__":
    main()
