"""From the builder's warehouse to readers: a generation, its report, the switch.

Contract: what readers see changes in one step, after every mart is copied and the
report is written; whatever fails before leaves the last generation standing. Where a
server is to show it too, that follows, and its failure takes nothing back.
"""

import shutil
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dagster as dg

from dagster_project.defs.land import source_key
from dagster_project.defs.quality import projection_key
from dagster_project.defs.resources import Night
from dagster_project.defs.servers import postgresql_asset
from dagster_project.defs.transform import RefusedError
from dagster_project.defs.translating import DagsterDbtTranslator
from dagster_project.forgetting import finish_published
from dagster_project.ingredients import read_ingredients
from dagster_project.metrics import DEFINITIONS
from dagster_project.promises import key_of, required_of, tests_of
from dagster_project.publishing import (
    GATE_RESULTS,
    RUN_STATS,
    SCHEMA,
    Description,
    PublicationRefusedError,
    build_generation,
    latest_unfinished,
    publish,
)
from dagster_project.restating import SCHEMA as RECORDS
from dagster_project.spreadsheets import write_handouts
from dagster_project.status import newly_rejected
from dagster_project.transforming import Project
from expectations import GATE_RULES, PROJECTIONS

GENERATION = dg.AssetKey(["published", "generation"])
REPORT = dg.AssetKey(["published", "report"])
CURRENT = dg.AssetKey(["published", "current"])
RUN_STATS_TOLD = Description(
    "One row per night and part of it: a raw table landed, a gate, a node of dbt, a "
    "step of publishing (known from the next generation on).",
    {
        "night_code": "Night, numbered from r000001.",
        "step_code": "Step: landing, freeze, stage, mart, gate or publish.",
        "node_name": "Raw table, gate, seed, model, test or step.",
        "resource_type": "What it is: source, seed, model, test, gate or asset.",
        "status_code": "How it ended, in dbt's words.",
        "rows_count": "Rows landed, in the table, or looked at; null of a view.",
        "duration_seconds": "What it took.",
        "memory_bytes": "Most memory held meanwhile, by all that ran at that time.",
    },
)
GATE_RESULTS_TOLD = Description(
    "One row per rule that a gate judged in the night of this generation.",
    {
        "night_code": "Night that judged it, numbered from r000001.",
        "as_of": "As-of of that night (UTC).",
        "gate_code": "Gate that the rule belongs to.",
        "rule_code": "Rule, as registered in seeds/gate_rules.csv.",
        "severity_code": "What the rule does when it is broken: block or warn.",
        "threshold": "How much the rule tolerates.",
        "owner_name": "Who decides about the rule.",
        "is_passed": "Whether the rule holds.",
        "is_blocking": "Whether it is broken and stops the publication.",
        "unexpected_count": "Rows that break the rule.",
        "checked_count": "Rows that the rule looked at.",
        "message": "What was found, in a sentence.",
        "offenders": "At most 20 of the rows that break it, as JSON, with their file.",
    },
)
DAILY = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=48), warn_window=timedelta(hours=30)
)


def mart_nodes(project: Project) -> list[Mapping[str, Any]]:
    """The tables that readers get."""
    return project.in_schema(SCHEMA)


def descriptions(project: Project) -> dict[str, Description]:
    """What dbt says of each mart and its columns; a run record is no model of dbt."""
    tested = tests_of(project.manifest)
    return {GATE_RESULTS: GATE_RESULTS_TOLD, RUN_STATS: RUN_STATS_TOLD} | {
        node["alias"]: Description(
            node["description"],
            {name: column["description"] for name, column in node["columns"].items()},
            key=key_of(tested[node["unique_id"]]),
            required=required_of(tested[node["unique_id"]]),
            order_by=node["config"]["meta"].get("published", {}).get("order_by", ""),
        )
        for node in mart_nodes(project)
    }


def handouts(project: Project) -> dict[str, str]:
    """Marts that people get as CSV too, and the column that orders them."""
    return {
        node["alias"]: str(node["config"]["meta"]["spreadsheet"]["order_by"])
        for node in mart_nodes(project)
        if "spreadsheet" in node["config"]["meta"]
    }


