"""One night, run in this process: the same job as the schedule, and what came of it.

Imports Dagster only where it runs it: `funnelhouse --help` must not wait for it.
"""

import json
import logging
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster_project.checking import UnsoundSeedsError, refuse_unsound_seeds
from dagster_project.invoking import TransformError
from dagster_project.landing import NoExtractsError, refuse_without_extracts
from dagster_project.locking import LockHeldError, run_lock
from dagster_project.notifying import notify
from dagster_project.paths import Paths
from dagster_project.remedies import with_remedy
from dagster_project.settings import Settings
from dagster_project.transforming import apply_environment

if TYPE_CHECKING:
    import dagster as dg

PUBLISHED, FAULT, REFUSED, LOCKED = 0, 1, 3, 4
INSTANCE_SETTINGS = """\
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""
# The same instance, written to by the faster log of night_log.py.
NIGHT_SETTINGS = """\
telemetry:
  enabled: false
event_log_storage:
  module: dagster_project.night_log
  class: NightLog
  config:
    base_dir: {history}
"""
_CHECK_FAILED = "DagsterAssetCheckFailedError"
_INTERRUPTIONS = frozenset({"DagsterExecutionInterruptedError", "KeyboardInterrupt"})
_REFUSALS = frozenset({"RefusedError", "UnsoundSeedsError", _CHECK_FAILED})


@dataclass(frozen=True)
class GateLine:
    """What a gate's rule, or a dbt test that failed, said."""

    gate: str
    rule: str
    passed: bool
    blocks: bool
    message: str
    offenders: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class NightSummary:
    """What came of a night, for the person and for the webhook."""

    exit_code: int
    outcome: str
    message: str = ""
    as_of: str = ""
    files: int = 0
    landed: int = 0
    rejected: int = 0
    erased: int = 0
    cleaned: int = 0
    refused_files: int = 0
    notes: list[str] = field(default_factory=list)
    gates: list[GateLine] = field(default_factory=list)
    marts: dict[str, int] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    profile: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    generation: str = ""
    facts: Path | None = None
    report: Path | None = None
    quality: Path | None = None
    postgresql: str = ""
    warnings: list[str] = field(default_factory=list)
    trace: str = ""

    def payload(self) -> dict[str, Any]:
        """What a webhook is told; `text` is what chat programs show."""
        broken = [gate for gate in self.gates if not gate.passed]
        return {
            "event": f"night_{self.outcome}",
            "text": f"funnelhouse: the night {self.outcome}. {self.message}",
            "exit_code": self.exit_code,
            "as_of": self.as_of,
            "rules": [{"rule": gate.rule, "message": gate.message} for gate in broken],
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True)
class Progress:
    """Something that happened in a night: a step began, ended or told something."""

    kind: str
    step: str
    text: str = ""
    total: int = 0


Observer = Callable[[Progress], None]


def run_night(
    settings: Settings,
    *,
    as_of: datetime | None = None,
    full_refresh: bool = False,
    select: str | None = None,
    observe: Observer | None = None,
) -> NightSummary:
    """Run job `nightly` and say what came of it.

    Args:
        as_of: naive UTC; the newest extract when not given.
        select: dbt's selection; builds just that and publishes nothing.
    """
    paths, started = Paths.of(settings), time.monotonic()
    config = {"as_of": as_of.isoformat() if as_of else "", "full_refresh": full_refresh}
    try:
        with run_lock(paths.lock):
            summary = _run_locked(settings, paths, config, select, observe)
    except LockHeldError as error:
        summary = NightSummary(LOCKED, "locked", str(error))
    summary = replace(summary, seconds=time.monotonic() - started)
    return _told(settings, summary)


def open_instance(paths: Paths) -> "dg.DagsterInstance":
    """Dagster's own records, in `data/dagster`, with telemetry off."""
    import dagster as dg

    write_instance_settings(paths)
    return dg.DagsterInstance.from_config(str(paths.dagster_home), "night.yaml")


def write_instance_settings(paths: Paths) -> None:
    """Write `dagster.yaml` where there is none, for a person may edit it."""
    home = paths.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    history = json.dumps(str(home / "history" / "runs"))
    text = NIGHT_SETTINGS.format(history=history)
    (home / "night.yaml").write_text(text, encoding="utf-8")
    if not (home / "dagster.yaml").is_file():
        (home / "dagster.yaml").write_text(INSTANCE_SETTINGS, encoding="utf-8")


def load_job(settings: Settings) -> "dg.JobDefinition":
    """The job that the schedule runs too."""
    from dagster_project.definitions import definitions_of

    return definitions_of(settings).resolve_job_def("nightly")


def load_selected_job(settings: Settings, select: str) -> "dg.JobDefinition":
    """The same for some models alone."""
    from dagster_project.definitions import selected_job

    return selected_job(settings, select)


