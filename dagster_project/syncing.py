"""Files that are there whole or not at all."""

import os
from pathlib import Path


def replace_whole(unfinished: Path, target: Path) -> Path:
    """Have a finished file reach the disk, then take the place of the target."""
    sync(unfinished)
    unfinished.replace(target)
    sync(target.parent)
    return target


def sync(path: Path) -> None:
    """Have a file or a folder's entries reach the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Have everything below a folder reach the disk."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)
