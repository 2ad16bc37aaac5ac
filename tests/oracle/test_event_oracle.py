"""The oracle of events against known answers and what must hold of any stream."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from . import (
    Facts,
    event_funnels,
    funnel_attempts,
    journey_events,
    journeys,
    segment_funnels,
    web_sessions,
)
from .attempts import (
    ORDERED,
    STRICT,
    UNORDERED,
    Act,
    Attempt,
    Rules,
    attempts,
    best,
    most_filled,
    step_times,
)
from .facts import ALL, UNKNOWN, Row
from .funnels import ENDINGS
from .generate import random_facts
from .generate_events import (
    EVENT_COLUMNS,
    act_strategy,
    at_second,
    event_alias,
    streams,
    with_events,
)

CASES = Path(__file__).parents[3] / "shared" / "cases"
unhurried = settings(deadline=None)
DAY = timedelta(days=1)
LATE = datetime(2039, 1, 1)


# One unit's stream, by hand


def act(second: float, *fills: int, **columns: Any) -> Act:
    at = at_second(0) + timedelta(seconds=second)
    event_id = columns.pop("event_id", f"{second}{fills}")
    return Act(at, event_id, frozenset(fills), **columns)


def excluded(second: float) -> Act:
    return act(second, excluded_by=frozenset({0}))


def rules(mode: str, steps: int, window: float, *exclusions: tuple[int, int]) -> Rules:
    return Rules(mode, steps, timedelta(seconds=window), exclusions)


def seconds(attempt: Attempt | None) -> list[float]:
    times = attempt.times if attempt else ()
    return [(at - at_second(0)).total_seconds() for at in times]


def best_of(acts: list[Act], of: Rules) -> list[float]:
    return seconds(best(attempts(acts, of)))


def test_the_window_is_inclusive_and_a_microsecond_past_it_is_not() -> None:
    for mode in (ORDERED, STRICT, UNORDERED):
        assert best_of([act(0, 1), act(10, 2)], rules(mode, 2, 10)) == [0, 10]
        late = [act(0, 1), act(10.000001, 2)]
        assert len(best_of(late, rules(mode, 2, 10))) == 1


def test_one_event_fills_one_step() -> None:
    for mode in (ORDERED, STRICT, UNORDERED):
        assert best_of([act(0, 1, 2)], rules(mode, 2, 10)) == [0]
        assert best_of([act(0, 1, 2), act(3, 1, 2)], rules(mode, 2, 10)) == [0, 3]


def test_tied_events_are_spread_so_that_most_steps_are_filled() -> None:
    acts = [act(0, 1), act(5, 2, 3, event_id="x"), act(5, 2, event_id="y")]
    for mode in (ORDERED, STRICT, UNORDERED):
        assert best_of(acts, rules(mode, 3, 10)) == [0, 5, 5]


def test_tied_events_convert_in_any_order() -> None:
    acts = [act(0, 3, event_id="a"), act(0, 2, event_id="b"), act(0, 1, event_id="c")]
    assert best_of(acts, rules(ORDERED, 3, 0)) == [0, 0, 0]


def test_the_furthest_attempt_wins_then_the_earliest_then_the_latest_entry() -> None:
    acts = [act(0, 1), act(1, 2), act(2, 1), act(3, 1), act(4, 2), act(13, 3)]
    assert best_of(acts, rules(ORDERED, 3, 10)) == [3, 4, 13]
    assert best_of(acts[:-1], rules(ORDERED, 2, 10)) == [0, 1]
    assert best_of(acts[2:-1], rules(ORDERED, 2, 10)) == [3, 4]


def test_strict_stops_at_another_event_and_not_at_a_tied_one() -> None:
    acts = [act(0, 1), act(1), act(2, 2)]
    assert best_of(acts, rules(STRICT, 2, 10)) == [0]
    tied = [act(0, 1), act(0), act(2), act(2, 2)]
    assert best_of(tied, rules(STRICT, 2, 10)) == [0, 2]
    elsewhere = [act(0, 1), act(1, is_streamed=False), act(2, 2)]
    assert best_of(elsewhere, rules(STRICT, 2, 10)) == [0, 2]


def test_strict_may_keep_a_tied_event_for_later() -> None:
    """Filling step 2 at once would leave nothing for the next instant."""
    acts = [act(0, 1), act(0, 2, event_id="x"), act(1, 2), act(2, 3)]
    assert best_of(acts, rules(STRICT, 3, 10)) == [0, 1, 2]


def test_unordered_steps_come_in_any_order_from_the_earliest_on() -> None:
    acts = [act(0, 3), act(4, 1), act(9, 2)]
    assert best_of(acts, rules(UNORDERED, 3, 9)) == [0, 4, 9]
    assert best_of(acts, rules(UNORDERED, 3, 8)) == [0, 4]


def test_unordered_counts_distinct_events_when_steps_overlap() -> None:
    """The first fills either step, the second only one of them."""
    acts = [act(0, 1, 2), act(3, 1)]
    of = rules(UNORDERED, 2, 10)
    assert best_of(acts, of) == [0, 3]
    (first, _) = attempts(acts, of)
    found = step_times(acts, of, first)
    assert found == {1: at_second(0), 2: at_second(0)}


def test_an_exclusion_counts_strictly_between_its_steps() -> None:
    of = rules(ORDERED, 2, 10, (1, 2))
    for second, is_void in ((0, False), (1, True), (5, False), (6, False)):
        found = best(attempts([act(0, 1), excluded(second), act(5, 2)], of))
        assert found is not None and found.is_void is is_void, second


def test_an_exclusion_counts_to_the_windows_end_where_its_step_is_not_reached() -> None:
    of = rules(ORDERED, 2, 10, (1, 2))
    for second, is_void in ((10, True), (10.000001, False)):
        found = best(attempts([act(0, 1), excluded(second)], of))
        assert found is not None and found.is_void is is_void, second


def test_a_clean_attempt_beats_a_void_one_of_its_level_only() -> None:
    of = rules(ORDERED, 2, 10, (1, 2))
    acts = [act(0, 1), excluded(1), act(2, 2), act(20, 1), act(25, 2)]
    assert best_of(acts, of) == [20, 25]
    found = best(attempts([*acts[:3], act(20, 1)], of))
    assert found is not None and found.is_void and seconds(found) == [0, 2]


# What must hold of any stream


def level(acts: list[Act], of: Rules) -> int:
    found = best(attempts(acts, of))
    return found.level if found else 0


@given(streams(with_exclusions=False), st.integers(0, 3))
@unhurried
def test_a_longer_window_never_lowers_the_level(
    stream: tuple[list[Act], Rules], more: int
) -> None:
    acts, of = stream
    longer = replace(of, window=of.window + timedelta(seconds=more))
    assert level(acts, of) <= level(acts, longer)


@given(streams())
@unhurried
def test_strict_is_at_most_ordered_and_ordered_at_most_unordered(
    stream: tuple[list[Act], Rules],
) -> None:
    acts, of = stream
    strict, ordered, unordered = (
        level(acts, replace(of, mode=mode)) for mode in (STRICT, ORDERED, UNORDERED)
    )
    assert strict <= ordered <= unordered


@given(streams(), st.integers(8, 30))
@unhurried
def test_a_later_event_of_no_step_changes_no_attempt(
    stream: tuple[list[Act], Rules], second: int
) -> None:
    acts, of = stream
    assert attempts([*acts, act(second)], of) == attempts(acts, of)


@given(streams(with_exclusions=False), st.data())
@unhurried
def test_more_events_never_lower_the_level_but_in_strict_funnels(
    stream: tuple[list[Act], Rules], data: st.DataObject
) -> None:
    acts, of = stream
    if of.mode != STRICT:
        drawn = data.draw(act_strategy(of.steps_count, 0))
        more = replace(drawn, event_id="more")
        assert level(acts, of) <= level([*acts, more], of)


@given(streams(), st.randoms(use_true_random=False))
@unhurried
def test_attempts_do_not_depend_on_the_order_of_rows(
    stream: tuple[list[Act], Rules], rng: Any
) -> None:
    acts, of = stream
    shuffled = list(acts)
    rng.shuffle(shuffled)
    assert attempts(shuffled, of) == attempts(acts, of)


@given(streams())
@unhurried
def test_times_rise_within_the_window_and_exclusions_only_void(
    stream: tuple[list[Act], Rules],
) -> None:
    acts, of = stream
    found = attempts(acts, of)
    for attempt in found:
        assert all(one <= other for one, other in pairwise(attempt.times))
        assert attempt.completed_at <= attempt.entered_at + of.window
    plain = attempts(acts, replace(of, exclusions=()))
    assert [a.times for a in plain] == [a.times for a in found]


def greedy(acts: list[Act], of: Rules, entry: datetime) -> tuple[datetime, ...]:
    """Reading 7 instant by instant: at each as many of the next steps as go."""
    times: list[datetime] = []
    for at in sorted({act.at for act in acts if entry <= act.at <= entry + of.window}):
        here = [act for act in acts if act.at == at]
        after = len(times)
        fits = (
            n
            for n in range(of.steps_count - after, 0, -1)
            if fits_in_row(here, after, n)
        )
        times += [at] * next(fits, 0)
    return tuple(times)


def fits_in_row(here: list[Act], after: int, count: int) -> bool:
    return any(
        all(after + n in act.fills for n, act in enumerate(chosen, start=1))
        for chosen in permutations(here, count)
    )


@given(streams(max_events=6))
@unhurried
def test_trying_everything_agrees_with_taking_each_step_as_it_comes(
    stream: tuple[list[Act], Rules],
) -> None:
    acts, of = stream
    of = replace(of, mode=ORDERED)
    for attempt in attempts(acts, of):
        assert attempt.times == greedy(acts, of, attempt.entered_at)


@given(streams(max_events=6))
@unhurried
def test_halls_theorem_agrees_with_trying_every_assignment(
    stream: tuple[list[Act], Rules],
) -> None:
    acts, of = stream
    idle = [act(0, event_id=str(n)) for n in range(of.steps_count)]
    filled = max(
        sum(step in each.fills for step, each in enumerate(chosen, start=1))
        for chosen in permutations([*acts, *idle], of.steps_count)
    )
    assert most_filled(acts, of.steps_count) == filled


# Whole facts, by hand


def web(event_id: str, name: str, second: float, **columns: Any) -> Row:
    at = at_second(0) + timedelta(seconds=second)
    row: Row = dict.fromkeys(EVENT_COLUMNS) | {"source_code": "s"}
    row |= {"event_id": event_id, "source_event": name, "occurred_at": at}
    return row | {"known_at": at_second(0)} | columns


def step(order: int, code: str, kind: str = "event", **columns: Any) -> Row:
    row: Row = {"funnel_code": "f", "step_order": order, "step_code": f"step_{order}"}
    row |= {"match_kind": kind, "match_code": code, "property_name": None}
    row |= {"property_value": None, "from_step": None, "to_step": None}
    return row | columns


def funnel_row(**columns: Any) -> Row:
    row: Row = {"funnel_code": "f", "kind_code": "event", "unit_code": "person"}
    row |= {"mode_code": ORDERED, "window_seconds": 100, "attribution_code": None}
    row |= {"segment_code": None, "pipeline_code": None}
    return row | {"entry_from": None, "entry_to": None} | columns


def event_facts(web_events: list[Row], steps: list[Row], **columns: Any) -> Facts:
    names: tuple[str, ...] = (
        "stage_changes",
        "deals",
        "deal_changes",
        "leads",
        "contacts",
        "stages",
    )
    names += ("stage_aliases", "segments", "segment_rules", "channels", "fx_rates")
    codes = {row["match_code"] for row in steps} - {None}
    funnel_columns = columns.pop("funnel", {})
    given_: dict[str, Any] = {
        "event_aliases": [event_alias("s", code, code) for code in sorted(codes)],
        "funnels": [funnel_row(**funnel_columns)],
        "funnel_steps": steps,
        "as_of": LATE,
        "sources": {"s": {"data_through": LATE}},
        "timezone": "UTC",
        "home_currency": "EUR",
        "web_events": web_events,
    }
    empty: dict[str, Any] = {name: [] for name in names}
    return Facts(**(empty | given_ | columns))


AB = [step(1, "a"), step(2, "b")]


def units(facts: Facts) -> dict[str, int]:
    """Level reached by each unit, of one month."""
    rows = funnel_attempts(facts)
    return {row["unit_id"]: row["furthest_step_order"] for row in rows}


def partition(facts: Facts) -> set[frozenset[str]]:
    groups: dict[str | None, set[str]] = {}
    for row in journey_events(facts):
        groups.setdefault(row["person_id"], set()).add(row["event_id"])
    return {frozenset(group) for group in groups.values()}


def test_a_chain_of_emails_and_users_is_one_person() -> None:
    rows = [
        web("1", "a", 0, user_id="u1", email_hash="e1"),
        web("2", "a", 1, user_id="u2", email_hash="e1"),
        web("3", "a", 2, user_id="u2", email_hash="e2"),
        web("4", "a", 3, email_hash="e2"),
        web("5", "a", 4, user_id="u3"),
    ]
    assert partition(event_facts(rows, AB)) == {
        frozenset({"1", "2", "3", "4"}),
        frozenset({"5"}),
    }


def test_a_shared_visitor_joins_nobody_and_belongs_to_its_first_user() -> None:
    rows = [
        web("1", "a", 0, visitor_id="v"),
        web("2", "a", 1, visitor_id="v", user_id="u1"),
        web("3", "a", 2, visitor_id="v", user_id="u2"),
        web("4", "a", 3, visitor_id="v"),
        web("5", "a", 3, visitor_id="w"),
        web("6", "a", 3, visitor_id="w"),
        web("7", "a", 3),
    ]
    assert partition(event_facts(rows, AB)) == {
        *(frozenset({"1", "2", "4"}), frozenset({"3"})),
        *(frozenset({"5", "6"}), frozenset({"7"})),
    }


def test_null_keys_are_in_no_unit() -> None:
    rows = [web("1", "a", 0), web("2", "b", 1)]
    for unit in ("person", "visitor", "session", "journey"):
        assert units(event_facts(rows, AB, funnel={"unit_code": unit})) == {}


def test_an_event_known_twice_fills_one_step_and_keeps_its_first_known_at() -> None:
    row = web("1", "a", 0, user_id="u")
    again = row | {"known_at": at_second(99)}
    facts = event_facts([again, row, row], [step(1, "a"), step(2, "a")])
    assert list(units(facts).values()) == [1]
    assert [found["known_at"] for found in journey_events(facts)] == [at_second(0)]


def test_the_narrowest_alias_holds_and_an_empty_one_ignores() -> None:
    aliases = [
        event_alias("s", "p", "wide"),
        event_alias("s", "p", "narrow", property_name="k.x", property_value="1"),
        event_alias("s", "p", None, property_name="k.x", property_value="bot"),
    ]
    said: list[Row] = [{"k.x": 1}, {"k.x": "bot"}, {"k": {"x": 1}}, {}]
    rows = [web(str(n), "p", n, properties=json.dumps(s)) for n, s in enumerate(said)]
    facts = event_facts([*rows, web("9", "?", 9)], AB, event_aliases=aliases)
    found = {row["event_id"]: row["event_code"] for row in journey_events(facts)}
    assert found == {"0": "narrow", "2": "wide", "3": "wide"}


def test_an_unmapped_event_breaks_a_strict_funnel_and_an_ignored_one_does_not() -> None:
    for name, reached in (("?", 1), ("ping", 2)):
        rows = [web(n, n, s, user_id="u") for n, s in (("a", 0), (name, 1), ("b", 2))]
        facts = event_facts(rows, AB, funnel={"mode_code": STRICT})
        facts.event_aliases.append(event_alias("s", "ping", None))
        assert list(units(facts).values()) == [reached], name


def test_a_session_ends_after_a_pause_of_more_than_half_an_hour() -> None:
    at = [0, 1800, 3600.000001, 3601]
    rows = [web(str(s), "a", s, visitor_id="v") for s in at]
    rows.append(web("x", "a", 1, visitor_id="v", session_id="given"))
    found = sorted(
        (row["is_derived"], row["events_count"])
        for row in web_sessions(event_facts(rows, AB))
    )
    assert found == [(False, 1), (True, 2), (True, 2)]


def test_a_sessions_channel_is_that_of_its_first_words() -> None:
    words = {"google / cpc": "paid", "news": "news", "(referral)": "referral"}
    channels = [{"source_value": k, "channel_code": v} for k, v in words.items()]
    page = {"page_url": "https://x.example/p?q#f"}
    said: dict[str, list[Row]] = {
        "paid": [{}, {"utm_source": "Google", "utm_medium": "CPC"}],
        "news": [{"utm_source": "news", "utm_medium": "cpc"}],
        "unmapped": [{"utm_campaign": "c"}, {"utm_source": "news"}],
        "referral": [{**page, "referrer": "https://y.example"}],
        "unknown": [{**page, "referrer": "https://x.example/z"}],
    }
    rows = [
        web(f"{name}{n}", "a", n, session_id=name, **columns)
        for name, each in said.items()
        for n, columns in enumerate(each)
    ]
    found = web_sessions(event_facts(rows, AB, channels=channels))
    assert {row["session_id"]: row["channel_code"] for row in found} == {
        name: name for name in said
    }
    landed = {row["landing_page"] for row in found}
    assert landed == {None, "https://x.example/p"}


def test_a_better_attempt_in_march_does_not_erase_januarys_entry() -> None:
    late = 60 * 86400
    said = (("a", 0.0), ("a", late), ("b", late + 5))
    rows = [web(f"{n}{s}", n, s, user_id="u") for n, s in said]
    facts = event_facts(rows, AB)
    found = {
        row["entry_month"]: row["furthest_step_order"] for row in funnel_attempts(facts)
    }
    assert found == {date(2024, 1, 1): 1, date(2024, 3, 1): 2}
    reached = {
        (row["entry_month"], row["step_order"]): row["reached_count"]
        for row in totals(event_funnels(facts))
    }
    months = (date(2024, 1, 1), date(2024, 3, 1), None)
    assert [reached[month, 2] for month in months] == [0, 1, 1]
    assert [reached[month, 1] for month in months] == [1, 1, 1]


def test_the_range_limits_the_entry_only_and_is_read_in_the_reporting_zone() -> None:
    rows = [web("1", "a", 0, user_id="u"), web("2", "b", 50, user_id="u")]
    vienna = {"timezone": "Europe/Vienna"}
    one = datetime(2024, 1, 1, 1)
    for columns, reached in (
        ({"entry_from": one}, [2]),
        ({"entry_from": one + timedelta(seconds=1)}, []),
        ({"entry_to": one}, []),
        ({"entry_to": one + timedelta(seconds=1)}, [2]),
    ):
        facts = event_facts(rows, AB, funnel=columns, **vienna)
        assert list(units(facts).values()) == reached, columns


def test_a_unit_counts_twice_only_with_all_events() -> None:
    keys = {"visitor_id": "v", "user_id": "u"}
    rows = [
        web("1", "a", 0, region="north", **keys),
        web("2", "a", 1, region="south", **keys),
        web("3", "b", 2, region="south", **keys),
    ]
    found = {}
    for code in ("entry", "first_touch", "last_touch", "step:2", "all_events"):
        facts = event_facts(rows, AB, funnel={"attribution_code": code})
        found[code] = sorted(
            (row["region_code"], row["furthest_step_order"])
            for row in funnel_attempts(facts)
        )
    assert found == {
        "entry": [("south", 2)],
        "first_touch": [("north", 2)],
        "last_touch": [("south", 2)],
        "step:2": [("south", 2)],
        "all_events": [("north", 1), ("south", 2)],
    }


def test_an_attempt_is_still_open_until_its_window_was_watched() -> None:
    rows = [web("1", "a", 0, user_id="u")]
    for watched, is_open in ((99, True), (100, True), (101, False)):
        facts = event_facts(
            rows, AB, sources={"s": {"data_through": at_second(watched)}}
        )
        (row,) = funnel_attempts(facts)
        assert row["is_still_open"] is is_open


# Journeys and their events, by hand


def stage(code: str, order: int, outcome: str = "open") -> Row:
    row: Row = {"pipeline_code": "p", "stage_code": code, "stage_order": order}
    row |= {"outcome_code": outcome, "probability": 0.5, "stale_after_days": None}
    return row | {"valid_from": None, "valid_to": None}


def alias(code: str, pipeline: str) -> Row:
    row: Row = {"source_code": "s", "source_pipeline": pipeline, "source_stage": code}
    row |= {"pipeline_code": pipeline, "stage_code": code, "is_ignored": False}
    return row | {"valid_from": None, "valid_to": None}


def moved(deal: str, code: str, second: float, pipeline: str = "p") -> Row:
    at = at_second(0) + timedelta(seconds=second)
    row: Row = {"source_code": "s", "deal_id": deal, "lead_id": None}
    row |= {"source_pipeline": pipeline, "source_stage": code, "changed_at": at}
    row |= {"source_sequence": None, "evidence_kind": "history"}
    return row | {"known_at": at_second(0)}


def deal(deal_id: str, contact_id: str | None, **columns: Any) -> Row:
    names: tuple[str, ...] = ("lead_id", "created_at", "merged_into_deal_id")
    names += ("amount", "currency_code", "probability", "owner_id")
    row: Row = dict.fromkeys(names) | {"source_code": "s", "deal_id": deal_id}
    row |= {"contact_id": contact_id, "is_deleted": False}
    return row | {"known_at": at_second(0)} | columns


def contact(contact_id: str, email: str | None, **columns: Any) -> Row:
    row: Row = {"source_code": "s", "contact_id": contact_id, "email_hash": email}
    return row | {"merged_into_contact_id": None, "known_at": at_second(0)} | columns


def activity(event_id: str, name: str, second: float, **columns: Any) -> Row:
    at = at_second(0) + timedelta(seconds=second)
    row: Row = {"source_code": "s", "activity_id": event_id, "source_event": name}
    row |= {"occurred_at": at, "deal_id": None, "contact_id": None}
    return row | {"known_at": at_second(0)} | columns


def crm_facts(
    changes: list[Row], web_events: list[Row], steps: list[Row], **columns: Any
) -> Facts:
    """Deals of pipeline p (stages a, b, n, w, l); q has a stage z."""
    stages = [stage("a", 1), stage("b", 2), stage("w", 3, "won"), stage("l", 9, "lost")]
    stages += [stage("n", 4), stage("z", 1) | {"pipeline_code": "q"}]
    deals = {row["deal_id"] for row in changes}
    given_: dict[str, Any] = {
        "stage_changes": changes,
        "stages": stages,
        "stage_aliases": [
            alias(row["stage_code"], row["pipeline_code"]) for row in stages
        ],
        "deals": [deal(name, "c") for name in sorted(deals)],
        "contacts": [contact("c", "e")],
    }
    return event_facts(web_events, steps, **(given_ | columns))


def journey_of_events(facts: Facts) -> dict[str, str | None]:
    return {row["event_id"]: row["journey_id"] for row in journey_events(facts)}


def test_an_event_goes_to_the_journey_open_then_else_the_next_else_the_last() -> None:
    changes = [
        *(moved("1", "a", 100), moved("1", "w", 200)),
        *(moved("2", "a", 300), moved("3", "a", 310), moved("2", "l", 400)),
        moved("3", "w", 420),
    ]
    seconds_ = (50, 100, 199, 200, 305, 310, 410, 500)
    rows = [web(str(s), "a", s, email_hash="e") for s in seconds_]
    found = journey_of_events(crm_facts(changes, rows, AB))
    expected = {"50": 1, "100": 1, "199": 1, "200": 2, "305": 2, "310": 3, "410": 3}
    assert found == {
        event: f"s|deal|{number}" for event, number in (expected | {"500": 3}).items()
    }


def test_deleted_journeys_take_no_events() -> None:
    changes = [moved("1", "a", 0), moved("2", "a", 10)]
    deals = [deal("1", "c"), deal("2", "c", is_deleted=True)]
    facts = crm_facts(changes, [web("x", "a", 20, email_hash="e")], AB, deals=deals)
    facts.activities += [
        activity("y", "a", 20, deal_id="2"),
        activity("z", "a", 20, contact_id="c"),
    ]
    found = journey_of_events(facts)
    assert found == {"x": "s|deal|1", "y": None, "z": "s|deal|1"}


def test_an_activity_belongs_to_its_deals_survivor_and_person() -> None:
    changes = [moved("1", "a", 0), moved("2", "a", 10)]
    deals = [deal("1", "c"), deal("2", None, merged_into_deal_id="1")]
    facts = crm_facts(changes, [web("x", "a", 20, email_hash="e")], AB, deals=deals)
    facts.activities.append(activity("y", "a", 20, deal_id="2"))
    rows = {row["event_id"]: row for row in journey_events(facts)}
    assert {row["journey_id"] for row in rows.values()} == {"s|deal|1"}
    assert rows["x"]["person_id"] == rows["y"]["person_id"]


def test_an_entry_of_another_segment_makes_way_for_a_tied_one() -> None:
    changes = [moved("1", "a", 0), moved("2", "b", 0)]
    deals = [deal("1", "c"), deal("2", "d")]
    contacts = [contact("c", "e"), contact("d", "f")]
    rows = [
        web("1", "a", 5, email_hash="e", visitor_id="v"),
        web("2", "a", 5, email_hash="f", visitor_id="v"),
    ]
    rule = {"segment_code": "g", "group_number": 1, "feature_code": "entry_stage"}
    funnel = {"unit_code": "visitor", "segment_code": "g"}
    for code, journey in (("a", "s|deal|1"), ("b", "s|deal|2")):
        facts = crm_facts(
            changes,
            rows,
            AB,
            deals=deals,
            contacts=contacts,
            funnel=funnel,
            segments=[{"segment_code": "g", "priority": 1, "landmark_days": 0}],
            segment_rules=[rule | {"operator_code": "eq", "value": code}],
        )
        assert [row["journey_id"] for row in funnel_attempts(facts)] == [journey]


def test_a_segment_counts_the_customers_events_up_to_its_landmark() -> None:
    rule = {"segment_code": "g", "group_number": 1, "feature_code": "x_count"}
    rule |= {"operator_code": "ge", "value": "2"}
    for second, segment in ((86410, "g"), (86410.000001, "other")):
        rows = [web(str(s), "x", s, email_hash="e") for s in (0, second)]
        facts = crm_facts(
            [moved("1", "a", 10)],
            rows,
            [step(1, "x")],
            segments=[{"segment_code": "g", "priority": 1, "landmark_days": 1}],
            segment_rules=[rule],
        )
        assert [row["segment_code"] for row in journeys(facts)] == [segment]


MIXED = [step(1, "a", "stage"), step(2, "x"), step(3, "b", "stage"), step(4, "y")]
STAGE_FUNNEL = {"kind_code": "stage", "pipeline_code": "p", "window_seconds": None}


def mixed_steps(changes: list[Row], events: list[tuple[str, float]]) -> list[str]:
    """Of one journey: t, s, e (touched, by skip, by entry) and the visit's ending."""
    rows = [
        web(f"{n}", name, second, email_hash="e")
        for n, (name, second) in enumerate(events)
    ]
    facts = crm_facts(changes, rows, MIXED, funnel=STAGE_FUNNEL)
    ways = {"t": "touched", "s": "reached_by_skip", "e": "reached_by_entry"}
    return [
        "".join(letter for letter, way in ways.items() if row[f"{way}_count"])
        + "".join(f" {name}" for name in ENDINGS for _ in range(row[f"{name}_count"]))
        for row in totals(segment_funnels(facts))
    ]


