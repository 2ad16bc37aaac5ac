"""A file that nobody touched is not read again; any touch has it read again."""

import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

from dagster_project.landing import landing, sightings
from dagster_project.landing.incoming import digest
from tests.landing.conftest import House

HEAD = "id,amount\n"
ROWS = HEAD + "1,2\n"


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were read to be hashed; files settle at once."""
    names: list[str] = []

    def told(path: Path) -> tuple[str, bytes | None]:
        names.append(path.name)
        return digest(path)

    monkeypatch.setattr(landing, "digest", told)
    monkeypatch.setattr(sightings, "SETTLED_SECONDS", 0)
    return names


def test_a_file_is_hashed_once(house: House, hashed: list[str]) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        house.put(name, HEAD + f"{name},2\n")
    assert len(house.land().new_files) == 3
    assert hashed == ["a.csv", "b.csv", "c.csv"]
    house.put("d.csv", ROWS)
    assert [file.file_name for file in house.land().files] == ["d.csv"]
    assert hashed == ["a.csv", "b.csv", "c.csv", "d.csv"]
    assert house.land().files == ()
    assert len(hashed) == 4


def test_a_file_that_was_just_written_is_hashed_again(
    house: House, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sightings, "SETTLED_SECONDS", 60)
    house.land_one(ROWS, name="a.csv")
    assert house.land().files == ()
    assert hashed == ["a.csv", "a.csv"]
    assert not list(house.paths.sightings.glob("*"))


def test_other_content_of_the_same_size_and_time_of_writing_is_seen(
    house: House, hashed: list[str]
) -> None:
    """As `rsync --times --inplace` leaves it: the time of the change is its own."""
    house.land_one(ROWS, name="a.csv")
    path = house.paths.extracts / "a.csv"
    before = path.stat()
    path.write_text(HEAD + "1,3\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    [newer] = house.land().files
    assert newer.status_code == "landed"
    assert sorted(house.rows()) == [("1", "2"), ("1", "3")]
    assert len(hashed) == 2


def test_another_file_under_the_name_is_seen(house: House, hashed: list[str]) -> None:
    house.land_one(ROWS, name="a.csv")
    path = house.put("a.tmp", HEAD + "1,3\n")
    shutil.copystat(house.paths.extracts / "a.csv", path)
    path.replace(house.paths.extracts / "a.csv")
    assert [file.file_name for file in house.land().new_files] == ["a.csv"]
    assert len(hashed) == 2


def test_a_refused_file_is_read_every_night(house: House, hashed: list[str]) -> None:
    refused = house.land_one("nothing,of,it\n1,2,3\n", name="a.csv")
    assert refused.status_code == "refused"
    assert house.land().refused_files == (refused,)
    assert hashed == ["a.csv", "a.csv"]


def test_a_file_whose_state_is_not_told_is_read(
    house: House, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house.land_one(ROWS, name="a.csv")

    def closed(path: Path) -> sightings.State:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(sightings, "state_of", closed)
    assert house.land().files == ()
    assert hashed == ["a.csv", "a.csv"]


def test_what_was_seen_may_be_removed_and_is_forgotten_with_its_file(
    house: House, hashed: list[str]
) -> None:
    house.put("a.csv", HEAD + "1,2\n")
    house.put("b.csv", HEAD + "2,2\n")
    house.land()
    [seen] = house.paths.sightings.glob("*")
    seen.unlink()
    assert house.land().files == ()
    assert hashed == ["a.csv", "b.csv", "a.csv", "b.csv"]
    (house.paths.extracts / "a.csv").unlink()
    assert house.land().files == ()
    assert pq.read_table(seen)["file_name"].to_pylist() == ["b.csv"]


def test_a_file_written_to_while_it_was_hashed_is_not_taken_for_seen(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sightings, "SETTLED_SECONDS", 0)

    def written_to(path: Path) -> tuple[str, bytes | None]:
        found = digest(path)
        path.write_text(HEAD + "1,3\n")
        return found

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(landing, "digest", written_to)
        house.land_one(ROWS, name="a.csv")
    assert len(house.land().new_files) == 1
    assert sorted(house.rows()) == [("1", "2"), ("1", "3")]
