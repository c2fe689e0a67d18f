"""Names for types that many functions share, and the progress that shows nothing."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

PathLike = str | os.PathLike[str]
# GPS ranges [start, end) in seconds.
Ranges = Sequence[Sequence[float]]
# Wraps an iterable and shows how far it is: `ccsncam.joblog.progress`, `bar` or `silent`.
Progress = Callable[..., Iterable[Any]]


def silent(iterable: Iterable[Any], *_: Any, **__: Any) -> Iterable[Any]:
    """Iterate and show nothing: the default where a function takes a `Progress`."""
    return iterable