def test_an_event_step_is_hit_after_its_stage_and_moves_no_journey_back() -> None:
    changes = [moved("1", "a", 10), moved("1", "b", 20)]
    assert mixed_steps(changes, [("x", 15)]) == [
        *("t advanced", "t advanced", "t still_open", "")
    ]
    assert mixed_steps(changes, [("x", 25)]) == [
        *("t advanced", "s", "t still_open", "")
    ]
    assert mixed_steps(changes, [("y", 5), ("x", 7)]) == [
        *("t advanced", "e", "t still_open", "t moved_back")
    ]


def test_at_equal_times_events_come_before_stage_changes() -> None:
    changes = [moved("1", "a", 10), moved("1", "b", 20)]
    assert mixed_steps(changes, [("x", 20)])[1] == "t advanced"
    assert mixed_steps(changes, [("x", 10)])[:2] == ["t advanced", "t moved_back"]


def test_a_visit_of_an_event_step_in_a_won_stage_is_completed() -> None:
    changes = [moved("1", "a", 10), moved("1", "w", 20)]
    assert mixed_steps(changes, [("x", 15)])[1] == "t still_open"
    assert mixed_steps(changes, [("x", 25)])[1] == "t completed"


def test_after_a_loss_no_event_is_a_hit_until_a_stage_hit() -> None:
    lost = [moved("1", "a", 10), moved("1", "l", 20)]
    assert mixed_steps(lost, [("x", 30)]) == ["t lost", "", "", ""]
    reopened = [*lost, moved("1", "a", 40)]
    assert mixed_steps(reopened, [("x", 30), ("x", 50)])[:2] == [
        *("t advanced lost", "t still_open")
    ]


