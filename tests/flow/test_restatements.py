"""What was published of a closed month is kept, and each later move has its reason.

Four nights, told once. Each story is one deal or two in a channel of its own name, so
that a figure of that channel moves for one reason alone. The first night is as of
2026-03-05: January is closed, and its cohorts are mature at 30 days.
"""

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from dagster_project import corrections
from dagster_project.publishing import rollback
from dagster_project.restating import RECORDS
from dagster_project.settings import Settings
from tests.environment import restored_environment
from tests.flow.conftest import PIPELINE, alias, change, shipped_seed, stage
from tests.flow.installation import Installation, Night, funnels_of_all_segments
from tests.warehouse import Row, Rows, Seeds

pytestmark = pytest.mark.slow

STORIES = (
    *("still", "late", "corrected", "deleted", "merged", "reopened", "converted"),
    *("recognised", "remapped", "ruled", "paid", "seeded", "withdrawn", "erased"),
    *("shifted", "relanded"),
)
STAGES: Rows = [
    {"stage_code": "a", "stage_order": 1, "outcome_code": "open"},
    {"stage_code": "b", "stage_order": 2, "outcome_code": "open"},
    {"stage_code": "w", "stage_order": 3, "outcome_code": "won"},
    {"stage_code": "l", "stage_order": 90, "outcome_code": "lost"},
]
ALIASES = [alias(code, code) for code in ("a", "b", "w", "l")]
CHANNEL = "channel_code"
RETURNED = {"feature_code": "is_returning", "operator_code": "=", "value": "true"}
RULED = {"feature_code": "product_code", "operator_code": "=", "value": "ruled"}
CORRECTED = "plain/stage_changes_2026-03-04.csv"
WITHDRAWN = "plain/stage_changes_2026-03-03.csv"
ERASED = "plain/stage_changes_2026-03-02.csv"
RELANDED = "plain/stage_changes_2026-03-01.csv"
MAVEN = "maven_crm/sales_pipeline.csv"


SHARED = ("pipeline_code", "segment_code", "channel_code")
KEYS = {
    "fct_monthly_throughput": ("month", *SHARED, "stage_code"),
    "fct_monthly_conversions": (
        *("cohort_month", *SHARED, "from_stage_code", "to_stage_code", "horizon_days"),
    ),
}


def moves(deal: str, *told: str) -> list[Row]:
    """Changes of one deal, each "<date> <stage>"."""
    return [change(deal, stage, at) for at, stage in map(str.split, told)]


def deal(name: str, story: str = "", **more: str) -> Row:
    told = {"deal_id": name, "source_stage": "", "channel": story or name}
    return {**told, "created_at": "2026-01-01", **more}


def segment(code: str, priority: int) -> Row:
    named = {"segment_code": code, "segment_name": code, "priority": priority}
    return {**named, "landmark_days": 0}


def rule(code: str, **condition: str) -> Row:
    return {"segment_code": code, "group_number": 1, **condition}


def channel(story: str, code: str = "") -> Row:
    named = {"source_code": "plain", "source_channel": story}
    return {**named, "channel_code": code or story, "channel_name": story}


def seeds(**edited: Rows) -> Seeds:
    """The registry of these stories; `edited` takes the place of its seeds."""
    own: Seeds = {
        "stages": [*shipped_seed("stages"), *map(stage, STAGES)],
        "stage_aliases": [
            *shipped_seed("stage_aliases"), *ALIASES, alias("remapped", "a")
        ],
        "segments": [segment("again", 1), segment("ruled", 2)],
        **funnels_of_all_segments(),
        "segment_rules": [rule("again", **RETURNED)],
        "scoring_rules": [],
        "origins": [],
        "experiments": [],
        "channels": [channel(story) for story in STORIES],
        "fx_rates": [rate("1.1")],
        "gate_rules": [*map(lenient, shipped_seed("gate_rules"))],
    }  # fmt: skip
    return {**own, **edited}


