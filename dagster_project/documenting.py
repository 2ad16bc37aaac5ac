"""The models' documentation as one page: every table and column, lineage, readers."""

from pathlib import Path

from dagster_project.bi.report import write_whole
from dagster_project.invoking import TransformError, invoke
from dagster_project.locking import run_lock
from dagster_project.parsing import read_parse
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from dagster_project.transforming import load_project

_MADE = "static_index.html"


def write_docs(settings: Settings) -> Path:
    """Write dbt's documentation to `data/docs/index.html`; it asks nothing of anybody.

    Types of columns are those of the last build, where there is one.

    Raises:
        LockHeldError: a run is at work on the warehouse.
        TransformError: dbt cannot read the project.
    """
    paths = Paths.of(settings)
    with run_lock(paths.lock):
        load_project(settings)
        arguments = ["docs", "generate", "--static", "--no-compile"]
        arguments += [] if paths.warehouse.is_file() else ["--empty-catalog"]
        result = invoke(arguments, manifest=read_parse(paths))
    if not result.success:
        raise TransformError(f"dbt cannot document the project: {result.exception}")
    made = (paths.dbt_target / _MADE).read_text(encoding="utf-8")
    return write_whole(paths.docs_page, made)
