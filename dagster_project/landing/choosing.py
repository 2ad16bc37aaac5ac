"""Finds the version of a landed file that a person means, or says what there is."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dagster_project.landing import lake
from dagster_project.landing.admissions import Decision, Version, read_withdrawn
from dagster_project.landing.contract import Contract
from dagster_project.landing.lake import FileOutcome
from dagster_project.landing.standing import Standing
from dagster_project.paths import Paths

SHOWN = 10
SHORT = 12


class ChoiceError(ValueError):
    """A file, version or decision that cannot be; the message lists what there is."""


@dataclass(frozen=True)
class Held:
    """All that landing and people have said of one table's files."""

    contract: Contract
    outcomes: list[FileOutcome]
    withdrawn: dict[Version, Decision]

    @property
    def place(self) -> str:
        return f"{self.contract.source_code}.{self.contract.table_name}"

    @property
    def standing(self) -> Standing:
        return Standing(self.contract, self.outcomes, self.withdrawn)

    def without(self, version: Version) -> Standing:
        return Standing(self.contract, self.outcomes, self.withdrawn.keys() | {version})

    def including(self, version: Version) -> Standing:
        return Standing(self.contract, self.outcomes, self.withdrawn.keys() - {version})

    def versions_of(self, name: str) -> list[FileOutcome]:
        """What was landed under a name, content by content, the newest last."""
        found: dict[Version, FileOutcome] = {}
        for outcome in Standing(self.contract, self.outcomes).versions:
            if outcome.file_name == name:
                found.pop(outcome.version, None)
                found[outcome.version] = outcome
        return list(found.values())


def read_held(contracts: Iterable[Contract], paths: Paths) -> list[Held]:
    return [
        Held(each, lake.read_outcomes(paths, each), read_withdrawn(paths, each))
        for each in contracts
    ]


def name_below(text: str, paths: Paths) -> str:
    """A file's name as `status` shows it, also where the whole path was typed."""
    return text.removeprefix(f"{paths.extracts}/")


def choose(
    held: Sequence[Held], name: str, sha256: str, candidates: Sequence[FileOutcome]
) -> FileOutcome:
    """The last of the candidates, or the one whose sha256 begins as stated.

    Raises:
        ChoiceError: nothing, or more than one version, is meant.
    """
    check_known(held, name)
    meant = [c for c in candidates if c.file_sha256.startswith(sha256.lower())]
    contents = {version.file_sha256 for version in meant}
    if not meant or (sha256 and len(contents) > 1):
        how_many = "no version" if not meant else f"{len(contents)} versions"
        stated = f" with a sha256 that begins with {sha256}" if sha256 else ""
        raise ChoiceError(
            f"{name} has {how_many}{stated} to choose from; it has\n"
            + "\n".join(_described(held, name))
        )
    return meant[-1]


def check_known(held: Sequence[Held], name: str) -> None:
    """Refuse a name of which nothing was landed."""
    if any(each.versions_of(name) for each in held):
        return
    outcomes = [o for each in held for o in each.outcomes]
    for outcome in reversed(outcomes):
        if outcome.file_name == name:
            raise ChoiceError(
                f"nothing of {name} was landed: {outcome.message or 'refused'}"
            )
    names = sorted({o.file_name for o in outcomes if o.status_code == lake.LANDED})
    raise ChoiceError(f"no file {name} was ever landed; {_listed(name, names)}")


def _listed(name: str, names: Sequence[str]) -> str:
    if not names:
        return "nothing was: run `funnelhouse run` first"
    below = [each for each in names if each.startswith(name)]
    alike = below or difflib.get_close_matches(name, names, SHOWN, 0.5) or names
    more = f"\n… and {len(alike) - SHOWN} more" if len(alike) > SHOWN else ""
    return "there are\n" + "\n".join(f"  {each}" for each in alike[:SHOWN]) + more


def _described(held: Sequence[Held], name: str) -> list[str]:
    return [
        f"  {version.file_sha256[:SHORT]}  {each.place}, batch {version.batch_id}, "
        f"{version.landed_count} rows, {_state(each, version)}"
        for each in held
        for version in each.versions_of(name)
    ]


def _state(held: Held, version: FileOutcome) -> str:
    if version.version in held.withdrawn:
        return f"withdrawn: {held.withdrawn[version.version].reason or 'no reason'}"
    in_use = {each.version for each in held.standing.in_use}
    if version.version not in in_use:
        return "replaced by a later version"
    return "in use" if version.status_code == lake.LANDED else "in use, a duplicate"
