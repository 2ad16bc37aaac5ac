"""When nights run: every night, or once the expected extracts are in.

Contract: the schedule, the sensor and the command line run the same job `nightly`,
in one process; a second run is refused by the lock of `resources`.
"""

import hashlib
import time
from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)

from dagster_project.landing import Contract, read_contracts
from dagster_project.notifying import notify
from dagster_project.paths import Paths
from dagster_project.transforming import Project

JOB = "nightly"
CRON = "30 2 * * *"
STARTED_BY = "funnelhouse/started_by"
# A file that has not grown for so long is taken for whole.
SETTLED_SECONDS = 120


def job() -> "UnresolvedAssetJobDefinition":
    """All assets and checks, in one process: half the time, and one DuckDB writer."""
    return dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all(),
        executor_def=dg.in_process_executor,
        description="Land, stage, gate, build, gate, publish.",
        tags={"funnelhouse/exclusive": "night"},
    )


def extracts_sensor(project: Project) -> dg.SensorDefinition:
    """Starts the night once every source that delivers has a file not yet landed."""
    contracts = read_contracts(project.manifest, project.sources)

    @dg.sensor(
        name="extracts_are_in",
        job_name=JOB,
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.STOPPED,
    )
    def extracts_are_in() -> dg.RunRequest | dg.SkipReason:
        new = new_files(contracts, project.paths)
        missing = sorted(source for source, files in new.items() if not files)
        if missing or not new:
            waited = ", ".join(missing) or "any source"
            return dg.SkipReason(f"no new extract yet of: {waited}")
        found = sorted(path for files in new.values() for path in files)
        if any(time.time() - p.stat().st_mtime < SETTLED_SECONDS for p in found):
            return dg.SkipReason("the newest extract may still be growing")
        return dg.RunRequest(run_key=_run_key(found))

    return extracts_are_in


def new_files(
    contracts: Iterable[Contract], paths: Paths
) -> Mapping[str, frozenset[Path]]:
    """Per source that delivers again and again, its files that no night has seen.

    A source that has never delivered is not waited for. A file written since the night
    that read it is another one of its name.
    """
    known, seen = _seen_files(paths)
    delivering = [each for each in contracts if each.data_through is None]
    by_source = groupby(delivering, key=attrgetter("source_code"))
    found = {
        source: frozenset(
            path
            for contract in tables
            for glob in contract.files
            for packed in ("", ".gz", ".zst")
            for path in paths.extracts.glob(f"{glob}{packed}")
            if path.stat().st_mtime
            > seen.get(path.relative_to(paths.extracts).as_posix(), -1)
        )
        for source, tables in by_source
    }
    return {source: new for source, new in found.items() if new or source in known}


def failure_sensor(project: Project) -> dg.SensorDefinition:
    """Tells the webhook of a scheduled night that failed or was refused."""

    @dg.run_failure_sensor(
        name="failed_nights",
        monitor_all_code_locations=False,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def failed_nights(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        url = project.settings.webhook_url
        if url is None or context.dagster_run.tags.get(STARTED_BY) == "cli":
            return dg.SkipReason("no webhook is set, or the command line has told it")
        text = context.failure_event.message
        payload = {"event": "night_failed", "text": text}
        warning = notify(url, {**payload, "run_id": context.dagster_run.run_id})
        return dg.SkipReason(warning) if warning else None

    return failed_nights


def define(project: Project) -> dg.Definitions:
    """The job, its schedule, and the sensors."""
    nightly = dg.ScheduleDefinition(
        name="every_night",
        job_name=JOB,
        cron_schedule=CRON,
        execution_timezone=project.settings.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return dg.Definitions(
        jobs=[job()],
        schedules=[nightly],
        sensors=[extracts_sensor(project), failure_sensor(project)],
    )


def _seen_files(paths: Paths) -> tuple[set[str], dict[str, float]]:
    """Sources that have delivered, and when each file was last read, by its name."""
    import duckdb

    if not any(paths.manifest.glob("*.parquet")):
        return set(), {}
    with duckdb.connect() as connection:
        query = """
            select source_code, file_name, max(filename)
            from read_parquet(?, union_by_name = true, filename = true)
            group by all
        """
        rows = connection.execute(query, [str(paths.manifest / "*.parquet")]).fetchall()
    told = {name: Path(record).stat().st_mtime for _, name, record in rows}
    return {source for source, _, _ in rows}, told


def _run_key(found: list[Path]) -> str:
    told = ((path, path.stat()) for path in found)
    named = "\n".join(f"{path}:{s.st_size}:{s.st_mtime_ns}" for path, s in told)
    return hashlib.sha256(named.encode()).hexdigest()
