"""What is new, what is known, and what a killed night leaves."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from dagster_project.landing import (
    ExtractedAt,
    LandingError,
    NoExtractsError,
    freeze_run,
    lake,
    land,
    next_batch_id,
    refuse_without_extracts,
    sinks,
    sweep_orphans,
    unclaimed_files,
)

from .conftest import BY_PATH, House, contract

BY_ROW = ExtractedAt(column="at")


def test_the_same_content_twice_is_landed_once(house: House) -> None:
    house.land_one("id\n1\n")
    assert house.land().files == ()
    assert next_batch_id(house.paths) == "n000002"


def test_the_same_content_under_a_new_name_is_a_duplicate(house: House) -> None:
    house.land_one("id\n1\n", name="a.csv")
    outcome = house.land_one("id\n1\n", name="b.csv")
    assert (outcome.status_code, outcome.physical_count) == ("duplicate", 0)
    assert "a.csv" in outcome.message
    assert house.land().files == ()
    assert house.rows("id") == [("1",)]


def test_a_full_extract_that_equals_an_earlier_day_still_lands(house: House) -> None:
    full = contract(mode="full", extracted_at=BY_PATH)
    for day, value in enumerate("ABA", start=1):
        house.put(f"2024-01-0{day}.csv", f"id\n{value}\n")
    assert [o.status_code for o in house.land(full).files] == ["landed"] * 3
    assert [a["file_name"][:10] for a in house.freeze(full).admitted] == [
        "2024-01-01",
        "2024-01-02",
        "2024-01-03",
    ]


def test_a_mended_file_supersedes_the_one_it_mends(house: House) -> None:
    house.land_one("id\n1\n", name="a.csv")
    mended = house.land_one("id\n2\n", name="a.csv")
    assert [a["file_sha256"] for a in house.freeze().admitted] == [mended.file_sha256]


def test_a_file_put_back_as_it_was_is_admitted_again(house: House) -> None:
    first = house.land_one("id\n1\n", name="a.csv")
    house.land_one("id\n2\n", name="a.csv")
    assert house.land_one("id\n1\n", name="a.csv").status_code == "duplicate"
    assert [a["file_sha256"] for a in house.freeze().admitted] == [first.file_sha256]


def test_a_growing_file_has_all_its_versions_admitted(house: House) -> None:
    by_row = contract(extracted_at=BY_ROW)
    house.land_one("id,at\n1,2024-01-01\n", by_row, "a.csv")
    house.land_one("id,at\n1,2024-01-01\n2,2024-01-02\n", by_row, "a.csv")
    assert len(house.freeze(by_row).admitted) == 2


def test_as_of_admits_what_was_known_by_then(house: House) -> None:
    dated = contract(extracted_at=BY_PATH, history_from=datetime(2023, 1, 1))
    house.land_one("id\n1\n", dated, "2024-01-01.csv")
    house.land_one("id\n2\n", dated, "2024-01-03.csv")
    run = house.freeze(dated, datetime(2024, 1, 2))
    assert [row["file_name"] for row in run.admitted] == ["2024-01-01.csv"]
    assert run.sources[0]["data_through"] == datetime(2024, 1, 1, 23, 59, 59)
    assert run.sources[0]["history_from"] == datetime(2023, 1, 1)
    assert house.freeze(dated).as_of == datetime(2024, 1, 3, 23, 59, 59)


def test_a_file_with_a_time_a_row_is_admitted_if_any_row_was_known(
    house: House,
) -> None:
    by_row = contract(extracted_at=BY_ROW)
    house.land_one("id,at\n1,2024-01-01\n2,2024-01-09\n", by_row)
    house.land_one("id,at\n3,2024-01-08\n", by_row)
    run = house.freeze(by_row, datetime(2024, 1, 5))
    assert len(run.admitted) == 1
    assert run.sources[0]["data_through"] == datetime(2024, 1, 1, 23, 59, 59)


def test_stated_data_through_wins(house: House) -> None:
    stated = contract(data_through=datetime(2017, 12, 31))
    house.land_one("id\n1\n", stated)
    assert house.freeze(stated).sources[0]["data_through"] == datetime(2017, 12, 31)


def test_a_source_without_an_admitted_file_reaches_nowhere(house: House) -> None:
    absent = contract(
        source_code="absent",
        files=("absent.csv",),
        data_through=datetime(2017, 12, 31),
    )
    house.land_one("id\n1\n")
    run = freeze_run([contract(), absent], house.paths, house.settings, None)
    through = {row["source_code"]: row["data_through"] for row in run.sources}
    assert through["absent"] is None
    assert sum(time is not None for time in through.values()) == 1


def test_freezing_nothing_says_where_extracts_go(house: House) -> None:
    house.land_one("wrong\n1\n")
    with pytest.raises(NoExtractsError, match="extracts"):
        house.freeze()


def test_a_folder_of_extracts_that_is_gone_is_no_night_without_news(
    house: House,
) -> None:
    house.land_one("id\n1\n")
    refuse_without_extracts(house.paths)
    house.paths.extracts.rename(house.paths.extracts.with_name("elsewhere"))
    with pytest.raises(NoExtractsError, match="is not there, though"):
        refuse_without_extracts(house.paths)


def test_a_refused_file_is_tried_again_and_written_only_when_that_changes(
    house: House,
) -> None:
    refused = house.land_one("other\n1\n", name="a.csv")
    again = house.land()
    assert again.files == (refused,)
    assert next_batch_id(house.paths) == "n000002"
    mended = contract(columns=())
    assert [o.status_code for o in house.land(mended).files] == ["landed"]


def test_a_refused_file_that_is_taken_away_is_withdrawn(house: House) -> None:
    house.land_one("other\n1\n", name="a.csv")
    (house.paths.extracts / "a.csv").unlink()
    assert [o.status_code for o in house.land().files] == ["withdrawn"]
    assert house.land().files == ()


def test_a_table_without_files_can_still_be_read(house: House) -> None:
    house.land()
    assert house.rows() == []
    assert house.rejects() == []
    assert house.query("select count(*) from {manifest}") == [(0,)]


@pytest.mark.parametrize("step", [0, 1, 2])
def test_a_night_killed_at_any_step_leaves_nothing_that_counts(
    house: House, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    house.put("a.csv", "id,amount\n1,2\nbad\n")
    real, calls = lake.settle, iter(range(9))

    def killed(*arguments: object) -> None:
        if next(calls) == step + 3:  # three declared files come first
            raise KeyboardInterrupt
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(lake, "settle", killed)
    with pytest.raises(KeyboardInterrupt):
        house.land()
    monkeypatch.setattr(lake, "settle", real)
    sweep_orphans(house.paths)
    assert (house.rows(), house.rejects()) == ([], [])
    assert house.land().landed_count == 1
    assert house.rows() == [("1", "2")]


def test_rows_that_went_missing_in_writing_stop_the_night(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sinks.RowSink.add

    def forgetful(self: sinks.RowSink, file: object, rows: sinks.Rows) -> None:
        kept = {name: values[:-1] for name, values in rows.values.items()}
        lists = (rows.numbers[:-1], rows.lines[:-1], rows.times[:-1])
        real(self, file, sinks.Rows(kept, *lists, 0))  # type: ignore[arg-type]

    monkeypatch.setattr(sinks.RowSink, "add", forgetful)
    house.put("a.csv", "id\n1\n2\n")
    with pytest.raises(LandingError, match=r"a\.csv: 2 records counted, 1 landed"):
        house.land()
    assert house.rows() == []


def test_a_batch_is_landed_once(house: House) -> None:
    house.land_one("id\n1\n")
    house.put("b.csv", "id\n2\n")
    with pytest.raises(LandingError, match="next_batch_id"):
        land(contract(), house.paths, "n000001")


def test_outcomes_add_up(house: House) -> None:
    outcome = house.land_one("id\n1\n")
    assert replace(outcome, status_code="landed") == outcome
    assert house.query(
        "select sum(physical_count - landed_count - rejected_count - erased_count) "
        "from {manifest}"
    ) == [(0,)]


def test_files_that_no_source_declares_are_named(tmp_path: Path) -> None:
    for name in ("acme/deals.csv", "acme/accounts.csv", "acme/deals.csv.sha256"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("id\n1\n", encoding="utf-8")
    declared = contract(files=("acme/deals.csv",))
    assert unclaimed_files([declared], tmp_path) == ["acme/accounts.csv"]
