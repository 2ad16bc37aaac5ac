"""Deals as Fivetran lands them from HubSpot: each day what is new or changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dagster_project.samples.deals import Deal, Move
from dagster_project.samples.people import Person
from dagster_project.samples.world import (
    CURRENCY,
    DAY,
    LOSS_REASONS,
    PIPELINES,
    PORTAL_ID,
    PRODUCTS,
    RENAMED_LABELS,
    REPLACED,
    REPLACEMENT,
    SALES,
    Period,
    Pipeline,
    Stage,
    clock_text,
    pick,
    stream,
)
from dagster_project.samples.writing import Sheets

OPEN_END = "9999-12-31 23:59:59"
OWNER_IDS = tuple(range(410_001, 410_010))
OWNER_NAMES = (
    ("Nora", "Quist"),
    ("Ben", "Okafor"),
    ("Lin", "Wei"),
    ("Eva", "Marini"),
    ("Karl", "Lund"),
    ("Sara", "Haddad"),
    ("Theo", "Brandt"),
    ("Ruth", "Amsel"),
    ("Jo", "Tamm"),
)
TRUE, FALSE = "true", "false"

COLUMNS: dict[str, tuple[str, ...]] = {
    "owner": (
        "owner_id",
        "portal_id",
        "active_user_id",
        "type",
        "email",
        "first_name",
        "last_name",
        "created_at",
        "updated_at",
    ),
    "deal_pipeline": (
        "pipeline_id",
        "label",
        "display_order",
        "active",
        "created_at",
        "updated_at",
        "_fivetran_deleted",
    ),
    "deal_pipeline_stage": (
        "stage_id",
        "pipeline_id",
        "label",
        "display_order",
        "probability",
        "is_closed",
        "closed_won",
        "active",
        "created_at",
        "updated_at",
        "_fivetran_deleted",
    ),
    "contact": (
        "id",
        "property_email",
        "property_firstname",
        "property_lastname",
        "property_company",
        "property_jobtitle",
        "property_annualrevenue",
        "property_createdate",
        "property_hs_merged_object_ids",
        "_fivetran_deleted",
    ),
    "deal": (
        "deal_id",
        "portal_id",
        "deal_pipeline_id",
        "deal_pipeline_stage_id",
        "owner_id",
        "property_dealname",
        "property_description",
        "property_amount",
        "property_deal_currency_code",
        "property_hs_deal_stage_probability",
        "property_createdate",
        "property_closedate",
        "property_closed_lost_reason",
        "property_hs_analytics_source",
        "property_product",
        "property_region",
        "is_deleted",
        "_fivetran_deleted",
    ),
    "deal_contact": ("deal_id", "contact_id", "type_id", "category"),
    "deal_stage": (
        "deal_id",
        "value",
        "date_entered",
        "source",
        "source_id",
        "_fivetran_start",
        "_fivetran_end",
        "_fivetran_active",
    ),
    "deal_property_history": (
        "deal_id",
        "name",
        "timestamp",
        "value",
        "source",
        "source_id",
    ),
    "merged_deal": ("deal_id", "merged_deal_id"),
    "engagement": ("id", "portal_id", "type"),
    "engagement_deal": ("engagement_id", "deal_id", "category"),
    "engagement_contact": ("engagement_id", "contact_id", "category"),
    "engagement_call": (
        "engagement_id",
        "type",
        "property_hs_createdate",
        "property_hs_timestamp",
        "property_hubspot_owner_id",
        "property_hubspot_team_id",
        "_fivetran_deleted",
    ),
}
COLUMNS["engagement_email"] = COLUMNS["engagement_call"]
COLUMNS["engagement_meeting"] = COLUMNS["engagement_call"]


@dataclass(frozen=True, slots=True)
class Change:
    """A property of a deal taking a value; lands with the stage that moved it."""

    at: int
    name: str
    value: str
    landed: int


def write_dimensions(sheets: Sheets, period: Period) -> None:
    """Owners, pipelines and stages on the first day, and again when they change."""
    first, changed = period.start_at // DAY, period.middle_at // DAY
    for owner_id, names in zip(OWNER_IDS, OWNER_NAMES, strict=True):
        joined = owner_id == OWNER_IDS[-1]
        since = clock_text((changed if joined else first - 400) * DAY + 32_400)
        address = f"{'.'.join(names)}@example.com".lower()
        user = (owner_id, PORTAL_ID, owner_id - 400_000, "PERSON", address)
        day = changed if joined else first
        sheets.add("owner", day, *user, *names, since, since)
    since = clock_text((first - 400) * DAY)
    for number, pipeline in enumerate(PIPELINES):
        row = (pipeline.pipeline_id, pipeline.label, number, TRUE, since, since, FALSE)
        sheets.add("deal_pipeline", first, *row)
        for stage in (*pipeline.steps, pipeline.lost):
            _stage_row(sheets, first, pipeline, stage, since)
    _changed_stages(sheets, changed, since)


def _changed_stages(sheets: Sheets, day: int, since: str) -> None:
    """Half-way one stage is replaced by another id and two labels are renamed."""
    for stage in SALES.steps:
        if stage.stage_id in RENAMED_LABELS:
            _stage_row(sheets, day, SALES, stage, since, is_renamed=True)
    _stage_row(sheets, day, SALES, REPLACEMENT, clock_text(day * DAY))


def _stage_row(
    sheets: Sheets,
    day: int,
    pipeline: Pipeline,
    stage: Stage,
    since: str,
    is_renamed: bool = False,
) -> None:
    label = RENAMED_LABELS[stage.stage_id] if is_renamed else stage.label
    active = FALSE if is_renamed and stage is REPLACED else TRUE
    flags = (_flag(stage.is_closed), _flag(stage.is_won), active)
    row = (stage.stage_id, pipeline.pipeline_id, label, stage.order, stage.probability)
    updated = clock_text(day * DAY) if is_renamed else since
    sheets.add("deal_pipeline_stage", day, *row, *flags, since, updated, FALSE)


def _flag(is_true: bool) -> str:
    return TRUE if is_true else FALSE


def write_deals(sheets: Sheets, deals: Sequence[Deal], seed: int, name: str) -> None:
    """Deals with their histories, contacts and merges."""
    rng = stream(seed, f"properties {name}")
    known: set[int] = set()
    for deal in deals:
        if deal.person.contact_id not in known:
            known.add(deal.person.contact_id)
            _contact_row(sheets, deal.person, deal.entered_at)
        day = deal.entered_at // DAY
        link = (deal.deal_id, deal.person.contact_id, 3, "HUBSPOT_DEFINED")
        sheets.add("deal_contact", day, *link)
        _stage_rows(sheets, deal)
        changes = _changes(rng, deal)
        _history_rows(sheets, deal, changes)
        _deal_rows(sheets, rng, deal, changes)
        if deal.survivor and deal.deleted_at:
            merged = (deal.survivor.deal_id, deal.deal_id)
            sheets.add("merged_deal", deal.deleted_at // DAY, *merged)


def _contact_row(sheets: Sheets, person: Person, at: int) -> None:
    names = (person.email, person.first_name, person.last_name, person.company)
    more = (person.job, person.revenue, clock_text(at), "", FALSE)
    sheets.add("contact", at // DAY, person.contact_id, *names, *more)


def _stage_rows(sheets: Sheets, deal: Deal) -> None:
    """A row lands when entered and again whenever its end turns out otherwise."""
    written: dict[tuple[int, str], str] = {}
    for day in sorted({move.landed for move in deal.moves}):
        seen = sorted((m for m in deal.moves if m.landed <= day), key=lambda m: m.rank)
        ends = [*(clock_text(move.at) for move in seen[1:]), OPEN_END]
        for move, end in zip(seen, ends, strict=True):
            key = (move.at, move.stage.stage_id)
            if written.get(key) != end:
                written[key] = end
                _stage_history_row(sheets, day, deal, move, end)


def _stage_history_row(
    sheets: Sheets, day: int, deal: Deal, move: Move, end: str
) -> None:
    start = clock_text(move.at)
    source = ("FORM", "") if move is deal.moves[0] and deal.has_web else _by_user(move)
    active = _flag(end == OPEN_END)
    row = (deal.deal_id, move.stage.stage_id, start, *source, start, end, active)
    sheets.add("deal_stage", day, *row)


def _by_user(move: Move) -> tuple[str, str]:
    return "CRM_UI", f"userId:{10_001 + move.at % 8}"


def _changes(rng: np.random.Generator, deal: Deal) -> list[Change]:
    """Every value each property ever took; the last of one second stands."""
    taken: dict[tuple[int, str], Change] = {}
    for values, move in zip(_values(rng, deal), deal.moves, strict=True):
        for name, value in values.items():
            taken[move.at, name] = Change(move.at, name, value, move.landed)
    return list(taken.values())


def _values(rng: np.random.Generator, deal: Deal) -> list[dict[str, str]]:
    """What each move of a deal changes besides the stage."""
    amount = round(PRODUCTS[deal.product] * np.exp(0.35 * rng.standard_normal()), -2)
    made = []
    before: Move | None = None
    for move in deal.moves:
        values = {"hs_deal_stage_probability": str(move.stage.probability)}
        values |= _closing(rng, move, before)
        if before is None or move.pipeline is not before.pipeline:
            values["pipeline"] = move.pipeline.pipeline_id
        if before is None or rng.random() < 0.02:
            values["hubspot_owner_id"] = str(pick(rng, OWNER_IDS[:-1]))
            deal.owners.append((move.at, values["hubspot_owner_id"]))
        if _has_new_amount(rng, move, before):
            amount = round(amount * (0.8 + 0.5 * rng.random()), -1)
            values["amount"] = str(int(amount))
        before = move
        made.append(values)
    return made


def _has_new_amount(rng: np.random.Generator, move: Move, before: Move | None) -> bool:
    """Stated for most at the start, for the rest with the next stage, then revised."""
    if before is None:
        return rng.random() < 0.8
    return move.stage.order == 1 or (move.stage.order >= 3 and rng.random() < 0.4)


def _closing(
    rng: np.random.Generator, move: Move, before: Move | None
) -> dict[str, str]:
    """The expected close: pushed now and then, the very moment once decided."""
    if move.stage.is_closed:
        if before and before.stage.is_won:
            return {}
        return {"closedate": f"{clock_text(move.at, 'T')}Z"}
    if before is None or before.stage.is_closed or rng.random() < 0.25:
        ahead = (120 - 20 * min(move.stage.order, 4)) * DAY
        return {"closedate": f"{clock_text((move.at + ahead) // DAY * DAY, 'T')}Z"}
    return {}


def _history_rows(sheets: Sheets, deal: Deal, changes: Sequence[Change]) -> None:
    for change in changes:
        at = clock_text(change.at)
        row = (deal.deal_id, change.name, at, change.value, "CRM_UI", "")
        sheets.add("deal_property_history", change.landed, *row)


def _deal_rows(
    sheets: Sheets,
    rng: np.random.Generator,
    deal: Deal,
    changes: Sequence[Change],
) -> None:
    """The record as it stood at the end of each day that changed it."""
    note = _note(rng)
    reason = pick(rng, LOSS_REASONS)
    gone = deal.deleted_at // DAY if deal.deleted_at else None
    days = {move.landed for move in deal.moves} | ({gone} if gone else set())
    for day in sorted(days):
        last = max((m for m in deal.moves if m.landed <= day), key=lambda m: m.rank)
        seen = sorted((c for c in changes if c.landed <= day), key=lambda c: c.at)
        values = {change.name: change.value for change in seen}
        lost = reason if last.stage.is_lost else ""
        deleted = _flag(gone is not None and day >= gone)
        _deal_row(sheets, day, deal, last, values, (note, lost, deleted))


def _deal_row(
    sheets: Sheets,
    day: int,
    deal: Deal,
    last: Move,
    values: dict[str, str],
    texts: tuple[str, str, str],
) -> None:
    note, lost, deleted = texts
    state = (PORTAL_ID, last.pipeline.pipeline_id, last.stage.stage_id)
    named = (values["hubspot_owner_id"], f"{deal.person.name} - {deal.product}", note)
    money = (values.get("amount", ""), CURRENCY, str(last.stage.probability))
    closes = values["closedate"].replace("T", " ").removesuffix("Z")
    dates = (clock_text(deal.entered_at), closes)
    groups = (lost, deal.channel, deal.product, deal.region)
    row = (deal.deal_id, *state, *named, *money, *dates, *groups, deleted, deleted)
    sheets.add("deal", day, *row)


def _note(rng: np.random.Generator) -> str:
    """Few deals carry a note; some notes hold line breaks, commas and quotes."""
    if rng.random() > 0.06:
        return ""
    notes = (
        "Asked to call back, mornings only",
        "Called twice.\nWants a second offer",
        'Said: "not before spring"',
        "Neighbour of an earlier customer; roof faces south-west",
    )
    return pick(rng, notes)
