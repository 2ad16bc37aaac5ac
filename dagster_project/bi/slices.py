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
    has_table,
    select,
)
from dagster_project.bi.listing import Listing, Query

Connection = duckdb.DuckDBPyConnection

# Which table has a dimension, and which names its members.
JOURNEY_DIMENSIONS = (
    *("campaign", "keyword", "region_code", "product_code", "owner_id"),
)
ATTEMPT_DIMENSIONS = (
    *("segment_code", "channel_code", "campaign", "keyword"),
    *("region_code", "product_code", "device"),
)
UNKNOWN = "unknown"
MEASURES = ("reached_count", "touched_count", "in_order_count")
# What counts them by one more dimension.
BREAKDOWNS = {
    "fct_journeys": "fct_stage_funnel_breakdowns",
    "fct_funnel_attempts": "fct_event_funnel_breakdowns",
}
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
_EVERYTHING = Query("")


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
    def broken_down(self) -> dict[str, str]:
        """What is chosen beside segment and channel, the keys of funnels."""
        return {name: code for name, code in self.members.items() if code != TOTAL}

    def condition(self) -> Query:
        """The chosen members as SQL on columns of those names.

        What is unknown may be null; of any other member the plain comparison tells
        DuckDB how rare it is.
        """
        parts = [
            f"coalesce({name}, '{UNKNOWN}') = ?" if code == UNKNOWN else f"{name} = ?"
            for name, code in self.chosen.items()
        ]
        return Query(" and ".join(parts) or "true", tuple(self.chosen.values()))

    def condition_on_breakdowns(self, dimensions: Sequence[str]) -> Query:
        """The same on a mart of breakdowns: each dimension adds up to the total."""
        (name, code), *_ = [*self.broken_down.items(), (dimensions[0], TOTAL)]
        keys = {"dimension_code": dimension_code(name), "member_code": code}
        keys |= {"segment_code": self.segment, "channel_code": self.channel}
        asked = {name: code for name, code in keys.items() if code != TOTAL}
        text = " and ".join(f"{name} = ?" for name in asked)
        return Query(text, tuple(asked.values()))


def dimension_code(column: str) -> str:
    """A column of journeys or attempts as marts of breakdowns name it."""
    return column.removesuffix("_code").removesuffix("_id")


def has_breakdowns(connection: Connection, table: str, cut: Cut) -> bool:
    """Whether a mart tells what is cut so: one dimension at a time."""
    return len(cut.broken_down) <= 1 and has_table(connection, BREAKDOWNS[table])


def members(connection: Connection, table: str, column: str) -> list[tuple[str, str]]:
    """Code and name of a dimension's members, the most frequent first."""
    met = _met(column, table, has_table(connection, BREAKDOWNS[table]))
    named, name = _NAMES.get(column, ("", ""))
    names = (
        f"select {column} as code, any_value({name}) as name "  # noqa: S608 (constants)
        f"from marts.{named} group by code"
        if named
        else "select code, code as name from met"
    )
    found = select(
        connection,
        f"""
        with met as ({met.text}), names as ({names})
        select code, coalesce(cast(name as varchar), code) as name
        from met left join names using (code)
        order by met_count desc, code
        """,  # noqa: S608 (constants only)
        *met.values,
    )
    return [(code, name) for code, name in found.rows]


def _met(column: str, table: str, is_broken_down: bool) -> Query:
    if not is_broken_down:
        return Query(
            f"select coalesce({column}, '{UNKNOWN}') as code, count(*) as met_count "  # noqa: S608 (constants only)
            f"from marts.{table} group by code"
        )
    is_key = column in ("segment_code", "channel_code")
    return Query(
        f"select {column if is_key else 'member_code'} as code, "  # noqa: S608 (constants only)
        f"sum(entered_count) as met_count from marts.{BREAKDOWNS[table]} "
        "where dimension_code = ? group by code",
        ("campaign" if is_key else dimension_code(column),),
    )


