"""A newcomer's sources: YAML, small SQL and lines in seeds, and no Python at all.

`acme` is the example of CONTRIBUTING.md, word for word; `office` writes as in Germany;
`daily` is one whole table of deals a day, whose changes are told by comparing extracts;
`torn` is another, of which a day came with records that could not be read.
"""

import json
import os
import re
import shutil
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from dbt.cli.main import dbtRunner

from dagster_project.invoking import close_connections
from dagster_project.landing import freeze_run, land, next_batch_id, read_contracts
from dagster_project.paths import DBT, Paths
from dagster_project.settings import ROOT
from dagster_project.transforming import environment
from tests.models.stories import alias, registry, stage
from tests.warehouse import Marts, Warehouse, write_files, write_seeds

pytestmark = pytest.mark.slow

SOURCES = ("acme", "office", "daily", "torn")
MODELS = (
    *("fct_stage_transitions", "fct_journeys", "fct_journey_steps"),
    *("fct_stage_snapshots", "fct_monthly_throughput", "dq_reconciliations"),
    *("gate_castable_values", "gate_stage_codes", "gate_end_states"),
)

FENCED = re.compile(r"^```(?:yaml|sql)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROVIDES = re.compile(r"`(acme: \[.*?\])`")

OFFICE_SOURCES = r"""
sources:
  - name: office
    config:
      meta:
        extract:
          format: csv
          delimiter: ";"
          encoding: cp1252
          timezone: Europe/Berlin
          decimal: ","
          date_format: "%d.%m.%Y %H:%M"
          extracted_at: {path: '(\d{4}-\d{2}-\d{2})'}
    tables:
      - name: deals
        config:
          meta:
            extract: {files: [office/deals/*.csv], mode: changes, key: [Nr]}
        columns: [{name: Nr}, {name: Phase}, {name: Wert}, {name: Ort}]
      - name: phases
        config: {meta: {extract: {files: [office/phases/*.csv], mode: append}}}
        columns: [{name: Nr}, {name: Phase}, {name: Seit}]
"""
OFFICE_DEALS = """
with raw as (

    select * from {{ admitted('office', 'deals') }} as admitted

),

renamed as (

    select
        'office' as source_code,
        {{ label('"Nr"') }} as deal_id,
        'sales' as source_pipeline,
        {{ label('"Phase"') }} as source_stage,
        {{ label('"Ort"') }} as region,
        {{ number('"Wert"') }} as amount,
        _extracted_at as known_at,
        {{ lineage(numbers=['"Wert"']) }}
    from raw

)

select * from renamed
"""
OFFICE_CHANGES = """
with raw as (

    select * from {{ admitted('office', 'phases') }} as admitted

),

renamed as (

    select
        'office' as source_code,
        {{ label('"Nr"') }} as deal_id,
        'sales' as source_pipeline,
        {{ label('"Phase"') }} as source_stage,
        {{ utc('"Seit"') }} as changed_at,
        'history' as evidence_kind,
        _extracted_at as known_at,
        {{ lineage(times=['"Seit"']) }}
    from raw

)

select * from renamed
"""
DAILY_SOURCES = r"""
sources:
  - name: daily
    config:
      meta:
        extract:
          format: csv
          extracted_at: {path: '(\d{4}-\d{2}-\d{2})'}
    tables:
      - name: deals
        config: {meta: {extract: {files: [daily/*.csv], mode: full, key: [id]}}}
        columns:
          [{name: id}, {name: phase}, {name: value}, {name: opened}, {name: closed}]
"""
DAILY_DEALS = """
with raw as (

    select * from {{ admitted('daily', 'deals') }} as admitted

),

renamed as (

    select
        'daily' as source_code,
        {{ label('id') }} as deal_id,
        'shop' as source_pipeline,
        {{ label('phase') }} as source_stage,
        {{ number('value') }} as amount,
        {{ utc('opened') }} as created_at,
        {{ utc('closed') }} as closed_at,
        _is_vanished as is_deleted,
        _extracted_at as known_at,
        {{ lineage(times=['opened', 'closed'], numbers=['value']) }}
    from raw

)

select * from renamed
"""
TORN_DEALS = DAILY_DEALS.replace("daily", "torn").replace("'shop'", "'sales'")
STAGING = {
    "office/_office__sources.yml": OFFICE_SOURCES,
    "office/stg_office__deals.sql": OFFICE_DEALS,
    "office/stg_office__stage_changes.sql": OFFICE_CHANGES,
    "daily/_daily__sources.yml": DAILY_SOURCES,
    "daily/stg_daily__deals.sql": DAILY_DEALS,
    "torn/_torn__sources.yml": DAILY_SOURCES.replace("daily", "torn"),
    "torn/stg_torn__deals.sql": TORN_DEALS,
}
PROVIDED = ("office: [deals, stage_changes]", "daily: [deals]", "torn: [deals]")

STAGES = [
    stage("a", 1, pipeline="sales"),
    stage("w", 2, pipeline="sales", outcome_code="won"),
    stage("a", 1, pipeline="shop"),
    stage("b", 2, pipeline="shop"),
    stage("w", 3, pipeline="shop", outcome_code="won"),
]
ALIASES = [
    alias("new", "a", pipeline="sales", source_code="acme", source_pipeline="acme"),
    alias("done", "w", pipeline="sales", source_code="acme", source_pipeline="acme"),
    alias("Anfrage", "a", pipeline="sales", source_code="office"),
    alias("Verkauft", "w", pipeline="sales", source_code="office"),
    alias("one", "a", pipeline="sales", source_code="torn"),
    alias("one", "a", pipeline="shop", source_code="daily"),
    alias("two", "b", pipeline="shop", source_code="daily"),
    alias("sold", "w", pipeline="shop", source_code="daily"),
]

HEADER = "id,phase,value,opened,closed\n"
EXTRACTS: dict[str, str | bytes] = {
    "acme/deals_2024-02-01.csv": (
        "id,stage,value,created\n"
        "A1,new,100,2024-01-31 23:30:00\n"
        "A2,new,200,2024-01-15 12:00:00\n"
    ),
    "acme/deals_2024-02-02.csv": (
        "id,stage,value,created\nA1,done,120.5,2024-01-31 23:30:00\n"
    ),
    "acme/stages_2024-02-02.csv": (
        "deal,stage,since\n"
        "A1,new,2024-01-31 23:30:00\n"
        "A1,done,2024-02-02 10:00:00\n"
        "A2,new,2024-01-15 12:00:00\n"
    ),
    "office/deals/2024-11-02.csv": (
        "Nr;Phase;Wert;Ort\n"
        "1;Verkauft;1.234,50;Köln\n"
        "2;Anfrage;80;Gießen\n"
        "3;Anfrage;;\n"
    ).encode("cp1252"),
    "office/phases/2024-11-02.csv": (
        "Nr;Phase;Seit\n"
        "1;Anfrage;31.03.2024 01:30\n"
        "1;Verkauft;31.03.2024 03:30\n"
        "2;Anfrage;27.10.2024 01:30\n"
        "3;Anfrage;27.10.2024 03:30\n"
    ).encode("cp1252"),
    "daily/2024-01-10.csv": HEADER
    + "moved,one,10,2024-01-08 09:00:00,\n"
    + "vanished,one,20,2024-01-09,\n"
    + "hidden,one,30,2024-01-09,\n"
    + "sold,two,40,2024-01-09,\n",
    "daily/2024-01-11.csv": HEADER
    + "moved,two,15,2024-01-08 09:00:00,\n"
    + "sold,sold,40,2024-01-09,2024-01-11 09:00:00\n"
    + "late,two,50,2024-01-05,\n",
    "daily/2024-01-12.csv": HEADER
    + "moved,two,15,2024-01-08 09:00:00,\n"
    + "hidden,one,30,2024-01-09,\n"
    + "sold,sold,40,2024-01-09,2024-01-11 09:00:00\n"
    + "late,two,50,2024-01-05,\n",
    "torn/2024-01-10.csv": HEADER
    + "unread,one,10,2024-01-08,\n"
    + "unread then gone,one,20,2024-01-08,\n"
    + "gone,one,30,2024-01-08,\n"
    + "stays,one,40,2024-01-08,\n",
    "torn/2024-01-11.csv": HEADER
    + "unread,one,1,0,2024-01-08,\n"
    + "unread then gone,one,2,0,2024-01-08,\n"
    + "stays,one,40,2024-01-08,\n",
    "torn/2024-01-12.csv": HEADER
    + "unread,one,10,2024-01-08,\n"
    + "stays,one,40,2024-01-08,\n",
}
FIRST, SECOND = datetime(2024, 1, 10, 23, 59, 59), datetime(2024, 1, 11, 23, 59, 59)


def documented() -> tuple[dict[str, str], str]:
    """The files of CONTRIBUTING.md's example, and the line of what it provides."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    files: dict[str, str] = {}
    for block in FENCED.findall(text):
        named = re.match(r"-- (stg_acme__\w+\.sql)\n", block)
        name = named[1] if named else "_acme__sources.yml"
        files.setdefault(f"acme/{name}", block)
    return files, PROVIDES.findall(text)[0]


def write_project(project: Path) -> None:
    """The project's dbt folder with what a newcomer adds to it, and nothing else."""
    made = shutil.ignore_patterns("target", "logs", "__pycache__")
    shutil.copytree(DBT, project, ignore=made)
    files, provides = documented()
    write_files(project / "models/staging", {**STAGING, **files})
    settings = project / "dbt_project.yml"
    text = settings.read_text(encoding="utf-8")
    named = "\n    ".join(["  sources:", provides, *PROVIDED]) + "\n"
    settings.write_text(text.replace("  sources:\n", named, 1), encoding="utf-8")


def dbt(*arguments: str) -> None:
    done = dbtRunner().invoke([*arguments, "--log-level", "none"])
    close_connections()
    results = getattr(done.result, "results", None) or ()
    faults = [
        f"{each.node.name}: {each.message}"
        for each in results
        if each.status not in ("success", "pass")
    ]
    assert done.success, done.exception or "\n".join(faults)


def variables(paths: Paths, warehouse: Warehouse, project: Path) -> Mapping[str, str]:
    """The environment of a night, on the newcomer's copy."""
    return {
        **environment(warehouse.settings, paths),
        "DBT_PROJECT_DIR": str(project),
        "DBT_PROFILES_DIR": str(project),
        "FUNNELHOUSE_SEEDS": os.path.relpath(paths.seeds, project),
        "FUNNELHOUSE_SOURCES": ",".join(SOURCES),
    }


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Marts:
    warehouse = Warehouse(tmp_path_factory.mktemp("newcomer"))
    paths = Paths.of(warehouse.settings)
    write_project(warehouse.root / "dbt")
    write_seeds(paths.seeds, registry(STAGES, ALIASES))
    warehouse.write(EXTRACTS)
    paths.warehouse.parent.mkdir(parents=True)
    with patch.dict(os.environ, variables(paths, warehouse, warehouse.root / "dbt")):
        dbt("parse")
        manifest = json.loads(paths.dbt_manifest.read_text(encoding="utf-8"))
        contracts = read_contracts(manifest, SOURCES)
        batch_id = next_batch_id(paths)
        for contract in contracts:
            land(contract, paths, batch_id)
        freeze_run(contracts, paths, warehouse.settings, as_of=None)
        names = [f"+{name}" for name in MODELS]
        dbt("build", "--select", *names, "--indirect-selection", "empty")
    return Marts(paths.warehouse)


def path(marts: Marts, deal_id: str) -> list[tuple[Any, ...]]:
    return marts(
        """
        select to_stage_code, direction_code, changed_at, changed_after, evidence_kind
        from marts.fct_stage_transitions where deal_id = ? order by sequence_number
        """,
        deal_id,
    )


def days(marts: Marts, stage_code: str) -> dict[date, tuple[int, ...]]:
    found = marts(
        """
        select snapshot_date, open_count, entered_count, left_count, removed_count
        from marts.fct_stage_snapshots where pipeline_code = 'shop' and stage_code = ?
        """,
        stage_code,
    )
    return {day: tuple(counts) for day, *counts in found if day <= date(2024, 1, 12)}


def test_the_example_of_contributing_has_its_numbers(marts: Marts) -> None:
    """Times are Vienna's, so the first deal entered at 22:30 UTC, still in January."""
    found = marts("""
        select deal_id, current_stage_code, outcome_code, amount, entered_at, is_deleted
        from marts.fct_journeys where source_code = 'acme' order by 1
    """)
    assert found == [
        ("A1", "w", "won", 120.5, datetime(2024, 1, 31, 22, 30), False),
        ("A2", "a", "open", 200.0, datetime(2024, 1, 15, 11), True),
    ]


def test_decimals_dates_and_umlauts_are_read_as_declared(marts: Marts) -> None:
    found = marts("""
        select deal_id, pipeline_code, current_stage_code, outcome_code, amount,
            region_code
        from marts.fct_journeys where source_code = 'office' order by 1
    """)
    assert found == [
        ("1", "sales", "w", "won", 1234.5, "Köln"),
        ("2", "sales", "a", "open", 80.0, "Gießen"),
        ("3", "sales", "a", "open", None, "unknown"),
    ]


def test_times_are_read_in_the_zone_of_the_source_on_both_sides_of_dst(
    marts: Marts,
) -> None:
    found = marts("""
        select deal_id, changed_at from marts.fct_stage_transitions
        where source_code = 'office' order by changed_at
    """)
    assert found == [
        ("1", datetime(2024, 3, 31, 0, 30)),
        ("1", datetime(2024, 3, 31, 1, 30)),
        ("2", datetime(2024, 10, 26, 23, 30)),
        ("3", datetime(2024, 10, 27, 2, 30)),
    ]


def test_an_extract_named_for_a_day_holds_that_day_of_its_zone(marts: Marts) -> None:
    query = """
        select distinct observed_until from marts.fct_journeys where source_code = ?
    """
    assert marts.one(query, "office") == (datetime(2024, 11, 2, 22, 59, 59),)
    assert marts.one(query, "daily") == (datetime(2024, 1, 12, 23, 59, 59),)


def test_months_hold_the_wins_of_all_sources(marts: Marts) -> None:
    found = marts("""
        select month, pipeline_code, sum(won_count), sum(won_amount)
        from marts.fct_monthly_throughput
        where pipeline_code <> 'all' and segment_code = 'all' and channel_code = 'all'
        group by all having sum(won_count) > 0 order by 1
    """)
    assert found == [
        (date(2024, 1, 1), "shop", 1, 40.0),
        (date(2024, 2, 1), "sales", 1, 120.5),
        (date(2024, 3, 1), "sales", 1, 1234.5),
    ]


def test_gates_and_accounts_are_green(marts: Marts) -> None:
    offences = {
        "gates.gate_castable_values": "uncastable_count > 0",
        "gates.gate_stage_codes": "unregistered_count + invalid_at_date_count > 0",
        "gates.gate_end_states": "differing_count > 0",
        "marts.dq_reconciliations": "difference_count <> 0",
    }
    for table, offence in offences.items():
        assert marts.one(f"select count(*) > 0 from {table}") == (True,), table
        assert marts(f"select * from {table} where {offence}") == [], table


def test_a_change_between_two_whole_extracts_happened_at_the_later(
    marts: Marts,
) -> None:
    assert path(marts, "moved") == [
        ("a", "entry", datetime(2024, 1, 8, 9), None, "own_date"),
        ("b", "forward", SECOND, FIRST, "comparison"),
    ]


def test_a_date_of_its_own_between_two_extracts_is_better_than_theirs(
    marts: Marts,
) -> None:
    assert path(marts, "sold") == [
        ("b", "entry", datetime(2024, 1, 9), None, "own_date"),
        ("w", "won", datetime(2024, 1, 11, 9), None, "own_date"),
    ]


def test_a_deal_first_seen_later_entered_when_it_was_opened(marts: Marts) -> None:
    expected = [("b", "entry", datetime(2024, 1, 5), None, "own_date")]
    assert path(marts, "late") == expected


def test_what_is_known_by_comparison_is_watched_from_the_first_extract(
    marts: Marts,
) -> None:
    found = marts("""
        select deal_id, observed_from from marts.fct_journeys
        where source_code = 'daily' and deal_id in ('moved', 'late') order by 1
    """)
    assert found == [("late", FIRST), ("moved", FIRST)]


def test_a_key_that_a_later_whole_extract_lacks_is_a_deletion(marts: Marts) -> None:
    deleted = """
        select deal_id, is_deleted from marts.fct_journeys
        where source_code = 'daily' and deal_id in ('vanished', 'hidden') order by 1
    """
    assert marts(deleted) == [("hidden", False), ("vanished", True)]
    counted = days(marts, "a")
    # On the 11th "moved" left and "vanished" was removed; "hidden" came back later.
    assert counted[date(2024, 1, 10)] == (3, 0, 0, 0)
    assert counted[date(2024, 1, 11)] == (1, 0, 1, 1)
    assert counted[date(2024, 1, 12)] == (1, 0, 0, 0)


def test_an_extract_with_rejected_records_proves_no_deletion(marts: Marts) -> None:
    """On the 11th one was not there and two could not be read; the 12th is whole."""
    deleted = """
        select deal_id, is_deleted from marts.fct_journeys
        where source_code = 'torn' order by deal_id
    """
    assert marts(deleted) == [
        ("gone", True),
        ("stays", False),
        ("unread", False),
        ("unread then gone", True),
    ]
    removed = """
        select snapshot_date, sum(removed_count) from marts.fct_stage_snapshots
        where pipeline_code = 'sales'
            and snapshot_date between '2024-01-10' and '2024-01-12'
        group by all order by all
    """
    assert marts(removed) == [
        (date(2024, 1, 10), 0),
        (date(2024, 1, 11), 0),
        (date(2024, 1, 12), 2),
    ]


def test_an_amount_holds_until_the_extract_that_shows_another(marts: Marts) -> None:
    amounts = marts("""
        select snapshot_date, open_amount from marts.fct_stage_snapshots
        where pipeline_code = 'shop' and stage_code = 'a'
            and snapshot_date between date '2024-01-08' and date '2024-01-10'
        order by 1
    """)
    assert [amount for _, amount in amounts] == [10, 60, 60]
    moved = "select amount from marts.fct_journeys where deal_id = 'moved'"
    assert marts.one(moved) == (15,)


def test_the_project_itself_was_not_touched() -> None:
    named = (DBT / "dbt_project.yml").read_text(encoding="utf-8")
    for source_code in SOURCES:
        assert not (DBT / "models/staging" / source_code).exists()
        assert f"{source_code}:" not in named
