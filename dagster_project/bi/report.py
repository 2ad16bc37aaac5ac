"""The report: one HTML file of a generation, whole in itself, that fetches nothing.

Every text that comes from data is escaped: by the template in HTML, by `_script_json`
inside scripts, by `spreadsheets` in what a spreadsheet reads.
"""

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import altair as alt
import jinja2
import vl_convert
from altair.utils.schemapi import debug_mode
from markupsafe import Markup

from dagster_project.bi import charts, theme
from dagster_project.bi.facts import TOTAL, Facts, Table, read_facts
from dagster_project.spreadsheets import as_csv

_FILE_MESSAGES_SHOWN = 20


class ReportError(FileNotFoundError):
    """A generation of which no report can be made; the message says what to do."""


def write_report(generation: Path) -> Path:
    """Write `report/index.html` of a generation and return its path.

    Raises:
        ReportError: the generation has no `funnelhouse.duckdb`.
    """
    warehouse = generation / "funnelhouse.duckdb"
    if not warehouse.is_file():
        raise ReportError(
            f"{warehouse}: no such file, so there is nothing to report; "
            "publish a generation first with `funnelhouse run`"
        )
    page = render(read_facts(warehouse), _read_manifest(generation))
    return write_whole(generation / "report" / "index.html", page)


def render(facts: Facts, manifest: Mapping[str, Any]) -> str:
    """The whole page as text; equal facts and manifest give equal bytes."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["csv_uri"] = _csv_uri
    return environment.from_string(page_part("page.html")).render(
        manifest=manifest,
        sources=_data_through(manifest),
        currency=manifest["home_currency"],
        facts=facts,
        headline=facts.headline.records(),
        set_aside=facts.set_aside.records()[0],
        accounting=facts.accounting.records(),
        file_messages=facts.file_messages.records()[:_FILE_MESSAGES_SHOWN],
        gates=facts.gates.records(),
        nights=facts.nights.records(),
        slowest=facts.slowest.records(),
        stage_key=_stage_key(facts),
        styles=Markup(theme.css_variables() + page_part("page.css")),  # noqa: S704
        page_script=Markup(page_part("page.js")),  # noqa: S704
        chart_script=Markup(_bundle()),  # noqa: S704
        content=_script_json(_content(facts, manifest)),
    )


def _content(facts: Facts, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the page's script reads: charts by id, and the data they name."""
    data = {
        "funnel": facts.funnels,
        "conversions": facts.conversions,
        "snapshots": facts.snapshots,
    }
    return {
        "currency": manifest["home_currency"],
        "total": TOTAL,
        "data": {
            name: {"columns": table.columns, "rows": table.rows}
            for name, table in data.items()
        },
        "charts": _specs(facts),
    }


# Off, it spares each part of a chart a check of its own, made again for the whole.
@debug_mode(False)
def _specs(facts: Facts) -> dict[str, charts.Spec]:
    """The charts that have rows to show."""
    specs: dict[str, charts.Spec] = {}
    if facts.funnels:
        specs["funnel"] = charts.funnel()
    if facts.conversions:
        months = every_month(facts.conversions.values("cohort_month"))
        specs["rates"] = charts.rates(months)
        specs["incidences"] = charts.incidences(months)
        specs["cohorts"] = charts.cohorts(months)
    if facts.snapshots:
        specs["snapshots"] = charts.pipeline_by_day(
            _open_stages(facts), len(facts.snapshots.values("snapshot_date"))
        )
    return specs


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


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed, from the wheel: no address is asked for them."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    bundle = vl_convert.javascript_bundle(
        "window.vegaEmbed = vegaEmbed;", vl_version=version
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
