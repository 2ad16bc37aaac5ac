"""What is published, what was landed, how fresh it is; read from files alone."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from dagster_project.addresses import masked
from dagster_project.paths import Paths
from dagster_project.publishing import current_manifest, generations
from dagster_project.recording import read_records
from dagster_project.settings import Settings

_SECRETS = ("pii_salt", "webhook_url")


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
class Status:
    """All that `funnelhouse status` shows."""

    generation: str
    as_of: str
    published_at: str
    generations: list[str]
    tables: dict[str, int]
    accounting: list[Accounting]
    rejects: list[dict[str, Any]]
    gates: list[dict[str, Any]]

    @property
    def closes(self) -> bool:
        return all(source.closes for source in self.accounting)

    def to_dict(self) -> dict[str, Any]:
        sources = [{**asdict(each), "closes": each.closes} for each in self.accounting]
        return {**asdict(self), "accounting": sources, "closes": self.closes}


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
        rejects=read_rejects(paths),
        gates=last_gates(paths),
    )


def read_accounting(paths: Paths) -> list[Accounting]:
    """Per source, over every file that landing ever looked at."""
    rows = _query(
        paths,
        paths.manifest,
        """
        select
            source_code,
            count(*) filter (status_code = 'landed'),
            count(*) filter (status_code = 'refused'),
            coalesce(sum(physical_count), 0)::bigint,
            coalesce(sum(landed_count), 0)::bigint,
            coalesce(sum(rejected_count), 0)::bigint,
            coalesce(sum(erased_count), 0)::bigint,
            coalesce(max(extracted_at)::varchar, '')
        from read_parquet(?, union_by_name = true)
        group by source_code
        order by source_code
        """,
    )
    return [Accounting(*row) for row in rows]


def read_rejects(paths: Paths) -> list[dict[str, Any]]:
    """Rejected rows by table and reason, the most frequent first."""
    rows = _query(
        paths,
        paths.rejects,
        """
        select source_code, table_name, reason, count(*), min(file_name)
        from read_parquet(?, union_by_name = true)
        group by all
        order by count(*) desc, source_code, table_name, reason
        limit 20
        """,
    )
    names = ("source_code", "table_name", "reason", "rows", "example_file")
    told = [dict(zip(names, row, strict=True)) for row in rows]
    return [{**each, "reason": masked(each["reason"])} for each in told]


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
            value = "(set)" if value else "(not set)"
        shown[f"FUNNELHOUSE_{name.upper()}"] = str(value)
    return shown


def _published_at(paths: Paths, generation: str) -> str:
    records = read_records(paths.publications) if generation else []
    times = [row["published_at"] for row in records if row["generation"] == generation]
    return times[0].isoformat(sep=" ", timespec="seconds") if times else ""


def _query(paths: Paths, folder: Any, sql: str) -> list[tuple[Any, ...]]:
    if not any(folder.glob("*.parquet")):
        return []
    import duckdb

    with duckdb.connect() as connection:
        rows: list[tuple[Any, ...]] = connection.execute(
            sql, [str(folder / "*.parquet")]
        ).fetchall()
    return rows
