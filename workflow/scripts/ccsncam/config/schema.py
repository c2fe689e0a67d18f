"""Check a configuration against its JSON schema, and fill in default values."""

import copy
import difflib
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema

# Validators whose own words do not say what to write.
_DESCRIBED = ("pattern", "type", "enum", "contains", "minItems", "uniqueItems")
# Keys that are called otherwise in earlier versions and in other texts, and what to write today.
_RENAMED = {
    "classify": "'moment', or 'moment.table' for a table of several moments",
    "moment.moments": "'moment.table'",
}


def _is_integer(_checker: Any, value: Any) -> bool:
    """True for whole numbers without a decimal point: 1.0 cannot count or seed anything."""
    return isinstance(value, int) and not isinstance(value, bool)


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


def validate(config: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Check a configuration against a JSON schema.

    Parameters
    ----------
    config : mapping
        The whole configuration.
    schema : mapping
        JSON schema, draft 2020-12.

    Raises
    ------
    ValueError
        One line says which key is wrong, why, and what to do.
    """
    validator = _Validator(schema)
    error = jsonschema.exceptions.best_match(validator.iter_errors(config))
    if error is not None:
        where = ".".join(map(str, error.absolute_path)) or "the top level"
        words = textwrap.shorten(error.message, 200, placeholder="…")
        if error.validator == "additionalProperties":
            unknown = ", ".join(map(repr, _unknown(error)))
            words = f"unknown key {textwrap.shorten(unknown, 100, placeholder='…')}"
        raise ValueError(f"config, {where}: {words}{_hint(error)}")


def _unknown(error: jsonschema.ValidationError) -> list[str]:
    """Keys of a block that its schema does not know."""
    return [name for name in error.instance if name not in error.schema["properties"]]


def _hint(error: jsonschema.ValidationError) -> str:
    """What to do about an error, in the words that follow its message."""
    hint = "; config/README.md lists every key"
    if error.validator == "type" and _is_number(error.instance):
        return (
            "; write 5.0e-4, not 5e-4, and give numbers inside a block in a file, not by --config"
        )
    if error.validator in _DESCRIBED and "description" in error.schema:
        return f" ({error.schema['description']}){hint}"
    if error.validator == "additionalProperties":
        return "".join(_meant(error)) + hint
    return hint


def _meant(error: jsonschema.ValidationError) -> Iterator[str]:
    """What the first unknown keys of a block may stand for."""
    for name in _unknown(error)[:3]:
        key = ".".join(map(str, (*error.absolute_path, name)))
        near = difflib.get_close_matches(str(name), error.schema["properties"], 1)
        words = _RENAMED.get(key) or next(map(repr, near), None)
        if words:
            yield f"; did you mean {words}?"


def _is_number(text: Any) -> bool:
    """True for a string that reads as a number."""
    try:
        float(text)
    except (TypeError, ValueError):
        return False
    return isinstance(text, str)


def must_rise(key: str, pair: Sequence[float], equal: bool = False) -> None:
    """Refuse two bounds of the key that do not rise; ``equal`` says whether both may be one."""
    low, high = pair
    if not (low < high or (equal and low == high)):
        raise ValueError(f"config, {key}: [{low}, {high}] must rise; swap the two numbers")


def fill(config: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Put default values where a configuration has none; maps are filled, lists are not.

    The keys get the order of the defaults. Snakemake compares params as text, so that a key of the
    user's in another place would make results again.

    Parameters
    ----------
    config : dict
        Changed in place.
    defaults : mapping
    """
    for key, value in defaults.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            fill(config[key], value)
        else:
            config.setdefault(key, copy.deepcopy(value))
    for key in [*defaults, *(key for key in config if key not in defaults)]:
        config[key] = config.pop(key)


def merged(block: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Override a configuration as ``--configfile`` does: maps are merged, lists are replaced.

    Parameters
    ----------
    block, changes : mapping
        Neither is changed.

    Returns
    -------
    dict
    """
    found = copy.deepcopy(dict(block))
    for key, value in changes.items():
        inner = found.get(key)
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            found[key] = merged(inner, value)
        else:
            found[key] = copy.deepcopy(value)
    return found


def must_span(key: str, pair: Sequence[float], least: float) -> None:
    """Check that a GPS range is long enough; a ValueError names the key.

    Parameters
    ----------
    key : str
    pair : (start, end)
        GPS times [s].
    least : float
        Shortest length [s].
    """
    if pair[1] - pair[0] < least:
        raise ValueError(
            f"config, {key}: [{pair[0]}, {pair[1]}]: the end must lie at least {least:g} s after "
            "the start"
        )
