"""The shipped sources on real extracts: together, one alone, most without a file."""

import csv
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.flow.installation import Installation, Night

pytestmark = pytest.mark.slow

Reasons = dict[str, str]

REAL = ("maven_crm", "olist", "snowplow_web", "snowplow_ecommerce")
LONG = "a session of theirs ends three days after it began"
LATE = "sent more than three days after it was created: theirs leave it out"
NO_VIEW = "bears no page view id: theirs count page views by it"
SAME_VIEW = "a second event with the id of another page view: theirs keep the first"
PING = "begins with a ping of a page viewed earlier: theirs count that as a view"
REPEATED = "a second event with the id of another order: theirs keep the first"
OTHER_APP = "of an application that theirs are told to skip"
# Their sessions begin with a page view or a ping; this user has none.
WITHOUT_VIEWS = "consent_accel"

OUR_PAGE_VIEWS: Reasons = {
    "9b02c625-be4a-4281-bb5b-553079fa8a76": LONG,
    "6d72f61a-ccf2-4713-a057-4715d771e2ad": LONG,
    "b0c248b551e063bd9f17b6a4e2c9ddf9db7935b7638c25b50a20a9443cd00e1c": LONG,
    "941c1388-8541-4600-b1b3-64b069e592d7": LATE,
    "b0833046-02de-44fa-b836-9b45d953df78": NO_VIEW,
    "0464e31b16feca1840e3196aa14cfc56": SAME_VIEW,
}
FACTS_OF_EVENTS = {
    *("fct_journey_events", "fct_web_sessions"),
    *("fct_funnel_attempts", "fct_event_funnels", "fct_event_funnel_breakdowns"),
}
# A quota and a trial that are decided are told of, also where nobody has come yet.
FACTS_OF_DECISIONS = {"fct_target_attainment", "fct_experiment_results"}
# How many page views and events more than theirs we have in a session of both.
OUR_SESSIONS = {
    "2bfc2c760c3ac434953eefd7903789429c8a5f8171c4b8b26aee93108b77bd35": (2, 8, LONG),
    "d21c000a5953335da6cd125ac349135ae6524b04dd4b107a263dfb1de131b12d": (1, 1, LONG),
    "7605342329f0b916a4c1bcd8bddad038988920fb24f74ca9e7ada5d96df32c60": (
        1,
        0,
        SAME_VIEW,
    ),
    "0b0c7bb589ebd041177514f3e43446ca5d4343328936d2f8f12a42b41bf9140d": (-1, 0, PING),
    "0b0c7bb589ebd041177514f3e43446ca5d4343328936d2f8f12a42b41bf9140e": (-1, 0, PING),
    "0b5d421a98dc6af66d7da30840afb1072f518342ca058cef3af20a6e9b30fce8": (-1, 0, PING),
}
REPEATED_ORDERS: Reasons = {"b64a0af6-639e-4735-b06c-7cc4e2ca0c17": REPEATED}
OUR_CHECKOUT_STEPS: Reasons = {"611b0eeb-d77d-485d-b7c7-9324c930e955": OTHER_APP}
OUR_SHOP_SESSIONS: Reasons = {
    "9681591f679e7c40886ef5d7213108bf90224960b494fd2b5742524b033afad9": OTHER_APP
}


@dataclass(frozen=True)
class Run:
    """An installation after its one night."""

    at: Installation
    night: Night

    def marts(self, query: str) -> list[tuple[Any, ...]]:
        return self.at.published(self.night.current)(query)

    def events(self, source: str, event: str = "") -> dict[str, tuple[Any, ...]]:
        """Session, time and user of our web events, by id; of one kind or all."""
        rows = self.at.built()(
            "select event_id, session_id, occurred_at, user_id"
            " from intermediate.int_web_events"
            " where source_code = ? and (? = '' or source_event = ?)",
            source,
            event,
            event,
        )
        return {row[0]: row[1:] for row in rows}

    def sessions(self, source: str) -> dict[str, tuple[int, int]]:
        """Page views and events of each session that the source names."""
        rows = self.at.built()(
            "select session_id, count(*) filter (source_event = 'page_view'), count(*)"
            " from intermediate.int_web_events"
            " where source_code = ? and session_id is not null group by session_id",
            source,
        )
        return {row[0]: row[1:] for row in rows}


