"""Stand-ins for dbt's macros and ours: with them sqlfluff reads models without dbt.

Each renders to SQL of the same shape, no more; dbt alone knows what is meant.
"""

from collections.abc import Callable, Mapping, Sequence
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


def identity_round(number: int) -> str:
    return f"round_{number} as (select * from round_{number - 1}),"  # noqa: S608


def exclude() -> str:
    return "exclude"


def rows_of(name: str) -> str:
    return f"select * from {name}"  # noqa: S608 - nothing runs it


day = call_of("day")
flag = call_of("flag")
hashed = call_of("hashed")
label = call_of("label")
last_known = call_of("last_known")
masked = call_of("masked")
microseconds = call_of("microseconds")
month_number = call_of("month_number")
month_of = call_of("month_of")
next_month = call_of("next_month")
normal_two_sided_tail = call_of("normal_two_sided_tail")
number = call_of("number")
period_end = call_of("period_end")
plus_days = call_of("plus_days")
product_of = call_of("product_of")
plus_seconds = call_of("plus_seconds")
reporting_date = call_of("reporting_date")
reporting_month = call_of("reporting_month")
seconds_between = call_of("seconds_between")
start_of_date = call_of("start_of_date")
utc = call_of("utc")
whole = call_of("whole")
from_reporting_time = call_of("from_reporting_time")
funnel_part = call_of("funnel_part")
funnel_unit = call_of("funnel_unit")
host_of = call_of("host_of")
iso_time = call_of("iso_time")
joined_in_order = call_of("joined_in_order")
json_object_of = call_of("json_object_of")
json_value = call_of("json_value")
page_of = call_of("page_of")
step_bit = call_of("step_bit")
step_of_bit = call_of("step_of_bit")
first_known = call_of("first_known")
first_time = call_of("first_time")
forgotten_mark = call_of("forgotten_mark")
free_text = call_of("free_text")
record_key = call_of("record_key")


def admitted(source_code: str, table_name: str) -> str:
    return f"({rows_of(source_code + '_' + table_name)})"


def cube_members(first: str = "pipelines") -> str:
    return f"select is_all_{first} from cube_members"  # noqa: S608


def days_between(first: str, last: str) -> str:
    return f"unnest(generate_series({first}, {last}))"


def enabled_sources() -> list[str]:
    return ["a", "b"]


def figure_key(keys: Sequence[str]) -> str:
    return f"concat({', '.join(keys)})"


def forecast_sums() -> list[str]:
    return ["open_count", "open_amount"]


def hash_of(expressions: Sequence[str]) -> str:
    return f"md5(concat({', '.join(expressions)}))"


def hashed_key(kind: str, source_code: str, key: str) -> str:
    return f"hashed_key('{kind}', {source_code}, {key})"


def home_currency() -> str:
    return "'USD'"


def incidence_moments(cohorts: str) -> str:
    return rows_of(cohorts)


def incidence_points(moments: str) -> str:
    return rows_of(moments)


def incidence_variances() -> str:
    return "hazard_variance, converting_variance, covariance"


def json_text(document: str, path: str) -> str:
    return f"json_text({document}, '{path}')"


def json_texts(document: str, paths: Mapping[str, str]) -> str:
    return f"json_texts({document}, '{len(paths)}')"


def named_texts(texts: str, paths: Mapping[str, str]) -> str:
    return ", ".join(f"label({texts}) as {name}" for name in paths)


def told_of_entry(relation: str = "") -> list[str]:
    return [f"{relation}.source_code" if relation else "source_code"]


def place_of(columns: Sequence[str]) -> str:
    return f"place_of({', '.join(columns)})"


def lineage(**columns: Sequence[str] | Mapping[str, str]) -> str:
    del columns
    return "_source_file as source_file, _source_row as source_row, null as uncastable"


