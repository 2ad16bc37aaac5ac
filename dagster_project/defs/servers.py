"""From published files to a server that shows them too, where one is set.

Contract: it follows the switch of the files and takes nothing back; a night with
nothing to do makes up for one in which the server did not answer.
"""

from datetime import timedelta
from typing import Any

import dagster as dg

from dagster_project.defs.resources import Night
from dagster_project.postgresql import publish_current
from dagster_project.publishing import current_manifest
from dagster_project.transforming import Project

POSTGRESQL = dg.AssetKey(["published", "postgresql"])
DAILY = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=48), warn_window=timedelta(hours=30)
)


def postgresql_asset(project: Project, published: dg.AssetKey) -> dg.AssetsDefinition:
    """The copy on a server, for readers there."""

    @dg.asset(
        key=POSTGRESQL,
        deps=[published],
        group_name="published",
        kinds={"postgresql"},
        description="The current generation in a PostgreSQL schema.",
        freshness_policy=DAILY,
    )
    def postgresql(night: Night) -> dg.MaterializeResult[Any]:
        with night.profile.measured("publish", "postgresql", "asset"):
            copy = publish_current(project.settings, project.paths)
        return dg.MaterializeResult(metadata={"shown": str(copy)})

    return postgresql


def catch_up(project: Project) -> dg.AssetMaterialization | None:
    """Where files were published, the server did not answer, and nothing is new."""
    if project.settings.publish_to is None or not current_manifest(project.paths):
        return None
    copy = publish_current(project.settings, project.paths)
    return dg.AssetMaterialization(POSTGRESQL, metadata={"shown": str(copy)})
