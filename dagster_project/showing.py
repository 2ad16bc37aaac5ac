"""How nights and states look on a terminal; plain lines where there is none."""

import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    ProgressColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from dagster_project.addresses import masked
from dagster_project.estimating import Pace, in_words, seconds_left
from dagster_project.paths import Paths

if TYPE_CHECKING:
    from dagster_project.explaining import Explanation
    from dagster_project.forgetting import Forgetting
    from dagster_project.metrics import Answer, Metric
    from dagster_project.night import GateLine, NightSummary, Progress
    from dagster_project.proving import Proof
    from dagster_project.status import Status

Observe = Callable[["Progress"], None]
NOTES_SHOWN = 10
STEPS = {
    "landing": "landing new files",
    "freeze": "freezing what this run is a function of",
    "stage": "loading seeds, building staging",
    "gate_staging": "judging staging",
    "mart": "building marts",
    "gate_marts": "judging marts",
    "published__generation": "copying marts",
    "published__report": "writing the report",
    "published__current": "publishing",
    "published__postgresql": "publishing to PostgreSQL",
}
_COLORS = {"failed": "red", "refused": "red", "locked": "yellow"}


def console(stderr: bool = False) -> Console:
    """A console; wide and without colours where it is no terminal."""
    made = Console(stderr=stderr, highlight=False)
    return (
        made if made.is_terminal else Console(stderr=stderr, highlight=False, width=200)
    )


class TimeLeft(ProgressColumn):
    """What is left, at the speed up to the last part that was through."""

    max_refresh = 0.5

    def __init__(self, known: float) -> None:
        super().__init__()
        self.known = known

    def render(self, task: Task) -> Text:
        elapsed, told_at = task.elapsed or 0.0, task.fields["told_at"]
        spent = told_at - task.fields["began_at"]
        left = seconds_left(task.completed, self.known, spent)
        if left is None:
            return Text("")
        return Text(in_words(max(left - (elapsed - told_at), 0.0)))


@contextmanager
def progress(paths: Paths, quiet: bool = False) -> Iterator[Observe | None]:
    """Show the steps of a night while they run: a bar, or a line each."""
    err = console(stderr=True)
    if quiet:
        yield None
    elif not is_watched(err):
        yield lambda event: _tell_line(err, event)
    else:
        pace = Pace.of_nights_before(paths)
        columns = (TextColumn("{task.description:40}"), BarColumn())
        more = (TaskProgressColumn(), TimeElapsedColumn(), TimeLeft(pace.total))
        with own_screen() as screen, Bar(*columns, *more, **_apart(screen)) as bar:
            task = bar.add_task("preparing", total=None, began_at=0.0, told_at=0.0)
            yield lambda event: _advance(bar, task, event, pace)


@contextmanager
def own_screen() -> Iterator[Console]:
    """The terminal by a handle of its own: Dagster's steps take stderr for their log.

    Written to by that, a bar would stand still from the first step to the last.
    """
    handle = os.dup(sys.stderr.fileno())
    with os.fdopen(handle, "w", encoding=sys.stderr.encoding) as file:
        yield Console(file=file, highlight=False)


def _apart(screen: Console) -> dict[str, Any]:
    """A bar that leaves alone what steps write, and nothing of itself behind."""
    redirects = {"redirect_stdout": False, "redirect_stderr": False}
    return {"console": screen, "transient": True, **redirects}


def is_watched(err: Console) -> bool:
    """Whether somebody looks on; the log of a robot needs no bar."""
    return err.is_terminal and not err.is_dumb_terminal and not os.environ.get("CI")


def show_night(night: "NightSummary", verbose: bool = False) -> None:
    """One summary at the end: files, rows, gates, marts, seconds, where it lies."""
    out = console()
    _show_outcome(out, night)
    if night.exit_code == 0 and night.outcome == "nothing to do":
        _show_places(out, night)
        return
    if night.steps:
        _show_rows(out, night)
    _show_gates(out, night.gates, verbose)
    if night.marts and night.exit_code == 0:
        out.print(_counts("mart", night.marts))
    _show_places(out, night)
    for warning in night.warnings:
        console(stderr=True).print(f"[yellow]warning:[/] {escape(warning)}")
    if verbose and night.trace:
        console(stderr=True).print(night.trace, markup=False)


