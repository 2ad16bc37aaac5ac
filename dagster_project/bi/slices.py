"""The queries of the dashboard: published facts, cut by what a person chooses.

A cut is a condition on columns and no rule of its own; what is counted is what the
report counts (`facts.py`), or flags that a mart has set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import duckdb

from dagster_project.bi.facts import (
    CONVERSIONS,
    EVER,
    FUNNELS,
    SNAPSHOTS,
    STAGE_ORDER,
    STAGES,
    TOTAL,
    Table,
    select,
)

Connection = duckdb.DuckDBPyConnection

# Which table has a dimension, and which names its members.
JOURNEY_DIMENSIONS = (
    *("campaign", "keyword", "region_code", "product_code", "owner_id"),
)
ATTEMPT_DIMENSIONS = (
    *("segment_code", "channel_code", "campaign", "keyword"),
    *("region_code", "product_code", "device"),
)
MEASURES = ("reached_count", "touched_count", "in_order_count")
# What is told of each journey in a list.
JOURNEY_COLUMNS = (
    *("journey_id", "segment_code", "channel_code", "campaign", "keyword"),
    *("region_code", "product_code", "owner_id", "entered_at", "current_stage_code"),
    *("furthest_stage_code", "outcome_code", "outcome_at", "home_amount"),
    *("loss_reason_code",),
)
_NAMES = {
    "segment_code": ("dim_segments", "segment_name"),
    "channel_code": ("dim_channels", "channel_name"),
    "owner_id": ("dim_owners", "owner_name"),
    "product_code": ("dim_products", "product_name"),
}
_FLAGS = {
    "reached_count": "is_reached",
    "touched_count": "is_touched",
    "in_order_count": "is_in_order",
}


@dataclass(frozen=True)
class Listing:
    """A list that may be long: how many rows it has, the first of them, or all.

    The newest come first, by the column of that name; the key parts those of one time.
    """

    query: str
    newest: str
    key: str
    values: tuple[object, ...]

    def beginning(self, connection: Connection, rows_count: int) -> tuple[int, Table]:
        """How many rows there are, and the first of them.

        The time of the last that is shown is found while counting: sorted, millions
        of rows would all be read with every column.
        """
        found = select(
            connection,
            f"""
            with times as materialized (
                select {self.newest} as newest_at from ({self.query}) as listed
            ),
            newest as (
                select newest_at from times
                order by newest_at desc nulls last limit {rows_count}
            )
            select
                (select count(*) from times),
                count(newest_at) >= {rows_count}, min(newest_at)
            from newest
            """,  # noqa: S608 (ours)
            *self.values,
        )
        ((counted, is_dated, since),) = found.rows
        listed = f"select * from ({self.query}) as listed"  # noqa: S608 (ours)
        if is_dated:
            listed += f" where {self.newest} >= cast('{since}' as timestamp)"
        listed += f" order by {self._order} limit {rows_count}"
        return int(counted), select(connection, listed, *self.values)

    def all(self, connection: Connection) -> Table:
        return select(connection, f"{self.query} order by {self._order}", *self.values)

    @property
    def _order(self) -> str:
        return f"{self.newest} desc, {self.key}"


@dataclass(frozen=True)
class Cut:
    """What a person has chosen; months are first days, both ends included."""

    segment: str = TOTAL
    channel: str = TOTAL
    months: tuple[str, str] = EVER
    members: Mapping[str, str] = field(default_factory=dict)

    @property
    def chosen(self) -> dict[str, str]:
        """The chosen member of each dimension that is not left at its total."""
        both = {"segment_code": self.segment, "channel_code": self.channel}
        members = {**both, **self.members}
        return {name: code for name, code in members.items() if code != TOTAL}

    @property
    def narrows_journeys(self) -> bool:
        """Whether it is cut by what only journeys have, and no mart by keys."""
        return any(code != TOTAL for code in self.members.values())

    def condition(self) -> tuple[str, list[str]]:
        """The chosen members as SQL on columns of those names, with its values."""
        parts = [f"coalesce({name}, 'unknown') = ?" for name in self.chosen]
        return " and ".join(parts) or "true", list(self.chosen.values())


def members(connection: Connection, table: str, column: str) -> list[tuple[str, str]]:
    """Code and name of a dimension's members, the most frequent first."""
    named, name = _NAMES.get(column, (table, column))
    found = select(
        connection,
        f"""
        with met as (
            select coalesce({column}, 'unknown') as code, count(*) as met_count
            from marts.{table} group by code
        ),
        names as (
            select {column} as code, any_value({name}) as name
            from marts.{named} group by code
        )
        select code, coalesce(cast(name as varchar), code) as name
        from met left join names using (code)
        order by met_count desc, code
        """,  # noqa: S608 (constants only)
    )
    return [(code, name) for code, name in found.rows]


