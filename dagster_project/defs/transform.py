"""From the lake to the marts, by dbt in this process: two steps, a gate between them.

Contract: `stage` builds seeds, staging and what the staging gate looks at; `mart`
the rest. dbt's tests are asset checks, blocking at severity error.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import dagster as dg

from dagster_project.defs.land import LAKE_TABLES, source_key
from dagster_project.defs.resources import Night
from dagster_project.defs.translating import (
    DagsterDbtTranslator,
    DbtCoreCliEventMessage,
)
from dagster_project.invoking import TransformError
from dagster_project.landing import read_contracts
from dagster_project.paths import Paths
from dagster_project.profiling import Measure, Profile
from dagster_project.transforming import (
    Outcome,
    Project,
    build,
    count_rows,
    rows_that_failed,
    selected,
)

LAYERS = ("seeds", "staging", "gates", "intermediate", "marts", "records")
Events = Iterator[Any]


class RefusedError(dg.Failure):
    """What came is not fit to be published; trying again would not change it."""

    def __init__(self, message: str) -> None:
        super().__init__(description=message, allow_retries=False)


class Translator(DagsterDbtTranslator):
    """Names dbt's nodes as assets: group = layer, and waits that dbt does not know."""

    def __init__(self, project: Project) -> None:
        super().__init__()
        self.project = project
        self.after_gate = [
            self.get_asset_key(node)
            for node in project.in_schema("gates")
            if node["unique_id"] in project.staged
        ]
        self.after_landing = [source_key(project, "lake", name) for name in LAKE_TABLES]

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        layer = str(dbt_resource_props["schema"])
        return layer if layer in LAYERS else "raw"

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: Any = None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        waits = [key for key in self._waits(unique_id) if key not in _keys(spec.deps)]
        return spec.replace_attributes(deps=[*spec.deps, *waits])

    def _waits(self, unique_id: str) -> list[dg.AssetKey]:
        """Seeds load once a run is frozen; what reads staging waits for its gate."""
        if unique_id.startswith("seed."):
            return self.after_landing[:1]
        parents = self.project.manifest["parent_map"].get(unique_id, ())
        begins = not self.project.built.intersection(parents)
        return self.after_gate if unique_id in self.project.built and begins else []


def dbt_step(
    project: Project, name: str, unique_ids: Collection[str], indirect_selection: str
) -> dg.AssetsDefinition:
    """One step that builds some of dbt's nodes."""
    translator = Translator(project)
    specs = specs_of(project, translator, unique_ids)

    @dg.multi_asset(
        name=name,
        specs=list(specs.values()),
        check_specs=list(check_specs_of(project, translator, specs)),
        can_subset=True,
    )
    def step(context: dg.AssetExecutionContext, night: Night) -> Events:
        nodes = selected_nodes(project, translator, unique_ids, context)
        selection = project.selection([node["unique_id"] for node in nodes])
        results: list[dict[str, Any]] = []
        # a test that looks elsewhere too is no check of what was selected
        tests = indirect_selection if len(nodes) == len(unique_ids) else "cautious"
        told = _teller(results, context)
        outcomes = build(selection, tests, night.full_refresh, told)
        require_built(nodes, outcomes)
        rows = count_rows(project.paths, nodes)
        measure_nodes(night.profile, name, outcomes, rows)
        night.profile.keep(project.paths)
        for event in dagster_events(results, project, translator, context):
            yield with_row_count(event, rows)
        refuse_failures(outcomes, project.paths)

    return step


def specs_of(
    project: Project, translator: Translator, unique_ids: Collection[str]
) -> dict[str, dg.AssetSpec]:
    """dbt's nodes as assets, by unique id."""
    return {
        unique_id: translator.get_asset_spec(project.manifest, unique_id)
        for unique_id in sorted(unique_ids)
    }


def check_specs_of(
    project: Project, translator: Translator, specs: Mapping[str, dg.AssetSpec]
) -> Iterator[dg.AssetCheckSpec]:
    """dbt's tests of some nodes, each as a check of the node that it is attached to."""
    manifest = project.manifest
    for unique_id, spec in specs.items():
        for child in manifest["child_map"][unique_id]:
            if child.startswith("test."):
                found = translator.get_asset_check_spec(spec, manifest, child, None)
                yield from [found] if found else []


def require_built(nodes: list[Mapping[str, Any]], outcomes: list[Outcome]) -> None:
    """A node without an outcome would be published as an earlier night left it.

    Raises:
        dagster.Failure: dbt has passed over a node of this step.
    """
    told = {outcome.unique_id for outcome in outcomes}
    passed_over = [node["name"] for node in nodes if node["unique_id"] not in told]
    if passed_over:
        named = ", ".join(sorted(passed_over)[:5])
        raise dg.Failure(
            f"dbt passed over {len(passed_over)} node(s), such as {named}; please "
            "report this",
            allow_retries=False,
        )


