"""The one door through which a configuration passes when Snakemake starts."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ccsncam.config import duplicates, schema
from ccsncam.planning import checks, inputs, noise_checks


def prepare(
    config: dict[str, Any],
    defaults: Mapping[str, Any],
    rules: Mapping[str, Any],
    sources: Iterable[str | Path] = (),
) -> None:
    """Fill a configuration with defaults, and check it and the files that it names.

    Parameters
    ----------
    config : dict
        What the user has given; changed in place.
    defaults : mapping
        The default configuration.
    rules : mapping
        JSON schema of a whole configuration.
    sources : list of path
        The files of which the configuration was read. A key that occurs twice in one of them is
        refused, because the first of the two would be lost without a word.

    Raises
    ------
    ValueError
        In one line for each problem: which key or file is wrong, why, and what to do.
    """
    for path in sources:
        duplicates.check(path)
    schema.fill(config, defaults)
    checks.check(config, rules)
    noise_checks.check(config)
    inputs.check_files(config)
    checks.complete(config)