def quoted(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def sources_with(name: str) -> str:
    return f"'{name}'"


def changed_value() -> str:
    return "coalesce(written_number, written_time, written_text)"


def written_by_kind(field_code: str, value: str) -> str:
    return (
        f"{field_code} as written_number, {value} as written_time, "
        f"{value} as written_text"
    )


def try_cast(expression: str, kind: str) -> str:
    return f"try_cast({expression} as {kind})"


def union_sources(name: str) -> str:
    return rows_of("united_" + name)


def wilson_bound(successes: str, trials: str, sign: str) -> str:
    return f"wilson_bound({successes}, {trials}, '{sign}')"


def step_sum(flag: str, weighted: bool = True) -> str:
    return f"bit_0.{flag} + bit_1.{flag}"


def step_product(bits: str) -> str:
    return f"{bits} as bit_0 cross join {bits} as bit_1"


def time_of_levels(level: str, time: str) -> str:
    return f"max(case when {level} = 1 then {time} end) as at_1"


def touch_values(actions: str, attribution_code: str) -> str:
    return f"min_by({actions}.device, {attribution_code}) as device"


def attempt_columns(attempts: str) -> str:
    return f"{attempts}.unit_number, {attempts}.at_1"


def most_steps() -> int:
    return 2


def attributes(relation: str) -> list[str]:
    return [f"{relation}.channel_code", f"{relation}.device"]


def time_of_step(attempts: str, step: str) -> str:
    return f"case {step} when 1 then {attempts}.at_1 else {attempts}.at_2 end"


def times_of_steps(attempts: str, ordered: str = "") -> str:
    return f"{attempts}.at_1{ordered}, {attempts}.at_2{ordered}"


def leg_columns(legs: str, runs: str) -> str:
    return f"{legs}.unit_number, {runs}.to_step"


def first_leg_columns(runs: str) -> str:
    return f"{runs}.unit_number, {runs}.to_step"


def best_legs(legs: str, excluding: str, order: str, alike: Sequence[str]) -> str:
    return f"select {legs}.* from {legs} cross join {excluding}"  # noqa: S608


def next_legs(legs: str, runs: str) -> str:
    return f"select {legs}.unit_number from {legs} cross join {runs}"  # noqa: S608


def hash_number(expressions: Sequence[str]) -> str:
    return f"hash({', '.join(expressions)})"


def hit_columns(matches: str = "", ways: str = "") -> str:
    told = named_columns(["unit_number", "step_mask"], matches)
    return f"{named_columns(['funnel_code'], ways)}, {told}"


def matched_columns(events: str = "", ways: str = "") -> str:
    told = named_columns(["person_id", "occurred_at"], events)
    return f"{told}, {named_columns(['funnel_code', 'step_mask'], ways)}"


def is_in_range(events: str, funnels: str) -> str:
    return f"{events}.occurred_at >= {funnels}.entry_from"


def named_columns(names: Sequence[str], relation: str = "") -> str:
    return ", ".join(f"{relation}.{name}" if relation else name for name in names)


def way_names() -> list[str]:
    return ["funnel_code", "match_code"]


def way_columns(ways: str = "") -> str:
    return named_columns(way_names(), ways)


def event_keys() -> list[str]:
    return ["event_kind", "event_id"]


def are_same(names: Sequence[str], left: str, right: str) -> str:
    return " and ".join(f"{left}.{name} = {right}.{name}" for name in names)


def unit_number() -> str:
    return "hash(funnel_code, unit_id)"


def is_same_instant(left: str, right: str) -> str:
    return are_same(["unit_number", "occurred_at"], left, right)


def slice_number(events: str) -> str:
    return f"hash({events}.channel_code)"


def mask_of_entry(mode_code: str) -> str:
    return f"case when {mode_code} = 'unordered' then 3 else 1 end"


def actions_at(places: str) -> str:
    return f"select {places}.unit_number from {places}"  # noqa: S608


def last_before(seconds: str, entries: str) -> str:
    return f"select unit_number, occurred_at from {seconds} cross join {entries}"  # noqa: S608


def runs_of_leg(runs: str, leg: int) -> str:
    return f"(select * from {runs} where from_step >= {leg})"  # noqa: S608


def step_document(attempts: str, heads: str) -> str:
    return f"{heads}.head_1 || {attempts}.at_1"


def step_heads(document: str, step: str) -> str:
    return f"max(case when {step} = 1 then {document} end) as head_1"


def is_same_unit(left: str, right: str) -> str:
    return f"{left}.unit_number = {right}.unit_number"


def told_attribute(name: str) -> str:
    return f"coalesce(attempts.{name}, told.{name})"


def funnel_members(attempts: str, named: bool = True) -> str:
    alias = " as entry_month" if named else ""
    return f"{attempts}.funnel_code, {attempts}.entry_month{alias}"


def raw_counts() -> str:
    return "select source_code, rows_count from raw_counts"


def staging_accounts() -> str:
    return (
        "select check_code, scope, staged_count, brought_count, aside_count, "
        "again_count from staging_accounts"
    )


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


def stated_key() -> str:
    return "stated_key(user_id)"


def touched(relation: str, columns: Sequence[str] = ()) -> str:
    del columns
    return relation


def visitor_key(of: str = "") -> str:
    return f"visitor_key({of}visitor_id)"


def known_account(check_code: str, name: str, key: str, kept: str) -> str:
    return f"select '{check_code}' as check_code, {key} as scope from {name}, {kept}"  # noqa: S608


def linked_account(check_code: str, name: str, column: str, condition: str) -> str:
    return f"select '{check_code}' as check_code, {column} as scope from {name}"  # noqa: S608


def published_account(held: str, mart: str) -> str:
    return f"select '{mart}' as check_code, source_code as scope from {held}"  # noqa: S608


def pooled_z_score(*counts: str) -> str:
    return f"pooled_z_score({', '.join(counts)})"


def tested_among_others(
    scores: str, among: Sequence[str], in_order: Sequence[str]
) -> str:
    return f"select *, {', '.join([*among, *in_order])} from {scores}"  # noqa: S608


def wilson_low(successes: str, trials: str) -> str:
    return f"wilson_low({successes}, {trials})"


def wilson_high(successes: str, trials: str) -> str:
    return f"wilson_high({successes}, {trials})"


def followed_counts() -> str:
    return "count(*) as journeys_count, count(end_code) as watched_count"


def counted_to_horizons(
    clocks: str, keys: Sequence[str], also: Sequence[str] = ()
) -> str:
    columns = ", ".join([*keys, *also])
    return f"select {columns} from {clocks}"  # noqa: S608


def clock_from(landmark_at: str) -> str:
    return f"clocks.end_code, {landmark_at} - clocks.followed_for as followed_for"


def recovery_microseconds() -> str:
    return "1000000"


def rules_met(journeys: str, rules: str, landmark_days: str) -> str:
    return (
        f"select journeys.*, rules.* from {journeys} as journeys "  # noqa: S608
        f"cross join {rules} as rules where {landmark_days} > 0"
    )


def band_points() -> str:
    return "10"


period_name = call_of("period_name")
whole_text = call_of("whole_text")


def first_parts(text: str, separator: str, count: int) -> str:
    return f"first_parts({text}, '{separator}', {count})"


def var(name: str) -> str:
    return f"0 /* {name} */"


def breakdown_dimensions(columns: Mapping[str, str]) -> str:
    return f"select '{next(iter(columns))}' as dimension_code"


def breakdown_member(columns: Mapping[str, str], relation: str) -> str:
    return f"{relation}.{next(iter(columns.values()))}"
