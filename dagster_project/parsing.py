"""dbt's project as parsed: once a checkout, then placed into each data folder.

A parse takes most of the time of a short night and reads no data: what differs between
data folders is where the lake and the seeds lie.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dagster_project.invoking import TransformError, invoke, variables
from dagster_project.paths import DBT, Paths
from dagster_project.settings import ROOT, Settings

STORE = DBT / "target" / "parsed"
KEPT_PARSES = 12
_MANIFEST, _PARSE = "manifest.json", "partial_parse.msgpack"
_METRICS = "semantic_manifest.json"
_KEPT = (_MANIFEST, _PARSE, _METRICS)
_SHIPPED = ROOT / "seeds"
_ANY_LAKE = "<lake>"
_SUFFIXES = frozenset({".sql", ".yml", ".yaml", ".md", ".py"})
# What stands in a parse, but does not decide it: the same for all, or dbt begins anew.
_ANY_FOLDER = {
    "FUNNELHOUSE_LAKE": _ANY_LAKE,
    "FUNNELHOUSE_WAREHOUSE": "funnelhouse.duckdb",
    "FUNNELHOUSE_TIMEZONE": "UTC",
    "FUNNELHOUSE_HOME_CURRENCY": "USD",
    "FUNNELHOUSE_MEMORY_LIMIT": "1GB",
    "FUNNELHOUSE_THREADS": "1",
}


@dataclass(frozen=True)
class Place:
    """Where a parse is used: the lake and, relative to dbt's project, the seeds."""

    lake: str
    seeds: str
    shipped: bool

    @classmethod
    def of(cls, paths: Paths) -> "Place":
        """Seeds of the shipped names stand in a parse as the shipped ones do."""
        same = _named(paths.seeds) == _named(_SHIPPED)
        return cls(str(paths.lake), os.path.relpath(paths.seeds, DBT), same)

    @property
    def parsed_seeds(self) -> str:
        return os.path.relpath(_SHIPPED, DBT) if self.shipped else self.seeds

    def put(self, parsed: dict[str, Any]) -> dict[str, Any]:
        """A manifest, as JSON or as dbt's own, with the paths of this place."""
        parsed["sources"] = _replaced(parsed["sources"], _ANY_LAKE, self.lake)
        for node in parsed["nodes"].values():
            file = node["original_file_path"]
            if file.startswith(f"{self.parsed_seeds}/"):
                node["original_file_path"] = self.seeds + file[len(self.parsed_seeds) :]
        return parsed


def prepare_manifest(settings: Settings, paths: Paths) -> bool:
    """Have the manifest of this data folder as it should be; say whether it was not.

    Raises:
        TransformError: dbt cannot parse the project.
    """
    place, key = Place.of(paths), manifest_key(settings, paths)
    placed = hashlib.sha256(f"{key}\0{place}".encode()).hexdigest()
    held = paths.dbt_manifest_key
    fresh = held.is_file() and held.read_text(encoding="ascii") == placed
    made = (paths.dbt_manifest, paths.dbt_parse, paths.dbt_metrics)
    if fresh and all(file.is_file() for file in made):
        return False
    held.unlink(missing_ok=True)
    paths.dbt_target.mkdir(parents=True, exist_ok=True)
    with _parsed(key, place, paths) as folder:
        text = (folder / _MANIFEST).read_text(encoding="utf-8")
        paths.dbt_manifest.write_text(json.dumps(place.put(json.loads(text))), "utf-8")
        shutil.copyfile(folder / _PARSE, paths.dbt_parse)
        shutil.copyfile(folder / _METRICS, paths.dbt_metrics)
    held.write_text(placed, encoding="ascii")
    return True


