"""Stand-ins for dbt's macros and ours: with them sqlfluff reads models without dbt.

Each renders to SQL of the same shape, no more; dbt alone knows what is meant.
"""

from collections.abc import Callable, Sequence
from typing import Any


def call_of(name: str) -> Callable[..., str]:
    """A macro as a call of a function of its name, so that its columns are seen."""

    def rendered(*arguments: Any) -> str:
        return f"{name}({', '.join(map(str, arguments))})"

    return rendered


class dbt:  # noqa: N801 - models write it in lower case
    """What models use of dbt's own package."""

    @staticmethod
    def type_string() -> str:
        return "varchar"

    @staticmethod
    def type_timestamp() -> str:
        return "timestamp"

    @staticmethod
    def dateadd(part: str, number: int, date: str) -> str:
        return f"date_add({date}, interval {number} {part})"


def rows_of(name: str) -> str:
    return f"select * from {name}"  # noqa: S608 - nothing runs it


flag = call_of("flag")
hashed = call_of("hashed")
label = call_of("label")
microseconds = call_of("microseconds")
next_month = call_of("next_month")
normal_two_sided_tail = call_of("normal_two_sided_tail")
number = call_of("number")
plus_days = call_of("plus_days")
plus_seconds = call_of("plus_seconds")
reporting_date = call_of("reporting_date")
reporting_month = call_of("reporting_month")
seconds_between = call_of("seconds_between")
start_of_date = call_of("start_of_date")
utc = call_of("utc")
json_value = call_of("json_value")
first_time = call_of("first_time")


def admitted(source_code: str, table_name: str) -> str:
    return f"({rows_of(source_code + '_' + table_name)})"


def cube_members() -> str:
    return "select * from cube_members"


def days_between(first: str, last: str) -> str:
    return f"unnest(generate_series({first}, {last}))"


def enabled_sources() -> list[str]:
    return ["a", "b"]


def figure_key(keys: Sequence[str]) -> str:
    return f"concat({', '.join(keys)})"


def hash_of(expressions: Sequence[str]) -> str:
    return f"md5(concat({', '.join(expressions)}))"


def home_currency() -> str:
    return "'USD'"


def json_text(document: str, path: str) -> str:
    return f"json_text({document}, '{path}')"


def lineage(**columns: Sequence[str]) -> str:
    del columns
    return "_source_file as source_file, _source_row as source_row, null as uncastable"


def quoted(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def sources_with(name: str) -> str:
    return f"'{name}'"


def try_cast(expression: str, kind: str) -> str:
    return f"try_cast({expression} as {kind})"


def union_sources(name: str) -> str:
    return rows_of("united_" + name)


def wilson_bound(successes: str, trials: str, sign: str) -> str:
    return f"wilson_bound({successes}, {trials}, '{sign}')"


def throughput_keys() -> list[str]:
    return ["month", "pipeline_code", "segment_code", "channel_code", "stage_code"]


def conversion_keys() -> list[str]:
    return ["cohort_month", "pipeline_code", "segment_code", "channel_code"]


def moved_columns() -> list[str]:
    return ["entered_count", "won_amount"]


def throughput_columns() -> list[str]:
    return [*moved_columns(), "open_at_end_count"]


def conversion_columns() -> list[str]:
    return ["entered_count", "open_count"]
