"""What a person corrects in what is landed, told in words: withdraw, admit, reland.

Contract: all of it holds the run lock, changes nothing that is published, and says
what the next night will do.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dagster_project.landing import read_contracts, sweep_orphans
from dagster_project.landing.choosing import Held, name_below, read_held
from dagster_project.landing.lake import FileOutcome
from dagster_project.landing.withdrawing import Change
from dagster_project.landing.withdrawing import admit as admit_again
from dagster_project.landing.withdrawing import withdraw as take_back
from dagster_project.locking import run_lock
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from dagster_project.transforming import load_project, named_sources


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
        rows = f"{own[0].landed_count:,} rows"
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
        yield f"admitted {name}: {own[0].landed_count:,} rows of {place}"
    else:
        yield f"admitted {name}: no row, its content is there or was replaced"
    for each in change.gone:
        yield f"in favour of it goes {_version(each)}"


def _version(outcome: FileOutcome) -> str:
    rows = f"{outcome.landed_count:,} rows"
    return f"{outcome.file_name} of batch {outcome.batch_id} ({rows})"


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
