"""Checks the seeds before any data is touched: do people's decisions hang together?

Holds no DuckDB and no pandas, only the csv module: `check` answers at once.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any, Final

from expectations.rules import GATE_RULES, rule_problem

RESERVED_CODES: Final = (
    "all",
    "unmapped",
    "unknown",
    "ignored",
    "ended_before_landmark",
)
# As many times as an attempt at an event funnel holds (dbt/macros/event_funnels.sql);
# an unordered funnel looks at every set of its steps.
MOST_STEPS: Final = {"unordered": 8}
MOST_STEPS_ELSE: Final = 10
EVERY: Final = ("", "all")
# What dbt/models/intermediate/int_journeys.sql calls channels that no seed names.
OWN_CHANNELS: Final = ("unknown", "unmapped")
OUTCOME_CODES: Final = ("open", "won", "lost")
ACTOR_CODES: Final = ("customer", "seller")
PERIOD_CODES: Final = ("month", "quarter")
UNIT_CODES: Final = ("person", "visitor", "session", "journey")
MODE_CODES: Final = ("ordered", "strict", "unordered")
RULE_KINDS: Final = ("fit", "behaviour")
THRESHOLD_KINDS: Final = ("marketing_qualified", "sales_qualified")
# Features of a journey besides the counts of its customer's actions; they are made in
# int_journey_traits.sql and int_action_features.sql of dbt/models/intermediate.
FEATURE_CODES: Final = (
    "channel_code",
    "region_code",
    "product_code",
    "source_code",
    "pipeline_code",
    "entry_stage_code",
    "is_returning",
    "touches_count",
    "days_since_first_visit",
    "actions_sequence",
)
# Those that are numbers, besides the counts; a condition on any other reads a text.
NUMBER_FEATURES: Final = ("touches_count", "days_since_first_visit")
FLAG_FEATURES: Final = ("is_returning",)
# What a target may be of, besides the count of an action: `<event_code>_count`.
METRIC_CODES: Final = ("won_amount", "won_count", "conversion_rate", "entered_count")
# The condition of a rule.
ASKED: Final = ("feature_code", "operator_code", "value")
ORIGIN_KINDS: Final = ("channel", "event", "stage")
# What dbt/models/intermediate/int_journey_origins.sql tells by itself.
OWN_ORIGINS: Final = ("customers", "repeat", "win_back")
# What dbt/models/intermediate/int_horizons.sql measures conversions to.
HORIZONS: Final = ("30", "60", "90", "180", "365", "540", "730")
GAIN_UNITS: Final = ("points", "percent")
EQUAL_OPERATORS: Final = ("=", "!=")
NUMBER_OPERATORS: Final = ("<", "<=", ">", ">=")
TEXT_OPERATORS: Final = ("in", "contains", "begins")
OPERATOR_CODES: Final = (*EQUAL_OPERATORS, *NUMBER_OPERATORS, *TEXT_OPERATORS)

COLUMNS: Final[Mapping[str, str]] = {
    "stages": "pipeline_code stage_code stage_name stage_order actor_code "
    "trigger_name outcome_code probability stale_after_days valid_from valid_to",
    "stage_aliases": "source_code source_pipeline source_stage pipeline_code "
    "stage_code is_ignored valid_from valid_to",
    "segments": "segment_code segment_name priority landmark_days",
    "segment_rules": "segment_code group_number feature_code operator_code value",
    "funnels": "funnel_code pipeline_code segment_code kind_code unit_code mode_code "
    "window_seconds attribution_code entry_from entry_to",
    "funnel_steps": "funnel_code step_order step_code match_kind match_code "
    "property_name property_value from_step to_step",
    "event_aliases": "source_code source_event property_name property_value "
    "event_code actor_code",
    "inquiries": "event_code lead_within_days",
    "qualified_stages": "pipeline_code stage_code",
    "scoring_rules": "rule_code kind_code feature_code operator_code value points",
    "origins": "origin_code origin_name match_kind match_code is_brought_by_customers",
    "followups": "event_code followup_name",
    "channels": "source_code source_channel channel_code channel_name",
    "loss_reasons": "source_code source_reason loss_reason_code loss_reason_name",
    "targets": "period_start period_code pipeline_code owner_id team_code metric_code "
    "from_stage_code to_stage_code horizon_days target_value",
    "plays": "play_code pipeline_code stage_code leave_reason play_name gain gain_unit",
    "experiments": "experiment_code experiment_name pipeline_code segment_code "
    "from_stage_code to_stage_code horizon_days started_on ended_on "
    "control_segment_code expected_difference",
    "benchmarks": "pipeline_code from_stage_code to_stage_code horizon_days rate "
    "citation",
    "fx_rates": "currency_code rate_date home_rate",
    "gate_rules": "rule_code severity_code threshold owner_name",
}
# Seeds that say what the spellings of a source mean.
ALIASES: Final = ("stage_aliases", "event_aliases", "channels", "loss_reasons")
FINDINGS_TOLD: Final = 20


class UnsoundSeedsError(RuntimeError):
    """Seeds that no night may begin with; the message names each file and line."""


@dataclass(frozen=True, order=True)
class Finding:
    """What is wrong with a file, where, and what to do; line 0 is the whole file.

    `to_dict` is what `funnelhouse check --json` lists, and stays as it is: editors and
    CI read it. A finding that is not of one column has an empty one.
    """

    file: str
    line: int
    message: str
    column: str = ""

    def __str__(self) -> str:
        where = f"{self.file} line {self.line}" if self.line else self.file
        return f"{where}: {self.message}"

    def to_dict(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "message": self.message,
        }


@dataclass(frozen=True)
class Row:
    """One record of a seed and where it stands."""

    file: str
    line: int
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]

    def key(self, *columns: str) -> tuple[str, ...]:
        return tuple(self.values[column] for column in columns)

    def says(self, message: str, column: str = "") -> Finding:
        return Finding(self.file, self.line, message, column)


@dataclass(frozen=True)
class Seeds:
    """The seeds that could be read.

    `rows` are all records, so that one bad value does not orphan what refers to the
    record; `sound` are those whose every value can be read.
    """

    folder: str
    rows: Mapping[str, Sequence[Row]]
    sound: Mapping[str, Sequence[Row]]

    def codes(self, seed: str, column: str) -> set[str]:
        return {row[column] for row in self.rows[seed]}

    def stages(self, pipeline_code: str) -> set[str]:
        """Stage codes of a pipeline, or of all of them."""
        return {
            row["stage_code"]
            for row in self.rows["stages"]
            if pipeline_code in (*EVERY, row["pipeline_code"])
        }


def check_seeds(seeds: Path, sources: Collection[str] = ()) -> list[Finding]:
    """Everything wrong with the seeds in a folder, by file and line.

    Aliases of a source that is none of `sources` too (empty: of any source).
    """
    findings: list[Finding] = []
    rows: dict[str, list[Row]] = {}
    for seed in COLUMNS:
        read, wrong = _read(seeds, seed)
        findings += wrong
        if read is not None:
            rows[seed] = read
    for seed in COLUMNS:
        findings += [
            f for row in rows.get(seed, []) for f in _field_findings(seed, row)
        ]
    unsound = {(finding.file, finding.line) for finding in findings}
    sound = {
        seed: [row for row in read if (row.file, row.line) not in unsound]
        for seed, read in rows.items()
    }
    findings += _relation_findings(Seeds(seeds.name, rows, sound))
    findings += _alias_sources(sound, sources)
    return sorted(set(findings))


def refuse_unsound_seeds(seeds: Path) -> None:
    """Let nothing be landed or built on decisions that do not hang together.

    Raises:
        UnsoundSeedsError: what `check` finds wrong, by file and line.
    """
    found = check_seeds(seeds)
    if found:
        told = [str(each) for each in found[:FINDINGS_TOLD]]
        more = len(found) - len(told)
        told += [f"and {more} more: `funnelhouse check` tells all"] if more else []
        head = "the seeds do not hang together, and nothing was landed or built:"
        raise UnsoundSeedsError("\n".join([head, *told]))


def _read(seeds: Path, seed: str) -> tuple[list[Row] | None, list[Finding]]:
    """The records of a seed, or None where the file as a whole is of no use."""
    path = seeds / f"{seed}.csv"
    name = f"{seeds.name}/{path.name}"
    needed = COLUMNS[seed].split()
    if not path.is_file():
        message = f"is missing; add it with the header {','.join(needed)}"
        return None, [Finding(name, 0, message)]
    text, problem = _decode(name, path.read_bytes())
    if text is None:
        return None, problem
    records, problem = _records(name, text)
    if problem:
        return None, problem
    return _table(name, records, needed)


def _decode(name: str, content: bytes) -> tuple[str | None, list[Finding]]:
    """Text of a file; a byte order mark, as spreadsheets write it, is let pass."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        byte = f"byte 0x{content[error.start]:02x} is not UTF-8"
        return None, [Finding(name, line, f"{byte}; save the file as CSV UTF-8")]
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        return None, [Finding(name, line, "holds a NUL; save the file as CSV UTF-8")]
    return text, []