def _run_locked(
    settings: Settings,
    paths: Paths,
    config: Mapping[str, Any],
    select: str | None,
    observe: Observer | None,
) -> NightSummary:
    try:
        # The resource of every night refuses them too; here it spares the parse.
        refuse_unsound_seeds(paths.seeds)
        refuse_without_extracts(paths)
        apply_environment(settings, paths)
        job = load_selected_job(settings, select) if select else load_job(settings)
        _quieten()
        if paths.unfinished_erasure.is_file():
            from dagster_project.forgetting import drop_logs

            drop_logs(paths)
        return _execute(job, paths, config, observe)
    except UnsoundSeedsError as error:
        return NightSummary(REFUSED, "refused", str(error))
    except (NoExtractsError, TransformError, ValueError) as error:
        return NightSummary(FAULT, "failed", with_remedy(str(error)))
    except Exception as error:
        # such as Dagster's own storage on a full disk: it fails outside any step
        text = with_remedy(f"{type(error).__name__}: {error}".strip().splitlines()[0])
        return NightSummary(FAULT, "failed", text, trace=traceback.format_exc())


def _execute(
    job: "dg.JobDefinition",
    paths: Paths,
    config: Mapping[str, Any],
    observe: Observer | None,
) -> NightSummary:
    from dagster_project.recording import next_night

    night_code = next_night(paths)
    with open_instance(paths) as instance:
        run_id = str(uuid.uuid4())
        if observe:
            observe(Progress("planned", "", total=len(job.graph.node_dict)))
            instance.add_event_listener(run_id, _forward(observe))
        result = job.execute_in_process(
            run_config=_run_config(config),
            instance=instance,
            raise_on_error=False,
            run_id=run_id,
            tags={"funnelhouse/started_by": "cli"},
        )
        return replace(summarize(result, paths), profile=_profile(paths, night_code))


def _profile(paths: Paths, night_code: str) -> list[dict[str, Any]]:
    """What each part of a night took; nothing of a night that built nothing."""
    from dagster_project.recording import read_records

    return read_records(paths.run_stats, f"{night_code}.parquet")


def _run_config(config: Mapping[str, Any]) -> dict[str, Any]:
    # Dagster's own console log would run across the progress and the summary.
    quiet = {"console": {"config": {"log_level": "CRITICAL"}}}
    return {"resources": {"night": {"config": dict(config)}}, "loggers": quiet}


def _quieten() -> None:
    """Keep Dagster from warning of gates that a skipped step did not ask."""
    logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)


def summarize(result: "dg.ExecuteInProcessResult", paths: Paths) -> NightSummary:
    """Read a finished run."""
    from dagster_project.publishing import DATABASE

    landed = [m for key, m in _materialized(result) if "landed" in m]
    told = dict(_materialized(result))
    generation = told.get("published/current", {}).get("generation", "")
    code, outcome, message, trace = _outcome(result, told)
    folder = paths.generation(generation) if generation else paths.current.resolve()
    facts = folder / DATABASE
    return NightSummary(
        exit_code=code,
        outcome=outcome,
        message=message,
        as_of=told.get("lake/runs", {}).get("as_of", ""),
        files=sum(m["files"] for m in landed),
        landed=sum(m["landed"] for m in landed),
        rejected=sum(m["rejected"] for m in landed),
        erased=sum(m.get("erased", 0) for m in landed),
        cleaned=sum(m.get("cleaned", 0) for m in landed),
        refused_files=sum(m["refused"] for m in landed),
        notes=[
            *_outdated(told.get("lake/runs", {}).get("outdated", [])),
            *(note for m in landed for note in m["messages"]),
        ],
        gates=list(_gate_lines(result)),
        marts=_mart_rows(told),
        steps=_step_seconds(result),
        generation=generation,
        facts=facts if facts.is_file() else None,
        report=_report(folder),
        quality=_quality(result, paths),
        postgresql=told.get("published/postgresql", {}).get("shown", ""),
        warnings=[
            *_rejected(told),
            *_unclaimed(told.get("lake/runs", {}).get("unclaimed", [])),
        ],
        trace=trace,
    )


