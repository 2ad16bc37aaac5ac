"""fct_monthly_conversions: cohorts of first visits and their fates (section 6)."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from .facts import ALL, Facts, Row, end_of_month, month_of, previous_month, with_totals
from .journeys import Told, tell_counted
from .ledger import Move
from .registry import Step, steps_of_pipeline
from .statistics_of_cohorts import (
    FALSE_DISCOVERY_RATE,
    Fate,
    at_risk_count,
    cumulative_incidence,
    pooled_z_p_value,
    q_values,
    wilson,
)

HORIZONS = (30, 60, 90, 180, 365, 540, 730)
KEYS = (
    "cohort_month",
    "pipeline_code",
    "segment_code",
    "channel_code",
    "from_stage_code",
    "to_stage_code",
)


@dataclass(frozen=True)
class Member:
    """One journey's clock in one pipeline for one pair of stages."""

    told: Told
    pipeline_code: str
    from_stage_code: str
    to_stage_code: str
    origin: datetime
    cohort_month: date
    fate: Fate


def pairs(steps: list[Step]) -> list[tuple[Step, Step]]:
    """Each stage with the next in use, and with the first won stage in use."""
    used = [step for step in steps if not step.is_retired]
    following = [(s, next((u for u in used if u.order > s.order), None)) for s in steps]
    found = [(source, target) for source, target in following if target is not None]
    won = next((step for step in used if step.is_won), None)
    for step in steps:
        if won is not None and step.order < won.order and (step, won) not in found:
            found.append((step, won))
    return found


def first_visit(told: Told, pipeline: str, stage: str) -> int | None:
    """Where in the ledger the clock starts; re-entries start no new one."""
    for index, move in enumerate(told.moves):
        if move.place == (pipeline, stage):
            return index if move.changed_at is not None else None
    return None


def stays_lost(moves: list[Move], index: int, pipeline: str) -> bool:
    """The last loss, if no reopening is known."""
    later = [m for m in moves[index:] if m.pipeline_code == pipeline]
    return all(move.is_lost or move.is_unmapped for move in later)


def ending(
    moves: list[Move], start: int, pipeline: str, goals: set[str]
) -> tuple[str, Move] | None:
    """The first in the ledger of conversion, final loss, transfer out."""
    for index in range(start + 1, len(moves)):
        move = moves[index]
        if move.pipeline_code != pipeline:
            return ("transferred", move)
        if move.stage_code in goals:
            return ("converted", move)
        if move.is_lost and stays_lost(moves, index, pipeline):
            return ("lost", move)
    return None


def fate_of(told: Told, start: int, pipeline: str, goals: set[str]) -> Fate:
    origin = told.moves[start].changed_at
    assert origin is not None, "a clock starts at a visit that has a time"
    found = ending(told.moves, start, pipeline, goals)
    ended_at = found[1].changed_at if found else None
    return Fate(
        kind=found[0] if found else None,
        after=ended_at - origin if ended_at else None,
        watched_for=told.observed_until - origin,
        delay=delay_of(told.history_from, origin),
    )


def delay_of(history_from: datetime | None, origin: datetime) -> timedelta | None:
    if history_from is None or origin >= history_from:
        return None
    return history_from - origin


def members_of(facts: Facts, told: Told, pipeline: str) -> list[Member]:
    steps = steps_of_pipeline(facts, pipeline)
    found = []
    for source, target in pairs(steps):
        start = first_visit(told, pipeline, source.stage_code)
        if start is None:
            continue
        goals = {s.stage_code for s in steps if s.order >= target.order}
        fate = fate_of(told, start, pipeline, goals)
        origin = told.moves[start].changed_at
        assert origin is not None, "a clock starts at a visit that has a time"
        month = month_of(facts, origin)
        codes = (source.stage_code, target.stage_code)
        found.append(Member(told, pipeline, *codes, origin, month, fate))
    return found


def all_members(facts: Facts) -> list[Member]:
    pipelines = sorted({row["pipeline_code"] for row in facts.stages})
    return [
        member
        for told in tell_counted(facts)
        for pipeline in pipelines
        for member in members_of(facts, told, pipeline)
    ]


def from_landmark(facts: Facts, member: Member) -> Member | None:
    """The member's clock in its segment: features read up to a landmark say nothing
    of what came before it."""
    landmark_at = member.told.landmark_at
    if landmark_at is None or landmark_at <= member.origin:
        return member
    lead, fate = landmark_at - member.origin, member.fate
    if fate.ended_after < lead:
        return None
    later = Fate(
        kind=fate.kind,
        after=None if fate.after is None else fate.after - lead,
        watched_for=fate.watched_for - lead,
        delay=fate.delay - lead if fate.delay and fate.delay > lead else None,
    )
    month = month_of(facts, landmark_at)
    return replace(member, origin=landmark_at, cohort_month=month, fate=later)


