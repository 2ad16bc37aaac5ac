"""A person is forgotten: null in every mart, gone from every file, and kept out.

Three nights, told once. Jane has two deals, a device and a log-in; so has Mary, to
whom Jane once lent her device. The first night is as of 2026-03-05, so January is
closed. Jane is forgotten; then Mary, by a command that is killed: a night completes it.
"""

import gzip
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project import forgetting
from dagster_project.forgetting import Forgetting, forget
from dagster_project.proving import Proof, search
from dagster_project.publishing import NoGenerationError, rollback
from tests.environment import restored_environment
from tests.flow.conftest import alias, change, shipped_seed, stage
from tests.flow.installation import Installation, Night, funnels_of_all_segments
from tests.warehouse import Row, Rows, Seeds

pytestmark = pytest.mark.slow

JANE, MARY = "Jane@Example.com", "mary@example.com"
STAGES: Rows = [
    {"stage_code": "a", "stage_order": 1, "outcome_code": "open"},
    {"stage_code": "b", "stage_order": 2, "outcome_code": "open"},
]
CONTACTS = "plain/contacts_2026-03-05.csv"
PAGE = "https://shop.example/thanks"


def seeds() -> Seeds:
    aliases = [alias("a", "a"), alias("b", "b")]
    again = {"segment_code": "again", "feature_code": "is_returning"}
    named = {"source_code": "plain", "actor_code": "customer"}
    return {
        "stages": [*shipped_seed("stages"), *map(stage, STAGES)],
        "stage_aliases": [*shipped_seed("stage_aliases"), *aliases],
        "segments": [
            {
                "segment_code": "again", "segment_name": "again", "priority": 1,
                "landmark_days": 0,
            }
        ],
        **funnels_of_all_segments(),
        "segment_rules": [
            {**again, "group_number": 1, "operator_code": "=", "value": "true"}
        ],
        "scoring_rules": [],
        "origins": [],
        "experiments": [],
        "channels": [
            {
                "source_code": "plain", "source_channel": name, "channel_code": name,
                "channel_name": name,
            }
            for name in ("jane", "mary")
        ],
        "event_aliases": [
            *shipped_seed("event_aliases"),
            {**named, "source_event": "page_view", "event_code": "page_viewed"},
            {**named, "source_event": "call", "event_code": "page_viewed"},
        ],
    }  # fmt: skip


def deal(name: str, contact: str, channel: str) -> Row:
    told = {"deal_id": name, "contact_id": contact, "channel": channel}
    return {**told, "source_stage": "", "created_at": "2026-01-01", "note": ""}


def event(id: str, visitor: str, **more: Any) -> Row:
    told = {"event_id": id, "visitor_id": visitor, "source_event": "page_view"}
    at = f"2026-01-0{id[-1]}T10:00:00"
    return {**told, "occurred_at": at, "page_url": PAGE, **more}


FIRST: dict[str, Sequence[Row]] = {
    CONTACTS: [
        {"contact_id": "c1", "email": JANE, "first_name": "Jane"},
        {"contact_id": "c2", "email": MARY, "first_name": "Mary"},
    ],
    "plain/deals_2026-03-05.csv": [
        *(deal(name, "c1", "jane") for name in ("j1", "j2")),
        *(deal(name, "c2", "mary") for name in ("m1", "m2")),
        {**deal("n1", "", "mary"), "note": f"knows jane@example.com and {MARY}"},
    ],
    "plain/stage_changes_2026-03-05.csv": [
        change(name, "a", f"2026-01-0{name[-1]}T12:00:00")
        for name in ("j1", "j2", "m1", "m2")
    ],
    "plain/activities_2026-03-05.csv": [
        {
            "activity_id": f"call {contact}", "source_event": "call",
            "occurred_at": "2026-01-03", "contact_id": contact,
        }
        for contact in ("c1", "c2")
    ],
    "plain/web_events_2026-03-05.jsonl": [
        event("j1", "jane's", page_url=f"{PAGE}?email=jane%40example.com"),
        event("j2", "jane's", user_id="u1", email=JANE),
        event("j3", "jane's"),
        event("m4", "jane's", user_id="u2", email=MARY),
        event("m1", "mary's", user_id="u2", email=MARY),
        event("m2", "mary's"),
        event("x1", "nobody's"),
    ],
}  # fmt: skip
AGAIN: dict[str, Sequence[Row]] = {
    "plain/contacts_2026-03-06.csv": [
        {"contact_id": "c1", "email": "", "first_name": "Jane"},
        {"contact_id": "c2", "email": MARY.upper(), "first_name": "Mary"},
        {"contact_id": "c3", "email": f" {JANE}", "first_name": "Jane"},
        {"contact_id": "c4", "email": "maryjane@example.com", "first_name": "Mary J."},
    ],
    "plain/web_events_2026-03-06.jsonl": [event("j5", "jane's new one", user_id="u1")],
    "plain/deals_2026-03-06.csv": [deal("j3", "c3", "jane"), deal("x1", "c4", "mary")],
}


