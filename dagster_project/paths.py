"""Where every file is; no other module builds a path below `data/`."""

from dataclasses import dataclass
from pathlib import Path

from dagster_project.settings import ROOT, Settings

DBT = ROOT / "dbt"


@dataclass(frozen=True)
class Paths:
    """The folders and files of one installation."""

    extracts: Path
    data: Path
    seeds: Path

    @classmethod
    def of(cls, settings: Settings) -> "Paths":
        return cls(settings.extracts, settings.data, settings.seeds)

    @property
    def lake(self) -> Path:
        return self.data / "lake"

    def raw_table(self, source_code: str, table_name: str) -> Path:
        return self.lake / source_code / table_name

    @property
    def manifest(self) -> Path:
        return self.lake / "_manifest"

    @property
    def rejects(self) -> Path:
        return self.lake / "_rejects"

    @property
    def profiles(self) -> Path:
        """What is counted of each landed file, to compare extracts with."""
        return self.lake / "_profiles"

    @property
    def records(self) -> Path:
        return self.lake / "_records"

    @property
    def tombstones(self) -> Path:
        """Whom this installation has forgotten, as salted hashes."""
        return self.lake / "_tombstones"

    @property
    def unfinished_erasure(self) -> Path:
        """There while somebody is being forgotten, from the first step to the last."""
        return self.tombstones / "unfinished.json"

    @property
    def gate_results(self) -> Path:
        return self.records / "gate_results"

    @property
    def run_stats(self) -> Path:
        return self.records / "run_stats"

    @property
    def publications(self) -> Path:
        return self.records / "publications"

    @property
    def admissions(self) -> Path:
        return self.records / "admissions"

    @property
    def run(self) -> Path:
        """What a run is a function of: as-of and admitted files, frozen by landing."""
        return self.lake / "_run"

    @property
    def warehouse(self) -> Path:
        return self.data / "warehouse" / "funnelhouse.duckdb"

    @property
    def workshop(self) -> Path:
        """What the builder makes for itself and can make again."""
        return self.warehouse.parent

    @property
    def sightings(self) -> Path:
        """What extracts were when they were hashed, to know the same ones again."""
        return self.workshop / "sightings"

    @property
    def dbt_target(self) -> Path:
        return self.data / "warehouse" / "target"

    @property
    def dbt_manifest_key(self) -> Path:
        """What the manifest was parsed from, as a hash."""
        return self.dbt_target / "manifest.key"

    @property
    def dbt_manifest(self) -> Path:
        return self.dbt_target / "manifest.json"

    @property
    def dbt_parse(self) -> Path:
        """The same as dbt itself keeps it, as parsed for any data folder."""
        return self.dbt_target / "parse.msgpack"

    @property
    def dbt_metrics(self) -> Path:
        """What metrics are made of, as MetricFlow reads it."""
        return self.dbt_target / "semantic_manifest.json"

    @property
    def published(self) -> Path:
        return self.data / "published"

    @property
    def current(self) -> Path:
        return self.published / "current"

    def generation(self, generation_id: str) -> Path:
        return self.published / generation_id

    def unfinished_generation(self, generation_id: str) -> Path:
        """Where a generation is written until it is whole."""
        return self.published / f".{generation_id}.tmp"

    @property
    def docs_page(self) -> Path:
        """What each table and column means, as dbt documents it."""
        return self.data / "docs" / "index.html"

    @property
    def quality_page(self) -> Path:
        """What the gates of the last night said, also where nothing was published."""
        return self.data / "quality" / "index.html"

    @property
    def trial(self) -> Path:
        """Where edited rules are tried on a copy of the warehouse."""
        return self.data / "trial"

    @property
    def dagster_home(self) -> Path:
        return self.data / "dagster"

    @property
    def lock(self) -> Path:
        return self.data / "run.lock"

    @property
    def salt(self) -> Path:
        return self.data / "pii_salt"
