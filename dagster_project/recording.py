"""Records in `lake/_records`: gates, dbt nodes, publications, decisions on files.

Records are the one place where a clock may be read; no figure depends on them.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from dagster_project.paths import Paths
from dagster_project.syncing import replace_whole

GATE_RESULT = {
    "night_code": "string",
    "as_of": "timestamp[us]",
    "gate_code": "string",
    "rule_code": "string",
    "severity_code": "string",
    "threshold": "float64",
    "owner_name": "string",
    "is_passed": "bool",
    "is_blocking": "bool",
    "unexpected_count": "int64",
    "checked_count": "int64",
    "message": "string",
    "offenders": "string",
}
RUN_STAT = {
    "night_code": "string",
    "step_code": "string",
    "node_name": "string",
    "resource_type": "string",
    "status_code": "string",
    "rows_count": "int64",
    "duration_seconds": "float64",
    "memory_bytes": "int64",
}
PUBLICATION = {
    "generation": "string",
    "version": "string",
    "run_key": "string",
    "as_of": "timestamp[us]",
    "files_count": "int64",
    "rows_count": "int64",
    "published_at": "timestamp[us]",
}
ADMISSION = {
    "sequence_number": "int64",
    "decision_code": "string",
    "source_code": "string",
    "table_name": "string",
    "file_name": "string",
    "file_sha256": "string",
    "reason": "string",
    "decided_at": "timestamp[us]",
}
_NIGHT = re.compile(r"r(\d{6,})")


def declare_records(paths: Paths) -> None:
    """A file of no rows for each kind, so that a glob over records finds one."""
    kinds = {
        paths.gate_results: GATE_RESULT,
        paths.run_stats: RUN_STAT,
        paths.publications: PUBLICATION,
        paths.admissions: ADMISSION,
    }
    for folder, columns in kinds.items():
        if not (folder / "declared.parquet").is_file():
            write_record(folder, "declared", columns, [])


def next_night(paths: Paths) -> str:
    """The code of a new night, one above the last that left a record."""
    files = [
        *paths.gate_results.glob("r*.parquet"),
        *paths.run_stats.glob("r*.parquet"),
    ]
    found = filter(None, (_NIGHT.match(path.name) for path in files))
    return f"r{max((int(match[1]) for match in found), default=0) + 1:06}"


def write_record(
    folder: Path,
    name: str,
    columns: Mapping[str, str],
    rows: Collection[Mapping[str, Any]],
) -> Path:
    """Write records as one Parquet file of declared columns, whole or not at all."""
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    folder.mkdir(parents=True, exist_ok=True)
    table = records_table(columns, rows)
    unfinished = folder / f".{name}.tmp"
    pq.write_table(table, unfinished)
    return replace_whole(unfinished, folder / f"{name}.parquet")


def records_table(
    columns: Mapping[str, str], rows: Collection[Mapping[str, Any]]
) -> Any:
    """Records as an Arrow table of declared columns."""
    import pyarrow as pa

    fields = [(column, _arrow_type(kind)) for column, kind in columns.items()]
    return pa.Table.from_pylist(list(rows), schema=pa.schema(fields))


def read_records(folder: Path, pattern: str = "*.parquet") -> list[dict[str, Any]]:
    """Records of a kind, in order of their files' names."""
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = []
    for path in sorted(folder.glob(pattern)):
        rows.extend(pq.read_table(path).to_pylist())
    return rows


def _arrow_type(kind: str) -> Any:
    import pyarrow as pa

    return pa.timestamp("us") if kind == "timestamp[us]" else pa.type_for_alias(kind)
