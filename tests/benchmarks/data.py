"""Extracts of millions of deals as Parquet: a sample, and copies of it as other people.

`python -m tests.benchmarks.data FOLDER --deals 200000 --events 4000000` makes them in
FOLDER/extracts and lands them in FOLDER/data/lake. A deal of a later copy has its own
ids and its own pace: its moves come up to a tenth sooner after its entry, so that no
two copies have the same durations. Counts of journeys by outcome are those of the
sample's truth, once a copy. The same numbers give the same rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click
import duckdb

from dagster_project.landing import (
    Contract,
    freeze_run,
    land,
    next_batch_id,
    read_contracts,
)
from dagster_project.paths import Paths
from dagster_project.publishing import next_generation
from dagster_project.restating import freeze_ingredients
from dagster_project.samples import write_samples
from dagster_project.settings import Settings
from dagster_project.transforming import load_project

SOURCES = ("hubspot", "segment", "ad_spend")
OTHER_PEOPLE = 10**12
"""Ids of the sample have fewer digits, so a copy's number can stand before them."""

IDS = ("deal_id", "merged_deal_id", "contact_id", "engagement_id")
TIMES = ("date_entered", "_fivetran_start", "_fivetran_end", "timestamp")
CALLS = (
    "messageId",
    "anonymousId",
    "userId",
    "type",
    "event",
    "name",
    "properties",
    "traits",
    "context",
    "originalTimestamp",
    "sentAt",
    "receivedAt",
    "timestamp",
)
DOCUMENTS = ("properties", "traits", "context")
SEGMENT = {
    "messageId": "lpad(copy::varchar, 4, '0') || \"messageId\"",
    "anonymousId": "lpad(copy::varchar, 4, '0') || \"anonymousId\"",
    "userId": f'("userId"::bigint + copy * {OTHER_PEOPLE})::varchar',
    "traits": "replace(traits, '\"email\":\"', '\"email\":\"' || copy || '.')",
}
SHARED = ("hubspot/owner", "hubspot/deal_pipeline", "hubspot/deal_pipeline_stage")
MACROS = """
create macro pace(deal_id, copy) as
    1 - (deal_id::bigint // 37 * 7919 + copy * 104729) % 1000 / 10000 * least(copy, 1);
create macro sooner(moved_at, entered_at, pace) as case
    when moved_at >= timestamp '9999-01-01' then moved_at
    else entered_at + to_seconds(floor(epoch(moved_at - entered_at) * pace)::bigint)
end;
create macro moment(text) as text::timestamp;
create macro as_text(moved_at) as strftime(moved_at, '%Y-%m-%d %H:%M:%S');
"""


@dataclass(frozen=True)
class Size:
    """How much to make; `deals` and `events` are rounded to whole copies."""

    deals: int
    events: int
    months: int = 24
    seed: int = 7
    deals_of_a_copy: int = 50_000

    @property
    def copies(self) -> int:
        return max(1, round(self.deals / self.deals_of_a_copy))


@dataclass(frozen=True)
class Table:
    """A table of the sample, as read: a query, its columns, and when rows came."""

    name: str
    query: str
    columns: tuple[str, ...]
    came: str


def make_extracts(folder: Path, size: Size) -> Path:
    """Parquet below `folder`/extracts: a file a table and month, named by its last day.

    The day is in the name since a table may state the time of its extracts there.
    """
    sample, extracts = folder / "sample" / "extracts", folder / "extracts"
    deals, events = size.deals // size.copies, size.events // size.copies
    if not sample.exists():
        write_samples(
            sample, deals=deals, events=events, months=size.months, seed=size.seed
        )
    with duckdb.connect() as connection:
        connection.execute(MACROS)
        connection.execute(_entries(sample))
        for table in _tables(connection, sample):
            copies = 1 if table.name in (*SHARED, "ad_spend") else size.copies
            _write_copies(connection, table, extracts / table.name, copies)
    return extracts


def make_lake(folder: Path, extracts: Path) -> Settings:
    """Land the extracts below `folder`/data, and freeze what a build is made of."""
    settings = replace(
        Settings.from_environment({"FUNNELHOUSE_DATA": str(folder / "data")}),
        extracts=extracts,
        sources=SOURCES,
    )
    project = load_project(settings)
    contracts = [
        _as_parquet(contract)
        for contract in read_contracts(project.manifest, project.sources)
    ]
    batch_id = next_batch_id(project.paths)
    for contract in contracts:
        land(contract, project.paths, batch_id)
    freeze_run(contracts, project.paths, settings, None)
    freeze_ingredients(project.paths, settings, next_generation(Paths.of(settings)))
    return settings


def _as_parquet(contract: Contract) -> Contract:
    """The declaration of the same table, in the files that are made here."""
    whole = {"ad_spend": "ad_spend", "segment": "segment"}
    name = f"{contract.source_code}/{contract.table_name}"
    name = whole.get(contract.source_code, name)
    return replace(contract, format="parquet", files=(f"{name}/*.parquet",))


