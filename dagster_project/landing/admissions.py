"""Decisions on files already landed: withdrawn, or admitted again; the last counts."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from dagster_project.landing.contract import Contract
from dagster_project.paths import Paths
from dagster_project.recording import ADMISSION, read_records, write_record

WITHDRAW, ADMIT = "withdraw", "admit"
Version = tuple[str, str]


@dataclass(frozen=True)
class Decision:
    """What a person decided of one version of a file, and why."""

    sequence_number: int
    decision_code: str
    source_code: str
    table_name: str
    file_name: str
    file_sha256: str
    reason: str
    decided_at: datetime

    @property
    def version(self) -> Version:
        return self.file_name, self.file_sha256


def declare_admissions(paths: Paths) -> None:
    """A file of no rows, so that a glob over decisions finds one."""
    if not (paths.admissions / "declared.parquet").is_file():
        write_record(paths.admissions, "declared", ADMISSION, [])


def read_withdrawn(paths: Paths, contract: Contract) -> dict[Version, Decision]:
    """The versions of a table's files on which the last decision is to withdraw."""
    records = read_records(paths.admissions, f"d*.{_place(contract)}.parquet")
    last = {decision.version: decision for decision in _in_order(records)}
    return {
        version: decision
        for version, decision in last.items()
        if decision.decision_code == WITHDRAW
    }


def record_decision(
    paths: Paths, decision_code: str, contract: Contract, version: Version, reason: str
) -> None:
    """Write down what was decided; when is a run record, no figure depends on it."""
    declare_admissions(paths)
    taken = (int(path.name[1:7]) for path in paths.admissions.glob("d??????.*"))
    number = max(taken, default=0) + 1
    decision = Decision(
        number,
        decision_code,
        contract.source_code,
        contract.table_name,
        *version,
        reason,
        datetime.now(UTC).replace(tzinfo=None),
    )
    name = f"d{number:06d}.{_place(contract)}"
    write_record(paths.admissions, name, ADMISSION, [asdict(decision)])


def _place(contract: Contract) -> str:
    return f"{contract.source_code}.{contract.table_name}"


def _in_order(records: Iterable[dict[str, Any]]) -> list[Decision]:
    decisions = (Decision(**record) for record in records)
    return sorted(decisions, key=lambda decision: decision.sequence_number)
