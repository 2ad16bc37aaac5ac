"""A list of rows that may be long, of which a person looks at the newest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import duckdb

from dagster_project.bi.facts import Table, select

Connection = duckdb.DuckDBPyConnection

# Where the last week has too few, the last two months are asked, then all.
_RECENT_DAYS = (7, 60)


@dataclass(frozen=True)
class Query:
    """A select with the values of its marks."""

    text: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True)
class Listing:
    """A list that may be long, the newest first; the key parts those of one time.

    `listed` ends in its conditions. `clocks` are the columns of its tables that all
    hold the time by which it is ordered, and `latest` asks for the last that there may
    be: published tables are ordered by theirs, so what is recent is found without
    reading the rest. `told` adds to the rows of `listed` what is not needed to find
    them, so that it is read of those alone that are shown.
    """

    listed: Query
    latest: Query
    newest: str
    key: str
    clocks: tuple[str, ...]
    told: str = "select * from listed"

    def count(self, connection: Connection) -> int:
        query = f"select count(*) from ({self.listed.text}) as listed"  # noqa: S608 (ours)
        return int(select(connection, query, *self.listed.values).rows[0][0])

    def beginning(self, connection: Connection, rows_count: int) -> Table:
        """The first rows: of the last days, unless those are too few."""
        ((latest,),) = connection.execute(
            self.latest.text, list(self.latest.values)
        ).fetchall()
        recent = " ".join(f"and {clock} >= ?" for clock in self.clocks)
        for days in _RECENT_DAYS if latest else ():
            since = [latest - timedelta(days=days)] * len(self.clocks)
            found = self._first(connection, rows_count, recent, since)
            if len(found.rows) >= rows_count:
                return found
        return self._first(connection, rows_count)

    def all(self, connection: Connection) -> Table:
        return self._told(connection, self.listed.text, self.listed.values)

    def _first(
        self,
        connection: Connection,
        rows_count: int,
        condition: str = "",
        values: Sequence[object] = (),
    ) -> Table:
        first = (
            f"{self.listed.text} {condition} order by {self._order} limit {rows_count}"
        )
        return self._told(connection, first, (*self.listed.values, *values))

    def _told(
        self, connection: Connection, listed: str, values: Sequence[object]
    ) -> Table:
        query = f"with listed as ({listed}) {self.told} order by {self._order}"
        return select(connection, query, *values)

    @property
    def _order(self) -> str:
        return f"{self.newest} desc nulls last, {self.key}"
