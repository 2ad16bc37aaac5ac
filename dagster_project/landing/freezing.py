"""Freezes what a run is a function of: its as-of and the files it admits."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]

from dagster_project.landing import lake
from dagster_project.landing.admissions import declare_admissions
from dagster_project.landing.contract import Contract
from dagster_project.landing.duck import literal
from dagster_project.landing.lake import FileOutcome
from dagster_project.landing.profiles import profile_files
from dagster_project.landing.sinks import LandingError
from dagster_project.landing.standing import read_standing
from dagster_project.paths import Paths
from dagster_project.settings import Settings

TIME = pa.timestamp("us")
Landed = tuple[str, str]
RUNS = pa.schema(
    [("as_of", TIME), ("timezone", pa.string()), ("home_currency", pa.string())]
)
FILES = pa.schema(
    [
        ("source_code", pa.string()),
        ("table_name", pa.string()),
        ("file_name", pa.string()),
        ("file_sha256", pa.string()),
        ("batch_id", pa.string()),
        ("extracted_at", TIME),
        ("physical_count", pa.int64()),
        ("landed_count", pa.int64()),
        ("rejected_count", pa.int64()),
        ("is_published", pa.bool_()),
    ]
)
SOURCES = pa.schema(
    [
        ("source_code", pa.string()),
        ("timezone", pa.string()),
        ("data_through", TIME),
        ("history_from", TIME),
    ]
)


class NoExtractsError(RuntimeError):
    """Nothing was ever landed; the message says where extracts go."""


@dataclass(frozen=True)
class Run:
    """What a night is a function of, as written to `lake/_run`."""

    as_of: datetime
    timezone: str
    home_currency: str
    admitted: list[dict[str, Any]]
    sources: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        return {
            "as_of": self.as_of.isoformat(),
            "timezone": self.timezone,
            "home_currency": self.home_currency,
            "admitted": [_jsonable(row) for row in self.admitted],
            "sources": [_jsonable(row) for row in self.sources],
        }


def freeze_run(
    contracts: Sequence[Contract],
    paths: Paths,
    settings: Settings,
    as_of: datetime | None,
    published_landings: Collection[Landed] = (),
) -> Run:
    """Decide which files are admitted at `as_of` (default: newest extract); write it.

    Raises:
        NoExtractsError: no file of these contracts was ever landed.
        LandingError: a content is owed that was landed with a file since withdrawn.
    """
    declare_admissions(paths)
    tables = [_Table(contract, paths) for contract in contracts]
    for table in tables:
        table.check_owed()
    if not any(table.landings for table in tables):
        raise NoExtractsError(_where_extracts_go(paths))
    instant = as_of or _newest(tables)
    admitted = {id(table): table.admitted(instant) for table in tables}
    published = set(published_landings)
    run = Run(
        as_of=instant,
        timezone=settings.timezone,
        home_currency=settings.home_currency,
        admitted=[
            _file_row(outcome, published)
            for table in tables
            for outcome in admitted[id(table)]
        ],
        sources=_sources(tables, admitted, instant),
    )
    write_run(run, paths)
    profile_files(contracts, paths, settings.memory_limit)
    return run


def write_run(run: Run, paths: Paths) -> None:
    only = {
        "as_of": run.as_of,
        "timezone": run.timezone,
        "home_currency": run.home_currency,
    }
    lake.write_rows(paths.run / "files.parquet", run.admitted, FILES)
    lake.write_rows(paths.run / "sources.parquet", run.sources, SOURCES)
    lake.write_rows(paths.run / "runs.parquet", [only], RUNS)


def refuse_without_extracts(paths: Paths) -> None:
    """Before anything is parsed: nothing was landed, and nothing has come.

    Raises:
        NoExtractsError: there is no file to begin with, or no folder to look into.
    """
    has_come = any(path.is_file() for path in paths.extracts.rglob("*"))
    told = (path.stem for path in paths.manifest.glob("*.parquet"))
    if not has_come and not any(name != "declared" for name in told):
        raise NoExtractsError(_where_extracts_go(paths))
    if not paths.extracts.is_dir():
        raise NoExtractsError(
            f"the folder of extracts {paths.extracts} is not there, though extracts "
            "were landed before; mount or make it, or name it by FUNNELHOUSE_EXTRACTS"
        )


def _where_extracts_go(paths: Paths) -> str:
    missing = "" if paths.extracts.is_dir() else ", which is not there"
    return (
        f"no extract was ever landed; put files into {paths.extracts}{missing} "
        "(FUNNELHOUSE_EXTRACTS names another folder), or make some: funnelhouse sample"
    )


def _newest(tables: Iterable["_Table"]) -> datetime:
    times = [time for table in tables for time in table.times()]
    if not times:
        raise NoExtractsError(
            "the files landed so far hold no row that says when it was extracted; "
            "state --as-of"
        )
    return max(times)


class _Table:
    """The landings of one table that stand, seen from an as-of."""

    def __init__(self, contract: Contract, paths: Paths) -> None:
        self.contract = contract
        self._paths = paths
        self._standing = read_standing(contract, paths)
        self.landings = self._standing.landings.values()

    def times(self) -> list[datetime]:
        return self._standing.times

    def admitted(self, as_of: datetime) -> list[FileOutcome]:
        """What is in use and known by as-of."""
        early = self._reaches(as_of)
        return [
            outcome
            for outcome in self._standing.admitted
            if outcome.extracted_at is None  # no row, and still to be accounted for
            or outcome.extracted_at <= as_of
            or _landed(outcome) in early
        ]

    def check_owed(self) -> None:
        for version in self._standing.owed:
            raise LandingError(
                f"{version.file_name}: its content was landed with a file of another "
                "name, which is withdrawn; put it back into extracts/, withdraw it "
                "as well (funnelhouse withdraw), or admit the other again"
            )

    def data_through(
        self, as_of: datetime, admitted: Sequence[FileOutcome]
    ) -> datetime | None:
        """The newest time known by as-of; a duplicate counts: there was no news."""
        known = [time for time in self.times() if time <= as_of]
        if any(o.extracted_at and o.extracted_at > as_of for o in admitted):
            known += self._reaches(as_of).values()
        return max(known, default=None)

    def _reaches(self, as_of: datetime) -> dict[Landed, datetime]:
        """Until when the rows of each landing reach that are known by as-of.

        Asked only where a landing ends after as-of and may yet have such rows.
        """
        ends_later = any(time > as_of for time in self.times())
        if self.contract.extracted_at.column is None or not ends_later:
            return {}
        standing = set(map(_landed, self.landings))
        rows = self._query(as_of)
        return {
            (name, batch): at for name, batch, at in rows if (name, batch) in standing
        }

    def _query(self, as_of: datetime) -> list[Any]:
        folder = lake.batch_folder(self._paths, self.contract, lake.DECLARED).parent
        files = sorted(folder.glob("*/*.parquet"))
        listed = ", ".join(literal(str(path)) for path in files)
        with duckdb.connect() as connection:
            return connection.execute(
                "select _source_file, _batch_id, max(_extracted_at) "  # noqa: S608
                f"from read_parquet([{listed}], union_by_name = true, "
                "hive_partitioning = true, hive_types_autocast = false) "
                f"where _extracted_at <= {_sql(as_of)} group by all"
            ).fetchall()


def _landed(outcome: FileOutcome) -> Landed:
    """What tells a landing: of a file that is landed again, the last one stands."""
    return outcome.file_name, outcome.batch_id


def _sql(instant: datetime) -> str:
    return f"timestamp {literal(instant.isoformat(' '))}"


def _file_row(outcome: FileOutcome, published: Collection[Landed]) -> dict[str, Any]:
    row = {
        name: getattr(outcome, name) for name in FILES.names if name != "is_published"
    }
    return {**row, "is_published": _landed(outcome) in published}


def _sources(
    tables: Sequence[_Table],
    admitted: dict[int, list[FileOutcome]],
    as_of: datetime,
) -> list[dict[str, Any]]:
    codes = dict.fromkeys(table.contract.source_code for table in tables)
    return [
        _source_row(
            [table for table in tables if table.contract.source_code == code],
            admitted,
            as_of,
        )
        for code in codes
    ]


def _source_row(
    tables: Sequence[_Table], admitted: dict[int, list[FileOutcome]], as_of: datetime
) -> dict[str, Any]:
    contracts = [table.contract for table in tables]
    # What a contract states of its extracts holds only once one of them is here.
    has_files = any(admitted[id(table)] for table in tables)
    stated = [c.data_through for c in contracts if c.data_through is not None]
    found = [table.data_through(as_of, admitted[id(table)]) for table in tables]
    begins = [c.history_from for c in contracts if c.history_from is not None]
    return {
        "source_code": contracts[0].source_code,
        "timezone": contracts[0].timezone,
        "data_through": max(stated or filter(None, found), default=None)
        if has_files
        else None,
        "history_from": min(begins, default=None),
    }


def _jsonable(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
