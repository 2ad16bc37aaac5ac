"""Bytes, sizes and shapes of the files."""

import csv
import hashlib
import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from time import process_time

import pytest

from dagster_project import samples
from dagster_project.samples import FAULTS, TooFewEventsError, write_samples

SMALL = {"deals": 60, "events": 900, "months": 4}
TABLES = {
    "hubspot/deal": {
        "deal_id",
        "deal_pipeline_stage_id",
        "property_hs_analytics_source",
    },
    "hubspot/deal_stage": {"deal_id", "value", "date_entered", "_fivetran_active"},
    "hubspot/deal_property_history": {"deal_id", "name", "timestamp", "value"},
    "hubspot/deal_pipeline": {"pipeline_id", "label"},
    "hubspot/deal_pipeline_stage": {"stage_id", "pipeline_id", "label", "closed_won"},
    "hubspot/merged_deal": {"deal_id", "merged_deal_id"},
    "hubspot/contact": {"id", "property_email", "property_hs_merged_object_ids"},
    "hubspot/deal_contact": {"deal_id", "contact_id", "category"},
    "hubspot/owner": {"owner_id", "email", "type"},
    "hubspot/engagement": {"id", "portal_id", "type"},
    "hubspot/engagement_deal": {"engagement_id", "deal_id"},
    "hubspot/engagement_contact": {"engagement_id", "contact_id"},
    "hubspot/engagement_call": {"engagement_id", "property_hs_timestamp"},
    "hubspot/engagement_email": {"engagement_id", "property_hs_timestamp"},
    "hubspot/engagement_meeting": {"engagement_id", "property_hs_timestamp"},
}


