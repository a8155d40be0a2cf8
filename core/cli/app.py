"""The `garrison` command: global options, the commands, exit codes.

Exit codes: 0 success; 1 a training would not fit (`train --plan`), a release is not what it was (`release verify` and
`lineage`), or a defect; 2 invalid input; 3 setup problem; 4 job failed; 130 canceled.
"""

import io
import logging
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from core import __version__, installation
from core.cli import (
    approval,
    audit,
    comparisons,
    conversation,
    datasets,
    deploy,
    documents,
    experiments,
    feedback,
    jobs,
    keys,
    lists,
    models,
    monitoring,
    people,
    privacy,
    projects,
    questions,
    reidentification,
    releases,
    searching,
    selftest,
    service,
    sources,
    training,
)
from core.cli.shell import Shell, report_error
from core.crash_reports import record_crash
from core.errors import GarrisonError, InputError, JobCancelled, SetupError
from core.files import disk_error
from core.offline import refuse_connections
from core.settings import default_home

LOG_NAME = "defects.log"  # in the workspace folder

app = typer.Typer(
    name="garrison",
    help="Fine-tune language models on private documents, without a network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(projects.app, name="project", help="Create, list, show or delete projects.")
app.add_typer(documents.app, name="documents", help="Bring documents into a project.")
app.add_typer(lists.app, name="lists", help="What is always, and what is never, personal data: entries and patterns.")
app.add_typer(approval.app, name="review", help="What was found: decide on it, read the sample, propose, approve.")
app.add_typer(questions.app, name="questions", help="Make, filter, import and export question pairs.")
app.add_typer(feedback.app, name="feedback", help="What people said of answers: list, use, set aside.")
app.add_typer(datasets.app, name="dataset", help="Frozen question pairs: list, show, compare, freeze.")
app.add_typer(experiments.app, name="experiment", help="Several trainings at once, compared: start, show, cancel.")
app.add_typer(models.app, name="models", help="The models on this machine.")
app.add_typer(sources.app, name="sources", help="What answers from the documents rest on: index, show, calibrate.")
app.add_typer(jobs.app, name="jobs", help="Long work: follow, cancel, resume.")
app.add_typer(audit.app, name="audit", help="Who did what: show, verify, export.")
app.add_typer(releases.app, name="release", help="Exported runs: list, verify.")
app.add_typer(people.app, name="people", help="Who signed in, and what they may do.")
app.add_typer(keys.app, name="key", help="Keys with which programs ask a service: make, list, revoke.")
app.add_typer(comparisons.app, name="comparisons", help="Models compared over question files: list, report, export, delete.")
for commands in (
    privacy,
    reidentification,
    training,
    monitoring,
    releases,
    searching,
    conversation,
    comparisons,
    service,
    deploy,
    selftest,
):
    commands.register(app)


@app.callback()
def options(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="The workspace folder (or GARRISON_HOME).", show_default=False)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Set global options, which may appear anywhere on the command line."""
    context.obj = Shell(home or default_home(), is_json=json)


@app.command()
def version(context: typer.Context) -> None:
    """Print the version."""
    shell = context.obj
    copy = installation.current() if shell.is_json else None  # several megabytes, so not shown as text
    shell.show({"version": __version__, "installation": copy}, __version__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code; errors are printed as one line, never as a traceback."""
    refuse_connections()
    given = _globals_first(list(sys.argv[1:] if arguments is None else arguments))
    is_json = "--json" in given
    home = _home_of(given)
    for stream in (sys.stdout, sys.stderr):  # a name the terminal cannot display must not crash a command
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(given, standalone_mode=False, prog_name="garrison")
        if code == JobCancelled.exit_code:  # typer's result for Ctrl-C
            raise KeyboardInterrupt
    except GarrisonError as error:
        code = report_error(error, is_json=is_json)
    except typer.TyperException as error:
        usage = InputError(" ".join(error.format_message().split()) or "No command was given.", "Try `garrison --help`.")
        code = report_error(usage, is_json=is_json)
    except (typer.Abort, KeyboardInterrupt):
        code = report_error(JobCancelled("Cancelled."), is_json=is_json)
    except MemoryError:
        code = report_error(
            SetupError("The machine ran out of memory.", "Close other programs or choose a smaller model."), is_json=is_json
        )
    except Exception as error:
        code = report_error(disk_error(error, _place_of(error, home)) or _unforeseen(error, home), is_json=is_json)
    sys.exit(code if isinstance(code, int) else 0)


def _place_of(error: Exception, home: Path) -> Path:
    """Return the folder an error is about: that of its file, otherwise the workspace."""
    name = error.filename if isinstance(error, OSError) else None
    return Path(name).parent if isinstance(name, str) else home


def _unforeseen(error: Exception, home: Path) -> GarrisonError:
    """Build the error for an unexpected exception: a database problem, or a defect, which is logged in the workspace."""
    if isinstance(error, sqlite3.OperationalError):
        return SetupError(f"The workspace cannot be used: {error}.", "Try again; if it stays so, check the disk.")
    logging.raiseExceptions = False  # a failure to write the log must not hide the original error
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        logging.basicConfig(filename=home / LOG_NAME, format="%(asctime)s %(message)s")
    except OSError:
        logging.basicConfig(handlers=[logging.NullHandler()])
    reference = record_crash(error)
    return GarrisonError(
        f"A defect in Garrison stopped this command (reference {reference}).", f"Report it with {home / LOG_NAME}."
    )


def _home_of(arguments: list[str]) -> Path:
    """Return the workspace folder chosen by these arguments, whose global options come first."""
    chosen = default_home()
    for position, argument in enumerate(arguments):
        if argument == "--home" and position + 1 < len(arguments):
            chosen = Path(arguments[position + 1])
        elif argument.startswith("--home="):
            chosen = Path(argument.removeprefix("--home="))
    return chosen.expanduser()


def _globals_first(arguments: list[str]) -> list[str]:
    """Move `--json` and `--home DIR` to the front, so that they are accepted after the command as well."""
    front: list[str] = []
    rest: list[str] = []
    position = 0
    while position < len(arguments):
        argument = arguments[position]
        if argument == "--":
            rest += arguments[position:]
            break
        if argument == "--json" or argument.startswith("--home="):
            front.append(argument)
        elif argument == "--home" and position + 1 < len(arguments):
            front += arguments[position : position + 2]
            position += 1
        else:
            rest.append(argument)
        position += 1
    return front + rest


if __name__ == "__main__":
    main()
