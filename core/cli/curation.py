"""`garrison questions list`, `edit`, `keep`, `drop` and `undo`: work on question pairs one by one, or on all that match."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Annotated, Literal

import typer

from core.cli.shell import Shell, shell_of, table
from core.errors import Hint, InputError
from core.identity import declared
from core.records import Person, Project, QuestionPair
from core.storage import get
from core.storage.pairs.pages import PairFilter, count_pairs, pair_page
from core.words import counted

As = Annotated[str, typer.Option("--as", help="Your name; it is kept with what you decide.")]
Pairs = Annotated[list[str] | None, typer.Argument(metavar="PAIR…", help="Pair ids; see `garrison questions list`.")]
State = Annotated[Literal["", "kept", "dropped"], typer.Option(help="Only kept or only dropped pairs.")]
Reason = Annotated[str, typer.Option(help="Only pairs dropped for this reason, such as duplicate.")]
Search = Annotated[str, typer.Option(help='Only pairs with all of these words; "in quotes" side by side.')]
SIZE = 50
WIDEST = 60  # characters of a question or answer in the table


def add_to(app: typer.Typer) -> None:
    """Add these commands to `garrison questions`."""
    for name, command in (("list", list_pairs), ("edit", edit), ("keep", keep), ("drop", drop), ("undo", undo)):
        app.command(name)(command)


def list_pairs(
    context: typer.Context,
    project: str,
    state: State = "",
    reason: Reason = "",
    search: Search = "",
    page: Annotated[int, typer.Option(min=1, help=f"Which page of {SIZE} pairs.")] = 1,
) -> None:
    """List question pairs, a page at a time."""
    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    asked = PairFilter(words=search, state=state or None, reason=reason or None)
    matching = count_pairs(shell.workspace, chosen.id, asked)
    shown = _page(shell, chosen, asked, page)
    payload = {"matching": matching, "page": page, "pairs": shown}
    first = (page - 1) * SIZE + 1
    told = f"{first:,} to {first + len(shown) - 1:,} of {counted(matching, 'pair')}" if shown else ""
    shell.show(payload, f"{table([_row(pair) for pair in shown], empty='No pair matches.')}\n{told}".strip())


def edit(
    context: typer.Context,
    project: str,
    pair: Annotated[str, typer.Argument(help="Pair id.")],
    question: Annotated[str, typer.Option(help="The new question; else it stays.")] = "",
    answer: Annotated[str, typer.Option(help="The new answer; else it stays.")] = "",
    name: As = "",
) -> None:
    """Write a pair's question or answer anew; it is searched for personal data and held against its passage, then kept."""
    from core.services.privacy.anonymization import open_detector
    from core.services.questions import curation

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    if not question and not answer:
        raise InputError("Nothing is to be changed.", Hint("Give a question or an answer.", command="--question --answer"))
    stored = _pair(shell, chosen, pair)
    before = curation.shown_for_edit(shell.workspace, stored)
    wording = replace(before, question=question or before.question, answer=answer or before.answer)
    detector = open_detector(shell.workspace, project_id=chosen.id)
    edited = curation.edit(shell.workspace, stored, wording, detector=detector, by=person_called(name))
    why = f"Saved, but not kept: {edited.reason}." if edited.reason else "Saved and kept."
    shell.show(edited, why)


def keep(
    context: typer.Context, project: str, pairs: Pairs = None, reason: Reason = "", search: Search = "", name: As = ""
) -> None:
    """Keep pairs, whatever the filters say: those that are named, or else all that match the options."""
    from core.services.questions import curation

    _decide(context, project, pairs or PairFilter(words=search, reason=reason or None), act=curation.keep, name=name)


def drop(
    context: typer.Context, project: str, pairs: Pairs = None, reason: Reason = "", search: Search = "", name: As = ""
) -> None:
    """Drop pairs, whatever the filters say: those that are named, or else all that match the options."""
    from core.services.questions import curation

    _decide(context, project, pairs or PairFilter(words=search, reason=reason or None), act=curation.drop, name=name)


def undo(context: typer.Context, project: str, name: As = "") -> None:
    """Undo what you did last to the pairs of a project; called again, what you did before that."""
    from core.services.questions import curation

    shell = shell_of(context)
    undone = curation.undo(shell.workspace, shell.workspace.project(project).id, by=person_called(name))
    words = f"Undone: {undone.action}, {counted(undone.pairs, 'pair')}." if undone else "There is nothing to undo."
    shell.show(asdict(undone) if undone else None, words)


def _decide(
    context: typer.Context, project: str, among: PairFilter | list[str], *, act: Callable[..., int], name: str
) -> None:
    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    if among == PairFilter():
        raise InputError("It is not said which pairs are meant.", "Name pairs by their ids, or words or a reason they have.")
    if not isinstance(among, PairFilter):
        among = [_pair(shell, chosen, pair).id for pair in among]
    changed = act(shell.workspace, chosen.id, among, by=person_called(name))
    shell.show({"changed": changed}, f"{counted(changed, 'pair')} changed.")


def _page(shell: Shell, project: Project, asked: PairFilter, number: int) -> list[QuestionPair]:
    """Return a page by its number, going from page to page: a person looks at few of them."""
    after: int | None = None
    for _ in range(number - 1):
        rows = pair_page(shell.workspace, project.id, asked, after=after, size=SIZE).rows
        if not rows:
            return []
        after = rows[-1].number
    return [row.pair for row in pair_page(shell.workspace, project.id, asked, after=after, size=SIZE).rows]


def _pair(shell: Shell, project: Project, pair_id: str) -> QuestionPair:
    pair = get(shell.workspace.db, QuestionPair, pair_id)
    if pair.project_id != project.id:
        raise InputError(f"{project.name} has no question pair {pair_id!r}.", "Look at the list for the right id.")
    return pair


def _row(pair: QuestionPair) -> dict[str, str]:
    return {
        "pair": pair.id,
        "state": pair.state,
        "because": "by hand" if pair.decided and not pair.reason else pair.reason,
        "question": short(pair.input),
        "answer": short(pair.output),
        "where": " ".join(filter(None, (pair.document_name, pair.page))),
    }


def short(text: str) -> str:
    """Return a text as one line that is short enough for a table."""
    line = " ".join(text.split())
    return line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}…"


def person_called(name: str) -> Person | None:
    """Return the person of this name; None for whoever runs the command."""
    return declared(name) if name else None
