"""What a person types and reads."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dagster_project import cli, corrections, night, samples
from dagster_project.landing import ContractError
from dagster_project.landing.choosing import ChoiceError
from dagster_project.landing.incoming import RefusedError
from dagster_project.landing.mending import MendError
from dagster_project.locking import LockHeldError, run_lock
from dagster_project.night import GateLine, NightSummary
from dagster_project.paths import Paths
from tests.running.conftest import Publisher
from tests.running.test_locking import holder_of

Call = Callable[..., Result]
HEAVY = ("dagster", "dbt", "pandas", "great_expectations", "altair", "duckdb")


@pytest.fixture
def call(paths: Paths) -> Call:
    """Call the command in the test's installation."""

    def made(*arguments: str, **more: str) -> Result:
        environment = {"FUNNELHOUSE_DATA": str(paths.data), **more}
        return CliRunner().invoke(cli.main, arguments, env=environment)

    return made


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["status"]])
def test_help_and_status_wait_for_nothing_heavy(
    arguments: list[str], tmp_path: Path
) -> None:
    code = (
        "import sys; from dagster_project.cli import main\n"
        f"main({arguments!r}, standalone_mode=False)\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"FUNNELHOUSE_DATA": str(tmp_path)},
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", sorted(cli.main.commands))
def test_the_help_of_each_command_shows_a_call(command: str) -> None:
    if not cli.main.commands[command].hidden:
        text = CliRunner().invoke(cli.main, [command, "--help"]).output
        assert f"funnelhouse {command}" in text


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-06-30", "UTC", datetime(2026, 6, 30, 23, 59, 59)),
        ("20260630", "UTC", datetime(2026, 6, 30, 23, 59, 59)),
        ("2026-06-30", "America/Sao_Paulo", datetime(2026, 7, 1, 2, 59, 59)),
        ("2026-06-30T06:00:00+02:00", "UTC", datetime(2026, 6, 30, 4)),
        ("2026-06-30T06:00:00", "Europe/Berlin", datetime(2026, 6, 30, 4)),
        ("2026-06-30T06:00:00Z", "Europe/Berlin", datetime(2026, 6, 30, 6)),
    ],
)
def test_an_as_of_is_a_date_in_the_reporting_zone_or_a_time(
    text: str, zone: str, expected: datetime
) -> None:
    assert cli.read_as_of(text, zone) == expected


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01", "30.06.2026", "9999-12-31"]
)
def test_an_as_of_that_is_no_time_is_an_error_of_usage(call: Call, text: str) -> None:
    result = call("run", "--as-of", text, FUNNELHOUSE_TIMEZONE="America/Sao_Paulo")
    assert result.exit_code == cli.USAGE == 2
    assert "neither a date" in result.output


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe"])
def test_a_setting_that_cannot_be_used_is_an_error_of_usage(
    call: Call, zone: str
) -> None:
    result = call("status", FUNNELHOUSE_TIMEZONE=zone)
    assert result.exit_code == 2
    assert f"FUNNELHOUSE_TIMEZONE: '{zone}' is no time zone" in result.output


@pytest.mark.parametrize("size", ["lots", "4", "50%", "-1GB"])
def test_a_limit_of_memory_that_is_no_size_is_an_error_of_usage(
    call: Call, size: str
) -> None:
    result = call("status", FUNNELHOUSE_MEMORY_LIMIT=size)
    assert result.exit_code == 2
    assert f"FUNNELHOUSE_MEMORY_LIMIT: '{size}' is no size" in result.output


