"""From the loading schema to the one that readers see, within one transaction.

A reader's transaction sees one generation: whatever has read a table of ours holds up
the switch until it ends.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import errors, sql

from dagster_project.postgresql.connecting import Connection, PostgresError
from dagster_project.postgresql.contents import Contents
from dagster_project.postgresql.loading import comments, names, tables

Shape = dict[str, tuple[str, bool]]


@dataclass(frozen=True)
class Patience:
    """How long to wait for readers.

    Each wait is shorter than the second after which the server looks for deadlocks and
    may end the reader; between two waits readers get on.
    """

    wait_milliseconds: int = 900
    pause_seconds: float = 0.6
    seconds: float = 60.0


@dataclass(frozen=True)
class Swap:
    """What takes the place of what: tables of `loading` that of `old` in `schema`."""

    schema: str
    loading: str
    new: Sequence[Contents]
    old: Sequence[str]

    @property
    def kept(self) -> list[Contents]:
        return [contents for contents in self.new if contents.name in self.old]

    @property
    def added(self) -> list[str]:
        return [each.name for each in self.new if each.name not in self.old]

    @property
    def gone(self) -> list[str]:
        return sorted({*self.old} - {contents.name for contents in self.new})


def swap(connection: Connection, change: Swap, patience: Patience) -> bool:
    """Put the new tables in place of the old; say whether by refilling these.

    Raises:
        PostgresError: readers held a table for longer than we wait.
    """
    if not is_depended_on(connection, change):
        lock(connection, change, patience)
        # somebody may have made a view while we were loading
        if not is_depended_on(connection, change):
            _drop(connection, change.schema, change.old)
            _move(connection, change, [contents.name for contents in change.new])
            _drop_loading(connection, change)
            return False
    _refill(connection, change, patience)
    lock(connection, change, patience)
    _drop_loading(connection, change)
    return True


def is_depended_on(connection: Connection, change: Swap) -> bool:
    """Whether anything of others stands on the old tables, such as a view."""
    found = connection.execute(_DEPENDENTS, [change.schema, [*change.old]]).fetchone()
    return found is not None


def lock(connection: Connection, change: Swap, patience: Patience) -> None:
    """Have the old tables to ourselves until the transaction ends.

    Raises:
        PostgresError: others held one for longer than we wait.
    """
    if not change.old:
        return
    found = tables(change.schema, change.old)
    query = sql.SQL("lock table {} in access exclusive mode").format(found)
    timeout = sql.SQL("set local statement_timeout = {}")
    deadline = time.monotonic() + patience.seconds
    while True:
        try:
            with connection.transaction():
                connection.execute(timeout.format(patience.wait_milliseconds))
                connection.execute(query)
                connection.execute(timeout.format(0))
            return
        except (errors.QueryCanceled, errors.LockNotAvailable, errors.DeadlockDetected):
            if time.monotonic() > deadline:
                raise PostgresError(_held(connection, change, patience)) from None
        time.sleep(patience.pause_seconds)


def _refill(connection: Connection, change: Swap, patience: Patience) -> None:
    """Delete and insert: the tables stay, and with them what others built on them."""
    misshapen = [c for c in change.kept if not _is_alike(connection, change, c)]
    if misshapen or change.gone:
        lock(connection, change, patience)
    for contents in change.kept:
        table = sql.Identifier(change.schema, contents.name)
        connection.execute(sql.SQL("delete from {}").format(table))
        if contents in misshapen:
            _reshape(connection, change, contents)
        connection.execute(_insertion(change, contents))
        connection.execute(comments(change.schema, contents))
    _drop(connection, change.schema, change.gone)
    _move(connection, change, change.added)


def _insertion(change: Swap, contents: Contents) -> sql.Composed:
    columns = names(column.name for column in contents.columns)
    return sql.SQL("insert into {} ({}) select {} from {}").format(
        sql.Identifier(change.schema, contents.name),
        columns,
        columns,
        sql.Identifier(change.loading, contents.name),
    )


def _is_alike(connection: Connection, change: Swap, contents: Contents) -> bool:
    return all(
        read(connection, change.schema, contents.name)
        == read(connection, change.loading, contents.name)
        for read in (_shape, _keys)
    )


def _reshape(connection: Connection, change: Swap, contents: Contents) -> None:
    """Give an emptied table the columns and the key of the one that was loaded."""
    table = sql.Identifier(change.schema, contents.name)
    for key in _keys(connection, change.schema, contents.name).values():
        _alter(connection, table, "drop constraint {}", sql.Identifier(key))
    old = _shape(connection, change.schema, contents.name)
    new = _shape(connection, change.loading, contents.name)
    for name in old.keys() - new.keys():
        _alter(connection, table, "drop column {}", sql.Identifier(name))
    for name, (kind, is_required) in new.items():
        column, typed = sql.Identifier(name), sql.SQL(kind)
        if name not in old:
            _alter(connection, table, "add column {} {}", column, typed)
        elif old[name][0] != kind:
            # emptied, it has no value to cast, and few types would be cast unasked
            retyped = "alter column {} type {} using null"
            _alter(connection, table, retyped, column, typed)
        verb = sql.SQL("set" if is_required else "drop")
        _alter(connection, table, "alter column {} {} not null", column, verb)
    for key in _keys(connection, change.loading, contents.name):
        _alter(connection, table, "add {}", sql.SQL(key))


def _alter(
    connection: Connection,
    table: sql.Identifier,
    what: LiteralString,
    *parts: sql.Composable,
) -> None:
    """Alter a table in a way whose words come from the server's own catalog."""
    query = sql.SQL("alter table {} ").format(table) + sql.SQL(what).format(*parts)
    connection.execute(query)


