"""Takes forgotten people out of the lake, and out of what a night is landing.

Any step may be killed and begun again: a file is replaced whole, and while the files
of a batch and its manifest differ, the mark of the erasure says which batch it is.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from dagster_project.landing import lake
from dagster_project.landing.contract import Contract
from dagster_project.landing.erasing import (
    Eraser,
    Survey,
    rewrite_rejects,
    survey_rejects,
)
from dagster_project.landing.lake import FileOutcome
from dagster_project.landing.sinks import LandingError, count_by_file
from dagster_project.landing.tombstones import (
    Forgotten,
    read_forgotten,
    read_progress,
    write_progress,
    write_tombstones,
)
from dagster_project.paths import Paths

# They tell files apart; a name that holds an address is mended in extracts/.
FILE_NAMES = ("file_name", "source_file", "ingredient_name")
Contracts = Mapping[tuple[str, str], Contract]


@dataclass
class Purged:
    """What was erased, by table of the lake."""

    erased: Counter[str] = field(default_factory=Counter)
    cleaned: Counter[str] = field(default_factory=Counter)
    records: list[str] = field(default_factory=list)


def erase_new(
    contract: Contract,
    paths: Paths,
    outcomes: list[FileOutcome],
    parts: Sequence[Path],
    rejects: Path | None,
) -> list[FileOutcome]:
    """Erase from parts that have no name yet; the outcomes as they are then."""
    forgotten = read_forgotten(paths)
    if forgotten is None:
        return outcomes
    forgotten, told = _surveyed(contract, paths, forgotten, parts)
    _rewrite(Eraser(contract, forgotten), told)
    gone = _rewrite_rejects(rejects, forgotten)
    total = _sum(told)
    return [
        outcome.erased(
            total.removed[outcome.file_name],
            gone[outcome.file_name],
            total.cleaned[outcome.file_name],
        )
        if outcome.status_code == lake.LANDED
        else outcome
        for outcome in outcomes
    ]


def purge_lake(paths: Paths, contracts: Sequence[Contract]) -> Purged:
    """Erase forgotten people from everything that lies in the lake.

    Raises:
        LandingError: a batch that its manifest does not account for.
    """
    known = {(each.source_code, each.table_name): each for each in contracts}
    purged = Purged()
    forgotten = _with_keys(paths, known)
    if forgotten is None:
        return purged
    for manifest in _manifests(paths):
        _purge_batch(paths, _contract_of(manifest, known), manifest, forgotten, purged)
    for file in _own_tables(paths):
        if _purge_own(file, forgotten):
            purged.records.append(file.relative_to(paths.lake).as_posix())
    return purged


def _with_keys(paths: Paths, contracts: Contracts) -> Forgotten | None:
    """Whom to forget, after every key of theirs in the lake has its tombstone."""
    forgotten = read_forgotten(paths)
    for manifest in _manifests(paths) if forgotten else ():
        contract = _contract_of(manifest, contracts)
        if forgotten is not None:
            forgotten, _ = _surveyed(
                contract, paths, forgotten, _parts(paths, contract, manifest)
            )
    return forgotten


def _surveyed(
    contract: Contract, paths: Paths, forgotten: Forgotten, parts: Sequence[Path]
) -> tuple[Forgotten, dict[Path, Survey]]:
    """What there is to erase, once the keys come upon are forgotten as well."""
    while True:
        eraser = Eraser(contract, forgotten)
        told = {part: eraser.survey(part) for part in parts}
        if not write_tombstones(paths, forgotten, _sum(told).keys):
            return forgotten, told
        forgotten = read_forgotten(paths) or forgotten


def _purge_batch(
    paths: Paths,
    contract: Contract,
    manifest: Path,
    forgotten: Forgotten,
    purged: Purged,
) -> None:
    parts = _parts(paths, contract, manifest)
    rejects = paths.rejects / manifest.name
    eraser = Eraser(contract, forgotten)
    told = {part: eraser.survey(part) for part in parts}
    gone = survey_rejects(rejects, forgotten) if rejects.is_file() else Counter()
    progress = read_progress(paths) or {}
    outcomes = lake.outcomes_in(manifest)
    if progress.get("batch") != manifest.name:
        if not gone and not _sum(told).is_needed:
            return
        _check(manifest, outcomes, parts, rejects)
        cleaned = {o.file_name: o.cleaned_count for o in outcomes}
        progress |= {
            "batch": manifest.name,
            "cleaned": dict(Counter(cleaned) + _sum(told).cleaned),
        }
        write_progress(paths, progress)
    _rewrite(eraser, told)
    _rewrite_rejects(rejects if rejects.is_file() else None, forgotten)
    new = _recounted(outcomes, parts, rejects, progress["cleaned"])
    lake.write_outcomes(manifest, new)
    # the next night counts the batch's profile anew
    lake.remove(paths.profiles / manifest.name)
    write_progress(paths, {**progress, "batch": ""})
    _tell(purged, contract, outcomes, new)


def _tell(
    purged: Purged,
    contract: Contract,
    before: Sequence[FileOutcome],
    after: Sequence[FileOutcome],
) -> None:
    table = f"{contract.source_code}.{contract.table_name}"
    for old, new in zip(before, after, strict=True):
        purged.erased[table] += new.erased_count - old.erased_count
        purged.cleaned[table] += new.cleaned_count - old.cleaned_count


def _recounted(
    outcomes: Sequence[FileOutcome],
    parts: Sequence[Path],
    rejects: Path,
    cleaned: Mapping[str, int],
) -> list[FileOutcome]:
    """Outcomes as the files are now: what is there no longer was erased."""
    landed, rejected = _counted(parts, rejects)
    return [
        outcome.erased(
            outcome.landed_count - landed[outcome.file_name],
            outcome.rejected_count - rejected[outcome.file_name],
            cleaned.get(outcome.file_name, 0) - outcome.cleaned_count,
        )
        if outcome.status_code == lake.LANDED
        else outcome
        for outcome in outcomes
    ]


def _check(
    manifest: Path,
    outcomes: Sequence[FileOutcome],
    parts: Sequence[Path],
    rejects: Path,
) -> None:
    """A row that is missing before anything was erased would be told as erased."""
    landed, rejected = _counted(parts, rejects)
    for outcome in outcomes:
        held = (landed[outcome.file_name], rejected[outcome.file_name])
        if outcome.status_code == lake.LANDED and held != (
            outcome.landed_count,
            outcome.rejected_count,
        ):
            raise LandingError(
                f"{outcome.file_name}: the lake holds {held[0]} rows and {held[1]} "
                f"rejects, {manifest.name} says {outcome.landed_count} and "
                f"{outcome.rejected_count}; nothing of it was erased. Take the batch "
                "from a backup, or remove its manifest and land the file again"
            )


def _counted(parts: Sequence[Path], rejects: Path) -> tuple[Counter[str], Counter[str]]:
    held = [rejects] if rejects.is_file() else []
    return count_by_file(parts), count_by_file(held, "file_name")


def _rewrite(eraser: Eraser, told: Mapping[Path, Survey]) -> None:
    for part, survey in told.items():
        if survey.is_needed:
            temporary = part.with_name(f".{part.name.strip('.')}.erased.tmp")
            eraser.rewrite(part, temporary)
            lake.settle([temporary], [part])


def _rewrite_rejects(rejects: Path | None, forgotten: Forgotten) -> Counter[str]:
    gone: Counter[str] = Counter()
    if rejects is not None and (gone := survey_rejects(rejects, forgotten)):
        temporary = rejects.with_name(f".{rejects.name.strip('.')}.erased.tmp")
        rewrite_rejects(rejects, temporary, forgotten)
        lake.settle([temporary], [rejects])
    return gone


def _purge_own(file: Path, forgotten: Forgotten) -> bool:
    """Blank the address in a table of our own: messages, offenders, raw values."""
    held = pq.read_table(file, partitioning=None)
    table = held
    for place, told in enumerate(held.schema):
        if pa.types.is_string(told.type) and told.name not in FILE_NAMES:
            texts = held.column(place).to_pylist()
            new = [text and forgotten.without(text) for text in texts]
            if new != texts:
                table = table.set_column(place, told, [pa.array(new, told.type)])
    if table is held:
        return False
    temporary = file.with_name(f".{file.name}.tmp")
    pq.write_table(table, temporary)
    lake.settle([temporary], [file])
    return True


def _own_tables(paths: Paths) -> Iterator[Path]:
    for folder in (paths.records, paths.run, paths.manifest):
        yield from sorted(folder.rglob("*.parquet"))


def _manifests(paths: Paths) -> list[Path]:
    return sorted(paths.manifest.glob("n*.parquet"))


def _parts(paths: Paths, contract: Contract, manifest: Path) -> list[Path]:
    folder = lake.batch_folder(paths, contract, manifest.name.split(".")[0])
    return sorted(folder.glob("*.parquet"))


def _contract_of(manifest: Path, contracts: Contracts) -> Contract:
    _, source_code, table_name, _ = manifest.name.split(".")
    place = (source_code, table_name)
    return contracts.get(place) or Contract.undeclared(*place)


def _sum(told: Mapping[Path, Survey]) -> Survey:
    total = Survey()
    for survey in told.values():
        total.add(survey)
    return total