def _records(name: str, text: str) -> tuple[list[tuple[int, list[str]]], list[Finding]]:
    """Records with the line each begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for record in reader:
            records.append((line, record))
            line = reader.line_num + 1
    except csv.Error as error:
        message = f"cannot be read as CSV from here: {error}; look for a stray quote"
        return [], [Finding(name, line, message)]
    return records, []


def _table(
    name: str, records: Sequence[tuple[int, list[str]]], needed: Sequence[str]
) -> tuple[list[Row] | None, list[Finding]]:
    if not records:
        message = f"is empty; begin it with its header {','.join(needed)}"
        return None, [Finding(name, 0, message)]
    header = records[0][1]
    wrong = _header_findings(name, header, needed)
    if wrong:
        return None, wrong
    rows = [
        Row(name, line, dict(zip_longest(header, record[: len(header)], fillvalue="")))
        for line, record in records[1:]
        if any(record)
    ]
    return rows, [
        Finding(name, line, message)
        for line, record in records[1:]
        for message in _record_problems(header, record)
    ]


def _header_findings(
    name: str, header: Sequence[str], needed: Sequence[str]
) -> list[Finding]:
    if len(header) == 1 and len(needed) > 1 and re.search(r"[;\t|]", header[0]):
        return [Finding(name, 1, "is not separated by commas; save it as comma CSV")]
    missing = [column for column in needed if column not in header]
    twice = sorted({column for column in header if header.count(column) > 1})
    lacks = f"lacks column {', '.join(missing)}; the header is {','.join(header)}"
    problems = [lacks] if missing else []
    problems += [f"has column {column!r} twice; keep one" for column in twice]
    return [Finding(name, 1, problem) for problem in problems]


def _record_problems(header: Sequence[str], record: Sequence[str]) -> Iterator[str]:
    if not any(record):
        yield "is a blank row; delete it"
        return
    if len(record) != len(header):
        yield (
            f"has {len(record)} values where the header has {len(header)}; look for a "
            "missing or a surplus comma, or quote a value that holds one"
        )
    for column, value in zip(header, record, strict=False):
        if "\n" in value or "\r" in value:
            yield f"{column} runs over several lines; is a quote not closed?"
        elif value != value.strip():
            yield f"{column} {value!r} has a space before or after it; remove it"


Check = Callable[[str], str | None]


def _filled(value: str) -> str | None:
    return None if value else "is empty; fill it in"


def _own(value: str) -> str | None:
    """A code of ours: there, and none that has a meaning already."""
    if value in RESERVED_CODES:
        return f"is reserved ({', '.join(RESERVED_CODES)}); choose another code"
    return _filled(value)


def _own_event(value: str) -> str | None:
    """A code of ours whose count is no metric of targets and no feature already."""
    for told, codes in (("metric", METRIC_CODES), ("feature", FEATURE_CODES)):
        if f"{value}_count" in codes:
            return f"is reserved, for {value}_count is a {told}; choose another code"
    return _own(value)


def _one_of(values: Collection[str]) -> Check:
    def check(value: str) -> str | None:
        return None if value in values else f"must be one of {' '.join(values)}"

    return check


def _optional(check: Check) -> Check:
    return lambda value: check(value) if value else None


def _flag(value: str) -> str | None:
    # spreadsheets write TRUE and FALSE
    return None if value.lower() in ("true", "false") else "must be true or false"


def _day(value: str) -> str | None:
    if _date(value) is None:
        return "is no date; write it as yyyy-mm-dd (spreadsheets like to change dates)"
    return None


def _first_day(value: str) -> str | None:
    day = _date(value)
    if day and day.day > 1:
        return f"is not the first day of a month; write {value[:-2]}01, say"
    return _day(value)


def _date(value: str) -> date | None:
    """A date; None where there is none."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _whole(value: str) -> str | None:
    return None if re.fullmatch(r"-?[0-9]{1,9}", value) else "is no whole number"


