"""The current generation, copied to PostgreSQL: loaded, switched, granted.

All is one transaction: killed at any point, the server has the generation it had.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg import sql

from dagster_project.paths import Paths
from dagster_project.postgresql.connecting import (
    Connection,
    PostgresError,
    connected,
    place,
    tried_again,
)
from dagster_project.postgresql.contents import (
    Column,
    Contents,
    escaped,
    opened,
    read_contents,
    read_lines,
)
from dagster_project.postgresql.loading import create, fill, finish, tables
from dagster_project.postgresql.swapping import Patience, Swap, swap
from dagster_project.publishing import MANIFEST, Manifest, current_manifest
from dagster_project.settings import Settings

if TYPE_CHECKING:
    import duckdb

STAMP = "published_generation"
_TOLD = Contents(
    STAMP,
    (
        Column("generation", "text", True, "Generation that this schema shows."),
        Column("as_of", "timestamp", True, "Nothing later was known to it (UTC)."),
        Column("version", "text", True, "Version of Funnelhouse that made it."),
        Column("timezone", "text", True, "Time zone in which days and months are cut."),
        Column("home_currency", "text", True, "Currency of home amounts."),
        Column("data_through", "jsonb", True, "Newest extract of each source (UTC)."),
        Column("manifest_sha256", "text", True, "Hash of the generation's manifest."),
        Column("table_names", "jsonb", True, "Tables that belong to the generation."),
        Column("loaded_at", "timestamptz", True, "When it was loaded here."),
    ),
    key=("generation",),
    comment="One row: which generation the tables of this schema are.",
    rows=1,
)


@dataclass(frozen=True)
class Copy:
    """What a server shows now."""

    generation: str
    schema: str
    where: str
    tables_count: int
    is_new: bool

    def __str__(self) -> str:
        what = f"{self.generation}, {self.tables_count} tables"
        return f"schema {self.schema} of {self.where}: {what}"


@dataclass(frozen=True)
class _Shown:
    """What a server showed before: the hash of its manifest, its tables, by name."""

    generation: str = ""
    manifest_sha256: str = ""
    table_names: tuple[str, ...] = ()


def publish_current(
    settings: Settings, paths: Paths, patience: Patience | None = None
) -> Copy:
    """Have PostgreSQL show the current generation; nothing to do where it does.

    Raises:
        PostgresError: it does not, and shows what it showed before.
    """
    manifest = current_manifest(paths)
    if manifest is None:
        raise PostgresError("nothing is published yet: run `funnelhouse run` first")
    folder = paths.generation(manifest.generation)

    def publish() -> Copy:
        return _publish(settings, folder, manifest, patience or Patience())

    try:
        return tried_again(settings, publish)
    except PostgresError as error:
        raise PostgresError(
            f"the files of {manifest.generation} are published, and PostgreSQL does "
            f"not show them: {error}. What it showed before stands; the next "
            "`funnelhouse run` tries again, as does `funnelhouse publish --to "
            "postgresql`."
        ) from None


def _publish(
    settings: Settings, folder: Path, manifest: Manifest, patience: Patience
) -> Copy:
    schema = settings.postgres_schema
    digest = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    is_refilled = False
    with connected(settings) as connection:
        with connection.transaction():
            _refuse_missing_role(connection, settings.postgres_reader)
            _be_alone(connection, schema)
            shown = _read_shown(connection, schema)
            is_new = not _is_whole(connection, schema, shown, manifest, digest)
            if is_new:
                with opened(folder, settings.memory_limit) as facts:
                    new = [*read_contents(facts, manifest), _TOLD]
                    change = _planned(connection, schema, new, shown)
                    _load(connection, facts, change, _stamp(manifest, digest))
                is_refilled = swap(connection, change, patience)
            _grant(connection, settings, [*manifest.tables, STAMP])
        if is_refilled:
            # rows deleted are still in the files until then
            old = tables(schema, change.old)
            connection.execute(sql.SQL("vacuum (analyze) {}").format(old))
        where = place(connection)
    count = len(manifest.tables)
    return Copy(manifest.generation, schema, where, count, is_new)


def _be_alone(connection: Connection, schema: str) -> None:
    """One publication at a time, of however many installations."""
    connection.execute(
        "select pg_advisory_xact_lock(hashtext('funnelhouse'), hashtext(%s))", [schema]
    )


def _read_shown(connection: Connection, schema: str) -> _Shown:
    if STAMP not in _relations(connection, schema):
        return _Shown()
    query = sql.SQL("select generation, manifest_sha256, table_names from {}")
    row = connection.execute(query.format(sql.Identifier(schema, STAMP))).fetchone()
    return _Shown(row[0], row[1], (*row[2], STAMP)) if row else _Shown("", "", (STAMP,))


def _is_whole(
    connection: Connection,
    schema: str,
    shown: _Shown,
    manifest: Manifest,
    digest: str,
) -> bool:
    """Whether this very generation is there, and nobody has dropped a table of it."""
    there = {*manifest.tables} <= _relations(connection, schema)
    return shown.manifest_sha256 == digest and there


def _planned(
    connection: Connection, schema: str, new: list[Contents], shown: _Shown
) -> Swap:
    """What will take the place of what.

    Raises:
        PostgresError: a table of somebody else bears the name of one of ours.
    """
    present = _relations(connection, schema)
    others = present - {*shown.table_names}
    taken = sorted(others & {contents.name for contents in new})
    if taken:
        raise PostgresError(
            f"schema {schema} holds {', '.join(taken)}, which this never published. "
            "Name another schema by FUNNELHOUSE_POSTGRES_SCHEMA"
        )
    old = sorted(present & {*shown.table_names})
    return Swap(schema, f"{schema}_loading", new, old)


def _load(
    connection: Connection,
    facts: "duckdb.DuckDBPyConnection",
    change: Swap,
    stamp: str,
) -> None:
    """Fill the loading schema, table by table."""
    for schema in (change.schema, change.loading):
        _make_schema(connection, schema, is_ours=schema == change.loading)
    for contents in change.new:
        lines = [stamp] if contents is _TOLD else read_lines(facts, contents)
        create(connection, change.loading, contents)
        fill(connection, change.loading, contents, lines)
        finish(connection, change.loading, contents)


def _make_schema(connection: Connection, schema: str, is_ours: bool) -> None:
    found = connection.execute("select to_regnamespace(%s)", [_quoted(schema)])
    (known,) = found.fetchone() or (None,)
    if known and is_ours:
        raise PostgresError(
            f"there is a schema {schema}, which is never left behind by a publication. "
            "Rename it, or name another schema by FUNNELHOUSE_POSTGRES_SCHEMA"
        )
    if not known:
        query = sql.SQL("create schema {}").format(sql.Identifier(schema))
        connection.execute(query)


def _refuse_missing_role(connection: Connection, role: str | None) -> None:
    """Before anything is loaded for readers who cannot be let in.

    Raises:
        PostgresError: there is no such role.
    """
    known = "select 1 from pg_roles where rolname = %s"
    if role and connection.execute(known, [role]).fetchone() is None:
        raise PostgresError(
            f"there is no role {role}, which FUNNELHOUSE_POSTGRES_READER names: make "
            f"it by `create role {_quoted(role)}`, and grant it to whoever reads"
        )


def _grant(connection: Connection, settings: Settings, found: list[str]) -> None:
    """Let the readers' role read, and no more."""
    if settings.postgres_reader is None:
        return
    role = sql.Identifier(settings.postgres_reader)
    schema = sql.Identifier(settings.postgres_schema)
    listed = tables(settings.postgres_schema, found)
    connection.execute(sql.SQL("grant usage on schema {} to {}").format(schema, role))
    connection.execute(sql.SQL("grant select on {} to {}").format(listed, role))


def _relations(connection: Connection, schema: str) -> set[str]:
    rows = connection.execute(
        "select relname from pg_class where relkind in ('r', 'p', 'v', 'm', 'f') "
        "and relnamespace = (select oid from pg_namespace where nspname = %s)",
        [schema],
    )
    return {name for (name,) in rows.fetchall()}


def _stamp(manifest: Manifest, digest: str) -> str:
    """The row that says which generation it is, as COPY takes it."""
    values = (
        manifest.generation,
        manifest.as_of,
        manifest.version,
        manifest.timezone,
        manifest.home_currency,
        json.dumps(manifest.data_through),
        digest,
        json.dumps(sorted(manifest.tables)),
        datetime.now(UTC).isoformat(),
    )
    return "\t".join(map(escaped, values)) + "\n"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