def _entries(sample: Path) -> str:
    """When each deal of the sample was entered."""
    return f"""
        create temp table entries as
        select deal_id, min(date_entered::timestamp) as entered_at
        from read_csv('{sample}/hubspot/deal_stage/*.csv', all_varchar = true)
        group by deal_id
    """


def _tables(connection: duckdb.DuckDBPyConnection, sample: Path) -> Iterator[Table]:
    for folder in sorted((sample / "hubspot").iterdir()):
        source = f"read_csv('{folder}/*.csv', all_varchar = true)"
        columns = _columns(connection, source)
        yield Table(f"hubspot/{folder.name}", source, columns, "_fivetran_synced")
    source = f"read_csv('{sample}/ad_spend/*.csv', all_varchar = true)"
    yield Table("ad_spend", source, _columns(connection, source), "date")
    yield Table("segment", _calls(sample), CALLS, "receivedAt")


def _columns(connection: duckdb.DuckDBPyConnection, source: str) -> tuple[str, ...]:
    return tuple(row[0] for row in connection.sql(f"describe from {source}").fetchall())


def _calls(sample: Path) -> str:
    types = {name: "JSON" if name in DOCUMENTS else "VARCHAR" for name in CALLS}
    listed = ", ".join(f"'{name}': '{kind}'" for name, kind in types.items())
    return f"""(
        select * from read_json(
            '{sample}/segment/*.jsonl', format = 'newline_delimited',
            columns = {{{listed}}}
        )
    )"""


def _write_copies(
    connection: duckdb.DuckDBPyConnection, table: Table, folder: Path, copies: int
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    came = f'"{table.came}"'
    connection.execute(
        f"create or replace temp table read as "
        f"select *, {came}[:7] as month from {table.query}"
    )
    months = connection.sql(
        f"select month, left(max({came}), 10) from read group by month order by month"
    ).fetchall()
    for month, last_day in months:
        connection.execute(f"""
            copy (
                select {_copied(table)}
                from (
                    select read.*, read.rowid as number, copies.copy
                    from read, range({copies}) as copies (copy)
                    where read.month = '{month}'
                ) as read
                {_entered(table)}
                order by {came}, copy, number
            ) to '{folder}/{last_day}.parquet' (format parquet, compression zstd)
        """)


def _entered(table: Table) -> str:
    return "left join entries using (deal_id)" if "deal_id" in table.columns else ""


def _copied(table: Table) -> str:
    """Each column as it stands in a copy."""
    expressions = _hubspot(table) if table.name.startswith("hubspot/") else {}
    if table.name == "segment":
        expressions = SEGMENT
    return ", ".join(
        f'{expressions.get(name, _quoted(name))} as "{name}"' for name in table.columns
    )


def _quoted(name: str) -> str:
    return f'read."{name}"'


def _hubspot(table: Table) -> Mapping[str, str]:
    if table.name in SHARED:
        return {}
    ids = (*IDS, "id")
    made = {name: f"({name}::bigint + copy * {OTHER_PEOPLE})::varchar" for name in ids}
    made["property_email"] = "copy || '.' || property_email"
    if "date_entered" in table.columns or "value" in table.columns:
        made |= {name: _sooner(name) for name in TIMES if name in table.columns}
    if "name" in table.columns:
        made["value"] = _closing("value", "%Y-%m-%dT%H:%M:%SZ", "name = 'closedate'")
    made["property_closedate"] = _closing("property_closedate", "%Y-%m-%d %H:%M:%S")
    return made


def _sooner(name: str) -> str:
    return f'as_text(sooner(moment("{name}"), entered_at, pace(deal_id, copy)))'


def _closing(name: str, form: str, condition: str = "true") -> str:
    """A close that is a moment comes sooner; one that is a day is a forecast."""
    at = f"moment(rtrim({name}, 'Z'))"
    sooner = f"strftime(sooner({at}, entered_at, pace(deal_id, copy)), '{form}')"
    return f"""case
        when {condition} and {name} <> '' and {name} not like '%00:00:00%'
            then {sooner}
        else {name}
    end"""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--deals", default=200_000, show_default=True)
@click.option("--events", default=4_000_000, show_default=True)
@click.option("--months", default=24, show_default=True)
@click.option("--seed", default=7, show_default=True)
def main(folder: Path, deals: int, events: int, months: int, seed: int) -> None:
    """Make extracts in FOLDER/extracts and land them in FOLDER/data/lake."""
    folder = folder.absolute()
    extracts = make_extracts(folder, Size(deals, events, months, seed))
    settings = make_lake(folder, extracts)
    click.echo(f"extracts: {extracts}\nlake: {Paths.of(settings).lake}")


if __name__ == "__main__":
    main()
