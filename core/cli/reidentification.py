"""`garrison reveal`, `way-back …` and `replacement`: what replaces personal data, and re-identification."""

import csv
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from core.cli.shell import shell_of, table
from core.errors import InputError
from core.files import check_target, disk_errors
from core.identity import declared

if TYPE_CHECKING:
    from core.privacy.replacement.surrogates import SurrogateMapping
    from core.records import Treatment

app = typer.Typer(no_args_is_help=True)
As = Annotated[str, typer.Option("--as", help="The name of the person who does it.")]
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="A file whose first line is the passphrase; else it is asked for.")
]
LOST = (
    "If the passphrase is lost, re-identification is gone for good: nobody can reveal anything, not even with the database. "
    "The anonymized data stays usable."
)


def register(root: typer.Typer) -> None:
    """Add this file's commands."""
    root.command()(reveal)
    root.command()(replacement)
    words = "Re-identification, the sealed way from surrogates back to values: set up, show, turn off."
    root.add_typer(app, name="reidentification", help=words)
    root.add_typer(app, name="way-back", help=words, hidden=True)  # its name before 2026-11-29


def reveal(
    context: typer.Context,
    project: str,
    surrogates: Annotated[list[str] | None, typer.Argument(help="What stands in the anonymized text.")] = None,
    as_: As = "",
    reason: Annotated[str, typer.Option(help="Why, in three words or more; kept and shown with your name.")] = "",
    all_: Annotated[Path | None, typer.Option("--all", help="Write every pair to this CSV file, for you alone.")] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Reveal the values that surrogates replaced. Every use is recorded in the audit log."""
    from core.services.privacy import reidentification

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    person = declared(as_)
    if bool(surrogates) == (all_ is not None):
        raise InputError("Say what to look up.", "Name surrogates, or every pair with --all FILE.")
    if all_ is not None:
        check_target(all_, is_forced=False)
    pairs = reidentification.reveal(
        shell.workspace, chosen, surrogates=surrogates or [], passphrase=_passphrase(passphrase_file), person=person,
        reason=reason,
    )  # fmt: skip
    if all_ is not None:
        with _for_me_alone(all_) as file:
            _write(pairs, file)
        shell.show({"pairs": len(pairs), "path": all_}, f"{len(pairs):,} pairs written to {all_}, readable by you alone.")
        return
    rows = [{"surrogate": pair.surrogate, "value": pair.value, "type": pair.entity} for pair in pairs]
    shell.show([asdict(pair) for pair in pairs], table(rows, empty="None of these is a surrogate of the project."))


def replacement(
    context: typer.Context,
    project: str,
    entity: Annotated[str, typer.Argument(help="A type, such as PERSON; none shows them all.")] = "",
    treatment: Annotated[str, typer.Argument(help="surrogate, tag, mask, remove or keep.")] = "",
    as_: As = "",
    yes: Annotated[bool, typer.Option("--yes", help="Change it even where approvals are withdrawn.")] = False,
) -> None:
    """Show or choose what replaces each type of personal data."""
    from core.services.privacy import project_treatments

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    if not entity:
        uses = project_treatments.types_in_use(shell.workspace, chosen)
        rows = [{**asdict(use), "sample": use.sample} for use in uses]
        shell.show(uses, table(rows, empty="No personal data was looked for yet."))
        return
    wanted: Treatment = treatment  # type: ignore[assignment]  # core checks the value
    effect = project_treatments.effect_of_treatment(shell.workspace, chosen, entity=entity, treatment=wanted)
    if effect.approvals and not yes:
        raise InputError(
            f"This changes {effect.spans:,} spans in {effect.documents:,} documents and withdraws {effect.approvals:,} "
            "approvals; nothing was changed.",
            "Say --yes to do it.",
        )
    effect = project_treatments.set_treatment(shell.workspace, chosen, entity=entity, treatment=wanted, person=declared(as_))
    text = f"{entity}: {wanted}. {effect.spans:,} spans changed, {effect.approvals:,} approvals withdrawn."
    shell.show(effect, text + (" They stay readable from now on." if wanted == "keep" else ""))


@app.command("show")
def show(context: typer.Context, project: str) -> None:
    """Show whether re-identification is set up, and who used it and why."""
    from core.services.privacy import reidentification

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    state = reidentification.setup_of(shell.workspace, chosen)
    opened = reidentification.openings(shell.workspace, chosen)
    words = f"Set up by {state.person}, {state.created_at[:19]}." if state else "Not set up: surrogates lead nowhere."
    rows = [
        {"time": o.created_at[:19], "who": o.person, "asked": o.surrogates or "all", "found": o.found, "reason": o.reason}
        for o in opened
    ]
    shell.show({"way_back": state, "openings": opened}, f"{words}\n{table(rows, empty='Never opened.')}")


@app.command("set-up")
def set_up(context: typer.Context, project: str, as_: As = "", passphrase_file: PassphraseFile = None) -> None:
    """Set up re-identification from now on, including for documents searched before."""
    from core.services.privacy import reidentification

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    person = declared(as_)
    print(LOST, file=sys.stderr)
    passphrase = _passphrase(passphrase_file, is_new=True)
    count = reidentification.set_up(shell.workspace, chosen, passphrase=passphrase, person=person)
    shell.show({"pairs": count}, f"Re-identification is set up in {chosen.name}; {count:,} pairs were sealed.")


@app.command("passphrase")
def passphrase(
    context: typer.Context,
    project: str,
    as_: As = "",
    passphrase_file: PassphraseFile = None,
    new_file: Annotated[Path | None, typer.Option("--new-passphrase-file", help="The new one, likewise.")] = None,
) -> None:
    """Change the passphrase."""
    from core.services.privacy import reidentification

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    person = declared(as_)
    old, new = _passphrase(passphrase_file), _passphrase(new_file, is_new=True)
    reidentification.change_passphrase(shell.workspace, chosen, old=old, new=new, person=person)
    shell.show({"project": chosen.id}, "The passphrase was changed.")


@app.command("turn-off")
def turn_off(
    context: typer.Context,
    project: str,
    as_: As = "",
    confirm: Annotated[str, typer.Option(help="The project's name, to show that you mean it.")] = "",
) -> None:
    """Turn off re-identification: delete the key and everything that was sealed. This cannot be undone."""
    from core.services.privacy import reidentification

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    reidentification.turn_off(shell.workspace, chosen, typed_name=confirm, person=declared(as_))
    shell.show({"project": chosen.id}, f"Nothing in {chosen.name} can be re-identified any more.")


def _passphrase(file: Path | None, *, is_new: bool = False) -> str:
    """Read the passphrase from the file's first line or the terminal; never from arguments, which other users can see.

    Raises:
        InputError: there is none, or the two entries of a new one differ.
    """
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"The passphrase file {file} cannot be read.", "Give a text file of one line.") from error
        if not lines or not lines[0]:
            raise InputError(f"The first line of {file} is empty.", "Write the passphrase there.")
        return lines[0]
    if not sys.stdin.isatty():
        raise InputError("There is no terminal to ask for the passphrase.", "Give it with --passphrase-file FILE.")
    given = getpass("New passphrase: " if is_new else "Passphrase: ")
    if is_new and getpass("The same again: ") != given:
        raise InputError("The two passphrases differ.", "Start again.")
    return given


@contextmanager
def _for_me_alone(path: Path) -> Iterator[TextIO]:
    """Create and open a file that only its owner can ever read; an existing file is an error."""
    with (
        disk_errors(path),
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", newline="", encoding="utf-8") as file,
    ):
        yield file


def _write(pairs: Sequence["SurrogateMapping"], file: TextIO) -> None:
    writer = csv.writer(file)
    writer.writerow(["type", "surrogate", "value"])
    writer.writerows([pair.entity, _inert(pair.surrogate), _inert(pair.value)] for pair in pairs)


def _inert(text: str) -> str:
    """Escape a text that a spreadsheet would take for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
