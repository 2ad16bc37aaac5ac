"""Which records make one journey: conversion, duplicates, merges, deletion."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .facts import Facts, Row, known

Key = tuple[str, str]  # source_code, id as the source wrote it
Versions = dict[Key, list[Row]]


@dataclass(eq=False)
class Journey:
    source_code: str
    deal_id: str | None
    lead_id: str | None
    prior_journey_id: str | None = None
    is_duplicate: bool = False
    deal_versions: list[Row] = field(default_factory=list)
    lead_versions: list[Row] = field(default_factory=list)
    deal_changes: list[Row] = field(default_factory=list)
    absorbed: dict[str, datetime] = field(default_factory=dict)

    @property
    def journey_id(self) -> str:
        if self.deal_id is not None:
            return deal_journey_id((self.source_code, self.deal_id))
        return f"{self.source_code}|lead|{self.lead_id}"

    @property
    def deal(self) -> Row:
        return self.deal_versions[-1] if self.deal_versions else {}

    @property
    def lead(self) -> Row:
        return self.lead_versions[-1] if self.lead_versions else {}

    @property
    def deleted_at(self) -> datetime | None:
        return deletion_time(self.deal_versions)


def deal_journey_id(deal: Key) -> str:
    return f"{deal[0]}|deal|{deal[1]}"


def versions(facts: Facts, rows: Iterable[Row], id_column: str) -> Versions:
    """Every known row of each record, the latest known last."""
    found: Versions = {}
    for row in sorted(known(facts, rows), key=lambda row: row["known_at"]):
        found.setdefault((row["source_code"], row[id_column]), []).append(row)
    return found


def deletion_time(deal_versions: list[Row]) -> datetime | None:
    """Section 2.12: the source's own time, else the first extract showing it."""
    shown = None
    for row in deal_versions:
        if not row.get("is_deleted"):
            shown = None
        elif shown is None:
            shown = row.get("deleted_at") or row["known_at"]
    return shown


def merge_time(deal_versions: list[Row]) -> datetime:
    merged = [row for row in deal_versions if row.get("merged_into_deal_id")]
    return merged[0].get("merged_at") or merged[0]["known_at"]


def survivor(deals: Versions, deal: Key) -> Key:
    """Section 2.11: the record that a merged one ended in."""
    seen = set()
    while deal in deals and deal not in seen:
        seen.add(deal)
        into = deals[deal][-1].get("merged_into_deal_id")
        if not into:
            return deal
        deal = (deal[0], into)
    return deal


def oldest(keys: Iterable[Key], records: Versions) -> Key:
    """Section 2.10: the first by (created_at, id)."""

    def age(key: Key) -> tuple[Any, ...]:
        created_at = records[key][-1].get("created_at") if key in records else None
        return (created_at is None, created_at or datetime.min, key[1])

    return min(keys, key=age)


def mentioned(facts: Facts, deals: Versions, leads: Versions) -> tuple[set, set]:
    """Every deal and lead that has a row or is named by another record's."""
    deal_keys, lead_keys = set(deals), set(leads)
    for row in known(facts, facts.stage_changes):
        if row["deal_id"] is not None:
            deal_keys.add((row["source_code"], row["deal_id"]))
        else:
            lead_keys.add((row["source_code"], row["lead_id"]))
    for (source, _), rows in deals.items():
        deal_keys.add((source, rows[-1].get("merged_into_deal_id") or ""))
        lead_keys.add((source, rows[-1].get("lead_id") or ""))
    for (source, _), rows in leads.items():
        deal_keys.add((source, rows[-1].get("converted_deal_id") or ""))
    return {k for k in deal_keys if k[1]}, {k for k in lead_keys if k[1]}


def conversions(deals: Versions, leads: Versions) -> set[tuple[Key, Key]]:
    """(lead, surviving deal), as either side states it."""
    links = set()
    for key, rows in deals.items():
        if rows[-1].get("lead_id"):
            links.add(((key[0], rows[-1]["lead_id"]), survivor(deals, key)))
    for key, rows in leads.items():
        if rows[-1].get("converted_deal_id"):
            deal = (key[0], rows[-1]["converted_deal_id"])
            links.add((key, survivor(deals, deal)))
    return links


@dataclass
class Kinship:
    first_deal: dict[Key, Key]
    earliest_lead: dict[Key, Key]

    def continued_lead(self, deal: Key) -> Key | None:
        """The lead whose journey this deal continues."""
        lead = self.earliest_lead.get(deal)
        return lead if lead and self.first_deal[lead] == deal else None

    def prior_deal(self, deal: Key) -> Key | None:
        """The deal that continued the lead that this one was made of too."""
        lead = self.earliest_lead.get(deal)
        return self.first_deal[lead] if lead and self.first_deal[lead] != deal else None

    def is_duplicate(self, lead: Key) -> bool:
        deal = self.first_deal.get(lead)
        return deal is not None and self.earliest_lead[deal] != lead


def kinship(deals: Versions, leads: Versions) -> Kinship:
    links = conversions(deals, leads)
    deals_of = {lead: {d for other, d in links if other == lead} for lead, _ in links}
    leads_of = {deal: {x for x, other in links if other == deal} for _, deal in links}
    return Kinship(
        {lead: oldest(found, deals) for lead, found in deals_of.items()},
        {deal: oldest(found, leads) for deal, found in leads_of.items()},
    )


def journeys_of(facts: Facts) -> list[Journey]:
    deals = versions(facts, facts.deals, "deal_id")
    leads = versions(facts, facts.leads, "lead_id")
    deal_keys, lead_keys = mentioned(facts, deals, leads)
    changes = versions(facts, facts.deal_changes, "deal_id")
    kin = kinship(deals, leads)
    made = []
    for deal in sorted(deal_keys):
        if survivor(deals, deal) == deal:
            journey = journey_of_deal(deal, deals, leads, kin)
            journey.deal_changes = changes.get(deal, [])
            made.append(journey)
    for lead in sorted(lead_keys):
        first = kin.first_deal.get(lead)
        if first is None or kin.is_duplicate(lead):
            journey = Journey(lead[0], None, lead[1])
            journey.is_duplicate = first is not None
            journey.lead_versions = leads.get(lead, [])
            made.append(journey)
    return made


def journey_of_deal(
    deal: Key, deals: Versions, leads: Versions, kin: Kinship
) -> Journey:
    lead = kin.continued_lead(deal)
    prior = kin.prior_deal(deal)
    journey = Journey(deal[0], deal[1], lead[1] if lead else None)
    journey.prior_journey_id = deal_journey_id(prior) if prior else None
    journey.deal_versions = deals.get(deal, [])
    journey.lead_versions = leads.get(lead, []) if lead else []
    journey.absorbed = {
        other[1]: merge_time(rows)
        for other, rows in deals.items()
        if other != deal and survivor(deals, other) == deal
    }
    return journey


def journey_by_record(journeys: list[Journey]) -> dict[tuple[str, str, str], Journey]:
    """(source_code, record kind, record id) to the journey its changes belong to."""
    found = {}
    for journey in journeys:
        if journey.lead_id is not None:
            found[journey.source_code, "lead", journey.lead_id] = journey
        if journey.deal_id is not None:
            found[journey.source_code, "deal", journey.deal_id] = journey
        for deal_id in journey.absorbed:
            found[journey.source_code, "deal", deal_id] = journey
    return found
