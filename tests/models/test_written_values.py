"""Text as people write it, and the value that staging reads, or says it cannot.

A project of its own with our macros: a source for each way of writing that a source
can declare, one table `written` in each, its columns the kinds of values there are.
"""

import csv
import io
import json
import os
import re
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from dbt.cli.main import dbtRunner

from dagster_project.invoking import close_connections
from dagster_project.landing import freeze_run, land, next_batch_id, read_contracts
from dagster_project.paths import DBT, Paths
from dagster_project.transforming import environment
from tests.warehouse import Marts, Warehouse

DECLARED = {
    "undeclared": {},
    "english": {"decimal": ".", "timezone": "America/New_York"},
    "german": {
        "decimal": ",",
        "timezone": "Europe/Berlin",
        "date_format": "%d.%m.%Y %H:%M",
    },
    "berlin": {"timezone": "Europe/Berlin"},
    "slashed": {"date_format": "%d/%m/%Y"},
    "offsets": {"date_format": "%d.%m.%Y %H:%M %z", "timezone": "Europe/Berlin"},
}
MODEL = """
select
    id,
    {{{{ number('number') }}}} as number,
    {{{{ whole('whole') }}}} as whole,
    {{{{ utc('"time"') }}}} as time,
    {{{{ day('"day"') }}}} as day,
    {{{{ flag('flag') }}}} as flag,
    {{{{ lineage(
        times=['"time"'], numbers=['number'], dates=['"day"'], wholes=['whole'],
        flags=['flag']
    ) }}}}
from {{{{ admitted('{source}', 'written') }}}} as admitted
"""
PROJECT = """
name: funnelhouse
version: 0.1.0
profile: funnelhouse
vars: {sources: {}}
sources:
  funnelhouse:
    +external_location: >-
      read_parquet('{{ env_var("FUNNELHOUSE_LAKE") }}/{schema}/{name}/**/*.parquet',
      hive_partitioning = true, hive_types_autocast = false, union_by_name = true)
"""
Case = tuple[str, str, str, Any]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


