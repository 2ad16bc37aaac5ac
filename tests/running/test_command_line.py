"""What every command has: examples that can be typed, JSON, completion, colours."""

import inspect
import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from dagster_project.cli import main
from dagster_project.command_line import SHELLS, told_of
from dagster_project.paths import Paths
from tests.running.conftest import Publisher

FUNNELHOUSE = Path(sys.executable).with_name("funnelhouse")
# Commands that print a line or two, and no table.
TELL_LINES = {
    *("sample", "prepare", "docs", "report", "dashboard", "completion", "ui"),
    *("rollback", "publish", "withdraw", "admit"),
}
EXAMPLE = re.compile(r"^\s+(?:\w+ ')?(?:source <\()?funnelhouse (.*)$", re.MULTILINE)


def has_json(command: click.Command) -> bool:
    return any("--json" in each.opts for each in command.params)


@pytest.mark.parametrize("name", sorted(main.commands))
def test_a_command_either_prints_json_or_is_known_to_print_lines(name: str) -> None:
    command = main.commands[name]
    assert has_json(command) is (name not in TELL_LINES)
    if command.callback is not None and "showing" in inspect.getsource(
        command.callback
    ):
        assert has_json(command), "what is shown as a table is shown as JSON too"


def test_json_is_all_that_is_printed(paths: Paths, publish_tables: Publisher) -> None:
    publish_tables(fct_a="select 1 as n")
    environment = {"FUNNELHOUSE_DATA": str(paths.data)}
    for call in ("status", "status --settings", "check", "reland"):
        done = CliRunner().invoke(main, [*call.split(), "--json"], env=environment)
        assert done.exit_code == 0, done.output
        json.loads(done.stdout)


def examples() -> Iterator[tuple[str, str]]:
    for name, command in main.commands.items():
        for call in EXAMPLE.findall(command.help or ""):
            yield name, re.split(r" [|>] |\)", call)[0]


def test_every_command_has_an_example() -> None:
    assert {name for name, _ in examples()} == {*main.commands}


@pytest.mark.parametrize(("name", "call"), [*examples()])
def test_an_example_can_be_typed_as_it_stands(
    name: str, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mend.csv").touch()
    typed, *arguments = shlex.split(call)
    assert typed == name
    main.commands[name].make_context(name, arguments)


def test_the_list_of_commands_is_whole_and_in_the_order_of_their_use() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output.partition("Commands:\n")[2]
    assert "..." not in listed
    assert [line.split()[0] for line in listed.splitlines()][:2] == ["sample", "run"]


def completed(line: str, data: Path) -> list[str]:
    """What bash is offered behind a line."""
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    told = {"_FUNNELHOUSE_COMPLETE": "bash_complete", "FUNNELHOUSE_DATA": str(data)}
    done = CliRunner().invoke(
        main, env={**words, **told}, prog_name="funnelhouse", standalone_mode=True
    )
    return [each.split(",", 1)[1] for each in done.stdout.split()]


def test_commands_options_tables_and_generations_are_completed(
    paths: Paths, publish_tables: Publisher
) -> None:
    for _ in range(2):
        publish_tables(fct_a="select 1 as n", fct_b="select 2 as day")
    assert completed("funnelhouse sta", paths.data) == ["status"]
    assert completed("funnelhouse run --full", paths.data) == ["--full-refresh"]
    assert completed("funnelhouse explain fct", paths.data) == ["fct_a", "fct_b"]
    assert completed("funnelhouse explain fct_b.", paths.data) == ["fct_b.day"]
    generations = completed("funnelhouse rollback --generation g", paths.data)
    assert generations == ["g000002", "g000001"]


def test_before_anything_is_published_nothing_is_completed(paths: Paths) -> None:
    assert completed("funnelhouse explain f", paths.data) == []
    assert completed("funnelhouse rollback --generation g", paths.data) == []


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_a_script_that_asks_us(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert f"_FUNNELHOUSE_COMPLETE={shell}_complete" in done.output


def test_bash_takes_the_script_and_completes(tmp_path: Path) -> None:
    script = CliRunner().invoke(main, ["completion", "bash"]).output
    ask = "COMP_WORDS=(funnelhouse stat); COMP_CWORD=1; "
    ask += f"_funnelhouse_completion {shlex.quote(str(FUNNELHOUSE))}; "
    done = subprocess.run(
        ["bash", "--norc", "-c", f"{script}\n{ask} echo ${{COMPREPLY[@]}}"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "FUNNELHOUSE_DATA": str(tmp_path)},
    )
    assert done.stdout.split() == ["status"]


def on_a_terminal(data: Path, **more: str) -> str:
    """What a night without extracts, told in red, writes to a terminal."""
    ours, theirs = pty.openpty()
    known = {"FUNNELHOUSE_DATA": str(data), "TERM": "xterm-256color", **more}
    inherited = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "CI")}
    with subprocess.Popen(
        [FUNNELHOUSE, "run"],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env={**inherited, **known},
    ) as process:
        process.communicate()
    os.close(theirs)
    written = os.read(ours, 65_536).decode()
    os.close(ours)
    return written


def test_colours_are_for_terminals_that_want_them(tmp_path: Path) -> None:
    assert "\x1b[1;31mfailed" in on_a_terminal(tmp_path)
    plain = on_a_terminal(tmp_path, NO_COLOR="1")
    assert "failed" in plain
    assert not re.search(r"\x1b\[[\d;]*3\dm", plain)
    piped = CliRunner().invoke(main, ["run"], env={"FUNNELHOUSE_DATA": str(tmp_path)})
    assert "failed" in piped.output
    assert "\x1b" not in piped.output


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError(13, "Permission denied", "x/y"), "x/y: Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("gone"), "gone"),
    ],
)
def test_what_the_machine_refuses_is_told_with_its_file(
    error: OSError, told: str
) -> None:
    assert told_of(error) == told
