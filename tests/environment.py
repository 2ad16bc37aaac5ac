"""The environment of the process that runs the tests."""

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def restored_environment() -> Iterator[None]:
    """Put the environment back as it was."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)
