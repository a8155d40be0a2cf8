"""`garrison lists …`: the reviewers' lists and patterns, for one project or (`--site`) all projects."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.shell import Shell, shell_of, table
from core.errors import InputError
from core.files import check_target, write_atomic
from core.records import CustomPattern, ListEntry, new_id, now
from core.storage import find

if TYPE_CHECKING:
    from core.services.lists.effects import Effect

app = typer.Typer(no_args_is_help=True)
pattern_app = typer.Typer(no_args_is_help=True)
app.add_typer(pattern_app, name="pattern", help="Patterns made of parts: try, add, remove.")

Words = Annotated[list[str] | None, typer.Argument(help="The project (not with --site), then what it is about.")]
Site = Annotated[bool, typer.Option("--site", help="The lists of all projects instead of one project's.")]
Kind = Annotated[str, typer.Option("--kind", help="deny or allow.")]
Type = Annotated[str, typer.Option("--type", help="The type of personal data.")]
As = Annotated[str, typer.Option("--as", help="The name of who does it.")]
Preview = Annotated[bool, typer.Option("--preview", help="Only say what it would change.")]
Parts = Annotated[
    list[str] | None, typer.Option("--part", help="In order: 'letters 2', 'text -', 'digits 1-5', 'perhaps separator'.")
]


@app.command()
def show(context: typer.Context, words: Words = None, site: Site = False) -> None:
    """Show the entries and patterns."""
    shell = shell_of(context)
    owner, _ = _owner(shell, words, is_site=site)
    entries, patterns = find(shell.workspace.db, ListEntry, project_id=owner), _patterns_of(shell, owner)
    rows = [{"id": e.id, "kind": e.kind, "type": e.entity, "text": e.text, "added by": e.added_by} for e in entries]
    rows += [{"id": r.id, "kind": "pattern", "type": r.entity, "text": r.name, "added by": r.added_by} for r in patterns]
    shell.show(
        {"entries": entries, "patterns": patterns}, table(rows, empty="Nothing is listed yet. Next: garrison lists add")
    )


@app.command()
def add(
    context: typer.Context,
    words: Words = None,
    kind: Kind = "deny",
    type_: Type = "PERSON",
    as_: As = "",
    site: Site = False,
    preview: Preview = False,
) -> None:
    """Add texts to a list; documents that were already searched are searched for them at once."""
    from core.identity import declared
    from core.privacy.lists.file import new_entry
    from core.services.lists import changes as list_changes

    shell = shell_of(context)
    owner, texts = _owner(shell, words, is_site=site)
    if not texts:
        raise InputError("No text was given.", "Write it behind the project, in quotes.")
    actor = declared(as_)
    entries = [new_entry(text, project_id=owner, kind=kind, entity=type_, actor=actor) for text in texts]
    if preview:
        _show_effect(shell, list_changes.preview(shell.workspace, owner, entries=entries), "Nothing was changed.")
        return
    effect = list_changes.add(shell.workspace, owner, entries=entries, actor=actor)
    _show_effect(shell, effect, f"{len(entries) - effect.left_out} added.")


@app.command()
def remove(
    context: typer.Context,
    words: Words = None,
    kind: Kind = "deny",
    as_: As = "",
    site: Site = False,
    preview: Preview = False,
) -> None:
    """Remove texts (or ids of entries) from a list. Spans of a deny entry remain until a reviewer rejects them."""
    from core.identity import declared
    from core.privacy.text.normalization import fold
    from core.services.lists import changes as list_changes

    shell = shell_of(context)
    owner, texts = _owner(shell, words, is_site=site)
    wanted = {fold(text) for text in texts}
    entries = [
        entry
        for entry in find(shell.workspace.db, ListEntry, project_id=owner)
        if entry.id in texts or (entry.kind == kind and fold(entry.text) in wanted)
    ]
    if len(entries) < max(1, len(texts)):
        raise InputError(f"{len(texts) - len(entries) or 1} of these stand on no such list.", "See: garrison lists show")
    if preview:
        _show_effect(shell, list_changes.preview_removal(shell.workspace, owner, entries), "Nothing was changed.")
        return
    effect = list_changes.remove(shell.workspace, owner, entries=entries, actor=declared(as_))
    _show_effect(shell, effect, f"{len(entries)} removed.")


@app.command("import")
def import_csv(
    context: typer.Context,
    words: Words = None,
    csv: Annotated[Path, typer.Option("--csv", help="Columns text, type, kind (deny, allow, regex).")] = Path(),
    kind: Kind = "deny",
    type_: Type = "PERSON",
    as_: As = "",
    site: Site = False,
    preview: Preview = False,
) -> None:
    """Add the rows of a CSV file to the lists; --kind and --type apply to rows that name none."""
    from core.identity import declared
    from core.privacy.lists.file import read_lists
    from core.services.lists import changes as list_changes

    shell = shell_of(context)
    owner, _ = _owner(shell, words, is_site=site)
    if not csv.is_file():
        raise InputError(f"There is no file {csv}.", "Name it with --csv.")
    actor = declared(as_)
    read = read_lists(csv.read_bytes(), project_id=owner, actor=actor, kind=kind, entity=type_)
    lines = [f"Row {number} left out: {reason}" for number, reason in read.bad_rows]
    if preview:
        effect = list_changes.preview(shell.workspace, owner, entries=read.entries, patterns=read.patterns)
    else:
        effect = list_changes.add(shell.workspace, owner, entries=read.entries, patterns=read.patterns, actor=actor)
    number = len(read.entries) + len(read.patterns) - effect.left_out
    _show_effect(shell, effect, "Nothing was changed." if preview else f"{number:,} added.", lines)


@app.command()
def export(
    context: typer.Context,
    words: Words = None,
    csv: Annotated[Path, typer.Option("--csv", help="The file to write.")] = Path(),
    site: Site = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write the lists as CSV. The file contains personal data."""
    from core.privacy.lists.file import csv_lines

    shell = shell_of(context)
    owner, _ = _owner(shell, words, is_site=site)
    check_target(csv, is_forced=force)
    entries = find(shell.workspace.db, ListEntry, project_id=owner)
    write_atomic(csv, "".join(csv_lines(entries, _patterns_of(shell, owner))))
    shell.show({"entries": len(entries), "path": csv}, f"{len(entries):,} entries written to {csv}")


