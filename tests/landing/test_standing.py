"""Which landings of files stand: the last word on a file, and what a person decided."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from dagster_project.landing import (
    Contract,
    ExtractedAt,
    FileOutcome,
    LandingError,
    NoExtractsError,
    lake,
    next_batch_id,
)
from dagster_project.landing.admissions import (
    ADMIT,
    WITHDRAW,
    read_withdrawn,
    record_decision,
)
from dagster_project.status import read_accounting
from dagster_project.status import read_withdrawn as told_withdrawn

from .conftest import BY_PATH, House, contract

DATED = contract(extracted_at=BY_PATH)
BY_ROW = contract(extracted_at=ExtractedAt(column="at"))
FULL = contract(mode="full", extracted_at=BY_PATH)


def decide(
    house: House, code: str, outcome: FileOutcome, given: Contract | None = None
) -> None:
    reason = "a test says so"
    record_decision(house.paths, code, given or contract(), outcome.version, reason)


def admitted(house: House, given: Contract | None = None) -> list[str]:
    return [row["file_name"] for row in house.freeze(given).admitted]


def land_again(house: House, outcome: FileOutcome, **changes: object) -> FileOutcome:
    """As `reland` leaves it: a whole new batch, its row in the manifest last."""
    batch_id = next_batch_id(house.paths)
    again = replace(outcome, batch_id=batch_id, replaced_batch_id=outcome.batch_id)
    again = replace(again, **changes)  # type: ignore[arg-type]
    path = house.paths.manifest / lake.name_of(batch_id, contract())
    lake.write_outcomes(path, [again])
    return again


def test_what_is_withdrawn_is_not_admitted_nor_landed_again(house: House) -> None:
    house.land_one("id\n1\n", name="a.csv")
    wrong = house.land_one("id\n2\n", name="b.csv")
    decide(house, WITHDRAW, wrong)
    assert house.land().files == ()
    assert admitted(house) == ["a.csv"]


def test_the_last_decision_counts(house: House) -> None:
    outcome = house.land_one("id\n1\n", name="a.csv")
    for code in (WITHDRAW, ADMIT, WITHDRAW, ADMIT):
        decide(house, code, outcome)
    assert read_withdrawn(house.paths, contract()) == {}
    assert admitted(house) == ["a.csv"]


def test_a_withdrawn_version_leaves_the_one_before_it(house: House) -> None:
    first = house.land_one("id\n1\n", name="a.csv")
    second = house.land_one("id\n2\n", name="a.csv")
    decide(house, WITHDRAW, second)
    assert house.land().files == ()
    [row] = house.freeze().admitted
    assert row["file_sha256"] == first.file_sha256


def test_what_came_back_after_the_withdrawn_version_stands(house: House) -> None:
    for content in ("id\n1\n", "id\n2\n", "id\n1\n"):
        last = house.land_one(content, name="a.csv")
    decide(house, WITHDRAW, last)
    [row] = house.freeze().admitted
    assert row["batch_id"] == "n000002"


def test_a_duplicate_of_what_is_withdrawn_lands_in_its_own_right(house: House) -> None:
    first = house.land_one("id\n1\n", DATED, "2024-01-02.csv")
    copy = house.land_one("id\n1\n", DATED, "2024-01-01.csv")
    assert copy.status_code == "duplicate"
    decide(house, WITHDRAW, first)
    [landed] = house.land(DATED).files
    assert (landed.file_name, landed.landed_count) == ("2024-01-01.csv", 1)
    run = house.freeze(DATED)
    assert [row["file_name"] for row in run.admitted] == ["2024-01-01.csv"]
    assert run.as_of == datetime(2024, 1, 1, 23, 59, 59)
    assert house.land(DATED).files == ()


def test_content_counts_once_when_the_first_to_bring_it_is_admitted_again(
    house: House,
) -> None:
    first = house.land_one("id\n1\n", name="a.csv")
    house.land_one("id\n1\n", name="b.csv")
    decide(house, WITHDRAW, first)
    house.land()
    decide(house, ADMIT, first)
    assert house.land().files == ()
    assert admitted(house) == ["a.csv"]


def test_freezing_says_which_file_owes_a_content(house: House) -> None:
    first = house.land_one("id\n1\n", name="a.csv")
    house.land_one("id\n1\n", name="b.csv")
    decide(house, WITHDRAW, first)
    with pytest.raises(LandingError, match=r"b\.csv.*put it back"):
        house.freeze()


def test_whole_extracts_of_equal_bytes_are_withdrawn_one_by_one(house: House) -> None:
    for day in (1, 2, 3):
        outcome = house.land_one("id\n1\n", FULL, f"2024-01-0{day}.csv")
    decide(house, WITHDRAW, outcome)
    assert house.land(FULL).files == ()
    assert admitted(house, FULL) == ["2024-01-01.csv", "2024-01-02.csv"]


def test_rows_of_what_is_withdrawn_say_nothing_of_how_far_a_source_reaches(
    house: House,
) -> None:
    house.land_one("id,at\n1,2024-01-01\n2,2024-01-09\n", BY_ROW)
    wrong = house.land_one("id,at\n3,2024-01-04\n4,2024-01-09\n", BY_ROW)
    decide(house, WITHDRAW, wrong)
    run = house.freeze(BY_ROW, datetime(2024, 1, 5))
    assert len(run.admitted) == 1
    assert run.sources[0]["data_through"] == datetime(2024, 1, 1, 23, 59, 59)


def test_nothing_is_left_when_the_only_file_is_withdrawn(house: House) -> None:
    decide(house, WITHDRAW, house.land_one("id\n1\n"))
    with pytest.raises(NoExtractsError):
        house.freeze()


def test_a_refused_file_whose_name_has_withdrawn_content_is_forgotten(
    house: House,
) -> None:
    wrong = house.land_one("id\n1\n", name="a.csv")
    house.land_one("other\n1\n", name="a.csv")
    decide(house, WITHDRAW, wrong)
    house.put("a.csv", "id\n1\n")
    assert [o.status_code for o in house.land().files] == ["withdrawn"]
    assert house.land().files == ()


def test_of_a_file_that_was_landed_again_the_last_landing_counts(house: House) -> None:
    first = house.land_one("id,amount\n1,2\nbad\n", name="a.csv")
    land_again(house, first, landed_count=2, rejected_count=0)
    [row] = house.freeze().admitted
    assert (row["batch_id"], row["landed_count"]) == ("n000002", 2)
    [source] = read_accounting(house.paths)
    assert (source.files, source.physical, source.landed) == (1, 2, 2)
    assert source.closes
    assert house.land().files == ()


def test_landing_an_older_version_again_is_no_news_of_its_name(house: House) -> None:
    older = house.land_one("id\n1\n", name="a.csv")
    newer = house.land_one("id\n2\n", name="a.csv")
    land_again(house, older)
    assert house.land().files == ()
    [row] = house.freeze().admitted
    assert row["file_sha256"] == newer.file_sha256


def test_what_was_landed_again_is_withdrawn_whole(house: House) -> None:
    house.land_one("id\n1\n", name="a.csv")
    wrong = house.land_one("id\n2\n", name="b.csv")
    land_again(house, wrong)
    decide(house, WITHDRAW, wrong)
    assert admitted(house) == ["a.csv"]


def test_status_names_what_is_withdrawn_and_forgets_its_time(house: House) -> None:
    house.land_one("id\n1\n", DATED, "2024-01-01.csv")
    wrong = house.land_one("id\n2\n", DATED, "2024-01-02.csv")
    decide(house, WITHDRAW, wrong)
    [told] = told_withdrawn(house.paths)
    assert (told["file_name"], told["reason"]) == ("2024-01-02.csv", "a test says so")
    [source] = read_accounting(house.paths)
    assert source.through.startswith("2024-01-01")


def test_a_manifest_of_an_earlier_version_can_be_read(
    house: House, tmp_path: Path
) -> None:
    import pyarrow.parquet as pq

    outcome = house.land_one("id\n1\n")
    [path] = house.paths.manifest.glob("n*.parquet")
    pq.write_table(pq.read_table(path).drop_columns(["replaced_batch_id"]), path)
    assert lake.read_outcomes(house.paths, contract()) == [outcome]
