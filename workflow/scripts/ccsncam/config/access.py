"""How GWOSC is reached: the block ``noise.gwosc``."""

from dataclasses import dataclass

from ccsncam.config.blocks import Block


@dataclass(frozen=True)
class Access(Block):
    """How GWOSC is reached; a part of the block ``noise.gwosc``.

    ``host`` is the URL of the server that lists files. ``mirror`` replaces scheme and host in the
    URLs of files. ``proxy`` is a URL; None stands for the proxy of the environment. A download is
    given up after ``attempts`` without progress, a silent connection after ``timeout`` seconds.
    """

    host: str
    mirror: str | None
    proxy: str | None
    attempts: int
    timeout: float
