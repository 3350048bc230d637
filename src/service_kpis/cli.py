"""The command line: thin, each command hands over to its module."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from service_kpis.errors import UserError
from service_kpis.project import RAW_PATH_VARIABLE, database_path, find_project, project_variables

EXIT_FOUND = 1
EXIT_WRONG_USE = 2

# A log has no width of its own; the scorecard needs more than the 80 columns that would be assumed.
_WIDTH_OF_A_LOG = 120

# The base of BadParameter, which is how the library says that it was called wrongly.
_ClickError: type[Exception] = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name="service-kpis",
    help="Customer-service KPIs: made-up data, checks, connectors, refresh, scorecard. `dbt build` builds.",
    no_args_is_help=True,
    context_settings={"max_content_width": 100},
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
load = typer.Typer(
    help="Bring the export of a helpdesk to the raw tables.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(load, name="load")


class Format(str, Enum):
    """File formats of the raw tables."""

    csv = "csv"
    parquet = "parquet"


class Target(str, Enum):
    """Engines that a refresh publishes on."""

    duckdb = "duckdb"
    postgres = "postgres"
    spark = "spark"


class Schema(str, Enum):
    """Schemas that others may read."""

    kpis = "kpis"
    marts = "marts"
    quality = "quality"


class Grain(str, Enum):
    """Period lengths of the scorecard."""

    week = "week"
    month = "month"
    quarter = "quarter"


class Lang(str, Enum):
    """Languages of names and figures."""

    en = "en"
    fr = "fr"


RawPath = Annotated[
    Path | None,
    typer.Option(help=f"Folder with the raw tables.  [default: {RAW_PATH_VARIABLE} of the environment]"),
]
_WAREHOUSE = typer.Option(help="Folder to publish in.  [default: the project's warehouse/]")
_TARGET = typer.Option(help="Engine to publish on.")


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _WIDTH_OF_A_LOG
    return console


@contextmanager
def _progress(task_name: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, none in a log. Yields what moves it: called with (steps done, all steps)."""
    console = _console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(task_name, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@app.command()
def generate(
    out: Annotated[Path, typer.Option(help="Folder for the raw tables; made if it is not there.")],
    tickets: Annotated[int, typer.Option(min=1, max=99_999_999, help="How many tickets.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed and version give the same bytes.")] = 42,
    file_format: Annotated[Format, typer.Option("--format", help="File format.")] = Format.csv,
    ends_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day of the 18 months.  [default: that of the demo]"),
    ] = None,
) -> None:
    """Make the raw tables of a believable company, of any size."""
    from service_kpis.generate import generate as generate_company

    with _progress(f"Making {tickets:,} tickets") as advance:
        try:
            rows = generate_company(
                tickets=tickets,
                seed=seed,
                out=out,
                format=file_format.value,
                ends_on=ends_on.date() if ends_on else None,
                progress=advance,
            )
        except (FileExistsError, NotADirectoryError) as error:
            # Its own words where it looked before it leapt, else those of the system.
            reason = f"{error.filename} is a file: --out takes a folder" if error.filename else str(error)
            raise UserError(f"{reason.rstrip('.')}.") from error
        except ValueError as error:
            raise UserError(f"{error}.") from error
    console = _console()
    for table, count in rows.items():
        console.print(f"{count:>12,}  {table}")
    console.print(f"Next: dbt build --vars '{{raw_path: {out.resolve()}}}'", soft_wrap=True, markup=False)