@dataclass(frozen=True)
class Story:
    """What the nights left; `before` and `after` are rows of marts by their names."""

    at: Installation
    first: Night
    before: dict[str, Any]
    forgotten: Forgetting
    after: dict[str, Any]
    last: Night


class KilledError(BaseException):
    """The command dies here."""


@pytest.fixture(scope="module")
def story(root: Path) -> Story:
    at = Installation(root)
    at.decide(seeds())
    at.write(FIRST)
    first = at.night()
    before = told(at, first.current)
    with restored_environment():
        forgotten = forget(at.settings, JANE)
    after = told(at, at.paths.current.resolve().name)

    at.write(AGAIN)
    with (
        restored_environment(),
        patch.object(forgetting, "_night", side_effect=KilledError),
        pytest.raises(KilledError),
    ):
        forget(at.settings, MARY)
    last = at.night()
    return Story(at.keep("forgotten"), first, before, forgotten, after, last)


def told(at: Installation, generation: str) -> dict[str, Any]:
    """Whose each journey, action and session is, and what the accounts say."""
    marts = at.published(generation)
    with closing(marts.connection):
        return {
            "journeys": dict(
                marts("select deal_id, person_id is not null from marts.fct_journeys")
            ),
            "actions": dict(
                marts(
                    "select event_id, person_id is not null "
                    "from marts.fct_journey_events"
                )
            ),
            "sessions": marts(
                "select visitor_id, events_count, person_id is not null "
                "from marts.fct_web_sessions order by visitor_id, started_at"
            ),
            "attempts": marts(
                "select count(*) from marts.fct_funnel_attempts where unit_id is null"
            ),
            "persons": dict(marts("select deal_id, person_id from marts.fct_journeys")),
            "differences": marts(
                "select * from marts.dq_reconciliations where difference_count <> 0"
            ),
            "audit": marts(
                "select file_name, physical_count, landed_count, erased_count "
                "from marts.dq_load_audit where erased_count > 0 order by file_name"
            ),
            "restated": marts(
                "select reason_code, count(*) filter (figure_key like '%jane%') > 0 "
                "from marts.fct_restatements group by all"
            ),
        }


def test_a_forgotten_persons_journeys_stay_as_nobodys(story: Story) -> None:
    assert story.first.summary.exit_code == 0, story.first.said
    assert story.forgotten.exit_code == 0, story.forgotten.proof
    assert story.before["journeys"] == {
        "j1": True, "j2": True, "m1": True, "m2": True, "n1": False
    }  # fmt: skip
    assert story.after["journeys"] == {
        "j1": False, "j2": False, "m1": True, "m2": True, "n1": False
    }  # fmt: skip


def test_nobody_elses_person_changes(story: Story) -> None:
    kept = ("m1", "m2")
    before, after = story.before["persons"], story.after["persons"]
    assert [before[deal] for deal in kept] == [after[deal] for deal in kept]


def test_their_actions_are_nobodys_also_those_before_they_said_who_they_are(
    story: Story,
) -> None:
    assert set(story.before["actions"].values()) == {True}
    assert story.after["actions"] == {
        "j1": False, "j2": False, "j3": False, "call c1": False,
        "m1": True, "m2": True, "m4": True, "call c2": True, "x1": True,
    }  # fmt: skip
    assert [count for _, count, _ in story.after["sessions"]] == [
        count for _, count, _ in story.before["sessions"]
    ]
    assert [known for visitor, _, known in story.after["sessions"]] == [
        False, False, False, True, True, True, True
    ]  # fmt: skip
    assert story.after["attempts"] == [(0,)]


def test_the_accounting_closes_and_says_what_was_erased(story: Story) -> None:
    assert story.after["differences"] == []
    assert story.after["audit"] == [(CONTACTS, 2, 1, 1)]
    assert story.forgotten.purged.erased["plain.contacts"] == 1
    assert story.forgotten.purged.cleaned == {
        "plain.contacts": 0, "plain.deals": 1, "plain.web_events": 2
    }  # fmt: skip


def test_a_closed_figure_moves_for_the_reason_erasure(story: Story) -> None:
    assert story.before["restated"] == []
    assert story.after["restated"] == [("erasure", True)]


def test_no_older_generation_is_left_to_roll_back_to(story: Story) -> None:
    assert story.forgotten.dropped == ["g000001"]
    assert story.last.generations == ["g000003"]
    with pytest.raises(NoGenerationError):
        rollback(story.at.paths)