def _rejected(told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Of a night that publishes all the same; of another the gate tells more.

    A night before it that was refused may have landed them.
    """
    rejected = told.get("published/generation", {}).get("newly_rejected", 0)
    if not rejected or "published/current" not in told:
        return []
    return [
        f"{rejected} rows were rejected, within rule rejected_share of "
        "seeds/gate_rules.csv, and are in no mart: `funnelhouse status` lists them by "
        "reason. Deliver their files corrected."
    ]


def _outdated(models: list[str]) -> list[str]:
    if not models:
        return []
    shown = ", ".join(models[:5]) + (", …" if len(models) > 5 else "")
    return [
        f"seeds, code or settings have changed: {len(models)} tables are built whole, "
        f"and what follows from them ({shown})"
    ]


def _unclaimed(names: list[str]) -> list[str]:
    if not names:
        return []
    shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
    return [
        f"{len(names)} files of extracts/ are declared by no source and were left "
        f"alone: {shown}. Declare them in a _<source>__sources.yml, or take them out."
    ]


def _report(folder: Path) -> Path | None:
    path = folder / "report" / "index.html"
    return path if path.is_file() else None


def _quality(result: "dg.ExecuteInProcessResult", paths: Paths) -> Path | None:
    """The quality page, where this night judged anything."""
    judged = any(
        "gate" in evaluation.metadata
        for evaluation in result.get_asset_check_evaluations()
    )
    return paths.quality_page if judged and paths.quality_page.is_file() else None


def _told(settings: Settings, summary: NightSummary) -> NightSummary:
    """Tell the webhook of a night that failed or was refused."""
    if summary.exit_code not in (FAULT, REFUSED) or settings.webhook_url is None:
        return summary
    warning = notify(settings.webhook_url, summary.payload())
    return (
        replace(summary, warnings=[*summary.warnings, warning]) if warning else summary
    )


def _materialized(
    result: "dg.ExecuteInProcessResult",
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Keys and metadata of what the run materialized, as plain values."""
    for event in result.all_events:
        if event.event_type_value == "ASSET_MATERIALIZATION":
            found = event.step_materialization_data.materialization
            metadata = {name: value.value for name, value in found.metadata.items()}
            yield "/".join(found.asset_key.path) if found.asset_key else "", metadata


def _mart_rows(told: Mapping[str, Mapping[str, Any]]) -> dict[str, int]:
    copied: dict[str, int] | None = told.get("published/generation", {}).get("rows")
    built = {
        key.removeprefix("marts/"): int(metadata["dagster/row_count"])
        for key, metadata in told.items()
        if key.startswith("marts/") and "dagster/row_count" in metadata
    }
    return copied or built


def _gate_lines(result: "dg.ExecuteInProcessResult") -> Iterator[GateLine]:
    for evaluation in result.get_asset_check_evaluations():
        metadata: dict[str, Any] = {
            name: value.value for name, value in evaluation.metadata.items()
        }
        if "gate" not in metadata and evaluation.passed:
            continue
        yield GateLine(
            gate=metadata.get("gate", "dbt"),
            rule=evaluation.check_name,
            passed=evaluation.passed,
            blocks=not evaluation.passed and evaluation.severity.value == "ERROR",
            message=metadata.get("message", ""),
            offenders=metadata.get("offenders", []),
        )


def _step_seconds(result: "dg.ExecuteInProcessResult") -> dict[str, float]:
    return {
        str(event.step_key): event.step_success_data.duration_ms / 1000
        for event in result.all_events
        if event.is_step_success
    }


def _outcome(
    result: "dg.ExecuteInProcessResult", told: Mapping[str, Any]
) -> tuple[int, str, str, str]:
    """Exit code, outcome, message and, for a fault, where it came from."""
    if result.success and "lake/runs" not in told:
        return (
            PUBLISHED,
            "nothing to do",
            "no new file, seed or code since the last",
            "",
        )
    if result.success and "published/current" not in told:
        return PUBLISHED, "built", "only what was selected; nothing is published", ""
    if result.success:
        return PUBLISHED, "published", "", ""
    failures = list(_failures(result))
    faults = [failure for failure in failures if failure[0] not in _REFUSALS]
    if failures and not faults:
        return REFUSED, "refused", _joined(failures), ""
    message = _joined(faults) or "the run ended before its first step"
    trace = "\n".join(failure[2] for failure in faults)
    return FAULT, "failed", with_remedy(message), trace


def _joined(failures: list[tuple[str, str, str]]) -> str:
    return "\n".join(dict.fromkeys(failure[1] for failure in failures))


def _failures(result: "dg.ExecuteInProcessResult") -> Iterator[tuple[str, str, str]]:
    """Kind, message and trace of each step that failed, else of the run."""
    steps = [event for event in result.all_events if event.is_step_failure]
    for event in steps:
        data = event.step_failure_data
        told = data.user_failure_data.description if data.user_failure_data else None
        yield _described(event.step_key, data.error, told)
    for event in () if steps else result.all_events:
        error = getattr(event.event_specific_data, "error", None)
        if error is not None:
            yield _described(None, error, None)


def _described(step: str | None, error: Any, told: str | None) -> tuple[str, str, str]:
    """The innermost cause, in its own words: Dagster wraps what our code raises."""
    cause = error
    while cause is not None and cause.cause is not None:
        cause = cause.cause
    if cause is None:
        return "", told or "no reason was given", ""
    kind = cause.cls_name or ""
    text = (told or cause.message).strip()
    text = text.partition(f"{kind}: ")[2] or text
    if kind == _CHECK_FAILED:
        text = "a rule that blocks is broken; nothing new is published"
    if kind in _INTERRUPTIONS:
        text = (
            "interrupted (Ctrl-C, or a signal to end); what was published stands, and "
            "the next night goes on from here"
        )
    return kind, f"{step}: {text}" if step else text, error.to_string()


def _forward(observe: Observer) -> Callable[[Any], None]:
    """Turn Dagster's events into progress, while they happen."""
    kinds = {"STEP_START": "began", "STEP_SUCCESS": "ended", "STEP_FAILURE": "failed"}
    kinds["STEP_SKIPPED"] = "skipped"

    def forward(entry: Any) -> None:
        step = entry.step_key or ""
        if entry.dagster_event is None:
            observe(Progress("told", step, entry.user_message))
        elif entry.dagster_event.event_type_value in kinds:
            observe(Progress(kinds[entry.dagster_event.event_type_value], step))

    return forward
