"""Marketing Funnel by Olist: four kinds of "unknown", and months of two zones."""

import csv
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.warehouse import Marts, Warehouse

pytestmark = pytest.mark.slow

LEADS = "olist_marketing_qualified_leads_dataset.csv"
DEALS = "olist_closed_deals_dataset.csv"
SAO_PAULO = "America/Sao_Paulo"
WON_BEFORE_CONTACT = "b91cf8812365f50ff4bda4bcd6206b05"

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def files(shared: Path) -> dict[str, bytes]:
    folder = shared / "data/olist"
    return {f"olist/{name}": (folder / name).read_bytes() for name in (LEADS, DEALS)}


@pytest.fixture(scope="module")
def olist(files: dict[str, bytes], warehouse: Warehouse) -> Marts:
    models = (
        *("fct_journeys", "fct_stage_transitions", "fct_segment_funnels"),
        *("fct_monthly_throughput", "dq_reconciliations"),
    )
    return warehouse.build(files, sources="olist", models=models)


@pytest.fixture(scope="module")
def olist_in_sao_paulo(files: dict[str, bytes], warehouse: Warehouse) -> Marts:
    return warehouse.build(
        files,
        sources="olist",
        timezone=SAO_PAULO,
        models=("fct_journeys", "fct_monthly_throughput", "fct_stage_snapshots"),
    )


@pytest.fixture(scope="module")
def leads(shared: Path) -> list[Row]:
    return read(shared / "data/olist" / LEADS)


@pytest.fixture(scope="module")
def won_times(shared: Path) -> list[datetime]:
    rows = read(shared / "data/olist" / DEALS)
    return [datetime.fromisoformat(row["won_date"]) for row in rows]


def wins_by_month(marts: Marts) -> dict[date, int]:
    return dict(
        marts("""
        select month, sum(won_count) from marts.fct_monthly_throughput
        where pipeline_code = 'all' and segment_code = 'all' and channel_code = 'all'
        group by month having sum(won_count) > 0
    """)
    )


def in_zone(time: datetime, zone: str) -> datetime:
    return time.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def test_every_lead_is_one_journey_and_every_closed_deal_a_win(
    olist: Marts, leads: list[Row]
) -> None:
    found = olist("""
        select outcome_code, count(*), count(distinct lead_id), count(deal_id)
        from marts.fct_journeys group by all order by 1
    """)
    assert found == [("open", 7_158, 7_158, 0), ("won", 842, 842, 842)]
    found = olist("select lead_id from marts.fct_journeys order by lead_id")
    assert [lead for (lead,) in found] == sorted(row["mql_id"] for row in leads)


def test_leads_without_an_origin_are_a_channel_of_their_own(olist: Marts) -> None:
    found = olist("""
        select count(*), count(*) filter (where outcome_code = 'won')
        from marts.fct_journeys where channel_code = 'unknown'
    """)
    assert found == [(60, 14)]


def test_null_unknown_other_and_other_publicities_stay_apart(
    olist: Marts, leads: list[Row]
) -> None:
    written = Counter(row["origin"] for row in leads)
    found = dict(
        olist("select channel_code, count(*) from marts.fct_journeys group by all")
    )
    assert found["unknown"] == written[""] == 60
    assert found["not_stated"] == written["unknown"] == 1_099
    assert found["other"] == written["other"] == 150
    assert found["other_publicity"] == written["other_publicities"] == 65
    assert sum(found.values()) == 8_000
    assert "unmapped" not in found


def test_the_rate_of_leads_without_an_origin_stands_in_the_funnel(
    olist: Marts,
) -> None:
    found = olist("""
        select step_order, sum(entered_count), sum(reached_count)
        from marts.fct_segment_funnels
        where segment_code = 'all' and channel_code = 'unknown'
        group by all order by 1
    """)
    assert found == [(1, 60, 60), (2, 60, 14)]


def test_the_deal_won_before_its_first_contact_is_kept_and_flagged(
    olist: Marts,
) -> None:
    found = olist("""
        select lead_id, sequence_number, direction_code, seconds_in_from_stage
        from marts.fct_stage_transitions where is_negative_duration
    """)
    assert found == [(WON_BEFORE_CONTACT, 2, "won", -102_065.0)]
    journey = olist("""
        select entered_at, outcome_code, outcome_at, outcome_at < entered_at
        from marts.fct_journeys where lead_id = ?
    """, WON_BEFORE_CONTACT)  # fmt: skip
    won_at = datetime(2018, 3, 6, 19, 38, 55)
    assert journey == [(datetime(2018, 3, 8), "won", won_at, True)]


def test_a_lead_is_open_until_it_is_won_for_no_loss_is_recorded(olist: Marts) -> None:
    found = olist("""
        select sum(entered_count), sum(advanced_count), sum(lost_count),
            sum(still_open_count)
        from marts.fct_segment_funnels
        where segment_code = 'all' and channel_code = 'all' and step_order = 1
    """)
    assert found == [(8_000, 842, 0, 7_158)]


def test_all_rows_are_accounted_for(olist: Marts) -> None:
    off = "select * from marts.dq_reconciliations where difference_count <> 0"
    assert olist(off) == []
    landed = "select table_name, physical_count, landed_count from marts.dq_load_audit"
    assert olist(f"{landed} order by 1") == [
        ("closed_deals", 842, 842),
        ("marketing_qualified_leads", 8_000, 8_000),
    ]


def test_may_and_june_2018_are_122_and_57_wins_in_utc(olist: Marts) -> None:
    wins = wins_by_month(olist)
    assert (wins[date(2018, 5, 1)], wins[date(2018, 6, 1)]) == (122, 57)


def test_may_and_june_2018_are_123_and_56_wins_in_sao_paulo(
    olist_in_sao_paulo: Marts,
) -> None:
    wins = wins_by_month(olist_in_sao_paulo)
    assert (wins[date(2018, 5, 1)], wins[date(2018, 6, 1)]) == (123, 56)


@pytest.mark.parametrize("zone", ["UTC", SAO_PAULO])
def test_wins_of_every_month_are_those_of_the_zone(
    request: pytest.FixtureRequest, zone: str, won_times: list[datetime]
) -> None:
    name = "olist" if zone == "UTC" else "olist_in_sao_paulo"
    local = [in_zone(time, zone).date().replace(day=1) for time in won_times]
    assert wins_by_month(request.getfixturevalue(name)) == Counter(local)


def test_times_stay_utc_whatever_the_reporting_zone(
    olist: Marts, olist_in_sao_paulo: Marts
) -> None:
    query = "select lead_id, outcome_at from marts.fct_journeys order by lead_id"
    assert olist(query) == olist_in_sao_paulo(query)


def test_61_wins_at_midnight_of_sao_paulo_count_on_the_day_that_begins(
    olist_in_sao_paulo: Marts, won_times: list[datetime]
) -> None:
    local = [in_zone(time, SAO_PAULO) for time in won_times]
    assert sum((t.hour, t.minute, t.second) == (0, 0, 0) for t in local) == 61
    left = olist_in_sao_paulo("""
        select snapshot_date, sum(left_count) from marts.fct_stage_snapshots
        group by snapshot_date having sum(left_count) > 0
    """)
    # The deal dated before its first contact leaves on the day that it entered.
    expected = Counter(time.date() for time in local)
    expected[date(2018, 3, 6)] -= 1
    expected[date(2018, 3, 7)] += 1
    assert dict(left) == +expected