def show_profile(profile: Sequence[Mapping[str, Any]]) -> None:
    """Time, rows and memory of every part of a night, the slowest first.

    Tests of dbt are added up by step: a night has some hundred of them.
    """
    table = Table("step", "part", box=None)
    for name in ("seconds", "rows", "memory MB"):
        table.add_column(name, justify="right")
    for each in sorted(_parts(profile), key=lambda part: -part["duration_seconds"]):
        rows, memory = each["rows_count"], each["memory_bytes"]
        table.add_row(
            each["step_code"],
            each["node_name"],
            f"{each['duration_seconds']:.2f}",
            "" if rows is None else f"{rows:,}",
            "" if memory is None else f"{memory / 1024**2:,.0f}",
        )
    console().print(table if profile else "nothing was built, so nothing was measured")


def _parts(profile: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    tests: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for each in profile:
        if each["resource_type"] == "test":
            tests[each["step_code"]].append(each)
        else:
            yield each
    for step, found in tests.items():
        yield {
            "step_code": step,
            "node_name": f"{len(found)} tests",
            "duration_seconds": sum(each["duration_seconds"] for each in found),
            "rows_count": None,
            "memory_bytes": max(each["memory_bytes"] or 0 for each in found),
        }


def show_status(status: "Status", data: Path) -> None:
    """The last publication, the accounting, rejects and gates."""
    out = console()
    if not status.generation:
        told = f"nothing is published in {data} yet: run `funnelhouse run`"
        out.print(told, markup=False, soft_wrap=True)
    else:
        as_of = f"as of {status.as_of} UTC, published {status.published_at} UTC"
        out.print(f"generation [bold]{status.generation}[/], {as_of}")
        out.print(f"generations kept: {', '.join(status.generations)}")
        if status.postgresql:
            out.print(str(status.postgresql), soft_wrap=True, markup=False)
        out.print(_counts("mart", status.tables))
    _show_accounting(out, status)
    _show_rejects(out, status)
    _show_withdrawn(out, status)
    _show_last_gates(out, status)


def show_forgetting(done: "Forgetting", data: Path) -> None:
    """What was erased, what others have to remove, and the proof; never the address."""
    out = console()
    for table, erased in sorted(done.purged.erased.items()):
        cleaned = done.purged.cleaned[table]
        out.print(f"  {table}: {erased:,} rows erased, {cleaned:,} cleaned")
    if done.purged.records:
        out.print(f"  records cleaned: {', '.join(done.purged.records)}", markup=False)
    if done.night is not None:
        show_night(done.night)
    if not done.is_finished:
        out.print(
            "[yellow]not finished[/]: readers still see a generation that counts the "
            "person; mend what the night says, then `funnelhouse run` finishes it"
        )
    if done.dropped:
        out.print(f"generations removed: {', '.join(done.dropped)}")
    if done.server:
        out.print(done.server, soft_wrap=True, markup=False)
    for trace in done.extracts:
        out.print(f"remove it from {masked(str(trace))}", markup=False)
    for trace in done.unread:
        told = f"could not be searched, look into it yourself: {masked(str(trace))}"
        out.print(told, markup=False)
    _show_proof(out, done.proof, data)


def _show_proof(out: Console, proof: "Proof", data: Path) -> None:
    counts = [f"{count} {kind}" for kind, count in sorted(proof.searched.items())]
    out.print(f"searched below {data}: files {', '.join(counts)}", markup=False)
    for trace in proof.found:
        out.print(f"[red]found[/] in {escape(masked(str(trace)))}")
    if not proof.found and not proof.unread:
        out.print("the address stands in none of them")


def show_explanation(told: "Explanation") -> None:
    """What a table or column means, where it comes from, why it may be empty."""
    out = console()
    out.print(f"[bold]{'.'.join(filter(None, (told.table, told.column)))}[/]")
    out.print(told.meaning, markup=False)
    if told.column:
        return
    rows = "nothing is published yet" if told.rows is None else f"{told.rows:,} rows"
    out.print(f"published: {rows}", markup=False)
    for reason in told.reasons:
        out.print(f"  empty: {reason}", markup=False)
    for what in ("seeds", "sources", "models"):
        named = getattr(told, what)
        if named:
            out.print(f"from {what}: {', '.join(named)}", markup=False)
    table = Table("column", "type", "means", box=None)
    for name, each in told.columns.items():
        table.add_row(name, each["type"], escape(each["meaning"]))
    out.print(table)


def show_metrics(metrics: Sequence["Metric"]) -> None:
    """What may be asked by name, and by what each may be cut."""
    out = console()
    for each in metrics:
        out.print(f"[bold]{each.name}[/] {escape(each.description)}", soft_wrap=True)
        out.print(f"  by {', '.join(each.cuts)}", soft_wrap=True, markup=False)


def show_answer(answer: "Answer") -> None:
    """A row a cut; what has no answer says why."""
    table = Table(box=None)
    numbers = {
        name for row in answer.to_dicts() for name in row if _is_number(row[name])
    }
    for name in answer.columns:
        table.add_column(name, justify="right" if name in numbers else "left")
    for row in answer.rows:
        table.add_row(*map(_figure, row))
    out = console()
    out.print(table if answer.rows else "nothing is known of what is asked")
    for reason in answer.reasons:
        out.print(reason, soft_wrap=True, markup=False)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _figure(value: object) -> str:
    """Rates to four places, other numbers by thousands."""
    if not _is_number(value):
        return "" if value is None else escape(str(value))
    if isinstance(value, int):
        return f"{value:,}"
    number = float(str(value))
    return f"{number:.4f}" if abs(number) < 10 else f"{number:,.2f}"


def show_settings(settings: Mapping[str, str]) -> None:
    """Each setting by the variable that sets it."""
    table = Table("variable", "value", box=None)
    for name, value in settings.items():
        table.add_row(name, escape(value))
    console().print(table)


def _tell_line(err: Console, event: "Progress") -> None:
    if event.kind == "planned":
        err.print(STEPS["landing"])
    elif event.kind == "began" and event.step in STEPS:
        err.print(STEPS[event.step])


def _advance(bar: Bar, task: TaskID, event: "Progress", pace: Pace) -> None:
    _describe(bar, task, event)
    if event.kind == "planned":
        total, began_at = pace.total or event.total, bar.tasks[task].elapsed or 0.0
        bar.update(task, total=total, began_at=began_at, told_at=began_at)
    elif pace.total:
        told_at = bar.tasks[task].elapsed or 0.0
        bar.update(task, completed=pace.done(event), told_at=told_at)
    elif event.kind in ("ended", "skipped", "failed"):
        bar.advance(task)


def _describe(bar: Bar, task: TaskID, event: "Progress") -> None:
    name = event.step.replace("__", ".")
    if event.kind == "planned":
        bar.update(task, description="starting")
    elif event.kind == "began":
        bar.update(task, description=STEPS.get(event.step, f"landing {name}"))
    elif event.kind == "told" and event.text.startswith("dbt "):
        bar.update(task, description=event.text.split(": ", 1)[-1])


def _show_outcome(out: Console, night: "NightSummary") -> None:
    color = _COLORS.get(night.outcome, "green")
    what = night.generation or night.outcome
    verb = "published " if night.generation else ""
    as_of = f" as of {night.as_of} UTC" if night.as_of else ""
    seconds = f"{night.seconds:.1f} s"
    out.print(f"[bold {color}]{verb}{escape(what)}[/]{as_of} in {seconds}")
    if night.message:
        out.print(escape(night.message))


def _show_rows(out: Console, night: "NightSummary") -> None:
    refused = f", {night.refused_files} files refused" if night.refused_files else ""
    out.print(
        f"new files {night.files:,}, rows landed {night.landed:,}, "
        f"rejected {night.rejected:,}{refused}"
    )
    if night.erased or night.cleaned:
        out.print(
            f"of forgotten people: rows erased {night.erased:,}, "
            f"cleaned of personal data {night.cleaned:,}"
        )
    for note in night.notes[:NOTES_SHOWN]:
        out.print(f"  {escape(note)}")
    if len(night.notes) > NOTES_SHOWN:
        out.print(f"  … and {len(night.notes) - NOTES_SHOWN} more: funnelhouse status")


def _show_gates(out: Console, gates: list["GateLine"], verbose: bool) -> None:
    if not gates:
        return
    broken = [gate for gate in gates if not gate.passed]
    out.print(f"gates: {len(gates) - len(broken)} rules hold, {len(broken)} are broken")
    for gate in broken:
        color, word = ("red", "refused") if gate.blocks else ("yellow", "warned")
        text = f"{gate.rule}: {gate.message}".rstrip(": ")
        out.print(f"  [{color}]{word}[/] {escape(text)}")
        for offender in gate.offenders if verbose else ():
            told = ", ".join(f"{name}={value}" for name, value in offender.items())
            out.print(f"    {escape(told)}")


def _counts(what: str, rows: Mapping[str, int]) -> Table:
    table = Table(what, box=None)
    table.add_column("rows", justify="right")
    for name, count in rows.items():
        table.add_row(name, f"{count:,}")
    return table


def _show_places(out: Console, night: "NightSummary") -> None:
    places: dict[str, Path | None] = {"facts": night.facts, "report": night.report}
    is_older = not night.generation and any(places.values())
    if night.outcome not in ("published", "nothing to do") and is_older:
        out.print("still published, as before:")
    for name, path in places.items():
        if path:
            out.print(f"{name:7} {path}", soft_wrap=True, markup=False)
    if night.quality:
        out.print(f"quality {night.quality}", soft_wrap=True, markup=False)
    if night.postgresql:
        out.print(f"PostgreSQL: {night.postgresql}", soft_wrap=True, markup=False)


def _show_accounting(out: Console, status: "Status") -> None:
    numbers = ("files", "refused", "physical", "landed", "rejected", "erased")
    table = Table("source", box=None)
    for name in numbers:
        table.add_column(name, justify="right")
    table.add_column("newest extract")
    table.add_column("closes")
    for each in status.accounting:
        counts = (each.files, each.refused_files, each.physical, each.landed)
        more = (each.rejected, each.erased)
        told = "yes" if each.closes else "[red]NO[/]"
        row = [f"{count:,}" for count in (*counts, *more)]
        table.add_row(each.source_code, *row, each.through[:19], told)
    if status.accounting:
        out.print(table)
    refused = sum(each.refused_files for each in status.accounting)
    if refused:
        out.print(f"{refused} files were refused whole: nobody knows how many rows")
    _show_layers(out, status)


def _show_layers(out: Console, status: "Status") -> None:
    table = Table("source", "layer", box=None)
    for name in ("accounts", "most rows"):
        table.add_column(name, justify="right")
    table.add_column("closes")
    for each in status.layers:
        told = "yes" if each.closes else f"[red]NO: {', '.join(each.open_accounts)}[/]"
        counts = (f"{each.accounts:,}", f"{each.rows:,}")
        table.add_row(each.source_code, each.layer_code, *counts, told)
    if status.layers:
        out.print(table)
    if status.accounting:
        out.print("every account closes" if status.closes else "[red]NOT closed[/]")


def _show_rejects(out: Console, status: "Status") -> None:
    for each in status.rejects:
        where = f"{each['source_code']}.{each['table_name']}"
        text = f"rejected {each['rows']:,} of {where}: {each['reason']}"
        out.print(f"{text} (e.g. {each['example_file']})", markup=False)
    if status.rejects:
        out.print("to list and mend them: funnelhouse reland")


def _show_withdrawn(out: Console, status: "Status") -> None:
    for each in status.withdrawn:
        text = f"withdrawn {each['file_name']}: {each['reason']}"
        out.print(text, markup=False)


def _show_last_gates(out: Console, status: "Status") -> None:
    if not status.gates:
        return
    night = status.gates[0]["night_code"]
    broken = [gate for gate in status.gates if not gate["is_passed"]]
    out.print(
        f"gates of night {night}: {len(status.gates)} rules, {len(broken)} broken"
    )
    for gate in broken:
        out.print(f"  {gate['rule_code']}: {gate['message']}", markup=False)