def months(connection: Connection) -> list[str]:
    """The months in which journeys entered or attempts began, oldest first."""
    found = select(
        connection,
        """
        select cohort_month as month from marts.fct_segment_funnels
        union select cohort_month from marts.fct_monthly_conversions
        union select entry_month from marts.fct_event_funnels where not is_all_months
        order by month
        """,
    )
    return [month for (month,) in found.rows if month is not None]


def pipelines(connection: Connection) -> list[str]:
    """The pipelines, those with most journeys first."""
    query = """
        select pipeline_code from marts.fct_journeys
        where pipeline_code is not null
        group by pipeline_code order by count(*) desc, pipeline_code
    """
    return [code for (code,) in select(connection, query).rows]


def stage_names(connection: Connection, pipeline: str) -> dict[str, str]:
    """Code to name of a pipeline's stages, in their order; of all under the total."""
    query = f"""
        with {STAGES}
        select stage_code, stage_name from names where pipeline_code = ?
        order by stage_order, stage_code
    """  # noqa: S608 (constants only)
    return dict(select(connection, query, TOTAL, pipeline).rows)


def funnels(connection: Connection, pipeline: str, cut: Cut) -> Table:
    """Steps of a pipeline's funnels, of one segment, as the report counts them."""
    query = f"""
        select * from ({FUNNELS}) as funnels
        where ? in ('{TOTAL}', pipeline_code) and segment_code = ?
    """  # noqa: S608 (constants only)
    report = [TOTAL, cut.channel, *cut.months, TOTAL]
    return select(connection, query, *report, pipeline, cut.segment)


def stage_steps(connection: Connection, pipeline: str, cut: Cut) -> Table:
    """Stages of a pipeline as steps: journeys counted by the flags of their steps."""
    condition, values = cut.condition()
    query = f"""
        with {STAGES},
        counted as (
            select
                steps.pipeline_code, stage_code,
                count(*) as entered_count,
                {_counted_flags()}
                count(*) filter (is_reached and not is_touched) as unmet_count,
            {_JOURNEYS_AT_STEPS} and {condition}
            group by steps.pipeline_code, stage_code
        )
        select
            counted.pipeline_code as funnel_code, counted.pipeline_code,
            '{TOTAL}' as segment_code,
            row_number() over (order by stage_order, stage_code) as step_order,
            stage_code as step_code, coalesce(stage_name, stage_code) as step_name,
            entered_count, touched_count, reached_count, in_order_count, unmet_count,
        from counted left join names using (pipeline_code, stage_code)
        order by step_order
    """  # noqa: S608 (constants only)
    return select(connection, query, TOTAL, pipeline, *cut.months, *values)


def _counted_flags() -> str:
    return " ".join(
        f"count(*) filter ({flag}) as {measure}," for measure, flag in _FLAGS.items()
    )


_JOURNEYS_AT_STEPS = """
    from marts.fct_journey_steps as steps
    inner join marts.fct_journeys as journeys using (journey_id)
    where not is_deleted and not is_duplicate
        and steps.pipeline_code = ? and cohort_month between ? and ?
"""


def journeys_at_step(
    pipeline: str,
    stage: str,
    measure: str,
    cut: Cut,
    columns: Sequence[str] = JOURNEY_COLUMNS,
) -> Listing:
    """The journeys behind one bar of a funnel, the newest first."""
    condition, values = cut.condition()
    query = f"""
        select {", ".join(columns)}, steps.first_reached_at
        {_JOURNEYS_AT_STEPS} and stage_code = ? and {_FLAGS[measure]} and {condition}
    """
    asked = (pipeline, *cut.months, stage, *values)
    return Listing(query, "entered_at", "journey_id", asked)


def conversions(connection: Connection, pipeline: str, cut: Cut) -> Table:
    """Monthly conversions of a pipeline, segment and channel, with their intervals."""
    query = f"""
        select * from ({CONVERSIONS}) as conversions
        where pipeline_code = ? and cohort_month between ? and ?
    """  # noqa: S608 (constants only)
    report = [TOTAL, cut.segment, cut.channel]
    return select(connection, query, *report, pipeline, *cut.months)


