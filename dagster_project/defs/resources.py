"""What every step is given: one night, alone with the data while it runs.

Contract: a run holds the lock from its first step to its last; unsound seeds refuse it
before anything is landed; what a killed night left is swept before; all tables of a
night land in one batch.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from dagster_project.checking import refuse_unsound_seeds
from dagster_project.landing import next_batch_id, sweep_orphans
from dagster_project.locking import run_lock
from dagster_project.paths import Paths
from dagster_project.profiling import MemoryMeter, Profile
from dagster_project.publishing import sweep_publications
from dagster_project.recording import declare_records, next_night
from dagster_project.settings import Settings
from dagster_project.transforming import Project


class Night(dg.ConfigurableResource[Any]):
    """One night's parameters, and what all its steps share.

    Attributes:
        as_of: ISO time, UTC; empty means the newest extract.
        full_refresh: build everything anew.
    """

    as_of: str = ""
    full_refresh: bool = False
    _batch_id: str = PrivateAttr(default="")
    _profile: Profile = PrivateAttr()

    @property
    def as_of_time(self) -> datetime | None:
        return datetime.fromisoformat(self.as_of) if self.as_of else None

    @property
    def batch_id(self) -> str:
        return self._batch_id

    @property
    def night_code(self) -> str:
        return self._profile.night_code

    @property
    def profile(self) -> Profile:
        return self._profile

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Night"]:
        """Hold the lock, refuse unsound seeds, sweep, and number the night."""
        paths = Paths.of(Settings.from_environment())
        refuse_unsound_seeds(paths.seeds)
        with run_lock(paths.lock):
            for swept in [*sweep_orphans(paths), *sweep_publications(paths)]:
                self._tell(context, f"removed what a killed night left: {swept}")
            declare_records(paths)
            self._batch_id = next_batch_id(paths)
            with MemoryMeter() as meter:
                self._profile = Profile(next_night(paths), meter)
                try:
                    yield self
                finally:
                    self._profile.keep(paths)

    def _tell(self, context: dg.InitResourceContext, text: str) -> None:
        if context.log is not None:
            context.log.warning(text)


def define(project: Project) -> dg.Definitions:
    """The resources of all steps."""
    return dg.Definitions(resources={"night": Night()})
