"""Extracts for benchmarks: copies of a sample are other people at another pace."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.benchmarks.data import OTHER_PEOPLE, Size, make_extracts

SIZE = Size(deals=120, events=2_000, months=4, seed=3, deals_of_a_copy=40)


@pytest.fixture(scope="module")
def extracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_extracts(tmp_path_factory.mktemp("bulk"), SIZE)


def ask(extracts: Path, table: str, query: str) -> list[tuple[Any, ...]]:
    files = f"read_parquet('{extracts / table}/*.parquet')"
    with duckdb.connect() as connection:
        connection.execute(f"create view {table} as from {files}")
        return connection.execute(query).fetchall()


def deals(extracts: Path, query: str) -> list[tuple[Any, ...]]:
    return ask(extracts / "hubspot", "deal_stage", query)


def test_each_copy_has_the_rows_of_the_sample_under_ids_of_its_own(
    extracts: Path,
) -> None:
    copies = f"""
        select deal_id::bigint // {OTHER_PEOPLE} as copy, count(*),
            count(distinct deal_id), count(distinct value)
        from deal_stage group by copy order by copy
    """
    first, *others = deals(extracts, copies)
    assert first[0] == 0
    assert others == [(1, *first[1:]), (2, *first[1:])]


def test_no_visitor_of_one_copy_comes_in_another(extracts: Path) -> None:
    query = """
        select left("anonymousId", 4) as copy, count(distinct "anonymousId")
        from segment group by copy order by copy
    """
    found = ask(extracts, "segment", query)
    assert [copy for copy, _ in found] == ["0000", "0001", "0002"]
    assert len({visitors for _, visitors in found}) == 1


def test_the_moves_of_a_copy_keep_their_order_and_come_sooner_by_a_tenth_at_most(
    extracts: Path,
) -> None:
    query = f"""
        with ages as (
            select distinct
                deal_id::bigint % {OTHER_PEOPLE} as sample_id,
                deal_id::bigint // {OTHER_PEOPLE} as copy,
                value,
                date_entered::timestamp as entered,
                date_diff('second', min(date_entered::timestamp) over (
                    partition by deal_id
                ), date_entered::timestamp) as age
            from deal_stage
        ),
        numbered as (
            select *, row_number() over (
                partition by sample_id, copy order by entered, value
            ) as step
            from ages
        )
        select
            count(*),
            bool_and(other.age between 0.9 * sample.age - 1 and sample.age),
            count(*) filter (where other.age < sample.age) > 0
        from numbered as sample inner join numbered as other
            on sample.copy = 0 and other.copy > 0
            and sample.sample_id = other.sample_id
            and sample.step = other.step and sample.value = other.value
    """
    counted = """
        select count(distinct (deal_id, date_entered, value)) * 2 // 3 from deal_stage
    """
    [(moves,)] = deals(extracts, counted)
    assert deals(extracts, query) == [(moves, True, True)]


def test_a_close_is_told_at_the_moment_of_its_stage_in_every_copy(
    extracts: Path,
) -> None:
    history = extracts / "hubspot" / "deal_property_history"
    query = f"""
        select count(*) from read_parquet('{history}/*.parquet') as told
        where name = 'closedate' and value not like '%T00:00:00Z'
            and rtrim(value, 'Z')::timestamp <> "timestamp"::timestamp
    """
    assert deals(extracts, query) == [(0,)]


def test_the_same_numbers_give_the_same_bytes(extracts: Path, tmp_path: Path) -> None:
    again = make_extracts(tmp_path, SIZE)
    names = [path.relative_to(extracts) for path in sorted(extracts.rglob("*.parquet"))]
    assert len(names) > 40
    for name in names:
        assert (again / name).read_bytes() == (extracts / name).read_bytes(), name
