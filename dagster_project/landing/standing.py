"""Which landings of a table's files stand, and which versions of a name are in use."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from dagster_project.landing import lake
from dagster_project.landing.admissions import Version, read_withdrawn
from dagster_project.landing.contract import Contract
from dagster_project.landing.lake import FileOutcome
from dagster_project.paths import Paths


class Standing:
    """The files of one table, as if those withdrawn had never come.

    Attributes:
        landings: what stands of each version of a file: its last landing.
        versions: which content each name had, one after the other. A duplicate is one:
            it says that the name has a content that was landed before.
    """

    def __init__(
        self,
        contract: Contract,
        outcomes: Iterable[FileOutcome],
        withdrawn: Collection[Version] = (),
    ) -> None:
        self._contract = contract
        counted = [o for o in outcomes if o.version not in withdrawn]
        landed = [o for o in counted if o.status_code == lake.LANDED]
        self.landings: dict[Version, FileOutcome] = {o.version: o for o in landed}
        self._first: dict[tuple[object, ...], FileOutcome] = {}
        for outcome in self.landings.values():
            self._first.setdefault(lake.identity_of(outcome, contract), outcome)
        self.versions = [
            self._dated(o)
            for o in counted
            if o.status_code in (lake.LANDED, lake.DUPLICATE)
            and not o.replaced_batch_id
        ]

    def _dated(self, version: FileOutcome) -> FileOutcome:
        """With the time that its rows state, as they were landed last."""
        landing = self.landings.get(version.version)
        if landing is None and self._contract.extracted_at.column is not None:
            landing = self.landing_of(version)
        if landing is None:
            return version
        return replace(version, extracted_at=landing.extracted_at)

    def landing_of(self, version: FileOutcome) -> FileOutcome | None:
        """The landing of a content: where two names have it, that of the first."""
        return self._first.get(lake.identity_of(version, self._contract))

    @property
    def times(self) -> list[datetime]:
        """When extracts were taken."""
        return [v.extracted_at for v in self.versions if v.extracted_at is not None]

    @property
    def in_use(self) -> list[FileOutcome]:
        """Of versions of a name with one extracted_at the newest."""
        newest = {(v.file_name, v.extracted_at): v for v in self.versions}
        return list(newest.values())

    @property
    def admitted(self) -> list[FileOutcome]:
        """The landings of what is in use, in the order in which they first came."""
        contents = {lake.identity_of(v, self._contract) for v in self.in_use}
        return [o for identity, o in self._first.items() if identity in contents]

    @property
    def owed(self) -> list[FileOutcome]:
        """Versions in use whose content was landed under a name since withdrawn."""
        return [v for v in self.in_use if self.landing_of(v) is None]


def read_standing(contract: Contract, paths: Paths) -> Standing:
    outcomes = lake.read_outcomes(paths, contract)
    return Standing(contract, outcomes, read_withdrawn(paths, contract))
