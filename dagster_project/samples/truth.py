"""What was planted and what a correct warehouse must find: `truth.json`, `TRUTH.md`."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum, auto
from itertools import pairwise
from pathlib import Path
from typing import Any

from dagster_project.samples import planted
from dagster_project.samples.causes import (
    owner_rows,
    proof_rows,
    score_counts,
    stay_rows,
)
from dagster_project.samples.cohorts import cohort_rows, reach_rows
from dagster_project.samples.deals import Deal, Move
from dagster_project.samples.outcomes import (
    customer_counts,
    later_rows,
    lost_by_stage,
    trial_counts,
    won_by_month,
)
from dagster_project.samples.world import (
    PIPELINES,
    REPLACED,
    REPLACEMENT,
    SEGMENTS,
    Period,
    Pipeline,
)

HORIZON_DAYS = 90
TRIAL_DAYS = 30


class Direction(StrEnum):
    """Kinds of moves, spelled as the ledger spells them."""

    ENTRY = auto()
    TRANSFER = auto()
    UNMAPPED = auto()
    LOST = auto()
    REOPEN = auto()
    WON = auto()
    BACKWARD = auto()
    SKIP = auto()
    FORWARD = auto()


@dataclass(frozen=True)
class Made:
    """What was asked for, beside what came of it."""

    period: Period
    deals: Sequence[Deal]
    months: int
    seed: int
    faults: tuple[str, ...]
    events: int
    unrecorded_forms: int
    spent: Mapping[str, Decimal]


def truth_of(made: Made) -> dict[str, Any]:
    """Everything, ready for JSON."""
    return {
        "parameters": _parameters(made),
        "pipelines": [_pipeline_row(pipeline) for pipeline in PIPELINES],
        "planted": _planted(),
        "realised": _realised(made),
    }


def _parameters(made: Made) -> dict[str, Any]:
    period = made.period
    return {
        "deals": sum(deal.kind != "fault" for deal in made.deals),
        "events": made.events,
        "months": made.months,
        "seed": made.seed,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "stage_replaced_on": period.middle.isoformat(),
        "faults": list(made.faults),
    }


def _pipeline_row(pipeline: Pipeline) -> dict[str, Any]:
    return {
        "pipeline": pipeline.pipeline_id,
        "stages_in_order": [stage.stage_id for stage in pipeline.steps],
        "won_stages": [stage.stage_id for stage in pipeline.steps if stage.is_won],
        "lost_stage": pipeline.lost.stage_id,
        "replaced_by": {
            stage.stage_id: REPLACEMENT.stage_id
            for stage in pipeline.steps
            if stage is REPLACED
        },
    }


def _planted() -> dict[str, Any]:
    return {
        "channel_multipliers": planted.CHANNEL_MULTIPLIERS,
        "paces": planted.PACES,
        "shares": {
            "skip": planted.SKIP_SHARE,
            "back": planted.BACK_SHARE,
            "reopen": planted.REOPEN_SHARE,
            "loss_of_those_who_stop": planted.LOSS_SHARE,
            "loss_slowness": planted.LOSS_SLOWNESS,
        },
        "steps": [row for pipeline in PIPELINES for row in _step_rows(pipeline)],
        "conversions": [
            row for pipeline in PIPELINES for row in _conversion_rows(pipeline)
        ],
        "wins": [row for pipeline in PIPELINES for row in _win_rows(pipeline)],
        "trial": _trial_row(),
    }


def _step_rows(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Parameters of each pair of stages; the median is times the segment's pace."""
    return [
        {
            "pipeline": pipeline.pipeline_id,
            "from_stage": pipeline.steps[number].stage_id,
            "to_stage": pipeline.steps[number + 1].stage_id,
            **asdict(step),
            "chances_90_days": {
                segment: round(chance * _share(pipeline, number, segment), 6)
                for segment, chance in step.chances.items()
            },
        }
        for number, step in enumerate(planted.STEPS[pipeline.pipeline_id])
    ]


