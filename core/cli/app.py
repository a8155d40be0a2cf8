"""The `garrison` command: global options, the commands, exit codes.

Exit codes: 0; 2 the user's input; 3 set-up; 4 a job failed; 130 cancelled.
"""

import logging
import sqlite3
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from core import __version__
from core.cli import conversation, documents, jobs, models, privacy, projects, questions, service, training
from core.cli.shell import Shell, report_error
from core.defects import record_defect
from core.errors import GarrisonError, InputError, SetupError
from core.offline import refuse_connections
from core.settings import default_home

LOG_NAME = "defects.log"  # in the workspace

app = typer.Typer(
    name="garrison",
    help="Fine-tune language models on private documents, without a network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(projects.app, name="project", help="Create, list, show or delete projects.")
app.add_typer(documents.app, name="documents", help="Bring documents into a project.")
app.add_typer(questions.app, name="questions", help="Make, filter, import and export question pairs.")
app.add_typer(models.app, name="models", help="The models on this machine.")
app.add_typer(jobs.app, name="jobs", help="Long work: follow, cancel, resume.")
for commands in (privacy, training, conversation, service):
    commands.register(app)


@app.callback()
def options(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="The workspace folder (or GARRISON_HOME).", show_default=False)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Global options; they may stand anywhere on the line."""
    context.obj = Shell(home or default_home(), is_json=json)


@app.command()
def version(context: typer.Context) -> None:
    """Print the version."""
    context.obj.show({"version": __version__}, __version__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point: run a command and exit with its code; errors are one line, never a traceback."""
    refuse_connections()
    given = _globals_first(list(sys.argv[1:] if arguments is None else arguments))
    is_json = "--json" in given
    try:
        code = app(given, standalone_mode=False, prog_name="garrison")
    except GarrisonError as error:
        code = report_error(error, is_json=is_json)
    except typer.TyperException as error:
        usage = InputError(" ".join(error.format_message().split()) or "No command was given.", "Try `garrison --help`.")
        code = report_error(usage, is_json=is_json)
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except sqlite3.OperationalError as error:
        code = report_error(
            SetupError(f"The workspace cannot be written: {error}.", "Free some space, or choose another --home."),
            is_json=is_json,
        )
    except MemoryError:
        code = report_error(
            SetupError("The machine ran out of memory.", "Close other programs or choose a smaller model."), is_json=is_json
        )
    except Exception as error:
        reference = _log_defect(error)
        defect = GarrisonError(
            f"A defect in Garrison stopped this command (reference {reference}).", f"Report it with {LOG_NAME}."
        )
        code = report_error(defect, is_json=is_json)
    sys.exit(code if isinstance(code, int) else 0)


def _log_defect(error: Exception) -> str:
    """Write where it happened to a file in the workspace."""
    folder = default_home()
    folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=folder / LOG_NAME, format="%(asctime)s %(message)s")
    return record_defect(error)


def _globals_first(arguments: list[str]) -> list[str]:
    """Move `--json` and `--home DIR` to the front, so that they may stand after the command as well."""
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