def _positive_whole(value: str) -> str | None:
    fine = re.fullmatch(r"[0-9]{1,9}", value) and int(value) > 0
    return None if fine else "is no whole number above 0"


def _number(low: float, high: float, wording: str, above: bool = False) -> Check:
    def check(value: str) -> str | None:
        if not re.fullmatch(r"-?[0-9]{1,100}(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?", value):
            return f"is no number; write {wording} with a decimal point"
        number = float(value)
        fine = low <= number <= high and not (above and number == low)
        return None if fine else f"must be {wording}"

    return check


def _matching(pattern: str, wording: str) -> Check:
    def check(value: str) -> str | None:
        return None if re.fullmatch(pattern, value) else f"must be {wording}"

    return check


_share = _number(0, 1, "a number from 0 to 1")
_not_negative = _number(0, float("inf"), "a number of 0 or more")
_positive = _number(0, float("inf"), "a number above 0", above=True)
_any_number = _number(float("-inf"), float("inf"), "a number")
_attribution = _matching(
    r"entry|first_touch|last_touch|all_events|step:[0-9]{1,2}",
    "entry, first_touch, last_touch, step:n or all_events",
)

FIELDS: Final[Mapping[str, Mapping[str, Check]]] = {
    "stages": {
        "pipeline_code": _own,
        "stage_code": _own,
        "stage_name": _filled,
        "stage_order": _whole,
        "actor_code": _one_of(ACTOR_CODES),
        "outcome_code": _one_of(OUTCOME_CODES),
        "probability": _optional(_share),
        "stale_after_days": _optional(_not_negative),
        "valid_from": _optional(_day),
        "valid_to": _optional(_day),
    },
    "stage_aliases": {
        "source_code": _filled,
        "source_stage": _filled,
        "is_ignored": _flag,
        "valid_from": _optional(_day),
        "valid_to": _optional(_day),
    },
    "segments": {
        "segment_code": _own,
        "segment_name": _filled,
        "priority": _whole,
        "landmark_days": _optional(_not_negative),
    },
    "segment_rules": {
        "segment_code": _filled,
        "group_number": _whole,
        "feature_code": _filled,
        "operator_code": _one_of(OPERATOR_CODES),
        "value": _filled,
    },
    "funnels": {
        "funnel_code": _own,
        "kind_code": _one_of(("stage", "event")),
        "unit_code": _one_of(UNIT_CODES),
        "mode_code": _optional(_one_of(MODE_CODES)),
        "window_seconds": _optional(_positive),
        "attribution_code": _optional(_attribution),
        "entry_from": _optional(_day),
        "entry_to": _optional(_day),
    },
    "funnel_steps": {
        "funnel_code": _filled,
        "step_order": _optional(_whole),
        "step_code": _own,
        "match_kind": _one_of(("stage", "event", "exclusion")),
        "match_code": _filled,
        "from_step": _optional(_positive_whole),
        "to_step": _optional(_positive_whole),
    },
    "event_aliases": {
        "source_code": _filled,
        "source_event": _filled,
        "event_code": _optional(_own_event),
        "actor_code": _optional(_one_of(ACTOR_CODES)),
    },
    "inquiries": {
        "event_code": _filled,
        "lead_within_days": _not_negative,
    },
    "qualified_stages": {
        "pipeline_code": _filled,
        "stage_code": _filled,
    },
    "scoring_rules": {
        "rule_code": _own,
        "kind_code": _one_of((*RULE_KINDS, *THRESHOLD_KINDS)),
        "operator_code": _optional(_one_of(OPERATOR_CODES)),
        "points": _number(-1000, 1000, "a number from -1000 to 1000"),
    },
    "origins": {
        "origin_code": _own,
        "origin_name": _filled,
        "match_kind": _one_of(ORIGIN_KINDS),
        "match_code": _filled,
        "is_brought_by_customers": _flag,
    },
    "followups": {
        "event_code": _filled,
        "followup_name": _filled,
    },
    "channels": {
        "source_code": _filled,
        "source_channel": _filled,
        "channel_code": _own,
        "channel_name": _filled,
    },
    "loss_reasons": {
        "source_code": _filled,
        "source_reason": _filled,
        "loss_reason_code": _own,
        "loss_reason_name": _filled,
    },
    "targets": {
        "period_start": _first_day,
        "period_code": _one_of(PERIOD_CODES),
        "metric_code": _filled,
        "horizon_days": _optional(_positive_whole),
        "target_value": _not_negative,
    },
    "plays": {
        "play_code": _own,
        "leave_reason": _filled,
        "play_name": _filled,
        "gain": _number(-100, float("inf"), "a number above -100", above=True),
        "gain_unit": _one_of(GAIN_UNITS),
    },
    "experiments": {
        "experiment_code": _own,
        "experiment_name": _filled,
        "horizon_days": _positive_whole,
        "started_on": _day,
        "ended_on": _day,
        "expected_difference": _optional(_number(-1, 1, "a number from -1 to 1")),
    },
    "benchmarks": {
        "horizon_days": _positive_whole,
        "rate": _share,
        "citation": _filled,
    },
    "fx_rates": {
        "currency_code": _matching("[A-Z]{3}", "three capital letters (ISO 4217)"),
        "rate_date": _day,
        "home_rate": _positive,
    },
}


def _field_findings(seed: str, row: Row) -> Iterator[Finding]:
    for column, check in FIELDS.get(seed, {}).items():
        problem = check(row[column])
        if problem:
            yield row.says(f"{column} {row[column]!r} {problem}", column)


def _repeated(rows: Iterable[Row], *columns: str) -> Iterator[Finding]:
    first: dict[tuple[str, ...], int] = {}
    for row in rows:
        line = first.setdefault(row.key(*columns), row.line)
        if line != row.line:
            key = ", ".join(f"{name} {row[name]!r}" for name in columns)
            yield row.says(f"{key} stands in line {line} already; keep one")


def _same(one: str, other: str) -> bool:
    """Whether two cells say the same; spreadsheets write TRUE for true."""
    if one.lower() in ("true", "false"):
        return one.lower() == other.lower()
    return one == other


def _one_meaning(rows: Iterable[Row], code: str, *columns: str) -> Iterator[Finding]:
    """A code means the same wherever it stands."""
    first: dict[str, Row] = {}
    for row in rows:
        model = first.setdefault(row[code], row)
        for column in columns:
            if not _same(row[column], model[column]):
                yield row.says(
                    f"{code} {row[code]!r} has {column} {row[column]!r} here and "
                    f"{model[column]!r} in line {model.line}; a code means one thing"
                )