@app.command("check-inputs")
def check_inputs(
    raw_path: RawPath = None,
    variables: Annotated[
        str, typer.Option("--vars", help="dbt variables as YAML, such as '{source_timezone: Europe/Paris}'.")
    ] = "{}",
    examples: Annotated[int, typer.Option(min=0, help="Rejected rows to show of each rule.")] = 3,
    values: Annotated[
        bool, typer.Option("--values", help="Show those rows whole; they may hold personal data.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 as soon as one row is rejected.")
    ] = False,
) -> None:
    """Show what a build would reject, without building.

    Exit code: 0 if a build would go through (rejected rows alone do not stop it), 1 if it would stop,
    2 for wrong use.
    """
    from service_kpis import check_inputs as inputs

    given = _variables(variables)
    project = find_project()
    folder = _raw_folder(raw_path, "check", project_variables(project, given))
    with _progress("Reading the raw tables") as advance:
        found = inputs.check_inputs(
            folder, project=project, variables=given, examples=examples, on_step=advance
        )
    _console().print(inputs.render(found, with_values=values), soft_wrap=values)
    if not found.would_build or (strict and found.rejected):
        raise typer.Exit(EXIT_FOUND)


@app.command()
def show(
    lang: Annotated[Lang, typer.Option(help="Language of names and figures.")] = Lang.en,
    period: Annotated[Grain, typer.Option(help="Length of the period.")] = Grain.month,
    database: Annotated[
        Path | None, typer.Option(help="DuckDB file.  [default: the project's own working copy]")
    ] = None,
) -> None:
    """Show the scorecard of the last complete period.

    Every KPI with its value, that of the period before, whether the change is for the better and more than
    noise, and its target.
    """
    from service_kpis import show as scorecard

    found = scorecard.read_scorecard(database_path(database), grain=period.value, language=lang.value)
    _console().print(scorecard.render(found))


@app.command()
def export(
    out: Annotated[Path, typer.Option(help="Folder for the files; made if it is not there.")],
    file_format: Annotated[Format, typer.Option("--format", help="File format.")] = Format.parquet,
    schema: Annotated[
        list[Schema] | None,
        typer.Option(help="Schema to export; may be given several times.  [default: kpis]"),
    ] = None,
    database: Annotated[
        Path | None, typer.Option(help="DuckDB file.  [default: the project's own working copy]")
    ] = None,
) -> None:
    """Write tables to files, sorted: the same rows give the same bytes."""
    from service_kpis import export as exports

    with _progress("Writing tables") as advance:
        rows = exports.export(
            database_path(database),
            out,
            file_format=file_format.value,
            schemas=[one.value for one in schema or [Schema.kpis]],
            on_step=advance,
        )
    for table, count in rows.items():
        _console().print(f"{count:>12,}  {table}")