def selected_assets(project: Project, select: str) -> dg.AssetSelection:
    """Landing, freezing, and the nodes that dbt's syntax selects, with dbt's tests.

    The gates judge what a whole night has built.

    Raises:
        TransformError: nothing of this project is selected.
    """
    translator = Translator(project)
    contracts = read_contracts(project.manifest, project.sources)
    raw = [source_key(project, each.source_code, each.table_name) for each in contracts]
    ours = selected(project.paths, select) & (project.staged | project.built)
    if not ours:
        raise TransformError(f"--select {select!r} selects no model of this project")
    specs = specs_of(project, translator, ours)
    chosen = [spec.key for spec in specs.values()]
    tests = [spec.key for spec in check_specs_of(project, translator, specs)]
    assets = dg.AssetSelection.assets(*raw, *translator.after_landing, *chosen)
    return assets.without_checks() | dg.AssetSelection.checks(*tests)


def selected_nodes(
    project: Project,
    translator: Translator,
    unique_ids: Collection[str],
    context: dg.AssetExecutionContext,
) -> list[Mapping[str, Any]]:
    """The nodes of a step that this run has selected; dbt knows of no subset."""
    nodes = [project.node(unique_id) for unique_id in unique_ids]
    keys = context.selected_asset_keys
    return [node for node in nodes if translator.get_asset_key(node) in keys]


def dagster_events(
    results: list[dict[str, Any]],
    project: Project,
    translator: Translator,
    context: dg.AssetExecutionContext,
) -> Events:
    """dbt's results as materializations and check results."""
    for result in results:
        message = DbtCoreCliEventMessage(raw_event=result, event_history_metadata={})
        yield from message.to_default_asset_events(
            manifest=project.manifest,
            dagster_dbt_translator=translator,
            context=context,
            target_path=project.paths.dbt_target,
        )


def with_row_count(event: Any, rows: Mapping[str, int]) -> Any:
    """A materialization with the number of rows of its table."""
    if not isinstance(event, dg.Output):
        return event
    unique_id = str(event.metadata["unique_id"].value)
    if unique_id not in rows:
        return event
    return event.with_metadata({**event.metadata, "dagster/row_count": rows[unique_id]})


def measure_nodes(
    profile: Profile,
    step: str,
    outcomes: list[Outcome],
    rows: Mapping[str, int],
) -> None:
    """What each node took, and how many rows it has; a skipped one took nothing."""
    for outcome in outcomes:
        measure = Measure(
            step,
            outcome.name,
            outcome.resource_type,
            outcome.status,
            rows.get(outcome.unique_id),
        )
        if outcome.ended_at:
            since = outcome.ended_at - outcome.seconds
            profile.add(measure, since, outcome.ended_at)
        else:
            profile.measures.append(measure)


def refuse_failures(outcomes: list[Outcome], paths: Paths) -> None:
    """Raise for what dbt could not build, then for tests that data failed.

    Raises:
        dagster.Failure: a fault: SQL that does not run, a disk that is full.
        RefusedError: a test of severity error has failed.
    """
    faults = [str(outcome) for outcome in outcomes if outcome.is_fault]
    if faults:
        text = f"dbt could not build {len(faults)} node(s):\n" + "\n".join(faults)
        raise dg.Failure(description=text + hint(outcomes), allow_retries=False)
    failed = [_shown(outcome, paths) for outcome in outcomes if outcome.is_refused]
    if failed:
        text = f"{len(failed)} dbt test(s) failed:\n" + "\n".join(failed)
        raise RefusedError(text + hint(outcomes))


def _shown(outcome: Outcome, paths: Paths) -> str:
    """A test that failed, with the first rows that failed it."""
    rows = rows_that_failed(paths, outcome)
    told = (
        ", ".join(
            f"{name} = {'null' if value is None else value}"
            for name, value in row.items()
        )
        for row in rows
    )
    return "\n  ".join([str(outcome), *told])


def hint(outcomes: list[Outcome]) -> str:
    """Where seeds are at fault, who says so in words that name file and line."""
    broken = [each for each in outcomes if each.is_fault or each.is_refused]
    if any(each.resource_type == "seed" or "_seeds" in each.file for each in broken):
        return "\n`funnelhouse check` names what is wrong in the seeds, line by line."
    return ""


def _teller(
    results: list[dict[str, Any]], context: dg.AssetExecutionContext
) -> Callable[[dict[str, Any]], None]:
    def tell(result: dict[str, Any]) -> None:
        results.append(result)
        node = result["data"]["node_info"]
        if node["resource_type"] != "test":
            context.log.info(f"dbt {node['node_status']}: {node['node_name']}")

    return tell


def _keys(deps: Any) -> set[dg.AssetKey]:
    return {dep.asset_key for dep in deps}


def define(project: Project) -> dg.Definitions:
    """The two steps.

    A test that looks at both steps runs in the second, when both are there.
    """
    stage = dbt_step(project, "stage", project.staged, "buildable")
    mart = dbt_step(project, "mart", project.built, "eager")
    return dg.Definitions(assets=[stage, mart])
