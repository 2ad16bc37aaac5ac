"""What the seeds say of a stage, an alias or a channel on a day (section 2.4)."""

from dataclasses import dataclass
from datetime import date

from .facts import UNKNOWN, UNMAPPED, Facts, Row, as_of_day


def holds(row: Row, day: date) -> bool:
    begun = row.get("valid_from") is None or row["valid_from"] <= day
    ended = row.get("valid_to") is not None and row["valid_to"] <= day
    return begun and not ended


def rows_of_stage(facts: Facts, pipeline: str, stage: str) -> list[Row]:
    return [
        row
        for row in facts.stages
        if row["pipeline_code"] == pipeline and row["stage_code"] == stage
    ]


def stage_on(facts: Facts, pipeline: str, stage: str, day: date) -> Row | None:
    for row in rows_of_stage(facts, pipeline, stage):
        if holds(row, day):
            return row
    return None


def last_stage(facts: Facts, pipeline: str, stage: str, day: date) -> Row | None:
    """The stage on the day, or as it last was if it is retired by then."""
    row = stage_on(facts, pipeline, stage, day)
    if row is not None:
        return row
    ended = [
        row
        for row in rows_of_stage(facts, pipeline, stage)
        if row.get("valid_to") is not None and row["valid_to"] <= day
    ]
    return max(ended, key=lambda row: row["valid_to"]) if ended else None


def first_stage(facts: Facts, pipeline: str, stage: str) -> Row:
    rows = rows_of_stage(facts, pipeline, stage)
    return min(rows, key=lambda row: row.get("valid_from") or date.min)


def stages_on(facts: Facts, pipeline: str, day: date) -> list[Row]:
    rows = [row for row in facts.stages if row["pipeline_code"] == pipeline]
    return [row for row in rows if holds(row, day)]


@dataclass(frozen=True)
class Step:
    """A stage that is not lost, at its order at as-of."""

    stage_code: str
    order: int
    is_won: bool
    is_retired: bool = False


def steps_of_pipeline(facts: Facts, pipeline: str) -> list[Step]:
    """Section 2.4: the registry at as-of, retired stages at their last order."""
    codes = {r["stage_code"] for r in facts.stages if r["pipeline_code"] == pipeline}
    steps = []
    for code in codes:
        row = last_stage(facts, pipeline, code, as_of_day(facts))
        if row is not None and row["outcome_code"] != "lost":
            is_won = row["outcome_code"] == "won"
            ended = row["valid_to"] is not None and row["valid_to"] <= as_of_day(facts)
            steps.append(Step(code, row["stage_order"], is_won, ended))
    return sorted(steps, key=lambda step: (step.order, step.stage_code))


def alias_on(facts: Facts, change: Row, day: date) -> Row | None:
    wanted = ("source_code", "source_pipeline", "source_stage")
    for row in facts.stage_aliases:
        if all(row[key] == change[key] for key in wanted) and holds(row, day):
            return row
    return None


def pipeline_of_source(facts: Facts, change: Row) -> str | None:
    """The one pipeline that all aliases of this source pipeline lead to."""
    wanted = ("source_code", "source_pipeline")
    codes = {
        row["pipeline_code"]
        for row in facts.stage_aliases
        if all(row[key] == change[key] for key in wanted) and row["pipeline_code"]
    }
    return codes.pop() if len(codes) == 1 else None


def channel_code(facts: Facts, value: str | None) -> str:
    for row in facts.channels:
        if value is not None and row["source_value"] == value:
            return row["channel_code"]
    return UNKNOWN if value is None else UNMAPPED
