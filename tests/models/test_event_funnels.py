"""Event funnels to the last microsecond and in three zones, with answers by hand."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.models import event_stories as told
from tests.models.event_stories import Attempt, Story
from tests.warehouse import Marts, Warehouse

UTC, SAO_PAULO, TOKYO = "UTC", "America/Sao_Paulo", "Asia/Tokyo"
MINUTE = {"window_seconds": 60}
MODELS = ("fct_funnel_attempts", "fct_event_funnels", "fct_web_sessions")
AS_OF = "20240601T000000Z"
TO_THE_END = {
    "before": ["00:00:00.000001 a", "00:01:00 b"],
    "at": ["00:00:00.000001 a", "00:01:00.000001 b"],
    "after": ["00:00:00.000001 a", "00:01:00.000002 b"],
}
# The last instant of February and the first of March, as three zones' clocks show them.
MONTH_EDGES = {
    "tokyo_before": ["2024-02-29T14:59:59.999999 a"],
    "tokyo_after": ["2024-02-29T15:00:00 a"],
    "utc_before": ["2024-02-29T23:59:59.999999 a"],
    "utc_after": ["2024-03-01T00:00:00 a"],
    "sao_paulo_before": ["2024-03-01T02:59:59.999999 a"],
    "sao_paulo_after": ["2024-03-01T03:00:00 a"],
}
IN_MARCH = {
    TOKYO: {*MONTH_EDGES} - {"tokyo_before"},
    UTC: {"utc_after", "sao_paulo_before", "sao_paulo_after"},
    SAO_PAULO: {"sao_paulo_after"},
}
# What a visitor does on four devices, an hour apart; `look` is no step.
ON_FOUR_DEVICES = [
    *("08:00:00 look tablet", "09:00:00 a phone"),
    *("10:00:00 b laptop", "11:00:00 look watch"),
]
STORIES = [
    Story("ordered_end", TO_THE_END, columns=MINUTE),
    Story("strict_end", TO_THE_END, columns={"mode_code": "strict", **MINUTE}),
    Story(
        "unordered_end",
        {**TO_THE_END, "swapped": ["00:00:00 b", "00:01:00 a"]},
        columns={"mode_code": "unordered", **MINUTE},
    ),
    Story(
        "from_the_first",
        {"slow": ["00:00:00 a", "00:00:40 b", "00:01:20 c"]},
        steps="a b c",
        columns=MINUTE,
    ),
    Story("month_edges", MONTH_EDGES, steps="a"),
    Story(
        "of_march",
        MONTH_EDGES,
        steps="a",
        columns={"entry_from": date(2024, 3, 1), "entry_to": date(2024, 4, 1)},
    ),
    Story(
        "past_the_range",
        {"late": ["2024-03-31T23:59:59 a", "2024-04-01T23:59:59 b"]},
        columns={"entry_from": date(2024, 3, 1), "entry_to": date(2024, 4, 1)},
    ),
    Story(
        "clocks_put_forward",
        {
            "at": ["2018-11-03T15:00:00 a", "2018-11-04T15:00:00 b"],
            "after": ["2018-11-03T15:00:00 a", "2018-11-04T15:00:00.000001 b"],
        },
    ),
    Story(
        "clocks_put_back",
        {
            "at": ["2019-02-16T15:00:00 a", "2019-02-17T15:00:00 b"],
            "after": ["2019-02-16T15:00:00 a", "2019-02-17T15:00:00.000001 b"],
        },
    ),
    Story(
        "two_months",
        {
            "better_later": [
                *("2024-01-31T12:00:00 a", "2024-03-01T12:00:00 a"),
                "2024-03-01T13:00:00 b",
            ],
        },
    ),
    Story("over_the_edge", {"one": ["2024-01-31T23:00:00 a", "2024-02-01T01:00:00 b"]}),
    Story(
        "one_step_each",
        {"once": ["12:00:00 a"], "tied": ["12:00:00 a", "12:00:00 a"]},
        steps="a a",
    ),
    Story(
        "sparing_choice",
        {"tied": ["12:00:00 a", "12:00:00 b"], "only_a": ["12:00:00 a"]},
        steps="a|b a",
    ),
    Story(
        "every_tied_order",
        {"tied": ["12:00:00 c", "12:00:00 b", "12:00:00 a"]},
        steps="a b c",
    ),
    Story(
        "all_tried",
        {
            "second_goes_on": [
                *("00:00:00 a", "00:00:10 b", "00:00:50 a"),
                *("00:01:00 b", "00:01:45 c"),
            ],
        },
        steps="a b c",
        columns=MINUTE,
    ),
    Story(
        "equal_levels",
        {
            "earlier_end": ["00:00:00 a", "00:00:10 b", "00:00:30 a", "00:00:31 b"],
            "later_start": ["00:00:00 a", "00:00:05 a", "00:00:10 b"],
        },
        columns=MINUTE,
    ),
    Story(
        "exclusion",
        {
            "tied_with_first": ["00:00:00 a", "00:00:00 x", "00:00:10 b"],
            "just_after_first": ["00:00:00 a", "00:00:00.000001 x", "00:00:10 b"],
            "just_before_last": ["00:00:00 a", "00:00:09.999999 x", "00:00:10 b"],
            "tied_with_last": ["00:00:00 a", "00:00:10 x", "00:00:10 b"],
            "after_last": ["00:00:00 a", "00:00:10 b", "00:00:11 x"],
            "at_the_end": ["00:00:00 a", "00:01:00 x"],
            "past_the_end": ["00:00:00 a", "00:01:00.000001 x"],
        },
        exclusions=[("x", 1, 2)],
        columns=MINUTE,
    ),
    Story(
        "later_exclusion",
        {
            "before_it_counts": [
                "00:00:00 a",
                "00:00:05 x",
                "00:00:10 b",
                "00:00:20 c",
            ],
            "where_it_counts": ["00:00:00 a", "00:00:10 b", "00:00:15 x", "00:00:20 c"],
            "not_so_far": ["00:00:00 a", "00:00:05 x"],
        },
        steps="a b c",
        exclusions=[("x", 2, 3)],
        columns=MINUTE,
    ),
    Story(
        "void_or_clean",
        {
            "clean_later": [
                *("00:00:00 a", "00:00:01 x", "00:00:02 b"),
                *("00:00:30 a", "00:00:31 b"),
            ],
            "void_farther": [
                *("00:00:00 a", "00:00:01 x", "00:00:02 b", "00:00:03 c"),
                *("00:00:30 a", "00:00:31 b"),
            ],
        },
        steps="a b c",
        exclusions=[("x", 1, 2)],
        columns=MINUTE,
    ),
    Story(
        "nothing_between",
        {
            "noise": ["00:00:00 a", "00:00:05 ?noise", "00:00:10 b"],
            "tied_noise": ["00:00:00 a", "00:00:10 ?noise", "00:00:10 b"],
            "ignored": ["00:00:00 a", "00:00:05 -ping", "00:00:10 b"],
            "repeated": ["00:00:00 a", "00:00:05 a", "00:00:10 b"],
        },
        columns={"mode_code": "strict", **MINUTE},
    ),
    *(
        Story(
            f"by_{code.replace(':', '_')}",
            {"one": ON_FOUR_DEVICES},
            columns={"attribution_code": code},
        )
        for code in ("entry", "step:1", "step:2", "first_touch", "last_touch")
    ),
    Story(
        "by_all_events",
        {"one": ["08:00:00 a phone", "09:00:00 b phone", "10:00:00 a laptop"]},
        columns={"attribution_code": "all_events"},
    ),
    Story(
        "by_a_step_not_reached",
        {"one": ["08:00:00 a phone"]},
        columns={"attribution_code": "step:2"},
    ),
    Story(
        "by_last_known",
        {"one": ["08:00:00 look tablet", "09:00:00 a", "10:00:00 b"]},
        columns={"attribution_code": "last_touch"},
    ),
    Story(
        "by_least_of_tied",
        {"one": ["08:00:00 a tablet", "08:00:00 a phone", "09:00:00 b laptop"]},
    ),
    Story(
        "by_earliest",
        {"one": ["08:00:00 b laptop", "09:00:00 a phone"]},
        columns={"mode_code": "unordered"},
    ),
    Story(
        "by_first_step",
        {"one": ["08:00:00 b laptop", "09:00:00 a phone"]},
        columns={"mode_code": "unordered", "attribution_code": "step:1"},
    ),
    Story("by_session", {"one": ["08:00:00 look tablet", "08:10:00 a"]}),
    Story(
        "medians",
        {
            "ten": ["00:00:00 a", "00:00:10 b"],
            "twenty": ["00:00:00 a", "00:00:20 b"],
            "sixty": ["00:00:00 a", "00:01:00 b"],
            "one_step": ["00:00:00 a"],
            "excluded": ["00:00:00 a", "00:00:20 x", "00:00:59 b"],
        },
        exclusions=[("x", 1, 2)],
        columns=MINUTE,
    ),
    Story(
        "watched",
        {
            "no_longer": ["2024-05-30T23:59:59.999999 a"],
            "to_the_last": ["2024-05-31T00:00:00 a"],
            "done": ["2024-05-31T12:00:00 a", "2024-05-31T13:00:00 b"],
            "not_yet": ["2024-06-01T00:00:00.000001 a"],
        },
    ),
]
MartsIn = Callable[[str], Marts]


@pytest.fixture(scope="module")
def marts_in(warehouse: Warehouse) -> MartsIn:
    """One build a reporting zone, of all stories."""
    made: dict[str, Marts] = {}

    def of(zone: str) -> Marts:
        if zone not in made:
            made[zone] = build(warehouse, zone)
        return made[zone]

    return of


def build(warehouse: Warehouse, zone: str) -> Marts:
    rows = [row for story in STORIES for row in story.events] + of_nobody_and_of_users()
    names = {row["source_event"] for row in of_nobody_and_of_users()}
    return warehouse.build(
        {f"plain/web_events/{AS_OF}.jsonl": rows},
        seeds=told.seeds(
            [
                *(story.funnel for story in STORIES),
                *(told.funnel(unit, unit_code=unit) for unit in ("person", "visitor")),
            ],
            [
                *(row for story in STORIES for row in story.funnel_steps),
                *told.steps("person", "begun", "ended"),
                *told.steps("visitor", "begun", "ended"),
            ],
            [
                *(row for story in STORIES for row in story.aliases),
                *(told.alias(name) for name in sorted(names)),
            ],
        ),
        timezone=zone,
        models=MODELS,
    )


def of_nobody_and_of_users() -> list[dict[str, Any]]:
    """Two events of nobody; a user on two devices; one device of two users."""
    return [
        told.event("n1", "begun", "2024-01-10T08:00:00"),
        told.event("n2", "ended", "2024-01-10T08:01:00"),
        told.event("u1", "begun", "2024-01-10T08:00:00", visitor_id="v1"),
        told.event("u2", "look", "2024-01-10T08:01:00", visitor_id="v1", user_id="u"),
        told.event("u3", "ended", "2024-01-10T08:02:00", visitor_id="v2", user_id="u"),
        told.event("s1", "begun", "2024-01-10T08:00:00", visitor_id="v3", user_id="s"),
        told.event("s2", "ended", "2024-01-10T08:01:00", visitor_id="v3", user_id="t"),
    ]


@pytest.fixture(scope="module")
def marts(marts_in: MartsIn) -> Marts:
    return marts_in(UTC)


def by_visitor(marts: Marts, code: str) -> Mapping[str, Attempt]:
    """The only attempt of each visitor of a story."""
    found = told.attempts(marts, code)
    named = {each.unit.removeprefix(f"{code}/"): each for each in found}
    assert len(named) == len(found)
    return named


def levels(marts: Marts, code: str) -> dict[str, int]:
    return {unit: each.level for unit, each in by_visitor(marts, code).items()}


def clean_and_void(marts: Marts, code: str) -> dict[str, tuple[int, str]]:
    return {
        unit: (each.level, "void" if each.is_excluded else "clean")
        for unit, each in by_visitor(marts, code).items()
    }


@pytest.mark.parametrize("mode", ["ordered", "strict", "unordered"])
def test_a_window_has_its_last_microsecond_and_no_more(marts: Marts, mode: str) -> None:
    found = levels(marts, f"{mode}_end")
    assert {unit: found[unit] for unit in TO_THE_END} == {
        "before": 2,
        "at": 2,
        "after": 1,
    }


def test_the_window_of_an_unordered_funnel_runs_from_its_earliest_event(
    marts: Marts,
) -> None:
    swapped = by_visitor(marts, "unordered_end")["swapped"]
    assert (swapped.level, swapped.seconds_between(1, 2)) == (2, 60)


def test_a_window_runs_from_the_first_step_not_from_the_one_before(
    marts: Marts,
) -> None:
    assert levels(marts, "from_the_first") == {"slow": 2}


@pytest.mark.parametrize("zone", [UTC, SAO_PAULO, TOKYO])
def test_months_of_entry_are_cut_in_the_reporting_zone(
    marts_in: MartsIn, zone: str
) -> None:
    found = by_visitor(marts_in(zone), "month_edges")
    assert {unit: each.entry_month for unit, each in found.items()} == {
        unit: date(2024, 3, 1) if unit in IN_MARCH[zone] else date(2024, 2, 1)
        for unit in MONTH_EDGES
    }


@pytest.mark.parametrize("zone", [UTC, SAO_PAULO, TOKYO])
def test_a_range_of_entry_is_read_in_the_reporting_zone(
    marts_in: MartsIn, zone: str
) -> None:
    assert set(by_visitor(marts_in(zone), "of_march")) == IN_MARCH[zone]


def test_a_range_limits_the_entry_alone(marts: Marts) -> None:
    assert levels(marts, "past_the_range") == {"late": 2}


@pytest.mark.parametrize("zone", [UTC, SAO_PAULO])
@pytest.mark.parametrize("change", ["clocks_put_forward", "clocks_put_back"])
def test_a_day_of_window_is_86400_seconds_where_clocks_change(
    marts_in: MartsIn, zone: str, change: str
) -> None:
    """In São Paulo on 4 November 2018 and 17 February 2019, at midnight."""
    assert levels(marts_in(zone), change) == {"at": 2, "after": 1}


def test_a_better_attempt_of_march_leaves_the_entry_of_january(marts: Marts) -> None:
    found = told.attempts(marts, "two_months")
    assert {each.entry_month: each.level for each in found} == {
        date(2024, 1, 1): 1,
        date(2024, 3, 1): 2,
    }
    entered = marts("""
        select entry_month, step_order, entered_count, reached_count
        from marts.fct_event_funnels
        where funnel_code = 'two_months'
            and segment_code = 'all' and channel_code = 'all'
        order by entry_month nulls last, step_order
    """)
    assert entered == [
        (date(2024, 1, 1), 1, 1, 1),
        (date(2024, 1, 1), 2, 1, 0),
        (date(2024, 3, 1), 1, 1, 1),
        (date(2024, 3, 1), 2, 1, 1),
        (None, 1, 1, 1),
        (None, 2, 1, 1),
    ]


def test_a_conversion_belongs_to_the_month_of_its_entry(marts: Marts) -> None:
    one = by_visitor(marts, "over_the_edge")["one"]
    assert (one.entry_month, one.level) == (date(2024, 1, 1), 2)


def test_an_event_fills_one_step_even_among_tied_ones(marts: Marts) -> None:
    assert levels(marts, "one_step_each") == {"once": 1, "tied": 2}


def test_tied_events_are_spread_over_as_many_steps_as_they_can_fill(
    marts: Marts,
) -> None:
    assert levels(marts, "sparing_choice") == {"tied": 2, "only_a": 1}
    assert levels(marts, "every_tied_order") == {"tied": 3}


def test_all_attempts_are_tried(marts: Marts) -> None:
    attempt = by_visitor(marts, "all_tried")["second_goes_on"]
    assert attempt.level == 3
    assert attempt.times == at("00:00:50", "00:01:00", "00:01:45")


def test_of_equal_levels_the_earlier_end_wins_then_the_later_start(
    marts: Marts,
) -> None:
    found = by_visitor(marts, "equal_levels")
    assert {unit: each.times for unit, each in found.items()} == {
        "earlier_end": at("00:00:00", "00:00:10"),
        "later_start": at("00:00:05", "00:00:10"),
    }


def at(*times: str) -> tuple[datetime, ...]:
    return tuple(datetime.fromisoformat(f"2024-01-10T{time}Z") for time in times)


def test_an_exclusion_counts_strictly_between_its_steps_and_to_the_windows_end(
    marts: Marts,
) -> None:
    assert clean_and_void(marts, "exclusion") == {
        "tied_with_first": (2, "clean"),
        "just_after_first": (2, "void"),
        "just_before_last": (2, "void"),
        "tied_with_last": (2, "clean"),
        "after_last": (2, "clean"),
        "at_the_end": (1, "void"),
        "past_the_end": (1, "clean"),
    }


def test_an_exclusion_counts_from_its_own_first_step(marts: Marts) -> None:
    assert clean_and_void(marts, "later_exclusion") == {
        "before_it_counts": (3, "clean"),
        "where_it_counts": (3, "void"),
        "not_so_far": (1, "clean"),
    }


def test_a_clean_attempt_beats_a_void_one_of_its_level_and_no_higher_one(
    marts: Marts,
) -> None:
    assert clean_and_void(marts, "void_or_clean") == {
        "clean_later": (2, "clean"),
        "void_farther": (3, "void"),
    }
    counted = [
        (row["entered_count"], row["reached_count"], row["excluded_count"])
        for row in told.counts(marts, "void_or_clean")
    ]
    assert counted == [(2, 1, 1), (2, 1, 1), (2, 0, 1)]


def test_in_strict_funnels_any_event_between_two_steps_counts_unless_ignored(
    marts: Marts,
) -> None:
    """A repeated first step begins an attempt of its own, with nothing between."""
    assert levels(marts, "nothing_between") == {
        "noise": 1,
        "tied_noise": 2,
        "ignored": 2,
        "repeated": 2,
    }


@pytest.mark.parametrize(
    ("code", "device"),
    [
        ("by_entry", "phone"),
        ("by_step_1", "phone"),
        ("by_step_2", "laptop"),
        ("by_first_touch", "tablet"),
        ("by_last_touch", "laptop"),
        ("by_a_step_not_reached", None),
        ("by_session", "tablet"),
        ("by_last_known", "tablet"),
        ("by_least_of_tied", "tablet"),
        ("by_earliest", "laptop"),
        ("by_first_step", "phone"),
    ],
)
def test_an_attempt_bears_the_dimensions_that_its_attribution_names(
    marts: Marts, code: str, device: str | None
) -> None:
    assert by_visitor(marts, code)["one"].device == device


def test_all_events_part_a_unit_by_its_dimensions(marts: Marts) -> None:
    found = {each.device: each.level for each in told.attempts(marts, "by_all_events")}
    assert found == {"phone": 2, "laptop": 1}


def test_medians_are_of_clean_attempts_that_reached_the_step(marts: Marts) -> None:
    found = [
        (row["reached_count"], row["median_seconds_from_previous"])
        for row in told.counts(marts, "medians")
    ]
    assert found == [(4, None), (3, 20)]


def test_an_attempt_is_open_while_its_window_reaches_past_what_was_watched(
    marts: Marts,
) -> None:
    found = marts("""
        select entered_at, is_still_open from marts.fct_funnel_attempts
        where funnel_code = 'watched' order by entered_at
    """)
    last = datetime(2024, 5, 31)
    assert found == [
        (last - timedelta(microseconds=1), False),
        (last, True),
        (last + timedelta(hours=12), False),
    ]


def test_a_person_is_followed_over_devices_and_a_visitor_is_not(marts: Marts) -> None:
    """Nobody's events make no unit, and a shared device does not make its users one."""
    of_persons = [each.level for each in told.attempts(marts, "person")]
    assert sorted(of_persons) == [1, 2]
    assert levels(marts, "visitor") == {"v1": 1, "v3": 2}
