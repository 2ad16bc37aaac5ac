"""Runs the suites of a gate over its projections and words what they found.

Holds no I/O: frames come in, results go out. Great Expectations is imported inside,
since that takes seconds that only a gate should pay.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from expectations.results import OFFENDERS_SHOWN, GateResult, plain_rows
from expectations.rules import (
    COLUMNS,
    GATE_RULES,
    PROJECTIONS,
    RULES_FILE,
    GateError,
    Rule,
)
from expectations.wording import say

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.datasource.fluent.interfaces import Batch
    from great_expectations.datasource.fluent.pandas_datasource import PandasDatasource

# what landing writes of a file it could not take at all
REFUSED_STATUSES: Final = ["refused"]
# positions of all offenders, but no samples: it sorts those, and some do not sort
RESULT_FORMAT: Final = {"result_format": "COMPLETE", "partial_unexpected_count": 0}


def validate(
    gate: str, frames: Mapping[str, "pd.DataFrame"], rules: Mapping[str, Rule]
) -> list[GateResult]:
    """Judge every rule of a gate, in the order of `GATE_RULES`.

    `frames` are keyed by the names in `PROJECTIONS`, with or without their schema.

    Raises:
        GateError: a projection, column or rule that is missing, or a rule that could
            not be judged. That is never a pass.
    """
    if gate not in PROJECTIONS:
        raise GateError(f"no gate {gate!r}; there are {', '.join(PROJECTIONS)}")
    own = {code: _rule(gate, code, rules) for code in _codes(gate)}
    given, source = _frames(gate, frames), _source()
    judged: dict[str, GateResult] = {}
    for projection, frame in given.items():
        judged |= _judge(gate, projection, frame, own, source)
    return [judged[code] for code in own]


def _codes(gate: str) -> list[str]:
    return [code for code, rule in GATE_RULES.items() if rule.gate_code == gate]


def _rule(gate: str, code: str, rules: Mapping[str, Rule]) -> Rule:
    if code not in rules:
        raise GateError(
            f"rule {code} of gate {gate} has no row in {RULES_FILE}; add one with "
            "severity_code, threshold and owner_name"
        )
    rule = rules[code]
    if rule.threshold and not GATE_RULES[code].takes_threshold:
        raise GateError(
            f"rule {code} reads a flag and tolerates nothing: set its threshold in "
            f"{RULES_FILE} to 0"
        )
    return rule


def _frames(
    gate: str, frames: Mapping[str, "pd.DataFrame"]
) -> dict[str, "pd.DataFrame"]:
    """The gate's frames, each with the columns its rules read."""
    found = {}
    for name in PROJECTIONS[gate]:
        frame = frames.get(name, frames.get(name.rpartition(".")[2]))
        if frame is None:
            raise GateError(f"gate {gate}: projection {name} is missing; build it")
        missing = [column for column in COLUMNS[name] if column not in frame.columns]
        if missing:
            raise GateError(f"gate {gate}: {name} lacks column {', '.join(missing)}")
        found[name] = _without_empty_files(frame.reset_index(drop=True))
    return found


