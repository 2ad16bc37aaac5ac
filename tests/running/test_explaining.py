"""What `funnelhouse explain` says, of a small graph and a small generation."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner, Result

from dagster_project import cli
from dagster_project.explaining import is_optional
from dagster_project.paths import Paths
from dagster_project.publishing import Description, build_generation, publish
from tests.running.conftest import fill_warehouse, ingredients

ROWS = {"targets": 0, "int_a": 7, "int_quotas": 0, "int_known": 0, "int_known_too": 0}
CODES = {
    "int_spend": "select * from ({{ union_sources('spend') }})",
    "int_orders": "select * from ({{ union_sources('orders') }})",
}
READS = {
    "int_quotas": ["seed.funnelhouse.targets"],
    "int_known": ["model.funnelhouse.int_a"],
    "int_spend": ["source.funnelhouse.lake.runs"],
    "fct_quotas": ["model.funnelhouse.int_quotas", "model.funnelhouse.int_a"],
    "int_known_too": ["model.funnelhouse.int_known"],
    "fct_known": ["model.funnelhouse.int_known", "model.funnelhouse.int_known_too"],
    "fct_spend": ["model.funnelhouse.int_spend"],
    "fct_orders": ["model.funnelhouse.int_orders"],
    "stg_plain__orders": ["source.funnelhouse.plain.orders"],
    "fct_full": ["model.funnelhouse.int_a", "source.funnelhouse.plain.orders"],
}
Call = Callable[..., Result]


def model(name: str) -> dict[str, Any]:
    columns = {"deal_count": {"description": "Deals, each once."}}
    return {
        "name": name,
        "alias": name,
        "resource_type": "model",
        "schema": "marts" if name.startswith("fct") else "intermediate",
        "description": f"One row per thing of {name}.",
        "columns": columns if name.startswith("fct") else {},
        "raw_code": CODES.get(name, f"select * from {{{{ ref('{name}_of') }}}}"),
    }


@pytest.fixture
def installation(paths: Paths) -> Paths:
    """A graph of dbt's, and one generation of its marts, most of them empty."""
    names = {*READS, *CODES, "int_a"}
    graph = {
        "nodes": {f"model.funnelhouse.{name}": model(name) for name in names},
        "parent_map": {f"model.funnelhouse.{n}": p for n, p in READS.items()},
    }
    paths.dbt_manifest.parent.mkdir(parents=True)
    paths.dbt_manifest.write_text(json.dumps(graph), encoding="utf-8")
    empty = "select 1 as deal_count where false"
    marts = {name: empty for name in READS if name.startswith("fct")}
    fill_warehouse(paths, **{**marts, "fct_full": "select 1 as deal_count"})
    fill_records(paths)
    told = {"dq_run_stats": Description("One row per part of a night.", {})}
    folder, _ = build_generation(paths, list(marts), ingredients(), told)
    publish_audit(folder)
    publish(paths, folder, 7)
    return paths


def fill_records(paths: Paths) -> None:
    rows = {**ROWS, "int_spend": 0, "int_orders": 0}
    stats = [
        {"night_code": night, "node_name": name, "resource_type": kind}
        | {"step_code": "mart", "rows_count": count if night == "r000002" else 99}
        for night in ("r000001", "r000002")
        for name, count in rows.items()
        for kind in ["seed" if name == "targets" else "model"]
    ]
    paths.run_stats.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(stats), paths.run_stats / "r000002.parquet")


def publish_audit(folder: Path) -> None:
    audit = [{"source_code": "plain", "table_name": "deals", "landed_count": 3}]
    file = folder / "marts" / "dq_load_audit.parquet"
    pq.write_table(pa.Table.from_pylist(audit), file)


@pytest.fixture
def explain(installation: Paths) -> Call:
    def call(*arguments: str, sources: str = "plain") -> Result:
        environment = {
            "FUNNELHOUSE_DATA": str(installation.data),
            "FUNNELHOUSE_SOURCES": sources,
        }
        return CliRunner().invoke(cli.main, ["explain", *arguments], env=environment)

    return call


def told(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    (found,) = json.loads(result.stdout)
    return dict(found)


def test_a_table_says_what_it_is_where_it_comes_from_and_how_many_rows_it_has(
    explain: Call,
) -> None:
    found = told(explain("fct_full", "--json"))
    assert found["meaning"] == "One row per thing of fct_full."
    assert (found["rows"], found["reasons"]) == (1, [])
    assert (found["models"], found["sources"]) == (["int_a"], ["plain.orders"])
    column = {"type": "INTEGER", "meaning": "Deals, each once."}
    assert found["columns"] == {"deal_count": column}
    printed = explain("marts.fct_full").stdout
    assert "published: 1 rows" in printed
    assert "Deals, each once." in printed


def test_a_run_record_is_explained_as_it_was_published(explain: Call) -> None:
    assert told(explain("dq_run_stats", "--json"))["meaning"].startswith("One row per")


def test_a_column_is_explained_in_its_table_and_wherever_it_stands(
    explain: Call,
) -> None:
    one = explain("fct_known.deal_count")
    assert one.stdout.splitlines() == ["fct_known.deal_count", "Deals, each once."]
    everywhere = json.loads(explain("deal_count", "--json").stdout)
    assert [each["table"] for each in everywhere] == [
        *("fct_full", "fct_known", "fct_orders", "fct_quotas", "fct_spend")
    ]


@pytest.mark.parametrize(
    ("table", "sources", "reason"),
    [
        ("fct_quotas", "plain", "seeds/targets.csv has no row"),
        ("fct_spend", "hubspot", "no enabled source provides spend (ad_spend, plain"),
        ("fct_orders", "plain", "plain provided no row of orders"),
        ("fct_known", "plain", "int_known finds nothing in int_a (7 rows); it has one"),
    ],
)
def test_an_empty_table_says_which_input_it_lacks(
    table: str, sources: str, reason: str, explain: Call
) -> None:
    (found,) = told(explain(table, "--json", sources=sources))["reasons"]
    assert found.startswith(reason)
    assert f"empty: {reason}" in explain(table, sources=sources).stdout


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("fct_quota", "did you mean fct_quotas"),
        ("fct_full.deal", "did you mean fct_full"),
        ("deals_count", "did you mean deal_count"),
        ("qqqqqqqq", "`funnelhouse status` lists"),
    ],
)
def test_an_unknown_name_is_an_error_of_usage_with_the_nearest_ones(
    name: str, near: str, explain: Call
) -> None:
    result = explain(name)
    assert result.exit_code == cli.USAGE
    assert near in " ".join(result.stderr.split())


LEFT = "left join {{ ref('b') }} as b on a.id = b.id"
IMPORT = "b as (\n\n    select * from {{ ref('b') }}\n\n)"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"select * from a {LEFT}", True),
        ("select * from a inner join {{ ref('b') }} on true", False),
        (f"with {IMPORT} select * from a left join b on true", True),
        (f"with x as (\n),\n\n{IMPORT} select * from b left join b on true", False),
        (f"with a as (\n),\n\n{IMPORT}\nselect * from a left join b on true", True),
        (
            "with\nb as (\n select * from {{ touched(ref('b')) }}) select * from b",
            False,
        ),
        ("{{ incidence_moments(ref('b')) }}", False),
        (f"select * from a {LEFT} union all select * from {{{{ ref('b') }}}}", False),
    ],
)
def test_what_is_only_joined_on_the_left_is_no_input_that_a_table_needs(
    code: str, expected: bool
) -> None:
    assert is_optional(code, "b") is expected