@pattern_app.command("try")
def try_pattern(
    context: typer.Context,
    words: Words = None,
    part: Parts = None,
    regex: Annotated[str, typer.Option("--regex", help="A regular expression instead of parts.")] = "",
    site: Site = False,
) -> None:
    """Show how often a pattern matches in the documents searched so far."""
    from core.services.lists import changes as list_changes

    shell = shell_of(context)
    owner, _ = _owner(shell, words, is_site=site)
    pattern = _pattern(owner, "trial", part or [], regex=regex, examples={})
    _show_effect(shell, list_changes.preview(shell.workspace, owner, patterns=[pattern]), "Nothing was changed.")


@pattern_app.command("add")
def add_pattern(
    context: typer.Context,
    words: Words = None,
    part: Parts = None,
    regex: Annotated[str, typer.Option("--regex", help="A regular expression instead of parts.")] = "",
    type_: Type = "ID_NUMBER",
    fits: Annotated[list[str] | None, typer.Option("--fits", help="An example that it must fit.")] = None,
    fits_not: Annotated[list[str] | None, typer.Option("--fits-not", help="An example that it must not fit.")] = None,
    as_: As = "",
    site: Site = False,
) -> None:
    """Add a pattern: garrison lists pattern add PROJECT NAME --part 'letters 2' --part 'text -' --part 'digits 5'."""
    from core.identity import declared
    from core.services.lists import changes as list_changes

    shell = shell_of(context)
    owner, names = _owner(shell, words, is_site=site)
    if len(names) != 1:
        raise InputError("A pattern needs one name.", "Write it behind the project, in quotes.")
    actor = declared(as_)
    examples = {"fits": fits or [], "fits_not": fits_not or []}
    pattern = _pattern(owner, names[0], part or [], regex=regex, examples=examples, entity=type_, by=actor.name)
    effect = list_changes.add(shell.workspace, owner, patterns=[pattern], actor=actor)
    _show_effect(shell, effect, "The pattern is added.")


@pattern_app.command("remove")
def remove_pattern(context: typer.Context, words: Words = None, as_: As = "", site: Site = False) -> None:
    """Remove a pattern by its name or id. Its spans remain until a reviewer rejects them."""
    from core.identity import declared
    from core.services.lists import changes as list_changes

    shell = shell_of(context)
    owner, names = _owner(shell, words, is_site=site)
    patterns = [pattern for pattern in _patterns_of(shell, owner) if pattern.id in names or pattern.name in names]
    if not patterns:
        raise InputError("There is no such pattern.", "See: garrison lists show")
    effect = list_changes.remove(shell.workspace, owner, patterns=patterns, actor=declared(as_))
    _show_effect(shell, effect, "The pattern is removed.")


def _owner(shell: Shell, words: list[str] | None, *, is_site: bool) -> tuple[str, list[str]]:
    """Return the id of the project that owns the lists ("" for all projects), and the words after its name.

    Raises:
        InputError: no project was named.
    """
    given = list(words or [])
    if is_site:
        return "", given
    if not given:
        raise InputError("No project was named.", "Name one, or use --site for the lists of all projects.")
    return shell.workspace.project(given[0]).id, given[1:]


def _patterns_of(shell: Shell, owner: str) -> list[CustomPattern]:
    return find(shell.workspace.db, CustomPattern, project_id=owner)


def _pattern(
    owner: str,
    name: str,
    parts: list[str],
    *,
    regex: str,
    examples: dict[str, list[str]],
    entity: str = "ID_NUMBER",
    by: str = "",
) -> CustomPattern:
    from core.privacy.lists.patterns import definition_of, parse_part

    made = {"expression": regex, **examples} if regex else definition_of([parse_part(p) for p in parts], **examples)
    return CustomPattern(
        id=new_id("pattern"), project_id=owner, name=name, definition=made, entity=entity, added_by=by, created_at=now()
    )


def _show_effect(shell: Shell, effect: "Effect", done: str, lines: list[str] | None = None) -> None:
    shell.show({"effect": effect, "left_out": lines or []}, "\n".join([*(lines or []), f"{done} {effect.words}".strip()]))