def snapshots(connection: Connection, pipeline: str, cut: Cut) -> Table:
    """Journeys open at each day's end, of whole months."""
    query = f"""
        select * from ({SNAPSHOTS}) as snapshots
        where ? in ('{TOTAL}', pipeline_code)
            and date_trunc('month', snapshot_date) between ? and ?
    """  # noqa: S608 (constants only)
    report = [TOTAL, cut.segment, TOTAL]
    return select(connection, query, *report, pipeline, *cut.months)


def stage_codes(connection: Connection) -> list[str]:
    """Every stage code in order, over all pipelines."""
    return [code for (code,) in select(connection, STAGE_ORDER, TOTAL, TOTAL).rows]


def open_journeys(
    pipeline: str, stage: str, cut: Cut, columns: Sequence[str] = JOURNEY_COLUMNS
) -> Listing:
    """The journeys that stand in a stage as of this generation, the newest first."""
    condition, values = cut.condition()
    query = f"""
        select {", ".join(columns)} from marts.fct_journeys
        where not is_deleted and not is_duplicate
            and ? in ('{TOTAL}', pipeline_code) and current_stage_code = ?
            and {condition}
    """  # noqa: S608 (constants only)
    return Listing(query, "entered_at", "journey_id", (pipeline, stage, *values))


def event_funnels(connection: Connection) -> list[str]:
    query = "select distinct funnel_code from marts.fct_event_funnels order by 1"
    return [code for (code,) in select(connection, query).rows]


def event_steps(connection: Connection, funnel: str, cut: Cut) -> Table:
    """Steps of an event funnel: the best attempts, each unit's one a month."""
    condition, values = cut.condition()
    query = f"""
        with alike as (
            select
                furthest_step_order, is_excluded, is_still_open,
                count(*) as attempts_count,
            from marts.fct_funnel_attempts
            where funnel_code = ? and entry_month between ? and ? and {condition}
            group by furthest_step_order, is_excluded, is_still_open
        ),
        steps as (
            select distinct funnel_code, step_order, step_code
            from marts.fct_event_funnels where funnel_code = ?
        )
        select
            funnel_code, '{TOTAL}' as pipeline_code, '{TOTAL}' as segment_code,
            step_order, step_code, step_code as step_name,
            sum(attempts_count)::bigint as entered_count,
            coalesce(sum(attempts_count) filter (
                not is_excluded and furthest_step_order >= step_order
            ), 0)::bigint as reached_count,
            coalesce(sum(attempts_count) filter (is_excluded), 0)::bigint
                as excluded_count,
            coalesce(sum(attempts_count) filter (is_still_open), 0)::bigint
                as still_open_count,
        from steps cross join alike
        group by funnel_code, step_order, step_code
        order by step_order
    """  # noqa: S608 (constants only)
    return select(connection, query, funnel, *cut.months, *values, funnel)


def attempts_at_step(funnel: str, step_order: int, cut: Cut) -> Listing:
    """The attempts behind one bar of an event funnel, the newest first."""
    condition, values = cut.condition()
    query = f"""
        select
            attempt_id, unit_id, journey_id, segment_code, channel_code, campaign,
            keyword, region_code, product_code, device, landing_page,
            entered_at, completed_at, furthest_step_order, is_still_open,
        from marts.fct_funnel_attempts
        where funnel_code = ? and not is_excluded and furthest_step_order >= ?
            and entry_month between ? and ? and {condition}
    """  # noqa: S608 (constants only)
    asked = (funnel, step_order, *cut.months, *values)
    return Listing(query, "entered_at", "attempt_id", asked)


def step_rates(connection: Connection) -> Table:
    """What share of journeys goes on from step to step, by pipeline and horizon."""
    query = f"""
        with {STAGES}
        select
            rates.pipeline_code, rates.stage_code,
            coalesce(stage_name, rates.stage_code) as stage_name,
            horizon_days, step_number, is_sale,
            reached_count, reached_amount, step_rate,
        from marts.fct_step_rates as rates
        left join names using (pipeline_code, stage_code)
        order by pipeline_code, horizon_days, step_number
    """  # noqa: S608 (constants only)
    return select(connection, query, TOTAL)
