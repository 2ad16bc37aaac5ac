"""What a gate says to the person who has to act: who, how many, where from, what to do.

Holds no verdict: it words rows that Great Expectations has found at fault.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from expectations.rules import Rule

Row = Mapping[str, Any]
LINES_SHOWN: Final = 5


@dataclass(frozen=True)
class Wording:
    """How one rule speaks: what it counts, one offender, the remedy."""

    things: str
    fault: str
    line: Callable[[Row, Rule], str]
    remedy: str


def say(rule: Rule, column: str, checked: int, found: int, rows: Sequence[Row]) -> str:
    """The message of one rule; `rows` are its offenders, worst first."""
    words = WORDINGS[rule.rule_code]
    if not found:
        return f"{checked:,} {words.things} checked, none {words.fault}."
    head = f"{found:,} of {checked:,} {words.things} {words.fault}:"
    lines = [_line(words, rule, row, column) for row in rows[:LINES_SHOWN]]
    more = [f"- and {found - len(lines):,} more"] if found > len(lines) else []
    owner = f" Owner: {rule.owner_name}." if rule.owner_name else ""
    return "\n".join([head, *lines, *more, words.remedy + owner])


def _line(words: Wording, rule: Rule, row: Row, column: str) -> str:
    unknown = f" [{column} is null: nobody could judge it]"
    return f"- {words.line(row, rule)}{unknown if row[column] is None else ''}"


def _stage(row: Row) -> str:
    stage = f"{row['source_code']}: stage {_text(row['source_stage'])}"
    return f"{stage} of pipeline {_text(row['source_pipeline'])}"


def _text(value: Any) -> str:
    return "(none)" if value is None else f"'{value}'"


def _file(row: Row) -> str:
    return str(row["example_file"] or "an unknown file")


def _number(value: Any, singular: str = "") -> str:
    shown = f"{value:,}" if isinstance(value, int | float) else "an unknown number of"
    if not singular:
        return shown
    return f"{shown} {singular}{'' if value == 1 else 's'}"


def _share(value: Any) -> str:
    known = isinstance(value, int | float)
    return f"{100 * value:.4g} %" if known else "an unknown share"


def _day(value: Any, otherwise: str) -> str:
    return otherwise if value is None else str(value)[:10]


def _dates(row: Row) -> str:
    since = _day(row["valid_from"], "the beginning")
    return f"the row valid from {since} to {_day(row['valid_to'], 'now on')}"


def _unregistered(row: Row, _: Rule) -> str:
    changes = _number(row["changes_count"], "change")
    deals = _number(row["deals_count"], "deal")
    return (
        f"{_stage(row)} is in no row of seeds/stage_aliases.csv "
        f"({changes}, {deals}, first in {_file(row)})"
    )


def _invalid_at_date(row: Row, _: Rule) -> str:
    first = _day(row["first_seen_at"], "an unknown day")
    last = _day(row["last_seen_at"], "an unknown day")
    return (
        f"{_stage(row)} is used outside its dates of validity "
        f"({_number(row['invalid_at_date_count'])} of "
        f"{_number(row['changes_count'], 'change')}, seen {first} to {last}, "
        f"first in {_file(row)})"
    )


def _retired(row: Row, _: Rule) -> str:
    return (
        f"{_stage(row)} ended on {_day(row['ends_on'], 'an unknown day')} and is used "
        f"until {_day(row['last_seen_at'], 'an unknown day')} "
        f"({_number(row['retired_count'])} of "
        f"{_number(row['changes_count'], 'change')}, first in {_file(row)})"
    )


def _new(row: Row, _: Rule) -> str:
    return (
        f"{_stage(row)} was never used before the month of "
        f"{_day(row['this_month'], 'an unknown day')} "
        f"({_number(row['new_count'], 'change')}, first in {_file(row)})"
    )


def _vanished(row: Row, _: Rule) -> str:
    return (
        f"{_stage(row)} is not used in the month of "
        f"{_day(row['this_month'], 'an unknown day')}, and the month before had "
        f"{_number(row['vanished_count'], 'change')}"
    )


def _overlapping(row: Row, _: Rule) -> str:
    overlaps = _number(row["overlaps_count"], "other row")
    return f"{_stage(row)}: {_dates(row)} overlaps {overlaps} in time"


def _unregistered_target(row: Row, _: Rule) -> str:
    return f"{_stage(row)}: {_dates(row)} leads to a stage that seeds/stages.csv lacks"


def _labels(row: Row, rule: Rule) -> str:
    return (
        f"{_stage(row)} has {_number(row['labels_count'], 'label')} at one time, such "
        f"as {_text(row['one_label'])} and {_text(row['other_label'])} in {_file(row)}"
    )


def _flags(row: Row, _: Rule) -> str:
    reason = f": {row['message']}" if row["message"] else ""
    return f"{_stage(row)} is {_text(row['stage_code'])}{reason} ({_file(row)})"


def _unnamed(row: Row, _: Rule) -> str:
    return (
        f"pipeline {_text(row['pipeline_code'])}: {row['source_code']} has no spelling "
        f"of stage {_text(row['stage_code'])}, which {row['example_source_code']} uses "
        f"({_number(row['changes_count'], 'change')}, such as in {_file(row)})"
    )


def _unknown_seed_code(row: Row, _: Rule) -> str:
    pipeline = row["pipeline_code"]
    where = f" of pipeline {_text(pipeline)}" if pipeline else ""
    return (
        f"seeds/{row['seed_name']}.csv, {row['name']}: {_text(row['code'])} is no code"
        f"{where} ({_number(row['rows_count'], 'row')})"
    )


def _untold_owner(row: Row, _: Rule) -> str:
    kind = {"owner_id": "owner", "team_code": "team"}[row["name"]]
    rows = _number(row["rows_count"], "row")
    told = f"no {kind} is {_text(row['code'])} ({rows})"
    return f"seeds/targets.csv, {row['name']}: {told}"


def _rejected(row: Row, rule: Rule) -> str:
    share, allowed = _share(row["rejected_share"]), _share(rule.threshold)
    counts = f"{_number(row['rejected_count'])} of {_number(row['physical_count'])}"
    reason = f": {row['message']}" if row["message"] else ""
    return (
        f"{row['file_name']} ({row['source_code']}.{row['table_name']}): {counts} rows "
        f"rejected, {share} where {allowed} is allowed{reason}"
    )


def _refused(row: Row, _: Rule) -> str:
    status = _text(row["status_code"])
    table = f"{row['source_code']}.{row['table_name']}"
    return f"{row['file_name']} ({table}) is {status}: {row['message'] or 'no reason'}"


def _uncastable(row: Row, _: Rule) -> str:
    counts = f"{_number(row['uncastable_count'])} of {_number(row['values_count'])}"
    return (
        f"{row['source_code']}: {counts} values of "
        f"{row['object_name']}.{row['column_name']} cannot be read, "
        f"such as {_text(row['example_value'])} in {_file(row)}"
    )


def _table(row: Row) -> str:
    return f"{row['source_code']}.{row['table_name']}"


def _days(seconds: Any) -> str:
    known = isinstance(seconds, int | float)
    return f"{seconds / 86400:,.1f} days" if known else "an unknown time"


def _whole(value: Any) -> str:
    return f"{value:,.0f}" if isinstance(value, int | float) else "an unknown number"


def _volume(row: Row, _: Rule) -> str:
    return (
        f"{_table(row)}: {_number(row['rows_count'], 'row')} in {_file(row)}, where "
        f"the {_number(row['earlier_count'])} extracts before it had "
        f"{_whole(row['least_count'])} to {_whole(row['most_count'])}, half of them "
        f"up to {_whole(row['median_count'])}"
    )


def _overdue(row: Row, _: Rule) -> str:
    return (
        f"{_table(row)}: nothing for {_days(row['age_seconds'])} (last {_file(row)}), "
        f"where extracts lay at most {_days(row['longest_gap_seconds'])} apart"
    )


def _repeated(row: Row, _: Rule) -> str:
    return (
        f"{_table(row)}: {_share(row['repeated_share'])} of the rows of {_file(row)} "
        f"repeat a key, where {_share(row['usual_repeated_share'])} is usual"
    )


def _emptier(row: Row, _: Rule) -> str:
    return (
        f"{_table(row)}: column {_text(row['column_name'])} is empty in "
        f"{_share(row['null_share'])} of the rows of {_file(row)}, where "
        f"{_share(row['usual_null_share'])} is usual"
    )


def _differing(row: Row, rule: Rule) -> str:
    share, allowed = _share(row["differing_share"]), _share(rule.threshold)
    counts = f"{_number(row['differing_count'])} of {_number(row['deals_count'])}"
    return (
        f"{row['source_code']}: {counts} deals of pipeline "
        f"{_text(row['source_pipeline'])} ended elsewhere than where they are, {share} "
        f"where {allowed} is allowed, such as deal {row['example_deal_id']} in "
        f"{_file(row)}"
    )


def _disagreeing(row: Row, _: Rule) -> str:
    counts = f"{_number(row['disagreeing_count'])} of {_number(row['deals_count'])}"
    reason = f": {row['message']}" if row["message"] else ""
    return (
        f"{row['source_code']}: {counts} deals in stage {_text(row['stage_code'])} of "
        f"pipeline {_text(row['pipeline_code'])} have another outcome than the stage, "
        f"such as deal {row['example_deal_id']} in {_file(row)}{reason}"
    )


def _pair(row: Row) -> str:
    stages = f"{_text(row['stage_code'])} and {_text(row['later_stage_code'])}"
    return f"pipeline {_text(row['pipeline_code'])}, stages {stages}"


def _example(row: Row) -> str:
    return f"such as deal {row['example_deal_id']} in {_file(row)}"


def _backward(row: Row, _: Rule) -> str:
    counts = (
        f"{_number(row['backward_count'])} of {_number(row['moves_count'], 'move')}"
    )
    return f"{_pair(row)}: {counts} go back to the earlier one, {_example(row)}"


def _drifted(row: Row, _: Rule) -> str:
    def counts(backward: str, of: str) -> str:
        return f"{_number(row[backward])} of {_number(row[of])}"

    return (
        f"{_pair(row)}: {counts('recent_backward_count', 'recent_count')} moves of the "
        "last 30 days go back to the earlier one, "
        f"{counts('quarter_backward_count', 'quarter_count')} in the 90 days before, "
        f"{_example(row)}"
    )


def _unreopened(row: Row, _: Rule) -> str:
    counts = f"{_number(row['unreopened_count'])} of {_number(row['moves_count'])}"
    return (
        f"{_pair(row)}: {counts} moves leave a won or lost stage for an open one and "
        f"are no reopening, {_example(row)}"
    )


def _unaccounted(row: Row, _: Rule) -> str:
    return (
        f"{row['check_code']} ({row['scope']}): expected "
        f"{_number(row['expected_count'])}, found {_number(row['actual_count'])}, "
        f"difference {_number(row['difference_count'])}"
    )


def _unregistered_code(row: Row, _: Rule) -> str:
    rows = _number(row["rows_count"], "row")
    where = f"{row['table_name']}.{row['column_name']}"
    return f"{where}: code {_text(row['code'])} in {rows} is in no seed"


def _uncounted(row: Row, _: Rule) -> str:
    where = (
        f"stage {_text(row['stage_code'])} of pipeline {_text(row['pipeline_code'])}"
    )
    missing = row["table_name"] if row["is_in_ledger"] else "the ledger"
    return f"{row['table_name']}: {where} is missing in {missing}"


def _unexplained(row: Row, _: Rule) -> str:
    counts = f"{_number(row['unexplained_count'])} of {_number(row['figures_count'])}"
    return (
        f"{row['table_name']}.{row['column_name']}: {counts} published figures moved "
        f"for no known reason, such as {row['example_figure_key']} by "
        f"{_number(row['example_delta'])}"
    )


WORDINGS: Final[Mapping[str, Wording]] = {
    "stage_codes_registered": Wording(
        "stage codes",
        "unregistered",
        _unregistered,
        "Add a row that maps it or one with is_ignored true.",
    ),
    "stage_codes_valid_at_date": Wording(
        "stage codes",
        "used outside their dates",
        _invalid_at_date,
        "Widen valid_from or valid_to in seeds/stage_aliases.csv or seeds/stages.csv, "
        "or add a row for those days.",
    ),
    "retired_stage_codes_unused": Wording(
        "stage codes",
        "used after their end",
        _retired,
        "Have the source give up the stage, or move valid_to in "
        "seeds/stage_aliases.csv or seeds/stages.csv.",
    ),
    "no_new_stage_codes": Wording(
        "stage codes",
        "new in the newest whole month",
        _new,
        "Ask who added it in the source, and see that its row of "
        "seeds/stage_aliases.csv means what they meant.",
    ),
    "no_vanished_stage_codes": Wording(
        "stage codes",
        "gone from the newest whole month",
        _vanished,
        "If it was given up, set its valid_to in seeds/stage_aliases.csv; else ask why "
        "the source delivers it no more.",
    ),
    "aliases_are_a_function": Wording(
        "rows of seeds/stage_aliases.csv",
        "overlapping",
        _overlapping,
        "End one row (valid_to) where the next begins (valid_from).",
    ),
    "aliases_name_registered_stages": Wording(
        "rows of seeds/stage_aliases.csv",
        "without a registered stage",
        _unregistered_target,
        "Correct its pipeline_code and stage_code, or add the stage to "
        "seeds/stages.csv.",
    ),
    "stage_ids_have_one_label": Wording(
        "stage ids",
        "with several labels at one time",
        _labels,
        "Give each stage of the source an id of its own, or deliver one label an id.",
    ),
    "stage_flags_agree": Wording(
        "stage ids",
        "with flags that the registry contradicts",
        _flags,
        "Correct outcome_code in seeds/stages.csv, its alias, or the stage in the "
        "source.",
    ),
    "sources_of_a_pipeline_agree": Wording(
        "stages of shared pipelines",
        "unknown to one of the sources",
        _unnamed,
        "Add the source's spelling to seeds/stage_aliases.csv, or give the source a "
        "pipeline of its own.",
    ),
    "seed_codes_registered": Wording(
        "codes in seeds",
        "that do not exist",
        _unknown_seed_code,
        "Correct the code; `funnelhouse check` names file and line.",
    ),
    "rejected_share": Wording(
        "files",
        "with too many rows rejected",
        _rejected,
        "`funnelhouse status` shows why, the lake's _rejects each line. Deliver the "
        "file corrected under its own name, or allow more in seeds/gate_rules.csv.",
    ),
    "files_whole": Wording(
        "files",
        "refused whole",
        _refused,
        "Deliver the file corrected under its own name, or take it out of the "
        "extracts folder.",
    ),
    "values_castable": Wording(
        "columns",
        "with values that cannot be read",
        _uncastable,
        "Deliver the extract corrected, or teach the staging model to read them.",
    ),
    "extracts_of_usual_volume": Wording(
        "raw tables",
        "of unusual volume",
        _volume,
        "Ask the source whether rows are missing or doubled; a corrected extract is "
        "delivered under its own name.",
    ),
    "extracts_not_overdue": Wording(
        "raw tables",
        "overdue",
        _overdue,
        "Ask the source why nothing comes; figures stop at its last extract.",
    ),
    "extract_keys_met_once": Wording(
        "raw tables",
        "with more repeated keys than usual",
        _repeated,
        "Ask the source whether a join doubles rows, or correct the key in its "
        "_sources.yml.",
    ),
    "columns_filled_as_usual": Wording(
        "columns",
        "emptier than usual",
        _emptier,
        "Ask the source whether a field was renamed or a join lost.",
    ),
    "history_ends_in_current_stage": Wording(
        "pipelines",
        "with histories that end elsewhere",
        _differing,
        "Changes are missing or out of order: deliver the missing extracts, or, of a "
        "source that keeps no history, take stage_changes out of `vars: sources:` in "
        "dbt/dbt_project.yml, or allow a share in seeds/gate_rules.csv.",
    ),
    "outcomes_agree": Wording(
        "stages",
        "with deals of another outcome",
        _disagreeing,
        "Correct outcome_code in seeds/stages.csv, or the deals in the source.",
    ),
    "stage_order_as_seen": Wording(
        "pairs of stages",
        "passed the other way round",
        _backward,
        "Correct stage_order in seeds/stages.csv, or the aliases that swap the two.",
    ),
    "stage_order_without_drift": Wording(
        "pairs of stages",
        "passed otherwise than in the quarter before",
        _drifted,
        "Ask who changed how stages are used; a stage of a new meaning needs a code "
        "of its own.",
    ),
    "closed_journeys_reopen_by_name": Wording(
        "pairs of stages",
        "left without a reopening",
        _unreopened,
        "The ledger's directions are at fault, not the extracts: see int_transitions.",
    ),
    "rows_accounted_for": Wording(
        "accounts",
        "not balanced",
        _unaccounted,
        "A layer lost or made rows. `funnelhouse run --full-refresh` tells a stale "
        "build from a wrong model.",
    ),
    "mart_codes_registered": Wording(
        "codes",
        "in no seed",
        _unregistered_code,
        "Add the code to its seed, or map the source's value to one that is there.",
    ),
    "counted_stages_equal_the_ledger": Wording(
        "stages of marts",
        "not those of the ledger",
        _uncounted,
        "A model between the ledger and the mart loses or makes stages: see its SQL.",
    ),
    "target_owners_told": Wording(
        "owners and teams of targets",
        "of whom no source tells",
        _untold_owner,
        "Correct seeds/targets.csv, or land the source's owners: such a target stays "
        "unmet. An address is told as its hash.",
    ),
    "restatements_explained": Wording(
        "restated columns",
        "moved for no known reason",
        _unexplained,
        "The record of what was published, or a model, is at fault. Once it is known "
        "why, set the rule to warn in seeds/gate_rules.csv for one night: the move is "
        "then published as unexplained.",
    ),
}
