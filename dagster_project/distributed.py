"""A build on Apache Spark: the same models on the same lake, by way of Thrift.

The lake's tables are registered as external tables, dbt builds in an environment of
its own, and what gates and readers need comes back into the builder's warehouse:
projections over Thrift, marts and records as Parquet. All else of a night is as ever.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.paths import DBT
from dagster_project.settings import Settings
from dagster_project.transforming import named_sources

if TYPE_CHECKING:
    import duckdb

CLIENT = Path(__file__).with_name("thrift_client.py")
FETCHED = frozenset({"gates"})
EXPORTED = frozenset({"marts", "records"})
# what DuckDB reads in the lake's Parquet, and how Spark calls it
SPARK_TYPES = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "INTEGER": "int",
    "BIGINT": "bigint",
    "FLOAT": "float",
    "DOUBLE": "double",
    "DATE": "date",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp_ltz",
    "BLOB": "binary",
}
# what Thrift says of a column, and how DuckDB calls it
THRIFT_TYPES = {
    "STRING_TYPE": "VARCHAR",
    "BOOLEAN_TYPE": "BOOLEAN",
    "INT_TYPE": "INTEGER",
    "BIGINT_TYPE": "BIGINT",
    "DOUBLE_TYPE": "DOUBLE",
    "DECIMAL_TYPE": "DOUBLE",
    "DATE_TYPE": "DATE",
    "TIMESTAMP_TYPE": "TIMESTAMP",
}


class DistributedError(RuntimeError):
    """Spark could not do its part; the message says which and what to look at."""


@dataclass(frozen=True)
class Spark:
    """Where the cluster listens, and the Python that speaks with it."""

    python: Path
    host: str
    port: int
    user: str
    exchange: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Spark":
        """Read `FUNNELHOUSE_SPARK_*`.

        Raises:
            DistributedError: no environment with dbt-spark is named.
        """

        def value(name: str, default: str) -> str:
            return environment.get(f"FUNNELHOUSE_SPARK_{name}", "").strip() or default

        python = Path(value("PYTHON", "python-of-spark"))
        if not python.is_file():
            raise DistributedError(
                "FUNNELHOUSE_SPARK_PYTHON names no Python: make an environment with "
                "`pip install --require-hashes -r requirements-spark.lock` and name "
                "its bin/python"
            )
        data = Path(environment["FUNNELHOUSE_DATA"])
        exchange = Path(value("EXCHANGE", str(data / "warehouse" / "exchange")))
        host, port = value("HOST", "127.0.0.1"), int(value("PORT", "10000"))
        return cls(python, host, port, value("USER", "funnelhouse"), exchange)

    def run(
        self, statements: Iterable[str], queries: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Run statements one after another; then give what queries found.

        Raises:
            DistributedError: the cluster refused, in its own words.
        """
        told = {"host": self.host, "port": self.port, "user": self.user}
        asked = {**told, "statements": list(statements), "queries": queries or {}}
        answer = subprocess.run(  # noqa: S603 - the environment that settings name
            [self.python, CLIENT],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            raise DistributedError(
                f"Spark at {self.host}:{self.port}: {_last_words(answer.stderr)}"
            )
        yield from map(json.loads, answer.stdout.splitlines())


@lru_cache(maxsize=1)
def register_once(spark: Spark, frozen_at: int) -> None:
    """Register for the run frozen then; the two steps of a night share it."""
    target = Path(os.environ["DBT_TARGET_PATH"])
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    enabled = Settings.from_environment().sources or named_sources()
    register_sources(spark, manifest, {"lake", *enabled})


def register_sources(
    spark: Spark, manifest: Mapping[str, Any], names: Collection[str]
) -> None:
    """Make the raw tables of some sources external tables, as their files are now.

    Of a source that is not enabled the lake may hold no file.
    """
    import duckdb

    declared = manifest["sources"].values()
    sources = [node for node in declared if node["source_name"] in names]
    schemas = sorted({node["schema"] for node in sources})
    statements = [f"create schema if not exists `{each}`" for each in schemas]
    with duckdb.connect() as connection:
        for node in sources:
            statements += _registration(connection, node)
    list(spark.run(statements))


def build_on(
    spark: Spark,
    manifest: Mapping[str, Any],
    selection: Collection[str],
    indirect_selection: str,
    on_line: Callable[[dict[str, Any]], None],
) -> list[dict[str, Any]]:
    """`dbt build` on the cluster, and back what it built; gives dbt's results.

    Raises:
        DistributedError: dbt stopped before it built anything.
    """
    data = Path(os.environ["FUNNELHOUSE_DATA"])
    register_once(spark, (data / "lake" / "_run" / "files.parquet").stat().st_mtime_ns)
    target = Path(os.environ["DBT_TARGET_PATH"]).parent / "spark_target"
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    arguments = ["build", "--target", "spark", "--full-refresh", "--select", *selection]
    arguments += ["--indirect-selection", indirect_selection]
    arguments += ["--exclude-resource-type", "unit_test"]
    last = _dbt(spark, target, arguments, on_line)
    if not results.is_file():
        raise DistributedError(f"dbt build on Spark stopped: {last}")
    found: list[dict[str, Any]] = json.loads(results.read_text("utf-8"))["results"]
    done = {each["unique_id"] for each in found if each["status"] == "success"}
    nodes = [node for key, node in manifest["nodes"].items() if key in done]
    bring_back(spark, Path(os.environ["FUNNELHOUSE_WAREHOUSE"]), nodes)
    return found


def bring_back(
    spark: Spark, warehouse: Path, nodes: Iterable[Mapping[str, Any]]
) -> None:
    """Copy projections, marts and records into the builder's warehouse.

    Projections are small and come over Thrift; the others the cluster writes to the
    exchange, a folder that both can reach.
    """
    import duckdb

    wanted = [(node["schema"], node["alias"]) for node in nodes]
    fetched = [name for name in wanted if name[0] in FETCHED]
    exported = [name for name in wanted if name[0] in EXPORTED]
    shutil.rmtree(spark.exchange, ignore_errors=True)
    queries = {f"{s}.{t}": f"select * from {s}.{t}" for s, t in fetched}  # noqa: S608
    answers = spark.run((_export(spark, s, t) for s, t in exported), queries)
    with duckdb.connect(str(warehouse)) as connection:
        for schema in sorted({schema for schema, _ in wanted}):
            connection.execute(f"create schema if not exists {_name(schema)}")
        for answer in answers:
            _take_answer(connection, answer)
        for schema, table in exported:
            _take_export(connection, spark, schema, table)
    shutil.rmtree(spark.exchange, ignore_errors=True)


def _registration(
    connection: "duckdb.DuckDBPyConnection", node: Mapping[str, Any]
) -> Iterator[str]:
    """Statements that declare a raw table with the columns that DuckDB sees in it."""
    read = node["relation_name"]
    folder, pattern = _place(read)
    described = connection.execute(f"describe from {read}").fetchall()
    columns = ", ".join(f"`{each[0]}` {_spark_type(each[1])}" for each in described)
    table = f"`{node['schema']}`.`{node['identifier']}`"
    begun = f"create table {table} ({columns}) using parquet"
    yield f"drop table if exists {table}"
    if folder.name == "**":
        yield f"{begun} partitioned by (_batch_id) location {_text(folder.parent)}"
    else:
        options = f"options ('pathGlobFilter' = {_text(pattern)})"
        yield f"{begun} {options} location {_text(folder)}"


def _place(read: str) -> tuple[Path, str]:
    """Folder and pattern of the files that `read_parquet('…')` names."""
    files = Path(read.split("'")[1])
    return files.parent, files.name


def _spark_type(duckdb_type: str) -> str:
    if duckdb_type not in SPARK_TYPES:
        raise DistributedError(f"the lake has a column of type {duckdb_type}")
    return SPARK_TYPES[duckdb_type]


def _export(spark: Spark, schema: str, table: str) -> str:
    folder = _text(spark.exchange / schema / table)
    return f"insert overwrite directory {folder} using parquet table {schema}.{table}"


def _take_export(
    connection: "duckdb.DuckDBPyConnection", spark: Spark, schema: str, table: str
) -> None:
    files = _text(spark.exchange / schema / table / "*.parquet")
    target = f"{_name(schema)}.{_name(table)}"
    connection.execute(
        f"create or replace table {target} as from read_parquet({files})"
    )


def _take_answer(
    connection: "duckdb.DuckDBPyConnection", answer: Mapping[str, Any]
) -> None:
    names = [_name(name.rpartition(".")[2]) for name, _ in answer["columns"]]
    types = [THRIFT_TYPES[kind] for _, kind in answer["columns"]]
    columns = ", ".join(
        f"{name} {kind}" for name, kind in zip(names, types, strict=True)
    )
    connection.execute(f"create or replace table {answer['name']} ({columns})")
    if answer["rows"]:
        marks = ", ".join("?" for _ in names)
        connection.executemany(
            f"insert into {answer['name']} values ({marks})",  # noqa: S608
            answer["rows"],
        )


def _dbt(
    spark: Spark,
    target: Path,
    arguments: Sequence[str],
    on_line: Callable[[dict[str, Any]], None],
) -> str:
    """Run dbt of the Spark environment; gives the last thing it said."""
    said = ["--log-format", "json", "--log-level", "info", "--log-level-file", "none"]
    seeds = os.path.relpath(os.environ["FUNNELHOUSE_SEEDS"], DBT)
    folders = {"DBT_TARGET_PATH": str(target), "FUNNELHOUSE_SEEDS": seeds}
    last = ""
    with subprocess.Popen(  # noqa: S603 - the environment that settings name
        [spark.python, "-m", "dbt.cli.main", *arguments, *said],
        cwd=DBT,
        env={**os.environ, **folders, "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for text in process.stdout or ():
            if text.startswith("{"):
                line = json.loads(text)
                on_line(line)
                last = line["info"].get("msg") or last
            else:
                last = text.strip() or last
    return last


def _last_words(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip()[:2000] if lines else "no reason was given"


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
