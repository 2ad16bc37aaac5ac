"""The models beside the oracle: facts to extracts, both sets of rows, what differs."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import isclose
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from tests import oracle
from tests.models.decisions import decisions
from tests.oracle.facts import Facts
from tests.warehouse import Marts, Warehouse

Row = Mapping[str, Any]
SOURCE = "plain"
CDP = "segment"
FEATURES = {"entry_pipeline": "pipeline_code"}
OPERATORS = {"eq": "=", "ne": "!=", "not_in": "!=", "ge": ">=", "le": "<="}
OBJECTS = {
    "stage_changes": "csv",
    "deals": "csv",
    "deal_changes": "csv",
    "leads": "csv",
    "contacts": "csv",
    "activities": "csv",
    "web_events": "jsonl",
}

# Each mart's grain as both sides can tell it, and what is compared.
JOURNEY = ("journey_key",)
COHORT = ("pipeline_code", "segment_code", "channel_code")
GRAINS: dict[str, tuple[str, ...]] = {
    "transitions": (
        "record_kind", "record_id", "source_pipeline", "source_stage", "changed_at",
        "source_sequence",
    ),
    "journeys": JOURNEY,
    "journey_steps": (*JOURNEY, "pipeline_code", "stage_code"),
    "stage_snapshots": (
        "snapshot_date", "pipeline_code", "stage_code", "segment_code",
    ),
    "segment_funnels": ("funnel_code", "cohort_month", *COHORT[1:], "step_order"),
    "mixed_funnels": ("funnel_code", "cohort_month", *COHORT[1:], "step_order"),
    "monthly_conversions": (
        "cohort_month", *COHORT, "from_stage_code", "to_stage_code", "horizon_days",
    ),
    "monthly_throughput": ("month", *COHORT, "stage_code"),
}  # fmt: skip
LEFT_OUT = {
    "person_id", "journey_key", "journey_id", "prior_journey_id", "transition_id",
    "deal_id", "lead_id", "source_code", "record_kind", "source_pipeline",
    "target_rate", "benchmark_rate",
}  # fmt: skip
# Stage funnels with steps that are events are compared by themselves.
TABLES = {"mixed_funnels": "segment_funnels"}
NOT_WRITTEN = {"source_code", "known_at", "transition_id"}


class Asked(Protocol):
    """Something that answers queries: kept marts, or the newest build."""

    def rows(self, query: str) -> list[dict[str, Any]]: ...


def one_source(facts: Facts, source: str = "one") -> Facts:
    """The facts of one source, under the name that the plain source has."""

    def own(rows: Sequence[Row]) -> list[dict[str, Any]]:
        found = (row for row in rows if row["source_code"] == source)
        return [{**row, "source_code": SOURCE} for row in found]

    home = facts.home_currency
    return replace(
        facts,
        stage_changes=own(facts.stage_changes),
        # No currency means the home currency, for the models (see DECISIONS).
        deals=[
            {**row, "currency_code": row["currency_code"] or home}
            for row in own(facts.deals)
        ],
        deal_changes=[
            {**row, "value": home}
            if row["field_code"] == "currency_code" and not row["value"]
            else row
            for row in own(facts.deal_changes)
        ],
        leads=own(facts.leads),
        contacts=own(facts.contacts),
        stage_aliases=own(facts.stage_aliases),
        sources={SOURCE: facts.sources[source]},
        channels=[
            row
            for row in facts.channels
            if row["source_value"] == row["source_value"].strip()
        ],
    )


def with_cdp(facts: Facts) -> Facts:
    """The facts with a second source, of web events alone, watched less long."""
    watched = {"data_through": facts.as_of - timedelta(days=9), "history_from": None}
    return replace(facts, sources=facts.sources | {CDP: watched})


def call(row: Row) -> Row:
    """A web event as a call of the CDP; its pages are calls of a type of their own."""
    is_page = row["source_event"] == "page"
    said = json.loads(row["properties"] or "{}")
    return {
        "messageId": row["event_id"],
        "type": "page" if is_page else "track",
        "event": None if is_page else row["source_event"],
        "receivedAt": row["known_at"],
        "timestamp": row["occurred_at"],
        "anonymousId": row["visitor_id"],
        "userId": row["user_id"],
        "traits": {"email": row["email_hash"]},
        "properties": said | {"region": row["region"], "product": row["product"]},
        "context": {
            "page": {"url": row["page_url"], "referrer": row["referrer"]},
            "device": {"type": row["device"]},
            "campaign": {
                "source": row["utm_source"],
                "medium": row["utm_medium"],
                "name": row["utm_campaign"],
                "term": row["utm_term"],
            },
        },
    }


def extracts(facts: Facts) -> dict[str, list[Row]]:
    """One file an object and extract; the name says when it was taken."""
    files: dict[str, list[Row]] = defaultdict(list)
    for name, ending in OBJECTS.items():
        for row in getattr(facts, name):
            if row["source_code"] == CDP:
                day = row["known_at"].strftime("%Y%m%d")
                files[f"{CDP}/{day}.jsonl"].append(call(row))
                continue
            written = {
                key: value for key, value in row.items() if key not in NOT_WRITTEN
            }
            written["email"] = written.pop("email_hash", None)
            if written.get("properties"):
                written["properties"] = json.loads(written["properties"])
            taken = row["known_at"].strftime("%Y%m%dT%H%M%SZ")
            files[f"plain/{name}/{taken}.{ending}"].append(written)
    return dict(files)


def seeds(facts: Facts) -> dict[str, Sequence[Row]]:
    channels = [
        {
            "source_code": source,
            "source_channel": row["source_value"],
            "channel_code": row["channel_code"],
            "channel_name": row["channel_code"],
        }
        for source in facts.sources
        for row in facts.channels
    ]
    return {
        "stages": facts.stages,
        "stage_aliases": facts.stage_aliases,
        "segments": facts.segments,
        "segment_rules": [r for rule in facts.segment_rules for r in our_rules(rule)],
        "funnels": facts.funnels,
        "funnel_steps": facts.funnel_steps,
        "channels": channels,
        "fx_rates": facts.fx_rates,
        "loss_reasons": [
            {
                "source_code": SOURCE,
                "source_reason": reason,
                "loss_reason_code": reason,
                "loss_reason_name": reason,
            }
            for reason in sorted({r["loss_reason"] or "" for r in facts.deals} - {""})
        ],
        "event_aliases": facts.event_aliases,
        **decisions(),
    }


def our_rules(rule: Row) -> Iterator[Row]:
    """A rule in the words of segment_rules.csv; `not_in` is several that all hold."""
    feature = rule["feature_code"]
    if not feature.endswith("_count"):
        feature = FEATURES.get(feature, f"{feature}_code")
    operator = rule["operator_code"]
    values = rule["value"].split("|") if operator == "not_in" else [rule["value"]]
    for value in values:
        yield {
            **rule,
            "feature_code": feature,
            "operator_code": OPERATORS.get(operator, operator),
            "value": value,
        }


class WatchedWarehouse(Warehouse):
    """A warehouse whose sources were watched as the facts say."""

    facts: Facts

    def freeze(self, lake: Path) -> None:
        sources = self.facts.sources

        def times(name: str) -> pa.Array:
            return pa.array([row[name] for row in sources.values()], pa.timestamp("us"))

        rows = {
            "source_code": list(sources),
            "timezone": ["UTC" for _ in sources],
            "data_through": times("data_through"),
            "history_from": times("history_from"),
        }
        pq.write_table(pa.table(rows), lake / "_run" / "sources.parquet")


def settings_of(facts: Facts) -> dict[str, Any]:
    """How a night of these facts is run."""
    return {
        "sources": ",".join(facts.sources),
        "timezone": facts.timezone,
        "home_currency": facts.home_currency,
        "as_of": facts.as_of,
    }


def build(
    warehouse: WatchedWarehouse, facts: Facts, *, with_tests: bool = False
) -> Marts:
    warehouse.facts = facts
    marts = warehouse.build(
        extracts(facts),
        seeds=seeds(facts),
        with_tests=with_tests,
        **settings_of(facts),
    )
    name_transitions(marts, facts)
    return marts


def name_transitions(marts: Asked, facts: Facts) -> None:
    """The id breaks the last ties, so the oracle is told the models' own."""
    keys = ("deal_id", "lead_id", *GRAINS["transitions"][2:])
    named = {
        tuple(row[key] for key in keys): row["transition_id"]
        for row in marts.rows("select * from intermediate.int_stage_changes")
    }
    for row in facts.stage_changes:
        row["transition_id"] = named.get(tuple(row[key] for key in keys))