def test_in_another_pipeline_no_event_is_a_hit_while_it_lasts() -> None:
    """Back at a stage of no step, the journey is in the funnel's pipeline again."""
    left = [moved("1", "a", 10), moved("1", "z", 20, "q"), moved("1", "n", 40)]
    assert mixed_steps(left, [("x", 30)])[:2] == ["t transferred", ""]
    assert mixed_steps(left, [("x", 50)])[:2] == ["t transferred", "t still_open"]


def totals(rows: list[Row]) -> list[Row]:
    columns = ("segment_code", "channel_code")
    return [row for row in rows if all(row[column] == ALL for column in columns)]


# Known answers: the windowFunnel of ClickHouse


def loaded(name: str) -> list[Any]:
    path = CASES / name
    if not path.exists():
        absent = pytest.mark.skip(reason=f"the shared cases are not there: {path}")
        return [pytest.param({}, marks=absent, id="absent")]
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return [pytest.param(c, id=str(c.get("id") or c["name"])) for c in cases]


def holds(condition: Row, event: Any) -> bool:
    value = event.get(condition["field"]) if isinstance(event, dict) else event
    if condition["op"] == "is_null":
        return value is None
    wanted = condition["value"]
    by_operator = {
        "eq": value == wanted,
        "le": condition["op"] == "le" and value <= wanted,
        "ge": condition["op"] == "ge" and value >= wanted,
    }
    return bool(by_operator[condition["op"]])