def lenient(gate_rule: Row) -> Row:
    """One of two records of a file may be rejected: it is mended later."""
    is_meant = gate_rule["rule_code"] == "rejected_share"
    return {**gate_rule, "threshold": "0.5"} if is_meant else gate_rule


def rate(home_rate: str) -> Row:
    return {
        "currency_code": "EUR",
        "rate_date": "2026-01-01",
        "home_rate": home_rate,
    }


def contact(name: str, email: str) -> Row:
    return {"contact_id": name, "email": email}


FIRST: dict[str, Sequence[Row] | str] = {
    "plain/stage_changes_2026-03-05.csv": [
        *moves("still", "2026-01-05 a", "2026-01-20 b"),
        *moves("late", "2026-01-05 a"),
        *moves("deleted", "2026-01-05 a", "2026-01-20 b"),
        *moves("merged", "2026-01-03 a", "2026-01-15 b"),
        *moves("merged_too", "2026-01-05 a", "2026-01-20 b"),
        *moves("reopened", "2026-01-05 a", "2026-01-20 l"),
        {**change("", "a", "2026-01-05"), "lead_id": "converted_lead"},
        *moves("converted", "2026-01-20 b"),
        *moves("known", "2026-01-02 a"),
        *moves("recognised", "2026-01-05 a"),
        *moves("remapped", "2026-01-05 remapped"),
        *moves("ruled", "2026-01-05 a"),
        *moves("paid", "2026-01-05 a", "2026-01-20 w"),
        *moves("seeded", "2026-01-05 a"),
        change("shifted", "a", "2026-01-31T23:30:00"),
    ],
    CORRECTED: moves("corrected", "2026-01-05 a", "2026-01-20 b"),
    WITHDRAWN: moves("withdrawn", "2026-01-05 a"),
    RELANDED: "deal_id,source_stage,changed_at\nrelanded,a,2026-01-05\nrelanded,l\n",
    ERASED: [*moves("erased", "2026-01-05 a"), *moves("still", "2026-01-05 a")],
    "plain/deals_2026-03-05.csv": [
        *map(deal, ("still", "late", "corrected", "deleted", "merged", "reopened")),
        *map(deal, ("converted", "remapped", "seeded", "withdrawn", "erased")),
        deal("merged_too", "merged"),
        deal("known", "still", contact_id="c1"),
        deal("recognised", contact_id="c2"),
        deal("ruled", product="ruled"),
        deal("paid", amount="100", currency_code="EUR"),
        *map(deal, ("shifted", "relanded")),
    ],
    "plain/leads_2026-03-05.csv": [
        {
            "lead_id": "converted_lead", "created_at": "2026-01-05",
            "channel": "converted",
        }
    ],
    "plain/contacts_2026-03-05.csv": [contact("c1", "x@y.z"), contact("c2", "z@y.z")],
    MAVEN: [
        {
            "opportunity_id": "m1", "sales_agent": "", "product": "", "account": "",
            "deal_stage": "Won", "engage_date": "2017-05-01",
            "close_date": "2017-05-20", "close_value": "10",
        }
    ],
}  # fmt: skip
SECOND: dict[str, Sequence[Row]] = {
    CORRECTED: moves("corrected", "2026-01-05 a", "2026-02-20 b"),
    "plain/stage_changes_2026-03-06.csv": [
        *moves("late", "2026-01-20 b"),
        *moves("reopened", "2026-03-06 b"),
        *moves("begun", "2026-03-06 a"),
    ],
    "plain/deals_2026-03-06.csv": [
        deal("deleted", is_deleted="true", deleted_at="2026-01-25"),
        deal("merged_too", "merged", merged_into_deal_id="merged"),
        deal("begun", "still"),
    ],
    "plain/leads_2026-03-06.csv": [
        {
            "lead_id": "converted_lead", "created_at": "2026-01-05",
            "channel": "converted", "converted_deal_id": "converted",
            "converted_at": "2026-03-06",
        }
    ],
    "plain/contacts_2026-03-06.csv": [contact("c2", "x@y.z")],
}  # fmt: skip
THIRD: dict[str, Sequence[Row]] = {
    "plain/stage_changes_2026-03-07.csv": moves("late", "2026-02-10 w"),
}
EDITED = {
    "stage_aliases": [
        *shipped_seed("stage_aliases"), *ALIASES, alias("remapped", "b")
    ],
    "segment_rules": [rule("again", **RETURNED), rule("ruled", **RULED)],
    "channels": [
        channel(story, "reseeded" if story == "seeded" else "") for story in STORIES
    ],
    "fx_rates": [rate("1.2")],
}  # fmt: skip


