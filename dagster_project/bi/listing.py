"""A list of rows that may be long, of which a person looks at the newest."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from dagster_project.bi.facts import Table, select

Connection = duckdb.DuckDBPyConnection

# Where the last day has too few, the last week is asked, then two months, then all.
_RECENT_DAYS = (1, 7, 60)
# A month of reports, which may be another zone's, ends within a day of UTC's.
_A_DAY = timedelta(days=1)


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
    be, and whether there are rows behind it: published tables are ordered by theirs,
    so what is recent is found without reading the rest, and `within` says where the
    rest of the list lies. `told` adds to the rows of `listed` what is not needed to
    find them, so that it is read of those alone that are shown.
    """

    listed: Query
    latest: Query
    newest: str
    key: str
    clocks: tuple[str, ...]
    within: Query = Query("true")
    told: str = "select * from listed"

    def count(self, connection: Connection) -> int:
        listed = self._where(self.within)
        query = f"select count(*) from ({listed.text}) as listed"  # noqa: S608 (ours)
        return int(select(connection, query, *listed.values).rows[0][0])

    def beginning(self, connection: Connection, rows_count: int) -> Table:
        """The first rows: of the last days, unless those are too few."""
        ((latest, is_passed),) = connection.execute(
            self.latest.text, list(self.latest.values)
        ).fetchall()
        for days in _RECENT_DAYS if latest else ():
            recent = self._from(">=", latest - timedelta(days=days))
            # an end that cuts nothing off would only be compared with every row
            until = [self._from("<", latest + _A_DAY)] if is_passed else []
            found = self._told(connection, self._first(rows_count, recent, *until))
            if len(found.rows) >= rows_count:
                return found
        return self._told(connection, self._first(rows_count, self.within))

    def all(self, connection: Connection) -> Table:
        return self._told(connection, self._where(self.within))

    def _from(self, comparison: str, time: datetime) -> Query:
        text = " and ".join(f"{clock} {comparison} ?" for clock in self.clocks)
        return Query(text, (time,) * len(self.clocks))

    def _where(self, *conditions: Query) -> Query:
        text = "".join(f" and {condition.text}" for condition in conditions)
        values = [value for condition in conditions for value in condition.values]
        return Query(self.listed.text + text, (*self.listed.values, *values))

    def _first(self, rows_count: int, *conditions: Query) -> Query:
        listed = self._where(*conditions)
        text = f"{listed.text} order by {self._order} limit {rows_count}"
        return Query(text, listed.values)

    def _told(self, connection: Connection, listed: Query) -> Table:
        query = f"with listed as ({listed.text}) {self.told} order by {self._order}"
        return select(connection, query, *listed.values)

    @property
    def _order(self) -> str:
        return f"{self.newest} desc nulls last, {self.key}"
