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


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` and the daemon load."""
    return definitions_of(Settings.from_environment())
