"""What a person can do about a fault of the machine; knows no step of a night."""

import re
from typing import Final

_FULL: Final = re.compile(
    r"no space left|file too large|disk quota|disk i/o error|database or disk is full"
    r"|could not write all bytes|failed to offload data block",
    re.IGNORECASE,
)
_MEMORY: Final = re.compile(
    r"out of memory|cannot allocate memory|bad_alloc", re.IGNORECASE
)
_DENIED: Final = re.compile(r"permission denied|read-only file system", re.IGNORECASE)
_REMEDIES: Final = (
    (
        _MEMORY,
        "The memory that a night may use is too small: set FUNNELHOUSE_MEMORY_LIMIT "
        "higher (such as 8GB), or FUNNELHOUSE_THREADS lower.",
    ),
    (
        _FULL,
        "The disk is full, or files may not grow (ulimit -f): make room where "
        "FUNNELHOUSE_DATA lies.",
    ),
    (
        _DENIED,
        "Give the user that runs the night the right to write there, or name another "
        "folder with FUNNELHOUSE_DATA.",
    ),
)
OF_A_NIGHT: Final = "What was published stands; then run the night again."
OF_A_COMMAND: Final = "Then give the command again."


def with_remedy(text: str, goes_on: str = OF_A_NIGHT) -> str:
    """A fault's own words, and what to do where the machine is at fault."""
    remedies = [remedy for pattern, remedy in _REMEDIES if pattern.search(text)]
    return f"{text}\n{remedies[0]} {goes_on}" if remedies else text