def clickhouse_acts(case: Row) -> dict[str, list[Act]]:
    found: dict[str, list[Act]] = {}
    for number, (user, second, event) in enumerate(case["events"]):
        fills = [n for n, s in enumerate(case["steps"], start=1) if holds(s, event)]
        made = act(second % 10**9, *fills, event_id=f"{number:03d}")
        found.setdefault(str(user), []).append(made)
    return found


def reason_to_skip_clickhouse(case: Row) -> str | None:
    if set(case["mode"]) - {"strict_once"}:
        return f"no mode of ours: {case['mode']}"
    if case["name"] == "one_event_three_steps_default":
        return "without strict_once one event fills several steps there"
    return None


@pytest.mark.parametrize("case", loaded("windowfunnel_cases.json"))
def test_the_windowfunnel_cases_reach_the_levels_stated(case: Row) -> None:
    if reason := reason_to_skip_clickhouse(case):
        pytest.skip(reason)
    window = min(case["window_seconds"], 10**10)
    of = rules(ORDERED, len(case["steps"]), window)
    found = {user: level(acts, of) for user, acts in clickhouse_acts(case).items()}
    assert found == case["expected"]


# Known answers: PostHog


def reason_to_skip_posthog(funnel: Row) -> str | None:
    if funnel["viz"] != "steps":
        return f"not a funnel of steps: {funnel['viz']}"
    if "aggregate_by" in funnel:
        return "groups of persons are not ours"
    if any("first_time" in step or "optional" in step for step in funnel["steps"]):
        return "steps of the first time, or optional ones, are not ours"
    return None


