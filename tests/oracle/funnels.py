"""fct_segment_funnels: journeys replayed as hits and visits (section 4)."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

from .events import Event, has_property
from .facts import ALL, Facts, Row, end_of_month, with_totals
from .journeys import Hit, Told, in_order_count, reach, seconds_to_reach, tell_counted
from .ledger import Move

ENDINGS = (
    "advanced",
    "moved_back",
    "lost",
    "transferred",
    "completed",
    "still_open",
)


@dataclass
class Replay:
    """One journey in one funnel: its hits, and its visits' endings by step.

    `at` is the step of the last hit, -1 before any; `is_visiting` until a visit ends.
    """

    told: Told
    hits: list[Hit] = field(default_factory=list)
    visits: list[tuple[int, str]] = field(default_factory=list)
    at: int = -1
    is_visiting: bool = False
    is_won: bool = False
    is_lost: bool = False
    move: Move | None = None

    @property
    def pipeline_code(self) -> str | None:
        """Before the first stage its pipeline is that of the journey."""
        return (self.move or self.told.moves[0]).pipeline_code

    def end(self, ending: str | None) -> None:
        if self.is_visiting and ending is not None:
            self.visits.append((self.at, ending))
            self.is_visiting = False

    def hit(self, hit: Hit, *, is_won: bool) -> None:
        self.hits.append(hit)
        if not self.is_visiting or hit.position != self.at:
            self.is_visiting, self.at, self.is_won = True, hit.position, is_won


def steps_of_funnel(facts: Facts, funnel: Row) -> list[Row]:
    rows = [
        row
        for row in facts.funnel_steps
        if row["funnel_code"] == funnel["funnel_code"]
        and row["match_kind"] != "exclusion"
    ]
    return sorted(rows, key=lambda row: row["step_order"])


def is_total(code: str | None) -> bool:
    return not code or code == ALL


def is_elsewhere(funnel: Row, pipeline: str | None) -> bool:
    if is_total(funnel["pipeline_code"]):
        return False
    return pipeline != funnel["pipeline_code"]


def position_of(steps: list[Row], move: Move) -> int | None:
    for position, step in enumerate(steps):
        if step["match_kind"] == "stage" and step["match_code"] == move.stage_code:
            return position
    return None


def hit_of(funnel: Row, steps: list[Row], move: Move) -> Hit | None:
    """Stages matched by no step, unmapped and lost ones, are no hits."""
    if is_elsewhere(funnel, move.pipeline_code) or move.is_unmapped or move.is_lost:
        return None
    position = position_of(steps, move)
    return None if position is None else Hit(position, move.changed_at)


def is_match(step: Row, event: Event) -> bool:
    return (
        step["match_kind"] == "event"
        and step["match_code"] == event.event_code
        and has_property(event.row, step["property_name"], step["property_value"])
    )


def happenings(told: Told) -> list[Move | Event]:
    """At equal times events come before stage changes (reading 18)."""
    found: list[Move | Event] = []
    waiting = list(told.events)
    for move in told.moves:
        while waiting and move.ordered_at and waiting[0].at <= move.ordered_at:
            found.append(waiting.pop(0))
        found.append(move)
    return found + waiting


def replay_event(replay: Replay, funnel: Row, steps: list[Row], event: Event) -> None:
    """An event never moves a journey back, nor reopens it."""
    if replay.is_lost or is_elsewhere(funnel, replay.pipeline_code):
        return
    later = [
        position
        for position, step in enumerate(steps)
        if position > replay.at and is_match(step, event)
    ]
    if later:
        replay.end("advanced")
        is_won = replay.move is not None and replay.move.is_won
        replay.hit(Hit(later[0], event.at), is_won=is_won)


def replay_move(replay: Replay, funnel: Row, steps: list[Row], move: Move) -> None:
    """A visit ends at the first of: later or earlier hit, loss, move away."""
    replay.move = move
    hit = hit_of(funnel, steps, move)
    replay.end(ending_by(funnel, move, hit, replay.at))
    if move.is_lost:
        replay.is_lost = True
    if hit is not None:
        replay.is_lost = False
        replay.hit(hit, is_won=move.is_won)


def replay(funnel: Row, steps: list[Row], told: Told) -> Replay:
    result = Replay(told)
    for each in happenings(told):
        if isinstance(each, Event):
            replay_event(result, funnel, steps, each)
        else:
            replay_move(result, funnel, steps, each)
    result.end("completed" if result.is_won else "still_open")
    return result


def ending_by(funnel: Row, move: Move, hit: Hit | None, at: int) -> str | None:
    """What this move makes of a visit at the step; none if it goes on."""
    if is_elsewhere(funnel, move.pipeline_code):
        return "transferred"
    if move.is_lost:
        return "lost"
    if hit is None or hit.position == at:
        return None
    return "advanced" if hit.position > at else "moved_back"


def is_member(funnel: Row, told: Told) -> bool:
    """Was ever in the funnel's pipeline, and is of its segment."""
    wanted = funnel["segment_code"]
    in_segment = is_total(wanted) or told.segment_code == wanted
    in_pipeline = any(
        not is_elsewhere(funnel, move.pipeline_code) for move in told.moves
    )
    return in_segment and in_pipeline and told.cohort_month is not None


