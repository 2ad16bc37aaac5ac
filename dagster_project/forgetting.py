"""Forgets a person: tombstone, lake, warehouse, generations, records, logs, proof.

Each step may be done again; `lake/_tombstones/unfinished.json` stands from the first
to the last, and a night that finds it finishes what it can before it builds.
"""

import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.addresses import masked
from dagster_project.landing import (
    Contract,
    Forgotten,
    Purged,
    bury,
    lake,
    purge_lake,
    read_forgotten,
)
from dagster_project.landing.tombstones import read_progress, write_progress
from dagster_project.locking import run_lock
from dagster_project.paths import Paths
from dagster_project.proving import Proof, Trace, search
from dagster_project.publishing import (
    current_manifest,
    drop_unknowing_generations,
    generations,
    knows_the_forgotten,
)
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster_project.night import NightSummary

Tell = Callable[[str], None]


@dataclass
class Forgetting:
    """What was done, and what is left for others to do."""

    purged: Purged = field(default_factory=Purged)
    dropped: list[str] = field(default_factory=list)
    extracts: list[Trace] = field(default_factory=list)
    unread: list[Trace] = field(default_factory=list)
    night: "NightSummary | None" = None
    is_finished: bool = True
    server: str = ""
    is_server_clean: bool = True
    proof: Proof = field(default_factory=Proof)

    @property
    def exit_code(self) -> int:
        if self.night is not None and self.night.exit_code:
            return self.night.exit_code
        is_proven = not self.proof.found and not self.proof.unread
        return 0 if self.is_finished and self.is_server_clean and is_proven else 1

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values; the address stands in none."""
        return {
            "exit_code": self.exit_code,
            "is_finished": self.is_finished,
            "is_server_clean": self.is_server_clean,
            "erased": dict(self.purged.erased),
            "cleaned": dict(self.purged.cleaned),
            "records": self.purged.records,
            "generations_removed": self.dropped,
            "server": self.server,
            "extracts": [masked(str(trace)) for trace in self.extracts],
            "searched": self.proof.searched,
            "found": [masked(str(trace)) for trace in self.proof.found],
            "unread": [masked(str(trace)) for trace in self.unread],
            "night": asdict(self.night) if self.night else None,
        }


def forget(settings: Settings, address: str, tell: Tell = lambda _: None) -> Forgetting:
    """Erase a person by e-mail address, publish without them, and prove it."""
    from dagster_project.transforming import apply_environment

    paths = Paths.of(settings)
    done = Forgetting()
    with run_lock(paths.lock):
        apply_environment(settings, paths)
        tell("setting the tombstone")
        forgotten = bury(paths, address)
        tell("erasing from the lake")
        done.purged = finish_lake(paths, contracts_of(settings))
        kept = generations(paths)
        done.night = _night(settings, paths, tell)
        finish_published(paths)
        done.is_finished = read_progress(paths) is None
        done.dropped = sorted({*kept} - {*generations(paths)})
        done.server, done.is_server_clean = finish_server(settings, paths, tell)
        drop_logs(paths, forgotten)
        tell("searching for what is left")
        extracts = search(paths.extracts, address)
        done.extracts = extracts.found
        done.proof = search(paths.data, address, leave_out=paths.extracts)
        done.unread = extracts.unread + done.proof.unread
    return done


def contracts_of(settings: Settings) -> list[Contract]:
    """Of every source that is declared, enabled or not: all lie in the lake."""
    from dagster_project.landing import read_contracts
    from dagster_project.transforming import load_project

    return read_contracts(load_project(settings).manifest, ())


def finish_lake(paths: Paths, contracts: Collection[Contract]) -> Purged:
    """Erase from the lake whoever a mark says is still in it."""
    progress = read_progress(paths)
    if progress is None or progress.get("is_lake_clean"):
        return Purged()
    purged = purge_lake(paths, [*contracts])
    for file in (
        paths.warehouse,
        paths.warehouse.with_name(f"{paths.warehouse.name}.wal"),
    ):
        file.unlink(missing_ok=True)  # rebuilt from the lake; free blocks keep old rows
    write_progress(paths, {"is_lake_clean": True})
    return purged


def finish_published(paths: Paths) -> None:
    """Once a generation without them is current, let go of all that came before."""
    progress = read_progress(paths)
    if progress is None or not progress.get("is_lake_clean"):
        return
    current = current_manifest(paths)
    if current is not None and not knows_the_forgotten(paths, current.generation):
        return
    drop_unknowing_generations(paths)
    _drop_unfinished(paths)
    _null_persons(paths)
    paths.unfinished_erasure.unlink()


def drop_logs(paths: Paths, forgotten: Forgotten | None = None) -> None:
    """Remove Dagster's records and dbt's logs if they name somebody forgotten."""
    forgotten = forgotten or read_forgotten(paths)
    if forgotten is None:
        return
    for folder in (paths.dagster_home, paths.dbt_target):
        named = [path for path in _files(folder) if _names(path, forgotten)]
        if named and folder == paths.dagster_home:
            _drop_runs(folder)
        for path in named:
            path.unlink(missing_ok=True)


def _night(settings: Settings, paths: Paths, tell: Tell) -> "NightSummary | None":
    """A night like any other; none where nothing was ever landed."""
    if not any(paths.manifest.glob("n*.parquet")):
        return None
    from dagster_project.night import run_night

    tell("running the night, which publishes without the person")
    return run_night(settings)


def finish_server(settings: Settings, paths: Paths, tell: Tell) -> tuple[str, bool]:
    """Have PostgreSQL show the generation without them; what came of it, in words.

    Asked wherever a server is set: a person may have published there by hand.
    """
    if not (settings.publish_to or settings.postgres_url):
        return "", True
    if current_manifest(paths) is None:
        return "", True
    from dagster_project.postgresql import PostgresError, publish_current

    tell("publishing to PostgreSQL without the person")
    try:
        shown = publish_current(settings, paths)
    except PostgresError as error:
        return f"PostgreSQL may still show the person's rows: {error}", False
    others = "its backups and archived logs are its owner's to clean"
    return f"PostgreSQL, {shown}; {others}", True


def _drop_unfinished(paths: Paths) -> None:
    # A trial of rules that was killed has left its copy of the warehouse.
    shutil.rmtree(paths.trial, ignore_errors=True)
    for folder in paths.published.glob(".*.tmp"):
        shutil.rmtree(folder) if folder.is_dir() else folder.unlink()


def _drop_runs(home: Path) -> None:
    """All but the settings: an event log cannot be cleaned row by row."""
    for path in home.iterdir():
        if path.is_dir():
            shutil.rmtree(path)


def _names(path: Path, forgotten: Forgotten) -> bool:
    return bool(forgotten.named_in(path.read_bytes().decode("utf-8", "replace")))


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def _null_persons(paths: Paths) -> None:
    """Of journeys that are nobody's by now, older records forget whose they were.

    A person's id that others still have stays; theirs is the last word on a journey.
    """
    files = sorted((paths.records / "rec_journeys").glob("g*.parquet"))
    if not files:
        return
    import duckdb
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    with duckdb.connect() as connection:
        listed = [str(path) for path in files]
        nobodys = {row[0] for row in connection.execute(_NOBODYS, [listed]).fetchall()}
    for path in files if nobodys else ():
        table = pq.read_table(path)
        place = table.schema.get_field_index("person_id")
        told = table.column(place).to_pylist()
        new = [None if person in nobodys else person for person in told]
        if new != told:
            named = table.schema.field(place)
            temporary = path.with_name(f".{path.name}.tmp")
            pq.write_table(
                table.set_column(place, named, [pa.array(new, named.type)]), temporary
            )
            lake.settle([temporary], [path])


_NOBODYS = """
    with told as (
        select
            *,
            row_number() over (
                partition by journey_id
                order by cast(substring(generation, 2) as bigint) desc
            ) as recency
        from read_parquet(?, union_by_name = true)
    )

    select distinct told.person_id
    from told
    inner join told as last
        on told.journey_id = last.journey_id and last.recency = 1
    where told.person_id is not null and last.person_id is null
        and told.person_id not in (
            select person_id from told where recency = 1 and person_id is not null
        )
"""
