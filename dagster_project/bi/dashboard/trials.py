"""Tries edited stage and segment rules on the data, without touching what is built.

A private copy of the builder's warehouse is built with a copy of the seeds, by the
project's own models, in a process of its own. No rule is written here: what moved is
what differs between the tables before and after.
"""

import csv
import io
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from dagster_project.bi.facts import Table, select
from dagster_project.checking import Finding, check_seeds
from dagster_project.locking import LockHeldError, run_lock
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from dagster_project.transforming import build, environment, load_project, salt

TRIED = ("stages", "stage_aliases", "segments", "segment_rules")
MODELS = ("fct_stage_transitions", "fct_journeys")
_COPY_TRIES = 3
_trying = threading.Lock()


class TrialError(RuntimeError):
    """Rules that cannot be tried now; the message says why and what to do."""


@dataclass(frozen=True)
class Moved:
    """What the edited rules would change; `members` by segment, before and after."""

    transitions_count: int
    journeys_count: int
    members: Table
    journeys: Table


def read_seed(folder: Path, name: str) -> Table:
    """A seed as text, as it is committed."""
    text = (folder / f"{name}.csv").read_text(encoding="utf-8-sig")
    columns, *rows = csv.reader(io.StringIO(text, newline=""))
    return Table(tuple(columns), [tuple(row) for row in rows if row])


def seed_text(rows: Table) -> str:
    """A seed as it is written: an empty cell is empty, lines end in LF."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows.columns)
    writer.writerows([value or "" for value in row] for row in rows.rows)
    return text.getvalue()


def write_seeds(settings: Settings, edited: Mapping[str, Table]) -> list[Finding]:
    """Copy the seeds with some edited, and say all that is wrong with them."""
    folder = Paths.of(settings).trial / "seeds"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(settings.seeds, folder)
    for name, rows in edited.items():
        (folder / f"{name}.csv").write_text(seed_text(rows), encoding="utf-8")
    return check_seeds(folder)


def try_seeds(settings: Settings) -> Iterator[str | Moved]:
    """Build with the seeds that `write_seeds` wrote: what is built, then what moved.

    Raises:
        TrialError: a night or another trial is running, or a model cannot be built.
    """
    if settings.engine != "duckdb":
        raise TrialError(
            "rules are tried in the builder's DuckDB warehouse, which this "
            f"installation (FUNNELHOUSE_ENGINE={settings.engine}) does not build"
        )
    paths = Paths.of(settings)
    tried = Paths.of(_trial_settings(settings))
    with _alone(tried):
        try:
            yield "copying the warehouse"
            _copy_whole(paths.warehouse, tried.warehouse)
            _remember(tried.warehouse)
            _borrow_lake(paths, tried)
            yield from _build(settings)
            yield compare(tried.warehouse)
        finally:
            # The copy holds what people may ask to be forgotten.
            tried.warehouse.unlink(missing_ok=True)


def _trial_settings(settings: Settings) -> Settings:
    """The same settings on the trial's own folder and seeds, with the same salt."""
    paths = Paths.of(settings)
    return replace(
        settings,
        data=paths.trial,
        seeds=paths.trial / "seeds",
        pii_salt=salt(settings, paths),
    )


@contextmanager
def _alone(tried: Paths) -> Iterator[None]:
    busy = "somebody is trying rules already; wait until that has ended"
    if not _trying.acquire(blocking=False):
        raise TrialError(busy)
    try:
        with run_lock(tried.lock):
            yield
    except LockHeldError as error:
        raise TrialError(f"{busy}: {error}") from error
    finally:
        _trying.release()


def _copy_whole(source: Path, target: Path) -> None:
    """Copy the file while nobody writes it; a night is never made to wait for us."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not source.is_file():
        raise TrialError(f"{source}: nothing is built yet; run `funnelhouse run` first")
    for _ in range(_COPY_TRIES):
        before = _state(source)
        shutil.copyfile(source, target)
        if before and before == _state(source):
            return
    target.unlink()
    raise TrialError("a night is writing the warehouse: try again when it has ended")


def _state(file: Path) -> tuple[int, int, int] | None:
    """What changes with every write; none while there is a log to be written back."""
    if file.with_name(f"{file.name}.wal").exists():
        return None
    told = file.stat()
    return told.st_ino, told.st_size, told.st_mtime_ns


def _remember(warehouse: Path) -> None:
    """Keep what was built before beside what will be."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema before_trial")
        for model in MODELS:
            connection.execute(
                f"create table before_trial.{model} as from marts.{model}"
            )