def percentile(values: list[float], share: float) -> float | None:
    """By linear interpolation between the closest ranks."""
    if not values:
        return None
    ranked = sorted(values)
    place = share * (len(ranked) - 1)
    below = int(place)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (place - below)


def is_mature(facts: Facts, funnel: Row, month: date, members: list[Replay]) -> bool:
    if funnel.get("window_seconds") is None:
        endings = [ending for member in members for _, ending in member.visits]
        return "still_open" not in endings
    window = timedelta(seconds=funnel["window_seconds"])
    due = end_of_month(facts, month) + window
    return all(member.told.observed_until >= due for member in members)


def visit_counts(position: int, members: list[Replay]) -> Row:
    endings = Counter(
        ending for m in members for at, ending in m.visits if at == position
    )
    counts = {f"{ending}_count": endings[ending] for ending in ENDINGS}
    return {"visits_count": sum(endings.values())} | counts


def reach_counts(position: int, members: list[Replay]) -> Row:
    ways = Counter(reach(member.hits, position) for member in members)
    return {
        "entered_count": len(members),
        "touched_count": ways["touched"],
        "reached_count": ways["touched"] + ways["by_skip"] + ways["by_entry"],
        "reached_by_skip_count": ways["by_skip"],
        "reached_by_entry_count": ways["by_entry"],
        "in_order_count": sum(in_order_count(m.hits) > position for m in members),
    }


def time_columns(position: int, members: list[Replay]) -> Row:
    touched = [m for m in members if reach(m.hits, position) == "touched"]
    seconds = [seconds_to_reach(m.told, m.hits, position) for m in touched]
    stated = [value for value in seconds if value is not None]
    return {
        "median_seconds_to_reach": percentile(stated, 0.5),
        "p90_seconds_to_reach": percentile(stated, 0.9),
    }


def cohorts(members: list[Replay]) -> dict[tuple[date, str, str], list[Replay]]:
    found: dict[tuple[date, str, str], list[Replay]] = {}
    for member in members:
        told = member.told
        assert told.cohort_month is not None, "members have a cohort month"
        for segment, channel in with_totals(told.segment_code, told.channel_code):
            key = (told.cohort_month, segment, channel)
            found.setdefault(key, []).append(member)
    return found


def funnel_rows(facts: Facts, funnel: Row, everyone: list[Told]) -> list[Row]:
    steps = steps_of_funnel(facts, funnel)
    members = [replay(funnel, steps, t) for t in everyone if is_member(funnel, t)]
    return [
        {
            "funnel_code": funnel["funnel_code"],
            "pipeline_code": funnel["pipeline_code"] or ALL,
            "cohort_month": month,
            "segment_code": segment,
            "channel_code": channel,
            "step_order": step["step_order"],
            "step_code": step["step_code"],
            "is_mature": is_mature(facts, funnel, month, cohort),
        }
        | reach_counts(position, cohort)
        | visit_counts(position, cohort)
        | time_columns(position, cohort)
        for (month, segment, channel), cohort in sorted(cohorts(members).items())
        for position, step in enumerate(steps)
    ]


def segment_funnels(facts: Facts) -> list[Row]:
    everyone = tell_counted(facts)
    return [
        row
        for funnel in facts.funnels
        if funnel["kind_code"] == "stage"
        for row in funnel_rows(facts, funnel, everyone)
    ]
