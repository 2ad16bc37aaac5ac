"""What Dagster loads: the whole graph, in layers, with gates that stand between."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from dagster_project.definitions import definitions_of
from dagster_project.defs import schedules
from dagster_project.defs.publish import refuse_part_of_a_night
from dagster_project.defs.transform import RefusedError, require_built
from dagster_project.defs.translating import as_if_not_installed
from dagster_project.landing import Contract, ExtractedAt, land
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from dagster_project.transforming import (
    Outcome,
    Project,
    load_project,
    prepare_manifest,
    salt,
    split_nodes,
)
from expectations import GATE_RULES
from tests.environment import restored_environment

LAYERS = {
    *("raw", "lake", "seeds", "staging", "gates", "intermediate", "marts", "records")
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data = tmp_path_factory.mktemp("installation") / "data"
    return Settings.from_environment({"FUNNELHOUSE_DATA": str(data)})


@pytest.fixture(scope="module")
def loaded(installed: Settings) -> Iterator[dg.Definitions]:
    with restored_environment():
        yield definitions_of(installed)


@pytest.fixture(scope="module")
def graph(loaded: dg.Definitions) -> Any:
    return loaded.resolve_asset_graph()


def test_every_asset_is_in_the_group_of_its_layer(graph: Any) -> None:
    groups = {graph.get(key).group_name for key in graph.materializable_asset_keys}
    assert groups == LAYERS | {"published"}
    for key in graph.materializable_asset_keys:
        if key.path[0] in LAYERS - {"raw"}:
            assert graph.get(key).group_name == key.path[0]


def test_every_raw_table_has_a_landing_asset_that_staging_stands_on(graph: Any) -> None:
    raw = {
        key
        for key in graph.materializable_asset_keys
        if graph.get(key).group_name == "raw"
    }
    assert dg.AssetKey(["hubspot", "deal"]) in raw
    staged = graph.get(dg.AssetKey(["staging", "stg_hubspot__deals"]))
    assert dg.AssetKey(["hubspot", "deal"]) in staged.parent_keys
    assert not graph.external_asset_keys


def test_every_rule_of_the_gates_is_a_blocking_check(graph: Any) -> None:
    checks = {key.name: key for key in graph.asset_check_keys}
    assert set(GATE_RULES) <= set(checks)
    assert all(graph.get(checks[rule]).blocking for rule in GATE_RULES)


def test_every_test_of_dbt_is_a_check_of_an_asset(
    graph: Any, installed: Settings
) -> None:
    nodes = load_project(installed).manifest["nodes"].values()
    tests = {node["name"] for node in nodes if node["resource_type"] == "test"}
    assert tests
    assert not tests - {key.name for key in graph.asset_check_keys}


def test_the_first_gate_stands_before_the_ledger_and_the_second_before_readers(
    graph: Any,
) -> None:
    published = dg.AssetKey(["published", "generation"])
    above = graph.get_ancestor_asset_keys(dg.AssetKey(["marts", "fct_journeys"]))
    assert dg.AssetKey(["gates", "gate_stage_codes"]) in above
    assert dg.AssetKey(["gates", "gate_end_states"]) in graph.get(published).parent_keys


def test_the_schedule_the_sensor_and_the_command_line_run_the_same_job(
    loaded: dg.Definitions, graph: Any
) -> None:
    job = loaded.resolve_job_def("nightly")
    schedule = loaded.resolve_schedule_def("every_night")
    assert schedule.job_name == job.name
    assert job.asset_layer.executable_asset_keys == graph.materializable_asset_keys
    sensor = loaded.resolve_sensor_def("extracts_are_in")
    assert sensor.job_name == job.name
    assert sensor.default_status == dg.DefaultSensorStatus.STOPPED


def test_what_is_materialized_by_hand_runs_in_one_process(
    loaded: dg.Definitions,
) -> None:
    by_hand = loaded.resolve_implicit_global_asset_job_def()
    assert by_hand.executor_def == dg.in_process_executor


def of_run(job: dg.JobDefinition, *steps: str) -> Any:
    """The context of a step, as far as it says what else its run does."""
    run = SimpleNamespace(step_keys_to_execute=steps or None)
    return SimpleNamespace(job_def=job, run=run)


PUBLISHED = dg.AssetSelection.groups("published")


@pytest.mark.parametrize(
    "chosen",
    [
        PUBLISHED,
        PUBLISHED | dg.AssetSelection.groups("marts", "gates"),
        dg.AssetSelection.all() - dg.AssetSelection.groups("intermediate"),
        dg.AssetSelection.all().without_checks(),
    ],
    ids=["alone", "with gates", "all but what marts are made of", "no gate"],
)
def test_a_part_of_a_night_is_not_published(
    loaded: dg.Definitions, graph: Any, installed: Settings, chosen: dg.AssetSelection
) -> None:
    part = loaded.resolve_job_def("nightly").get_subset(
        asset_selection=chosen.resolve(graph),
        asset_check_selection=chosen.resolve_checks(graph),
    )
    with pytest.raises(RefusedError, match="only a whole night is published"):
        refuse_part_of_a_night(of_run(part), load_project(installed))


def test_a_night_is_published_whole_or_from_the_step_on_that_failed_in_it(
    loaded: dg.Definitions, installed: Settings
) -> None:
    whole, project = loaded.resolve_job_def("nightly"), load_project(installed)
    refuse_part_of_a_night(of_run(whole), project)
    refuse_part_of_a_night(of_run(whole, "mart", "gate_marts", "generation"), project)
    with pytest.raises(RefusedError, match="such as gate_marts"):
        refuse_part_of_a_night(of_run(whole, "generation", "current"), project)


def test_a_manifest_is_parsed_again_only_when_what_it_read_has_changed(
    loaded: dg.Definitions, installed: Settings
) -> None:
    assert not prepare_manifest(installed, Paths.of(installed))


def test_staging_of_a_source_that_is_not_enabled_is_in_no_step() -> None:
    def node(resource_type: str, *fqn: str) -> dict[str, Any]:
        return {"resource_type": resource_type, "fqn": ["p", *fqn]}

    manifest = {
        "nodes": {
            "seed": node("seed", "s"),
            "stg_a": node("model", "staging", "a", "stg_a"),
            "stg_b": node("model", "staging", "b", "stg_b"),
            "gate": node("model", "staging", "_gates", "gate"),
            "int_x": node("model", "intermediate", "int_x"),
            "fct_y": node("model", "marts", "fct_y"),
        },
        "parent_map": {"gate": ["int_x"], "int_x": ["stg_a"], "fct_y": ["int_x"]},
    }
    staged, built = split_nodes(manifest, ["a"])
    assert staged == {"seed", "stg_a", "gate", "int_x"}
    assert built == {"fct_y"}


def test_a_step_is_selected_by_folders_its_mark_and_by_names_where_it_has_to_be() -> (
    None
):
    def node(resource_type: str, *fqn: str, step: str = "") -> dict[str, Any]:
        return {
            "resource_type": resource_type,
            "fqn": ["p", *fqn],
            "name": fqn[-1],
            "config": {"meta": {"step": step} if step else {}},
        }

    nodes = {
        "seed": node("seed", "s"),
        "fct_y": node("model", "marts", "fct_y"),
        "gate": node("model", "marts", "_gates", "gate"),
        "int_x": node("model", "intermediate", "int_x"),
        "int_z": node("model", "intermediate", "int_z"),
        "int_k": node("model", "intermediate", "int_k", step="stage"),
        "int_l": node("model", "intermediate", "int_l", step="stage"),
        "int_m": node("model", "intermediate", "int_m", step="mart"),
    }
    project = Project(
        Settings.from_environment({}),
        Paths.of(Settings.from_environment({})),
        {"nodes": nodes},
        frozenset(),
        frozenset(),
    )
    chosen = ["seed", "int_x", "int_k", "int_l", "fct_y", "gate"]
    assert project.selection(chosen) == [
        "int_x",
        "resource_type:model,config.meta.step:stage",
        "resource_type:model,fqn:p.marts",
        "resource_type:seed",
    ]


def test_a_step_has_every_node_that_it_builds(
    loaded: dg.Definitions, installed: Settings
) -> None:
    steps = {each.op.name: each for each in loaded.assets or () if hasattr(each, "op")}
    with restored_environment():
        project = load_project(installed)
    for name, unique_ids in (("stage", project.staged), ("mart", project.built)):
        assert len(unique_ids) > 50
        assert len(list(steps[name].keys)) == len(unique_ids)


def test_a_node_that_dbt_passed_over_is_a_fault() -> None:
    told = Outcome("model.p.a", "a", "model", "success", 0.1, 1.0, "", "a.sql")
    nodes = [{"unique_id": f"model.p.{name}", "name": name} for name in "abc"]
    require_built(nodes[:1], [told])
    with pytest.raises(dg.Failure, match=r"passed over 2 node\(s\), such as b, c"):
        require_built(nodes, [told])


def test_the_salt_is_made_once_and_only_we_can_read_it(
    settings: Settings, paths: Paths
) -> None:
    made = salt(settings, paths)
    assert len(made) == 64
    assert salt(settings, paths) == made
    assert paths.salt.stat().st_mode & 0o777 == 0o600


def delivered_daily(source: str) -> Contract:
    at = ExtractedAt(path=r"(\d{4}-\d{2}-\d{2})")
    return Contract(
        source, "table", extracted_at=at, files=(f"{source}/*.csv",), format="csv"
    )


def test_the_sensor_waits_for_every_source_that_delivers(paths: Paths) -> None:
    contracts = [delivered_daily(source) for source in "abc"]

    def counted() -> dict[str, int]:
        found = schedules.new_files(contracts, paths)
        return {source: len(files) for source, files in found.items()}

    assert counted() == {}
    for source in "ab":
        _touch(paths.extracts / source / "2026-06-30.csv")
    assert counted() == {"a": 1, "b": 1}
    for contract in contracts:
        land(contract, paths, "n000001")
    # c has never delivered
    assert counted() == {"a": 0, "b": 0}
    _touch(paths.extracts / "a" / "2026-07-01.csv")
    assert counted() == {"a": 1, "b": 0}


def test_a_file_written_again_under_its_name_is_a_new_one_to_the_sensor(
    paths: Paths,
) -> None:
    written = paths.extracts / "a" / "2026-06-30.csv"
    _touch(written)
    land(delivered_daily("a"), paths, "n000001")
    assert schedules.new_files([delivered_daily("a")], paths) == {"a": frozenset()}
    later = written.stat().st_mtime + 3600
    os.utime(written, (later, later))
    assert schedules.new_files([delivered_daily("a")], paths) == {"a": {written}}


def _touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("id\n1\n", encoding="utf-8")


def test_the_graph_is_loaded_without_all_of_dbt(installed: Settings) -> None:
    """dbt takes two seconds to import; a night with nothing new has no use for it."""
    definitions_of(installed)
    code = (
        "import sys; from dagster_project.definitions import definitions_of; "
        "from dagster_project.settings import Settings; "
        "definitions_of(Settings.from_environment()); "
        "print([name for name in sys.modules if name.startswith('dbt.')])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "FUNNELHOUSE_DATA": str(installed.data)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines()[-1] == "[]"


def test_a_module_is_there_again_after_somebody_did_without() -> None:
    with as_if_not_installed("json"), pytest.raises(ImportError):
        importlib.import_module("json")
    assert importlib.import_module("json") is json
    with as_if_not_installed("no_such_module"):
        pass
    assert "no_such_module" not in sys.modules