@dataclass(frozen=True)
class Nights:
    """Four nights, and the installation as the last one left it."""

    at: Installation
    first: Night
    second: Night
    third: Night
    tampered: Night
    found_of_tampered: list[Row]


@pytest.fixture(scope="module")
def nights(root: Path) -> Nights:
    at = Watched(root, sources="plain,maven_crm")
    at.decide(seeds())
    at.write(FIRST)
    first = at.night()

    forget_what_was_recorded(at, first.current)
    at.write(SECOND)
    at.sources, at.timezone = "plain", "Europe/Vienna"
    mend(at, RELANDED, "3,relanded,l,2026-01-20")
    second = at.night()

    rollback(at.paths)
    at.paths.warehouse.unlink()
    at.decide(seeds(**EDITED))
    at.write(THIRD)
    withdraw(at, WITHDRAWN)
    erase(at, ERASED, "erased")
    third = at.night()

    at.paths.warehouse.unlink()
    tamper(at, first.current)
    tampered = at.night()
    with closing(at.built().connection):
        found = at.built().rows("select * from intermediate.int_restatements")
    return Nights(at.keep("restated"), first, second, third, tampered, found)


@dataclass
class Watched(Installation):
    """An installation whose reporting zone may be changed."""

    timezone: str = "UTC"

    @property
    def settings(self) -> Settings:
        return replace(super().settings, timezone=self.timezone)


def forget_what_was_recorded(at: Installation, generation: str) -> None:
    """As a kill between the switch and the record would leave it."""
    for file in at.paths.records.glob(f"*/{generation}.parquet"):
        file.unlink()


def withdraw(at: Installation, name: str) -> None:
    """Take a file back, which lies in extracts/ as before."""
    with restored_environment():
        corrections.withdraw(at.settings, name, "it was a test", "")


def mend(at: Installation, name: str, record: str) -> None:
    """Write a file's rejected records, mend one, and land it."""
    to = at.root / "mend.csv"
    with restored_environment():
        corrections.write_rejects(at.settings, name, "", to)
        header = to.read_text(encoding="utf-8").splitlines()[0]
        to.write_text(f"{header}\n{record}\n", encoding="utf-8")
        corrections.land_mended(at.settings, name, "", to)


def erase(at: Installation, name: str, deal_id: str) -> None:
    """Take one deal's rows out of the lake, and say so in the manifest."""
    for file in (at.paths.lake / "plain/stage_changes").rglob("*.parquet"):
        rows = pq.read_table(file, partitioning=None)
        kept = pc.fill_null(pc.not_equal(rows["deal_id"], deal_id), True)
        pq.write_table(rows.filter(kept), file)
    edit_manifest(at, name, landed_count=1, erased_count=1)


def edit_manifest(at: Installation, name: str, **values: Any) -> None:
    for file in at.paths.manifest.glob("n*.parquet"):
        table = pq.read_table(file)
        rows = table.to_pylist()
        for row in rows:
            row.update(values if row["file_name"] == name else {})
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)


def tamper(at: Installation, generation: str) -> None:
    """Change one first published value, as a fault of a disk or a person would."""
    file = at.paths.records / "rec_figures" / f"{generation}.parquet"
    table = pq.read_table(file)
    rows = table.to_pylist()
    key = figure_key("2026-01-01", "still", stage_code="a")
    (found,) = [
        row
        for row in rows
        if (row["figure_key"], row["column_name"]) == (key, "entered_count")
    ]
    found["first_value"] += 1
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)


