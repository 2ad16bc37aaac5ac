"""Realised cohort counts: who entered a stage in a month, who went on in time."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from dagster_project.samples.deals import Deal
from dagster_project.samples.world import DAY, PIPELINES, Period, Pipeline, day_text


def cohort_rows(
    journeys: Sequence[Deal], period: Period, days: int
) -> list[dict[str, Any]]:
    """Per month (UTC), pipeline and pair: entered, converted so far, in time."""
    counted: Counter[tuple[str, str, str, str, bool]] = Counter()
    for deal in journeys:
        for key in _entered(deal, days * DAY):
            counted[key] += 1
    keys = sorted({key[:4] for key in counted})
    return [_row(key, counted) for key in keys]


def _row(
    key: tuple[str, str, str, str],
    counted: Counter[tuple[str, str, str, str, bool]],
) -> dict[str, Any]:
    pipeline, month, start, goal = key
    converted = counted[pipeline, month, start, goal, True]
    return {
        "cohort_month": month,
        "pipeline": pipeline,
        "from_stage": start,
        "to_stage": goal,
        "entered_count": converted + counted[pipeline, month, start, goal, False],
        "converted_count": converted,
    }


def _entered(deal: Deal, seconds: int) -> Iterator[tuple[str, str, str, str, bool]]:
    for pipeline in PIPELINES:
        moves = [m for m in deal.moves if m.pipeline is pipeline]
        reached = firsts(deal, pipeline)
        for start, goal in _pairs(pipeline):
            if start not in reached:
                continue
            entered = reached[start]
            is_converted = any(
                move.at - entered <= seconds
                for move in moves
                if move.at >= entered and goal <= move.stage.order < pipeline.lost.order
            )
            names = (pipeline.steps[start].stage_id, pipeline.steps[goal].stage_id)
            month = f"{day_text(entered // DAY)[:7]}-01"
            yield pipeline.pipeline_id, month, *names, is_converted


def reach_rows(
    journeys: Sequence[Deal], period: Period, days: int
) -> list[dict[str, Any]]:
    """Per pipeline and step up to the sale: journeys old enough that came so far."""
    reached: Counter[tuple[str, str]] = Counter()
    old_enough = (d for d in journeys if period.end_at - d.entered_at >= days * DAY)
    for deal, pipeline in product(old_enough, PIPELINES):
        times = firsts(deal, pipeline)
        for step, stage in enumerate(pipeline.steps[: pipeline.first_won + 1]):
            first = min((at for order, at in times.items() if order >= step), default=0)
            is_in_time = 0 < first <= deal.entered_at + days * DAY
            reached[pipeline.pipeline_id, stage.stage_id] += is_in_time
    names = ("pipeline", "stage", "reached_count")
    return [dict(zip(names, (*key, n), strict=True)) for key, n in reached.items()]


def firsts(deal: Deal, pipeline: Pipeline) -> dict[int, int]:
    """When each step of a pipeline was first entered."""
    reached: dict[int, int] = {}
    for move in deal.moves:
        if move.pipeline is pipeline and move.stage.order < pipeline.lost.order:
            reached.setdefault(move.stage.order, move.at)
    return reached


def _pairs(pipeline: Pipeline) -> list[tuple[int, int]]:
    """Each step with the next, and with the first won one."""
    count, won = len(pipeline.steps), pipeline.first_won
    nexts = [(step, step + 1) for step in range(count - 1)]
    return nexts + [(step, won) for step in range(won - 1)]