def _shape(connection: Connection, schema: str, table: str) -> Shape:
    """Columns of a table: their type, and whether they may not lack."""
    rows = connection.execute(_COLUMNS, [schema, table]).fetchall()
    return {name: (kind, is_required) for name, kind, is_required in rows}


def _keys(connection: Connection, schema: str, table: str) -> dict[str, str]:
    """Keys of a table as the server words them, with their names."""
    rows = connection.execute(_KEYS, [schema, table]).fetchall()
    return dict(rows)


def _drop(connection: Connection, schema: str, found: Sequence[str]) -> None:
    if found:
        query = sql.SQL("drop table {}").format(tables(schema, found))
        connection.execute(query)


def _move(connection: Connection, change: Swap, found: Iterable[str]) -> None:
    """All in one go: readers wait meanwhile."""
    moved = [
        sql.SQL("alter table {} set schema {}").format(
            sql.Identifier(change.loading, name), sql.Identifier(change.schema)
        )
        for name in found
    ]
    if moved:
        connection.execute(sql.SQL("; ").join(moved))


def _drop_loading(connection: Connection, change: Swap) -> None:
    query = sql.SQL("drop schema {} cascade").format(sql.Identifier(change.loading))
    connection.execute(query)


def _held(connection: Connection, change: Swap, patience: Patience) -> str:
    """Who reads for so long, and what a person can do."""
    rows = connection.execute(_HOLDERS, [change.schema, [*change.old]]).fetchall()
    told = "; ".join(_holder(*row) for row in rows) or "sessions that have ended by now"
    return (
        f"for {patience.seconds:.0f} s others have held tables of schema "
        f"{change.schema}: {told}. Have these transactions ended (`select "
        "pg_terminate_backend(<process>)` ends one)"
    )


def _holder(pid: int, user: str, application: str, since: Any) -> str:
    program = f" with {application}" if application else ""
    begun = f", in a transaction since {since:%Y-%m-%d %H:%M:%S %Z}" if since else ""
    return f"process {pid} of user {user}{program}{begun}"


# A dependency of kind n is on something that is not a part of it: a view's rule, a
# function's body, a foreign key. Nothing of ours has one.
_DEPENDENTS = """
    select 1
    from pg_depend as standing
    inner join pg_class as ours
        on (standing.refclassid = 'pg_class'::regclass and standing.refobjid = ours.oid)
        or (standing.refclassid = 'pg_type'::regclass
            and standing.refobjid = ours.reltype)
    where ours.relnamespace = (select oid from pg_namespace where nspname = %s)
        and ours.relname = any(%s)
        and standing.deptype = 'n'
    limit 1
"""
_COLUMNS = """
    select attname, format_type(atttypid, atttypmod), attnotnull
    from pg_attribute
    inner join pg_class on pg_class.oid = attrelid
    inner join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = %s and relname = %s and attnum > 0 and not attisdropped
"""
_KEYS = """
    select pg_get_constraintdef(pg_constraint.oid), conname
    from pg_constraint
    inner join pg_class on pg_class.oid = conrelid
    inner join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = %s and relname = %s and contype in ('p', 'u')
"""
_HOLDERS = """
    select distinct pid, usename::text, application_name, xact_start
    from pg_locks
    inner join pg_stat_activity using (pid)
    inner join pg_class on pg_class.oid = pg_locks.relation
    inner join pg_namespace on pg_namespace.oid = relnamespace
    where nspname = %s and relname = any(%s) and granted
        and datname = current_database() and pid <> pg_backend_pid()
    order by pid
"""