def _without_empty_files(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Nothing is rejected of a file without rows, so 0 / 0 is 0 there, not unknown."""
    if "rejected_share" not in frame.columns:
        return frame
    empty = frame["physical_count"].eq(0) & frame["rejected_share"].isna()
    return frame.assign(rejected_share=frame["rejected_share"].mask(empty, 0.0))


def _judge(
    gate: str,
    projection: str,
    frame: "pd.DataFrame",
    rules: Mapping[str, Rule],
    source: "PandasDatasource",
) -> dict[str, GateResult]:
    own = [code for code in rules if GATE_RULES[code].projection == projection]
    expectations = {code: _expectation(rules[code]) for code in own}
    # Great Expectations hashes all it is handed: give it what it judges and no more
    judged = frame[list(dict.fromkeys(e.column for e in expectations.values()))]
    batch = _batch(source, projection, judged)
    verdicts = _run(f"{gate}.{projection}", batch, expectations)
    return {
        code: _result(gate, rules[code], expectations[code].column, frame, verdict)
        for code, verdict in verdicts.items()
    }


def _expectation(rule: Rule) -> Any:
    from expectations.claims import CLAIMS

    values: dict[str, Any] = {"meta": {"rule_code": rule.rule_code}}
    if GATE_RULES[rule.rule_code].takes_threshold:
        values["tolerance"] = rule.threshold
    if rule.rule_code == "files_whole":
        values["refused_values"] = REFUSED_STATUSES
    return CLAIMS[rule.rule_code](**values)


def _run(name: str, batch: "Batch", expectations: Mapping[str, Any]) -> dict[str, Any]:
    """Run one suite; verdicts by rule code, since they come back in another order."""
    from great_expectations import ExpectationSuite

    suite = ExpectationSuite(name=name, expectations=list(expectations.values()))
    report = batch.validate(suite, result_format=RESULT_FORMAT)
    verdicts = {
        verdict.expectation_config.meta["rule_code"]: verdict
        for verdict in report.results
        if verdict.expectation_config and verdict.expectation_config.meta
    }
    for code in expectations:
        _require_judged(code, name, verdicts.get(code))
    return verdicts


def _source() -> "PandasDatasource":
    """A data source in a context that writes no file and shows no bar."""
    from great_expectations import get_context
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = get_context(mode="ephemeral", project_config=config)
    return context.data_sources.add_pandas("projections")


def _batch(source: "PandasDatasource", name: str, frame: "pd.DataFrame") -> "Batch":
    asset = source.add_dataframe_asset(name)
    whole = asset.add_batch_definition_whole_dataframe("whole")
    return whole.get_batch(batch_parameters={"dataframe": frame})


def _require_judged(code: str, name: str, verdict: Any) -> None:
    """Great Expectations keeps exceptions to itself; here they are errors."""
    if verdict is None:
        raise GateError(f"rule {code}: Great Expectations gave no verdict on {name}")
    info = verdict.exception_info or {}
    # one flat record, or one record for each metric that failed
    records = [info] if "raised_exception" in info else list(info.values())
    for record in records:
        if record["raised_exception"]:
            reason = str(record["exception_message"]).strip()
            raise GateError(f"rule {code} could not be judged on {name}: {reason}")
    if "unexpected_index_list" not in verdict.result:
        raise GateError(f"rule {code}: the verdict on {name} names no rows")
    if verdict.success == bool(verdict.result["unexpected_index_list"]):
        raise GateError(f"rule {code}: the verdict on {name} contradicts itself")


def _result(
    gate: str, rule: Rule, column: str, frame: "pd.DataFrame", verdict: Any
) -> GateResult:
    at_fault = frame.loc[verdict.result["unexpected_index_list"]]
    found, checked = len(at_fault), len(frame)
    offenders = plain_rows(_worst_first(at_fault, column).head(OFFENDERS_SHOWN))
    return GateResult(
        gate_code=gate,
        rule_code=rule.rule_code,
        severity_code=rule.severity_code,
        passed=not found,
        unexpected_count=found,
        checked_count=checked,
        offenders=offenders,
        message=say(rule, column, checked, found, offenders),
    )


def _worst_first(rows: "pd.DataFrame", column: str) -> "pd.DataFrame":
    """Unknown first, then the largest; ties by text, so that reruns agree."""
    import pandas as pd

    if rows.empty:
        return rows
    size = pd.to_numeric(rows[column], errors="coerce").astype("Float64").abs()
    by_text = rows.sort_values([*rows.columns], key=lambda values: values.astype(str))
    ranked = by_text.assign(_size=size).sort_values(
        "_size", ascending=False, na_position="first", kind="stable"
    )
    return ranked.drop(columns="_size")
