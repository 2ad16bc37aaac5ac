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
from dagster_project.transforming import load_project

STEPS = (resources, land, transform, quality, publish, schedules)


def definitions_of(settings: Settings) -> dg.Definitions:
    """All that runs, for one installation; needs no network."""
    project = load_project(settings)
    return dg.Definitions.merge(*(step.define(project) for step in STEPS))


def selected_job(settings: Settings, select: str) -> dg.JobDefinition:
    """What builds some models alone, as dbt's syntax selects them.

    Raises:
        TransformError: nothing of this project is selected.
    """
    assets = transform.selected_assets(load_project(settings), select)
    job = dg.Definitions(jobs=[dg.define_asset_job("selected", selection=assets)])
    merged = dg.Definitions.merge(definitions_of(settings), job)
    return merged.resolve_job_def("selected")


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` and the daemon load."""
    return definitions_of(Settings.from_environment())
