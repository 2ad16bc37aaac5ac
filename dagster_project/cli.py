"""The command `funnelhouse`: what a person types, and what they read.

Nothing heavy is imported before a command needs it.
"""

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from zoneinfo import ZoneInfo

import click

from dagster_project.command_line import (
    SHELLS,
    Commands,
    complete_generation,
    complete_table,
    completion_script,
    refuse,
    refuse_wrong_places,
    unknown_sources,
)
from dagster_project.paths import Paths
from dagster_project.settings import SERVERS, SettingError, Settings

if TYPE_CHECKING:
    from dagster_project.checking import Finding
    from dagster_project.night import NightSummary

FAULT, USAGE, REFUSED, LOCKED = 1, 2, 3, 4
FAULTS = ("unknown-stage",)
_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
_PORT = click.IntRange(1, 65535)


class AsOf(click.ParamType["datetime"]):
    """A date, its end in the reporting zone, or an ISO time; becomes naive UTC."""

    name = "date or time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return read_as_of(str(value), current_settings().timezone)
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is neither a date (2026-06-30) nor an ISO time "
                "(2026-06-30T06:00:00+02:00)",
                param,
                ctx,
            )


def read_as_of(text: str, timezone: str) -> datetime:
    """An as-of as typed, in naive UTC; without an offset in the reporting zone."""
    try:
        typed = datetime.combine(date.fromisoformat(text), time(23, 59, 59))
    except ValueError:
        typed = datetime.fromisoformat(text)
    zoned = typed if typed.tzinfo else typed.replace(tzinfo=ZoneInfo(timezone))
    return zoned.astimezone(UTC).replace(tzinfo=None)


def current_settings() -> Settings:
    """The settings; a wrong one is an error of usage."""
    try:
        settings = Settings.from_environment()
        refuse_wrong_places(settings)
    except SettingError as error:
        raise click.UsageError(str(error)) from error
    _refuse_unknown_sources(settings)
    return settings


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="funnelhouse")
def main() -> None:
    """Extracts in, published conversion facts out.

    \b
    Begin with:
      funnelhouse sample --deals 5000 --events 200000 --months 18 --seed 7
      funnelhouse run
      funnelhouse status

    Each command shows examples with --help. Exit codes: 0 done or nothing to do, 1
    fault, 2 usage, 3 refused by a gate or a check, 4 another run holds the lock.
    """