NUMBERS: list[Case] = [
    ("undeclared", "number", "12.5", 12.5),
    ("undeclared", "number", " -7 ", -7.0),
    ("undeclared", "number", "+.5", 0.5),
    ("undeclared", "number", "1E5", 100_000.0),
    ("undeclared", "number", "1.10", 1.1),
    ("undeclared", "number", "", None),
    ("undeclared", "number", "1,5", ...),
    ("undeclared", "number", "1,234", ...),
    ("undeclared", "number", "1,234.5", ...),
    ("undeclared", "number", "50%", ...),
    ("undeclared", "number", "$5", ...),
    ("undeclared", "number", "5 USD", ...),
    ("undeclared", "number", "NaN", ...),
    ("undeclared", "number", "inf", ...),
    ("undeclared", "number", "-Infinity", ...),
    ("undeclared", "number", "1e999", ...),
    ("undeclared", "number", "1_000", ...),
    ("undeclared", "number", "0x10", ...),
    ("undeclared", "number", "1 000", ...),
    ("undeclared", "number", "(5)", ...),
    ("undeclared", "number", "١٢", ...),
    ("undeclared", "number", "n/a", ...),
    ("english", "number", "1,234.5", 1234.5),
    ("english", "number", "1,234,567", 1_234_567.0),
    ("english", "number", "1234.5", 1234.5),
    ("english", "number", "12,34.5", ...),
    ("english", "number", "1,5", ...),
    ("english", "number", "1.234,5", ...),
    ("english", "number", "1,2345", ...),
    ("german", "number", "1.234,5", 1234.5),
    ("german", "number", "1.234.567", 1_234_567.0),
    ("german", "number", "1234,5", 1234.5),
    ("german", "number", "1.500", 1500.0),
    ("german", "number", "1.5", ...),
    ("german", "number", "1,234.5", ...),
    ("german", "number", "1,5,5", ...),
    ("undeclared", "whole", "7", 7),
    ("undeclared", "whole", "5.0", 5),
    ("undeclared", "whole", "1.7", ...),
    ("undeclared", "whole", "1e3", ...),
    ("undeclared", "whole", "0x10", ...),
    ("undeclared", "whole", "99999999999999999999", ...),
]
TIMES: list[Case] = [
    ("undeclared", "time", "2026-01-31", at("2026-01-31T00:00:00")),
    ("undeclared", "time", "2026-01-31 10:20", at("2026-01-31T10:20:00")),
    ("undeclared", "time", "2026-1-5 1:02:03", at("2026-01-05T01:02:03")),
    ("undeclared", "time", "2026/01/31 10:20:30.5", at("2026-01-31T10:20:30.5")),
    # one instant, written with mixed offsets
    ("undeclared", "time", "2026-01-31T10:20:30Z", at("2026-01-31T10:20:30")),
    ("undeclared", "time", "2026-01-31 12:20:30+02", at("2026-01-31T10:20:30")),
    ("undeclared", "time", "2026-01-31T15:50:30+0530", at("2026-01-31T10:20:30")),
    ("undeclared", "time", "2026-01-31T05:20:30.0-05:00", at("2026-01-31T10:20:30")),
    ("undeclared", "time", "2026-01-31 10:20:30 UTC", at("2026-01-31T10:20:30")),
    ("undeclared", "time", "2026-01-31 10:20:30 +0000", at("2026-01-31T10:20:30")),
    ("undeclared", "time", "2026-01-31 05:20:30.0 -05:00", at("2026-01-31T10:20:30")),
    ("undeclared", "time", " 2026-01-31 10:20:30 Z ", at("2026-01-31T10:20:30")),
    ("undeclared", "time", "2026-01-31t10:20:30z", ...),
    ("undeclared", "time", "2026-01-31T10:20:30z", at("2026-01-31T10:20:30")),
    ("undeclared", "time", "2026/1/31 10:20:30UTC", at("2026-01-31T10:20:30")),
    ("undeclared", "time", "2026-01-31T12:20+02:00", at("2026-01-31T10:20:00")),
    ("undeclared", "time", "2026-01-31 9:20 -01", at("2026-01-31T10:20:00")),
    ("undeclared", "time", "2026-01-31 10:20 UTC", at("2026-01-31T10:20:00")),
    ("undeclared", "time", "2026-01-31 10:20:61 +0000", ...),
    ("undeclared", "time", "2026-02-30 10:20 +0000", ...),
    ("berlin", "time", "2026-01-31T10:20:30Z", at("2026-01-31T10:20:30")),
    ("berlin", "time", "2026-01-31 10:20 +00", at("2026-01-31T10:20:00")),
    # nobody said which is the day and which the month
    ("undeclared", "time", "03/04/2026", ...),
    ("undeclared", "time", "31.01.2026", ...),
    ("undeclared", "time", "2026-02-30", ...),
    ("undeclared", "time", "2026-13-01", ...),
    ("undeclared", "time", "0202-01-31", ...),
    ("undeclared", "time", "20260-01-31", ...),
    ("undeclared", "time", "2026-01/31", ...),
    ("undeclared", "time", "infinity", ...),
    ("undeclared", "time", "epoch", ...),
    ("undeclared", "time", "now", ...),
    ("undeclared", "time", "1767225600", ...),
    ("undeclared", "time", "2026-01-31 10:20:61", ...),
    ("undeclared", "time", "2026-01-31 10:20:30 Europe/Berlin", ...),
    ("undeclared", "time", "2026-01-31 soon", ...),
    ("german", "time", "03.04.2026 10:20", at("2026-04-03T08:20:00")),
    ("german", "time", "2026-04-03 10:20", ...),
    ("german", "time", "04/03/2026 10:20", ...),
    ("german", "time", "31.04.2026 10:20", ...),
    ("slashed", "time", "03/04/2026", at("2026-04-03T00:00:00")),
    ("slashed", "time", "04/13/2026", ...),
    ("slashed", "time", "03/04/0202", ...),
    ("offsets", "time", "03.04.2026 10:20 +0000", at("2026-04-03T10:20:00")),
    # clocks go forward at 02:00: a time that never was goes on by the old clock
    ("berlin", "time", "2026-03-29 01:59:59", at("2026-03-29T00:59:59")),
    ("berlin", "time", "2026-03-29 02:30:00", at("2026-03-29T01:30:00")),
    ("berlin", "time", "2026-03-29 03:00:00", at("2026-03-29T01:00:00")),
    # clocks go back at 03:00: of a time that comes twice, the first
    ("berlin", "time", "2026-10-25 01:59:59", at("2026-10-24T23:59:59")),
    ("berlin", "time", "2026-10-25 02:30:00", at("2026-10-25T00:30:00")),
    ("berlin", "time", "2026-10-25 03:00:00", at("2026-10-25T02:00:00")),
    ("berlin", "time", "2026-10-25 02:30:00+01:00", at("2026-10-25T01:30:00")),
    ("german", "time", "25.10.2026 02:30", at("2026-10-25T00:30:00")),
    ("english", "time", "2026-11-01 01:30:00", at("2026-11-01T05:30:00")),
    ("undeclared", "day", "2026-01-31", date(2026, 1, 31)),
    ("undeclared", "day", "2026-01-31 00:00:00", date(2026, 1, 31)),
    ("undeclared", "day", "2026-01-31 10:00:00", ...),
    ("undeclared", "day", "2026-01-31x", ...),
    ("undeclared", "day", "03/04/2026", ...),
    ("slashed", "day", "03/04/2026", date(2026, 4, 3)),
    ("slashed", "day", "2026-04-03", ...),
]
FLAGS: list[Case] = [
    *(("undeclared", "flag", text, True) for text in ("true", "T", "1", "Yes", "y")),
    *(("undeclared", "flag", text, False) for text in ("false", "F", "0", "no", "")),
    ("undeclared", "flag", "ja", ...),
    ("undeclared", "flag", "2", ...),
]
IDS: list[Case] = [
    ("undeclared", "id", text, text)
    for text in ("12345678901234567890", "1E5", "007", "0x1F", "1.0", "true", "NaN")
]
CASES = [*NUMBERS, *TIMES, *FLAGS, *IDS]


