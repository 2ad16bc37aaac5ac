"""Files as they arrive: finding them, hashing them, unpacking them; reads no rows."""

import fnmatch
import glob
import gzip
import hashlib
import io
import itertools
import os
import re
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]

from dagster_project.landing.contract import Contract
from dagster_project.landing.times import read_instant

SMALL = 8 * 1024 * 1024
BLOCK = 1024 * 1024
WIDEST = 4  # bytes of a line break in UTF-32
PACKED = (".gz", ".zst")
MANIFEST = "SHA256SUMS"
OPEN_IT = "give the user that runs the night the right to read it"
IGNORED = (".sha256", ".tmp", MANIFEST)


class RefusedError(Exception):
    """A file that is refused whole; the message gives reason and remedy."""


@dataclass(frozen=True)
class Found:
    """A file that matches a glob; `name` is relative to extracts/, posix."""

    name: str
    path: Path


@dataclass(frozen=True)
class Incoming:
    """A file to read: `content` where it is small, else plain bytes at `path`."""

    name: str
    sha256: str
    path: Path
    content: bytes | None
    extracted_at: datetime | None

    def open(self) -> IO[bytes]:
        return (
            self.path.open("rb") if self.content is None else io.BytesIO(self.content)
        )

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.content is None else len(self.content)


def find_files(contract: Contract, extracts: Path) -> list[Found]:
    """Every file that matches the contract, packed or not, in the order of names.

    A folder that may hold such files and cannot be opened stands for them.
    """
    names: set[str] = set()
    for pattern in contract.files:
        endings = ("",) if pattern.endswith(PACKED) else ("", *PACKED)
        for ending in endings:
            found = glob.iglob(pattern + ending, root_dir=extracts, recursive=True)  # noqa: PTH207  skips hidden files
            names.update(found)
    files = {
        name
        for name in names
        if not name.endswith(IGNORED) and not os.path.isdir(extracts / name)  # noqa: PTH112  no error where a folder is closed
    }
    closed = {
        folder
        for pattern in contract.files
        for folder in _closed_folders(pattern, extracts)
    }
    return [Found(_shown(name), extracts / name) for name in sorted(files | closed)]


