"""What is withdrawn had never come, and what is admitted again had always been there.

Files of three sources come in two nights: right ones, and of each kind of mistake one.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from unittest.mock import patch

import pytest
from click.testing import CliRunner, Result

from dagster_project import cli
from tests.flow.conftest import change, deal, decisions
from tests.models.test_rebuild import Tables, assert_equal, tables
from tests.warehouse import Files, Marts, Row, Warehouse, write_seeds

pytestmark = pytest.mark.slow

SOURCES = "plain,ad_spend,maven_crm"
# They tell what was done, not what is so.
OF_NIGHTS = {"dq_load_audit", "fct_restatements"}
VERSION = "plain/deals_2026-01-31.csv"
FIRST_OF_TWO = "plain/stage_changes_2026-02-05.csv"
NEWEST = "plain/stage_changes_2026-02-20.csv"
MAVEN = "maven_crm/sales_pipeline.csv"
ONLY_ONE = "ad_spend/2026-02-11.csv"
COPIED = [
    change("d3", "Stage a", "2026-02-01T10:00:00"),
    change("d3", "Stage b", "2026-02-04T10:00:00"),
]


def maven(stage: str, value: str) -> Row:
    return {
        "opportunity_id": "m1",
        "sales_agent": "s",
        "product": "p",
        "account": "",
        "deal_stage": stage,
        "engage_date": "2017-05-01",
        "close_date": "2017-05-20",
        "close_value": value,
    }


RIGHT: Files = {
    "plain/stage_changes_2026-01-31.csv": [
        change("d1", "Stage a", "2026-01-02T10:00:00"),
        change("d1", "Stage w", "2026-01-20T10:00:00"),
        change("d2", "Stage a", "2026-01-03T10:00:00"),
    ],
    VERSION: [deal("d1", "Stage w", amount="100"), deal("d2", "Stage a")],
    "plain/stage_changes_2026-02-10.csv": COPIED,
    MAVEN: [maven("Won", "10")],
}
WRONG: Files = {
    VERSION: [deal("d1", "Stage w", amount="999"), deal("d9", "Stage a")],
    NEWEST: [
        change("d2", "Stage l", "2026-02-15T10:00:00"),
        change("d8", "Stage a", "2026-02-16T10:00:00"),
    ],
    MAVEN: [maven("Lost", "0")],
    ONLY_ONE: [
        {"date": "2026-02-11", "channel": "c", "amount": "5", "currency": "USD"}
    ],
}
WITHDRAWN = (VERSION, FIRST_OF_TWO, NEWEST, MAVEN, ONLY_ONE)


@dataclass(frozen=True)
class Story:
    """Marts as they were, after each file was withdrawn, and after it was admitted."""

    always: Tables
    withdrawn: Tables
    admitted: Tables
    never: Tables
    audit: Mapping[str, tuple[str, str, int]]
    said: Mapping[str, Result]


@pytest.fixture(scope="module")
def story(warehouse: Warehouse) -> Story:
    warehouse.clear()
    write_seeds(warehouse.root / "seeds", decisions())
    warehouse.write({**RIGHT, FIRST_OF_TWO: COPIED})
    warehouse.land(sources=SOURCES)
    warehouse.write(WRONG)
    always = told(warehouse.night(sources=SOURCES))

    said = {name: call(warehouse, "withdraw", name) for name in WITHDRAWN}
    without = warehouse.night(sources=SOURCES)
    audit = {
        name: (status, message, landed)
        for name, status, message, landed in without(
            "select file_name, status_code, message, landed_count"
            " from marts.dq_load_audit order by batch_id"
        )
        if status == "withdrawn"
    }
    said |= {f"again {name}": call(warehouse, "admit", name) for name in WITHDRAWN}
    admitted = told(warehouse.night(sources=SOURCES))

    warehouse.clear()
    warehouse.write(RIGHT)
    never = told(warehouse.night(sources=SOURCES))
    return Story(always, told(without), admitted, never, audit, said)


def told(marts: Marts) -> Tables:
    return {name: rows for name, rows in tables(marts).items() if name not in OF_NIGHTS}


def call(warehouse: Warehouse, command: str, name: str) -> Result:
    settings = warehouse.settings
    environment = {
        "FUNNELHOUSE_DATA": str(settings.data),
        "FUNNELHOUSE_EXTRACTS": str(settings.extracts),
        "FUNNELHOUSE_SEEDS": str(settings.seeds),
        "FUNNELHOUSE_SOURCES": SOURCES,
        "FUNNELHOUSE_THREADS": str(settings.threads),
        "FUNNELHOUSE_PII_SALT": settings.pii_salt,
    }
    with patch.dict(os.environ, environment):
        return CliRunner().invoke(cli.main, [command, name, "--reason", "a mistake"])


def test_the_mistakes_are_seen_in_the_marts(story: Story) -> None:
    for name in ("fct_journeys", "fct_stage_transitions", "fct_stage_snapshots"):
        assert story.always[name] != story.never[name], name
        assert story.never[name]


def test_withdrawn_files_have_never_come(story: Story) -> None:
    assert_equal(story.withdrawn, story.never)


def test_admitted_files_have_always_been_there(story: Story) -> None:
    assert_equal(story.admitted, story.always)


def test_the_audit_keeps_the_counts_of_what_is_withdrawn_and_why(
    story: Story,
) -> None:
    assert set(story.audit) == set(WITHDRAWN)
    assert story.audit[NEWEST] == ("withdrawn", "a mistake", 2)


def test_each_command_says_what_it_did_and_what_comes(story: Story) -> None:
    for name, result in story.said.items():
        assert result.exit_code == 0, f"{name}: {result.output}"
        assert "The next `funnelhouse run`" in result.output
    assert "2 rows of plain.deals" in story.said[VERSION].output
    assert (
        f"in its place comes {VERSION} of batch n000001" in story.said[VERSION].output
    )
    copied = story.said[FIRST_OF_TWO].output
    assert "lands plain/stage_changes_2026-02-10.csv, of the same content" in copied
    assert "as of 2026-02-11 23:59:59 UTC" in story.said[NEWEST].output
    assert "as of 2026-02-10 23:59:59 UTC" in story.said[ONLY_ONE].output
    assert "admitted" in story.said[f"again {NEWEST}"].output