def figure_key(month: str, channel_code: str, **keys: Any) -> str:
    of_table = "month" if "stage_code" in keys else "cohort_month"
    shared = {of_table: month, "pipeline_code": PIPELINE, "segment_code": "all"}
    return json.dumps({**shared, CHANNEL: channel_code, **keys})


def restated(nights: Nights, channel_code: str) -> dict[tuple[str, ...], list[Row]]:
    """Moves of one channel's figures, by what they count, generation by generation."""
    marts = nights.at.published(nights.third.current)
    rows = marts.rows(
        "select * from marts.fct_restatements order by generation, reason_code"
    )
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        keys = json.loads(row["figure_key"])
        if (keys[CHANNEL], keys["pipeline_code"], keys["segment_code"]) != (
            channel_code, PIPELINE, "all",
        ):  # fmt: skip
            continue
        month = keys.get("month") or keys["cohort_month"]
        counted = keys.get("stage_code") or (
            f"{keys['from_stage_code']}-{keys['to_stage_code']}"
        )
        found.setdefault((month[:7], counted, row["column_name"]), []).append(row)
    return found


def told(rows: list[Row]) -> list[tuple[Any, ...]]:
    names = ("first_value", "value", "delta")
    return [
        (
            *(row["generation"], row["reason_code"]),
            *(round(row[name], 6) for name in names),
            row["journeys_affected_count"],
        )
        for row in rows
    ]


MOVED = {
    # story: (figure, its moves)
    "late": (
        ("2026-01", "b", "entered_count"),
        [("g000002", "late_row", 0, 1, 1, 1)],
    ),
    "corrected": (
        ("2026-01", "b", "entered_count"),
        [("g000002", "corrected_row", 1, 0, -1, 1)],
    ),
    "deleted": (
        ("2026-01", "b", "removed_count"),
        [("g000002", "deletion", 0, 1, 1, 1)],
    ),
    "merged": (
        ("2026-01", "a", "entered_count"),
        [("g000002", "merge", 2, 1, -1, 1)],
    ),
    "reopened": (
        ("2026-01", "a-b", "lost_count"),
        [("g000002", "reopening", 1, 0, -1, 1)],
    ),
    "converted": (
        ("2026-01", "a", "advanced_count"),
        [("g000002", "conversion", 0, 1, 1, 1)],
    ),
    "relanded": (
        ("2026-01", "a", "lost_count"),
        [("g000002", "late_row", 0, 1, 1, 1)],
    ),
    "remapped": (
        ("2026-01", "a", "entered_count"),
        [("g000003", "remapped_stage", 1, 0, -1, 1)],
    ),
    "paid": (
        ("2026-01", "a", "won_amount"),
        [("g000003", "fx_rate", 110, 120, 10, 1)],
    ),
    "seeded": (
        ("2026-01", "a", "entered_count"),
        [("g000003", "seed", 1, 0, -1, 1)],
    ),
    "reseeded": (
        ("2026-01", "a", "entered_count"),
        [("g000003", "seed", 0, 1, 1, 1)],
    ),
    "withdrawn": (
        ("2026-01", "a", "entered_count"),
        [("g000003", "withdrawal", 1, 0, -1, 1)],
    ),
    "erased": (
        ("2026-01", "a", "entered_count"),
        [("g000003", "erasure", 1, 0, -1, 1)],
    ),
    "shifted": (
        ("2026-01", "a", "entered_count"),
        [("g000002", "model", 1, 0, -1, 1)],
    ),
}


def test_the_nights_are_published_and_the_tampered_one_is_not(nights: Nights) -> None:
    published = (nights.first, nights.second, nights.third)
    for number, night in enumerate(published, 1):
        assert night.summary.exit_code == 0, night.said
        assert night.current == f"g{number:06}"
        assert not [line.rule for line in night.broken.values() if line.blocks]
    assert nights.tampered.summary.exit_code == 3, nights.tampered.said


