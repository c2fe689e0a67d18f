"""Bad inputs of every kind: each must be refused in one line that says where and what to do.

``python tests/bad_inputs.py`` tries all of them and prints how many there are of each kind, and
each that is taken, that ends in a traceback, or whose message does not say what it should. pytest
does the same in `tests/unit/test_bad_inputs.py`.
"""

import collections
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
LONGEST = 500


class Case(NamedTuple):
    """A bad input.

    ``attempt`` takes an empty folder, and must raise ValueError in one line that holds each of
    the texts of ``says``.
    """

    group: str
    what: str
    attempt: Callable[[Path], object]
    says: tuple[str, ...]


def complaint(case: Case, folder: Path) -> str | None:
    """What is wrong with the refusal of a bad input; None where nothing is."""
    try:
        case.attempt(folder)
    except ValueError as error:
        text = str(error)
        if type(error) is not ValueError:
            return f"{type(error).__name__}: {text}"
        if "\n" in text or len(text) > LONGEST:
            return f"{len(text)} characters in {text.count(chr(10)) + 1} lines: {text[:200]}"
        missing = [part for part in case.says if part not in text]
        return f"does not say {missing[0]!r}: {text}" if missing else None
    except Exception as error:
        return f"ends in {type(error).__name__}: {str(error)[:200]}"
    return "is taken"


def cases() -> Iterator[Case]:
    """All bad inputs."""
    # They need the library, which `main` and pytest put on the path.
    import bad_configs
    import bad_tables
    import bad_waveforms

    yield from bad_configs.by_hand()
    yield from bad_configs.by_schema()
    yield from bad_tables.cases()
    yield from bad_waveforms.cases()


def tried(folder: Path) -> Iterator[tuple[Case, str | None]]:
    """Try each bad input in a folder of its own; configurations name files of the repository."""
    for number, case in enumerate(cases()):
        own = folder / str(number)
        own.mkdir()
        yield case, complaint(case, own)


def main() -> int:
    sys.path[:0] = [str(ROOT / "workflow/scripts"), str(ROOT / "tests")]
    counts: collections.Counter[str] = collections.Counter()
    failed = 0
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        for case, problem in tried(Path(folder)):
            counts[case.group] += 1
            if problem is not None:
                failed += 1
                print(f"{case.group}: {case.what}: {problem}")
    for group, count in counts.items():
        print(f"{count:5d} {group}")
    print(f"{counts.total():5d} bad inputs, {failed} of them not refused as they should be")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
