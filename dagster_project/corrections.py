"""What a person corrects in what is landed, told in words: withdraw, admit, reland.

Contract: all of it holds the run lock, changes nothing that is published, and says
what the next night will do.
"""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dagster_project.landing import next_batch_id, read_contracts, sweep_orphans
from dagster_project.landing.choosing import (
    SHOWN,
    ChoiceError,
    Held,
    name_below,
    read_held,
)
from dagster_project.landing.lake import FileOutcome
from dagster_project.landing.mending import Rejected, read_mend, write_mend
from dagster_project.landing.relanding import (
    File,
    Relanded,
    choose_files,
    files_with_rejects,
    header_of_file,
    read_reasons,
    read_rejected,
    reland_extract,
    reland_mended,
)
from dagster_project.landing.withdrawing import Change
from dagster_project.landing.withdrawing import admit as admit_again
from dagster_project.landing.withdrawing import withdraw as take_back
from dagster_project.locking import run_lock
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from dagster_project.transforming import load_project, named_sources

_WITH_THEM = "The next `funnelhouse run` builds with what was landed now."


def withdraw(settings: Settings, file: str, reason: str, sha256: str) -> list[str]:
    """Take a file back; lines that tell what that means."""
    with _held(settings) as (held, paths):
        name = name_below(file, paths)
        changes = take_back(held, paths, name, reason, sha256)
    told = [line for change in changes for line in _withdrawn(change)]
    return [*told, _next_run(_enabled(held, settings), changes, "without it")]


def admit(settings: Settings, file: str, reason: str, sha256: str) -> list[str]:
    """Let a file in again; lines that tell what that means."""
    with _held(settings) as (held, paths):
        name = name_below(file, paths)
        changes = admit_again(held, paths, name, reason, sha256)
    told = [line for change in changes for line in _admitted(change)]
    return [*told, _next_run(_enabled(held, settings), changes, "with it")]


def rejected_files(settings: Settings) -> list[dict[str, Any]]:
    """Files with rejected records, and the first of each."""
    with _held(settings) as (held, paths):
        return [_rejects(file, paths) for file in files_with_rejects(held)]


def list_rejects(settings: Settings) -> list[str]:
    """The same, a line each."""
    told = [
        "{file_name} ({table}): {rejected:,} of {physical:,} records rejected, "
        "line {first_line}: {first_reason}".format(**each)
        for each in rejected_files(settings)
    ]
    return told or ["no record is rejected in any file that counts"]


def reland(settings: Settings, file: str, sha256: str) -> list[str]:
    """Read a file again under today's declaration; lines that tell what came of it."""
    with _held(settings) as (held, paths):
        chosen = choose_files(held, name_below(file, paths), sha256)
        limits = (settings.memory_limit, settings.threads)
        batch_id = next_batch_id(paths)
        done = [reland_extract(each, paths, batch_id, *limits) for each in chosen]
    return [*(line for each in done for line in _relanded(each)), _WITH_THEM]


def write_rejects(settings: Settings, file: str, sha256: str, to: Path) -> list[str]:
    """Write a file's rejected records to mend; lines that tell how."""
    with _held(settings) as (held, paths):
        chosen = _with_rejects(held, name_below(file, paths), sha256)
        rejected = read_rejected(chosen, paths)
        is_csv = chosen.contract.format == "csv"
        header, is_own = header_of_file(chosen, paths) if is_csv else ("", True)
        write_mend(to, chosen.contract, header, rejected)
    told = [f"{to}: {len(rejected):,} rejected records of {chosen.landing.file_name}"]
    if not is_own:
        told.append(
            "its header is that of the rows landed, for the file is not in extracts/: "
            "see that it fits"
        )
    told += [note for each in rejected for note in _losses(each)]
    call = shlex.join(["funnelhouse", "reland", file, "--from", str(to)])
    return [*told, f"mend them, then: {call}"]


def land_mended(settings: Settings, file: str, sha256: str, mended: Path) -> list[str]:
    """Land a file's mended records; lines that tell what came of each."""
    with _held(settings) as (held, paths):
        chosen = _with_rejects(held, name_below(file, paths), sha256)
        lines = [each.line for each in read_rejected(chosen, paths)]
        header, records = read_mend(mended, chosen.contract, lines)
        batch_id = next_batch_id(paths)
        done = reland_mended(chosen, paths, batch_id, header, records)
    told = list(_relanded(done))
    is_new = done.outcome.batch_id == batch_id
    return [*told, _WITH_THEM if is_new else "Nothing was mended; nothing has changed."]