def manifest_key(settings: Settings, paths: Paths) -> str:
    """A hash of all that decides a parse: files, the seeds' names, sources, dbt."""
    digest = hashlib.sha256()
    for path in sorted(_parsed_files(DBT)):
        digest.update(f"{path.relative_to(DBT)}\0".encode() + path.read_bytes())
    place = Place.of(paths)
    versions = [version(each) for each in ("dbt-core", "dbt-duckdb")]
    read = [place.parsed_seeds, _named(paths.seeds), list(settings.sources), versions]
    digest.update(json.dumps(read).encode())
    return digest.hexdigest()


def read_parse(paths: Paths) -> Any:
    """dbt's own Manifest of a data folder, as prepared."""
    return _read_parse(paths, prepared_key(paths))


def prepared_key(paths: Paths) -> str:
    """Of the manifest that is prepared."""
    return paths.dbt_manifest_key.read_text(encoding="ascii")


@lru_cache(maxsize=1)
def _read_parse(paths: Paths, key: str) -> Any:
    # `key` is unused but for the cache: two steps of a night share one reading.
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    def decoded(parse: bytes) -> dict[str, Any]:
        unpacked = extended_mashumuro_decoder(parse)  # type: ignore[no-untyped-call]
        return Place.of(paths).put(unpacked)

    manifest = Manifest.from_msgpack(paths.dbt_parse.read_bytes(), decoder=decoded)
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest


@contextmanager
def _parsed(key: str, place: Place, paths: Paths) -> Iterator[Path]:
    """The folder with the parse of a key: kept in the checkout, else made and kept.

    Where the checkout cannot be written, the parse is made for this folder alone.
    """
    kept = STORE / key
    if all((kept / file).is_file() for file in _KEPT):
        yield kept
        return
    with tempfile.TemporaryDirectory(dir=paths.dbt_target) as name:
        made = Path(name) / key
        _begin_from_the_last(made)
        _parse(made, DBT / place.parsed_seeds)
        if os.access(_nearest(STORE), os.W_OK):
            _keep(made, kept)
        yield made


def _parse(target: Path, seeds: Path) -> None:
    folders = {"DBT_TARGET_PATH": str(target), "FUNNELHOUSE_SEEDS": str(seeds)}
    with variables({**_ANY_FOLDER, **folders}):
        result = invoke(["parse"])
    if not result.success:
        raise TransformError(f"dbt cannot read the project: {result.exception}")


def _begin_from_the_last(made: Path) -> None:
    """dbt parses only what has changed since the parse that it finds."""
    made.mkdir(parents=True)
    last = _newest_first()[:1]
    for folder in last:
        shutil.copyfile(folder / _PARSE, made / _PARSE)


def _keep(made: Path, kept: Path) -> None:
    """A whole folder appears at once; of two that parsed alike the first one holds."""
    STORE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STORE) as name:
        copied = Path(name) / kept.name
        copied.mkdir()
        for file in _KEPT:
            shutil.copyfile(made / file, copied / file)
        try:
            copied.rename(kept)
        except OSError:
            if not kept.exists():
                raise
    for folder in _newest_first()[KEPT_PARSES:]:
        shutil.rmtree(folder, ignore_errors=True)


def _newest_first() -> list[Path]:
    whole = [file.parent for file in STORE.glob(f"*/{_PARSE}")]
    return sorted(whole, key=lambda folder: folder.stat().st_mtime, reverse=True)


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that there is."""
    return next(each for each in (folder, *folder.parents) if each.is_dir())


def _named(seeds: Path) -> list[str]:
    """What dbt parses of seeds: their names, and their properties whole."""
    names = sorted(path.name for path in seeds.glob("*.csv"))
    return [*names, *(p.read_text("utf-8") for p in sorted(seeds.glob("*.yml")))]


def _parsed_files(folder: Path) -> Iterable[Path]:
    skipped = {"target", "logs", "dbt_packages"}
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        if path.suffix in _SUFFIXES and not skipped.intersection(inside):
            yield path


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, dict):
        return {key: _replaced(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, old, new) for each in value]
    return value
