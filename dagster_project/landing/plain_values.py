"""Judges whole columns of text: times and keys that are beyond doubt; rejects none."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from dagster_project.landing.duck import Duck, time_sql
from dagster_project.landing.sinks import LINEAGE
from dagster_project.landing.times import read_instant

TIME = LINEAGE.field("_extracted_at").type
PLAIN = r"^[12]\d{3}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?$"
PLAIN_UTC = PLAIN.replace("$", "Z$")


def times_of(texts: pa.Array, zone: str, duck: Duck) -> pa.Array:
    """Each text's time as naive UTC; null where it needs a closer look, or is none."""
    if (times := _times_in_one_form(texts, zone)) is not None:
        return times
    if zone == "UTC":
        query = f"select {time_sql('value', zone)} as at from given"  # noqa: S608
        rows = duck.ask(query, texts)
        return rows.column("at").combine_chunks().cast(TIME)
    # DuckDB and Python differ on wall clocks that happen twice; UTC has none.
    coded = texts.dictionary_encode()
    place = ZoneInfo(zone)
    known = [
        read_instant(text, place, day_ends=True)
        for text in coded.dictionary.to_pylist()
    ]
    return pc.take(pa.array(known, TIME), coded.indices)


def _times_in_one_form(texts: pa.Array, zone: str) -> pa.Array | None:
    """All of them, where all are written like the times that most systems write."""
    if pc.all(pc.match_substring_regex(texts, PLAIN_UTC)).as_py():
        form = pa.timestamp("us", "UTC")
    elif zone == "UTC" and pc.all(pc.match_substring_regex(texts, PLAIN)).as_py():
        form = TIME
    else:
        return None
    try:
        return texts.cast(form).cast(TIME)
    except pa.ArrowInvalid:
        return None


def only(values: pa.Array, kept: pa.Array) -> pa.Array:
    """Those that are kept; nothing is copied where all are."""
    return values if kept.true_count == len(values) else values.filter(kept)


def one_time(at: datetime | None, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(at, TIME), count)


def have_key(columns: Sequence[pa.Array], count: int) -> pa.Array:
    """True of rows of whose key at least one column is filled."""
    filled = pa.repeat(False, count)
    for column in columns:
        is_filled = pc.not_equal(pc.utf8_trim(column, " "), "")
        filled = pc.or_(filled, pc.fill_null(is_filled, False))
    return filled
