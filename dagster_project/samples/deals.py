"""Deals and what became of them: who asked, which stages when, how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dagster_project.samples import planted
from dagster_project.samples.people import Person, guide_views, make_person
from dagster_project.samples.world import (
    CHANNEL_SHARES,
    DAY,
    OFFLINE,
    OTHER,
    PARTNER,
    PARTNER_CHANNEL_SHARES,
    PRODUCTS,
    REFERRALS,
    REFERRED,
    REGIONS,
    REPEAT_CHANNEL_SHARES,
    REPLACED,
    REPLACEMENT,
    RESEARCHER,
    SALES,
    SEGMENT_SHARES,
    UNREGISTERED,
    Lottery,
    Period,
    Pipeline,
    Stage,
    moments,
    pick,
    stream,
)

FIRST_DEAL_ID = 38_100_000_000
PARTNER_SHARE = 0.12
MID_PIPELINE_SHARE = 0.05
ABSORBED_SHARE = 0.012
DELETED_SHARE = 0.015
REPEAT_SHARE = 0.06
LATE_SHARE = 0.02
UNKNOWN_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Move:
    """A stage entered at an instant; its row lands on a day counted from 1970."""

    pipeline: Pipeline
    stage: Stage
    at: int
    landed: int

    @property
    def rank(self) -> tuple[int, bool, int]:
        """Order in a history: at one instant by stage order, a loss last."""
        return self.at, self.stage.is_lost, self.stage.order


@dataclass(eq=False, slots=True)
class Deal:
    """A deal record; `kind` tells duplicates, repeats and faulty ones apart."""

    person: Person
    channel: str
    segment: str
    product: str
    region: str
    moves: list[Move]
    later: list[Move] = field(default_factory=list)
    kind: str = "first"
    deal_id: int = 0
    deleted_at: int | None = None
    survivor: "Deal | None" = None
    owners: list[tuple[int, str]] = field(default_factory=list)
    proofs: set[str] = field(default_factory=set)

    @property
    def entered_at(self) -> int:
        return self.moves[0].at

    @property
    def has_web(self) -> bool:
        return self.channel != OFFLINE

    @property
    def is_journey(self) -> bool:
        """Counted: neither deleted nor absorbed by another."""
        return self.deleted_at is None and self.survivor is None


@dataclass
class Walk:
    """One deal's way through its pipelines, drawn step by step."""

    rng: np.random.Generator
    period: Period
    segment: str
    channel: str
    pipeline: Pipeline
    step: int
    now: int
    future: np.random.Generator
    moves: list[Move] = field(default_factory=list)

    def run(self) -> tuple[list[Move], list[Move]]:
        """The moves of the period, and those that nobody has seen yet.

        What comes later is drawn apart: no extract depends on it.
        """
        self._enter(self.step, self.now)
        goes_on = True
        while goes_on and self.now < self.period.end_at:
            goes_on = self._onward()
        self.rng = self.future
        while goes_on:
            goes_on = self._onward()
        known = [move for move in self.moves if move.at < self.period.end_at]
        return known, self.moves[len(known) :]

    def _onward(self) -> bool:
        """Draw what happens at this step; false when nothing more will."""
        steps = planted.STEPS[self.pipeline.pipeline_id]
        if self.step >= len(steps):
            return False
        place = (self.pipeline, self.step, self.segment)
        gain = planted.TRIAL.gain_of(*place, self.now)
        onward = planted.chance(*place, self.channel, gain)
        drawn = self.rng.random()
        transfer = steps[self.step].transfer_share
        if drawn < onward:
            return self._advance()
        if drawn < onward + transfer:
            return self._transfer()
        rest = (drawn - onward - transfer) / (1 - onward - transfer)
        return rest < planted.LOSS_SHARE and self._lose()

    def _advance(self) -> bool:
        gap = self._detour(self._wait())
        ahead = 1
        if self.step + 2 <= self.pipeline.first_won:
            ahead += self.rng.random() < planted.SKIP_SHARE
        self._enter(self.step + ahead, self.now + gap)
        return True

    def _transfer(self) -> bool:
        at = self.now + max(60, self._wait())
        self.pipeline = PARTNER
        self._enter(1, at)
        return True

    def _lose(self) -> bool:
        if self.pipeline.steps[self.step].is_won:
            return False
        gap = self._detour(round(planted.LOSS_SLOWNESS * max(60, self._wait())))
        self._record(self.pipeline.lost, self.now + gap)
        return False

    def _wait(self) -> int:
        return planted.duration(self.rng, self.pipeline, self.step, self.segment)

    def _detour(self, gap: int) -> int:
        """Perhaps go back, or be lost and reopened, inside the wait.

        Inside, so that the time to the next step stays as planted.
        """
        drawn = self.rng.random()
        if gap < DAY or self.pipeline.steps[self.step].is_won:
            return gap
        away = None
        if drawn < planted.BACK_SHARE:
            away = self._stage_before()
        elif drawn < planted.BACK_SHARE + planted.REOPEN_SHARE:
            away = self.pipeline.lost
        if away:
            self._record(away, self.now + gap * 4 // 10)
            self._record(self.pipeline.steps[self.step], self.now + gap * 7 // 10)
        return gap

    def _stage_before(self) -> Stage | None:
        """The stage before this one, if the deal was ever in it."""
        if not self.step:
            return None
        before = self.pipeline.steps[self.step - 1]
        orders = [m.stage.order for m in self.moves if m.pipeline is self.pipeline]
        return before if before.order in orders else None

    def _enter(self, step: int, at: int) -> None:
        self.step, self.now = step, at
        self._record(self.pipeline.steps[step], at)

    def _record(self, stage: Stage, at: int) -> None:
        if stage is REPLACED and at >= self.period.middle_at:
            stage = REPLACEMENT
        self.moves.append(Move(self.pipeline, stage, at, at // DAY))


def make_deals(period: Period, total: int, seed: int) -> list[Deal]:
    """All deals but the faulty ones, in order of entry, numbered."""
    absorbed = max(1, round(total * ABSORBED_SHARE))
    deleted = max(1, round(total * DELETED_SHARE))
    repeats = max(1, round(total * REPEAT_SHARE))
    firsts = _first_deals(period, total - absorbed - repeats, seed)
    rng = stream(seed, "roles")
    # Only those old enough: what happens to them must still fit before the end.
    pool = [firsts[i] for i in rng.permutation(int(len(firsts) * 0.85))]
    made = [_duplicate(rng, period, deal) for deal in pool[:absorbed]]
    for deal in pool[absorbed : absorbed + deleted]:
        _delete(rng, period, deal)
    rest = sorted(pool[absorbed + deleted :], key=lambda deal: not _is_won(deal))
    future = stream(seed, "future of repeats")
    made += [_repeat(rng, future, period, deal) for deal in rest[:repeats]]
    return _numbered(_landed_late(firsts + made, period, seed))


def _first_deals(period: Period, count: int, seed: int) -> list[Deal]:
    entries = moments(stream(seed, "entries"), period, count).tolist()
    entries = [min(at, period.end_at - 3600) for at in entries]
    rng, people = stream(seed, "deals"), stream(seed, "people")
    future = stream(seed, "future")
    return [
        _first_deal(rng, future, period, make_person(people, number), at)
        for number, at in enumerate(entries)
    ]


def _first_deal(
    rng: np.random.Generator,
    future: np.random.Generator,
    period: Period,
    person: Person,
    at: int,
) -> Deal:
    pipeline = PARTNER if rng.random() < PARTNER_SHARE else SALES
    step = 0
    shares = PARTNER_CHANNEL_SHARES if pipeline is PARTNER else CHANNEL_SHARES
    channel = Lottery(shares).draw(rng)
    if pipeline is SALES and rng.random() < MID_PIPELINE_SHARE:
        step = 2 + int(rng.random() * 2)
        channel = OFFLINE if rng.random() < 0.7 else channel
    segment = _segment(rng, channel)
    person.guide_views = guide_views(rng, segment, channel)
    walk = Walk(rng, period, segment, channel, pipeline, step, at, future)
    return _described(rng, person, channel, segment, *walk.run())


def _segment(rng: np.random.Generator, channel: str) -> str:
    drawn = Lottery(SEGMENT_SHARES).draw(rng)
    return {REFERRALS: REFERRED, OFFLINE: OTHER}.get(channel, drawn)


def _described(
    rng: np.random.Generator,
    person: Person,
    channel: str,
    segment: str,
    moves: list[Move],
    later: Sequence[Move] = (),
) -> Deal:
    product = pick(rng, list(PRODUCTS))
    region = pick(rng, REGIONS)
    return Deal(person, channel, segment, product, region, moves, list(later))


def _duplicate(rng: np.random.Generator, period: Period, survivor: Deal) -> Deal:
    """A second record of the same inquiry, merged away some days later."""
    room = period.end_at - survivor.entered_at
    at = survivor.entered_at + int(min(room * 0.4, 20 * DAY) * (0.05 + rng.random()))
    merged = at + int(min(room * 0.4, 15 * DAY) * (0.1 + 0.9 * rng.random()))
    merged = min(merged, period.end_at - 1)
    pipeline = survivor.moves[0].pipeline
    moves = [Move(pipeline, pipeline.steps[0], at, at // DAY)]
    if rng.random() < 0.3:
        later = (at + merged) // 2
        moves.append(Move(pipeline, pipeline.steps[1], later, later // DAY))
    made = _described(rng, survivor.person, survivor.channel, OTHER, moves)
    made.kind, made.survivor, made.deleted_at = "duplicate", survivor, merged
    return made


def _delete(rng: np.random.Generator, period: Period, deal: Deal) -> None:
    """Delete the record; what would have come later never happened."""
    room = min(30 * DAY, period.end_at - deal.entered_at)
    deal.deleted_at = deal.entered_at + int(room * (0.05 + 0.9 * rng.random()))
    deal.moves = [move for move in deal.moves if move.at < deal.deleted_at]
    deal.later = []


def _is_won(deal: Deal) -> bool:
    return deal.moves[-1].stage.is_won


def _repeat(
    rng: np.random.Generator,
    future: np.random.Generator,
    period: Period,
    before: Deal,
) -> Deal:
    """A later deal of the same person, whose earlier reading still counts."""
    earliest = before.entered_at + 54 * 3600
    if _is_won(before):
        earliest = max(earliest, before.moves[-1].at)
    room = period.end_at - 600 - earliest
    at = earliest + 300 + int(room * (0.15 + 0.8 * rng.random()))
    at = min(at, period.end_at - 60)
    channel = Lottery(REPEAT_CHANNEL_SHARES).draw(rng)
    segment = REFERRED if channel == REFERRALS else OTHER
    if segment == OTHER and before.person.guide_views >= 5:
        segment = RESEARCHER
    walk = Walk(rng, period, segment, channel, SALES, 0, at, future)
    made = _described(rng, before.person, channel, segment, *walk.run())
    made.kind = "repeat"
    return made


def _landed_late(deals: list[Deal], period: Period, seed: int) -> list[Deal]:
    """Let a few stage rows land days after the change, none after the end."""
    rng = stream(seed, "late")
    for deal in deals:
        if deal.deleted_at is None:
            deal.moves = _delayed(rng, deal.moves, period.end_at // DAY)
    return deals


def _delayed(rng: np.random.Generator, moves: list[Move], last_day: int) -> list[Move]:
    times = [move.at for move in moves]
    made = moves[:1]
    for move in moves[1:]:
        landed = move.landed
        # Rows of one second stay together: their order could not be told apart.
        if rng.random() < LATE_SHARE and times.count(move.at) == 1:
            landed = min(last_day, landed + 1 + int(rng.random() * 5))
        made.append(replace(move, landed=landed))
    return made


def _numbered(deals: list[Deal]) -> list[Deal]:
    made = sorted(deals, key=lambda deal: deal.entered_at)
    for number, deal in enumerate(made):
        deal.deal_id = FIRST_DEAL_ID + 37 * number
    return made


def deals_with_unknown_stage(
    period: Period, deals: Sequence[Deal], seed: int
) -> list[Deal]:
    """Deals of the last weeks that somebody put in a stage nobody registered."""
    rng, people = stream(seed, "unknown-stage"), stream(seed, "unknown-people")
    made = []
    for number in range(max(3, round(len(deals) * UNKNOWN_SHARE))):
        person = make_person(people, len(deals) + number)
        at = period.end_at - int((6 + 16 * rng.random()) * DAY)
        later = at + int((1 + 4 * rng.random()) * DAY)
        stages = ((SALES.steps[0], at), (UNREGISTERED, later))
        moves = [Move(SALES, stage, when, when // DAY) for stage, when in stages]
        deal = _described(rng, person, OFFLINE, OTHER, moves)
        deal.kind, deal.deal_id = "fault", deals[-1].deal_id + 37 * (number + 1)
        made.append(deal)
    return made
