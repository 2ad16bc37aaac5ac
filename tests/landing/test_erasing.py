"""Who was forgotten: kept out of what lands, and taken out of what lies in the lake."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dagster_project.landing import (
    Column,
    Contract,
    FileOutcome,
    LandingError,
    bury,
    lake,
    purge_lake,
    sweep_orphans,
)
from dagster_project.landing import purging as purging_module
from dagster_project.landing.tombstones import SaltChangedError, read_progress

from .conftest import House, contract

JANE = "jane@example.com"
COLUMNS = (
    Column("id", person_key="contact"),
    Column("email", required=False, pii="email"),
    Column("name", required=False, pii="name"),
    Column("note", required=False),
)
Made = Callable[[list[dict[str, str | None]]], bytes]


@pytest.fixture(autouse=True)
def salted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUNNELHOUSE_PII_SALT", "salt of the tests")


def contacts(format: str = "csv", **changes: Any) -> Contract:
    """A table of records about a person alone."""
    return contract(format, columns=COLUMNS, **{"erase": "rows", **changes})


def facts(format: str = "csv", **changes: Any) -> Contract:
    """The same table, were its rows facts of a journey."""
    return contacts(format, erase="values", **changes)


def person(id: str, email: str | None = None, **more: str) -> dict[str, str | None]:
    return {"id": id, "email": email, "name": f"Name of {id}", "note": "", **more}


def as_csv(rows: list[dict[str, str | None]]) -> bytes:
    lines = [",".join(rows[0])]
    lines += [",".join(f'"{value or ""}"' for value in row.values()) for row in rows]
    return "\n".join([*lines, ""]).encode()


def as_jsonl(rows: list[dict[str, str | None]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows: list[dict[str, str | None]]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


def as_packed_jsonl(rows: list[dict[str, str | None]]) -> bytes:
    return gzip.compress(as_jsonl(rows))


PEOPLE = [person("c1", " Jane@Example.com "), person("c2", "mary.jane@example.com")]
FORMATS: list[tuple[str, str, Made]] = [
    ("csv", "", as_csv),
    ("jsonl", "", as_jsonl),
    ("jsonl", ".gz", as_packed_jsonl),
    ("parquet", "", as_parquet),
]


def counts(outcome: FileOutcome) -> tuple[int, int, int, int]:
    return (
        outcome.physical_count,
        outcome.landed_count,
        outcome.rejected_count,
        outcome.erased_count,
    )


def manifest(house: House) -> list[tuple[Any, ...]]:
    return house.query(
        "select physical_count, landed_count, rejected_count, erased_count, "
        "cleaned_count from {manifest} order by batch_id, file_name"
    )


def lake_bytes(house: House) -> bytes:
    """All text that the lake holds, unpacked."""
    texts = [
        str(pq.read_table(path, partitioning=None).to_pylist())
        for path in house.paths.lake.rglob("*.parquet")
    ]
    return "\n".join(texts).lower().encode()


@pytest.mark.parametrize(("format", "packing", "made"), FORMATS)
def test_a_forgotten_person_is_erased_on_landing(
    house: House, format: str, packing: str, made: Made
) -> None:
    bury(house.paths, JANE)
    outcome = house.land_one(
        made(PEOPLE), contacts(format), name=f"people.{format}{packing}"
    )
    assert counts(outcome) == (2, 1, 0, 1)
    assert house.rows("id, _source_row") == [("c2", 2)]
    assert b"jane@example.com'" not in lake_bytes(house).replace(b"mary.jane", b"")


@pytest.mark.parametrize(
    ("format", "made"),
    [("csv", as_csv), ("jsonl", as_jsonl)],
    ids=["read by DuckDB", "read by several processes"],
)
def test_large_files_are_erased_from_as_well(
    house: House, format: str, made: Made
) -> None:
    bury(house.paths, JANE)
    others, note = 20_000, "x" * 1_700
    people = [person(f"c{i}", f"c{i}@example.org", note=note) for i in range(others)]
    content = made([*people, person("jane", JANE), person("last")])
    outcome = house.land_one(content, contacts(format))
    assert len(content) > 32 * 1024 * 1024
    assert counts(outcome) == (others + 2, others + 1, 0, 1)
    last = "id = 'jane' or id = 'last'"
    assert house.query(f"select id, _source_row from {{raw}} where {last}") == [
        ("last", others + 2)
    ]


@pytest.mark.parametrize(
    "told",
    [
        person("c1", None, note="her address is JANE@example.com."),
        person("c1", None, note="https://a.b/?mail=jane%40example.com#x"),
        person("c1", None, other=JANE),
        {"id": JANE},
    ],
)
def test_a_record_that_names_the_address_anywhere_is_erased(
    house: House, told: dict[str, str | None]
) -> None:
    bury(house.paths, JANE)
    outcome = house.land_one(
        as_jsonl([told, person("c2", "a@b.cd")]), contacts("jsonl")
    )
    assert counts(outcome) == (2, 1, 0, 1)


def test_a_record_of_somebody_else_that_names_the_address_only_loses_it(
    house: House,
) -> None:
    bury(house.paths, JANE)
    other = person("c2", "mary@example.com", note=f"sister of {JANE}")
    outcome = house.land_one(as_csv([other]), contacts())
    assert counts(outcome) == (1, 1, 0, 0)
    assert house.rows("id, email, name, note") == [
        ("c2", "mary@example.com", "Name of c2", "sister of [erased]")
    ]


def test_a_fact_of_a_journey_stays_without_personal_data(house: House) -> None:
    bury(house.paths, JANE)
    outcome = house.land_one(
        as_csv([person("c1", JANE, note=f"asked ({JANE})"), person("c2")]), facts()
    )
    assert counts(outcome) == (2, 2, 0, 0)
    assert outcome.cleaned_count == 1
    assert outcome.message == "1 rows of forgotten people cleaned"
    (cleaned, other) = house.rows("id, email, name, note")
    assert cleaned[0::2] == ("c1", None)
    assert cleaned[1].startswith("erased-")
    assert cleaned[3] == "asked ([erased])"
    assert other == ("c2", None, "Name of c2", None)


def test_a_key_that_is_the_address_still_tells_whose_rows_are_one_nobodys(
    house: House,
) -> None:
    bury(house.paths, JANE)
    people = [person(JANE, note="1"), person(JANE.upper(), note="2"), person("c2")]
    house.land_one(as_csv(people), facts())
    (first,), (second,), (third,) = house.rows("id")
    assert first == second
    assert first.startswith("erased-")
    assert third == "c2"


def test_an_address_within_json_keeps_the_document_whole(house: House) -> None:
    bury(house.paths, JANE)
    columns = (Column("id"), Column("traits", required=False, pii="email", member="to"))
    told = {"id": "1", "traits": {"to": JANE, "name": "Jane"}, "x": {"by": [JANE]}}
    given = contract("jsonl", columns=columns)
    assert house.land_one(as_jsonl([told]), given).cleaned_count == 1
    [(traits, more)] = house.rows("traits, x")
    assert list(json.loads(traits)) == ["to"]
    assert json.loads(traits)["to"].startswith("erased-")
    assert json.loads(more) == {"by": ["[erased]"]}


def test_a_later_row_of_the_person_is_known_by_its_key(house: House) -> None:
    bury(house.paths, JANE)
    house.land_one(as_csv(PEOPLE), contacts(), name="a.csv")
    later = house.land_one(as_csv([person("c1"), person("C1")]), contacts())
    assert counts(later) == (2, 1, 0, 1)
    assert house.rows("id") == [("c2",), ("C1",)]


def test_in_one_file_the_row_before_the_one_with_the_address_is_known_too(
    house: House,
) -> None:
    bury(house.paths, JANE)
    outcome = house.land_one(as_csv([person("c1"), person("c1", JANE)]), contacts())
    assert counts(outcome) == (2, 0, 0, 2)


def test_rejected_records_that_name_the_person_are_erased(house: House) -> None:
    bury(house.paths, JANE)
    content = as_csv(PEOPLE) + b"c3,jane@example.com\nc4,x@y.zz\n"
    assert counts(house.land_one(content, contacts())) == (4, 1, 1, 2)
    assert [raw for _, raw in house.rejects()] == ["c4,x@y.zz"]


def test_what_lies_in_the_lake_is_erased_and_the_accounting_closes(
    house: House,
) -> None:
    content = as_csv([*PEOPLE, person("c1")]) + b"c3,jane@example.com\nc4,x@y.zz\n"
    house.land_one(content, contacts(), name="a.csv")
    house.land_one(as_csv([person("c5", "a@b.cd")]), contacts(), name="b.csv")
    bury(house.paths, JANE)
    purged = purge_lake(house.paths, [contacts()])
    assert purged.erased == {"crm.deal": 3}
    assert manifest(house) == [(5, 1, 1, 3, 0), (1, 1, 0, 0, 0)]
    assert house.rows("id, _source_row, _source_line") == [("c2", 2, 3), ("c5", 1, 2)]
    assert purge_lake(house.paths, [contacts()]).erased == {}


def test_the_lake_of_a_table_no_longer_declared_loses_the_address(house: House) -> None:
    house.land_one(as_csv([person("c1", JANE)]), contacts())
    bury(house.paths, JANE)
    assert purge_lake(house.paths, []).cleaned == {"crm.deal": 1}
    assert house.rows("id, email, name") == [("c1", None, "Name of c1")]


@pytest.mark.parametrize("step", range(12))
def test_a_kill_at_any_point_loses_no_row_and_counts_none_twice(
    house: House, step: int
) -> None:
    content = as_csv([*PEOPLE, person("c6", note=JANE)]) + b"c3,jane@example.com\n"
    house.land_one(content, facts(), name="a.csv")
    house.land_one(as_csv([person("c7", JANE)]), facts(), name="b.csv")
    settled, done = lake.settle, 0

    def killed(temporary: list[Path], final: list[Path]) -> None:
        nonlocal done
        if done == step:
            raise KeyboardInterrupt
        done += 1
        settled(temporary, final)

    with patch.object(lake, "settle", killed):
        try:
            bury(house.paths, JANE)
            purge_lake(house.paths, [facts()])
        except KeyboardInterrupt:
            assert read_progress(house.paths) is not None or step == 0
    sweep_orphans(house.paths)
    bury(house.paths, JANE)
    purge_lake(house.paths, [facts()])
    assert manifest(house) == [(4, 3, 0, 1, 2), (1, 1, 0, 0, 1)]
    assert lake_bytes(house).replace(b"mary.jane@", b"").count(b"jane@") == 0


def test_a_row_lost_before_is_not_told_as_erased(house: House) -> None:
    house.land_one(as_csv(PEOPLE), contacts())
    [part] = house.paths.lake.glob("crm/deal/_batch_id=n*/*.parquet")
    rows = pq.read_table(part, partitioning=None)
    pq.write_table(rows.slice(0, 1), part)
    bury(house.paths, JANE)
    with pytest.raises(LandingError, match="holds 1 rows and 0 rejects"):
        purge_lake(house.paths, [contacts()])


def test_another_salt_than_people_were_forgotten_with_stops_landing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bury(house.paths, JANE)
    monkeypatch.setenv("FUNNELHOUSE_PII_SALT", "another")
    with pytest.raises(SaltChangedError, match="FUNNELHOUSE_PII_SALT"):
        house.land_one(as_csv(PEOPLE), contacts())


def test_where_nobody_is_forgotten_no_row_is_looked_at(house: House) -> None:
    with patch.object(purging_module, "Eraser", side_effect=AssertionError):
        assert house.land_one(as_csv(PEOPLE), contacts()).landed_count == 2


def test_the_lake_never_holds_the_address_of_whom_it_forgot(house: House) -> None:
    bury(house.paths, JANE)
    house.land_one(as_csv(PEOPLE), contacts())
    for path in house.paths.tombstones.iterdir():
        assert b"jane" not in path.read_bytes().lower()