def asked(where: Row | None) -> Row:
    assert len(where or {}) <= 1, "a step asks one property at most"
    name, value = next(iter((where or {}).items()), (None, None))
    return {"property_name": name, "property_value": value}


def posthog_steps(funnel: Row) -> list[Row]:
    steps = [
        step(n, each["event"], **asked(each.get("where")))
        for n, each in enumerate(funnel["steps"], start=1)
    ]
    exclusions = [
        step(
            0,
            each["event"],
            "exclusion",
            **asked(each.get("where")),
            **{"from_step": each["from_step"] + 1, "to_step": each["to_step"] + 1},
        )
        for each in funnel["exclusions"]
    ]
    return steps + exclusions


def posthog_range(funnel: Row) -> Row:
    """A last day counts whole."""
    if "date_from" not in funnel:
        return {}
    last = datetime.fromisoformat(funnel["date_to"])
    return {
        "entry_from": datetime.fromisoformat(funnel["date_from"]),
        "entry_to": last + (DAY if len(funnel["date_to"]) == 10 else timedelta()),
    }


def posthog_events(case: Row) -> list[Row]:
    broken_down = case["funnel"]["breakdown"]
    return [
        web(f"{number:03d}", each["event"], 0)
        | {
            "user_id": each["person"],
            "occurred_at": datetime.fromisoformat(each["timestamp"]),
            "properties": json.dumps(each["properties"]),
            "product": each["properties"].get((broken_down or {}).get("property")),
        }
        for number, each in enumerate(case["events"])
        if each["timestamp"]
    ]