def _borrow_lake(paths: Paths, tried: Paths) -> None:
    """The lake is read where it is; a trial writes nothing into it."""
    if not tried.lake.is_symlink():
        tried.lake.symlink_to(paths.lake, target_is_directory=True)


def _build(settings: Settings) -> Iterator[str]:
    """Each model as it is built; dbt keeps state in its process, so it gets its own."""
    tried = _trial_settings(settings)
    variables = {**os.environ, **environment(tried, Paths.of(tried))}
    call = [sys.executable, "-m", "dagster_project.bi.dashboard.trials"]
    with subprocess.Popen(  # noqa: S603 (our own module)
        call,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said = []
        for line in process.stdout or ():
            said.append(line.rstrip())
            yield said[-1]
    if process.returncode:
        raise TrialError("the models could not be built: " + "\n".join(said[-5:]))


_PLACED = "pipeline_code, from_stage_code, to_stage_code, direction_code, is_deleted"
_STANDING = (
    "pipeline_code, segment_code, current_stage_code, furthest_stage_code, "
    "outcome_code, is_deleted, is_duplicate"
)


def compare(warehouse: Path) -> Moved:
    """What differs between the tables kept before a trial and those built by it."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return Moved(
            _changed_count(connection, "fct_stage_transitions", "transition_id"),
            _changed_count(connection, "fct_journeys", "journey_id"),
            select(connection, _MEMBERS),
            select(connection, _MOVED_JOURNEYS),
        )


def _changed_count(connection: duckdb.DuckDBPyConnection, model: str, key: str) -> int:
    columns = _PLACED if key == "transition_id" else _STANDING
    query = f"""
        select count(distinct {key}) from (
            (select {key}, {columns} from before_trial.{model}
            except select {key}, {columns} from marts.{model})
            union all
            (select {key}, {columns} from marts.{model}
            except select {key}, {columns} from before_trial.{model})
        ) as changed
    """  # noqa: S608 (constants only)
    return int(select(connection, query).rows[0][0])


_MEMBERS = """
with counted as (
    select segment_code, 1 as before, 0 as after from before_trial.fct_journeys
    where not is_deleted and not is_duplicate
    union all
    select segment_code, 0, 1 from marts.fct_journeys
    where not is_deleted and not is_duplicate
)
select
    segment_code,
    sum(before)::bigint as members_before_count,
    sum(after)::bigint as members_after_count,
    sum(after - before)::bigint as members_change_count,
from counted group by segment_code order by members_before_count desc, segment_code
"""
_MOVED_JOURNEYS = """
select
    journey_id,
    was.segment_code as segment_before, becomes.segment_code as segment_after,
    was.current_stage_code as stage_before, becomes.current_stage_code as stage_after,
    was.outcome_code as outcome_before, becomes.outcome_code as outcome_after,
from before_trial.fct_journeys as was
full join marts.fct_journeys as becomes using (journey_id)
where (was.segment_code, was.current_stage_code, was.outcome_code)
    is distinct from
    (becomes.segment_code, becomes.current_stage_code, becomes.outcome_code)
order by journey_id
"""


def differs(first: Table, second: Table) -> bool:
    return seed_text(first) != seed_text(second)


def main() -> None:
    """What the trial's own process does: build in the folder of its environment."""
    settings = Settings.from_environment()
    print("reading the project", flush=True)  # noqa: T201
    load_project(settings)
    outcomes = build(
        [f"+{model}" for model in MODELS],
        "empty",
        False,
        lambda told: print(told["data"]["node_info"]["node_name"], flush=True),  # noqa: T201
    )
    faults = [str(each) for each in outcomes if each.is_fault]
    sys.exit("\n".join(faults) if faults else 0)


if __name__ == "__main__":
    main()
