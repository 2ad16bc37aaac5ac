"""What a benchmark found, as a table: what, measured, target."""

from collections.abc import Iterable
from dataclasses import dataclass

import click


@dataclass(frozen=True)
class Line:
    """A figure beside the one it should have, if it should have one."""

    what: str
    measured: str
    target: str = ""


def show(title: str, lines: Iterable[Line]) -> None:
    """Print the lines as a Markdown table."""
    click.echo(f"\n{title}\n\n| what | measured | target |\n|---|---:|---:|")
    for line in lines:
        click.echo(f"| {line.what} | {line.measured} | {line.target} |")
