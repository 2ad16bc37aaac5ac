"""From files to the lake: an asset a raw table, and the run frozen behind them.

Contract: a raw asset looks at every file that its contract names and lands what is
new; `freeze` writes what this run is a function of and, where that is what was last
published, yields nothing, so that every step behind it is skipped.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg

from dagster_project.defs.resources import Night
from dagster_project.defs.servers import catch_up
from dagster_project.defs.translating import DagsterDbtTranslator
from dagster_project.forgetting import finish_lake, finish_published
from dagster_project.ingredients import read_ingredients
from dagster_project.landing import (
    Contract,
    Landing,
    freeze_run,
    land,
    read_contracts,
    unclaimed_files,
)
from dagster_project.publishing import current_manifest, next_generation
from dagster_project.restating import RECORDS, freeze_ingredients
from dagster_project.transforming import Project, outdated_models

LAKE_TABLES = (
    *("runs", "files", "sources", "manifest", "rejects", "admissions", "profiles"),
    *("tombstones", "ingredients"),
    *RECORDS,
)
DAILY = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=48), warn_window=timedelta(hours=30)
)
# Files arrive while we read; a second look is cheap.
RETRY = dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL)


def source_key(project: Project, source_code: str, table_name: str) -> dg.AssetKey:
    """The key under which dagster-dbt knows a raw table."""
    for source in project.manifest["sources"].values():
        if (source["source_name"], source["name"]) == (source_code, table_name):
            return DagsterDbtTranslator().get_asset_key(source)
    raise KeyError(f"dbt declares no source table {source_code}.{table_name}")


def landing_asset(contract: Contract, project: Project) -> dg.AssetsDefinition:
    """The asset of one raw table."""

    @dg.asset(
        key=source_key(project, contract.source_code, contract.table_name),
        group_name="raw",
        kinds={"parquet"},
        description=f"Rows of {', '.join(contract.files)}, as they came.",
        freshness_policy=DAILY,
        retry_policy=RETRY,
    )
    def raw_table(night: Night) -> dg.MaterializeResult[Any]:
        settings, name = project.settings, contract.table_name
        with night.profile.measured(
            "landing", f"{contract.source_code}.{name}", "source"
        ) as measure:
            landing = land(
                contract,
                project.paths,
                night.batch_id,
                memory_limit=settings.memory_limit,
                threads=settings.threads,
            )
            measure.rows_count = landing.landed_count
        return dg.MaterializeResult(metadata=landing_metadata(landing))

    return raw_table


def landing_metadata(landing: Landing) -> dict[str, Any]:
    """What landing did, for the asset's page and the night's summary."""
    files = landing.files
    refused = [file for file in files if file.status_code == "refused"]
    told = [f"{file.file_name}: {file.message}" for file in files if file.message]
    return {
        "files": sum(file.status_code == "landed" for file in files),
        "dagster/row_count": landing.landed_count,
        "landed": landing.landed_count,
        "rejected": landing.rejected_count,
        "erased": landing.erased_count,
        "cleaned": landing.cleaned_count,
        "refused": len(refused),
        "messages": dg.MetadataValue.json(told[:50]),
    }


def freezing_assets(project: Project, contracts: list[Contract]) -> dg.AssetsDefinition:
    """The lake's own tables: what a run is a function of."""
    raw = [source_key(project, each.source_code, each.table_name) for each in contracts]
    keys = [source_key(project, "lake", table) for table in LAKE_TABLES]

    @dg.multi_asset(
        name="freeze",
        specs=[
            dg.AssetSpec(key, deps=raw, group_name="lake", skippable=True)
            for key in keys
        ],
    )
    def freeze(
        context: dg.AssetExecutionContext, night: Night
    ) -> Iterator[dg.MaterializeResult[Any]]:
        with night.profile.measured("freeze", "freeze", "asset"):
            metadata = freeze_night(project, contracts, night)
        if metadata is None:
            context.log.info("nothing to do: the published facts are of this very run")
            caught_up = catch_up(project)
            if caught_up is not None:
                context.log_event(caught_up)
            return
        for key in keys:
            yield dg.MaterializeResult(asset_key=key, metadata=metadata)

    return freeze


def freeze_night(
    project: Project, contracts: list[Contract], night: Night
) -> dict[str, Any] | None:
    """Freeze the run; none when it is the published one and still at hand."""
    finish_lake(project.paths, read_contracts(project.manifest, ()))
    finish_published(project.paths)
    paths, published = project.paths, current_manifest(project.paths)
    files = published.files if published else []
    known = {(file["file_name"], file["batch_id"]) for file in files}
    freeze_run(contracts, paths, project.settings, night.as_of_time, known)
    freeze_ingredients(paths, project.settings, next_generation(paths))
    ingredients = read_ingredients(project.settings, paths)
    is_published = published is not None and published.run_key == ingredients.run_key
    if is_published and paths.warehouse.is_file() and not night.full_refresh:
        return None
    declared = read_contracts(project.manifest, ())
    unclaimed = unclaimed_files(declared, paths.extracts)
    return {
        "as_of": ingredients.as_of,
        "files": len(ingredients.files),
        "unclaimed": dg.MetadataValue.json(unclaimed[:50]),
        "run_key": ingredients.run_key,
        "outdated": dg.MetadataValue.json(outdated_models()),
    }


def define(project: Project) -> dg.Definitions:
    """Landing and freezing for the enabled sources."""
    contracts = read_contracts(project.manifest, project.sources)
    raw = [landing_asset(contract, project) for contract in contracts]
    return dg.Definitions(assets=[*raw, freezing_assets(project, contracts)])
