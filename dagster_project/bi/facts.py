"""The queries of report and dashboard: selects of published facts, and no rule.

Those that a dashboard cuts take the cut as parameters; the report asks for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

TOTAL = "all"
EVER = ("0001-01-01", "9999-12-31")
_JSON_TYPES = frozenset({str, int, bool, type(None)})
DAILY_SNAPSHOTS = 800
NIGHTS = 14
SLOWEST = 10

# The last validity of a stage names it; a code met in several pipelines means the
# same in each, so the total of pipelines takes its name from the first of them, and
# its place from the longest (a short pipeline would put late stages early).
STAGES = """
stages as (
    select pipeline_code, stage_code, stage_name, stage_order
    from marts.dim_stages
    qualify row_number() over (
        partition by pipeline_code, stage_code
        order by valid_to desc nulls first, valid_from desc nulls last
    ) = 1
),
names as (
    select pipeline_code, stage_code, stage_name, stage_order from stages
    union all
    select ?, stage_code, min_by(stage_name, pipeline_code), max(stage_order)
    from stages group by stage_code
)
"""

_HEADLINE = """
with outcomes as (
    select outcome_code, bool_or(is_won) as is_won, bool_or(is_lost) as is_lost
    from marts.dim_stages group by outcome_code
),
counted as (
    select
        pipeline_code,
        outcome_code,
        sum(journeys_count) as journeys_count,
        sum(home_amount) as amount,
        sum(unvalued_count) as unvalued_count,
    from marts.fct_journey_outcomes
    where journeys_count > 0
    group by pipeline_code, outcome_code
),
journeys as (
    select
        counted.* replace (coalesce(pipeline_code, 'unknown') as pipeline_code),
        coalesce(is_won, false) as is_won,
        coalesce(is_lost, false) as is_lost,
        not coalesce(is_won, false) and not coalesce(is_lost, false) as is_open,
    from counted left join outcomes using (outcome_code)
)
select
    coalesce(pipeline_code, ?) as pipeline_code,
    coalesce(sum(journeys_count), 0)::bigint as journeys_count,
    coalesce(sum(journeys_count) filter (is_won), 0)::bigint as won_count,
    sum(amount) filter (is_won) as won_amount,
    coalesce(sum(unvalued_count) filter (is_won), 0)::bigint
        as won_unvalued_count,
    coalesce(sum(journeys_count) filter (is_lost), 0)::bigint as lost_count,
    sum(amount) filter (is_lost) as lost_amount,
    coalesce(sum(unvalued_count) filter (is_lost), 0)::bigint
        as lost_unvalued_count,
    coalesce(sum(journeys_count) filter (is_open), 0)::bigint as open_count,
    sum(amount) filter (is_open) as open_amount,
    coalesce(sum(unvalued_count) filter (is_open), 0)::bigint
        as open_unvalued_count,
from journeys
group by grouping sets ((), (pipeline_code))
order by grouping(pipeline_code) desc, journeys_count desc, pipeline_code
"""

_SET_ASIDE = """
select
    coalesce(sum(duplicate_count), 0)::bigint as duplicate_count,
    coalesce(sum(deleted_count), 0)::bigint as deleted_count,
from marts.fct_journey_outcomes
"""

# Stands for that mart where a generation is of a version that had none.
_COUNTED_JOURNEYS = """(
    select
        pipeline_code,
        outcome_code,
        count(*) filter (is_counted) as journeys_count,
        sum(home_amount) filter (is_counted) as home_amount,
        count(*) filter (is_counted and home_amount is null) as unvalued_count,
        count(*) filter (is_deleted and not coalesce(is_duplicate, false))
            as deleted_count,
        count(*) filter (is_duplicate) as duplicate_count,
    from (
        select *, not coalesce(is_deleted or is_duplicate, false) as is_counted
        from marts.fct_journeys
    )
    group by pipeline_code, outcome_code
)"""

FUNNELS = f"""
with {STAGES},
counted as (
    select
        funnel_code, pipeline_code, segment_code, step_order, step_code,
        min(cohort_month) as first_month,
        max(cohort_month) as last_month,
        sum(entered_count)::bigint as entered_count,
        (coalesce(sum(entered_count) filter (where not is_mature), 0))::bigint
            as entered_immature_count,
        sum(touched_count)::bigint as touched_count,
        sum(reached_count)::bigint as reached_count,
        sum(reached_by_skip_count)::bigint as reached_by_skip_count,
        sum(reached_by_entry_count)::bigint as reached_by_entry_count,
        sum(in_order_count)::bigint as in_order_count,
    from marts.fct_segment_funnels
    where channel_code = ? and cohort_month between ? and ?
    group by funnel_code, pipeline_code, segment_code, step_order, step_code
)
select
    counted.funnel_code, counted.pipeline_code, counted.segment_code,
    coalesce(segment_name, counted.segment_code) as segment_name,
    step_order, step_code,
    coalesce(names.stage_name, step_code) as step_name,
    first_month, last_month,
    entered_count, entered_immature_count, touched_count, reached_count,
    reached_by_skip_count, reached_by_entry_count, in_order_count,