@main.command(short_help="Make sample extracts, and write down the truth in them.")
@click.option("--deals", default=5000, show_default=True, help="Deals to make.")
@click.option("--events", default=200_000, show_default=True, help="Web events.")
@click.option("--months", default=18, show_default=True, help="Months they span.")
@click.option("--seed", default=7, show_default=True, help="Same seed, same bytes.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    type=click.Choice(FAULTS),
    help="Plant a fault; may be given again.",
)
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write; by default the extracts folder.",
)
def sample(
    deals: int,
    events: int,
    months: int,
    seed: int,
    faults: tuple[str, ...],
    to: Path | None,
) -> None:
    """Make sample extracts, with the truth planted in them written beside.

    \b
    Example:
      funnelhouse sample --deals 500 --events 20000 --months 6 --seed 7
    """
    from dagster_project.samples import write_samples

    folder = (to or current_settings().extracts).absolute()
    try:
        write_samples(
            folder, deals=deals, events=events, months=months, seed=seed, faults=faults
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    files = sum(path.is_file() for path in folder.rglob("*"))
    click.echo(f"{folder}: {files} files, {deals} deals, {events} events")


@main.command()
@click.option(
    "--as-of",
    type=AsOf(),
    help="Know nothing later: a date (its end in the reporting zone) or an ISO time.",
)
@click.option("--full-refresh", is_flag=True, help="Build every table anew.")
@click.option(
    "--select",
    metavar="SELECTION",
    help="Build only these models (dbt's syntax), and publish nothing.",
)
@click.option("--verbose", is_flag=True, help="Of a fault, show where it came from.")
@click.option(
    "--profile", is_flag=True, help="Show time, rows and memory of every part."
)
@_JSON
def run(
    as_of: datetime | None,
    full_refresh: bool,
    select: str | None,
    verbose: bool,
    profile: bool,
    as_json: bool,
) -> NoReturn:
    """Run the night: land, build, judge, publish.

    \b
    Examples:
      funnelhouse run
      funnelhouse run --as-of 2026-03-31
      funnelhouse run --select fct_journeys+
      funnelhouse run --profile
    """
    from dagster_project.night import run_night
    from dagster_project.showing import progress, show_night, show_profile

    settings = current_settings()
    with progress(Paths.of(settings), quiet=as_json) as observe:
        summary = run_night(
            settings,
            as_of=as_of,
            full_refresh=full_refresh,
            select=select,
            observe=observe,
        )
    if as_json:
        _print_json(_plain(summary))
    else:
        show_night(summary, verbose)
        if profile:
            show_profile(summary.profile)
    sys.exit(summary.exit_code)


@main.command(short_help="Show what is published, its accounts, how fresh it is.")
@click.option("--settings", "with_settings", is_flag=True, help="Show the settings.")
@_JSON
def status(with_settings: bool, as_json: bool) -> None:
    """Show what is published, whether the accounting closes, and how fresh it is.

    \b
    Examples:
      funnelhouse status
      funnelhouse status --json | jq .accounting
    """
    from dagster_project.showing import show_settings, show_status
    from dagster_project.status import read_status, shown_settings

    settings = current_settings()
    if with_settings:
        shown = shown_settings(settings)
        _print_json(shown) if as_json else show_settings(shown)
        return
    found = read_status(settings)
    _print_json(found.to_dict()) if as_json else show_status(found, settings.data)


@main.command(short_help="Check seeds and source declarations; touches no data.")
@_JSON
def check(as_json: bool) -> NoReturn:
    """Check seeds and source declarations, without touching any data.

    With --json a list of objects with file, line (0: the whole file), column (empty:
    of no one column) and message; the list is empty when all is sound.

    \b
    Examples:
      funnelhouse check
      funnelhouse check --json
    """
    from dagster_project.checking import check_seeds
    from dagster_project.transforming import named_sources

    settings = current_settings()
    found = check_seeds(settings.seeds, named_sources())
    found += _declaration_findings(settings)
    if as_json:
        _print_json([each.to_dict() for each in found])
    for each in () if as_json else found:
        where = f"{each.file}:{each.line}" if each.line else each.file
        click.echo(f"{where}: {each.message}", err=True)
    if not found and not as_json:
        click.echo("seeds and source declarations are sound")
    sys.exit(REFUSED if found else 0)


@main.command(short_help="Parse the models ahead, so that a first night need not.")
def prepare() -> None:
    """Parse the models ahead, so that a first night need not; `make` does it.

    What is parsed lies in dbt/target, for every data folder: for images, and for
    projects that nobody may write to.

    \b
    Example:
      funnelhouse prepare
    """
    from dagster_project.invoking import TransformError
    from dagster_project.transforming import parse_ahead

    try:
        parse_ahead(current_settings())
    except TransformError as error:
        refuse(str(error), FAULT)


@main.command(short_help="Say what a table or column means, or why it is empty.")
@click.argument("name", shell_complete=complete_table)
@_JSON
def explain(name: str, as_json: bool) -> None:
    """Say what a published table or column means, and why a table is empty.

    NAME is a table, TABLE.COLUMN, or a column, which is explained wherever it stands.

    \b
    Examples:
      funnelhouse explain fct_monthly_conversions
      funnelhouse explain fct_journeys.observed_until
      funnelhouse explain fct_target_attainment --json
    """
    from dagster_project import explaining
    from dagster_project.invoking import TransformError
    from dagster_project.showing import show_explanation

    try:
        found = explaining.explain(current_settings(), name)
    except explaining.UnknownNameError as error:
        raise click.UsageError(str(error)) from error
    except TransformError as error:
        refuse(str(error), FAULT)
    if as_json:
        _print_json([each.to_dict() for each in found])
    for each in () if as_json else found:
        show_explanation(each)


@main.command(short_help="Ask what is published by a metric's name.")
@click.argument("names", nargs=-1, metavar="[METRIC]...")
@click.option("--by", multiple=True, metavar="CUT", help="Cut by it; again for more.")
@click.option("--where", multiple=True, metavar="CONDITION", help="Only of these.")
@click.option("--sql", "only_sql", is_flag=True, help="Print the SQL, ask nothing.")
@_JSON
def metrics(
    names: tuple[str, ...],
    by: tuple[str, ...],
    where: tuple[str, ...],
    only_sql: bool,
    as_json: bool,
) -> None:
    """Ask what is published by a metric's name; without one, list the metrics.

    A metric that is empty says what it has to be asked by: a conversion has one pair
    of stages and one horizon, a quota one period.

    \b
    Examples:
      funnelhouse metrics
      funnelhouse metrics win_rate --by month --where horizon_days=90
      funnelhouse metrics pipeline_value --by quarter --by pipeline_code --json
    """
    from dagster_project.metrics import Asked, MetricError, Metrics
    from dagster_project.showing import show_answer, show_metrics

    folder = _published()
    asked, published = Asked(names, by, where), Metrics(folder)
    try:
        if not names:
            known = published.all()
            told = [each.to_dict() for each in known]
            _print_json(told) if as_json else show_metrics(known)
        elif only_sql:
            click.echo(published.sql(asked))
        else:
            answer = published.ask(asked)
            _print_json(answer.to_dicts()) if as_json else show_answer(answer)
    except MetricError as error:
        raise click.UsageError(str(error)) from error


@main.command(short_help="Write a page of all tables, columns and lineage.")
def docs() -> None:
    """Write a page of all tables: columns, lineage, who reads them, a glossary.

    \b
    Example:
      funnelhouse docs
    """
    from dagster_project.documenting import write_docs
    from dagster_project.invoking import TransformError
    from dagster_project.locking import LockHeldError

    try:
        click.echo(write_docs(current_settings()))
    except LockHeldError as error:
        refuse(str(error), LOCKED)
    except TransformError as error:
        refuse(str(error), FAULT)


@main.command()
@click.option("--path", "only_path", is_flag=True, help="Only print where it lies.")
def report(only_path: bool) -> None:
    """Write the report of the current generation again.

    \b
    Example:
      funnelhouse report --path
    """
    folder = _published()
    if only_path:
        click.echo(folder / "report" / "index.html")
        return
    from dagster_project.bi import write_quality, write_report
    from dagster_project.explaining import Facts, reasons_of_empty

    paths = Paths.of(current_settings())
    reasons = reasons_of_empty(Facts.of(current_settings()))
    click.echo(write_report(folder, reasons, paths.workshop))
    click.echo(write_quality(folder, paths))


@main.command(short_help="Serve the dashboard, until it is stopped with Ctrl-C.")
@click.option(
    "--port", default=8501, show_default=True, type=_PORT, help="Where to listen."
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Whom to listen for; by default this machine alone.",
)
def dashboard(port: int, host: str) -> None:
    """Open the dashboard in a browser's reach, until it is stopped with Ctrl-C.

    It shows what is published, resolved anew for each view, and stays up while nights
    publish. It has no log-in: listen for more than this machine only behind one.

    \b
    Examples:
      funnelhouse dashboard
      funnelhouse dashboard --port 8600
    """
    import os

    from dagster_project.bi.dashboard import serving

    settings = current_settings()
    _refuse_used_port("a dashboard", host, port)
    click.echo(f"http://{host}:{port} shows {Paths.of(settings).current}")
    sys.stdout.flush()
    call = serving.call(host, port)
    os.execv(call[0], call)  # noqa: S606


@main.command()
@click.option(
    "--generation",
    metavar="ID",
    help="Which; by default the one before.",
    shell_complete=complete_generation,
)
def rollback(generation: str | None) -> None:
    """Switch readers back to an earlier generation.

    The next night publishes anew: take out what was wrong before it runs.

    \b
    Examples:
      funnelhouse rollback
      funnelhouse rollback --generation g000012
    """
    from dagster_project.locking import LockHeldError, run_lock
    from dagster_project.publishing import NoGenerationError
    from dagster_project.publishing import rollback as switch_back

    settings = current_settings()
    paths = Paths.of(settings)
    try:
        with run_lock(paths.lock):
            click.echo(f"{paths.current} is now {switch_back(paths, generation)}")
            if settings.publish_to:
                _copy_to_server(settings, paths)
    except LockHeldError as error:
        refuse(str(error), LOCKED)
    except NoGenerationError as error:
        refuse(str(error), FAULT)


@main.command(short_help="Load what is published into PostgreSQL.")
@click.option(
    "--to",
    "server",
    type=click.Choice(SERVERS),
    required=True,
    help="Where readers are besides those of files.",
)
def publish(server: str) -> None:
    """Load the current generation into a PostgreSQL schema, and switch its readers.

    Where: FUNNELHOUSE_POSTGRES_URL, else libpq's PGHOST, PGUSER, PGPASSWORD and so on.
    FUNNELHOUSE_POSTGRES_SCHEMA (funnelhouse) is the schema, _READER a role that may
    read it. With FUNNELHOUSE_PUBLISH_TO=postgresql every night does this by itself.

    \b
    Example:
      funnelhouse publish --to postgresql
    """
    from dagster_project.locking import LockHeldError, run_lock
    from dagster_project.postgresql import is_configured

    settings = current_settings()
    if not is_configured(settings):
        raise click.UsageError(
            f"no {server} server is named: set FUNNELHOUSE_POSTGRES_URL, or PGHOST, "
            "PGDATABASE, PGUSER and PGPASSWORD"
        )
    paths = Paths.of(settings)
    try:
        with run_lock(paths.lock):
            _copy_to_server(settings, paths)
    except LockHeldError as error:
        refuse(str(error), LOCKED)


_FILE = click.argument("file")
_SHA256 = click.option(
    "--sha256",
    metavar="PREFIX",
    default="",
    help="Which version of the file, by how its sha256 begins.",
)


@main.command(short_help="Take back FILE, as if it had never come.")
@_FILE
@click.option("--reason", required=True, help="Why; shown wherever the file is.")
@_SHA256
def withdraw(file: str, reason: str, sha256: str) -> None:
    """Take back FILE, an extract already landed, as if it had never come.

    FILE is its name below extracts/. Of several versions the newest that counts is
    taken back, and the one before it counts again. Nothing is deleted.

    \b
    Examples:
      funnelhouse withdraw plain/deals_2026-02-10.csv --reason "wrong currency"
      funnelhouse withdraw ad_spend/2026-02-10.csv --sha256 9f2c --reason "a test"
    """
    from dagster_project import corrections

    settings = current_settings()
    _correct(lambda: corrections.withdraw(settings, file, reason, sha256))


@main.command(short_help="Let FILE, which was withdrawn, in again.")
@_FILE
@click.option("--reason", default="", help="Why.")
@_SHA256
def admit(file: str, reason: str, sha256: str) -> None:
    """Let FILE, which was withdrawn, in again, as if it had always been there.

    \b
    Example:
      funnelhouse admit plain/deals_2026-02-10.csv --reason "it was right"
    """
    from dagster_project import corrections

    settings = current_settings()
    _correct(lambda: corrections.admit(settings, file, reason, sha256))


@main.command(short_help="Land FILE again, its rejected records mended.")
@click.argument("file", required=False)
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rejected records here, to mend them.",
)
@click.option(
    "--from",
    "mended",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Land the mended records that are good now.",
)
@_SHA256
@_JSON
def reland(
    file: str | None,
    to: Path | None,
    mended: Path | None,
    sha256: str,
    as_json: bool,
) -> None:
    """Land FILE again: with its rejected records mended, or as it is declared now.

    Without FILE, list the files that have rejected records. With FILE alone, read it
    again from extracts/: its declaration was mended, not the file.

    In the file to mend each record stands behind the number of its line. Records left
    out, or still bad, stay rejected.

    \b
    Examples:
      funnelhouse reland
      funnelhouse reland --json | jq '.[].file_name'
      funnelhouse reland plain/deals_2026-02-10.csv --to mend.csv
      funnelhouse reland plain/deals_2026-02-10.csv --from mend.csv
      funnelhouse reland plain/deals_2026-02-10.csv
    """
    from dagster_project import corrections

    if (to and mended) or (not file and (to or mended or sha256)):
        raise click.UsageError("state FILE, and of --to and --from one at most")
    if file and as_json:
        raise click.UsageError("--json is for the list of files: leave out FILE")
    settings = current_settings()
    if as_json:
        _correct(lambda: [_json(corrections.rejected_files(settings))])
    elif not file:
        _correct(lambda: corrections.list_rejects(settings))
    elif to:
        _correct(lambda: corrections.write_rejects(settings, file, sha256, to))
    elif mended:
        _correct(lambda: corrections.land_mended(settings, file, sha256, mended))
    else:
        _correct(lambda: corrections.reland(settings, file, sha256))