def test_the_extracts_that_their_owner_must_clean_are_listed(story: Story) -> None:
    found = {trace.path.name: trace.places for trace in story.forgotten.extracts}
    assert found == {
        "contacts_2026-03-05.csv": ("line 2",),
        "deals_2026-03-05.csv": ("line 6",),
        "web_events_2026-03-05.jsonl": ("line 1", "line 2"),
    }


def test_a_night_completes_what_a_killed_command_began(story: Story) -> None:
    assert story.last.summary.exit_code == 0, story.last.said
    assert not story.at.paths.unfinished_erasure.exists()
    marts = story.at.published(story.last.current)
    known = dict(marts("select deal_id, person_id is not null from marts.fct_journeys"))
    assert known == {
        "j1": False, "j2": False, "j3": False, "m1": False, "m2": False,
        "n1": False, "x1": True,
    }  # fmt: skip
    for address in (JANE, MARY):
        assert search(story.at.paths.data, address).found == []


def test_what_is_delivered_again_is_erased_on_landing(story: Story) -> None:
    assert (story.last.summary.erased, story.last.summary.cleaned) == (3, 0)
    marts = story.at.published(story.last.current)
    assert marts(
        "select landed_count, erased_count from marts.dq_load_audit "
        "where file_name = 'plain/contacts_2026-03-06.csv'"
    ) == [(1, 3)]
    assert marts(
        "select person_id from marts.fct_journey_events where event_id = 'j5'"
    ) == [(None,)]


def test_the_records_forget_whose_a_journey_was(story: Story) -> None:
    files = sorted((story.at.paths.records / "rec_journeys").glob("g*.parquet"))
    told = [row for path in files for row in pq.read_table(path).to_pylist()]
    forgotten = [row for row in told if row["deal_id"] in ("j1", "j2", "m1", "m2")]
    assert len(forgotten) >= 8
    assert {row["person_id"] for row in forgotten} == {None}


@pytest.mark.parametrize(
    ("name", "kind", "place"),
    [
        ("a.parquet", "parquet", "column told"),
        ("a.duckdb", "duckdb", "column main.t.told"),
        ("a.db", "sqlite", "table t"),
        ("a.csv.gz", "packed", "line 2"),
        ("a.jsonl.zst", "packed", "line 2"),
        ("a.utf16.csv.gz", "packed", "its unpacked bytes"),
        ("a.utf16.csv.zst", "packed", "its unpacked bytes"),
        ("a.log", "text", "line 2"),
        ("a.utf16", "text", "its bytes"),
        ("mail jane@example.com", "text", "its name"),
    ],
)
def test_the_search_finds_a_copy_in_any_file(
    tmp_path: Path, name: str, kind: str, place: str
) -> None:
    plant(tmp_path / name, "nothing, but maryjane@example.com and jane@example.com.br")
    if kind != "text" or name != "mail jane@example.com":
        assert search(tmp_path, JANE).found == []
    plant(tmp_path / name, "x" * 5_000_000 + " JANE%40example.com")
    proof = search(tmp_path, JANE)
    assert proof.searched == {kind: 1}
    assert [trace.places[0] for trace in proof.found] == [place]
    assert search(tmp_path, JANE, leave_out=tmp_path) == Proof()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.csv.gz", gzip.compress(b"id\n1\n", mtime=0)[:-9]),
        ("none.csv.gz", b"no gzip"),
        ("none.jsonl.zst", b"no zstd"),
        ("none.parquet", b"PAR1"),
        ("none.duckdb", b"no database"),
        ("none.db", b"SQLite format 3\x00 and no more"),
    ],
)
def test_a_broken_file_is_told_and_the_search_goes_on(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    plant(tmp_path / "z.log", JANE)
    proof = search(tmp_path, JANE)
    assert [trace.path.name for trace in proof.unread] == [name]
    assert [trace.path.name for trace in proof.found] == ["z.log"]
    assert Forgetting(proof=Proof(unread=proof.unread)).exit_code == 1


def plant(path: Path, text: str) -> None:
    """Write a text as a file of the kind that its name says."""
    path.unlink(missing_ok=True)
    encoding = "utf-16" if ".utf16" in path.suffixes else "utf-8"
    lines = f"first\n{text}\n".encode(encoding)
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"id": [1], "told": [text]}), path, compression="zstd")
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path)) as connection:
            connection.execute("create table t as select 1 as id, ? as told", [text])
    elif path.suffix == ".db":
        import sqlite3

        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("create table t (told text)")
            connection.execute("insert into t values (?)", [text])
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines))
    elif path.suffix == ".zst":
        path.write_bytes(pa.compress(lines, codec="zstd", asbytes=True))
    else:
        path.write_bytes(lines)


def test_what_the_command_leaves_in_the_lake_is_no_address(story: Story) -> None:
    held = [path.read_bytes() for path in story.at.paths.tombstones.iterdir()]
    assert json.dumps(str(held)).lower().count("example.com") == 0
