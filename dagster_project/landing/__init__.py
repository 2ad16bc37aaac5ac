"""How a file becomes Parquet: contract, readers, rejects, manifest; no meaning."""

from dagster_project.landing.contract import (
    Column,
    Contract,
    ContractError,
    ExtractedAt,
    read_contracts,
)
from dagster_project.landing.freezing import (
    NoExtractsError,
    Run,
    freeze_run,
    refuse_without_extracts,
)
from dagster_project.landing.incoming import unclaimed_files
from dagster_project.landing.lake import FileOutcome, next_batch_id, sweep_orphans
from dagster_project.landing.landing import Landing, land
from dagster_project.landing.purging import Purged, purge_lake
from dagster_project.landing.sinks import LandingError
from dagster_project.landing.tombstones import Forgotten, bury, read_forgotten

__all__ = [
    "Column",
    "Contract",
    "ContractError",
    "ExtractedAt",
    "FileOutcome",
    "Forgotten",
    "Landing",
    "LandingError",
    "NoExtractsError",
    "Purged",
    "Run",
    "bury",
    "freeze_run",
    "land",
    "next_batch_id",
    "purge_lake",
    "read_contracts",
    "read_forgotten",
    "refuse_without_extracts",
    "sweep_orphans",
    "unclaimed_files",
]
