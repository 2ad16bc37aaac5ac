"""Planted conditions and realised counts, found again in the files alone."""

import math
from collections import Counter, defaultdict
from enum import StrEnum, auto
from itertools import pairwise

import pytest

DAY = 86_400
END = "2026-07-01 00:00:00"


class Kind(StrEnum):
    """Directions of moves."""

    ENTRY = auto()
    TRANSFER = auto()
    LOST = auto()
    REOPEN = auto()
    WON = auto()
    BACKWARD = auto()
    SKIP = auto()
    FORWARD = auto()


def outcome(made, rows):
    """The count a journey belongs to, by the flags of its last stage."""
    if rows[-1]["value"] in made.won_stages:
        return "won_count"
    return "lost_count" if made.orders[rows[-1]["value"]][2] else "open_count"


def segment(made, at, deal_id, rows):
    """Who the customer is, read from the web alone."""
    if made.deals[deal_id]["property_hs_analytics_source"] == "REFERRALS":
        return "referred"
    entered = at(rows[0]["date_entered"])
    calls = made.calls_of.get(made.contacts[deal_id], [])
    before = [call for call in calls if at(call["timestamp"]) <= entered]
    pages = [call for call in before if call["type"] == "page"]
    if sum(p["properties"]["category"] == "Guide" for p in pages) >= 5:
        return "researcher"
    first = min((at(call["timestamp"]) for call in before), default=-math.inf)
    return "quick" if entered - first <= DAY else "other"


@pytest.fixture(scope="module")
def segments(made, at):
    return {
        deal_id: segment(made, at, deal_id, rows)
        for deal_id, rows in made.journeys.items()
    }


def test_journeys_and_outcomes_are_those_the_truth_states(made, segments):
    found = Counter()
    for deal_id, rows in made.journeys.items():
        deal = made.deals[deal_id]
        key = (
            deal["deal_pipeline_id"],
            segments[deal_id],
            deal["property_hs_analytics_source"],
        )
        found[(*key, "journeys_count")] += 1
        found[(*key, outcome(made, rows))] += 1
    stated = Counter()
    for row in made.truth["realised"]["journeys"]:
        key = (row["pipeline"], row["segment"], row["channel"])
        for name in ("journeys_count", "won_count", "lost_count", "open_count"):
            stated[(*key, name)] += row[name]
    assert found == +stated


def test_nobody_first_came_one_to_two_days_before(made, at):
    """However a day is counted, by seconds or by dates, segments stay the same."""
    for deal_id, rows in made.journeys.items():
        entered = at(rows[0]["date_entered"])
        times = [at(c["timestamp"]) for c in made.calls_of[made.contacts[deal_id]]]
        lead = entered - min(times, default=entered)
        assert not 0.9 * DAY < lead < 2 * DAY


def test_groups_add_up_to_all_journeys(made):
    realised = made.truth["realised"]
    assert realised["journeys_count"] == len(made.journeys)
    for name in ("by_pipeline", "by_segment", "by_channel"):
        counts = [group["journeys_count"] for group in realised[name].values()]
        assert sum(counts) == len(made.journeys)
    assert set(realised["by_segment"]) == {"referred", "researcher", "quick", "other"}


def test_the_deal_row_always_shows_the_last_stage_then_landed(made):
    landed = defaultdict(list)
    for row in made.rows("hubspot/deal_stage"):
        landed[row["deal_id"]].append(row)
    for deal in made.rows("hubspot/deal"):
        seen = [r for r in landed[deal["deal_id"]] if r["_day"] <= deal["_day"]]
        last = max(seen, key=made.rank)
        assert deal["deal_pipeline_stage_id"] == last["value"]
        assert deal["deal_pipeline_id"] == made.orders[last["value"]][0]


def test_a_deal_lands_on_every_day_its_history_does(made):
    stages = {(r["deal_id"], r["_day"]) for r in made.rows("hubspot/deal_stage")}
    assert stages <= {(r["deal_id"], r["_day"]) for r in made.rows("hubspot/deal")}


def test_stage_rows_end_where_the_next_begins(made):
    for rows in made.histories.values():
        for row, following in pairwise(rows):
            assert row["_fivetran_end"] == following["date_entered"]
            assert row["_fivetran_active"] == "false"
        assert rows[-1]["_fivetran_end"] == "9999-12-31 23:59:59"
        assert rows[-1]["_fivetran_active"] == "true"


def test_a_stage_is_never_entered_twice_in_a_row(made):
    for rows in made.journeys.values():
        places = [made.orders[row["value"]][:2] for row in rows]
        assert all(a != b for a, b in pairwise(places))


