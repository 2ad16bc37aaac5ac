"""Reads the lines of a block of JSON Lines by DuckDB, and keeps what it proves.

DuckDB takes more for JSON than JSON is, and writes numbers its own way. So a line is
sure only where DuckDB, writing it back, writes the very same tokens: then every value
is the text that stands in the file. All else is for the careful reader to judge.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from dagster_project.landing.blocks import (
    Block,
    Mask,
    Positions,
    join_runs,
    line_borders,
    unreadable_lines,
)
from dagster_project.landing.duck import Duck, literal
from dagster_project.landing.plain_values import only
from dagster_project.landing.sinks import LandingError

LONGEST = 1024 * 1024
DEEPEST = 256
MOST_KEYS = 256
BLANK = b" \t\r\n"
BRACE, BRACKET, SPACE = 123, 91, 32
# DuckDB writes these back as they were; to us they are no JSON, or no text.
SUSPECT = ("NaN", "Infinity", "\\u00")
BETWEEN = "\x1f"
_NOTHING = pa.array([], pa.string()).dictionary_encode()
WRITTEN = f"""
    select
        try(json(value)) as written,
        array_to_string(try(json_keys(value)), {literal(BETWEEN)}) as shape
    from given
"""  # noqa: S608  a constant


@dataclass(frozen=True)
class Survey:
    """The lines of a block; of those that are sure their keys and values.

    `shapes` are the different rows of keys, `shape` which of them each sure line has,
    `values` the texts of all sure lines under each key.
    """

    starts: Positions
    stops: Positions
    blank: Mask
    sure: Mask
    shapes: list[tuple[str, ...]]
    shape: npt.NDArray[np.int32]
    values: dict[str, pa.Array]


def survey(block: Block, duck: Duck) -> Survey:
    starts, stops = line_borders(block)
    blank, sure = _plain_lines(block, starts, stops)
    coded, values = _NOTHING, {}
    if sure.any():
        lines = _texts(block.data, starts, stops, sure)
        kept, coded = _sure_of(lines, block, duck)
        sure[sure] = kept.to_numpy(zero_copy_only=False)
        if sure.any():
            values = _values(only(lines, kept), coded.dictionary, duck)
    shapes = list(map(_keys, coded.dictionary.to_pylist()))
    return Survey(starts, stops, blank, sure, shapes, coded.indices.to_numpy(), values)


def _keys(shape: str) -> tuple[str, ...]:
    return tuple(shape.split(BETWEEN))


def _sure_of(lines: pa.Array, block: Block, duck: Duck) -> tuple[pa.Array, pa.Array]:
    """Which lines are sure, and the shapes of those that are."""
    answer = duck.ask(WRITTEN, lines)
    if answer.num_rows != len(lines):
        raise LandingError(
            f"{len(lines)} lines of JSON were read as {answer.num_rows}; please report"
        )
    written, shape = (answer.column(place).combine_chunks() for place in (0, 1))
    kept = pc.and_(
        pc.not_equal(pc.fill_null(shape, ""), ""), _same_tokens(lines, written)
    )
    for word in SUSPECT:
        if word.encode() in block.data:
            kept = pc.and_not(kept, pc.match_substring(lines, word))
    coded = only(shape, kept).dictionary_encode()
    if len(_all_keys(coded.dictionary)) > MOST_KEYS:
        return pa.repeat(False, len(lines)), _NOTHING
    return kept, coded


def _all_keys(shapes: pa.Array) -> list[str]:
    return list(
        dict.fromkeys(key for each in shapes.to_pylist() for key in _keys(each))
    )


def _plain_lines(
    block: Block, starts: Positions, stops: Positions
) -> tuple[Mask, Mask]:
    """Lines that are blank, and those that DuckDB may be asked about."""
    codes = block.codes
    begin = codes[starts] == BRACE
    blank = np.zeros(len(starts), dtype=np.bool_)
    for line in np.flatnonzero(~begin).tolist():
        blank[line] = not block.data[starts[line] : stops[line]].strip(BLANK)
    opening = np.flatnonzero((codes == BRACE) | (codes == BRACKET))
    depth = np.diff(np.searchsorted(opening, stops), prepend=0)
    plain = begin & (stops - starts <= LONGEST) & (depth <= DEEPEST)
    plain[unreadable_lines(block.data, starts, stops)] = False
    if not block.data.endswith(b"\n"):
        plain[-1] = blank[-1] = False
    return blank, plain


def _texts(data: bytes, starts: Positions, stops: Positions, kept: Mask) -> pa.Array:
    """The lines that are kept, without a copy where all are."""
    ends = np.cumsum((stops - starts)[kept], dtype=np.int32)
    offsets = np.concatenate([[np.int32(0)], ends])
    joined = pa.py_buffer(join_runs(data, starts, stops, kept))
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), joined)


def _same_tokens(lines: pa.Array, written: pa.Array) -> pa.Array:
    """Whether two texts differ in nothing but spaces and line breaks.

    A token that was written in another way shows at its first other character: no
    token but a string holds a space, and DuckDB writes no string with one more or less.
    """
    if not written.null_count:
        ours, theirs = (_codes(texts)[0] for texts in (lines, written))
        if np.array_equal(ours[ours > SPACE], theirs[theirs > SPACE]):
            return pa.repeat(True, len(lines))
    return pc.and_(written.is_valid(), pc.equal(_stripped(lines), _stripped(written)))


def _codes(texts: pa.Array) -> tuple[npt.NDArray[np.uint8], Positions]:
    """The bytes of all texts, and the borders between them."""
    _, offsets, data = texts.buffers()
    borders = np.frombuffer(offsets, dtype=np.int32).astype(np.int64)
    borders = borders[texts.offset : texts.offset + len(texts) + 1]
    codes = np.frombuffer(data, dtype=np.uint8)[borders[0] : borders[-1]]
    return codes, borders - borders[0]


def _stripped(texts: pa.Array) -> pa.Array:
    codes, borders = _codes(texts)
    dropped = np.flatnonzero(codes <= SPACE)
    offsets = (borders - np.searchsorted(dropped, borders)).astype(np.int32)
    kept = pa.py_buffer(codes[codes > SPACE])
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), kept)


def _values(lines: pa.Array, shapes: pa.Array, duck: Duck) -> dict[str, pa.Array]:
    """The text under each key; null where the line says so, or lacks it."""
    keys = _all_keys(shapes)
    paths = ", ".join(literal(_pointer(key)) for key in keys)
    found = ", ".join(f"found[{place}]" for place, _ in enumerate(keys, start=1))
    answer = duck.ask(
        f"select {found} from (select json_extract_string(value, [{paths}]) as found "  # noqa: S608  quoted
        "from given)",
        lines,
    )
    columns = (column.combine_chunks() for column in answer.columns)
    return dict(zip(keys, columns, strict=True))


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")