@main.command(short_help="Erase a person everywhere, and prove it.")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask whether this is meant.")
@_JSON
def forget(address: str, yes: bool, as_json: bool) -> NoReturn:
    """Erase a person by e-mail address, from everything below the data folder.

    With FUNNELHOUSE_PUBLISH_TO or FUNNELHOUSE_POSTGRES_URL set, PostgreSQL then shows
    what is published without the person; another copy is yours to publish anew.

    Facts of journeys stay, without the person. A salted hash keeps the person out of
    what is landed later. Runs the night, removes every generation published before,
    lists the extracts that still hold the address, and searches for what is left.
    Killed at any point, it is completed by the same command again.

    \b
    Example:
      funnelhouse forget jane@example.com --yes
    """
    from dagster_project.addresses import is_address
    from dagster_project.forgetting import forget as erase
    from dagster_project.invoking import TransformError
    from dagster_project.landing import LandingError
    from dagster_project.locking import LockHeldError
    from dagster_project.showing import show_forgetting

    if not is_address(address):
        raise click.UsageError("this is no e-mail address: name@example.com")
    _make_sure(yes)
    settings = current_settings()
    try:
        done = erase(settings, address, lambda text: click.echo(text, err=True))
    except LockHeldError as error:
        refuse(str(error), LOCKED)
    except (LandingError, TransformError) as error:
        refuse(str(error), FAULT)
    if as_json:
        _print_json(done.to_dict())
    else:
        show_forgetting(done, settings.data)
    sys.exit(done.exit_code)


