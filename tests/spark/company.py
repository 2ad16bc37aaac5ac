"""A small company that reaches every mart: the sample's, with a second CRM.

The sample has what shipped sources bring; the second CRM has what is awkward in
histories, identities and zones; and quotas, experiments and benchmarks are decided.
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from dagster_project.samples import write_samples
from dagster_project.settings import ROOT
from tests.models.oracle_comparison import extracts, one_source, seeds
from tests.oracle.generate import random_facts
from tests.oracle.generate_events import with_events
from tests.warehouse import write_files, write_seeds

Row = Mapping[str, Any]
SEED = 1
LAST_DAY = date(2025, 1, 31)
FIRST_NIGHT = datetime(2025, 1, 10)
BENCHMARK = {
    "pipeline_code": "p1",
    "from_stage_code": "a",
    "to_stage_code": "w",
    "horizon_days": 90,
    "rate": 0.5,
    "citation": "made up",
}
NAMES = {"channels": "channel", "loss_reasons": "loss_reason"}


def write_company(root: Path) -> dict[str, str]:
    """Write extracts and seeds; gives the settings that its nights have."""
    made = one_source(random_facts(SEED, journeys=60))
    facts = with_events(made, SEED)
    folder = root / "extracts"
    write_samples(folder, deals=200, events=2000, months=4, seed=7, end=LAST_DAY)
    write_files(folder, extracts(facts))
    decided = {**seeds(facts), "benchmarks": [BENCHMARK]}
    both = {
        name: [*shipped(name), *(fitted(name, row) for row in rows)]
        for name, rows in decided.items()
    }
    both["funnels"] = attributed(both["funnels"], both["funnel_steps"])
    warned = [rule | {"severity_code": "warn"} for rule in shipped("gate_rules")]
    write_seeds(root / "seeds", {**both, "gate_rules": warned})
    return {
        "FUNNELHOUSE_EXTRACTS": str(folder),
        "FUNNELHOUSE_SEEDS": str(root / "seeds"),
        "FUNNELHOUSE_SOURCES": "hubspot,segment,ad_spend,plain",
        "FUNNELHOUSE_TIMEZONE": facts.timezone,
        "FUNNELHOUSE_HOME_CURRENCY": facts.home_currency,
    }


def attributed(funnels: Sequence[Row], steps: Sequence[Row]) -> list[Row]:
    """Funnels, of which one by a step that it lacks is by its first."""
    own = {
        (row["funnel_code"], f"step:{row['step_order']}")
        for row in steps
        if row["match_kind"] != "exclusion"
    }
    return [
        {**row, "attribution_code": "step:1"}
        if str(row["attribution_code"]).startswith("step:")
        and (row["funnel_code"], row["attribution_code"]) not in own
        else row
        for row in funnels
    ]


def shipped(name: str) -> list[dict[str, Any]]:
    """The rows of a seed as they come with the project."""
    with (ROOT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fitted(name: str, row: Row) -> Row:
    """A row of random facts as `check` lets it stand beside the shipped ones."""
    if name == "segments":
        return {**row, "priority": row["priority"] + 100}
    if name == "funnels" and row["window_seconds"] is not None:
        times = {
            key: row[key] and row[key].date() for key in ("entry_from", "entry_to")
        }
        return {**row, **times, "window_seconds": max(row["window_seconds"], 1)}
    if name == "funnel_steps":
        return {**row, "step_code": row["step_code"] or f"out_{row['step_order']}"}
    if name == "experiments":
        return {**row, "to_stage_code": "w"}
    if name == "segment_rules" and row["feature_code"] == "call_count":
        return {**row, "feature_code": "form_count"}
    return {**row, **named(name, row)}


def named(name: str, row: Row) -> Row:
    """What the shipped seed calls a code that the row has too."""
    if name not in NAMES:
        return {}
    code, called = f"{NAMES[name]}_code", f"{NAMES[name]}_name"
    names = {each[code]: each[called] for each in shipped(name)}
    return {called: names.get(row[code], row[called])}