def _with_rejects(held: Sequence[Held], name: str, sha256: str) -> File:
    """The landing of a name that has rejected records.

    Raises:
        ChoiceError: it has none.
    """
    files = choose_files(held, name, sha256)
    for file in files:
        if file.landing.rejected_count:
            return file
    raise ChoiceError(f"no record of {name} is rejected")


def _rejects(file: File, paths: Paths) -> dict[str, Any]:
    landing, first = file.landing, read_reasons(file, paths)[0]
    return {
        "file_name": landing.file_name,
        "table": str(file.held.place),
        "rejected": landing.rejected_count,
        "physical": landing.physical_count,
        "first_line": first["line_number"],
        "first_reason": first["reason"],
    }


def _losses(rejected: Rejected) -> Iterator[str]:
    if rejected.is_cut:
        yield f"line {rejected.line}: cut, only its beginning is kept"
    if rejected.is_escaped:
        yield (
            f"line {rejected.line}: bytes that cannot be read are shown as \\xNN; "
            "write what they stand for"
        )


def _relanded(done: Relanded) -> Iterator[str]:
    outcome = done.outcome
    yield (
        f"{outcome.file_name} ({done.file.held.place}): {done.mended_count:+,} rows; "
        f"{outcome.physical_count:,} records = {outcome.landed_count:,} landed + "
        f"{outcome.rejected_count:,} rejected + {outcome.erased_count:,} erased"
    )
    for each in done.still[:SHOWN]:
        yield f"  line {each.line} is rejected: {each.reason}"
    if len(done.still) > SHOWN:
        yield f"  … and {len(done.still) - SHOWN:,} more"


@contextmanager
def _held(settings: Settings) -> Iterator[tuple[list[Held], Paths]]:
    """Every declared table, of enabled sources or not, while no night runs."""
    paths = Paths.of(settings)
    with run_lock(paths.lock):
        contracts = read_contracts(load_project(settings).manifest, ())
        sweep_orphans(paths)
        yield read_held(contracts, paths), paths


def _enabled(held: Sequence[Held], settings: Settings) -> list[Held]:
    sources = settings.sources or named_sources()
    return [each for each in held if each.contract.source_code in sources]


def _withdrawn(change: Change) -> Iterator[str]:
    name, place = change.version.file_name, change.held.place
    own = [each for each in change.gone if each.version == change.version.version]
    if own:
        rows = _rows(own[0])
        yield f"withdrew {name}: {rows} of {place}, landed in batch {own[0].batch_id}"
    else:
        yield f"withdrew {name}: {_why_no_row(change)}"
    for each in change.come:
        yield f"in its place comes {_version(each)}"


def _why_no_row(change: Change) -> str:
    first = change.before.landing_of(change.version)
    if first is not None and first.file_name != change.version.file_name:
        return f"no row, its content is that of {first.file_name}, which stays"
    return "no row, another version had taken its place"


def _admitted(change: Change) -> Iterator[str]:
    name, place = change.version.file_name, change.held.place
    own = [each for each in change.come if each.version == change.version.version]
    if own:
        yield f"admitted {name}: {_rows(own[0])} of {place}"
    else:
        yield f"admitted {name}: no row, its content is there or was replaced"
    for each in change.gone:
        yield f"in favour of it goes {_version(each)}"


def _version(outcome: FileOutcome) -> str:
    return f"{outcome.file_name} of batch {outcome.batch_id} ({_rows(outcome)})"


def _rows(outcome: FileOutcome) -> str:
    count = outcome.landed_count
    return f"{count:,} row" + ("" if count == 1 else "s")


def _next_run(held: Sequence[Held], changes: Sequence[Change], how: str) -> str:
    owed = [version.file_name for change in changes for version in change.owed]
    lands = f"lands {', '.join(owed)}, of the same content, and " if owed else ""
    return f"The next `funnelhouse run` {lands}builds {how}{_as_of(held, changes)}."


def _as_of(held: Sequence[Held], changes: Sequence[Change]) -> str:
    """How the as-of moves, where none is stated."""
    changed = {change.held.place: change.after for change in changes}
    before = [time for each in held for time in each.standing.times]
    after = [
        time for each in held for time in changed.get(each.place, each.standing).times
    ]
    if not after:
        return "; no other extract is left, so it will ask for one"
    newest = max(after)
    return f", as of {newest} UTC" if newest != max(before) else ""
