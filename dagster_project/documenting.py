"""The models' documentation as one page: every table and column, lineage, readers.

It is dbt's page, put together here: dbt itself takes seconds to do the same.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dagster_project.bi.report import write_whole
from dagster_project.locking import run_lock
from dagster_project.paths import Paths
from dagster_project.settings import Settings
from dagster_project.transforming import Project, load_project

_GRAPH, _CATALOG = '"MANIFEST.JSON INLINE DATA"', '"CATALOG.JSON INLINE DATA"'


def write_docs(settings: Settings) -> Path:
    """Write the documentation to `data/docs/index.html`; it asks nothing of anybody.

    Types of columns are those of the last build, where there is one.

    Raises:
        LockHeldError: a run is at work on the warehouse.
        TransformError: dbt cannot read the project.
    """
    with run_lock(Paths.of(settings).lock):
        return document(load_project(settings))


def document(project: Project) -> Path:
    """The same of a project at hand; a page that would not change stays as it is."""
    paths = project.paths
    page = render(project.manifest, _types(paths.warehouse))
    held = paths.docs_page
    if held.is_file() and held.read_text(encoding="utf-8") == page:
        return held
    return write_whole(held, page)


def place_docs(project: Project, generation: Path) -> Path:
    """The page inside a generation, where it takes room only if it has changed."""
    placed = generation / "docs" / "index.html"
    placed.parent.mkdir(exist_ok=True)
    placed.unlink(missing_ok=True)
    placed.hardlink_to(document(project))
    return placed


def render(graph: Mapping[str, Any], types: Mapping[str, Mapping[str, str]]) -> str:
    """dbt's page with a graph and, by `schema.table`, the types of columns."""
    catalog = {"nodes": dict(_described(graph, types)), "sources": {}, "errors": None}
    page = _template().read_text(encoding="utf-8")
    for place, told in ((_GRAPH, graph), (_CATALOG, catalog)):
        page = page.replace(place, json.dumps(told).replace("</", "<\\/"))
    return page


def _described(
    graph: Mapping[str, Any], types: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The nodes that were built, as dbt's catalog has them."""
    for unique_id, node in graph["nodes"].items():
        built = types.get(f"{node['schema']}.{node['alias']}")
        if built is not None:
            yield unique_id, _table(node, built)


def _table(node: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    columns = {
        name: {"name": name, "type": kind, "index": place, "comment": None}
        for place, (name, kind) in enumerate(types.items(), start=1)
    }
    named = {name: node[name] for name in ("schema", "database")}
    table = {**named, "name": node["alias"], "type": "table"}
    return {"metadata": table, "columns": columns, "stats": {}}


def _types(warehouse: Path) -> dict[str, dict[str, str]]:
    """By `schema.table`, what each column was built as; nothing before a build."""
    import duckdb

    if not warehouse.is_file():
        return {}
    found: dict[str, dict[str, str]] = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name, table_name, column_name, data_type "
            "from duckdb_columns() where not internal "
            "order by schema_name, table_name, column_index"
        ).fetchall()
    for schema, table, column, kind in rows:
        found.setdefault(f"{schema}.{table}", {})[column] = kind
    return found


def _template() -> Path:
    from dbt.task.docs import DOCS_INDEX_FILE_PATH

    return Path(DOCS_INDEX_FILE_PATH)
