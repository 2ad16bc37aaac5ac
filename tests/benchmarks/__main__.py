"""`python -m tests.benchmarks`: every benchmark, one after another, in few minutes.

`--large` takes the sizes that the targets are stated for, which takes hours. Ends with
1 where any benchmark's answers differ from those of the way beside it.
"""

import subprocess
import sys
from pathlib import Path

import click

Call = tuple[str, ...]


def small(folder: Path) -> list[Call]:
    """Benchmarks and their arguments, for a look in minutes."""
    whole = folder / "build"
    return [
        ("event_funnels", "--events", "2000000", "--folder", str(folder / "events")),
        ("snapshots", str(folder / "snapshots"), "--deals", "20000"),
        ("landing",),
        ("nights", "--deals", "2000", "--events", "40000"),
        ("build", str(whole), "--deals", "2000", "--months", "12"),
        ("queries", str(whole / "4000" / "data")),
        ("dashboard", str(whole / "4000" / "data")),
        ("dashboard", str(whole / "4000" / "data"), "--times", "100"),
    ]


def large(folder: Path) -> list[Call]:
    """Benchmarks and their arguments, at the sizes that the targets are stated for."""
    whole, events = folder / "build", str(folder / "events")
    return [
        ("event_funnels", "--events", "20000000", "--folder", events),
        ("event_funnels", "--events", "100000000", "--folder", events),
        ("snapshots", str(folder / "snapshots"), "--deals", "200000"),
        ("landing", "--large"),
        ("nights", "--deals", "50000", "--events", "1000000"),
        ("build", str(whole), "--deals", "1000000"),
        ("queries", str(whole / "2000000" / "data")),
        ("dashboard", str(whole / "2000000" / "data")),
    ]


@click.command()
@click.option("--large", "is_large", is_flag=True, help="Hours, and 100 GB of disk.")
@click.option("--folder", default=Path("data/bench"), type=click.Path(path_type=Path))
def main(is_large: bool, folder: Path) -> None:
    """Run them all; what they make lies in FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)
    failed = []
    for name, *arguments in (large if is_large else small)(folder.absolute()):
        module = f"tests.benchmarks.{name}"
        ran = subprocess.run([sys.executable, "-m", module, *arguments], check=False)
        failed += [name] if ran.returncode else []
    if failed:
        click.echo(f"failed: {', '.join(failed)}", err=True)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