def attribution(breakdown: Row) -> str:
    """Its steps count from 0, ours from 1."""
    code = str(breakdown["attribution"])
    return f"step:{breakdown['step'] + 1}" if code == "step" else code


def posthog_facts(case: Row) -> Facts:
    """What a breakdown is by stands as the product, which no session says."""
    funnel, breakdown = case["funnel"], case["funnel"]["breakdown"]
    columns: Row = {
        "mode_code": funnel["order"],
        "window_seconds": funnel["window"]["seconds"],
        "attribution_code": attribution(breakdown) if breakdown else None,
    }
    return event_facts(
        posthog_events(case),
        posthog_steps(funnel),
        funnel=columns | posthog_range(funnel),
        timezone=funnel.get("timezone", "UTC"),
    )


@pytest.mark.parametrize("case", loaded("posthog_funnel_cases.json"))
def test_the_posthog_cases_give_the_counts_stated(case: Row) -> None:
    if reason := reason_to_skip_posthog(case["funnel"]):
        pytest.skip(reason)
    facts = posthog_facts(case)
    if case["funnel"]["breakdown"]:
        assert_broken_down(case, facts)
        return
    rows = [row for row in totals(event_funnels(facts)) if row["is_all_months"]]
    found = {row["step_order"]: row for row in rows}
    for each in case["expected"]:
        assert_as_stated(case, found.get(each["step"], {}), each)