def sources_yml(source: str) -> str:
    extract = {
        "files": [f"{source}.csv"],
        "format": "csv",
        "mode": "append",
        "extracted_at": {"fixed": "2026-12-31"},
        **DECLARED[source],
    }
    names = ("row_number", "id", "number", "whole", "time", "day", "flag")
    table = {"name": "written", "columns": [{"name": name} for name in names]}
    declared = {"name": source, "config": {"meta": {"extract": extract}}}
    return json.dumps({"sources": [{**declared, "tables": [table]}]})


def extract_of(source: str) -> str:
    """A row a case; what it does not write is empty, its id but for ids its number."""
    text = io.StringIO()
    names = ("row_number", "id", "number", "whole", "time", "day", "flag")
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for number, (of, kind, written, _) in enumerate(CASES):
        if of == source:
            row = {"row_number": number, kind: written}
            writer.writerow({name: row.get(name, "") for name in names})
    return text.getvalue()


def write_project(project: Path) -> None:
    shutil.copytree(DBT / "macros", project / "macros")
    shutil.copytree(DBT / "models/staging/lake", project / "models/lake")
    shutil.copy(DBT / "profiles.yml", project)
    (project / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    for source in DECLARED:
        model = MODEL.format(source=source).replace("    id,", "    row_number, id,")
        (project / f"models/{source}.sql").write_text(model, encoding="utf-8")
        (project / f"models/{source}.yml").write_text(sources_yml(source), "utf-8")


def dbt(*arguments: str) -> None:
    done = dbtRunner().invoke([*arguments, "--log-level", "none"])
    close_connections()
    assert done.success, done.exception or done.result


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, Any]]:
    """What staging reads of each case, by the case's number."""
    warehouse = Warehouse(tmp_path_factory.mktemp("written"))
    paths, project = Paths.of(warehouse.settings), warehouse.root / "dbt"
    write_project(project)
    warehouse.write({f"{source}.csv": extract_of(source) for source in DECLARED})
    paths.warehouse.parent.mkdir(parents=True)
    places = {"DBT_PROJECT_DIR": str(project), "DBT_PROFILES_DIR": str(project)}
    with patch.dict(os.environ, {**environment(warehouse.settings, paths), **places}):
        dbt("parse")
        manifest = json.loads(paths.dbt_manifest.read_text(encoding="utf-8"))
        contracts = read_contracts(manifest, list(DECLARED))
        for contract in contracts:
            assert not land(contract, paths, next_batch_id(paths)).rejected_count
        freeze_run(contracts, paths, warehouse.settings, as_of=None)
        dbt("run", "--select", *DECLARED)
    marts = Marts(paths.warehouse)
    [(schema,)] = marts(
        "select any_value(schema_name) from duckdb_views() where not internal"
    )
    rows = [row for s in DECLARED for row in marts.rows(f"from {schema}.{s}")]
    return {int(row["row_number"]): row for row in rows}


@pytest.mark.parametrize(
    "number", range(len(CASES)), ids=[f"{c[0]} {c[1]} {c[2]}" for c in CASES]
)
def test_a_value_is_read_as_declared_or_told_as_unreadable(
    read: dict[int, dict[str, Any]], number: int
) -> None:
    _, kind, written, expected = CASES[number]
    row = read[number]
    if expected is ...:
        assert row[kind] is None or kind == "flag"
        # words are not shown: a name may stand in a column of dates
        shown = re.sub(r"[^\W\d_]{2,}", "xx", written)
        assert row["uncastable"] == f"{kind} {shown}"
    else:
        assert (row[kind], row["uncastable"]) == (expected, None)
