"""What a night ends with: exit codes, the summary, who is told."""

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dbt.cli.main import dbtRunnerResult

from dagster_project import night, transforming
from dagster_project.defs.resources import Night
from dagster_project.defs.transform import RefusedError
from dagster_project.fingerprints import Told
from dagster_project.landing import NoExtractsError
from dagster_project.night import NightSummary, Progress, open_instance, run_night
from dagster_project.notifying import notify
from dagster_project.paths import Paths
from dagster_project.settings import ROOT, Settings
from dagster_project.transforming import TransformError


class Parameters(dg.ConfigurableResource[Any]):
    """Stands in for the night's resource."""

    as_of: str = ""
    full_refresh: bool = False


def job_that(behaviour: str) -> dg.JobDefinition:
    """A night of four assets: raw, frozen, judged, published."""

    @dg.asset
    def raw() -> dg.MaterializeResult[Any]:
        counts = {"files": 2, "landed": 5, "rejected": 1, "refused": 0}
        told = dg.MetadataValue.json(["a.csv: one row rejected"])
        return dg.MaterializeResult(metadata={**counts, "messages": told})

    @dg.multi_asset(specs=[dg.AssetSpec(["lake", "runs"], deps=[raw], skippable=True)])
    def freeze(night: Parameters) -> Iterator[dg.MaterializeResult[Any]]:
        if behaviour == "no extracts":
            raise NoExtractsError("no extract was ever landed; make some")
        if behaviour != "nothing new":
            yield dg.MaterializeResult(metadata={"as_of": night.as_of or "newest"})

    @dg.asset(deps=[["lake", "runs"]])
    def built() -> None:
        if behaviour == "fault":
            raise ValueError("the disk is full")
        if behaviour == "interrupted":
            raise KeyboardInterrupt
        if behaviour == "test failed":
            raise RefusedError("1 dbt test(s) failed")

    @dg.asset_check(asset=built, blocking=True)
    def rule_a() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(
            passed=behaviour != "refused",
            metadata={
                "gate": "staging",
                "message": "2 codes are unknown",
                "offenders": dg.MetadataValue.json([{"code": "??"}]),
            },
        )

    @dg.asset(key=["published", "generation"], deps=[built])
    def generation() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(metadata={"newly_rejected": 1})

    @dg.asset(key=["published", "current"], deps=[generation])
    def current() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(metadata={"generation": "g000001"})

    definitions = dg.Definitions(
        assets=[raw, freeze, built, generation, current],
        asset_checks=[rule_a],
        jobs=[dg.define_asset_job("nightly")],
        resources={"night": Parameters()},
    )
    return definitions.resolve_job_def("nightly")


@pytest.fixture(autouse=True)
def _an_extract(settings: Settings) -> None:
    """Without one a night does not begin; what lands of it is the double's matter."""
    settings.extracts.mkdir(parents=True)
    (settings.extracts / "a.csv").touch()


@pytest.fixture
def run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> NightSummary:
    """The summary of a night that behaves as the test's parameter says."""
    monkeypatch.setattr(night, "load_job", lambda _: job_that(request.param))
    return run_night(settings)


