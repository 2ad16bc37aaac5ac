"""Realised causes: stays at stages, proofs by customers, owners, points."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from dagster_project.samples.deals import Deal, Move
from dagster_project.samples.outcomes import won_move
from dagster_project.samples.world import (
    OFFLINE,
    PROOFS,
    REFERRALS,
    UNREGISTERED,
    Period,
)

READ_UP = 5


def stay_rows(journeys: Sequence[Deal], period: Period) -> list[dict[str, Any]]:
    """Per pipeline and open stage: stays, how they ended, when half had left.

    The median is Kaplan's and Meier's: who is there still has not left yet.
    """
    stays: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for deal in journeys:
        for place, seconds, end in _stays(deal, period.end_at):
            stays[place].append((seconds, end))
    return [
        {
            "pipeline": pipeline,
            "stage": stage,
            "visits_count": len(found),
            **_ends(found),
            "median_seconds": _median(found),
        }
        for (pipeline, stage), found in sorted(stays.items())
    ]


def _stays(deal: Deal, end_at: int) -> Iterator[tuple[tuple[str, str], int, str]]:
    for before, after in pairwise([*deal.moves, None]):
        if before is None or before.stage.is_closed or before.stage is UNREGISTERED:
            continue
        until = after.at if after else end_at
        yield _place(before), until - before.at, _end(before, after)


def _place(move: Move) -> tuple[str, str]:
    """The stage replaced half-way and its replacement are one."""
    return move.pipeline.pipeline_id, move.pipeline.steps[move.stage.order].stage_id


def _end(before: Move, after: Move | None) -> str:
    if after is None:
        return "open"
    if after.pipeline is not before.pipeline or after.stage is UNREGISTERED:
        return "elsewhere"
    if after.stage.is_lost:
        return "lost"
    return "advanced" if after.stage.order > before.stage.order else "elsewhere"


def _ends(stays: Iterable[tuple[int, str]]) -> dict[str, int]:
    counted = Counter(end for _, end in stays)
    names = ("open", "advanced", "lost", "elsewhere")
    return {f"{name}_count": counted[name] for name in names}


def _median(stays: Sequence[tuple[int, str]]) -> int | None:
    left = 1.0
    seen = Counter(seconds for seconds, _ in stays)
    leaving = Counter(seconds for seconds, end in stays if end != "open")
    there = len(stays)
    for seconds in sorted(seen):
        left *= 1 - leaving[seconds] / there
        if left <= 0.5 + 1e-12:
            return seconds
        there -= seen[seconds]
    return None


def proof_rows(journeys: Sequence[Deal]) -> list[dict[str, Any]]:
    """Per pipeline and stage: who came to it, and of them who did what proves it."""
    entered: Counter[tuple[str, str]] = Counter()
    proven: Counter[tuple[str, str]] = Counter()
    for deal in journeys:
        steps = (m for m in deal.moves if m.stage.order < m.pipeline.lost.order)
        places = {_place(move) for move in steps}
        for pipeline, stage in places:
            entered[pipeline, stage] += 1
            proven[pipeline, stage] += PROOFS.get(stage) in deal.proofs
    return [
        {
            "pipeline": pipeline,
            "stage": stage,
            "entered_count": count,
            "proven_count": proven[pipeline, stage],
        }
        for (pipeline, stage), count in sorted(entered.items())
        if proven[pipeline, stage]
    ]


def owner_rows(journeys: Sequence[Deal]) -> list[dict[str, Any]]:
    """Per current pipeline and owner at the outcome: journeys, won, lost."""
    groups: dict[tuple[str, str], list[Deal]] = defaultdict(list)
    for deal in journeys:
        groups[deal.moves[-1].pipeline.pipeline_id, _owner(deal)].append(deal)
    return [
        {
            "pipeline": pipeline,
            "owner": owner,
            "journeys_count": len(found),
            "won_count": sum(deal.moves[-1].stage.is_won for deal in found),
            "lost_count": sum(deal.moves[-1].stage.is_lost for deal in found),
        }
        for (pipeline, owner), found in sorted(groups.items())
    ]


def _owner(deal: Deal) -> str:
    decided = won_move(deal) if deal.moves[-1].stage.is_won else deal.moves[-1]
    return [owner for at, owner in deal.owners if at <= decided.at][-1]


def score_counts(journeys: Sequence[Deal]) -> dict[str, int]:
    """Journeys that meet what the shipped scoring rules ask for, rule by rule."""
    return {
        "recommended": sum(deal.channel == REFERRALS for deal in journeys),
        "offline": sum(deal.channel == OFFLINE for deal in journeys),
        "came_back": sum(deal.kind == "repeat" for deal in journeys),
        "read_up": sum(deal.person.guide_views >= READ_UP for deal in journeys),
    }
