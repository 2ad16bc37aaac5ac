"""Calls, e-mails and meetings around the stages of a deal."""

from collections.abc import Iterator, Sequence

import numpy as np

from dagster_project.samples.deals import Deal, Move
from dagster_project.samples.hubspot import FALSE, OWNER_IDS
from dagster_project.samples.world import DAY, PORTAL_ID, Period, clock_text, stream
from dagster_project.samples.writing import Sheets

FIRST_ENGAGEMENT_ID = 7_000_000_001
CALL, EMAIL, INCOMING, MEETING = "CALL", "EMAIL", "INCOMING_EMAIL", "MEETING"
TABLES = {
    CALL: "engagement_call",
    EMAIL: "engagement_email",
    INCOMING: "engagement_email",
    MEETING: "engagement_meeting",
}
HABITS = (
    ((CALL, 0.7), (INCOMING, 0.25)),
    ((EMAIL, 0.5), (CALL, 0.3)),
    ((MEETING, 0.75), (EMAIL, 0.4), (INCOMING, 0.2)),
    ((EMAIL, 0.7), (CALL, 0.4), (INCOMING, 0.35)),
    ((MEETING, 0.3), (EMAIL, 0.6), (INCOMING, 0.4)),
)


def write_engagements(
    sheets: Sheets, deals: Sequence[Deal], period: Period, seed: int
) -> None:
    """Every contact with a deal's customer, in the order of deals."""
    rng = stream(seed, "engagements")
    number = FIRST_ENGAGEMENT_ID
    for deal in deals:
        if deal.survivor:
            continue
        owner = OWNER_IDS[int(rng.random() * 8)]
        for kind, at in _contacts(rng, deal, period.end_at):
            _rows(sheets, deal, owner, number, kind, at)
            number += 7


def _contacts(
    rng: np.random.Generator, deal: Deal, end_at: int
) -> Iterator[tuple[str, int]]:
    """The first answer within hours, then some contacts in each stage."""
    end = deal.deleted_at or end_at
    answer = deal.entered_at + int(3600 * 4 * np.exp(1.4 * rng.standard_normal()))
    if rng.random() < 0.93 and answer < end:
        yield EMAIL, answer
    nexts = [*deal.moves[1:], None]
    for move, after in zip(deal.moves, nexts, strict=True):
        yield from _contacts_in(rng, move, after, end)


def _contacts_in(
    rng: np.random.Generator, move: Move, after: Move | None, end: int
) -> Iterator[tuple[str, int]]:
    """Contacts between entering a stage and leaving it."""
    if move.stage.is_closed:
        return
    until = after.at if after else min(end, move.at + 30 * DAY)
    for kind, share in HABITS[min(move.stage.order, len(HABITS) - 1)]:
        drawn, spot = rng.random(), rng.random()
        if drawn < share and until - move.at > 3600:
            yield kind, move.at + 600 + int(spot * (until - move.at - 1200))


def _rows(
    sheets: Sheets, deal: Deal, owner: int, number: int, kind: str, at: int
) -> None:
    day, when = at // DAY, clock_text(at)
    sheets.add("engagement", day, number, PORTAL_ID, kind)
    category = "HUBSPOT_DEFINED"
    sheets.add("engagement_deal", day, number, deal.deal_id, category)
    sheets.add("engagement_contact", day, number, deal.person.contact_id, category)
    sheets.add(TABLES[kind], day, number, kind, when, when, owner, "", FALSE)