@pytest.fixture(scope="module")
def data(shared: Path) -> Path:
    folder = shared / "data"
    if not folder.is_dir():
        pytest.skip("no shared/data/ beside the project: no real extracts to run on")
    return folder


def first_night(root: Path, data: Path, sources: str, *dropped: str) -> Run:
    """A new installation with the shipped seeds and the files of some sources."""
    at = Installation(root, sources)
    at.decide({})
    for source in dropped:
        shutil.copytree(data / source, at.settings.extracts / source)
    night = at.night()
    return Run(at.keep(sources or "default"), night)


@pytest.fixture(scope="module")
def together(root: Path, data: Path) -> Run:
    return first_night(root, data, ",".join(REAL), *REAL)


@pytest.fixture(scope="module")
def without_deals(root: Path, data: Path) -> Run:
    return first_night(root, data, "snowplow_web", "snowplow_web")


@pytest.fixture(scope="module")
def by_default(root: Path, data: Path) -> Run:
    return first_night(root, data, "", "maven_crm")


def expected(data: Path, source: str, table: str) -> list[dict[str, str]]:
    """What the source's own package is expected to make of the same events."""
    file = data / source / f"{source}_{table}_expected.csv"
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def sessions_expected(data: Path, source: str) -> dict[str, dict[str, str]]:
    return {row["domain_sessionid"]: row for row in expected(data, source, "sessions")}


def test_all_real_sources_are_published_together(together: Run) -> None:
    assert together.night.summary.exit_code == 0, together.night.said
    assert not together.night.broken
    assert together.marts(
        "select source_code, count(*) from marts.fct_journeys"
        " group by source_code order by source_code"
    ) == [("maven_crm", 8800), ("olist", 8000)]


def test_every_row_of_every_file_is_accounted_for(together: Run) -> None:
    assert together.marts(
        "select source_code, table_name, physical_count, landed_count,"
        " rejected_count + erased_count, status_code, message"
        " from marts.dq_load_audit order by all"
    ) == [
        ("maven_crm", "sales_pipeline", 8800, 8800, 0, "landed", ""),
        ("olist", "closed_deals", 842, 842, 0, "landed", ""),
        ("olist", "marketing_qualified_leads", 8000, 8000, 0, "landed", ""),
        ("snowplow_ecommerce", "events", 834, 834, 0, "landed", ""),
        ("snowplow_web", "events", 160, 160, 0, "landed", ""),
    ]
    assert together.marts(
        "select scope from marts.dq_reconciliations where check_code = 'files_landed'"
        " and expected_count = actual_count order by scope"
    ) == [(source,) for source in sorted(REAL)]


def test_each_web_event_is_kept_once(together: Run) -> None:
    staged = together.at.built()(
        "select count(*), count(distinct event_id)"
        " from staging.stg_snowplow_web__web_events"
    )
    assert staged == [(160, 157)]
    assert len(together.events("snowplow_web")) == 157
    assert len(together.events("snowplow_ecommerce")) == 834


def test_page_views_are_those_expected_and_six_with_a_reason(
    together: Run, data: Path
) -> None:
    ours = together.events("snowplow_web", "page_view")
    theirs = {
        row["event_id"]: row for row in expected(data, "snowplow_web", "page_views")
    }
    assert (len(theirs), len(ours)) == (43, 49)
    assert ours.keys() - theirs.keys() == OUR_PAGE_VIEWS.keys()
    for event_id, row in theirs.items():
        session_id, occurred_at, user_id = ours[event_id]
        assert session_id == row["domain_sessionid"]
        assert occurred_at == datetime.fromisoformat(row["derived_tstamp"])
        assert (user_id or "") == row["user_id"]


