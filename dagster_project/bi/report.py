"""The report: one HTML file of a generation, whole in itself, that fetches nothing.

Every text that comes from data is escaped: by the template in HTML, by `_script_json`
inside scripts, by `spreadsheets` in what a spreadsheet reads.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import altair as alt
import jinja2
import vl_convert
from altair.utils.schemapi import debug_mode
from markupsafe import Markup

from dagster_project.bi import charts, theme
from dagster_project.bi.facts import TOTAL, Facts, Table, read_facts
from dagster_project.bi.findings import read_findings
from dagster_project.spreadsheets import as_csv

_FILE_MESSAGES_SHOWN = 20
_CHANGES_SHOWN = 20
_WARNINGS_SHOWN = 20
_SOME_DAY = "2026-01-01"
NO_REASONS: Mapping[str, Sequence[str]] = MappingProxyType({})
# A chart, and the name of the data it draws.
Drawing = tuple[charts.Spec, str]
# What a reader chooses of each finding, in this order, and what the choice is called.
CHOICES = {
    "stops": {"segment_code": "Segment"},
    "plays": {"horizon_days": "Within"},
    "reliability": {"forecast_month": "Forecast at the end of"},
    "channels": {
        "period": "Leads of",
        "attribution_code": "Credited by",
        "horizon_days": "Within",
    },
    "evidence": {"horizon_days": "Within"},
    "variants": {
        "variant_kind_code": "Told by",
        "segment_code": "Segment",
        "horizon_days": "Within",
    },
}
DROPS = {
    "earlier": "the twelve months before",
    "all_segments": "all segments",
    "benchmark": "its benchmark",
}


@dataclass(frozen=True)
class Shown:
    """All that one report shows."""

    facts: Facts
    findings: dict[str, Table]
    manifest: Mapping[str, Any]
    reasons: Mapping[str, Sequence[str]]
    has_docs: bool = False


class ReportError(FileNotFoundError):
    """A generation of which no report can be made; the message says what to do."""


def write_report(
    generation: Path,
    reasons: Mapping[str, Sequence[str]] = NO_REASONS,
    kept: Path | None = None,
) -> Path:
    """Write `report/index.html` of a generation and return its path.

    `reasons` says of empty marts why they are; `kept` is where the charts' script lies
    from one report to the next.

    Raises:
        ReportError: the generation has no `funnelhouse.duckdb`.
    """
    warehouse = generation / "funnelhouse.duckdb"
    if not warehouse.is_file():
        raise ReportError(
            f"{warehouse}: no such file, so there is nothing to report; "
            "publish a generation first with `funnelhouse run`"
        )
    shown = Shown(
        facts=read_facts(warehouse),
        findings=read_findings(warehouse),
        manifest=_read_manifest(generation),
        reasons=reasons,
        has_docs=(generation / "docs" / "index.html").is_file(),
    )
    return write_whole(
        generation / "report" / "index.html", render(shown, chart_script(kept))
    )


def render(shown: Shown, script: str) -> str:
    """The whole page as text; equal facts and manifest give equal bytes."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(page_part),
    )
    environment.filters["csv_uri"] = _csv_uri
    return environment.get_template("page.html").render(
        **_told(shown),
        **_keys(shown.facts),
        by=CHOICES,
        drops=DROPS,
        changes_shown=_CHANGES_SHOWN,
        warnings_shown=_WARNINGS_SHOWN,
        styles=Markup(theme.css_variables() + page_part("page.css")),  # noqa: S704
        page_script=Markup(page_part("page.js")),  # noqa: S704
        chart_script=Markup(script),  # noqa: S704
        content=_script_json(_content(shown)),
    )


def _told(shown: Shown) -> dict[str, Any]:
    """What is said in words: the facts as records, and the findings answered with."""
    facts, findings, manifest = shown.facts, shown.findings, shown.manifest
    answers = ("targets", "warnings", "compared", "changes", "stops", "plays")
    return {
        "manifest": manifest,
        "has_docs": shown.has_docs,
        "sources": _data_through(manifest),
        "currency": manifest["home_currency"],
        "this_month": f"{(manifest['as_of'] or _SOME_DAY)[:7]}-01",
        "facts": facts,
        "headline": facts.headline.records(),
        "set_aside": facts.set_aside.records()[0],
        "accounting": facts.accounting.records(),
        "file_messages": facts.file_messages.records()[:_FILE_MESSAGES_SHOWN],
        "gates": facts.gates.records(),
        "nights": facts.nights.records(),
        "slowest": facts.slowest.records(),
        "findings": findings,
        "has_spend": any(r["spend_amount"] for r in findings["channels"].records()),
        "reasons": defaultdict(list, shown.reasons),
    } | {name: findings[name].records() for name in (*answers, "recovery", "inquiries")}


def _keys(facts: Facts) -> dict[str, Any]:
    """The keys of charts: names beside their colours."""
    return {
        "stage_key": _stage_key(facts),
        "segment_key": _coloured(_segments(facts)),
        "keys": {
            name: [
                (value.replace("_", " "), theme.colour(role))
                for value, role in roles.items()
            ]
            for name, roles in charts.KEYS.items()
        },
    }


def _coloured(names: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(names, theme.ramp(len(names)), strict=True))