def months(connection: Connection) -> list[str]:
    """The months in which journeys entered or attempts began, oldest first.

    The last one is that of as-of: what is open is open in a month without entries too.
    """
    found = select(
        connection,
        """
        select cohort_month as month from marts.fct_segment_funnels
        union select cohort_month from marts.fct_monthly_conversions
        union select entry_month from marts.fct_event_funnels where not is_all_months
        union select cast(date_trunc('month', max(snapshot_date)) as date)
        from marts.fct_stage_snapshots
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


def funnel_segment(connection: Connection, funnel: str, cut: Cut) -> str:
    """The segment whose journeys a funnel counts: the chosen one, else its only one."""
    query = f"""
        select distinct segment_code from marts.fct_segment_funnels
        where funnel_code = ? and segment_code <> '{TOTAL}'
    """  # noqa: S608 (constants only)
    found = [code for (code,) in select(connection, query, funnel).rows]
    return found[0] if cut.segment == TOTAL and len(found) == 1 else cut.segment


def stage_steps(connection: Connection, pipeline: str, cut: Cut) -> Table:
    """Stages of a pipeline as steps, by what its journeys touched and reached."""
    is_told = has_breakdowns(connection, "fct_journeys", cut)
    counted = (_told_stages if is_told else _counted_stages)(pipeline, cut)
    query = f"""
        with {STAGES}, counted as ({counted.text})
        select
            counted.pipeline_code as funnel_code, counted.pipeline_code,
            '{TOTAL}' as segment_code,
            row_number() over (order by stage_order, stage_code) as step_order,
            stage_code as step_code, coalesce(stage_name, stage_code) as step_name,
            entered_count, touched_count, reached_count, in_order_count, unmet_count,
        from counted left join names using (pipeline_code, stage_code)
        order by step_order
    """  # noqa: S608 (constants only)
    return select(connection, query, TOTAL, *counted.values)


def _told_stages(pipeline: str, cut: Cut) -> Query:
    condition = cut.condition_on_breakdowns(JOURNEY_DIMENSIONS)
    text = f"""
        select
            pipeline_code, stage_code,
            sum(entered_count)::bigint as entered_count,
            sum(touched_count)::bigint as touched_count,
            sum(reached_count)::bigint as reached_count,
            sum(in_order_count)::bigint as in_order_count,
            sum(unmet_count)::bigint as unmet_count,
        from marts.fct_stage_funnel_breakdowns
        where pipeline_code = ? and cohort_month between ? and ? and {condition.text}
        group by pipeline_code, stage_code
    """  # noqa: S608 (constants only)
    return Query(text, (pipeline, *cut.months, *condition.values))


def _counted_stages(pipeline: str, cut: Cut) -> Query:
    """By two members at once, which no mart adds up: journeys, by their flags."""
    condition = cut.condition()
    text = f"""
        select
            steps.pipeline_code, stage_code,
            count(*) as entered_count,
            {_counted_flags()}
            count(*) filter (is_reached and not is_touched) as unmet_count,
        {_JOURNEYS_AT_STEPS} and {condition.text}
        group by steps.pipeline_code, stage_code
    """
    return Query(text, (pipeline, *cut.months, *condition.values))


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
    clocks: Sequence[str] = ("journeys.entered_at", "steps.entered_at"),
) -> Listing:
    """The journeys behind one bar of a funnel, the newest first."""
    condition = cut.condition()
    named = ", ".join(f"journeys.{column}" for column in columns)
    text = f"""
        select journeys.rowid as row_number, steps.first_reached_at
        {_JOURNEYS_AT_STEPS}
            and stage_code = ? and {_FLAGS[measure]} and {condition.text}
    """
    asked = (pipeline, *cut.months, stage, *condition.values)
    # a late step was reached by nobody who has just come: its list begins further back
    of_step = Query(
        f"where pipeline_code = ? and stage_code = ? and {_FLAGS[measure]}",
        (pipeline, stage),
    )
    return Listing(
        listed=Query(text, asked),
        latest=_latest("fct_journey_steps", cut, of_step)
        if "steps.entered_at" in clocks
        else _latest("fct_journeys", cut),
        newest="journeys.entered_at",
        key="journey_id",
        clocks=tuple(clocks),
        within=_within(clocks, cut),
        told=f"""
            select {named}, listed.first_reached_at
            from listed
            inner join marts.fct_journeys as journeys
                on listed.row_number = journeys.rowid
        """,  # noqa: S608 (constants only)
    )


def _within(clocks: Sequence[str], cut: Cut) -> Query:
    """Where the chosen months lie in tables that are ordered by time and not by month.

    A month of reports, which may be another time zone's, begins and ends within a day
    of UTC's.
    """
    text = " and ".join(
        f"{clock} >= cast(? as date) - interval 1 day "
        f"and {clock} < cast(? as date) + interval 1 month + interval 1 day"
        for clock in clocks
    )
    return Query(text, cut.months * len(clocks))


def _latest(table: str, cut: Cut, condition: Query = _EVERYTHING) -> Query:
    """The last entry there may be, and whether others came behind it.

    Without a condition it is known unread.
    """
    query = f"""
        with known as (
            select
                max(entered_at) as entered_at,
                cast(? as date) + interval 1 month as end_at,
            from marts.{table} {condition.text}
        )
        select
            case when entered_at > end_at then end_at else entered_at end,
            coalesce(entered_at > end_at, false),
        from known
    """  # noqa: S608 (ours)
    return Query(query, (cut.months[1], *condition.values))


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
    condition = cut.condition()
    text = f"""
        select {", ".join(columns)} from marts.fct_journeys
        where not is_deleted and not is_duplicate
            and ? in ('{TOTAL}', pipeline_code) and current_stage_code = ?
            and {condition.text}
    """  # noqa: S608 (constants only)
    return Listing(
        listed=Query(text, (pipeline, stage, *condition.values)),
        latest=_latest("fct_journeys", Cut()),
        newest="entered_at",
        key="journey_id",
        clocks=("entered_at",),
    )


def event_funnels(connection: Connection) -> list[str]:
    query = "select distinct funnel_code from marts.fct_event_funnels order by 1"
    return [code for (code,) in select(connection, query).rows]


def event_steps(connection: Connection, funnel: str, cut: Cut) -> Table:
    """Steps of an event funnel: the best attempts, each unit's one a month."""
    is_told = has_breakdowns(connection, "fct_funnel_attempts", cut)
    counted = (_told_levels if is_told else _counted_levels)(funnel, cut)
    query = f"""
        select
            funnel_code, '{TOTAL}' as pipeline_code, '{TOTAL}' as segment_code,
            step_order, step_code, step_code as step_name,
            sum(entered_count)::bigint as entered_count,
            sum(reached_count)::bigint as reached_count,
            sum(excluded_count)::bigint as excluded_count,
            sum(still_open_count)::bigint as still_open_count,
        from ({counted.text}) as counted
        group by funnel_code, step_order, step_code
        order by step_order
    """  # noqa: S608 (constants only)
    return select(connection, query, *counted.values)


def _told_levels(funnel: str, cut: Cut) -> Query:
    condition = cut.condition_on_breakdowns(ATTEMPT_DIMENSIONS[2:])
    text = f"""
        select * from marts.fct_event_funnel_breakdowns
        where funnel_code = ? and entry_month between ? and ? and {condition.text}
    """  # noqa: S608 (constants only)
    return Query(text, (funnel, *cut.months, *condition.values))


def _counted_levels(funnel: str, cut: Cut) -> Query:
    """By two members at once, which no mart adds up: attempts, by how far they came."""
    condition = cut.condition()
    text = f"""
        with alike as (
            select
                furthest_step_order, is_excluded, is_still_open,
                count(*) as attempts_count,
            from marts.fct_funnel_attempts
            where funnel_code = ? and entry_month between ? and ? and {condition.text}
            group by furthest_step_order, is_excluded, is_still_open
        ),
        steps as (
            select distinct funnel_code, step_order, step_code
            from marts.fct_event_funnels where funnel_code = ?
        )
        select
            funnel_code, step_order, step_code,
            attempts_count as entered_count,
            if(not is_excluded and furthest_step_order >= step_order, attempts_count, 0)
                as reached_count,
            if(is_excluded, attempts_count, 0) as excluded_count,
            if(is_still_open, attempts_count, 0) as still_open_count,
        from steps cross join alike
    """  # noqa: S608 (constants only)
    return Query(text, (funnel, *cut.months, *condition.values, funnel))


def attempts_at_step(funnel: str, step_order: int, cut: Cut) -> Listing:
    """The attempts behind one bar of an event funnel, the newest first."""
    condition = cut.condition()
    text = f"""
        select
            attempt_id, unit_id, journey_id, segment_code, channel_code, campaign,
            keyword, region_code, product_code, device, landing_page,
            entered_at, completed_at, furthest_step_order, is_still_open,
        from marts.fct_funnel_attempts
        where funnel_code = ? and not is_excluded and furthest_step_order >= ?
            and entry_month between ? and ? and {condition.text}
    """  # noqa: S608 (constants only)
    return Listing(
        listed=Query(text, (funnel, step_order, *cut.months, *condition.values)),
        within=_within(["entered_at"], cut),
        latest=_latest("fct_funnel_attempts", cut),
        newest="entered_at",
        key="attempt_id",
        clocks=("entered_at",),
    )


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
