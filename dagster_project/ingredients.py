"""What a generation is a function of: admitted files, as-of, seeds, code, settings.

Its hash, the run key, says whether a night has anything to do.
"""

import hashlib
import json
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster_project.paths import DBT, Paths
from dagster_project.recording import read_records
from dagster_project.settings import ROOT, Settings
from dagster_project.transforming import salt

FORGOTTEN = "forgotten"
_CODE = (DBT, ROOT / "expectations", ROOT / "dagster_project" / "bi")
_CODE_SUFFIXES = frozenset({".sql", ".yml", ".yaml", ".py", ".html", ".css", ".js"})
_VERSIONS = ("dbt-core", "dbt-duckdb", "duckdb", "great-expectations")


@dataclass(frozen=True)
class Ingredients:
    """What a generation is a function of, ready for its manifest."""

    version: str
    run_key: str
    as_of: str
    data_through: dict[str, str]
    fingerprints: dict[str, str]
    files: list[dict[str, Any]]


def read_ingredients(settings: Settings, paths: Paths) -> Ingredients:
    """Read them from the run as frozen, the seeds and the code."""
    run = _read(paths.run / "runs.parquet")[0]
    files = [_admitted(row) for row in _read(paths.run / "files.parquet")]
    through = _read(paths.run / "sources.parquet")
    as_of = run["as_of"].isoformat()
    fingerprints = fingerprints_of(settings, paths)
    refused, withdrawn = _refused(paths), _withdrawn(paths)
    files.sort(key=lambda file: (file["source_code"], file["table_name"], str(file)))
    return Ingredients(
        version=project_version(),
        run_key=_hash([as_of, files, refused, withdrawn, fingerprints]),
        as_of=as_of,
        data_through={
            row["source_code"]: _time(row["data_through"]) for row in through
        },
        fingerprints=fingerprints,
        files=files,
    )


def fingerprints_of(settings: Settings, paths: Paths) -> dict[str, str]:
    """A hash each of the seeds, the code with what it stands on, and the settings;
    and of whom the installation has forgotten.
    """
    from dagster_project.landing.tombstones import tombstones_fingerprint

    read = [
        settings.timezone,
        settings.home_currency,
        sorted(settings.sources),
        salt(settings, paths),
    ]
    return {
        "seeds": fingerprint([paths.seeds], {".csv", ".yml"}),
        "code": code_fingerprint(),
        "settings": _hash(read),
        FORGOTTEN: tombstones_fingerprint(paths),
    }


def code_fingerprint() -> str:
    """A hash of the code that makes figures, and of what it stands on."""
    versions = [f"{name}=={version(name)}" for name in _VERSIONS]
    return _hash([fingerprint(_CODE, _CODE_SUFFIXES), versions])


def fingerprint(roots: Collection[Path], suffixes: Collection[str]) -> str:
    """A hash over the names and bytes of files, the same on any machine."""
    digest = hashlib.sha256()
    for root in roots:
        for path in sorted(_files(root, suffixes)):
            name = path.relative_to(root).as_posix()
            digest.update(f"{name}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def project_version() -> str:
    """The version in `pyproject.toml`: readers are promised columns by its major."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def _files(root: Path, suffixes: Collection[str]) -> Iterator[Path]:
    for path in root.rglob("*"):
        inside = path.relative_to(root).parts
        hidden = any(part in ("target", "logs", "__pycache__") for part in inside)
        if path.suffix in suffixes and not hidden and path.is_file():
            yield path


def _admitted(row: dict[str, Any]) -> dict[str, Any]:
    """A file without what changes by its being published."""
    kept = ("source_code", "table_name", "file_name", "file_sha256", "batch_id")
    counts = ("physical_count", "landed_count", "rejected_count")
    return {name: row[name] for name in (*kept, *counts)}


def _refused(paths: Paths) -> list[tuple[str, str]]:
    """Files refused whole: not admitted, yet the gate has to see them."""
    import duckdb

    glob = str(paths.manifest / "*.parquet")
    with duckdb.connect() as connection:
        found: list[tuple[str, str]] = connection.execute(
            "select distinct file_name, file_sha256 "
            "from read_parquet(?, union_by_name = true) "
            "where status_code = 'refused' order by all",
            [glob],
        ).fetchall()
    return found


def _withdrawn(paths: Paths) -> list[tuple[str, ...]]:
    """Files that a person has taken back: their audit tells so."""
    names = ("source_code", "table_name", "file_name", "file_sha256")
    records = read_records(paths.admissions)
    last = {
        tuple(str(record[name]) for name in names): record["decision_code"]
        for record in sorted(records, key=lambda record: record["sequence_number"])
    }
    return sorted(key for key, decision in last.items() if decision == "withdraw")


def _read(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def _time(value: Any) -> str:
    return value.isoformat() if value is not None else ""


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