from counted
left join names
    on names.pipeline_code = counted.pipeline_code and names.stage_code = step_code
left join marts.dim_segments as segments using (segment_code)
order by
    max(entered_count) over (partition by counted.funnel_code) desc,
    funnel_code, pipeline_code, segment_code <> ?, segment_code, step_order
"""  # noqa: S608 (constants only)

CONVERSIONS = f"""
with {STAGES}
select
    conversions.pipeline_code,
    from_stage_code,
    coalesce(origin.stage_name, from_stage_code) as from_stage_name,
    to_stage_code,
    coalesce(goal.stage_name, to_stage_code) as to_stage_name,
    horizon_days, cohort_month,
    entered_count, converted_count, lost_count, transferred_count, open_count,
    conversion_rate, conversion_rate_low, conversion_rate_high,
    cumulative_incidence, cumulative_incidence_low, cumulative_incidence_high,
    is_mature, is_left_truncated,
    rate_change, change_q_value, is_change_significant, target_rate, benchmark_rate,
from marts.fct_monthly_conversions as conversions
left join names as origin
    on origin.pipeline_code = conversions.pipeline_code
    and origin.stage_code = from_stage_code
left join names as goal
    on goal.pipeline_code = conversions.pipeline_code
    and goal.stage_code = to_stage_code
where segment_code = ? and channel_code = ?
order by
    conversions.pipeline_code, origin.stage_order, from_stage_code,
    goal.stage_order, to_stage_code, horizon_days, cohort_month
"""  # noqa: S608 (constants only)

SNAPSHOTS = f"""
with {STAGES},
days as (
    select
        max(snapshot_date) as last_day,
        if(count(distinct snapshot_date) > {DAILY_SNAPSHOTS}, 7, 1) as step_days,
    from marts.fct_stage_snapshots
),
counted as (
    select
        snapshot_date, pipeline_code, stage_code,
        sum(open_count)::bigint as open_count,
        sum(open_amount) as open_amount,
        sum(unpriced_count) as unpriced_count,
    from marts.fct_stage_snapshots, days
    where date_diff('day', snapshot_date, last_day) % step_days = 0
        and ? in ('{TOTAL}', segment_code)
    group by snapshot_date, pipeline_code, stage_code
)
select
    snapshot_date, counted.pipeline_code, counted.stage_code,
    coalesce(total.stage_name, counted.stage_code) as stage_name,
    open_count, open_amount, unpriced_count,
from counted
left join names as total
    on total.pipeline_code = ? and total.stage_code = counted.stage_code
order by
    snapshot_date, total.stage_order nulls last,
    counted.stage_code, counted.pipeline_code
"""  # noqa: S608 (constants only)

STAGE_ORDER = f"""
with {STAGES}
select stage_code
from names where pipeline_code = ?
order by stage_order, stage_code
"""  # noqa: S608 (constants only)

_ACCOUNTING = """
select
    source_code, status_code,
    count(*) as files_count,
    sum(physical_count)::bigint as physical_count,
    sum(landed_count)::bigint as landed_count,
    sum(rejected_count)::bigint as rejected_count,
    sum(erased_count)::bigint as erased_count,
    sum(physical_count - landed_count - rejected_count - erased_count)::bigint
        as unaccounted_count,
from marts.dq_load_audit
group by source_code, status_code
order by source_code, status_code
"""

_FILE_MESSAGES = """
select source_code, table_name, file_name, status_code, message
from marts.dq_load_audit
where message <> ''
order by source_code, table_name, file_name
"""

_GATES = """
select
    night_code, gate_code, rule_code, severity_code, is_passed,
    unexpected_count, checked_count, message,