def _closed_folders(pattern: str, extracts: Path) -> Iterator[str]:
    """Folders whose files may match, and which this process's user may not list."""
    of_pattern = PurePosixPath(pattern).parts[:-1]
    fixed = itertools.takewhile(lambda part: not glob.has_magic(part), of_pattern)
    faults: list[OSError] = []
    for _, folders, _ in os.walk(extracts.joinpath(*fixed), onerror=faults.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
    for fault in faults:
        folder = os.path.relpath(fault.filename, extracts)
        if isinstance(fault, PermissionError) and _may_hold(folder, of_pattern):
            yield folder


def _may_hold(folder: str, of_pattern: Sequence[str]) -> bool:
    """Whether files that match lie in the folder, or in one below it."""
    for number, part in enumerate(PurePosixPath(folder).parts):
        if number == len(of_pattern):
            return False
        if of_pattern[number] == "**":
            return True
        if not fnmatch.fnmatchcase(part, of_pattern[number]):
            return False
    return True


def unclaimed_files(contracts: Iterable[Contract], extracts: Path) -> list[str]:
    """Files below extracts/ that no declaration matches; none is left in silence."""
    claimed = {found.name for each in contracts for found in find_files(each, extracts)}
    names = glob.iglob("**", root_dir=extracts, recursive=True)  # noqa: PTH207  skips hidden files
    return sorted(
        _shown(name)
        for name in names
        if not name.endswith(IGNORED)
        and os.path.isfile(extracts / name)  # noqa: PTH113  no error where a folder is closed
        and _shown(name) not in claimed
    )


def _shown(name: str) -> str:
    """A name that can be stored: bytes that are no UTF-8 are shown as escapes."""
    posix = name.replace(os.sep, "/")
    return os.fsencode(posix).decode("utf-8", errors="backslashreplace")


def check_place(path: Path, extracts: Path) -> None:
    """Refuse what is no regular file, or lies outside extracts/ behind a link."""
    try:
        real = path.resolve(strict=True)
    except PermissionError as error:
        raise RefusedError(f"cannot be read; {OPEN_IT}") from error
    except (OSError, RuntimeError) as error:
        raise RefusedError("a link that leads nowhere; remove or mend it") from error
    if not real.is_relative_to(extracts.resolve()):
        raise RefusedError(
            "a link that leaves the extracts folder; copy the file into it instead"
        )
    if real.is_dir():
        raise RefusedError(f"a folder that cannot be opened; {OPEN_IT}")
    if not stat.S_ISREG(real.stat().st_mode):
        raise RefusedError("not a regular file; put a plain file in its place")


def is_held(path: Path) -> bool:
    """Whether a file is read whole at once: it is small and not packed."""
    return path.suffix not in PACKED and path.stat().st_size <= SMALL


def _readable(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except PermissionError as error:
        raise RefusedError(f"cannot be read; {OPEN_IT}") from error


def digest(path: Path) -> tuple[str, bytes | None]:
    """The sha256 of a file, and its bytes where it is small and not packed."""
    with _readable(path) as file:
        if os.fstat(file.fileno()).st_size <= SMALL and path.suffix not in PACKED:
            content = file.read()
            return hashlib.sha256(content).hexdigest(), content
        return hashlib.file_digest(file, "sha256").hexdigest(), None


def check_sidecar(path: Path, sha256: str) -> bool:
    """Whether a checksum vouches for the file: its `.sha256`, or its folder's list.

    Raises:
        RefusedError: a file that differs from its checksum, or a list that lacks it.
    """
    sidecar, manifest = path.with_name(path.name + ".sha256"), path.with_name(MANIFEST)
    if sidecar.is_file():
        stated = _stated_sha256(sidecar.read_bytes()[:4096])
        if stated is None:
            raise RefusedError(f"{sidecar.name} holds no sha256; write it anew")
    elif manifest.is_file():
        sidecar, stated = manifest, _listed_sha256(manifest, path.name)
    else:
        return False
    if stated != sha256:
        raise RefusedError(
            f"content differs from {sidecar.name} (is {sha256}); copy the file again"
        )
    return True


def _stated_sha256(line: bytes) -> str | None:
    stated = re.match(rb"\\?([0-9A-Fa-f]{64})\b", line.lstrip())
    return stated[1].decode().lower() if stated else None


def _listed_sha256(manifest: Path, name: str) -> str:
    """The checksum of a file in a list as `sha256sum` writes it."""
    for line in manifest.read_bytes().splitlines():
        parts = line.split(maxsplit=1)
        written = parts[1].lstrip(b"*") if len(parts) == 2 else b""
        if written.removeprefix(b"./") == os.fsencode(name):
            return _stated_sha256(line) or ""
    raise RefusedError(f"{MANIFEST} beside it does not list it; write the list anew")


def stated_time(contract: Contract, name: str) -> datetime | None:
    """The time stated for a whole file; None where each row has its own."""
    pattern = contract.extracted_at.path
    if pattern is None:
        return contract.extracted_at.fixed
    found = re.search(pattern, name)
    if found is None:
        raise RefusedError(
            f"name does not match extracted_at.path {pattern!r}; rename the file or "
            "mend the expression"
        )
    named = "extracted_at" in found.re.groupindex
    text = found["extracted_at" if named else 1] or ""
    instant = read_instant(text, ZoneInfo(contract.timezone), day_ends=True)
    if instant is None:
        raise RefusedError(
            f"{text!r} in its name is no date; rename the file or mend "
            f"extracted_at.path {pattern!r}"
        )
    return instant


def ends_open(incoming: Incoming) -> bool:
    """Whether the last line has no line break, as after a copy that was cut short."""
    with incoming.open() as file:
        file.seek(-min(incoming.size, WIDEST), os.SEEK_END)
        return not file.read().rstrip(b"\0").endswith((b"\n", b"\r"))


@contextmanager
def unpacked(
    found: Found, sha256: str, content: bytes | None, at: datetime | None, scratch: Path
) -> Iterator[Incoming]:
    """The file with its compression removed and verified to the last byte."""
    plain = scratch / "unpacked"
    if found.path.suffix in PACKED:
        content, path = _unpack(found.path, plain), plain
    else:
        path = found.path
    try:
        yield Incoming(found.name, sha256, path, content, at)
    finally:
        plain.unlink(missing_ok=True)


def _unpack(packed: Path, plain: Path) -> bytes | None:
    try:
        with _opened(packed) as stream:
            head = stream.read(SMALL)
            if not (more := stream.read(BLOCK)):
                return head
            with plain.open("wb") as file:
                file.write(head)
                while more:
                    file.write(more)
                    more = stream.read(BLOCK)
            return None
    except (EOFError, zlib.error, pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # the disk's fault (full, not permitted), not the stream's
        raise RefusedError(
            f"broken {packed.suffix} stream ({error}); copy the file again"
        ) from error


def _opened(packed: Path) -> IO[bytes] | gzip.GzipFile:
    if packed.suffix == ".gz":
        return gzip.open(packed, "rb")
    stream: IO[bytes] = pa.input_stream(str(packed), compression="zstd")
    return stream
