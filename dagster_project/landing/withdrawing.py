"""Takes back a file that was landed, or lets it in again; no row of the lake moves."""

from collections.abc import Sequence
from dataclasses import dataclass

from dagster_project.landing.admissions import ADMIT, WITHDRAW, record_decision
from dagster_project.landing.choosing import ChoiceError, Held, choose
from dagster_project.landing.incoming import digest
from dagster_project.landing.lake import FileOutcome
from dagster_project.landing.standing import Standing
from dagster_project.paths import Paths


@dataclass(frozen=True)
class Change:
    """What a decision on a file changes in one table.

    Attributes:
        gone: landings that were admitted and are no more; `come` the other way round.
        owed: files that have the content too, and are to be landed in their own right.
    """

    held: Held
    version: FileOutcome
    gone: list[FileOutcome]
    come: list[FileOutcome]
    owed: list[FileOutcome]
    before: Standing
    after: Standing


def withdraw(
    held: Sequence[Held], paths: Paths, name: str, reason: str, sha256: str = ""
) -> list[Change]:
    """Take back the newest admitted version of a name, or the one stated.

    Raises:
        ChoiceError: there is no such version, or its content would be lost.
    """
    if not reason.strip():
        raise ChoiceError("a reason is needed: whoever reads the figures will ask")
    candidates = [v for each in held for v in _withdrawable(each, name, sha256)]
    chosen = choose(held, name, sha256, candidates).version
    changes = [
        _change(each, chosen, each.standing, each.without(chosen))
        for each in held
        if any(v.version == chosen for v in _withdrawable(each, name, chosen[1]))
    ]
    return _decide(changes, paths, WITHDRAW, reason)


def admit(
    held: Sequence[Held], paths: Paths, name: str, reason: str = "", sha256: str = ""
) -> list[Change]:
    """Let the newest withdrawn version of a name in again, or the one stated.

    Raises:
        ChoiceError: there is no such version, or its content is nowhere at hand.
    """
    candidates = [v for each in held for v in _withdrawn(each, name)]
    chosen = choose(held, name, sha256, candidates).version
    changes = [
        _change(each, chosen, each.standing, each.including(chosen))
        for each in held
        if chosen in each.withdrawn
    ]
    return _decide(changes, paths, ADMIT, reason)


def _withdrawable(held: Held, name: str, sha256: str) -> list[FileOutcome]:
    """Versions in use; with a sha256 those that were replaced, too."""
    in_use = {each.version for each in held.standing.in_use}
    return [
        version
        for version in held.versions_of(name)
        if version.version not in held.withdrawn
        and (sha256 or version.version in in_use)
    ]


def _withdrawn(held: Held, name: str) -> list[FileOutcome]:
    return [v for v in held.versions_of(name) if v.version in held.withdrawn]


def _change(
    held: Held, chosen: tuple[str, str], before: Standing, after: Standing
) -> Change:
    [version] = [v for v in held.versions_of(chosen[0]) if v.version == chosen]
    was, now = before.admitted, after.admitted
    return Change(
        held=held,
        version=version,
        gone=[landing for landing in was if landing not in now],
        come=[landing for landing in now if landing not in was],
        owed=after.owed,
        before=before,
        after=after,
    )


def _decide(
    changes: list[Change], paths: Paths, decision_code: str, reason: str
) -> list[Change]:
    for change in changes:
        _check_at_hand(change, paths)
    for change in changes:
        contract = change.held.contract
        version = change.version.version
        record_decision(paths, decision_code, contract, version, reason)
    return changes


def _check_at_hand(change: Change, paths: Paths) -> None:
    """What other names hold of the content has to be read again from extracts/."""
    lost = [v.file_name for v in change.owed if not is_at_hand(v, paths)]
    if lost:
        raise ChoiceError(
            f"{change.version.file_name}: its content came under other names, too, "
            "and was landed once; put back into extracts/, as they were, or withdraw "
            "as well:\n" + "\n".join(f"  {name}" for name in lost)
        )


def is_at_hand(version: FileOutcome, paths: Paths) -> bool:
    """Whether extracts/ still has a file as it was landed."""
    path = paths.extracts / version.file_name
    return path.is_file() and digest(path)[0] == version.file_sha256
