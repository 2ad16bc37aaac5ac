"""What is published, what was landed, how fresh it is; read from files alone.

But for the server that is set to show what is published: it is asked.
"""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.addresses import masked
from dagster_project.paths import Paths
from dagster_project.publishing import current_manifest, generations
from dagster_project.recording import ADMISSION, read_records, records_table
from dagster_project.settings import Settings

if TYPE_CHECKING:
    from dagster_project.postgresql import Shown

# What is read of the lake. Of a file that was landed again the last landing counts;
# `standing` is without the files that a person has withdrawn.
_TABLES = (
    """
    create table manifest as
    select *, batch_id = max(batch_id) over (
        partition by source_code, table_name, file_name
    ) as is_latest
    from read_parquet($manifest, union_by_name = true)
    qualify status_code <> 'landed' or batch_id = max(batch_id) over (
        partition by source_code, table_name, file_name, file_sha256, status_code
    )
    """,
    """
    create table withdrawn as
    select source_code, table_name, file_name, file_sha256,
        max_by(reason, sequence_number) as reason
    from admissions
    group by all
    having max_by(decision_code, sequence_number) = 'withdraw'
    """,
    """
    create table standing as
    from manifest anti join withdrawn
        using (source_code, table_name, file_name, file_sha256)
    """,
    """
    create table rejects as
    select source_code, table_name, file_name, reason
    from read_parquet($rejects, union_by_name = true) semi join standing
        using (source_code, table_name, file_name, file_sha256, batch_id)
    """,
)
_READ = ("manifest", "rejects")
_SECRETS = ("pii_salt", "webhook_url", "postgres_url")


@dataclass(frozen=True)
class Accounting:
    """The files of one source: what was in them, and where each row went."""

    source_code: str
    files: int
    refused_files: int
    physical: int
    landed: int
    rejected: int
    erased: int
    through: str

    @property
    def closes(self) -> bool:
        return self.physical == self.landed + self.rejected + self.erased


@dataclass(frozen=True)
class Layer:
    """A source and layer of the current generation; rows of its largest account."""

    source_code: str
    layer_code: str
    accounts: int
    rows: int
    open_accounts: list[str]

    @property
    def closes(self) -> bool:
        return not self.open_accounts


@dataclass(frozen=True)
class Status:
    """All that `funnelhouse status` shows."""

    generation: str
    as_of: str
    published_at: str
    generations: list[str]
    tables: dict[str, int]
    accounting: list[Accounting]
    layers: list[Layer]
    rejects: list[dict[str, Any]]
    withdrawn: list[dict[str, str]]
    gates: list[dict[str, Any]]
    postgresql: "Shown | None" = None

    @property
    def closes(self) -> bool:
        is_closed = [source.closes for source in self.accounting]
        return all(is_closed + [layer.closes for layer in self.layers])

    def to_dict(self) -> dict[str, Any]:
        sources = [{**asdict(each), "closes": each.closes} for each in self.accounting]
        layers = [{**asdict(each), "closes": each.closes} for each in self.layers]
        told = {"accounting": sources, "layers": layers, "closes": self.closes}
        return {**asdict(self), **told}


def read_status(settings: Settings) -> Status:
    """Read the lake's manifest, its records and the current generation."""
    paths = Paths.of(settings)
    manifest = current_manifest(paths)
    tables = manifest.tables if manifest else {}
    return Status(
        generation=manifest.generation if manifest else "",
        as_of=manifest.as_of if manifest else "",
        published_at=_published_at(paths, manifest.generation if manifest else ""),
        generations=generations(paths),
        tables={name: table.rows for name, table in tables.items()},
        accounting=read_accounting(paths),
        layers=read_layers(paths),
        rejects=read_rejects(paths),
        withdrawn=read_withdrawn(paths),
        gates=last_gates(paths),
        postgresql=_look_at_server(settings, paths),
    )


def read_accounting(paths: Paths) -> list[Accounting]:
    """Per source, over every file that landing ever looked at."""
    rows = _query(
        paths,
        """
        select
            source_code,
            count(*) filter (status_code = 'landed'),
            count(*) filter (status_code = 'refused' and manifest.is_latest),
            coalesce(sum(manifest.physical_count), 0)::bigint,
            coalesce(sum(manifest.landed_count), 0)::bigint,
            coalesce(sum(manifest.rejected_count), 0)::bigint,
            coalesce(sum(manifest.erased_count), 0)::bigint,
            coalesce(max(standing.extracted_at)::varchar, '')
        from manifest
        left join standing using (
            source_code, table_name, file_name, file_sha256, batch_id, status_code
        )
        group by source_code
        order by source_code
        """,
    )
    return [Accounting(*row) for row in rows]