def _one_code(rows: Iterable[Row], code: str, name: str) -> Iterator[Finding]:
    """People read names: two codes of one name would be one bar of a chart."""
    first: dict[str, Row] = {}
    for row in rows:
        other = first.setdefault(row[name], row)
        if row[name] and other[code] != row[code]:
            yield row.says(
                f"{name} {row[name]!r} is that of {other[code]!r} too "
                f"(line {other.line}); charts could not tell them apart: rename one",
                name,
            )


def _unknown(
    row: Row, column: str, value: str, known: Collection[str], file: str
) -> Iterator[Finding]:
    if value in known:
        return
    near = get_close_matches(value, sorted(known), n=1)
    hint = f"did you mean {near[0]!r}?" if near else "correct it or add it there"
    yield row.says(f"{column} {value!r} is not in {file}.csv; {hint}", column)


def _start(row: Row) -> date:
    return _date(row["valid_from"]) or date.min


def _end(row: Row) -> date:
    return _date(row["valid_to"]) or date.max


def _grouped(rows: Iterable[Row], *columns: str) -> list[list[Row]]:
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.key(*columns)].append(row)
    return list(groups.values())


def _inverted(rows: Iterable[Row]) -> Iterator[Finding]:
    for row in rows:
        if _start(row) >= _end(row):
            yield row.says(
                f"valid_from {row['valid_from']!r} is not before valid_to "
                f"{row['valid_to']!r}; a row holds up to, not on, valid_to"
            )


def _overlapping(rows: Iterable[Row], *columns: str) -> Iterator[Finding]:
    """No two rows of one key hold on the same day."""
    for group in _grouped(rows, *columns):
        last: Row | None = None
        for row in sorted(group, key=lambda row: (_start(row), row.line)):
            if last and _start(row) < _end(last):
                key = " ".join(repr(value) for value in row.key(*columns))
                yield row.says(
                    f"{key} holds on days on which line {last.line} holds it too; end "
                    "one row (valid_to) where the next begins (valid_from)"
                )
            last = row if last is None or _end(row) > _end(last) else last


def _gaps(rows: Iterable[Row], *columns: str) -> Iterator[Finding]:
    for group in _grouped(rows, *columns):
        for earlier, later in pairwise(sorted(group, key=_start)):
            if _end(earlier) < _start(later):
                key = " ".join(repr(value) for value in later.key(*columns))
                yield later.says(
                    f"{key} does not hold from {_end(earlier)} (line {earlier.line}) "
                    f"to {_start(later)}; let one begin where the other ends"
                )


def _relation_findings(seeds: Seeds) -> Iterator[Finding]:
    for needed, check in RELATIONS:
        if all(seed in seeds.rows for seed in needed):
            yield from check(seeds)