def _conversion_rows(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Chance of each pair ever and within 90 days, by segment and channel."""
    return [
        {
            "pipeline": pipeline.pipeline_id,
            "from_stage": pipeline.steps[number].stage_id,
            "to_stage": pipeline.steps[number + 1].stage_id,
            "segment": segment,
            "channel": channel,
            "probability": (chance := planted.chance(pipeline, number, *who)),
            "probability_90_days": chance * _share(pipeline, number, segment),
        }
        for number in range(len(planted.STEPS[pipeline.pipeline_id]))
        for who in _kinds()
        for segment, channel in [who]
    ]


def _trial_row() -> dict[str, Any]:
    """What a change added to the chance of a segment at a step, for a time."""
    trial = planted.TRIAL
    steps = trial.pipeline.steps[trial.step : trial.step + 2]
    return {
        "pipeline": trial.pipeline.pipeline_id,
        "from_stage": steps[0].stage_id,
        "to_stage": steps[1].stage_id,
        "segment": trial.segment,
        "control_segment": trial.control,
        "gain": trial.gain,
        "begins": trial.begins.isoformat(),
        "ends": trial.ends.isoformat(),
        "share_within_30_days": _share_within(trial, TRIAL_DAYS),
    }


def _share_within(trial: planted.Trial, days: int) -> float:
    return planted.share_within(trial.pipeline, trial.step, trial.segment, days)


def _share(pipeline: Pipeline, number: int, segment: str) -> float:
    return planted.share_within(pipeline, number, segment, HORIZON_DAYS)


def _win_rows(pipeline: Pipeline) -> list[dict[str, Any]]:
    """Chance of ever being won, from each stage; transfers away count as not won."""
    return [
        {
            "pipeline": pipeline.pipeline_id,
            "from_stage": pipeline.steps[number].stage_id,
            "segment": segment,
            "channel": channel,
            "probability": planted.win_chance(pipeline, number, segment, channel),
        }
        for number in range(pipeline.first_won)
        for segment, channel in _kinds()
    ]


def _kinds() -> Iterable[tuple[str, str]]:
    return [(s, channel) for s in SEGMENTS for channel in planted.CHANNEL_MULTIPLIERS]


def _realised(made: Made) -> dict[str, Any]:
    journeys = [deal for deal in made.deals if deal.is_journey]
    return {
        "deals_count": len(made.deals),
        "contacts_count": len({deal.person.contact_id for deal in made.deals}),
        "journeys_count": len(journeys),
        "journeys": _journey_rows(journeys),
        "by_pipeline": _outcomes_by(journeys, "pipeline"),
        "by_segment": _outcomes_by(journeys, "segment"),
        "by_channel": _outcomes_by(journeys, "channel"),
        "transitions_count": sum(len(deal.moves) for deal in journeys),
        "directions": dict(sorted(_directions(journeys).items())),
        "absorbed_transitions_count": _moves_of(d for d in made.deals if d.survivor),
        "deleted_transitions_count": _moves_of(d for d in made.deals if _is_deleted(d)),
        "deleted_count": sum(_is_deleted(deal) for deal in made.deals),
        "merged_count": sum(deal.survivor is not None for deal in made.deals),
        "reopened_count": _having(journeys, Direction.REOPEN),
        "transferred_count": _having(journeys, Direction.TRANSFER),
        "mid_pipeline_entries_count": sum(
            deal.moves[0].stage.order > 0 for deal in journeys
        ),
        "repeat_journeys_count": sum(deal.kind == "repeat" for deal in journeys),
        "late_rows_count": sum(
            move.landed > move.at // 86_400
            for deal in made.deals
            for move in deal.moves
        ),
        "unknown_stage_deals_count": sum(d.kind == "fault" for d in made.deals),
        "events_count": made.events,
        "unrecorded_forms_count": made.unrecorded_forms,
        "deleted_forms_count": sum(
            _is_deleted(deal) and deal.has_web for deal in made.deals
        ),
        "cohorts_90_days": cohort_rows(journeys, made.period, HORIZON_DAYS),
        "reached_90_days": reach_rows(journeys, made.period, HORIZON_DAYS),
        "won_by_month": won_by_month(journeys),
        "lost_by_stage": lost_by_stage(journeys),
        "later": later_rows(journeys),
        "trial_30_days": trial_counts(journeys, planted.TRIAL, TRIAL_DAYS),
        "customers": customer_counts(journeys),
        "stays": stay_rows(journeys, made.period),
        "proofs": proof_rows(journeys),
        "owners": owner_rows(journeys),
        "scores": score_counts(journeys),
        "spend": {channel: str(amount) for channel, amount in made.spent.items()},
    }


def _is_deleted(deal: Deal) -> bool:
    return deal.deleted_at is not None and deal.survivor is None


def _moves_of(deals: Iterable[Deal]) -> int:
    return sum(len(deal.moves) for deal in deals)


def _pipeline_of(deal: Deal) -> str:
    return deal.moves[-1].pipeline.pipeline_id


def _journey_rows(journeys: Sequence[Deal]) -> list[dict[str, Any]]:
    """Journeys by current pipeline, segment and channel."""
    groups: dict[tuple[str, str, str], list[Deal]] = {}
    for deal in journeys:
        key = (_pipeline_of(deal), deal.segment, deal.channel)
        groups.setdefault(key, []).append(deal)
    names = ("pipeline", "segment", "channel")
    return [
        {**dict(zip(names, key, strict=True)), **_outcomes(groups[key])}
        for key in sorted(groups)
    ]


def _outcomes_by(journeys: Sequence[Deal], name: str) -> dict[str, dict[str, int]]:
    groups: dict[str, list[Deal]] = {}
    for deal in journeys:
        key = _pipeline_of(deal) if name == "pipeline" else getattr(deal, name)
        groups.setdefault(key, []).append(deal)
    return {key: _outcomes(groups[key]) for key in sorted(groups)}


def _outcomes(deals: Sequence[Deal]) -> dict[str, int]:
    won = sum(deal.moves[-1].stage.is_won for deal in deals)
    lost = sum(deal.moves[-1].stage.is_lost for deal in deals)
    return {
        "journeys_count": len(deals),
        "won_count": won,
        "lost_count": lost,
        "open_count": len(deals) - won - lost,
    }


def _having(journeys: Iterable[Deal], kind: Direction) -> int:
    return sum(kind in _directions([deal]) for deal in journeys)


def _directions(deals: Iterable[Deal]) -> Counter[Direction]:
    """Kinds of moves; those after an unregistered stage do not occur."""
    found: Counter[Direction] = Counter()
    for deal in deals:
        found[Direction.ENTRY] += 1
        found.update(direction(a, b) for a, b in pairwise(deal.moves))
    return found


def direction(before: Move, after: Move) -> Direction:
    """The first kind that applies, in the order of the ledger's rule 3."""
    old, new = before.stage, after.stage
    claims = {
        Direction.TRANSFER: before.pipeline is not after.pipeline,
        Direction.UNMAPPED: not new.label,
        Direction.LOST: new.is_lost,
        Direction.REOPEN: old.is_closed and not new.is_closed,
        Direction.WON: new.is_won and not old.is_won,
        Direction.BACKWARD: new.order < old.order,
        Direction.SKIP: new.order > old.order + 1,
    }
    kinds = (kind for kind, holds in claims.items() if holds)
    return next(kinds, Direction.FORWARD)


def write_truth(folder: Path, truth: dict[str, Any]) -> Path:
    """Both files; the path of the JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "truth.json"
    text = json.dumps(truth, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
    (folder / "TRUTH.md").write_text(_markdown(truth), encoding="utf-8")
    return path


def _markdown(truth: dict[str, Any]) -> str:
    asked, found = truth["parameters"], truth["realised"]
    parts = [
        "# What these extracts hold",
        f"Made with seed {asked['seed']}: {found['deals_count']} deal records and "
        f"{found['events_count']} web events from {asked['start']} to {asked['end']}. "
        f"Stage {REPLACED.stage_id} became {REPLACEMENT.stage_id} on "
        f"{asked['stage_replaced_on']}. "
        f"Faults: {', '.join(asked['faults']) or 'none'}.",
        "`truth.json` holds the same and more, by segment, channel and cohort month.",
        "## What a correct warehouse finds after the last extract",
        _table(("figure", "count"), _counts(found)),
        *(
            f"### {title}\n\n{_outcome_table(found[key])}"
            for title, key in (
                ("By current pipeline", "by_pipeline"),
                ("By segment", "by_segment"),
                ("By channel", "by_channel"),
            )
        ),
        "## What was planted",
        "The chance of going on to the next stage, ever, is the segment's figure times "
        "the channel's multiplier (0.97 at most); in brackets, within 90 days at "
        "multiplier 1. The time it takes is lognormal: the "
        "median times the segment's pace, with the sigma given; some do it in the same "
        f"second. Paces: {_listed(truth['planted']['paces'])}. Multipliers: "
        f"{_listed(truth['planted']['channel_multipliers'])}.",
        _planted_table(truth["planted"]["steps"]),
        _trial_text(truth["planted"]["trial"]),
        "Deals that came OFFLINE have no web history and so are `other`.",
    ]
    return "\n\n".join(parts) + "\n"


def _trial_text(trial: dict[str, Any]) -> str:
    return (
        f"From {trial['begins']} up to {trial['ends']} something was tried on segment "
        f"`{trial['segment']}` at {trial['from_stage']}: it added {trial['gain']} to "
        "the chance, before the channel's multiplier. What open deals come to later "
        "is drawn too, under `later` in `truth.json`: a forecast can be held to it."
    )


def _counts(found: dict[str, Any]) -> list[tuple[str, object]]:
    return [(name, value) for name, value in found.items() if isinstance(value, int)]


def _outcome_table(groups: dict[str, dict[str, int]]) -> str:
    names = ("journeys_count", "won_count", "lost_count", "open_count")
    rows = [(key, *(group[n] for n in names)) for key, group in groups.items()]
    return _table(("", *names), rows)


def _planted_table(steps: Sequence[dict[str, Any]]) -> str:
    header = ("from", "to", *SEGMENTS, "median days", "sigma", "same second")
    rows = [
        (
            step["from_stage"],
            step["to_stage"],
            *(_both(step, segment) for segment in SEGMENTS),
            step["median_days"],
            step["sigma"],
            step["same_second_share"],
        )
        for step in steps
    ]
    return _table(header, rows)


def _both(step: dict[str, Any], segment: str) -> str:
    return f"{step['chances'][segment]} ({step['chances_90_days'][segment]:.3f})"


def _listed(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
