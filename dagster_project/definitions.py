"""What Dagster loads: the steps, in the order of the flow."""

import dagster as dg

from dagster_project.defs import (
    land,
    publish,
    quality,
    resources,
    schedules,
    transform,
)
from dagster_project.settings import Settings
from dagster_project.transforming import Project, load_project

STEPS = (resources, land, transform, quality, publish, schedules)


def definitions_of(settings: Settings) -> dg.Definitions:
    """All that runs, for one installation; needs no network."""
    return _definitions(load_project(settings))


def selected_job(settings: Settings, select: str) -> dg.JobDefinition:
    """What builds some models alone, as dbt's syntax selects them.

    Raises:
        TransformError: nothing of this project is selected.
    """
    project = load_project(settings)
    assets = transform.selected_assets(project, select)
    job = dg.Definitions(jobs=[dg.define_asset_job("selected", selection=assets)])
    merged = dg.Definitions.merge(_definitions(project), job)
    return merged.resolve_job_def("selected")


def _definitions(project: Project) -> dg.Definitions:
    # What a person materializes by hand is a night as well: of several processes each
    # would wait for the lock, and sweep what the one before has not yet published.
    alone = dg.Definitions(executor=dg.in_process_executor)
    return dg.Definitions.merge(alone, *(step.define(project) for step in STEPS))


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` and the daemon load."""
    return definitions_of(Settings.from_environment())