def digest(folder: Path) -> str:
    """One hash over names and bytes of a tree."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(path.relative_to(folder).as_posix().encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_samples(tmp_path / name / "extracts", seed=seed, **SMALL)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a") != digest(tmp_path / "c")


def test_hash_order_time_zone_and_locale_change_no_byte(tmp_path):
    code = (
        "import sys, pathlib; from dagster_project.samples import write_samples; "
        "write_samples(pathlib.Path(sys.argv[1]), "
        "deals=60, events=900, months=4, seed=3)"
    )
    for name, zone in (("1", "Asia/Tokyo"), ("2", "America/Lima")):
        surroundings = {"PYTHONHASHSEED": name, "TZ": zone, "LC_ALL": "C"}
        command = [sys.executable, "-c", code, str(tmp_path / name / "extracts")]
        subprocess.run(command, env={**os.environ, **surroundings}, check=True)
    assert digest(tmp_path / "1") == digest(tmp_path / "2")


def test_sizes_are_those_asked_for(made):
    assert made.summary.deals_count == len(made.deals) == 1500
    assert made.summary.events_count == len(made.calls)
    assert abs(len(made.calls) - 30_000) <= 600
    assert made.summary.start == date(2025, 1, 1)
    files = [path for path in made.folder.rglob("*") if path.is_file()]
    assert made.summary.files_count == len(files)


@pytest.mark.parametrize("table", TABLES)
def test_every_csv_parses_and_has_its_columns(made, table):
    for path in (made.folder / table).glob("*.csv"):
        date.fromisoformat(path.stem)
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file, strict=True))
        assert rows
        assert {len(row) for row in rows} == {len(header)}
        assert TABLES[table] <= set(header)
    assert made.summary.rows[table] == len(made.rows(table)) > 0


def test_each_row_was_synced_in_the_night_after_its_file(made):
    for table in TABLES:
        for row in made.rows(table):
            night = date.fromisoformat(row["_day"]) + timedelta(days=1)
            assert row["_fivetran_synced"].startswith(f"{night} 00:")


def test_ids_are_unique_where_they_must_be(made):
    assert len({call["messageId"] for call in made.calls}) == len(made.calls)
    contacts = made.latest("hubspot/contact", "id").values()
    assert len({row["property_email"] for row in contacts}) == len(contacts)
    entered = made.rows("hubspot/deal_property_history")
    keys = {(row["deal_id"], row["name"], row["timestamp"]) for row in entered}
    assert len(keys) == len(entered)


def test_segment_files_hold_what_was_received_that_day(made):
    for call in made.calls:
        assert call["receivedAt"].startswith(call["_day"])
        assert call["timestamp"] <= call["receivedAt"]
        assert call["type"] in {"page", "track", "identify"}
        assert {"userAgent", "locale", "device", "page"} <= set(call["context"])


def test_addresses_are_made_up(made):
    for row in made.latest("hubspot/contact", "id").values():
        assert row["property_email"].endswith(("@example.com", "@example.org"))


def test_spend_names_the_campaigns_that_visits_name(made):
    spent = {(r["channel"], r["campaign"], r["keyword"]) for r in made.rows("ad_spend")}
    media = {"cpc": "paid_search", "paid_social": "paid_social"}
    campaigns = [call["context"].get("campaign", {}) for call in made.calls]
    visited = {
        (media[c["medium"]], c["name"], c.get("term", ""))
        for c in campaigns
        if c.get("medium") in media
    }
    assert visited == spent
    assert len({row["_day"] for row in made.rows("ad_spend")}) == 546


def test_a_second_sample_takes_away_the_first_but_no_real_extract(tmp_path):
    extracts = tmp_path / "extracts"
    write_samples(extracts, seed=1, **SMALL)
    real = extracts / "olist" / "real.csv"
    real.parent.mkdir()
    real.write_text("mql_id\n1\n", encoding="utf-8")
    shorter = write_samples(extracts, seed=1, deals=60, events=900, months=2)
    files = {path for path in extracts.rglob("*") if path.is_file()}
    assert real in files
    assert len(files) == shorter.files_count + 1


@pytest.mark.parametrize("has_sample", [False, True])
def test_made_up_customers_are_not_written_among_real_ones(tmp_path, has_sample):
    extracts = tmp_path / "extracts"
    if has_sample:
        write_samples(extracts, seed=1, **SMALL)
    real = extracts / "hubspot" / "deal" / "real.csv"
    real.parent.mkdir(parents=True, exist_ok=True)
    real.write_text("deal_id\n1\n", encoding="utf-8")
    before = digest(tmp_path)
    with pytest.raises(ValueError, match=r"1 files that no sample wrote.*real\.csv"):
        write_samples(extracts, seed=2, **SMALL)
    assert digest(tmp_path) == before


def test_what_a_sample_that_was_cut_short_wrote_is_its_own(tmp_path, monkeypatch):
    extracts = tmp_path / "extracts"
    with monkeypatch.context() as patched:
        patched.setattr(samples, "write_segment", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write_samples(extracts, seed=1, deals=60, events=900, months=6)
    write_samples(extracts, seed=1, **SMALL)
    write_samples(tmp_path / "other" / "extracts", seed=1, **SMALL)
    assert digest(extracts) == digest(tmp_path / "other" / "extracts")


def test_unknown_stage_only_adds_rows_of_deals_in_a_stage_nobody_registered(tmp_path):
    sound, faulty = tmp_path / "sound" / "extracts", tmp_path / "faulty" / "extracts"
    write_samples(sound, seed=5, **SMALL)
    write_samples(faulty, seed=5, faults=["unknown-stage"], **SMALL)
    for path in sound.rglob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        beside = faulty / path.relative_to(sound)
        assert set(lines) <= set(beside.read_text(encoding="utf-8").splitlines())
    truth = json.loads((faulty.parent / "samples" / "truth.json").read_text("utf-8"))
    assert truth["realised"]["unknown_stage_deals_count"] == 3
    added = [
        line
        for path in (faulty / "hubspot" / "deal_stage").glob("*.csv")
        for line in path.read_text(encoding="utf-8").splitlines()
        if ",9990001," in line
    ]
    assert len(added) == 3
    assert min(line.split(",")[2] for line in added) > "2026-06-01"


def test_an_unknown_fault_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="unknown-stage"):
        write_samples(tmp_path / "extracts", seed=1, faults=["no-such"], **SMALL)
    assert FAULTS == ("unknown-stage",)
    assert not (tmp_path / "extracts").exists()


@pytest.mark.parametrize("wrong", [{"deals": 9}, {"months": 0}, {"seed": -1}])
def test_sizes_that_make_no_company_are_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        write_samples(tmp_path / "extracts", **{"seed": 1, **SMALL, **wrong})


def test_too_few_events_for_the_deals_are_refused_with_the_least_number(tmp_path):
    with pytest.raises(TooFewEventsError, match="ask for at least"):
        write_samples(tmp_path / "e", deals=100, events=100, months=3, seed=1)


@pytest.mark.parametrize("end", [date(2026, 3, 17), date(2024, 2, 29)])
def test_any_end_and_the_smallest_company_work(tmp_path, end):
    made = write_samples(
        tmp_path / "extracts", deals=10, events=150, months=1, seed=2, end=end
    )
    assert (made.start, made.end) == (end.replace(day=1), end)
    assert made.events_count == 150


@pytest.mark.slow
def test_a_million_events_take_twenty_seconds_of_work(tmp_path):
    started = process_time()
    write_samples(
        tmp_path / "extracts", deals=5000, events=1_000_000, months=18, seed=1
    )
    assert process_time() - started < 20