def read_layers(paths: Paths) -> list[Layer]:
    """Per source and layer, of the generation that is published.

    A generation of before layers were told has none.
    """
    accounts = paths.current / "marts" / "dq_reconciliations.parquet"
    columns = _query_file(accounts, "select name from parquet_schema(?)")
    if ("layer_code",) not in columns:
        return []
    rows = _query_file(
        accounts,
        """
        select scope, layer_code, count(*), coalesce(max(expected_count), 0),
            coalesce(
                list(check_code order by check_code)
                    filter (difference_count <> 0),
                []
            )
        from read_parquet(?, union_by_name = true)
        group by scope, layer_code
        having max(expected_count) > 0 or sum(abs(difference_count)) > 0
        order by scope, array_position(
            ['lake', 'staging', 'intermediate', 'marts'], layer_code
        )
        """,
    )
    return [Layer(*row) for row in rows]


def newly_rejected(paths: Paths, folder: Path) -> int:
    """Rows rejected of a generation's files that the current one does not tell of."""
    known = {key for key, _ in _rejected_by_file(paths.current)}
    return sum(count for key, count in _rejected_by_file(folder) if key not in known)


def _rejected_by_file(generation: Path) -> list[tuple[Any, int]]:
    return _query_file(
        generation / "marts" / "dq_load_audit.parquet",
        """
        select (source_code, table_name, file_name, file_sha256, batch_id),
            rejected_count
        from read_parquet(?) where status_code = 'landed' and rejected_count > 0
        """,
    )


def read_rejects(paths: Paths) -> list[dict[str, Any]]:
    """Rejected rows by table and reason, the most frequent first."""
    rows = _query(
        paths,
        """
        select source_code, table_name, reason, count(*), min(file_name)
        from rejects
        group by all
        order by count(*) desc, source_code, table_name, reason
        limit 20
        """,
    )
    names = ("source_code", "table_name", "reason", "rows", "example_file")
    told = [dict(zip(names, row, strict=True)) for row in rows]
    return [{**each, "reason": masked(each["reason"])} for each in told]


def read_withdrawn(paths: Paths) -> list[dict[str, str]]:
    """Files that a person has taken back, and why."""
    names = ("source_code", "table_name", "file_name", "reason")
    rows = _query(paths, f"select {', '.join(names)} from withdrawn order by all")  # noqa: S608  names are ours
    return [dict(zip(names, row, strict=True)) for row in rows]


def last_gates(paths: Paths) -> list[dict[str, Any]]:
    """What the gates said in the last night that had any."""
    records = read_records(paths.gate_results)
    last = max((record["night_code"] for record in records), default="")
    return [record for record in records if record["night_code"] == last]


def shown_settings(settings: Settings) -> dict[str, str]:
    """Every setting by the variable that sets it; of secrets only that they are set."""
    shown = {}
    for each in fields(settings):
        value = getattr(settings, each.name)
        name = {"keep_generations": "keep"}.get(each.name, each.name)
        if isinstance(value, tuple):
            value = ",".join(value) or "(all)"
        if each.name in _SECRETS:
            value = "(set)" if value else None
        shown[f"FUNNELHOUSE_{name.upper()}"] = (
            "(not set)" if value is None else str(value)
        )
    return shown


def _look_at_server(settings: Settings, paths: Paths) -> "Shown | None":
    if not (settings.postgres_url or settings.publish_to):
        return None
    from dagster_project.postgresql import look

    return look(settings, paths)


def _published_at(paths: Paths, generation: str) -> str:
    records = read_records(paths.publications) if generation else []
    times = [row["published_at"] for row in records if row["generation"] == generation]
    return times[0].isoformat(sep=" ", timespec="seconds") if times else ""


def _query(paths: Paths, sql: str) -> list[tuple[Any, ...]]:
    if not any(paths.manifest.glob("*.parquet")):
        return []
    import duckdb

    admissions = records_table(ADMISSION, read_records(paths.admissions))
    read = {name: str(getattr(paths, name) / "*.parquet") for name in _READ}
    with duckdb.connect() as connection:
        connection.register("admissions", admissions)
        for statement in _TABLES:
            used = {
                name: path for name, path in read.items() if f"${name}" in statement
            }
            connection.execute(statement, used)
        return connection.execute(sql).fetchall()


def _query_file(file: Path, sql: str) -> list[tuple[Any, ...]]:
    if not file.is_file():
        return []
    import duckdb

    with duckdb.connect() as connection:
        return connection.execute(sql, [str(file)]).fetchall()
