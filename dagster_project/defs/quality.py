"""The two gates: Great Expectations suites as blocking asset checks, one a rule.

Contract: a gate reads its projections from the warehouse, read-only, writes what it
found to `lake/_records/gate_results` and to the quality page, and a rule of severity
`block` that is broken stops every step behind it.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import dagster as dg

from dagster_project.defs.resources import Night
from dagster_project.paths import Paths
from dagster_project.recording import GATE_RESULT, write_record
from dagster_project.transforming import Project
from expectations import (
    GATE_RULES,
    PROJECTIONS,
    GateResult,
    Rule,
    read_rules,
    validate,
)

if TYPE_CHECKING:
    import pandas as pd


def projection_key(projection: str) -> dg.AssetKey:
    """The asset of a projection: `gates.gate_files` is gates/gate_files."""
    return dg.AssetKey(projection.split("."))


def read_projections(paths: Paths, gate: str) -> "dict[str, pd.DataFrame]":
    """The frames that a gate looks at."""
    import duckdb

    with duckdb.connect(str(paths.warehouse), read_only=True) as connection:
        return {
            name: connection.execute(f"select * from {name}").df()  # noqa: S608
            for name in PROJECTIONS[gate]
        }


def frozen_as_of(paths: Paths) -> datetime:
    """The as-of of the run that is judged."""
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    (run,) = pq.read_table(paths.run / "runs.parquet", columns=["as_of"]).to_pylist()
    as_of: datetime = run["as_of"]
    return as_of


def record_results(
    paths: Paths,
    night_code: str,
    results: list[GateResult],
    rules: Mapping[str, Rule],
) -> None:
    """Keep what a gate said, for `status`, `dq_gate_results` and the quality page."""
    as_of = frozen_as_of(paths)
    rows = [
        {
            "night_code": night_code,
            "as_of": as_of,
            "gate_code": result.gate_code,
            "rule_code": result.rule_code,
            "severity_code": result.severity_code,
            "threshold": rules[result.rule_code].threshold,
            "owner_name": rules[result.rule_code].owner_name,
            "is_passed": result.passed,
            "is_blocking": result.blocks,
            "unexpected_count": result.unexpected_count,
            "checked_count": result.checked_count,
            "message": result.message,
            "offenders": json.dumps(result.offenders, default=str),
        }
        for result in results
    ]
    gate = results[0].gate_code
    write_record(paths.gate_results, f"{night_code}.{gate}", GATE_RESULT, rows)


def check_result(result: GateResult) -> dg.AssetCheckResult:
    """A rule's result, on the projection it looked at."""
    blocks = result.severity_code == "block"
    severity = dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=result.passed,
        check_name=result.rule_code,
        asset_key=projection_key(GATE_RULES[result.rule_code].projection),
        severity=severity,
        description=result.message,
        metadata={
            "gate": result.gate_code,
            "message": result.message,
            "unexpected": result.unexpected_count,
            "checked": result.checked_count,
            "offenders": dg.MetadataValue.json(result.offenders),
        },
    )


def refuse_unjudged(gate: str, results: list[GateResult]) -> None:
    """A blocking check without a result would let the next step pass.

    Raises:
        dagster.Failure: a rule of the gate was not judged.
    """
    expected = {code for code, rule in GATE_RULES.items() if rule.gate_code == gate}
    unjudged = expected - {result.rule_code for result in results}
    if unjudged:
        named = ", ".join(sorted(unjudged))
        raise dg.Failure(f"gate {gate} did not judge {named}; see expectations/")


def gate_checks(project: Project, gate: str) -> dg.AssetChecksDefinition:
    """All rules of one gate, in one step."""
    specs = [
        dg.AssetCheckSpec(
            rule_code, asset=projection_key(rule.projection), blocking=True
        )
        for rule_code, rule in GATE_RULES.items()
        if rule.gate_code == gate
    ]

    @dg.multi_asset_check(name=f"gate_{gate}", specs=specs)
    def gate_check(night: Night) -> Iterator[dg.AssetCheckResult]:
        from dagster_project.bi import write_night_quality

        with night.profile.measured("gate", f"gate_{gate}", "gate") as measure:
            rules = read_rules(project.paths.seeds / "gate_rules.csv")
            results = validate(gate, read_projections(project.paths, gate), rules)
            refuse_unjudged(gate, results)
            record_results(project.paths, night.night_code, results, rules)
            write_night_quality(project.paths)
            measure.rows_count = sum(result.checked_count for result in results)
        yield from map(check_result, results)

    return gate_check


def define(project: Project) -> dg.Definitions:
    """The gate behind staging and the gate behind the marts."""
    return dg.Definitions(asset_checks=[gate_checks(project, g) for g in PROJECTIONS])