def assert_as_stated(case: Row, row: Row, stated: Row) -> None:
    """Step 1 of an unordered funnel holds excluded persons there."""
    is_all = stated["step"] == 1 and case["funnel"]["order"] == UNORDERED
    count = row.get("entered_count" if is_all else "reached_count", 0)
    assert count == stated.get("count", count), stated
    median = stated.get("median_conversion_time")
    if median is not None:
        assert row["median_seconds_from_previous"] == median


def assert_broken_down(case: Row, facts: Facts) -> None:
    rows = funnel_attempts(facts)
    for member, steps in case["expected"].items():
        levels = [
            row["furthest_step_order"]
            for row in rows
            if row["product_code"] == (member or UNKNOWN)
        ]
        for stated in steps:
            reached = sum(level >= stated["step"] for level in levels)
            assert reached == stated["count"], (member, stated)


# Random facts


@pytest.fixture(scope="module")
def events() -> Facts:
    facts = random_facts(1, journeys=40, pipelines=2)
    sources = {"one": facts.sources["one"]}
    return with_events(replace(facts, sources=sources), 1, bursts=60)


@pytest.fixture(scope="module")
def funnel_rows(events: Facts) -> list[Row]:
    return event_funnels(events)


def test_reached_counts_fall_from_step_to_step(funnel_rows: list[Row]) -> None:
    names = ("funnel_code", "entry_month", "segment_code", "channel_code")
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in funnel_rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    for rows in groups.values():
        counts = [row["reached_count"] for row in rows]
        assert counts == sorted(counts, reverse=True)
        assert counts[0] == rows[0]["entered_count"] - rows[0]["excluded_count"]


