"""The quality page: what the gates said, who is at fault, where every row went.

One HTML file without a script, whole in itself. Written into each generation beside the
report, and to `data/quality` after each gate, so that a refused night has a page too.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import jinja2
from markupsafe import Markup

from dagster_project.bi import theme
from dagster_project.bi.report import page_part, write_whole
from dagster_project.paths import Paths
from dagster_project.publishing import DATABASE, GATE_RESULTS
from dagster_project.recording import read_records
from expectations import GATE_RULES
from expectations.wording import WORDINGS

NIGHTS_SHOWN: Final = 30
FILES_SHOWN: Final = 200
RECONCILED_BY: Final = "marts"
Row = dict[str, Any]

_FILES = """
with ranked as (
    select *, row_number() over (
        partition by source_code, table_name, file_name, file_sha256
        order by batch_id desc
    ) as recency
    from read_parquet(?, union_by_name = true)
)
select
    source_code, table_name, file_name, status_code, physical_count, landed_count,
    rejected_count, erased_count, message, batch_id
from ranked where recency = 1
order by source_code, table_name, file_name, batch_id
"""


@dataclass(frozen=True)
class RuleStory:
    """A rule with its verdict of one night and of the nights before."""

    rule_code: str
    gate_code: str
    remedy: str
    verdict: Row | None
    history: list[Row]

    @property
    def offenders(self) -> list[Row]:
        told: list[Row] = json.loads((self.verdict or {}).get("offenders") or "[]")
        return told


@dataclass(frozen=True)
class Quality:
    """All that the page shows of one night."""

    night_code: str
    as_of: str
    rules: list[RuleStory]
    sources: list[Row]
    files: list[Row]
    files_count: int
    reconciliations: list[Row] | None

    @property
    def broken(self) -> list[RuleStory]:
        return [r for r in self.rules if r.verdict and not r.verdict["is_passed"]]


def write_night_quality(paths: Paths) -> Path:
    """Write the page of the last night that judged anything, published or refused."""
    records = read_records(paths.gate_results)
    night_code = max(record["night_code"] for record in records)
    judged = {r["gate_code"] for r in records if r["night_code"] == night_code}
    warehouse = paths.warehouse if RECONCILED_BY in judged else None
    page = render(read_quality(paths, records, night_code, warehouse))
    return write_whole(paths.quality_page, page)


def write_quality(generation: Path, paths: Paths) -> Path:
    """Write `report/quality.html` of a generation, with the nights up to its own."""
    warehouse = generation / DATABASE
    records = read_records(paths.gate_results)
    night_code = _night_of(warehouse)
    page = render(read_quality(paths, records, night_code, warehouse))
    return write_whole(generation / "report" / "quality.html", page)


def read_quality(
    paths: Paths, records: Sequence[Row], night_code: str, warehouse: Path | None
) -> Quality:
    """What the gates of a night said, beside the nights before it and the accounts."""
    known = [record for record in records if record["night_code"] <= night_code]
    mine = [record for record in known if record["night_code"] == night_code]
    files = _files(paths)
    told = [
        f for f in files if f["message"] or f["rejected_count"] or f["erased_count"]
    ]
    return Quality(
        night_code=night_code,
        as_of=max((_as_of(record) for record in mine), default=""),
        rules=_stories(known, night_code),
        sources=_sources(files),
        files=told[:FILES_SHOWN],
        files_count=len(told),
        reconciliations=_reconciliations(warehouse) if warehouse else None,
    )


def render(quality: Quality) -> str:
    """The page as text; every text that comes from data is escaped."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    styles = theme.css_variables() + page_part("page.css") + page_part("quality.css")
    return environment.from_string(page_part("quality.html")).render(
        quality=quality,
        styles=Markup(styles),  # noqa: S704 (our own)
    )


def verdict_of(record: Mapping[str, Any]) -> str:
    """What a rule said, in a word."""
    if record["is_passed"]:
        return "passed"
    return "refused" if record["is_blocking"] else "warned"


def _stories(records: Sequence[Row], night_code: str) -> list[RuleStory]:
    by_rule: dict[str, list[Row]] = defaultdict(list)
    for record in sorted(records, key=lambda each: each["night_code"]):
        by_rule[record["rule_code"]].append(record)
    stories = [
        _story(code, rule.gate_code, by_rule[code], night_code)
        for code, rule in GATE_RULES.items()
    ]
    return sorted(stories, key=_worst_first)


def _story(
    rule_code: str, gate_code: str, records: Sequence[Row], night_code: str
) -> RuleStory:
    own = [record for record in records if record["night_code"] == night_code]
    past = [
        {
            "night_code": record["night_code"],
            "as_of": _as_of(record),
            "verdict": verdict_of(record),
            "count": record["unexpected_count"],
        }
        for record in records[-NIGHTS_SHOWN:]
    ]
    verdict = _told(own[-1]) if own else None
    return RuleStory(rule_code, gate_code, WORDINGS[rule_code].remedy, verdict, past)


def _told(record: Row) -> Row:
    """A record with what older nights did not write yet."""
    unknown = {"threshold": None, "owner_name": ""}
    return {**unknown, **record, "word": verdict_of(record)}


def _worst_first(story: RuleStory) -> int:
    ranks = {"refused": 0, "warned": 1, "passed": 3}
    return ranks.get(story.verdict["word"] if story.verdict else "", 2)


def _as_of(record: Mapping[str, Any]) -> str:
    as_of = record.get("as_of")
    return as_of.isoformat(sep=" ", timespec="seconds") if as_of else ""


def _files(paths: Paths) -> list[Row]:
    """Every file that landing ever looked at, as it last found it."""
    if not any(paths.manifest.glob("*.parquet")):
        return []
    with duckdb.connect() as connection:
        found = connection.execute(_FILES, [str(paths.manifest / "*.parquet")])
        return _rows(found)


def _sources(files: Sequence[Row]) -> list[Row]:
    """The files of each source added up, and what that leaves over."""
    counts = ("physical_count", "landed_count", "rejected_count", "erased_count")
    summed: dict[str, Row] = {}
    for file in files:
        start = {"source_code": file["source_code"], "files_count": 0, "refused": 0}
        row = summed.setdefault(file["source_code"], start | dict.fromkeys(counts, 0))
        row["files_count"] += 1
        row["refused"] += file["status_code"] == "refused"
        for name in counts:
            row[name] += file[name]
    for row in summed.values():
        row["left_over"] = row[counts[0]] - sum(row[name] for name in counts[1:])
    return list(summed.values())


def _reconciliations(warehouse: Path) -> list[Row]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select check_code, scope, expected_count, actual_count, difference_count"
            " from marts.dq_reconciliations"
            " order by difference_count = 0, check_code, scope"
        )
        return _rows(found)


def _night_of(warehouse: Path) -> str:
    """The night whose gates let a generation through."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        query = f"select max(night_code) from marts.{GATE_RESULTS}"  # noqa: S608
        found = connection.execute(query).fetchone()
    return str(found[0]) if found and found[0] else ""


def _rows(found: duckdb.DuckDBPyConnection) -> list[Row]:
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