from marts.dq_gate_results
order by is_passed, gate_code desc, rule_code
"""


_MARTS = "select table_name from information_schema.tables where table_schema = 'marts'"

_NIGHTS = f"""
select
    night_code,
    sum(duration_seconds) filter (where step_code = 'landing') as landing_seconds,
    sum(duration_seconds) filter (where step_code in ('stage', 'mart'))
        as building_seconds,
    sum(duration_seconds) filter (where step_code = 'gate') as judging_seconds,
    sum(duration_seconds) filter (where step_code = 'publish') as publishing_seconds,
    (sum(rows_count) filter (where step_code = 'landing'))::bigint as landed_count,
    max(memory_bytes) as memory_bytes,
from marts.dq_run_stats
group by night_code
order by night_code desc
limit {NIGHTS}
"""  # noqa: S608 (constants only)

_SLOWEST = f"""
with compared as (
    select
        *,
        lag(duration_seconds) over earlier as earlier_seconds,
        lag(rows_count) over earlier as earlier_rows_count,
    from marts.dq_run_stats
    window earlier as (
        partition by step_code, node_name, resource_type order by night_code
    )
)
select
    step_code, node_name, resource_type,
    duration_seconds, earlier_seconds, rows_count, earlier_rows_count, memory_bytes,
from compared
where night_code = (select max(night_code) from compared)
order by duration_seconds desc, node_name
limit {SLOWEST}
"""  # noqa: S608 (constants only)


@dataclass(frozen=True)
class Table:
    """Rows of one query, in JSON's types, under the names of its columns."""

    columns: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.rows)

    def values(self, column: str) -> list[Any]:
        """The different values of a column, in the order of the rows."""
        if not self.rows:
            return []
        place = self.columns.index(column)
        return list(dict.fromkeys(row[place] for row in self.rows))

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Facts:
    """All that the report shows."""

    headline: Table
    set_aside: Table
    funnels: Table
    conversions: Table
    snapshots: Table
    stage_codes: list[str]
    accounting: Table
    file_messages: Table
    gates: Table
    nights: Table
    slowest: Table
    marts: frozenset[str]


def read_facts(warehouse: Path) -> Facts:
    """Read a published generation's DuckDB file, without a right to change it."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return Facts(
            headline=select(connection, _counted(connection, _HEADLINE), TOTAL),
            set_aside=select(connection, _counted(connection, _SET_ASIDE)),
            funnels=select(connection, FUNNELS, TOTAL, TOTAL, *EVER, TOTAL),
            conversions=select(connection, CONVERSIONS, TOTAL, TOTAL, TOTAL),
            snapshots=select(connection, SNAPSHOTS, TOTAL, TOTAL, TOTAL),
            stage_codes=[
                row[0] for row in select(connection, STAGE_ORDER, TOTAL, TOTAL).rows
            ],
            accounting=select(connection, _ACCOUNTING),
            file_messages=select(connection, _FILE_MESSAGES),
            gates=_record(connection, "dq_gate_results", _GATES),
            nights=_record(connection, "dq_run_stats", _NIGHTS),
            slowest=_record(connection, "dq_run_stats", _SLOWEST),
            marts=frozenset(name for (name,) in select(connection, _MARTS).rows),
        )


def _record(connection: duckdb.DuckDBPyConnection, table: str, query: str) -> Table:
    """Run records; a generation of an earlier version may have no such table."""
    return select(connection, query) if has_table(connection, table) else Table()


def _counted(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """A query of journeys by outcome; a generation may know single journeys alone."""
    if has_table(connection, "fct_journey_outcomes"):
        return query
    return query.replace("marts.fct_journey_outcomes", _COUNTED_JOURNEYS)


def has_table(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether this generation has a mart of that name."""
    found = connection.execute(
        "select count(*) from information_schema.tables "
        "where table_schema = 'marts' and table_name = ?",
        [name],
    ).fetchone()
    return bool(found and found[0])


def select(
    connection: duckdb.DuckDBPyConnection, query: str, *parameters: Any
) -> Table:
    result = connection.execute(query, list(parameters))
    columns = tuple(column[0] for column in result.description or ())
    return Table(columns, [_plain(row) for row in result.fetchall()])


def _plain(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(_json_value(value) for value in row)


def _json_value(value: Any) -> Any:
    if type(value) in _JSON_TYPES:
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float) and value != value:
        return None
    return value