def test_a_first_publication_restates_nothing(nights: Nights) -> None:
    marts = nights.at.published(nights.first.current)
    assert marts("select count(*) from marts.fct_restatements") == [(0,)]


@pytest.mark.parametrize("story", MOVED)
def test_a_move_has_its_reason(nights: Nights, story: str) -> None:
    figure, expected = MOVED[story]
    assert told(restated(nights, story)[figure]) == expected


@pytest.mark.parametrize("story", [story for story in MOVED if story != "late"])
def test_a_story_moves_its_figures_for_no_other_reason(
    nights: Nights, story: str
) -> None:
    """But that a zone apart moves who entered in the last half hour of a month."""
    found = {
        row["reason_code"] for rows in restated(nights, story).values() for row in rows
    }
    assert found == {expected[1] for expected in MOVED[story][1]}


def test_a_figure_that_moves_in_two_generations_has_a_row_of_each(
    nights: Nights,
) -> None:
    found = restated(nights, "late")
    assert told(found["2026-02", "b", "open_at_end_count"]) == [
        ("g000002", "late_row", 0, 1, 1, 1),
        ("g000003", "late_row", 0, 0, -1, 1),
    ]
    assert told(found["2026-02", "b", "won_count"]) == [
        ("g000003", "late_row", 0, 1, 1, 1)
    ]


@pytest.mark.parametrize(
    ("story", "reason", "generation"),
    [
        ("recognised", "identity", "g000002"),
        ("ruled", "segment_rule", "g000003"),
    ],
)
def test_a_journey_in_another_segment_moves_the_segments_and_not_their_total(
    nights: Nights, story: str, reason: str, generation: str
) -> None:
    assert restated(nights, story) == {}
    marts = nights.at.published(nights.third.current)
    found = marts(
        "select json_extract_string(figure_key, '$.segment_code') as segment_code,"
        " generation, reason_code, delta from marts.fct_restatements"
        " where json_extract_string(figure_key, '$.channel_code') = ?"
        " and json_extract_string(figure_key, '$.month') = '2026-01-01'"
        " and json_extract_string(figure_key, '$.pipeline_code') = 'all'"
        " and column_name = 'entered_count' order by segment_code desc",
        story,
    )
    segment_code = "again" if story == "recognised" else "ruled"
    moved = [("other", generation, reason, -1.0)]
    assert sorted(found) == sorted([*moved, (segment_code, generation, reason, 1.0)])


def test_a_source_that_is_left_out_takes_its_figures_with_it(nights: Nights) -> None:
    marts = nights.at.published(nights.third.current)
    found = marts(
        "select distinct generation, reason_code from marts.fct_restatements"
        " where json_extract_string(figure_key, '$.pipeline_code') = 'maven_sales'"
    )
    assert found == [("g000002", "source_set")]


def test_totals_move_by_what_their_members_move(nights: Nights) -> None:
    found = restated(nights, "all")["2026-01", "b", "entered_count"]
    assert told(found) == [
        ("g000002", "corrected_row", 6, 5, -1, 1),
        ("g000002", "late_row", 6, 5, 1, 1),
        ("g000002", "merge", 6, 5, -1, 1),
        ("g000003", "remapped_stage", 6, 6, 1, 1),
    ]


def test_deltas_add_up_from_the_first_value_to_what_is_published_now(
    nights: Nights,
) -> None:
    """Every figure and column that ever moved, totals included."""
    marts = nights.at.published(nights.third.current)
    moved = marts.rows("""
        select
            table_name, figure_key, column_name, min(first_value) as first_value,
            max_by(value, generation) as value, sum(delta) as delta
        from marts.fct_restatements group by all
    """)
    assert len(moved) > 200
    now = published_values(nights, nights.third.current)
    for row in moved:
        key = row["table_name"], row["figure_key"], row["column_name"]
        assert row["value"] - row["first_value"] == pytest.approx(row["delta"]), row
        assert row["value"] == pytest.approx(now.get(key, 0)), row


