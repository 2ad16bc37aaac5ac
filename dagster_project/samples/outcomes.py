"""Realised outcomes: wins, losses, what is still to come, a trial, customers."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from dagster_project.samples.cohorts import firsts
from dagster_project.samples.deals import Deal, Move
from dagster_project.samples.planted import Trial
from dagster_project.samples.world import DAY, day_text


def won_by_month(journeys: Sequence[Deal]) -> list[dict[str, Any]]:
    """Per month (UTC) and pipeline: journeys won then that are won still."""
    counted = Counter(
        (day_text(won_move(deal).at // DAY)[:7], _last(deal).pipeline.pipeline_id)
        for deal in journeys
        if _last(deal).stage.is_won
    )
    return [
        {"month": f"{month}-01", "pipeline": pipeline, "won_count": count}
        for (month, pipeline), count in sorted(counted.items())
    ]


def lost_by_stage(journeys: Sequence[Deal]) -> list[dict[str, Any]]:
    """Per pipeline, segment and stage lost from: journeys that are lost."""
    counted = Counter(
        (_last(deal).pipeline.pipeline_id, deal.segment, deal.moves[-2].stage.stage_id)
        for deal in journeys
        if _last(deal).stage.is_lost
    )
    names = ("pipeline", "segment", "stage", "lost_count")
    return [
        dict(zip(names, (*key, count), strict=True))
        for key, count in sorted(counted.items())
    ]


def later_rows(journeys: Sequence[Deal]) -> list[dict[str, Any]]:
    """Per pipeline and stage of open journeys: how many will be won in it after all.

    Nobody can know; a forecast is held to it.
    """
    opened: Counter[tuple[str, str]] = Counter()
    won: Counter[tuple[str, str]] = Counter()
    for deal in journeys:
        last = _last(deal)
        key = (last.pipeline.pipeline_id, last.stage.stage_id)
        opened[key] += not last.stage.is_closed
        won[key] += not last.stage.is_closed and _is_won_later(deal)
    return [
        {
            "pipeline": pipeline,
            "stage": stage,
            "open_count": count,
            "won_later_count": won[pipeline, stage],
        }
        for (pipeline, stage), count in sorted(opened.items())
        if count
    ]


def trial_counts(
    journeys: Sequence[Deal], trial: Trial, days: int
) -> dict[str, dict[str, int]]:
    """Of the trial's segment and its control: who came to its step, who went on."""
    return {
        segment: _trial_count(journeys, trial, segment, days)
        for segment in (trial.segment, trial.control)
    }


def _trial_count(
    journeys: Sequence[Deal], trial: Trial, segment: str, days: int
) -> dict[str, int]:
    counted = Counter({"entered_count": 0, "converted_count": 0})
    for deal in journeys:
        reached = firsts(deal, trial.pipeline)
        entered = reached.get(trial.step)
        if deal.segment != segment or entered is None or not trial.holds(entered):
            continue
        onward = [
            at for step, at in reached.items() if step > trial.step and at >= entered
        ]
        counted["entered_count"] += 1
        counted["converted_count"] += min(onward, default=entered + days * DAY + 1) <= (
            entered + days * DAY
        )
    return dict(counted)


def customer_counts(journeys: Sequence[Deal]) -> dict[str, int]:
    """People who have bought, who bought again, and what they bought."""
    bought = Counter(
        deal.person.contact_id for deal in journeys if _last(deal).stage.is_won
    )
    return {
        "customers_count": len(bought),
        "repeat_customers_count": sum(count > 1 for count in bought.values()),
        "purchases_count": bought.total(),
    }


def _last(deal: Deal) -> Move:
    return deal.moves[-1]


def won_move(deal: Deal) -> Move:
    """The move that won it: the first of the last run of won stages."""
    after = [move for move in deal.moves if not move.stage.is_won]
    since = after[-1] if after else None
    return next(
        m for m in deal.moves if m.stage.is_won and (not since or m.at >= since.at)
    )


def _is_won_later(deal: Deal) -> bool:
    """Won before it is lost or handed to another pipeline."""
    ends = (
        move
        for move in deal.later
        if move.stage.is_closed or move.pipeline is not _last(deal).pipeline
    )
    end = next(ends, None)
    return end is not None and end.stage.is_won and end.pipeline is _last(deal).pipeline
