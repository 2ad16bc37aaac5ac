"""Snowplow's public test sets: our sessions, page views and sales beside its own."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.models import event_stories as told
from tests.models.stories import by
from tests.warehouse import Marts, Warehouse

Row = dict[str, str]
Sessions = Mapping[str, Sequence[Row]]

WEB, SHOP = "snowplow_web", "snowplow_ecommerce"
ECOMMERCE = "com_snowplowanalytics_snowplow_ecommerce"
ACTION = f"unstruct_event_{ECOMMERCE}_snowplow_ecommerce_action_1_0_0"
APP_SESSION = "contexts_com_snowplowanalytics_snowplow_client_session_1_0_1"
PAGE = "contexts_com_snowplowanalytics_snowplow_web_page_1_0_0"
LATEST = timedelta(days=3)

# Where we differ by intent.
NO_ID = "it bears no id: we cut one by the pauses of its visitor"
TOO_LATE = "it was sent over three days after it happened: we ask when it happened"
NO_PAGE = "it shows no page that bears an id: to us any action makes a session"
OTHER_APP = "its app is one that Snowplow's run is told to skip: no rule of the data"
TOO_LONG = "Snowplow closes a session after three days, we when its source does"
PINGED = "a ping is no view, and begins no five seconds before it happened"
TOLD_AGAIN = "the same sale was told a second before"

MORE_SESSIONS = {NO_ID: 1, TOO_LATE: 1, NO_PAGE: 27}
MORE_SHOP_SESSIONS = {
    "9681591f679e7c40886ef5d7213108bf90224960b494fd2b5742524b033afad9": OTHER_APP
}
MORE_VIEWS = {
    "6d72f61a-ccf2-4713-a057-4715d771e2ad": TOO_LONG,
    "9b02c625-be4a-4281-bb5b-553079fa8a76": TOO_LONG,
    "b0c248b551e063bd9f17b6a4e2c9ddf9db7935b7638c25b50a20a9443cd00e1c": TOO_LONG,
    "941c1388-8541-4600-b1b3-64b069e592d7": TOO_LATE,
    "b0833046-02de-44fa-b836-9b45d953df78": NO_PAGE,
}
FEWER_SALES = {"b64a0af6-639e-4735-b06c-7cc4e2ca0c17": TOLD_AGAIN}
# By the end of the session's id: why it differs, and what ours has instead.
DIFFERENCES: dict[str, tuple[str, dict[str, Any]]] = {
    "8b77bd35": (
        TOO_LONG,
        {
            "ended_at": datetime(2021, 3, 11, 21, 42, 15, 543000),
            "events_count": 11,
            "page_views_count": 4,
            "exit_page": "https://snowplowanalytics.com/resources/"
            "data-quality-starts-with-data-collection/",
        },
    ),
    "e131b12d": (
        TOO_LONG,
        {
            "ended_at": datetime(2021, 3, 4, 15, 55, 27, 85000),
            "events_count": 2,
            "page_views_count": 2,
            "exit_page": "http://localhost:3000/"
            "177234df-d425-412e-ad8d-8b97515b2807/data-models",
        },
    ),
    "1bf9140d": (
        PINGED,
        {
            "started_at": datetime(2021, 3, 2, 22, 59, 29, 752000),
            "page_views_count": 0,
        },
    ),
    "1bf9140e": (
        PINGED,
        {
            "started_at": datetime(2021, 3, 4, 22, 59, 29, 752000),
            "page_views_count": 0,
        },
    ),
    "9b30fce8": (
        PINGED,
        {
            "started_at": datetime(2021, 3, 3, 18, 1, 38, 658000),
            "page_views_count": 0,
        },
    ),
}
# What of a shop's session its expected file dates, by the action that is meant.
FIRST_TIMES = {
    "add_to_cart": "first_product_add_to_cart",
    "remove_from_cart": "first_product_remove_from_cart",
    "transaction": "first_transaction_completed",
}


def read(shared: Path, source: str, table: str) -> list[Row]:
    path = shared / "data" / source / f"{source}_{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def page(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def once(rows: Sequence[Row]) -> list[Row]:
    """Each event as it was first collected."""
    found: dict[str, Row] = {}
    for row in sorted(
        rows,
        key=lambda row: (time(row["collector_tstamp"]), time(row["derived_tstamp"])),
    ):
        found.setdefault(row["event_id"], row)
    return list(found.values())


def by_session(rows: Sequence[Row]) -> Sessions:
    """Events by the id that a browser gives the session, else an app."""
    found = defaultdict(list)
    for row in once(rows):
        (app, *_) = json.loads(row.get(APP_SESSION) or "[]") or [{}]
        found[row["domain_sessionid"] or app.get("sessionId", "")].append(row)
    return found


@pytest.fixture(scope="module")
def marts(shared: Path, warehouse: Warehouse) -> Marts:
    names = {source: f"{source}/{source}_events.csv" for source in (WEB, SHOP)}
    funnels = [told.funnel(name, unit_code="session") for name in FIRST_TIMES]
    steps = [row for name in FIRST_TIMES for row in told.steps(name, name)]
    aliases = [told.alias(name, source_code=SHOP) for name in FIRST_TIMES]
    return warehouse.build(
        {name: (shared / "data" / name).read_bytes() for name in names.values()},
        seeds=told.seeds(funnels, steps, aliases),
        sources=",".join(names),
        models=("fct_web_sessions", "fct_journey_events", "fct_funnel_attempts"),
    )


def sessions(marts: Marts, source: str) -> Mapping[Any, Mapping[str, Any]]:
    query = "select * from marts.fct_web_sessions where source_code = ?"
    return by(marts.rows(query, source), "session_id")


def reason_of_more(events: Sequence[Row]) -> str:
    """Why Snowplow has no session of these events."""
    if not events:
        return NO_ID
    if all(
        time(row["dvce_sent_tstamp"]) - time(row["dvce_created_tstamp"]) > LATEST
        for row in events
    ):
        return TOO_LATE
    shown = [row for row in events if row["event_name"] in ("page_view", "page_ping")]
    assert not [row for row in shown if (json.loads(row[PAGE])[0] or {}).get("id")]
    return NO_PAGE


def test_all_web_sessions_are_ours_and_each_more_has_a_reason(
    marts: Marts, shared: Path
) -> None:
    theirs = {row["domain_sessionid"] for row in read(shared, WEB, "sessions_expected")}
    ours, told_of = set(sessions(marts, WEB)), by_session(read(shared, WEB, "events"))
    assert len(theirs) == 18
    assert theirs <= ours
    more = Counter(reason_of_more(told_of.get(each, [])) for each in ours - theirs)
    assert more == MORE_SESSIONS


def expected_session(row: Row) -> dict[str, Any]:
    return {
        "started_at": time(row["start_tstamp"]),
        "ended_at": time(row["end_tstamp"]),
        "events_count": int(row["total_events"]),
        "page_views_count": int(row["page_views"]),
        "landing_page": page(row["first_page_url"]),
        "exit_page": page(row["last_page_url"]),
        "visitor_id": row["domain_userid"] or None,
    }


def test_web_sessions_agree_row_by_row(marts: Marts, shared: Path) -> None:
    ours = sessions(marts, WEB)
    for row in read(shared, WEB, "sessions_expected"):
        name, theirs = row["domain_sessionid"], expected_session(row)
        reason, instead = DIFFERENCES.get(name[-8:], ("as Snowplow has it", {}))
        assert not [key for key, value in instead.items() if theirs[key] == value]
        found = {column: ours[name][column] for column in theirs}
        assert found == {**theirs, **instead}, reason


def test_a_page_is_viewed_in_the_event_that_snowplow_takes(
    marts: Marts, shared: Path
) -> None:
    """Of two events of one view the earlier; of a repeated event, one row."""
    theirs = {row["event_id"] for row in read(shared, WEB, "page_views_expected")}
    ours = marts(
        "select event_id from intermediate.int_web_events "
        "where source_code = ? and is_page_view",
        WEB,
    )
    assert len(theirs) == 43
    assert Counter(name for (name,) in ours) == Counter([*theirs, *MORE_VIEWS])


def test_users_have_the_sessions_that_snowplow_gives_them(
    marts: Marts, shared: Path
) -> None:
    """A visitor is their user; the session of a null user is no user's."""
    names = [row["domain_sessionid"] for row in read(shared, WEB, "sessions_expected")]
    ours = [sessions(marts, WEB)[name] for name in names]
    found = Counter(row["visitor_id"] for row in ours if row["visitor_id"])
    theirs = {row["domain_userid"]: row for row in read(shared, WEB, "users_expected")}
    assert len(theirs) == 11
    assert found == {name: int(row["sessions"]) for name, row in theirs.items()}
    for name, row in theirs.items():
        first = min(each["started_at"] for each in ours if each["visitor_id"] == name)
        assert first == time(row["start_tstamp"])