def refuse_part_of_a_night(context: dg.AssetExecutionContext, project: Project) -> None:
    """A manifest says what was landed; tables of an earlier night, or that no gate has
    judged, must not be published under it.

    Raises:
        RefusedError: this run leaves out tables or gates.
    """
    of_run = context.job_def.asset_layer
    judged = {key.name for key in of_run.asset_graph.asset_check_keys}
    nodes = map(project.node, project.staged | project.built)
    needed = set(map(DagsterDbtTranslator().get_asset_key, nodes))
    needed.add(source_key(project, "lake", "runs"))
    missing = needed.difference(of_run.executable_asset_keys)
    left_out = {"/".join(key.path) for key in missing} | (GATE_RULES.keys() - judged)
    if executed := context.run.step_keys_to_execute:
        left_out |= {"mart", "gate_marts"}.difference(executed)
    if left_out:
        raise RefusedError(
            f"only a whole night is published, and this run leaves out {len(left_out)} "
            f"of its tables and rules, such as {min(left_out)}; run job nightly whole, "
            "or `funnelhouse run`: it builds no more than has changed"
        )


def generation_asset(project: Project) -> dg.AssetsDefinition:
    """The marts copied, waiting for the second gate."""
    translator = DagsterDbtTranslator()
    told = [*mart_nodes(project), *project.in_schema(RECORDS)]
    marts = [translator.get_asset_key(node) for node in told]
    judged = [projection_key(name) for name in PROJECTIONS["marts"]]

    @dg.asset(
        key=GENERATION,
        deps=sorted({*marts, *judged}),
        group_name="published",
        kinds={"duckdb", "parquet"},
        description="The marts of this run as Parquet and DuckDB, not yet current.",
    )
    def generation(
        context: dg.AssetExecutionContext, night: Night
    ) -> dg.MaterializeResult[Any]:
        refuse_part_of_a_night(context, project)
        names = [node["alias"] for node in mart_nodes(project)]
        ingredients = read_ingredients(project.settings, project.paths)
        night.profile.keep(project.paths)
        with night.profile.measured("publish", "generation", "asset") as measure:
            try:
                folder, manifest = build_generation(
                    project.paths,
                    names,
                    ingredients,
                    descriptions(project),
                    project.settings.memory_limit,
                    project.settings.threads,
                )
            except PublicationRefusedError as error:
                raise RefusedError(str(error)) from error
            write_handouts(folder, handouts(project))
            shutil.copyfile(project.paths.dbt_metrics, folder / DEFINITIONS)
            rows = {name: table.rows for name, table in manifest.tables.items()}
            measure.rows_count = sum(rows.values())
        metadata: dict[str, Any] = {
            "rows": dg.MetadataValue.json(rows),
            "tables": len(rows),
            "newly_rejected": newly_rejected(project.paths, folder),
        }
        return dg.MaterializeResult(metadata=metadata)

    return generation


def report_asset(project: Project) -> dg.AssetsDefinition:
    """The static report, inside the generation, and all that it links to."""

    @dg.asset(
        key=REPORT,
        deps=[GENERATION],
        group_name="published",
        kinds={"html"},
        description="The report on one generation, one file with all it needs.",
    )
    def report(night: Night) -> dg.MaterializeResult[Any]:
        from dagster_project.bi import write_quality, write_report
        from dagster_project.documenting import place_docs
        from dagster_project.explaining import Facts, reasons_of_empty

        folder = latest_unfinished(project.paths)
        with night.profile.measured("publish", "report", "asset"):
            place_docs(project, folder)
            told = Facts.of_generation(project.manifest, folder, project.settings)
            path = write_report(folder, reasons_of_empty(told), project.paths.workshop)
            write_quality(folder, project.paths)
        return dg.MaterializeResult(metadata={"bytes": path.stat().st_size})

    return report


def current_asset(project: Project) -> dg.AssetsDefinition:
    """The switch."""

    @dg.asset(
        key=CURRENT,
        deps=[GENERATION, REPORT],
        group_name="published",
        description="What readers see: a link to one whole generation.",
        freshness_policy=DAILY,
    )
    def current(night: Night) -> dg.MaterializeResult[Any]:
        paths = project.paths
        keep = project.settings.keep_generations
        with night.profile.measured("publish", "current", "asset"):
            folder = publish(paths, latest_unfinished(paths), keep)
            finish_published(paths)
        return dg.MaterializeResult(metadata={"generation": folder.name})

    return current


def define(project: Project) -> dg.Definitions:
    """The steps of a publication."""
    makers = (generation_asset, report_asset, current_asset)
    made = [make(project) for make in makers]
    if project.settings.publish_to:
        made.append(postgresql_asset(project, CURRENT))
    return dg.Definitions(assets=made)
