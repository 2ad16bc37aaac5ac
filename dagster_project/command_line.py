"""How the command behaves in a shell: faults of the machine in words, completion.

Holds nothing of what a command does, and imports nothing heavy.
"""

import json
import sys
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ZshComplete,
)

from dagster_project.paths import Paths
from dagster_project.remedies import OF_A_COMMAND, with_remedy
from dagster_project.settings import SettingError, Settings

PROGRAM = "funnelhouse"
SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
FAULT = 1


class Commands(click.Group):
    """A group in which a fault of the machine is told in words, and ends with 1.

    Its commands are listed as one comes to need them, which is as they are defined.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.commands]

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except OSError as error:
            refuse(with_remedy(told_of(error), OF_A_COMMAND), FAULT)


def refuse(message: str, code: int) -> NoReturn:
    """End with a code, and say why."""
    click.echo(f"Error: {message}", err=True)
    sys.exit(code)


def told_of(error: OSError) -> str:
    """What the machine refused, and of which file."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def refuse_wrong_places(settings: Settings) -> None:
    """A folder that cannot be one; where extracts come in may still have to be made.

    Raises:
        SettingError: it names the variable and what to do.
    """
    if not settings.seeds.is_dir():
        raise SettingError(
            f"FUNNELHOUSE_SEEDS: {settings.seeds} is no folder; name the one with "
            "stages.csv, or leave the variable unset for that of the project"
        )
    for name, folder in (("DATA", settings.data), ("EXTRACTS", settings.extracts)):
        if folder.exists() and not folder.is_dir():
            raise SettingError(f"FUNNELHOUSE_{name}: {folder} is a file, not a folder")


def unknown_sources(unknown: Collection[str], named: Collection[str]) -> str:
    """What is wrong with the sources that are set, and which is meant."""
    near = [match for each in unknown for match in get_close_matches(each, named, 1)]
    meant = f"did you mean {', '.join(near)}? " if near else ""
    return (
        f"FUNNELHOUSE_SOURCES names {', '.join(unknown)}, which dbt/dbt_project.yml "
        f"does not; {meant}It has {', '.join(named)}"
    )


def completion_script(command: click.Command, shell: str) -> str:
    """What a shell has to read in order to complete our commands."""
    variable = f"_{PROGRAM.upper()}_COMPLETE"
    return SHELLS[shell](command, {}, PROGRAM, variable).source()


def complete_generation(
    _context: click.Context, _param: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Generations that are kept, the newest first."""
    from dagster_project.publishing import generations

    kept = generations(Paths.of(Settings.from_environment()))
    return _begun(reversed(kept), begun)


def complete_table(
    _context: click.Context, _param: click.Parameter, begun: str
) -> list[CompletionItem]:
    """Published tables, and behind a full stop the columns of one."""
    tables = _published_columns(Paths.of(Settings.from_environment()).current)
    table, stop, _ = begun.partition(".")
    if not stop:
        return _begun(tables, begun)
    return _begun((f"{table}.{column}" for column in tables.get(table, ())), begun)


def _published_columns(generation: Path) -> dict[str, list[str]]:
    manifest = generation / "manifest.json"
    if not manifest.is_file():
        return {}
    tables = json.loads(manifest.read_text(encoding="utf-8"))["tables"]
    return {name: [*table["columns"]] for name, table in tables.items()}


def _begun(names: Iterable[str], begun: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(begun)]