def _content(shown: Shown) -> dict[str, Any]:
    """What the page's script reads: charts by id, and the data they name."""
    facts = shown.facts
    data = {
        "funnel": facts.funnels,
        "conversions": facts.conversions,
        "snapshots": facts.snapshots,
    } | shown.findings
    specs = _specs(facts) | _specs_of_findings(shown.findings)
    # Told in words and a table too: deals that state no close have no month to draw.
    told = {name for name in charts.BY_MONTH if shown.findings[name]}
    named = {name for _, name in specs.values()} | told
    return {
        "currency": shown.manifest["home_currency"],
        "generation": shown.manifest["generation"],
        "total": TOTAL,
        "data": {
            name: {"columns": table.columns, "rows": table.rows}
            for name, table in data.items()
            if name in named
        },
        "by": CHOICES,
        "charts": {chart: spec for chart, (spec, _) in specs.items()},
        "uses": {chart: name for chart, (_, name) in specs.items()},
    }


# Off, it spares each part of a chart a check of its own, made again for the whole.
@debug_mode(False)
def _specs(facts: Facts) -> dict[str, Drawing]:
    """The charts that have rows to show, each beside the name of its data."""
    specs: dict[str, Drawing] = {}
    if facts.funnels:
        specs["funnel"] = charts.funnel(), "funnel"
    if len(_segments(facts)) > 1:
        specs["segments"] = charts.segments(_segments(facts)), "funnel"
    if facts.conversions:
        months = every_month(facts.conversions.values("cohort_month"))
        specs["rates"] = charts.rates(months), "conversions"
        specs["incidences"] = charts.incidences(months), "conversions"
        specs["cohorts"] = charts.cohorts(months), "conversions"
    if facts.snapshots:
        days_count = len(facts.snapshots.values("snapshot_date"))
        by_day = charts.pipeline_by_day(_open_stages(facts), days_count)
        specs["snapshots"] = by_day, "snapshots"
    return specs


@debug_mode(False)
def _specs_of_findings(findings: Mapping[str, Table]) -> dict[str, Drawing]:
    """The same of findings; what has a month has every month from first to last."""
    drawn = {
        chart: (draw(), name)
        for chart, (draw, name) in charts.OF_FINDINGS.items()
        if findings[name]
    }
    for name, (draw, column) in charts.BY_MONTH.items():
        months = [month for month in findings[name].values(column) if month]
        if months:
            drawn[name] = draw(every_month(months)), name
    return drawn


def _segments(facts: Facts) -> list[str]:
    """Names of the segments that funnels know, without the total."""
    rows = facts.funnels.records()
    names = {row["segment_code"]: row["segment_name"] for row in rows}
    return [names[code] for code in sorted(names) if code != TOTAL]


def every_month(known: list[str]) -> list[str]:
    """Every month from the first known to the last, whether it has a row or not."""
    first, last = (date.fromisoformat(month) for month in (min(known), max(known)))
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    places = (first.year * 12 + first.month - 1 + step for step in range(count))
    return [date(place // 12, place % 12 + 1, 1).isoformat() for place in places]


def _open_stages(facts: Facts) -> dict[str, str]:
    """Code to name of the stages met in snapshots, in stage order, strangers last."""
    names = {row["stage_code"]: row["stage_name"] for row in facts.snapshots.records()}
    known = [code for code in facts.stage_codes if code in names]
    return {code: names[code] for code in dict.fromkeys([*known, *sorted(names)])}


def _stage_key(facts: Facts) -> list[tuple[str, str, str]]:
    """Name, colour and code of each stage in the chart by day."""
    stages = _open_stages(facts)
    colours = theme.ramp(len(stages))
    return list(zip(stages.values(), colours, stages, strict=True))


def _read_manifest(generation: Path) -> dict[str, Any]:
    """The manifest, under the folder's own name where it is silent."""
    path = generation / "manifest.json"
    read = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    silent = {"as_of": None, "timezone": None, "home_currency": None}
    return {"generation": generation.name} | silent | read


def _data_through(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Pairs of source and time; a source without any data has nothing to say."""
    stated = manifest.get("data_through") or {}
    return sorted((source, through) for source, through in stated.items() if through)


def _csv_uri(table: Table) -> str:
    """The table as a CSV file inside a link."""
    content = quote(as_csv(table.columns, table.rows), safe=",:/;()'")
    return f"data:text/csv;charset=utf-8,{content}"


def _script_json(content: Mapping[str, Any]) -> Markup:
    """JSON that cannot end the script it stands in."""
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 (escaped above)


def chart_script(kept: Path | None) -> str:
    """The script that draws charts: the same for all reports of these versions."""
    if kept is None:
        return _bundle()
    versions = "-".join(map(version, ("altair", "vl-convert-python")))
    file = kept / f"charts-{versions}.js"
    if not file.is_file():
        write_whole(file, _bundle())
    return file.read_text(encoding="utf-8")


# To put it together takes longer than all else of a report.
@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed, from the wheel: no address is asked for them."""
    schema = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    bundle = vl_convert.javascript_bundle(
        "window.vegaEmbed = vegaEmbed;", vl_version=schema
    )
    return bundle.replace("</script", "<\\/script")


@cache
def page_part(name: str) -> str:
    """A template or style of this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def write_whole(path: Path, text: str) -> Path:
    """A reader sees the old report or the new one, never half of either."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_text(text, encoding="utf-8", newline="\n")
    return draft.replace(path)