def _alias_sources(
    sound: Mapping[str, Sequence[Row]], sources: Collection[str]
) -> Iterator[Finding]:
    """An alias of a source that nobody declares would never be met."""
    aliases = [row for seed in ALIASES for row in sound.get(seed, ())]
    for row in aliases if sources else ():
        code = row["source_code"]
        if code not in sources:
            near = get_close_matches(code, sorted(sources), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "see CONTRIBUTING.md"
            yield row.says(
                f"source_code {code!r} is no source of dbt/dbt_project.yml; {hint}",
                "source_code",
            )


def _stages(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["stages"]
    yield from _inverted(rows)
    yield from _overlapping(rows, "pipeline_code", "stage_code")
    yield from _gaps(rows, "pipeline_code", "stage_code")
    yield from _one_meaning(
        rows, "stage_code", "stage_name", "actor_code", "outcome_code"
    )
    yield from _shared(rows, "stage_order")
    yield from _shared(rows, "stage_name")


def _shared(rows: Iterable[Row], column: str) -> Iterator[Finding]:
    """On any one day an order, or a name, belongs to one stage of a pipeline."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        value = str(int(row[column])) if column == "stage_order" else row[column]
        seen = groups[row["pipeline_code"], value]
        for other in seen:
            if other["stage_code"] != row["stage_code"] and _meet(other, row):
                yield row.says(
                    f"{column} {row[column]} of pipeline "
                    f"{row['pipeline_code']!r} belongs to {other['stage_code']!r} "
                    f"(line {other.line}) on the same days; give it another"
                )
        seen.append(row)


def _meet(one: Row, other: Row) -> bool:
    return _start(one) < _end(other) and _start(other) < _end(one)


def _stage_aliases(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["stage_aliases"]
    yield from _inverted(rows)
    yield from _overlapping(rows, "source_code", "source_pipeline", "source_stage")


def _alias_targets(seeds: Seeds) -> Iterator[Finding]:
    for row in seeds.sound["stage_aliases"]:
        if row["is_ignored"].lower() == "true":
            continue
        if not row["pipeline_code"] or not row["stage_code"]:
            yield row.says(
                f"{row['source_stage']!r} is mapped to nothing; fill in pipeline_code "
                "and stage_code, or set is_ignored to true"
            )
            continue
        yield from _stage_reference(seeds, row, "stage_code")


def _stage_reference(seeds: Seeds, row: Row, *columns: str) -> Iterator[Finding]:
    """Pipeline and stages of a row are in the registry."""
    pipeline = row["pipeline_code"]
    known = {*EVERY, *seeds.codes("stages", "pipeline_code")}
    if pipeline not in known:
        yield from _unknown(row, "pipeline_code", pipeline, known, "stages")
        return
    for column in columns:
        yield from _unknown(row, column, row[column], seeds.stages(pipeline), "stages")


def _segments(seeds: Seeds) -> Iterator[Finding]:
    yield from _repeated(seeds.sound["segments"], "segment_code")
    yield from _repeated(seeds.sound["segments"], "priority")
    yield from _one_code(seeds.sound["segments"], "segment_code", "segment_name")


def _segment_rules(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["segment_rules"]
    known = seeds.codes("segments", "segment_code")
    for row in rows:
        code = row["segment_code"]
        yield from _unknown(row, "segment_code", code, known, "segments")
    yield from _repeated(
        rows,
        "segment_code",
        "group_number",
        "feature_code",
        "operator_code",
        "value",
    )


def _funnels(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["funnels"]
    yield from _repeated(rows, "funnel_code")
    for row in rows:
        if row["kind_code"] == "event":
            yield from _event_funnel(row)
        first, last = _date(row["entry_from"]), _date(row["entry_to"])
        if first and last and first > last:
            yield row.says(f"entry_from {first} is after entry_to {last}; swap them")


def _event_funnel(row: Row) -> Iterator[Finding]:
    for column in ("mode_code", "window_seconds"):
        if not row[column]:
            yield row.says(f"{column} is empty; an event funnel needs one")


def _funnel_pipelines(seeds: Seeds) -> Iterator[Finding]:
    for row in seeds.sound["funnels"]:
        yield from _stage_reference(seeds, row)


def _funnel_segments(seeds: Seeds) -> Iterator[Finding]:
    known = {*EVERY, "other", *seeds.codes("segments", "segment_code")}
    for row in seeds.sound["funnels"]:
        code = row["segment_code"]
        yield from _unknown(row, "segment_code", code, known, "segments")


def _funnel_steps(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["funnel_steps"]
    yield from _repeated(rows, *COLUMNS["funnel_steps"].split())
    for row in rows:
        if row["property_value"] and not row["property_name"]:
            yield row.says("property_value without a property_name; name the property")
    for steps in _grouped(rows, "funnel_code"):
        own = [row for row in steps if not _is_exclusion(row)]
        yield from _one_meaning(own, "step_code", "step_order")
        yield from _step_orders(own)
        yield from _exclusions(steps)


def _is_exclusion(row: Row) -> bool:
    return row["match_kind"] == "exclusion"


def _step_orders(steps: Sequence[Row]) -> Iterator[Finding]:
    """Steps are numbered 1, 2, 3; alternatives share a number and a code."""
    first: dict[int, Row] = {}
    for row in steps:
        if not row["step_order"]:
            yield row.says("step_order is empty; number the steps from 1")
            continue
        model = first.setdefault(int(row["step_order"]), row)
        if row["step_code"] != model["step_code"]:
            yield row.says(
                f"step_order {row['step_order']} of funnel {row['funnel_code']!r} is "
                f"{model['step_code']!r} in line {model.line}; alternatives of a step "
                "share its code"
            )
    for wanted, (order, row) in enumerate(sorted(first.items()), start=1):
        if order != wanted:
            yield row.says(
                f"step_order {order} of funnel {row['funnel_code']!r} stands where "
                f"{wanted} is due; number its steps from 1 without a gap"
            )
            return


def _exclusions(steps: Sequence[Row]) -> Iterator[Finding]:
    """An exclusion lies between two steps of its funnel, named by their order."""
    orders = {row["step_order"] for row in steps if not _is_exclusion(row)} - {""}
    for row in filter(_is_exclusion, steps):
        ends = row.key("from_step", "to_step")
        for column, end in zip(("from_step", "to_step"), ends, strict=True):
            if end not in orders:
                yield row.says(
                    f"{column} {end!r} is no step_order of funnel "
                    f"{row['funnel_code']!r}; an exclusion lies between two steps"
                )
        if orders.issuperset(ends) and int(ends[0]) >= int(ends[1]):
            yield row.says("from_step is not before to_step; swap them")


def _step_funnels(seeds: Seeds) -> Iterator[Finding]:
    known = seeds.codes("funnels", "funnel_code")
    for row in seeds.sound["funnel_steps"]:
        yield from _unknown(row, "funnel_code", row["funnel_code"], known, "funnels")
    used = seeds.codes("funnel_steps", "funnel_code")
    for row in seeds.sound["funnels"]:
        if row["funnel_code"] not in used:
            code = row["funnel_code"]
            yield row.says(f"funnel {code!r} has no step; add some to funnel_steps.csv")


def _attributed_steps(seeds: Seeds) -> Iterator[Finding]:
    """A step that attributes is one of its funnel's own, and no exclusion."""
    orders: dict[str, set[int]] = defaultdict(set)
    for row in seeds.rows["funnel_steps"]:
        if not _is_exclusion(row) and _whole(row["step_order"]) is None:
            orders[row["funnel_code"]].add(int(row["step_order"]))
    for row in seeds.sound["funnels"]:
        code, own = row["attribution_code"], sorted(orders[row["funnel_code"]])
        order = code.partition(":")[2]
        if order and own and int(order) not in own:
            yield row.says(
                f"attribution_code {code!r} is no step of funnel "
                f"{row['funnel_code']!r}; choose one of "
                f"{', '.join(f'step:{each}' for each in own)}",
                "attribution_code",
            )


def _event_funnel_steps(seeds: Seeds) -> Iterator[Finding]:
    """What the replay of an event funnel, and of a stage funnel, can hold."""
    funnels = {row["funnel_code"]: row for row in seeds.rows["funnels"]}
    for row in seeds.sound["funnel_steps"]:
        funnel = funnels.get(row["funnel_code"])
        if funnel is None:
            continue
        if funnel["kind_code"] == "event":
            yield from _event_funnel_step(row, funnel)
        elif _is_exclusion(row):
            yield row.says("a stage funnel has no exclusion; make it an event funnel")


def _event_funnel_step(row: Row, funnel: Row) -> Iterator[Finding]:
    most = MOST_STEPS.get(funnel["mode_code"], MOST_STEPS_ELSE)
    if row["match_kind"] == "stage":
        yield row.says(
            "an event funnel matches events; name one, or make it a stage funnel"
        )
    elif row["step_order"] and int(row["step_order"]) > most:
        yield row.says(
            f"step_order {row['step_order']} is more than the {most} steps that this "
            "mode holds; split the funnel"
        )


def _step_stages(seeds: Seeds) -> Iterator[Finding]:
    pipelines = {
        row["funnel_code"]: row["pipeline_code"] for row in seeds.rows["funnels"]
    }
    lost = _lost_stages(seeds)
    for row in seeds.sound["funnel_steps"]:
        pipeline = pipelines.get(row["funnel_code"])
        if row["match_kind"] != "stage" or pipeline is None:
            continue
        code, known = row["match_code"], seeds.stages(pipeline)
        yield from _unknown(row, "match_code", code, known, "stages")
        if code in lost:
            yield row.says(f"match_code {code!r} is a loss, and a loss is no step")


def _lost_stages(seeds: Seeds) -> set[str]:
    return {
        row["stage_code"]
        for row in seeds.rows["stages"]
        if row["outcome_code"] == OUTCOME_CODES[-1]
    }


def _step_events(seeds: Seeds) -> Iterator[Finding]:
    known = seeds.codes("event_aliases", "event_code") - {""}
    for row in seeds.sound["funnel_steps"]:
        if row["match_kind"] != "stage":
            code = row["match_code"]
            yield from _unknown(row, "match_code", code, known, "event_aliases")


def _event_aliases(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["event_aliases"]
    yield from _repeated(
        rows, "source_code", "source_event", "property_name", "property_value"
    )
    named = [row for row in rows if row["event_code"]]
    yield from _one_meaning(named, "event_code", "actor_code")
    for row in rows:
        if row["property_value"] and not row["property_name"]:
            yield row.says("property_value without a property_name; name the property")
        if row["event_code"] and not row["actor_code"]:
            yield row.says("actor_code is empty; say who does it, customer or seller")


def _inquiries(seeds: Seeds) -> Iterator[Finding]:
    yield from _one_row_an_event(seeds, seeds.sound["inquiries"])


def _followups(seeds: Seeds) -> Iterator[Finding]:
    yield from _one_row_an_event(seeds, seeds.sound["followups"])


def _one_row_an_event(seeds: Seeds, rows: Sequence[Row]) -> Iterator[Finding]:
    yield from _repeated(rows, "event_code")
    known = seeds.codes("event_aliases", "event_code") - {""}
    for row in rows:
        code = row["event_code"]
        yield from _unknown(row, "event_code", code, known, "event_aliases")


def _qualified_stages(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["qualified_stages"]
    yield from _repeated(rows, "pipeline_code")
    for row in rows:
        pipeline = row["pipeline_code"]
        if pipeline in EVERY:
            yield row.says("a qualified stage is of one pipeline; name it")
            continue
        wrong = list(_stage_reference(seeds, row, "stage_code"))
        if not wrong and _is_registry_sound(seeds, pipeline):
            yield from _qualifying_stage(seeds, row)
        yield from wrong


def _qualifying_stage(seeds: Seeds, row: Row) -> Iterator[Finding]:
    """What qualifies a lead lies before the sale."""
    if row["stage_code"] not in _steps_to_sale(seeds, row["pipeline_code"])[:-1]:
        yield row.says(
            f"stage_code {row['stage_code']!r} is the sale, lies behind it, is a loss "
            "or has ended; choose a stage before the first won one"
        )


def _scoring_rules(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["scoring_rules"]
    yield from _repeated(rows, "rule_code")
    for row in rows:
        asked = [column for column in ASKED if row[column]]
        if row["kind_code"] in THRESHOLD_KINDS and asked:
            yield row.says(
                f"{asked[0]} of a threshold is not read; leave it empty, or make the "
                f"row a rule ({' or '.join(RULE_KINDS)})"
            )
        elif row["kind_code"] in RULE_KINDS and len(asked) < 3:
            yield row.says(
                "a rule asks for a value of a feature; fill in feature_code, "
                "operator_code and value"
            )
    yield from _thresholds([r for r in rows if r["kind_code"] in THRESHOLD_KINDS])


def _thresholds(rows: Sequence[Row]) -> Iterator[Finding]:
    """One of each kind, and sales asks for no fewer points than marketing."""
    yield from _repeated(rows, "kind_code")
    points = {row["kind_code"]: float(row["points"]) for row in rows}
    least, most = (points.get(kind) for kind in THRESHOLD_KINDS)
    for row in rows:
        is_sales = row["kind_code"] == THRESHOLD_KINDS[1]
        if is_sales and least is not None and most is not None and most < least:
            yield row.says(
                f"{most:g} points qualify for sales and {least:g} for marketing, "
                "which comes first; swap them"
            )


def _segment_features(seeds: Seeds) -> Iterator[Finding]:
    yield from _features(seeds, seeds.sound["segment_rules"])


def _scored_features(seeds: Seeds) -> Iterator[Finding]:
    yield from _features(seeds, seeds.sound["scoring_rules"])


def _features(seeds: Seeds, rows: Sequence[Row]) -> Iterator[Finding]:
    """Rules ask for features that journeys have."""
    counted = {
        f"{row['event_code']}_count": row["actor_code"]
        for row in seeds.rows["event_aliases"]
        if row["event_code"]
    }
    customers = {code for code, actor in counted.items() if actor != "seller"}
    known = {*FEATURE_CODES, *customers}
    for row in rows:
        code = row["feature_code"]
        if code in counted and code not in known:
            yield row.says(
                f"feature_code {code!r} counts what sellers do; rules know customers "
                "by what they do themselves",
                "feature_code",
            )
        elif code and code not in known:
            near = get_close_matches(code, sorted(known), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "see CONTRIBUTING.md"
            yield row.says(
                f"feature_code {code!r} is no feature; {hint}", "feature_code"
            )


def _segment_values(seeds: Seeds) -> Iterator[Finding]:
    yield from _asked_values(seeds.sound["segment_rules"])


def _scored_values(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["scoring_rules"]
    yield from _asked_values([r for r in rows if r["kind_code"] in RULE_KINDS])


def _asked_values(rows: Sequence[Row]) -> Iterator[Finding]:
    """A condition that asks for a value of another type would hold for nobody."""
    for row in rows:
        code, operator, value = row.key("feature_code", "operator_code", "value")
        problem = _value_problem(code, operator, value) if all(row.key(*ASKED)) else ""
        if problem:
            yield row.says(f"value {value!r} of {code} {operator} {problem}", "value")


def _value_problem(code: str, operator: str, value: str) -> str | None:
    if code in NUMBER_FEATURES or code.endswith("_count"):
        asked = " ".join((*EQUAL_OPERATORS, *NUMBER_OPERATORS))
        text = f"asks for a text of what is a number; ask with one of {asked}"
        return text if operator in TEXT_OPERATORS else _any_number(value)
    if operator in NUMBER_OPERATORS:
        asked = " ".join((*EQUAL_OPERATORS, *TEXT_OPERATORS))
        return f"asks for a number of what is a text; ask with one of {asked}"
    is_flag = code in FLAG_FEATURES and operator in EQUAL_OPERATORS
    return _flag(value) if is_flag else None


def _segment_channels(seeds: Seeds) -> Iterator[Finding]:
    yield from _asked_channels(seeds, seeds.sound["segment_rules"])


def _scored_channels(seeds: Seeds) -> Iterator[Finding]:
    yield from _asked_channels(seeds, seeds.sound["scoring_rules"])


def _asked_channels(seeds: Seeds, rows: Sequence[Row]) -> Iterator[Finding]:
    """A channel that a rule asks for is one that journeys can have."""
    known = {*OWN_CHANNELS, *seeds.codes("channels", "channel_code")}
    for row in rows:
        if row["feature_code"] == FEATURE_CODES[0]:
            for code in _named_values(row):
                yield from _unknown(row, "value", code, known, "channels")


def _named_values(row: Row) -> list[str]:
    """Whole values that a condition names, as rules_met in dbt/macros splits them."""
    if row["operator_code"] == "in":
        return row["value"].replace(" | ", "|").split("|")
    return [row["value"]] if row["operator_code"] in EQUAL_OPERATORS else []


def _origins(seeds: Seeds) -> Iterator[Finding]:
    """An origin has one name, may be matched in several ways, and is none of ours."""
    rows = seeds.sound["origins"]
    yield from _repeated(rows, "origin_code", "match_kind", "match_code")
    told = ("origin_name", "is_brought_by_customers")
    yield from _one_meaning(rows, "origin_code", *told)
    for row in rows:
        if row["origin_code"] in OWN_ORIGINS:
            yield row.says(
                f"origin_code {row['origin_code']!r} is told already, by what a "
                "customer bought before; choose another code"
            )


def _origin_codes(seeds: Seeds) -> Iterator[Finding]:
    registries = {
        "channel": ("channels", "channel_code"),
        "event": ("event_aliases", "event_code"),
        "stage": ("stages", "stage_code"),
    }
    for row in seeds.sound["origins"]:
        seed, column = registries[row["match_kind"]]
        known = seeds.codes(seed, column) - {""}
        yield from _unknown(row, "match_code", row["match_code"], known, seed)


def _channels(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["channels"]
    yield from _repeated(rows, "source_code", "source_channel")
    yield from _one_meaning(rows, "channel_code", "channel_name")
    yield from _one_code(rows, "channel_code", "channel_name")


def _loss_reasons(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["loss_reasons"]
    yield from _repeated(rows, "source_code", "source_reason")
    yield from _one_meaning(rows, "loss_reason_code", "loss_reason_name")
    yield from _one_code(rows, "loss_reason_code", "loss_reason_name")


def _targets(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["targets"]
    yield from _repeated(rows, *COLUMNS["targets"].split()[:-1])
    for row in rows:
        stated = [c for c in ("from_stage_code", "to_stage_code") if row[c]]
        yield from _stage_reference(seeds, row, *stated)
        if row["metric_code"].endswith("_rate") and float(row["target_value"]) > 1:
            yield row.says(
                f"target_value {row['target_value']} of {row['metric_code']} is a "
                "rate and must be a number from 0 to 1"
            )


def _target_subjects(seeds: Seeds) -> Iterator[Finding]:
    """A figure has one target: of whom none is named, all are meant."""
    first: dict[tuple[str, ...], Row] = {}
    for row in seeds.sound["targets"]:
        model = first.setdefault(_subject(row), row)
        written = COLUMNS["targets"].split()[:-1]
        if model is not row and model.key(*written) != row.key(*written):
            yield row.says(
                f"{row['metric_code']} of this period, pipeline, owner and team has a "
                f"target in line {model.line} already; keep one"
            )


def _subject(row: Row) -> tuple[str, ...]:
    metric = row["metric_code"]
    whose = [
        EVERY[-1] if row[column] in EVERY else row[column]
        for column in ("pipeline_code", "owner_id", "team_code")
    ]
    further = {
        METRIC_CODES[2]: ("from_stage_code", "to_stage_code", "horizon_days"),
        METRIC_CODES[3]: ("to_stage_code",),
    }.get(metric, ())
    return (*row.key("period_start", "period_code", *further), metric, *whose)


def _rate_targets(seeds: Seeds) -> Iterator[Finding]:
    """A target of a rate that nobody measures would be shown nowhere."""
    for row in seeds.sound["targets"]:
        if row["metric_code"] == METRIC_CODES[2]:
            if row["owner_id"] or row["team_code"]:
                yield row.says(
                    "a rate is of a whole pipeline; leave owner_id and team_code empty"
                )
            yield from _measured_rate(seeds, row)


def _measured_rate(seeds: Seeds, row: Row) -> Iterator[Finding]:
    named = ("from_stage_code", "to_stage_code")
    if not all(row[column] for column in (*named, "horizon_days")):
        yield row.says(
            "a rate is of a pair of stages within a horizon; fill in "
            "from_stage_code, to_stage_code and horizon_days"
        )
        return
    if row["horizon_days"] not in HORIZONS:
        yield row.says(
            f"horizon_days {row['horizon_days']!r} is not measured; use one of "
            f"{' '.join(HORIZONS)}"
        )
    is_known = not list(_stage_reference(seeds, row, *named))
    is_of_one = row["pipeline_code"] not in EVERY
    if is_known and is_of_one and _is_registry_sound(seeds, row["pipeline_code"]):
        yield from _measured_pair(seeds, row)


def _target_metrics(seeds: Seeds) -> Iterator[Finding]:
    events = seeds.codes("event_aliases", "event_code") - {""}
    known = {*METRIC_CODES, *(f"{code}_count" for code in events)}
    for row in seeds.sound["targets"]:
        code = row["metric_code"]
        if code not in known:
            near = get_close_matches(code, sorted(known), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "no figure meets it"
            yield row.says(f"metric_code {code!r} is no metric; {hint}", "metric_code")
        elif code == METRIC_CODES[-1] and not row["to_stage_code"]:
            yield row.says(f"{code} counts entries of a stage; fill in to_stage_code")


def _benchmarks(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["benchmarks"]
    yield from _repeated(rows, *COLUMNS["benchmarks"].split()[:-2])
    for row in rows:
        yield from _stage_reference(seeds, row, "from_stage_code", "to_stage_code")
        yield from _measured_rate(seeds, row)


def _plays(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["plays"]
    yield from _repeated(rows, "play_code")
    for row in rows:
        if row["pipeline_code"] in EVERY:
            yield row.says("a play is of one pipeline; fill in pipeline_code")
            continue
        wrong = list(_stage_reference(seeds, row, "stage_code"))
        if not wrong and _is_registry_sound(seeds, row["pipeline_code"]):
            yield from _play_stage(seeds, row)
        yield from wrong


def _play_stage(seeds: Seeds, row: Row) -> Iterator[Finding]:
    """A play leads to a stage up to the sale, from one before it."""
    code, steps = row["stage_code"], _steps_to_sale(seeds, row["pipeline_code"])
    if code not in steps:
        yield row.says(
            f"stage_code {code!r} is a loss, has ended or lies behind the sale, where "
            "no play adds a win; choose a stage up to the first won one"
        )
    elif code == steps[0] and row["gain_unit"] == GAIN_UNITS[0] and float(row["gain"]):
        yield row.says(
            f"stage_code {code!r} is the first of its pipeline, and has no share of a "
            "stage before it to add points to; state the gain in percent of entries"
        )


def _is_registry_sound(seeds: Seeds, pipeline_code: str) -> bool:
    """Every stage of a pipeline can be read: else its order is not known."""
    counts = [
        sum(row["pipeline_code"] == pipeline_code for row in rows["stages"])
        for rows in (seeds.rows, seeds.sound)
    ]
    return counts[0] == counts[1]


def _current_stages(seeds: Seeds, pipeline_code: str) -> list[Row]:
    """Stages of a pipeline that have not ended, in order, losses left out."""
    rows = [
        row
        for row in seeds.sound["stages"]
        if row["pipeline_code"] == pipeline_code
        and row["outcome_code"] != OUTCOME_CODES[-1]
        and not row["valid_to"]
    ]
    return sorted(rows, key=lambda row: int(row["stage_order"]))


def _steps_to_sale(seeds: Seeds, pipeline_code: str) -> list[str]:
    rows = _current_stages(seeds, pipeline_code)
    won = [n for n, row in enumerate(rows) if row["outcome_code"] == OUTCOME_CODES[1]]
    return [row["stage_code"] for row in rows[: won[0] + 1 if won else None]]


def _experiments(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["experiments"]
    yield from _repeated(rows, "experiment_code")
    for row in rows:
        if row["started_on"] >= row["ended_on"]:
            yield row.says(
                f"started_on {row['started_on']} is not before ended_on "
                f"{row['ended_on']}; an experiment lasts up to, not on, ended_on"
            )
        if row["pipeline_code"] in EVERY:
            yield row.says("an experiment is of one pipeline; fill in pipeline_code")
            continue
        named = ("from_stage_code", "to_stage_code")
        wrong = list(_stage_reference(seeds, row, *named))
        if not wrong and _is_registry_sound(seeds, row["pipeline_code"]):
            yield from _measured_pair(seeds, row)
        yield from wrong


def _measured_pair(seeds: Seeds, row: Row) -> Iterator[Finding]:
    """Conversions are measured to the next stage and to the first won one."""
    rows = _current_stages(seeds, row["pipeline_code"])
    orders = {
        stage["stage_code"]: int(stage["stage_order"])
        for stage in seeds.sound["stages"]
        if stage["pipeline_code"] == row["pipeline_code"]
    }
    later = [
        stage
        for stage in rows
        if int(stage["stage_order"]) > orders[row["from_stage_code"]]
    ]
    won = [stage for stage in later if stage["outcome_code"] == OUTCOME_CODES[1]]
    measured = [stage["stage_code"] for stage in (*later[:1], *won[:1])]
    if row["to_stage_code"] not in measured:
        yield row.says(
            f"to_stage_code {row['to_stage_code']!r} is neither the next stage behind "
            f"{row['from_stage_code']!r} nor the first won one; choose one of "
            f"{', '.join(dict.fromkeys(measured)) or 'another from_stage_code'}"
        )


def _experiment_segments(seeds: Seeds) -> Iterator[Finding]:
    known = {*EVERY, *seeds.codes("segments", "segment_code")}
    for row in seeds.sound["experiments"]:
        for column in ("segment_code", "control_segment_code"):
            yield from _unknown(row, column, row[column], known, "segments")
        if row["control_segment_code"] and row.key("segment_code") == row.key(
            "control_segment_code"
        ):
            yield row.says("a segment is no control of itself; name another one")


def _fx_rates(seeds: Seeds) -> Iterator[Finding]:
    yield from _repeated(seeds.sound["fx_rates"], "currency_code", "rate_date")


def _gate_rules(seeds: Seeds) -> Iterator[Finding]:
    rows = seeds.sound["gate_rules"]
    yield from _repeated(rows, "rule_code")
    for row in rows:
        problem = rule_problem(*row.key("rule_code", "severity_code", "threshold"))
        if problem:
            yield row.says(problem)
    for code in sorted(GATE_RULES.keys() - seeds.codes("gate_rules", "rule_code")):
        message = f"has no row for rule {code}; add one"
        yield Finding(f"{seeds.folder}/gate_rules.csv", 0, message)


Relation = Callable[[Seeds], Iterator[Finding]]

# the seeds a relation reads, and the relation
RELATIONS: Final[Sequence[tuple[tuple[str, ...], Relation]]] = (
    (("stages",), _stages),
    (("stage_aliases",), _stage_aliases),
    (("stage_aliases", "stages"), _alias_targets),
    (("segments",), _segments),
    (("segments", "segment_rules"), _segment_rules),
    (("funnels",), _funnels),
    (("funnels", "stages"), _funnel_pipelines),
    (("funnels", "segments"), _funnel_segments),
    (("funnel_steps",), _funnel_steps),
    (("funnel_steps", "funnels"), _step_funnels),
    (("funnel_steps", "funnels"), _attributed_steps),
    (("funnel_steps", "funnels"), _event_funnel_steps),
    (("funnel_steps", "funnels", "stages"), _step_stages),
    (("funnel_steps", "event_aliases"), _step_events),
    (("event_aliases",), _event_aliases),
    (("inquiries", "event_aliases"), _inquiries),
    (("qualified_stages", "stages"), _qualified_stages),
    (("scoring_rules",), _scoring_rules),
    (("segment_rules", "event_aliases"), _segment_features),
    (("scoring_rules", "event_aliases"), _scored_features),
    (("segment_rules", "channels"), _segment_channels),
    (("scoring_rules", "channels"), _scored_channels),
    (("segment_rules",), _segment_values),
    (("scoring_rules",), _scored_values),
    (("origins",), _origins),
    (("origins", "channels", "event_aliases", "stages"), _origin_codes),
    (("followups", "event_aliases"), _followups),
    (("channels",), _channels),
    (("loss_reasons",), _loss_reasons),
    (("targets", "stages"), _targets),
    (("targets",), _target_subjects),
    (("targets", "stages"), _rate_targets),
    (("targets", "event_aliases"), _target_metrics),
    (("benchmarks", "stages"), _benchmarks),
    (("plays", "stages"), _plays),
    (("experiments", "stages"), _experiments),
    (("experiments", "segments"), _experiment_segments),
    (("fx_rates",), _fx_rates),
    (("gate_rules",), _gate_rules),
)
