"""What customers did before they asked, and what it converts at: fct_journey_variants.

One story, built once: in pipeline `p` twenty who read and then asked (fifteen buy), and
thirty who asked at once (nine buy); all are watched for a year.
"""

from datetime import datetime, timedelta

import pytest

from tests.models.event_stories import alias as event_alias
from tests.models.event_stories import event
from tests.models.stories import Row, by, changes, deal, registry, stage
from tests.warehouse import Marts, Warehouse

DAY = "2024-12-31"
BEGUN = datetime(2024, 1, 10)
# who did what before they entered, of how many, and how many of these bought
READERS = (("read", "read", "asked"), 20, 15)
ASKERS = (("asked",), 30, 9)
WANDERERS = (("read", "asked", "read", "asked", "read", "asked"), 2, 0)


def told(number: int, actions: tuple[str, ...]) -> list[Row]:
    who = {"visitor_id": f"v{number}", "email": f"c{number}@example.com"}
    first = BEGUN - timedelta(hours=len(actions))
    events = [
        event(
            f"e{number}_{place}",
            name,
            first + timedelta(hours=place),
            page_url=f"https://x.example/{name}?n={place}",
            product="roof" if name == "read" else None,
            **who,
        )
        for place, name in enumerate(actions)
    ]
    later = BEGUN + timedelta(hours=1)
    return [*events, event(f"e{number}_later", "read", later, **who)]


def story() -> dict[str, list[Row]]:
    moves: list[Row] = []
    deals: list[Row] = []
    people: list[Row] = []
    events: list[Row] = []
    for actions, count, bought in (READERS, ASKERS, WANDERERS):
        for place in range(count):
            number = len(deals)
            own = [f"{BEGUN} a"]
            if place < bought:
                own.append(f"{BEGUN + timedelta(days=20)} w")
            moves += changes(f"d{number}", *own)
            deals.append(deal(f"d{number}", own[-1][-1], contact_id=f"c{number}"))
            email = f"c{number}@example.com"
            people.append({"contact_id": f"c{number}", "email": email})
            events += told(number, actions)
    return {
        f"plain/stage_changes/{DAY}.csv": moves,
        f"plain/deals/{DAY}.csv": deals,
        f"plain/contacts/{DAY}.csv": people,
        f"plain/web_events/{DAY}.jsonl": events,
    }


@pytest.fixture(scope="module")
def marts(warehouse: Warehouse) -> Marts:
    stages = [stage("a", 1), stage("w", 2, outcome_code="won")]
    seeds = registry([*stages, stage("x", 90, outcome_code="lost")])
    seeds["event_aliases"] = [event_alias("read"), event_alias("asked")]
    models = ("fct_journey_variants",)
    return warehouse.build(story(), seeds=seeds, models=models, with_tests=True)


def variants(marts: Marts, kind: str, segment: str) -> dict[str, Row]:
    rows = marts.rows(
        """
        select * from marts.fct_journey_variants
        where horizon_days = 30 and variant_kind_code = ? and segment_code = ?
        """,
        kind,
        segment,
    )
    return {name: dict(row) for name, row in by(rows, "variant_name").items()}


def test_a_sequence_ends_at_the_entry_and_converts_against_all_others(
    marts: Marts,
) -> None:
    found = variants(marts, "sequence", "other")
    cut = "read > asked > read > asked > read > ..."
    assert set(found) == {"read > asked", "asked", cut}
    readers = found["read > asked"]
    counts = ("journeys_count", "watched_count", "converted_count")
    assert [readers[name] for name in counts] == [20, 20, 15]
    assert (readers["others_watched_count"], readers["others_converted_count"]) == (
        32,
        9,
    )
    assert readers["rate_difference"] == pytest.approx(15 / 20 - 9 / 32)
    assert readers["journeys_share"] == pytest.approx(20 / 52)


def test_the_difference_is_told_beyond_chance_and_with_the_rule_that_makes_a_segment(
    marts: Marts,
) -> None:
    found = variants(marts, "sequence", "other")
    # by hand: pooled 24/52, z = 0.46875 / sqrt(24/52 * 28/52 * (1/20 + 1/32)) = 3.29874
    readers = found["read > asked"]
    assert readers["difference_p_value"] == pytest.approx(0.000971193, rel=1e-6)
    assert readers["comparisons_count"] == 2
    assert readers["is_difference_significant"]
    rule = [readers[f"rule_{name}"] for name in ("feature_code", "operator_code")]
    assert rule == ["actions_sequence", "="]
    assert readers["rule_value"] == "read > asked"
    total = variants(marts, "sequence", "all")["read > asked"]
    assert (total["is_difference_significant"], total["rule_value"]) == (True, None)


def test_pages_and_interest_are_those_before_the_entry(marts: Marts) -> None:
    pages = {
        kind: {name: row["journeys_count"] for name, row in found.items()}
        for kind in ("entry_page", "exit_page", "interest")
        for found in [variants(marts, kind, "other")]
    }
    assert pages == {
        "entry_page": {"https://x.example/read": 22, "https://x.example/asked": 30},
        "exit_page": {"https://x.example/asked": 52},
        "interest": {"roof": 22, "unknown": 30},
    }