def test_the_first_value_is_what_readers_had_when_it_was_closed(
    nights: Nights,
) -> None:
    marts = nights.at.published(nights.third.current)
    published = {
        datetime(2026, 3, day, 23, 59, 59): published_values(nights, night.current)
        for day, night in ((5, nights.first), (6, nights.second))
    }
    rows = marts.rows("select * from marts.fct_restatements")
    for row in rows:
        key = row["table_name"], row["figure_key"], row["column_name"]
        values = published[row["first_published_as_of"]]
        assert row["first_value"] == values.get(key, 0), row


def published_values(nights: Nights, generation: str) -> dict[tuple[str, ...], float]:
    """Every figure of both marts as readers of a generation have it."""
    marts = nights.at.published(generation)
    found = {}
    for table, keys in KEYS.items():
        for row in marts.rows(f"select * from marts.{table}"):
            key = json.dumps({name: plain(row[name]) for name in keys})
            for column in row.keys() - set(keys):
                if column.endswith(("_count", "_amount")):
                    found[table, key, column] = row[column]
    return found


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def test_what_was_not_closed_is_not_restated(nights: Nights) -> None:
    found = nights.at.published(nights.third.current)("""
        select distinct
            table_name,
            coalesce(figure_key ->> '$.month', figure_key ->> '$.cohort_month'),
            figure_key ->> '$.horizon_days'
        from marts.fct_restatements
        where figure_key ->> '$.pipeline_code' = ? order by all
    """, PIPELINE)  # fmt: skip
    assert found == [
        ("fct_monthly_conversions", "2026-01-01", "30"),
        ("fct_monthly_throughput", "2026-01-01", None),
        ("fct_monthly_throughput", "2026-02-01", None),
    ]


def test_what_was_recorded_survives_kill_rollback_and_a_lost_warehouse(
    nights: Nights,
) -> None:
    """The first record was lost in a kill; before the third night a rollback."""
    second, third = (
        nights.at.published(night.current)(
            "select * from marts.fct_restatements where generation <= 'g000002'"
            " order by all"
        )
        for night in (nights.second, nights.third)
    )
    assert second == third
    assert len(second) > 50


def test_what_the_models_record_has_the_columns_that_are_declared(
    nights: Nights,
) -> None:
    for kind in RECORDS:
        told = pq.read_schema(nights.at.paths.records / kind / "declared.parquet")
        file = nights.at.paths.records / kind / f"{nights.second.current}.parquet"
        written = pq.read_schema(file)
        assert set(written.names) == set(told.names), kind
        for name in told.names:
            assert written.field(name).type == told.field(name).type, (kind, name)


def test_a_night_writes_only_what_it_has_news_of(nights: Nights) -> None:
    def journeys(night: Night) -> int:
        file = nights.at.paths.records / f"rec_journeys/{night.current}.parquet"
        return int(pq.read_metadata(file).num_rows)

    assert journeys(nights.first) == len(STORIES) + 4
    moved = ("late", "remapped", "ruled", "paid", "seeded", "withdrawn", "erased")
    assert journeys(nights.third) == len(moved)


def test_a_published_value_that_nothing_explains_stops_the_night(
    nights: Nights,
) -> None:
    assert set(nights.tampered.broken) == {"restatements_explained"}
    line = nights.tampered.broken["restatements_explained"]
    assert line.blocks
    assert "fct_monthly_throughput.entered_count: 1 of" in line.message
    assert figure_key("2026-01-01", "still", stage_code="a") in line.message
    assert nights.tampered.current == nights.third.current


def test_a_rebuild_without_news_moves_nothing_else(nights: Nights) -> None:
    (found,) = nights.found_of_tampered
    assert (found["reason_code"], found["delta"]) == ("unexplained", -1)
