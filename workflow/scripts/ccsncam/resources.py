"""Small tables that ship with the workflow.

Scripts find them beside the library and rules hold digests of them: as input files they would be
recorded by absolute path, and a folder of results that is moved would be made anew.
"""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parents[3] / "resources"


def path(name):
    """Path of a shipped table."""
    return FOLDER / name


def digest(*names):
    """Digest of what shipped tables say; comments and empty lines say nothing."""
    found = hashlib.sha256()
    for name in names:
        lines = path(name).read_text().splitlines()
        kept = [line for line in lines if line.strip() and not line.startswith("#")]
        found.update("\n".join(kept).encode())
    return found.hexdigest()[:12]
