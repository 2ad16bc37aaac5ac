"""Tables made and filled in a schema that nobody sees until it is committed."""

from collections.abc import Iterable, Sequence

from psycopg import sql

from dagster_project.postgresql.connecting import Connection, PostgresError
from dagster_project.postgresql.contents import Column, Contents

# The first version that can hold two nulls of a key for the same.
_NULLS_NOT_DISTINCT = 150_000


def create(connection: Connection, schema: str, contents: Contents) -> None:
    """Make the table, with its columns' types and whether they may lack."""
    columns = sql.SQL(", ").join(map(_declared, contents.columns))
    table = sql.Identifier(schema, contents.name)
    connection.execute(sql.SQL("create table {} ({})").format(table, columns))


def fill(
    connection: Connection, schema: str, contents: Contents, lines: Iterable[str]
) -> None:
    """Copy rows in as they come, and hold their number to the manifest's.

    Frozen rows are seen by transactions that began before as well: one that has read
    nothing of the old tables must not find the new ones empty.

    Raises:
        PostgresError: other rows arrived than were published.
    """
    table = sql.Identifier(schema, contents.name)
    columns = names(column.name for column in contents.columns)
    query = sql.SQL("copy {} ({}) from stdin with (freeze)").format(table, columns)
    with connection.cursor() as cursor:
        with cursor.copy(query) as copy:
            for chunk in lines:
                copy.write(chunk)
        if cursor.rowcount != contents.rows:
            raise PostgresError(
                f"table {contents.name} has {contents.rows} published rows, of which "
                f"{cursor.rowcount} arrived. Run it again"
            )


def finish(connection: Connection, schema: str, contents: Contents) -> None:
    """What is better said once the rows are there: the key, comments, statistics."""
    table = sql.Identifier(schema, contents.name)
    if contents.key:
        key = constraint(connection, contents)
        connection.execute(sql.SQL("alter table {} add {}").format(table, key))
    connection.execute(comments(schema, contents))
    connection.execute(sql.SQL("analyze {}").format(table))


def constraint(connection: Connection, contents: Contents) -> sql.Composed:
    """The key: primary where no part of it may lack, unique elsewhere."""
    kind = "primary key" if contents.is_key_required else "unique"
    if kind == "unique" and connection.info.server_version >= _NULLS_NOT_DISTINCT:
        kind = "unique nulls not distinct"
    return sql.SQL("{} ({})").format(sql.SQL(kind), names(contents.key))


def comments(schema: str, contents: Contents) -> sql.Composed:
    """All descriptions of a table in one go: there are hundreds."""
    table = sql.SQL("comment on table {} is {}").format(
        sql.Identifier(schema, contents.name), sql.Literal(contents.comment)
    )
    columns = [
        sql.SQL("comment on column {} is {}").format(
            sql.Identifier(schema, contents.name, column.name),
            sql.Literal(column.comment),
        )
        for column in contents.columns
    ]
    return sql.SQL("; ").join([table, *columns])


def names(columns: Iterable[str]) -> sql.Composed:
    """Columns, by commas."""
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def tables(schema: str, found: Sequence[str]) -> sql.Composed:
    """Tables with their schema, by commas."""
    return sql.SQL(", ").join(sql.Identifier(schema, name) for name in found)


def _declared(column: Column) -> sql.Composed:
    kind = column.kind + (" not null" if column.is_required else "")
    # The types are those of `contents.TYPES`, no text of anybody's.
    return sql.SQL("{} {}").format(
        sql.Identifier(column.name),
        sql.SQL(kind),
    )