def test_a_session_is_of_the_person_that_its_first_event_names(
    marts: Marts, shared: Path
) -> None:
    """Two users of one visitor stay two persons, where Snowplow keeps the later."""
    rows = read(shared, WEB, "sessions_expected")
    ours = sessions(marts, WEB)
    pairs = {
        (row["user_id"], ours[row["domain_sessionid"]]["person_id"]) for row in rows
    }
    users = {row["user_id"] for row in rows}
    assert len(users) == len({person for _, person in pairs}) == len(pairs) == 13


def test_all_shop_sessions_are_ours(marts: Marts, shared: Path) -> None:
    theirs = {
        row["domain_sessionid"]: row["domain_userid"]
        for row in read(shared, SHOP, "sessions_expected")
    }
    ours = sessions(marts, SHOP)
    assert set(ours) == {*theirs, *MORE_SHOP_SESSIONS}
    assert {name: ours[name]["visitor_id"] for name in theirs} == theirs


def test_shop_sessions_begin_when_it_happened_not_when_it_was_collected(
    marts: Marts, shared: Path
) -> None:
    told_of, ours = by_session(read(shared, SHOP, "events")), sessions(marts, SHOP)
    for row in read(shared, SHOP, "sessions_expected"):
        name, events = row["domain_sessionid"], told_of[row["domain_sessionid"]]
        happened, collected = (
            [time(event[column]) for event in events]
            for column in ("derived_tstamp", "collector_tstamp")
        )
        ends = (ours[name]["started_at"], ours[name]["ended_at"])
        assert ends == (min(happened), max(happened))
        theirs = (time(row["start_tstamp"]), time(row["end_tstamp"]))
        assert theirs == (min(collected), max(collected))
        assert ours[name]["events_count"] == len(events)


def test_sales_are_those_of_snowplow_each_told_once(marts: Marts, shared: Path) -> None:
    theirs = {
        row["event_id"]: time(row["derived_tstamp"])
        for row in read(shared, SHOP, "transaction_interactions_expected")
    }
    ours = marts("""
        select event_id, occurred_at from marts.fct_journey_events
        where event_code = 'transaction'
    """)
    assert len(ours) == len(theirs) == 14
    assert dict(ours) == theirs
    told_of = {
        row["event_id"]
        for row in read(shared, SHOP, "events")
        if json.loads(row[ACTION] or "{}").get("type") == "transaction"
    }
    assert told_of - set(theirs) == set(FEWER_SALES)


@pytest.mark.parametrize(("action", "column"), FIRST_TIMES.items())
def test_a_funnel_of_sessions_begins_where_snowplow_dates_the_first_action(
    marts: Marts, shared: Path, action: str, column: str
) -> None:
    ours = marts(
        "select unit_id, entered_at from marts.fct_funnel_attempts "
        "where funnel_code = ?",
        action,
    )
    assert dict(ours) == {
        f"{SHOP}/{row['domain_sessionid']}": time(row[column])
        for row in read(shared, SHOP, "sessions_expected")
        if row[column]
    }