@app.command()
def refresh(
    raw_path: RawPath = None,
    variables: Annotated[
        str, typer.Option("--vars", help="dbt variables as YAML, such as '{report_timezone: Europe/Paris}'.")
    ] = "{}",
    target: Annotated[Target, _TARGET] = Target.duckdb,
    warehouse: Annotated[Path | None, _WAREHOUSE] = None,
    keep: Annotated[int, typer.Option(min=2, help="Versions to keep (PostgreSQL and Spark keep two).")] = 3,
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Start from nothing, not from the last version.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do everything but publish, and say what would change.")
    ] = False,
    max_shrink: Annotated[
        float, typer.Option(min=0, max=100, help="Percent of its rows that a mart may lose.")
    ] = 10,
    allow_shrink: Annotated[
        bool,
        typer.Option(
            "--allow-shrink", help="Less than the last version had is right: rows, tables, figures."
        ),
    ] = False,
    max_age: Annotated[
        float | None, typer.Option(min=0, help="Hours that the newest row may be old.  [default: any]")
    ] = None,
    notify: Annotated[
        list[str] | None,
        typer.Option(
            help="Web address or command told of failures and new signals; may be given several times."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Build, audit and publish: what a schedule runs every night.

    Readers open current/service_kpis.duckdb in the warehouse's folder, or the schemas kpis and marts on
    PostgreSQL or Spark: they see the old figures or the new.

    Exit code: 0 published, 1 the build or a data test failed, 2 wrong use or wrong inputs, 3 the audit
    failed, 4 another refresh is at work, 5 the disk is full. Unless it is 0, nothing changed for readers.
    """
    from service_kpis.refresh import Settings
    from service_kpis.refresh.command import refresh_and_tell

    given = _variables(variables)
    project = find_project()
    # As in a build: a schema that variables name is read, whatever folder the environment names.
    said = project_variables(project, given)
    folder = raw_path or (None if said.get("raw_schema") else _named_folder(said))
    refresh_and_tell(
        Settings(
            project=project,
            warehouse=(warehouse or project / "warehouse").absolute(),
            raw_path=folder.absolute() if folder else None,
            variables=given,
            keep=keep,
            full_refresh=full_refresh,
            dry_run=dry_run,
            max_shrink=max_shrink / 100,
            allow_shrink=allow_shrink,
            max_age_hours=max_age,
        ),
        target=target.value,
        receivers=notify or [],
        quiet=quiet,
        out=_console(),
        err=_console(stderr=True),
    )


@app.command()
def rollback(
    to: Annotated[str | None, typer.Option(help="Version to go to.  [default: the one before]")] = None,
    list_all: Annotated[bool, typer.Option("--list", help="List the versions, change nothing.")] = False,
    target: Annotated[Target, _TARGET] = Target.duckdb,
    warehouse: Annotated[Path | None, _WAREHOUSE] = None,
) -> None:
    """Show readers an earlier version again. The next refresh publishes a new one as usual."""
    from service_kpis.refresh.command import place_of

    place = place_of(target.value, (warehouse or find_project() / "warehouse").absolute())
    if list_all:
        for version in place.versions():
            size = "" if version.size_bytes is None else f"  {version.size_bytes / 1e6:>9,.1f} MB"
            mark = "*" if version.is_current else " "
            line = f"{mark} {version.name}  {version.rows_read:>13,} rows read{size}"
            _console().print(line, markup=False)
        return
    done = place.roll_back(to)
    _console().print(f"current is {done.version} now; it was {done.before}.", markup=False)


@load.command("servicenow")
def load_servicenow(
    source: Annotated[Path, typer.Option("--from", help="Incident log: Parquet or CSV.")],
    out: Annotated[Path, typer.Option(help="Folder for the raw tables; made if it is not there.")],
    timezone: Annotated[str, typer.Option(help="Zone of the log's times, which name none.")] = "UTC",
    system_account: Annotated[
        list[str] | None,
        typer.Option(help="Account whose changes are nobody's work; may be given several times."),
    ] = None,
) -> None:
    """A ServiceNow incident log (one row per update of an incident)."""
    from service_kpis import connectors

    with _console(stderr=True).status(f"Reading {source}"):
        accounts = {"system_accounts": system_account} if system_account else {}
        report = connectors.load_servicenow(source, out, timezone=timezone, **accounts)
    _print_report(report)


@load.command("csv")
def load_csv(
    mapping: Annotated[Path, typer.Option(help="YAML file that says which column is what.")],
    source: Annotated[Path, typer.Option("--from", help="The export: a CSV file.")],
    out: Annotated[Path, typer.Option(help="Folder for the raw tables; made if it is not there.")],
) -> None:
    """Any CSV export, by a mapping of its columns."""
    from service_kpis import connectors

    with _console(stderr=True).status(f"Reading {source}"):
        report = connectors.load_csv(mapping, source, out)
    _print_report(report)


@load.command("postgres")
def load_postgres(
    raw_path: RawPath = None,
    schema: Annotated[
        str, typer.Option(help="Schema to load into; builds name it in the variable raw_schema.")
    ] = "helpdesk",
) -> None:
    """Copy the raw tables into a schema of PostgreSQL (docs/engines.md), policy files included."""
    from service_kpis import postgres

    folder = _raw_folder(raw_path, "load")
    project = find_project()
    with _progress(f"Copying to {schema}") as advance:
        rows = postgres.load_raw(folder, schema, project=project, on_step=advance)
    console = _console()
    for table, count in rows.items():
        console.print(f"{count:>12,}  {table}")
    variables = f"--vars '{{raw_schema: {schema}}}'"
    console.print(
        f"Next: service-kpis classify {variables}; dbt build --target postgres {variables}",
        soft_wrap=True,
        markup=False,
    )


@load.command("spark")
def load_spark(
    out: Annotated[Path, typer.Option(help="Folder for the Parquet files; made if it is not there.")],
    raw_path: RawPath = None,
) -> None:
    """Write the raw tables as Parquet files for Spark (docs/engines.md), policy files included.

    Folders of Parquet files need not be loaded: Spark reads them where they are.
    """
    from service_kpis import spark

    folder = _raw_folder(raw_path, "load")
    project = find_project()
    with _progress(f"Writing to {out}") as advance:
        rows = spark.load_raw(folder, out, project=project, on_step=advance)
    console = _console()
    for table, count in rows.items():
        console.print(f"{count:>12,}  {table}")
    arguments = f"{{folder: {out.resolve()}, schema: helpdesk}}"
    console.print(
        f"Next: dbt run-operation name_raw_folder --target spark --args '{arguments}'; "
        "dbt build --target spark --vars '{raw_schema: helpdesk}'",
        soft_wrap=True,
        markup=False,
    )


@app.command()
def classify(
    variables: Annotated[
        str, typer.Option("--vars", help="dbt variables as YAML, those of the build that follows.")
    ] = "{}",
) -> None:
    """Read the sentiment of texts on PostgreSQL, before `dbt build --target postgres`.

    On DuckDB a build does so itself.
    """
    from service_kpis import postgres

    given = _variables(variables)
    project = find_project()
    with _progress("Finding the texts") as advance:
        count = postgres.classify_texts(project=project, variables=given, on_step=advance)
    _console().print(f"{count:,} texts read.")


def _print_report(report: Any) -> None:
    for line in report.lines():
        _console().print(line, soft_wrap=True, markup=False)


def _named_folder(variables: Mapping[str, Any]) -> Path | None:
    """The folder of raw files that the variables of a run name or, where they do not, the environment."""
    named = variables.get("raw_path") or os.environ.get(RAW_PATH_VARIABLE)
    return Path(named) if named else None


def _raw_folder(option: Path | None, purpose: str, variables: Mapping[str, Any] | None = None) -> Path:
    """The folder of an option or, without it, the one that is named elsewhere. UserError if there is none."""
    folder = option or _named_folder(variables or {})
    if folder is None:
        raise UserError(f"no folder to {purpose}: name it with --raw-path or in {RAW_PATH_VARIABLE}.")
    return folder


def _variables(text: str) -> dict[str, Any]:
    try:
        variables = yaml.safe_load(text) or {}
    except yaml.YAMLError:
        variables = None
    if not isinstance(variables, dict):
        raise UserError(f"--vars {text!r} is no YAML mapping: write it as '{{name: value}}'.")
    return variables


def main() -> None:
    """Entry point: what the user can mend is one line on standard error, never a traceback."""
    try:
        code = app(standalone_mode=False)
    except UserError as error:
        _fail(str(error), code=error.exit_code)
    except PermissionError as error:
        _fail(f"{error.filename} is not yours to read or write: choose another place or change its rights.")
    except FileExistsError as error:
        _fail(f"{error.filename} is there and no folder: name another place.")
    except OSError as error:
        _fail(f"{error.filename or 'the disk'}: {error.strerror or error}.")
    except _ClickError as error:
        if error.__class__.__name__ == "NoArgsIsHelpError":
            sys.stdout.write(f"{error.format_message()}\n")  # type: ignore[attr-defined]
            sys.exit()
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "service-kpis"
        # "Value error" is the word of the library that checks, not of the user.
        complaint = error.format_message().replace(": Value error, ", ": ").rstrip(".")  # type: ignore[attr-defined]
        _fail(f"{complaint}. `{command} --help` lists what there is.")
    except (KeyboardInterrupt, typer.Abort):
        _fail("stopped.", code=130)
    else:
        sys.exit(code or 0)


def _fail(message: str, code: int = EXIT_WRONG_USE) -> None:
    sys.stderr.write(f"error: {message}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