def test_property_history_ends_in_what_the_deal_row_shows(made):
    last = {}
    history = made.rows("hubspot/deal_property_history")
    for row in sorted(history, key=lambda row: row["timestamp"]):
        last[row["deal_id"], row["name"]] = row["value"]
    names = {
        "amount": "property_amount",
        "hubspot_owner_id": "owner_id",
        "pipeline": "deal_pipeline_id",
        "hs_deal_stage_probability": "property_hs_deal_stage_probability",
    }
    for deal_id, deal in made.deals.items():
        for name, column in names.items():
            assert last.get((deal_id, name), "") == deal[column]
        closes = last[deal_id, "closedate"].replace("T", " ").removesuffix("Z")
        assert closes == deal["property_closedate"]


def test_counted_kinds_of_deals_are_in_the_files(made):
    realised = made.truth["realised"]
    merged = {row["merged_deal_id"] for row in made.rows("hubspot/merged_deal")}
    deleted = {d for d, row in made.deals.items() if row["is_deleted"] == "true"}
    assert len(merged) == realised["merged_count"] > 0
    assert merged <= deleted
    assert len(deleted - merged) == realised["deleted_count"] > 0
    survivors = {row["deal_id"] for row in made.rows("hubspot/merged_deal")}
    assert survivors <= set(made.journeys)
    counts = Counter(made.contacts[deal_id] for deal_id in made.journeys)
    again = sum(count - 1 for count in counts.values())
    assert again == realised["repeat_journeys_count"] > 0
    late = {
        (r["deal_id"], r["value"], r["date_entered"]): r["_day"]
        for r in reversed(made.rows("hubspot/deal_stage"))
    }
    days = [(day, key[2][:10]) for key, day in late.items()]
    assert (
        sum(day > entered for day, entered in days) == realised["late_rows_count"] > 0
    )


def test_absorbed_deals_came_after_their_survivor_and_stopped_before_the_merge(made):
    for row in made.rows("hubspot/merged_deal"):
        absorbed = made.histories[row["merged_deal_id"]]
        survivor = made.histories[row["deal_id"]]
        assert survivor[0]["date_entered"] < absorbed[0]["date_entered"]
        assert absorbed[-1]["date_entered"] < row["_fivetran_synced"]
        contacts = {made.contacts[row[name]] for name in ("deal_id", "merged_deal_id")}
        assert len(contacts) == 1


def kinds(made, rows):
    """Directions of a history by rule 3, judged from the files."""
    yield Kind.ENTRY
    for old, new in pairwise(rows):
        (pipe, place, lost) = made.orders[old["value"]]
        (new_pipe, new_place, new_lost) = made.orders[new["value"]]
        is_won, was_won = (row["value"] in made.won_stages for row in (new, old))
        if pipe != new_pipe:
            yield Kind.TRANSFER
        elif new_lost:
            yield Kind.LOST
        elif (lost or was_won) and not is_won:
            yield Kind.REOPEN
        elif is_won and not was_won:
            yield Kind.WON
        elif new_place < place:
            yield Kind.BACKWARD
        else:
            yield Kind.SKIP if new_place > place + 1 else Kind.FORWARD


@pytest.fixture(scope="module")
def directions(made):
    return {deal_id: list(kinds(made, rows)) for deal_id, rows in made.journeys.items()}


def test_directions_are_those_the_truth_states(made, directions):
    realised = made.truth["realised"]
    found = Counter(kind for row in directions.values() for kind in row)
    assert dict(found) == realised["directions"]
    assert sum(found.values()) == realised["transitions_count"]
    assert set(found) == set(Kind)
    for name, kind in (("reopened", Kind.REOPEN), ("transferred", Kind.TRANSFER)):
        having = sum(kind in row for row in directions.values())
        assert having == realised[f"{name}_count"] > 0


def test_some_enter_in_the_middle_and_some_close_in_one_second(made):
    middle = [r for r in made.journeys.values() if made.orders[r[0]["value"]][1] > 0]
    assert len(middle) == made.truth["realised"]["mid_pipeline_entries_count"] > 0
    sizes = Counter(
        size
        for rows in made.journeys.values()
        for size in Counter(row["date_entered"] for row in rows).values()
    )
    assert sizes[2] > 0
    assert sizes[3] > 0


def test_a_stage_is_replaced_half_way_and_labels_change(made):
    switched = made.truth["parameters"]["stage_replaced_on"]
    entered = defaultdict(list)
    for rows in made.histories.values():
        for row in rows:
            entered[row["value"]].append(row["date_entered"])
    assert max(entered["decisionmakerboughtin"]) < switched
    assert min(entered["1028374651"]) >= switched
    labels = defaultdict(set)
    for row in made.rows("hubspot/deal_pipeline_stage"):
        labels[row["stage_id"]].add(row["label"])
    assert len(labels["decisionmakerboughtin"]) == 2


