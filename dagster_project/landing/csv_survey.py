"""Tells which lines of a block of CSV are plain records, without any CSV reader."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dagster_project.landing.blocks import (
    MARK,
    NEWLINE,
    RETURN,
    Block,
    Mask,
    Positions,
    line_borders,
    unreadable_lines,
)

LONGEST = 1024 * 1024
QUOTE = 34


@dataclass(frozen=True)
class Survey:
    """The lines of a block: where they are, and which are plain, which are blank.

    Where a record begins with a plain line, it is that line: UTF-8 without NUL, as many
    fields as the header, quotes only around whole fields and doubled inside. What is
    neither plain nor blank is for the careful reader to judge.
    """

    starts: Positions
    stops: Positions
    plain: Mask
    blank: Mask


def survey(block: Block, delimiter: str, width: int) -> Survey:
    starts, stops = line_borders(block)
    lines = _Lines(block, starts, stops, ord(delimiter))
    blank = lines.are_blank()
    plain = (lines.fields() == width) & (stops - starts <= LONGEST) & ~blank
    for odd in lines.odd():
        plain[odd] = False
    if not block.data.endswith(b"\n"):
        plain[-1] = blank[-1] = False
    if MARK in block.data:
        # at the beginning of what it is given, a reader leaves the mark out
        plain[block.codes[starts] == MARK[0]] = False
    return Survey(starts, stops, plain, blank)


@dataclass(frozen=True)
class _Lines:
    """What stands in each line, as if each began outside of quotes."""

    block: Block
    starts: Positions
    stops: Positions
    delimiter: int

    def are_blank(self) -> Mask:
        lengths = self.stops - self.starts
        returns = self.block.codes[self.starts] == RETURN
        blank: Mask = (lengths == 1) | ((lengths == 2) & returns)
        return blank

    def fields(self) -> Positions:
        delimiters = np.flatnonzero(self.block.codes == self.delimiter)
        if len(self._quotes):
            passed = np.searchsorted(self._quotes, delimiters)
            if self._unbalanced.any():
                passed -= self._quotes_before[self._line_of(delimiters)]
            delimiters = delimiters[passed % 2 == 0]
        passed = np.searchsorted(delimiters, self.stops)
        return np.diff(passed, prepend=0) + 1

    def odd(self) -> list[npt.ArrayLike]:
        """Lines with quotes, bytes or line ends that are out of the ordinary."""
        found: list[npt.ArrayLike] = [
            unreadable_lines(self.block.data, self.starts, self.stops),
            self._line_of(np.flatnonzero(self.block.codes == 0)),
            self._line_of(self._lone_returns()),
        ]
        if len(self._quotes):
            found += [self._unbalanced, self._line_of(self._stray_quotes())]
        return found

    def _line_of(self, positions: Positions) -> Positions:
        return np.searchsorted(self.stops, positions, side="right")

    @cached_property
    def _quotes(self) -> Positions:
        return np.flatnonzero(self.block.codes == QUOTE)

    @cached_property
    def _quotes_before(self) -> Positions:
        return np.searchsorted(self._quotes, self.starts)

    @cached_property
    def _unbalanced(self) -> Mask:
        counts = np.diff(self._quotes_before, append=len(self._quotes))
        unbalanced: Mask = counts % 2 == 1
        return unbalanced

    def _lone_returns(self) -> Positions:
        returns = np.flatnonzero(self.block.codes == RETURN)
        lone: Positions = returns[self._after(returns) != NEWLINE]
        return lone

    def _stray_quotes(self) -> Positions:
        """Neither opening a field, nor closing one, nor doubled inside."""
        quotes, lines = self._quotes, self._line_of(self._quotes)
        opens = (np.arange(len(quotes)) - self._quotes_before[lines]) % 2 == 0
        before, after = self.block.codes[quotes - 1], self._after(quotes)
        begins = np.isin(before, (self.delimiter, QUOTE)) | (
            quotes == self.starts[lines]
        )
        ends = np.isin(after, (self.delimiter, NEWLINE, RETURN, QUOTE))
        stray: Positions = quotes[~np.where(opens, begins, ends)]
        return stray

    def _after(self, positions: Positions) -> npt.NDArray[np.uint8]:
        codes = self.block.codes
        return codes[np.minimum(positions + 1, len(codes) - 1)]
