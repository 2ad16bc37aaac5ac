"""Makes extracts of a made-up company: the same seed gives the same bytes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from dagster_project.samples.deals import Deal, deals_with_unknown_stage, make_deals
from dagster_project.samples.engagements import write_engagements
from dagster_project.samples.hubspot import COLUMNS, write_deals, write_dimensions
from dagster_project.samples.segment import write_segment
from dagster_project.samples.spend import write_spend
from dagster_project.samples.truth import Made, truth_of, write_truth
from dagster_project.samples.web import TooFewEventsError, make_calls
from dagster_project.samples.world import Period, stream
from dagster_project.samples.writing import FILE_LIST, Folder, Sheets

FAULTS = ("unknown-stage",)
FEWEST_DEALS = 10
SOURCES = ("hubspot", "segment", "ad_spend")

__all__ = ["FAULTS", "SampleSummary", "TooFewEventsError", "write_samples"]


@dataclass(frozen=True)
class SampleSummary:
    """What was written; `rows` counts rows per table below the extracts folder."""

    extracts: Path
    truth: Path
    start: date
    end: date
    deals_count: int
    events_count: int
    files_count: int
    rows: dict[str, int]


def write_samples(
    extracts: Path,
    *,
    deals: int,
    events: int,
    months: int,
    seed: int,
    end: date = date(2026, 6, 30),
    faults: Collection[str] = (),
) -> SampleSummary:
    """Write daily extracts of HubSpot, Segment and ad spend, and the truth beside them.

    Raises:
        ValueError: an unknown fault, sizes too small to make a company of, or a folder
            that holds real extracts of the same sources.
    """
    _check(deals, months, seed, faults)
    period = Period.ending(end, months)
    beside = extracts.parent / "samples"
    folder = Folder(extracts, beside / FILE_LIST)
    folder.refuse_beside_real(SOURCES)
    made = make_deals(period, deals, seed)
    calls, bodies, devices, unrecorded = make_calls(period, made, events, seed)
    faulty = _faulty(period, made, seed, faults)
    beside.mkdir(parents=True, exist_ok=True)
    _write_hubspot(folder, period, made, faulty, seed)
    spent = write_spend(folder, period, seed)
    lines = stream(seed, "lines")
    write_segment(folder, period, calls, bodies, devices, lines)
    facts = (months, seed, tuple(sorted(faults)), len(calls), unrecorded, spent)
    truth = truth_of(Made(period, [*made, *faulty], *facts))
    path = write_truth(beside, truth)
    folder.replace_list()
    sizes = (len(made) + len(faulty), len(calls), len(folder.files), dict(folder.rows))
    return SampleSummary(extracts, path, period.start, period.end, *sizes)


def _check(deals: int, months: int, seed: int, faults: Collection[str]) -> None:
    unknown = sorted(set(faults) - set(FAULTS))
    if unknown:
        raise ValueError(
            f"unknown fault {', '.join(unknown)}; known faults: {', '.join(FAULTS)}"
        )
    if deals < FEWEST_DEALS:
        raise ValueError(f"{deals} deals are too few; ask for {FEWEST_DEALS} or more")
    if months < 1:
        raise ValueError(f"{months} months are too few; ask for 1 or more")
    if seed < 0:
        raise ValueError(f"seed {seed} is negative; use 0 or more")


def _faulty(
    period: Period, deals: list[Deal], seed: int, faults: Collection[str]
) -> list[Deal]:
    if "unknown-stage" in faults:
        return deals_with_unknown_stage(period, deals, seed)
    return []


def _write_hubspot(
    folder: Folder, period: Period, deals: list[Deal], faulty: list[Deal], seed: int
) -> None:
    """Faulty deals are drawn apart, so that a fault only ever adds rows."""
    sheets = Sheets(COLUMNS)
    write_dimensions(sheets, period)
    write_deals(sheets, deals, seed, "sound")
    write_deals(sheets, faulty, seed, "faulty")
    write_engagements(sheets, deals, period, seed)
    sheets.write(folder, "hubspot")
