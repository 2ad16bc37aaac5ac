"""JSON Lines traps, each with its expected outcome."""

import pytest

from dagster_project.landing import ExtractedAt, incoming, land

from .conftest import House, contract


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12345678901234567890123", "12345678901234567890123"),
        ("1.10", "1.10"),
        ("-0", "-0"),
        ("-0.0", "-0.0"),
        ("[-0, 0]", "[-0,0]"),
        ("[0, -0 ]", "[0,-0]"),
        ("1.5e300", "1.5e300"),
        ('"x\\ty"', "x\ty"),
        ('"\\u00e9"', "é"),
        ('""', ""),
        ("true", "true"),
        ("null", None),
        ('{"b": [1.10, "x  y"], "c": null}', '{"b":[1.10,"x  y"],"c":null}'),
        ('[{"é": 1}]', '[{"é":1}]'),
    ],
)
def test_a_value_lands_as_the_text_it_is(
    house: House, value: str, expected: str | None
) -> None:
    house.land_one('{"id": 1, "amount": ' + value + "}\n", contract("jsonl"))
    assert house.rows() == [("1", expected)]


def test_new_keys_land_and_are_refused_where_the_schema_is_frozen(
    house: House,
) -> None:
    content = '{"id": 1}\n{"id": 2, "new": 3}\n'
    house.land_one(content, contract("jsonl"))
    assert house.rows("id, new") == [("1", None), ("2", "3")]
    frozen = contract("jsonl", files=("*.frozen",), schema_change="freeze")
    outcome = house.land_one(content + "\n", frozen, "a.frozen")
    assert outcome.status_code == "refused"
    assert "'new'" in outcome.message


def test_a_large_file_refused_at_its_end_leaves_nothing_behind(house: House) -> None:
    line = '{"amount": "' + "x" * 100 + '"}\n'
    content = line * (incoming.SMALL // len(line) + 2) + "bad\n"
    outcome = house.land_one(content, contract("jsonl"))
    assert outcome.status_code == "refused"
    assert (house.rows(), house.rejects()) == ([], [])
    assert not list(house.paths.lake.glob("**/*.tmp"))


@pytest.mark.parametrize("threads", [1, 3])
def test_a_large_file_lands_alike_on_one_thread_and_on_several(
    house: House, threads: int
) -> None:
    lines = [f'{{"id":{n},"amount":"{n * 2}","k{n % 3}":1}}' for n in range(300_000)]
    lines[200_000] = "bad"
    house.put("a.jsonl", "\ufeff" + "\n".join(lines))
    landing = land(contract("jsonl"), house.paths, "n000001", threads=threads)
    assert (landing.landed_count, landing.rejected_count) == (299_999, 1)
    assert house.rejects() == [(200_001, "bad")]
    assert house.query(
        "select count(*), count(k0), count(k1), count(distinct _source_row) from {raw} "
        "where _source_line = id::int + 1 and amount::int = id::int * 2"
    ) == [(299_999, 100_000, 100_000, 299_999)]


def test_a_time_in_each_line_dates_its_row(house: House) -> None:
    by_row = contract("jsonl", extracted_at=ExtractedAt(column="at"))
    content = '{"id":1,"at":"2024-01-01T00:00:00.5Z"}\n{"id":2}\n'
    outcome = house.land_one(content, by_row)
    assert (outcome.landed_count, outcome.rejected_count) == (1, 1)
    assert str(outcome.extracted_at) == "2024-01-01 00:00:00.500000"