def cohorts(facts: Facts, members: list[Member]) -> dict[tuple, list[Member]]:
    found: dict[tuple, list[Member]] = {}
    for whole in members:
        told, pair = whole.told, (whole.from_stage_code, whole.to_stage_code)
        late = from_landmark(facts, whole)
        totals = with_totals(whole.pipeline_code, told.segment_code, told.channel_code)
        for group in totals:
            member = whole if group[1] == ALL else late
            if member is not None:
                key = (member.cohort_month, *group, *pair)
                found.setdefault(key, []).append(member)
    return found


def is_left_truncated(cohort: list[Member]) -> bool:
    return any(member.fate.delay is not None for member in cohort)


def is_mature(facts: Facts, month: date, horizon: int, cohort: list[Member]) -> bool:
    due = end_of_month(facts, month) + timedelta(days=horizon)
    watched = all(member.told.observed_until >= due for member in cohort)
    return watched and not is_left_truncated(cohort)


def count_columns(cohort: list[Member], span: timedelta) -> Row:
    statuses = Counter(member.fate.status_at(span) for member in cohort)
    fates = [member.fate for member in cohort]
    return {
        "entered_count": len(cohort),
        "converted_count": statuses["converted"],
        "lost_count": statuses["lost"],
        "transferred_count": statuses["transferred"],
        "open_count": statuses["open"],
        "at_risk_count": at_risk_count(fates, span),
    }


def rate_columns(cohort: list[Member], counts: Row, span: timedelta) -> Row:
    entered, converted = counts["entered_count"], counts["converted_count"]
    low, high = wilson(converted, entered)
    fates = [member.fate for member in cohort]
    incidence, incidence_low, incidence_high = cumulative_incidence(fates, span)
    return {
        "conversion_rate": converted / entered,
        "conversion_rate_low": low,
        "conversion_rate_high": high,
        "cumulative_incidence": incidence,
        "cumulative_incidence_low": incidence_low,
        "cumulative_incidence_high": incidence_high,
    }


def cohort_row(facts: Facts, key: tuple, cohort: list[Member], horizon: int) -> Row:
    span = timedelta(days=horizon)
    counts = count_columns(cohort, span)
    return (
        dict(zip(KEYS, key, strict=True))
        | {
            "horizon_days": horizon,
            "is_mature": is_mature(facts, key[0], horizon, cohort),
            "is_left_truncated": is_left_truncated(cohort),
            "target_rate": None,
            "benchmark_rate": None,
        }
        | counts
        | rate_columns(cohort, counts, span)
    )


def row_key(row: Row, month: date) -> tuple:
    return (month, *(row[column] for column in KEYS[1:]), row["horizon_days"])


def add_change(row: Row, previous: Row | None) -> None:
    """Against the previous month, tested only where both are mature."""
    row["previous_month_rate"] = row["rate_change"] = row["change_p_value"] = None
    if previous is None:
        return
    row["previous_month_rate"] = previous["conversion_rate"]
    row["rate_change"] = row["conversion_rate"] - previous["conversion_rate"]
    if row["is_mature"] and previous["is_mature"]:
        row["change_p_value"] = pooled_z_p_value(
            row["converted_count"],
            row["entered_count"],
            previous["converted_count"],
            previous["entered_count"],
        )


def family(row: Row) -> tuple:
    """Rows without an `all` member are one family, the rest another."""
    has_total = ALL in [row[column] for column in KEYS[1:4]]
    return (row["cohort_month"], row["horizon_days"], has_total)


def add_significance(rows: list[Row]) -> None:
    tested = [row for row in rows if row["change_p_value"] is not None]
    for row in rows:
        row["change_q_value"] = row["comparisons_count"] = None
        row["is_change_significant"] = None
    for name in {family(row) for row in tested}:
        members = [row for row in tested if family(row) == name]
        found = q_values([row["change_p_value"] for row in members])
        for row, q_value in zip(members, found, strict=True):
            row["change_q_value"] = q_value
            row["comparisons_count"] = len(members)
            row["is_change_significant"] = q_value < FALSE_DISCOVERY_RATE


def monthly_conversions(facts: Facts) -> list[Row]:
    found = cohorts(facts, all_members(facts))
    rows = [
        cohort_row(facts, key, found[key], horizon)
        for key in sorted(found)
        for horizon in HORIZONS
    ]
    by_key = {row_key(row, row["cohort_month"]): row for row in rows}
    for row in rows:
        before = row_key(row, previous_month(row["cohort_month"]))
        add_change(row, by_key.get(before))
    add_significance(rows)
    return rows
