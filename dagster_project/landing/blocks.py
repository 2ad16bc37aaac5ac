"""Cuts files into blocks, and reads several at once but tells of them in order."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, TypeVar

import numpy as np
import numpy.typing as npt

BLOCK = 2 * 1024 * 1024
LEAST = 1024 * 1024
MARK = b"\xef\xbb\xbf"
NEWLINE, RETURN = 10, 13
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Read = TypeVar("Read")


@dataclass(frozen=True)
class Block:
    """Bytes of a file from `start` on; they end with a line where they can."""

    start: int
    data: bytes

    @property
    def stop(self) -> int:
        return self.start + len(self.data)

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        return np.frombuffer(self.data, dtype=np.uint8)


def mark_of(file: IO[bytes]) -> int:
    """The length of the byte order mark that a file begins with."""
    return len(MARK) if file.read(len(MARK)) == MARK else 0


def cut(file: IO[bytes], start: int, size: int) -> Iterator[Block]:
    """The file from `start` on; a line longer than a block is cut where it must be."""
    file.seek(start)
    rest = b""
    while read := file.read(size):
        data = rest + read
        end = data.rfind(b"\n") + 1 or len(data)
        yield Block(start, data[:end])
        rest = data[end:]
        start += end
    if rest:
        yield Block(start, rest)


def size_for(size: int, threads: int) -> int:
    """Small enough that every thread has something of a small file to read."""
    return max(LEAST, min(BLOCK, size // threads + 1))


class Crew:
    """Threads that read blocks: started at first use, and kept from file to file."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads)
        self._begun: dict[tuple[str, int], Future[Any]] = {}

    def begin(
        self, sha256: str, blocks: Iterator[Block], read: Callable[[Block], object]
    ) -> None:
        """Read the blocks of a file whose turn comes later, by its hash."""
        for block in blocks:
            self._begun[sha256, block.start] = self._pool.submit(read, block)

    def forget(self, sha256: str) -> None:
        """Whatever was begun of a file and not asked for."""
        for key in [key for key in self._begun if key[0] == sha256]:
            self._begun.pop(key).cancel()

    @contextmanager
    def read_ahead(
        self, sha256: str, blocks: Iterator[Block], read: Callable[[Block], Read]
    ) -> Iterator[Iterator[tuple[Block, Read]]]:
        """What `read` makes of each block, in order; a few are held at a time."""
        ahead: deque[tuple[Block, Future[Read]]] = deque()

        def in_order() -> Iterator[tuple[Block, Read]]:
            for block in blocks:
                begun = self._begun.pop((sha256, block.start), None)
                ahead.append((block, begun or self._pool.submit(read, block)))
                if len(ahead) > self.threads:
                    yield taken()
            while ahead:
                yield taken()

        def taken() -> tuple[Block, Read]:
            block, future = ahead.popleft()
            return block, future.result()

        try:
            yield in_order()
        finally:
            wait([future for _, future in ahead if not future.cancel()])

    def close(self) -> None:
        self._pool.shutdown()


def line_borders(block: Block) -> tuple[Positions, Positions]:
    """Where lines begin and stop; the last may lack its line break."""
    stops = np.flatnonzero(block.codes == NEWLINE) + 1
    if not len(stops) or stops[-1] < len(block.data):
        stops = np.append(stops, len(block.data))
    return np.concatenate([[0], stops[:-1]]), stops


def join_runs(data: bytes, starts: Positions, stops: Positions, kept: Mask) -> bytes:
    """The lines that are kept, one behind the other."""
    if kept.all():
        return data
    edges = np.flatnonzero(np.diff(kept, prepend=False, append=False))
    begins, ends = starts[edges[0::2]], stops[edges[1::2] - 1]
    view = memoryview(data)
    runs = zip(begins.tolist(), ends.tolist(), strict=True)
    return b"".join(view[begin:end] for begin, end in runs)


def unreadable_lines(data: bytes, starts: Positions, stops: Positions) -> list[int]:
    """The lines that are no UTF-8; Python decides, as it does for small files."""
    if _is_utf8(data):
        return []
    codes = np.frombuffer(data, dtype=np.uint8)
    high = np.searchsorted(stops, np.flatnonzero(codes > 127), side="right")
    lines = np.unique(high)
    return [i for i in lines.tolist() if not _is_utf8(data[starts[i] : stops[i]])]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