@pytest.mark.parametrize("name", ["o'brien", "a[1]", "a{1}", "*", "a?", "a\\b", "%20"])
def test_a_folder_whose_name_is_read_as_something_else_is_an_error_of_usage(
    call: Call, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / name
    result = call("sample", FUNNELHOUSE_DATA=str(folder))
    assert result.exit_code == 2
    assert f"FUNNELHOUSE_DATA: the path {folder} holds" in result.output
    assert not folder.exists()


@pytest.mark.parametrize("code", [0, 1, 3, 4])
def test_run_ends_with_the_code_of_its_night(
    call: Call, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def double(*_: Any, **__: Any) -> NightSummary:
        gate = GateLine("staging", "rule_a", False, True, "2 codes", [{"code": "??"}])
        return NightSummary(code, "refused", "why", gates=[gate])

    monkeypatch.setattr(night, "run_night", double)
    result = call("run")
    assert result.exit_code == code
    assert "refused rule_a: 2 codes" in result.output
    assert "code=??" in call("run", "--verbose").output


def part(name: str, kind: str, seconds: float, rows: int | None) -> dict[str, Any]:
    return {
        "step_code": "mart",
        "node_name": name,
        "resource_type": kind,
        "duration_seconds": seconds,
        "rows_count": rows,
        "memory_bytes": 1024**3,
    }


def test_a_profile_lists_the_slowest_part_first_and_adds_up_tests(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [
        part("quick", "model", 0.25, 3),
        part("slow", "model", 2.5, 1234),
        part("one", "test", 0.5, None),
        part("two", "test", 0.5, None),
    ]
    monkeypatch.setattr(
        night, "run_night", lambda *_, **__: NightSummary(0, "published", profile=parts)
    )
    lines = [
        " ".join(line.split()) for line in call("run", "--profile").output.split("\n")
    ]
    told = lines[lines.index("step part seconds rows memory MB") + 1 :]
    assert told[:3] == [
        "mart slow 2.50 1,234 1,024",
        "mart 2 tests 1.00 1,024",
        "mart quick 0.25 3 1,024",
    ]
    assert "1,234" not in call("run").output
    assert json.loads(call("run", "--json").output)["profile"] == parts


def test_every_fault_that_samples_know_can_be_asked_for() -> None:
    assert set(cli.FAULTS) == set(samples.FAULTS)


def test_samples_that_cannot_be_made_are_an_error_of_usage(call: Call) -> None:
    result = call("sample", "--deals", "1", "--events", "1", "--months", "1")
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_status_before_the_first_night_says_what_to_do(call: Call) -> None:
    result = call("status")
    assert result.exit_code == 0
    assert "funnelhouse run" in result.output


def test_status_tells_what_is_published(call: Call, publish_tables: Publisher) -> None:
    publish_tables(fct_a="select range as n from range(3)")
    assert "g000001" in call("status").output
    told = json.loads(call("status", "--json").output)
    assert told["tables"] == {"fct_a": 3}
    assert told["closes"] is True


def test_settings_are_shown_and_secrets_are_not(call: Call) -> None:
    output = call("status", "--settings", FUNNELHOUSE_PII_SALT="pepper").output
    assert "FUNNELHOUSE_TIMEZONE" in output
    assert "pepper" not in output


def test_rollback_switches_back_and_says_so(
    call: Call, publish_tables: Publisher
) -> None:
    for n in (1, 2):
        publish_tables(a=f"select {n} as n")
    assert "is now g000001" in call("rollback").output
    result = call("rollback")
    assert result.exit_code == cli.FAULT
    assert "Traceback" not in result.output


def test_rollback_waits_for_no_night(call: Call, paths: Paths) -> None:
    program = "import sys\nfrom dagster_project.cli import main\nmain(['rollback'])"
    with run_lock(paths.lock):
        done = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=False,
            env={"FUNNELHOUSE_DATA": str(paths.data)},
        )
    assert done.returncode == cli.LOCKED == 4
    assert "another run holds the lock" in done.stderr


def test_a_report_of_nothing_published_is_refused_in_words(call: Call) -> None:
    result = call("report")
    assert result.exit_code == cli.FAULT
    assert "nothing is published yet" in result.output


CORRECTIONS = [
    ["withdraw", "a.csv", "--reason", "wrong"],
    ["admit", "a.csv"],
    ["reland"],
    ["reland", "a.csv"],
    ["reland", "a.csv", "--to", "mend.csv"],
]


@pytest.mark.parametrize("arguments", CORRECTIONS)
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ChoiceError("there are b.csv"), cli.USAGE),
        (MendError("line 3 is there twice"), cli.USAGE),
        (RefusedError("no usable header"), cli.REFUSED),
        (LockHeldError(Path("run.lock"), None), cli.LOCKED),
        (ContractError("meta.extract.files is missing"), cli.FAULT),
    ],
)
def test_a_correction_that_cannot_be_made_is_told_in_words(
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    error: Exception,
    code: int,
) -> None:
    def refuse(*_: Any) -> list[str]:
        raise error

    for name in ("withdraw", "admit", "reland", "list_rejects", "write_rejects"):
        monkeypatch.setattr(corrections, name, refuse)
    result = call(*arguments)
    assert result.exit_code == code
    assert str(error) in " ".join(result.output.split())
    assert "Traceback" not in result.output


@pytest.mark.parametrize("arguments", CORRECTIONS)
def test_a_correction_waits_for_no_night(
    call: Call, paths: Paths, arguments: list[str]
) -> None:
    with holder_of(paths.lock):
        result = call(*arguments)
    assert result.exit_code == cli.LOCKED
    assert "another run holds the lock" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["withdraw", "a.csv"],
        ["reland", "--to", "mend.csv"],
        ["reland", "a.csv", "--from", "not_there.csv"],
    ],
)
def test_a_correction_half_stated_is_an_error_of_usage(
    call: Call, arguments: list[str]
) -> None:
    assert call(*arguments).exit_code == cli.USAGE


REJECTED = {
    "file_name": "plain/deals_2026-01-31.csv",
    "table": "plain.deals",
    "rejected": 1200,
    "physical": 3000,
    "first_line": 17,
    "first_reason": "3 fields where the header has 4",
}


def test_files_with_rejected_records_are_listed_for_people_and_for_programs(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "rejected_files", lambda _: [REJECTED])
    assert call("reland").output == (
        "plain/deals_2026-01-31.csv (plain.deals): 1,200 of 3,000 records rejected, "
        "line 17: 3 fields where the header has 4\n"
    )
    assert json.loads(call("reland", "--json").stdout) == [REJECTED]
    assert call("reland", "a.csv", "--json").exit_code == cli.USAGE
