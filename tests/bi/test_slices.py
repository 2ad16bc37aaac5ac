"""Lists behind a bar, of a few journeys in tables made here."""

from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest

from dagster_project.bi import slices
from dagster_project.bi.listing import Listing
from dagster_project.bi.slices import Cut

JULY = Cut(months=("2024-07-01", "2024-07-01"))
COLUMNS = ("journey_id", "region_code", "entered_at")
# When they entered (UTC), and the month of a report kept far to the west or the east.
ENTERED = {
    "early": ("2024-05-31 12:00", "2024-05-01"),
    "east": ("2024-06-30 10:30", "2024-07-01"),
    "amid": ("2024-07-15 12:00", "2024-07-01"),
    "west": ("2024-08-01 09:30", "2024-07-01"),
    "late": ("2024-08-01 10:30", "2024-08-01"),
}


@pytest.fixture
def published() -> Iterator[duckdb.DuckDBPyConnection]:
    """Journeys of ENTERED in pipeline p, all reached stage a, one of them stage b."""
    rows = ", ".join(
        f"('{name}', timestamp '{entered}', date '{month}')"
        for name, (entered, month) in ENTERED.items()
    )
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(f"""
            create table marts.fct_journeys as
            select
                journey_id, entered_at, cohort_month, 'a' as current_stage_code,
                if(journey_id = 'amid', 'north', null) as region_code,
                false as is_deleted, false as is_duplicate, 'p' as pipeline_code
            from (values {rows}) as told (journey_id, entered_at, cohort_month)
        """)
        connection.execute("""
            create table marts.fct_journey_steps as
            select
                journey_id, pipeline_code, stage_code, entered_at,
                stage_code = 'a' or journey_id = 'amid' as is_reached,
                entered_at as first_reached_at
            from marts.fct_journeys
            cross join (values ('a'), ('b')) as stages (stage_code)
        """)
        yield connection


def listed_at(stage: str, cut: Cut, clocks: tuple[str, ...]) -> Listing:
    return slices.journeys_at_step("p", stage, "reached_count", cut, COLUMNS, clocks)


@pytest.mark.parametrize(
    "clocks",
    [("journeys.entered_at", "steps.entered_at"), ("journeys.entered_at",)],
    ids=["of both tables", "of an earlier version"],
)
@pytest.mark.parametrize(
    ("cut", "named"),
    [
        (Cut(), ["late", "west", "amid", "east", "early"]),
        (JULY, ["west", "amid", "east"]),
        (replace(JULY, members={"region_code": "unknown"}), ["west", "east"]),
        (Cut(members={"region_code": "north"}), ["amid"]),
        (Cut(members={"region_code": "south"}), []),
    ],
)
def test_a_list_holds_all_of_its_months_in_whatever_zone_they_are_kept(
    published: duckdb.DuckDBPyConnection,
    cut: Cut,
    named: list[str],
    clocks: tuple[str, ...],
) -> None:
    listing = listed_at("a", cut, clocks)
    assert listing.beginning(published, 9).values("journey_id") == named
    assert listing.all(published).values("journey_id") == named
    assert listing.count(published) == len(named)
    assert listing.beginning(published, 1).values("journey_id") == named[:1]


def test_a_list_tells_of_each_journey_what_is_asked_and_when_it_came(
    published: duckdb.DuckDBPyConnection,
) -> None:
    clocks = ("journeys.entered_at", "steps.entered_at")
    (row,) = listed_at("b", Cut(), clocks).beginning(published, 9).records()
    assert row == {
        "journey_id": "amid",
        "region_code": "north",
        "entered_at": "2024-07-15T12:00:00",
        "first_reached_at": "2024-07-15T12:00:00",
    }


def test_a_list_of_nobody_is_empty(published: duckdb.DuckDBPyConnection) -> None:
    clocks = ("journeys.entered_at", "steps.entered_at")
    assert not listed_at("c", Cut(), clocks).beginning(published, 9)
    published.execute("delete from marts.fct_journeys")
    nobody = slices.open_journeys("p", "a", Cut(), COLUMNS)
    assert not nobody.beginning(published, 9)
    assert not nobody.all(published)