def test_sessions_are_those_expected_and_six_differ_with_a_reason(
    together: Run, data: Path
) -> None:
    ours, theirs = together.sessions("snowplow_web"), {}
    for name, row in sessions_expected(data, "snowplow_web").items():
        theirs[name] = (int(row["page_views"]), int(row["total_events"]))
    assert (len(theirs), len(ours)) == (18, 46)
    assert theirs.keys() <= ours.keys()
    more = {
        name: (ours[name][0] - views, ours[name][1] - events)
        for name, (views, events) in theirs.items()
        if ours[name] != (views, events)
    }
    assert more == {name: each[:2] for name, each in OUR_SESSIONS.items()}


def test_of_our_other_sessions_two_have_a_page_view_with_a_reason(
    together: Run, data: Path
) -> None:
    ours = together.sessions("snowplow_web")
    others = ours.keys() - sessions_expected(data, "snowplow_web").keys()
    viewed = {name for name in others if ours[name][0]}
    views = together.events("snowplow_web", "page_view").items()
    reasons = [OUR_PAGE_VIEWS[event] for event, row in views if row[0] in viewed]
    assert sorted(reasons) == sorted([LATE, NO_VIEW])
    events = together.events("snowplow_web").values()
    users = {user for session, _, user in events if session in others - viewed}
    assert users == {WITHOUT_VIEWS}


@pytest.mark.parametrize(
    ("event", "table", "more"),
    [
        ("transaction", "transaction_interactions", {}),
        ("checkout_step", "checkout_interactions", OUR_CHECKOUT_STEPS),
    ],
)
def test_shop_events_are_those_expected_and_one_with_a_reason(
    together: Run, data: Path, event: str, table: str, more: Reasons
) -> None:
    ours = together.events("snowplow_ecommerce", event)
    rows = expected(data, "snowplow_ecommerce", table)
    theirs = [row for row in rows if row.get("ecommerce_action_type", event) == event]
    assert ours.keys() - {row["event_id"] for row in theirs} == more.keys()
    for row in theirs:
        session_id, occurred_at, _ = ours[row["event_id"]]
        at = datetime.fromisoformat(row["derived_tstamp"]).replace(tzinfo=None)
        assert (session_id, occurred_at) == (row["domain_sessionid"], at)


def test_an_order_told_again_is_an_event_of_its_own_kind(together: Run) -> None:
    again = together.events("snowplow_ecommerce", "repeated_transaction")
    assert again.keys() == REPEATED_ORDERS.keys()


def test_shop_sessions_are_those_expected_and_one_with_a_reason(
    together: Run, data: Path
) -> None:
    ours = together.sessions("snowplow_ecommerce").keys()
    theirs = sessions_expected(data, "snowplow_ecommerce").keys()
    assert ours - theirs == OUR_SHOP_SESSIONS.keys()
    assert theirs <= ours


def test_a_source_without_deals_is_published_alone_with_facts_of_its_events(
    without_deals: Run,
) -> None:
    night = without_deals.night
    assert night.summary.exit_code == 0, night.said
    rows = night.summary.marts
    facts = {name: count for name, count in rows.items() if name.startswith("fct_")}
    assert len(facts) >= 7
    told = {name for name, count in facts.items() if count}
    assert told == FACTS_OF_EVENTS | FACTS_OF_DECISIONS
    assert rows["dq_load_audit"] == 1
    assert rows["dim_stages"] > 0


def test_by_default_sources_without_a_file_are_no_fault(by_default: Run) -> None:
    assert by_default.night.summary.exit_code == 0, by_default.night.said
    assert not by_default.night.broken
    assert by_default.marts(
        "select count(*), sum(journeys.amount) from marts.fct_journeys as journeys"
        " inner join marts.dim_stages as stages"
        " on journeys.pipeline_code = stages.pipeline_code"
        " and journeys.current_stage_code = stages.stage_code and stages.is_won"
    ) == [(4238, 10005534.0)]
    files = by_default.marts("select source_code from marts.dq_load_audit")
    assert files == [("maven_crm",)]