@main.command(short_help="Print what bash, zsh or fish needs to complete commands.")
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print what a shell has to read to complete commands, tables and generations.

    Of bash 4.4 or newer; of zsh the folder has to stand in fpath before compinit.

    \b
    Examples:
      echo 'source <(funnelhouse completion bash)' >> ~/.bashrc
      funnelhouse completion zsh > ~/.zfunc/_funnelhouse
      funnelhouse completion fish > ~/.config/fish/completions/funnelhouse.fish
    """
    click.echo(completion_script(main, shell))


@main.command(hidden=True)
@click.option("--port", default=3000, show_default=True, type=_PORT)
def ui(port: int) -> None:
    """Open Dagster's UI on this machine alone; `make dagster` calls it.

    \b
    Example:
      funnelhouse ui --port 3001
    """
    import os

    from dagster_project.night import write_instance_settings
    from dagster_project.transforming import apply_environment

    settings = current_settings()
    paths = Paths.of(settings)
    _refuse_used_port("Dagster", "127.0.0.1", port)
    apply_environment(settings, paths)
    write_instance_settings(paths)
    module = ["-m", "dagster_project.definitions"]
    call = [sys.executable, "-m", "dagster", "dev", *module]
    os.execv(sys.executable, [*call, "--host", "127.0.0.1", "--port", str(port)])  # noqa: S606


def _copy_to_server(settings: Settings, paths: Paths) -> None:
    from dagster_project.postgresql import PostgresError, publish_current

    try:
        copy = publish_current(settings, paths)
    except PostgresError as error:
        refuse(str(error), FAULT)
    click.echo(f"{'' if copy.is_new else 'nothing to do: '}{copy}")


def _published() -> Path:
    """The folder of the current generation."""
    folder = Paths.of(current_settings()).current.resolve()
    if not (folder / "manifest.json").is_file():
        refuse("nothing is published yet: run `funnelhouse run` first", FAULT)
    return folder


def _refuse_used_port(what: str, host: str, port: int) -> None:
    from dagster_project.bi.dashboard import serving

    try:
        serving.refuse_used_port(what, host, port)
    except serving.PortInUseError as error:
        refuse(str(error), FAULT)


def _make_sure(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("what is erased cannot be brought back: say --yes")
    click.confirm("What is erased cannot be brought back. Erase?", abort=True)


def _refuse_unknown_sources(settings: Settings) -> None:
    from dagster_project.transforming import named_sources

    named = named_sources() if settings.sources else ()
    unknown = [source for source in settings.sources if source not in named]
    if unknown:
        raise click.UsageError(unknown_sources(unknown, named))


def _declaration_findings(settings: Settings) -> "list[Finding]":
    """What is wrong with the declarations of sources, by file and line."""
    from dagster_project.checking import Finding
    from dagster_project.landing.declarations import check_declarations, check_named
    from dagster_project.paths import DBT
    from dagster_project.transforming import named_sources

    found = check_declarations(DBT, settings.sources)
    if not settings.sources:
        found = found or check_named(DBT, named_sources())
    return [
        Finding(f"dbt/{wrong.file.relative_to(DBT)}", wrong.line, wrong.message)
        for wrong in found
    ]


def _correct(correct: Callable[[], list[str]]) -> None:
    """Correct what is landed, and tell what that means."""
    from dagster_project.invoking import TransformError
    from dagster_project.landing import ContractError, LandingError
    from dagster_project.landing.choosing import ChoiceError
    from dagster_project.landing.incoming import RefusedError
    from dagster_project.landing.mending import MendError
    from dagster_project.locking import LockHeldError

    try:
        for line in correct():
            click.echo(line)
    except (ChoiceError, MendError) as error:
        raise click.UsageError(str(error)) from error
    except RefusedError as error:
        refuse(f"{error}; what was landed before still counts", REFUSED)
    except LockHeldError as error:
        refuse(str(error), LOCKED)
    except (ContractError, LandingError, TransformError) as error:
        refuse(str(error), FAULT)


def _plain(summary: "NightSummary") -> Mapping[str, Any]:
    from dataclasses import asdict

    return asdict(summary)


def _print_json(value: Any) -> None:
    click.echo(_json(value))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, default=str)
