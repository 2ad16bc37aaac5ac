"""The project is parsed once for all data folders and stands in each with its paths."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dagster_project import parsing
from dagster_project.parsing import manifest_key, prepare_manifest
from dagster_project.paths import Paths
from dagster_project.settings import ROOT, Settings

PARSED = {
    "sources": {"lead": {"relation_name": "read_parquet('<lake>/crm/lead/*.parquet')"}},
    "nodes": {
        "seed": {"original_file_path": "../seeds/stages.csv"},
        "model": {"original_file_path": "models/marts/fct_journeys.sql"},
    },
}


@pytest.fixture
def parses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A checkout with nothing parsed yet, and each parse as it is made."""
    made: list[Path] = []

    def parse(target: Path, seeds: Path) -> None:
        (target / "manifest.json").write_text(json.dumps(PARSED), encoding="utf-8")
        (target / "partial_parse.msgpack").write_bytes(b"as dbt keeps it")
        (target / "semantic_manifest.json").write_text("{}", encoding="utf-8")
        made.append(Path(os.path.normpath(seeds)))

    monkeypatch.setattr(parsing, "STORE", tmp_path / "checkout" / "parsed")
    monkeypatch.setattr(parsing, "_parse", parse)
    return made


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """The shipped seeds, elsewhere, decided otherwise."""
    folder = tmp_path / "seeds"
    folder.mkdir()
    for path in (ROOT / "seeds").glob("*.csv"):
        (folder / path.name).write_text("of our own", encoding="utf-8")
    for path in (ROOT / "seeds").glob("*.yml"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def prepared(settings: Settings) -> dict[str, Any]:
    paths = Paths.of(settings)
    assert prepare_manifest(settings, paths)
    read: dict[str, Any] = json.loads(paths.dbt_manifest.read_text(encoding="utf-8"))
    return read


def test_a_second_data_folder_parses_nothing_and_reads_its_own_lake(
    settings: Settings, tmp_path: Path, parses: list[Path]
) -> None:
    for name in ("one", "two"):
        read = prepared(replace(settings, data=tmp_path / name))
        lake = tmp_path / name / "lake"
        relation = read["sources"]["lead"]["relation_name"]
        assert relation == f"read_parquet('{lake}/crm/lead/*.parquet')"
    assert len(parses) == 1


def test_what_is_prepared_stays_until_it_would_be_another(
    settings: Settings, tmp_path: Path, parses: list[Path], seeds: Path
) -> None:
    prepared(settings)
    assert not prepare_manifest(settings, Paths.of(settings))
    Paths.of(settings).dbt_parse.unlink()
    assert prepare_manifest(settings, Paths.of(settings))
    prepared(replace(settings, seeds=seeds))
    assert len(parses) == 1


def test_seeds_elsewhere_are_read_there_and_parsed_as_the_shipped_ones(
    settings: Settings, parses: list[Path], seeds: Path
) -> None:
    read = prepared(replace(settings, seeds=seeds))
    file = read["nodes"]["seed"]["original_file_path"]
    assert (parsing.DBT / file).resolve() == seeds / "stages.csv"
    assert read["nodes"]["model"] == PARSED["nodes"]["model"]
    assert parses == [ROOT / "seeds"]


def test_a_seed_more_is_another_parse_of_the_folder_that_has_it(
    settings: Settings, parses: list[Path], seeds: Path
) -> None:
    prepared(settings)
    (seeds / "regions.csv").write_text("region_code\n", encoding="utf-8")
    own = replace(settings, seeds=seeds)
    prepared(own)
    assert parses == [ROOT / "seeds", seeds]
    assert manifest_key(own, Paths.of(own)) != manifest_key(
        settings, Paths.of(settings)
    )


def test_other_sources_are_another_parse(
    settings: Settings, parses: list[Path]
) -> None:
    prepared(settings)
    prepared(replace(settings, sources=("plain",)))
    assert len(parses) == 2


def test_a_checkout_that_nobody_may_write_is_parsed_for_each_data_folder(
    settings: Settings,
    tmp_path: Path,
    parses: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parsing.os, "access", lambda *_: False)
    for name in ("one", "two"):
        prepared(replace(settings, data=tmp_path / name))
    assert len(parses) == 2
    assert not parsing.STORE.exists()


def test_the_store_keeps_the_newest_parses(
    settings: Settings, parses: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "KEPT_PARSES", 2)
    for source in ("plain", "olist", "hubspot"):
        prepared(replace(settings, sources=(source,)))
    left = {folder.name for folder in parsing.STORE.iterdir()}
    newest = [replace(settings, sources=(each,)) for each in ("olist", "hubspot")]
    assert left == {manifest_key(each, Paths.of(each)) for each in newest}
