"""The one door through which a configuration passes when Snakemake starts."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ccsncam.config import duplicates, schema
from ccsncam.origin import VARIANT
from ccsncam.planning import checks, coherence, inputs, noise_checks, studies


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
    given = coherence.taken_out(config)
    checks.check(config, rules)
    noise_checks.check(config)
    inputs.check_files(config)
    checks.complete(config)
    coherence.must_be(given, config)


def prepare_study(
    config: dict[str, Any],
    defaults: Mapping[str, Any],
    rules: Mapping[str, Any],
    sources: Iterable[str | Path] = (),
) -> studies.Study:
    """Prepare a configuration and those of its variants.

    Parameters
    ----------
    config : dict
        Changed in place. The key `ccsncam.origin.VARIANT`, if it is there, names its variant.
    defaults, rules, sources
        As in `prepare`.

    Returns
    -------
    Study
        A configuration without variants gives one without them.

    Raises
    ------
    ValueError
        As `prepare`, and where a variant or another key of ``study`` is wrong.
    """
    # The schema has no such key, because no user writes it.
    variant = config.pop(VARIANT, None)
    prepare(config, defaults, rules, sources)
    found = studies.plan(config, partial(prepare, defaults=defaults, rules=rules))
    if variant is not None:
        config[VARIANT] = variant
        # The run whose variant this is has said them already.
        found.warnings.clear()
    return found
