"""`python -m tests.mutations`: makes each fault in a copy; a test must notice it."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import click

from dagster_project.paths import DBT
from tests.mutations.faults import FAULTS
from tests.mutations.faults.fault import Fault
from tests.mutations.workshop import Workshop


@click.command()
@click.option(
    "--only", metavar="NAME", multiple=True, help="Faults so named, or so in part."
)
@click.option("--list", "is_list", is_flag=True, help="List the faults and stop.")
def main(only: tuple[str, ...], is_list: bool) -> None:
    """Make each fault in a copy of the project, and see that its test fails.

    Exits with 1 when a fault survives, with 2 when it could not be tried.
    """
    faults = [each for each in FAULTS if not only or any(n in each.name for n in only)]
    if is_list:
        click.echo("\n".join(f"{each.name}\n    {each.caught_by}" for each in faults))
        return
    _refuse_if([text for each in faults if (text := each.complaint(DBT))])
    _refuse_if([] if faults else [f"no fault is named {' or '.join(only)}"])
    with TemporaryDirectory(prefix="funnelhouse-mutants-") as folder:
        sys.exit(_try_all(faults, Path(folder)))


def _try_all(faults: list[Fault], folder: Path) -> int:
    workshop = Workshop.opened(folder)
    tests = sorted({each.caught_by for each in faults})
    whole = workshop.statuses(tests)
    _refuse_if(
        [f"{t}: {s}, without any fault" for t, s in whole.items() if s != "pass"]
    )
    width = max(len(each.name) for each in faults)
    click.echo(f"seconds  {'fault':<{width}}  caught by")
    verdicts = [_try_one(workshop, each, width) for each in faults]
    click.echo(f"{verdicts.count(True)} of {len(faults)} faults were caught")
    return 0 if all(verdicts) else 1


def _try_one(workshop: Workshop, fault: Fault, width: int) -> bool:
    """Whether the test failed; one that could not run has noticed nothing."""
    began = perf_counter()
    with workshop.spoiled_by(fault):
        status = workshop.statuses([fault.caught_by])[fault.caught_by]
    words = {"fail": fault.caught_by, "pass": f"SURVIVED {fault.caught_by}"}
    found = words.get(status, f"SURVIVED, for {fault.caught_by} ended in: {status}")
    click.echo(f"{perf_counter() - began:7.1f}  {fault.name:<{width}}  {found}")
    return status == "fail"


def _refuse_if(complaints: list[str]) -> None:
    if complaints:
        click.echo("\n".join(complaints), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