def test_no_unit_enters_in_all_months_that_enters_in_none(
    events: Facts, funnel_rows: list[Row]
) -> None:
    """A unit may enter in several months, so the sum is at least the whole."""
    entered: dict[tuple[str, bool], int] = {}
    for row in totals(funnel_rows):
        if row["step_order"] == 1:
            key = (row["funnel_code"], row["is_all_months"])
            entered[key] = entered.get(key, 0) + row["entered_count"]
    codes = {code for code, _ in entered}
    assert len(codes) > 10
    assert all(entered[code, True] <= entered[code, False] for code in codes)
    best_months = {(r["funnel_code"], r["unit_id"]) for r in funnel_attempts(events)}
    parted = {
        row["funnel_code"]
        for row in events.funnels
        if row["attribution_code"] == "all_events"
    }
    for code in codes - parted:
        assert entered[code, True] == sum(found[0] == code for found in best_months)


def test_the_members_of_a_dimension_sum_to_all(funnel_rows: list[Row]) -> None:
    sums: dict[tuple[Any, ...], int] = {}
    for row in funnel_rows:
        if ALL not in (row["segment_code"], row["channel_code"]):
            key = (row["funnel_code"], row["entry_month"], row["step_order"])
            sums[key] = sums.get(key, 0) + row["reached_count"]
    for row in totals(funnel_rows):
        key = (row["funnel_code"], row["entry_month"], row["step_order"])
        assert row["reached_count"] == sums[key]


def test_every_session_event_is_in_one_session(events: Facts) -> None:
    keyed = {
        row["event_id"]
        for row in events.web_events
        if (row["visitor_id"] or row["session_id"])
        and row["occurred_at"]
        and max(row["occurred_at"], row["known_at"]) <= events.as_of
    }
    counts = [row["events_count"] for row in web_sessions(events)]
    assert sum(counts) == len(keyed) > 100


def test_mixed_funnels_hit_their_events(events: Facts) -> None:
    rows = [r for r in segment_funnels(events) if r["funnel_code"] == "mixed_all"]
    hits = dict.fromkeys(range(1, 7), 0)
    for row in totals(rows):
        hits[row["step_order"]] += row["touched_count"]
        endings = ("advanced", "moved_back", "lost", "transferred", "completed")
        ended = sum(row[f"{ending}_count"] for ending in endings)
        assert row["visits_count"] == ended + row["still_open_count"]
    assert all(hits[order] > 0 for order in (1, 2, 3, 5, 6)), hits
