"""Extracts made once, and a reader that knows nothing of how they were made."""

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from dagster_project.samples import SampleSummary, write_samples

Row = dict[str, str]


@dataclass(frozen=True)
class Extracts:
    """Reads the files back; instants are seconds since 1970."""

    folder: Path
    summary: SampleSummary

    def rows(self, table: str) -> list[Row]:
        """All rows of a table as landed, with the day of their file."""
        found = []
        for path in sorted((self.folder / table).glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                found += [{**row, "_day": path.stem} for row in csv.DictReader(file)]
        return found

    def latest(self, table: str, *key: str) -> dict[tuple[str, ...], Row]:
        """The last landed row of each key."""
        return {tuple(row[k] for k in key): row for row in self.rows(table)}

    @cached_property
    def truth(self) -> dict[str, Any]:
        return json.loads(self.summary.truth.read_text(encoding="utf-8"))

    @cached_property
    def calls(self) -> list[dict[str, Any]]:
        paths = sorted((self.folder / "segment").glob("*.jsonl"))
        return [
            {**json.loads(line), "_day": path.stem}
            for path in paths
            for line in path.read_text(encoding="utf-8").splitlines()
        ]

    @cached_property
    def deals(self) -> dict[str, Row]:
        found = self.latest("hubspot/deal", "deal_id")
        return {deal_id: row for (deal_id,), row in found.items()}

    @cached_property
    def orders(self) -> dict[str, tuple[str, int, bool]]:
        """Stage id to pipeline, place and whether it is the lost stage."""
        found = self.latest("hubspot/deal_pipeline_stage", "stage_id")
        return {
            stage_id: (
                row["pipeline_id"],
                int(row["display_order"]),
                row["is_closed"] == "true" and row["closed_won"] == "false",
            )
            for (stage_id,), row in found.items()
        }

    @cached_property
    def won_stages(self) -> set[str]:
        found = self.latest("hubspot/deal_pipeline_stage", "stage_id")
        return {key for (key,), row in found.items() if row["closed_won"] == "true"}

    @cached_property
    def histories(self) -> dict[str, list[Row]]:
        """Stage rows of each deal, ordered as the ledger orders them."""
        found: dict[str, list[Row]] = defaultdict(list)
        key = ("deal_id", "value", "date_entered")
        for row in self.latest("hubspot/deal_stage", *key).values():
            found[row["deal_id"]].append(row)
        for rows in found.values():
            rows.sort(key=self.rank)
        return found

    def rank(self, row: Row) -> tuple[str, bool, int]:
        _, order, is_lost = self.orders.get(row["value"], ("", 98, False))
        return row["date_entered"], is_lost, order

    @cached_property
    def journeys(self) -> dict[str, list[Row]]:
        """Histories of deals neither deleted nor merged away."""
        return {
            deal_id: rows
            for deal_id, rows in self.histories.items()
            if self.deals[deal_id]["is_deleted"] == "false"
        }

    @cached_property
    def contacts(self) -> dict[str, str]:
        """Contact of each deal."""
        found = self.latest("hubspot/deal_contact", "deal_id")
        return {deal_id: row["contact_id"] for (deal_id,), row in found.items()}

    @cached_property
    def calls_of(self) -> dict[str, list[dict[str, Any]]]:
        """Calls of each contact, over all devices that ever identified themselves."""
        emails = {
            row["property_email"]: contact_id
            for (contact_id,), row in self.latest("hubspot/contact", "id").items()
        }
        owner = {
            call["anonymousId"]: emails.get(call["traits"]["email"])
            for call in self.calls
            if call["type"] == "identify"
        }
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for call in self.calls:
            if contact := owner.get(call["anonymousId"]):
                found[contact].append(call)
        return found


def seconds(text: str) -> float:
    """Seconds since 1970 of a UTC timestamp, with or without a Z."""
    return (
        datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC).timestamp()
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Extracts:
    folder = tmp_path_factory.mktemp("samples") / "extracts"
    summary = write_samples(folder, deals=1500, events=30_000, months=18, seed=11)
    return Extracts(folder, summary)


@pytest.fixture(scope="session")
def at():
    return seconds