def expected_rows(facts: Facts, name: str) -> list[dict[str, Any]]:
    rows = getattr(oracle, TABLES.get(name, name))(facts)
    return [with_key(row) for row in rows if is_of(name, row)]


def actual_rows(marts: Asked, name: str) -> list[dict[str, Any]]:
    queries = {
        "transitions": """
            select facts.*, changes.record_kind, changes.record_id,
                changes.source_pipeline, changes.source_stage, changes.source_sequence
            from marts.fct_stage_transitions as facts
            inner join intermediate.int_stage_changes as changes using (transition_id)
        """,
        "journey_steps": """
            select steps.*, journeys.deal_id, journeys.lead_id
            from marts.fct_journey_steps as steps
            inner join marts.fct_journeys as journeys using (journey_id)
        """,
    }
    table = TABLES.get(name, name)
    query = queries.get(name, f"select * from marts.fct_{table}")
    if table == "segment_funnels":
        query += " where cohort_month is not null"
    return [with_key(row) for row in marts.rows(query) if is_of(name, row)]


def is_of(name: str, row: Row) -> bool:
    if TABLES.get(name, name) != "segment_funnels":
        return True
    return row["funnel_code"].startswith("mixed") == (name == "mixed_funnels")


def with_key(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "journey_key": (row.get("lead_id"), row.get("deal_id"))}


def differences(
    expected: list[dict[str, Any]], actual: list[dict[str, Any]], grain: tuple[str, ...]
) -> list[str]:
    """In words, every row and value in which the two differ."""

    def keyed(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
        found = {tuple(row[column] for column in grain): row for row in rows}
        assert len(found) == len(rows), f"{grain} is no key"
        return found

    ours, theirs = keyed(actual), keyed(expected)
    found = [f"missing {key}" for key in theirs if key not in ours]
    found += [f"too many {key}" for key in ours if key not in theirs]
    for key in theirs.keys() & ours.keys():
        wanted, given = theirs[key], ours[key]
        found += [
            f"{key} {column}: expected {wanted[column]!r}, is {given[column]!r}"
            for column in sorted(wanted.keys() & given.keys() - LEFT_OUT)
            if not same(wanted[column], given[column])
        ]
    return found


def same(left: Any, right: Any) -> bool:
    if isinstance(left, datetime | date | str | bool) or None in (left, right):
        return bool(left == right)
    return isclose(float(left), float(right), rel_tol=1e-9, abs_tol=1e-9)