def night_of(behaviour: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("run", [behaviour], indirect=True)


@night_of("as ever")
def test_a_night_that_publishes_ends_with_0(run: NightSummary) -> None:
    assert (run.exit_code, run.outcome, run.generation) == (0, "published", "g000001")
    assert (run.files, run.landed, run.rejected) == (2, 5, 1)
    assert run.notes == ["a.csv: one row rejected"]
    assert "1 rows were rejected, within rule rejected_share" in run.warnings[0]
    assert [gate.passed for gate in run.gates] == [True]


@night_of("nothing new")
def test_a_night_with_nothing_new_ends_with_0_and_says_so(run: NightSummary) -> None:
    assert (run.exit_code, run.outcome) == (0, "nothing to do")
    assert not run.generation


@night_of("fault")
def test_a_fault_ends_with_1_and_says_where(run: NightSummary) -> None:
    assert (run.exit_code, run.outcome) == (1, "failed")
    assert run.message == "built: the disk is full"
    assert "ValueError" in run.trace


@night_of("no extracts")
def test_what_the_person_can_mend_is_said_in_one_line(run: NightSummary) -> None:
    assert run.exit_code == 1
    assert run.message == "freeze: no extract was ever landed; make some"


@night_of("interrupted")
def test_a_night_that_is_interrupted_says_so_and_what_stands(
    run: NightSummary,
) -> None:
    assert (run.exit_code, run.outcome) == (1, "failed")
    assert run.message.startswith("built: interrupted (Ctrl-C")
    assert "what was published stands" in run.message


def test_an_interruption_of_dbt_ends_the_night(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted = dbtRunnerResult(success=False, exception=KeyboardInterrupt())
    monkeypatch.setenv("FUNNELHOUSE_ENGINE", "duckdb")
    monkeypatch.setattr(transforming, "_tell_warehouse", lambda: Told({}))
    monkeypatch.setattr(transforming, "read_parse", lambda _: None)
    monkeypatch.setattr(transforming, "invoke", lambda *_, **__: interrupted)
    with pytest.raises(KeyboardInterrupt):
        transforming.build(["tag:mart"], "eager", False, lambda _: None)


@night_of("refused")
def test_a_red_gate_ends_with_3_and_names_rule_and_rows(run: NightSummary) -> None:
    assert (run.exit_code, run.outcome) == (3, "refused")
    [gate] = run.gates
    assert (gate.rule, gate.blocks) == ("rule_a", True)
    assert gate.offenders == [{"code": "??"}]
    assert not run.generation


@night_of("test failed")
def test_a_dbt_test_that_fails_ends_with_3(run: NightSummary) -> None:
    assert run.exit_code == 3
    assert run.message == "built: 1 dbt test(s) failed"


def test_a_project_that_dbt_cannot_read_ends_with_1(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Settings) -> dg.JobDefinition:
        raise TransformError("dbt cannot read the project: models/a.sql")

    monkeypatch.setattr(night, "load_job", broken)
    summary = run_night(settings)
    assert (summary.exit_code, summary.message[-12:]) == (1, "models/a.sql")


def test_the_parameters_of_a_night_reach_its_steps_and_its_steps_are_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import datetime

    told: list[Progress] = []
    monkeypatch.setattr(night, "load_job", lambda _: job_that("as ever"))
    as_of = datetime(2026, 3, 31, 23, 59, 59)
    summary = run_night(settings, as_of=as_of, observe=told.append)
    assert summary.as_of == "2026-03-31T23:59:59"
    assert told[0] == Progress("planned", "", total=6)
    assert next(each.step for each in told if each.kind == "ended") == "raw"


def test_telemetry_is_off_in_dagster_and_in_all_it_starts(
    settings: Settings, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    monkeypatch.setattr(night, "load_job", lambda _: job_that("as ever"))
    run_night(settings)
    with open_instance(paths) as instance:
        assert not instance.telemetry_enabled
    assert "enabled: false" in (paths.dagster_home / "dagster.yaml").read_text()
    assert os.environ["DO_NOT_TRACK"] == "1"
    assert os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"


def test_dagsters_own_log_can_read_what_a_night_wrote(
    settings: Settings, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night, "load_job", lambda _: job_that("as ever"))
    run_night(settings)
    with dg.DagsterInstance.from_config(str(paths.dagster_home)) as instance:
        [run] = instance.get_runs()
        assert run.is_success
        assert instance.get_latest_materialization_event(dg.AssetKey("raw"))


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that keeps what is posted to it."""
    received: list[dict[str, Any]] = []

    class Keeper(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            received.append(json.loads(self.rfile.read(length)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Keeper)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", received
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("behaviour", "events"),
    [
        ("refused", ["night_refused"]),
        ("fault", ["night_failed"]),
        ("as ever", []),
        ("nothing new", []),
    ],
)
def test_the_webhook_is_told_of_what_went_wrong_and_of_nothing_else(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    webhook: tuple[str, list[dict[str, Any]]],
    behaviour: str,
    events: list[str],
) -> None:
    url, received = webhook
    monkeypatch.setattr(night, "load_job", lambda _: job_that(behaviour))
    summary = run_night(replace(settings, webhook_url=url))
    assert [each["event"] for each in received] == events
    assert not any(url in warning for warning in summary.warnings)


def test_a_webhook_that_does_not_answer_only_warns(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night, "load_job", lambda _: job_that("refused"))
    summary = run_night(replace(settings, webhook_url="http://127.0.0.1:9/"))
    assert summary.exit_code == 3
    assert "127.0.0.1 did not take the message" in summary.warnings[0]


def test_a_webhook_that_is_no_web_address_only_warns() -> None:
    assert "is no http(s) URL" in str(notify("file:///etc/passwd", {}))


def test_the_resource_of_every_night_refuses_unsound_seeds(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(ROOT / "seeds", seeds)
    with (seeds / "channels.csv").open("a", encoding="utf-8") as file:
        file.write("s,M,all,Mail\n")
    monkeypatch.setenv("FUNNELHOUSE_DATA", str(paths.data))
    monkeypatch.setenv("FUNNELHOUSE_SEEDS", str(seeds))
    landed = []

    @dg.asset
    def raw(night: Night) -> None:
        landed.append(night.batch_id)

    job = dg.Definitions(
        assets=[raw],
        jobs=[dg.define_asset_job("nightly")],
        resources={"night": Night()},
    ).resolve_job_def("nightly")
    with open_instance(paths) as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False)
    summary = night.summarize(result, paths)
    assert (summary.exit_code, summary.outcome, landed) == (3, "refused", [])
    assert "seeds/channels.csv line" in summary.message
    assert "channel_code 'all' is reserved" in summary.message