def test_a_form_was_sent_seconds_before_each_deal_that_came_by_the_web(made, at):
    forms = defaultdict(list)
    for call in made.calls:
        if call.get("event") == "Form Submitted":
            forms[call["userId"]].append(at(call["timestamp"]))
    for deal_id, rows in made.histories.items():
        if made.deals[deal_id]["property_hs_analytics_source"] != "OFFLINE":
            entered = at(rows[0]["date_entered"])
            sent = forms[made.contacts[deal_id]]
            assert any(1 <= entered - when <= 6 for when in sent)
    unrecorded = made.truth["realised"]["unrecorded_forms_count"]
    assert len(forms[None]) == unrecorded > 0


def test_several_devices_are_stitched_by_identify(made):
    devices = [
        len({call["anonymousId"] for call in calls}) for calls in made.calls_of.values()
    ]
    assert 0.1 < sum(count > 1 for count in devices) / len(devices) < 0.4
    assert max(devices) == 3
    for contact, calls in made.calls_of.items():
        assert {call["userId"] for call in calls} <= {contact, None}


def test_visitors_are_heavy_tailed(made):
    known = {call["anonymousId"] for calls in made.calls_of.values() for call in calls}
    counts = Counter(
        call["anonymousId"] for call in made.calls if call["anonymousId"] not in known
    )
    bounced = sum(count == 1 for count in counts.values())
    assert bounced / len(counts) > 0.5
    assert max(counts.values()) >= 100


def test_most_decisions_take_months(made, at):
    waits = [
        (at(row["date_entered"]) - at(rows[0]["date_entered"])) / DAY
        for rows in made.journeys.values()
        for row in rows[1:]
        if row["value"] == "closedwon" and rows[0]["value"] == "appointmentscheduled"
    ]
    median = sorted(waits)[len(waits) // 2]
    assert 60 < median < 200
    assert sum(30 <= wait <= 275 for wait in waits) / len(waits) > 0.8


def first_entries(made, at, rows, pipeline):
    """First instant of each place in a pipeline, a loss left out."""
    firsts = {}
    for row in rows:
        pipe, place, lost = made.orders[row["value"]]
        if pipe == pipeline and not lost:
            firsts.setdefault(place, at(row["date_entered"]))
    return firsts


def converted(made, at, rows, pipeline, start, goal, days=90):
    """Null if the stage was never entered, else whether it went on in time."""
    firsts = first_entries(made, at, rows, pipeline)
    if start not in firsts:
        return None
    return any(
        firsts[start] <= at(row["date_entered"]) <= firsts[start] + days * DAY
        for row in rows
        for pipe, place, lost in [made.orders[row["value"]]]
        if pipe == pipeline and not lost and place >= goal
    )


def test_cohorts_are_those_the_truth_states(made, at):
    for row in made.truth["realised"]["cohorts_90_days"][::7]:
        pipeline = row["pipeline"]
        start, goal = made.orders[row["from_stage"]][1], made.orders[row["to_stage"]][1]
        found = Counter()
        for rows in made.journeys.values():
            entered = first_entries(made, at, rows, pipeline).get(start)
            month = at(row["cohort_month"])
            if entered and month <= entered < month + 31 * DAY:
                day = next(
                    r["date_entered"] for r in rows if at(r["date_entered"]) == entered
                )
                if day[:7] == row["cohort_month"][:7]:
                    found["entered"] += 1
                    found["in time"] += converted(made, at, rows, pipeline, start, goal)
        assert found["entered"] == row["entered_count"]
        assert found["in time"] == row["converted_count"]


def test_conversion_within_90_days_is_as_planted(made, at, segments):
    planted = defaultdict(list)
    for row in made.truth["planted"]["conversions"]:
        planted[row["segment"], row["channel"]].append(row)
    cells = defaultdict(list)
    for deal_id, rows in made.journeys.items():
        channel = made.deals[deal_id]["property_hs_analytics_source"]
        for row in planted[segments[deal_id], channel]:
            pipeline, stage_id = row["pipeline"], row["from_stage"]
            start, goal = made.orders[stage_id][1], made.orders[row["to_stage"]][1]
            entered = first_entries(made, at, rows, pipeline).get(start)
            if entered is not None and entered + 90 * DAY <= at(END):
                went_on = converted(made, at, rows, pipeline, start, goal)
                cell = (pipeline, stage_id, row["segment"])
                cells[cell].append((went_on, row["probability_90_days"]))
    for values in cells.values():
        spread = math.sqrt(sum(p * (1 - p) for _, p in values))
        gap = sum(went_on - p for went_on, p in values)
        assert abs(gap) <= 4 * spread
    assert len(cells) > 25


def test_segments_and_channels_really_differ(made):
    realised = made.truth["realised"]

    def win_rate(group):
        return group["won_count"] / group["journeys_count"]

    by_segment, by_channel = realised["by_segment"], realised["by_channel"]
    assert win_rate(by_segment["referred"]) > 2 * win_rate(by_segment["quick"])
    assert win_rate(by_segment["researcher"]) > win_rate(by_segment["quick"])
    assert win_rate(by_channel["PAID_SOCIAL"]) < win_rate(by_channel["EMAIL_MARKETING"])
