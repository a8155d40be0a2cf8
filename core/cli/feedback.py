"""`garrison feedback`: what people said of answers, and what is made of it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from core.cli.curation import As, person_called, short
from core.cli.shell import Shell, shell_of, table
from core.errors import Hint, InputError
from core.records import Project
from core.storage.feedback import FeedbackFilter, FeedbackItem, feedback_counts, feedback_item, feedback_page
from core.words import counted

if TYPE_CHECKING:
    from core.services.feedback.using import Use

app = typer.Typer(no_args_is_help=True)
SIZE = 50
Item = Annotated[str, typer.Argument(metavar="FEEDBACK", help="Its id; see `garrison feedback list`.")]


@app.command("list")
def list_feedback(
    context: typer.Context,
    project: str,
    kind: Annotated[
        Literal["", "down", "up", "corrected", "unanswerable"], typer.Option(help="Only feedback that says this.")
    ] = "",
    state: Annotated[Literal["", "open", "done", "set aside"], typer.Option(help="Only feedback in this state.")] = "",
    page: Annotated[int, typer.Option(min=1, help=f"Which page of {SIZE} items.")] = 1,
) -> None:
    """List what people said of answers, the newest first, a page at a time."""
    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    asked = FeedbackFilter(kind=kind or None, state=state or None)
    counts = feedback_counts(shell.workspace, chosen.id, asked)
    shown = feedback_page(shell.workspace, chosen.id, asked, first=1 + (page - 1) * SIZE, size=SIZE)
    payload = {"matching": counts.matching, "page": page, "states": counts.states, "kinds": counts.kinds}
    told = f"{counted(counts.matching, 'item')}, {SIZE} a page." if counts.matching > SIZE else ""
    rows = table([_row(item) for item in shown], empty="There is no such feedback.")
    shell.show(payload | {"feedback": list(map(_fields, shown))}, f"{rows}\n{told}".strip())


@app.command()
def use(
    context: typer.Context,
    project: str,
    feedback: Item,
    make: Annotated[Literal["pair", "preference"], typer.Option(help="What to make of it.")] = "pair",
    question: Annotated[str, typer.Option(help="The question; else as it was asked.")] = "",
    answer: Annotated[str, typer.Option(help="The right answer; else the correction, or the answer with a thumb up.")] = "",
    not_said: Annotated[bool, typer.Option("--not-said", help="The right answer: the documents do not say.")] = False,
    passage: Annotated[str, typer.Option(help="Id of the passage that says it; else the one that fits best.")] = "",
    name: As = "",
) -> None:
    """Make a question pair or a preference of feedback; checked as pairs that are added by hand, and at most one of each."""
    from core.services.feedback import using
    from core.services.privacy.anonymization import open_detector

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    item = _item(shell, chosen, feedback)
    wanted = _use(shell, chosen, item, passage)
    wanted = replace(wanted, question=question or wanted.question, answer=answer or wanted.answer)
    wanted = replace(wanted, is_unanswerable=not_said or (wanted.is_unanswerable and not answer))
    detector = open_detector(shell.workspace, project_id=chosen.id)
    if make == "preference":
        made = using.make_preference(shell.workspace, feedback, wanted, detector=detector, by=person_called(name))
        shell.show(made, f"Preference {made.id} is made.")
        return
    pair = using.make_pair(shell.workspace, feedback, wanted, detector=detector, by=person_called(name))
    told = f"made, but not kept: {pair.reason}." if pair.reason else "made and kept."
    shell.show(pair, f"Question pair {pair.id} is {told}")


@app.command("set-aside")
def set_aside(context: typer.Context, project: str, feedback: Item, name: As = "") -> None:
    """Decide that nothing is made of feedback."""
    from core.services.feedback import using

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    _item(shell, chosen, feedback)
    using.set_aside(shell.workspace, feedback, by=person_called(name))
    shell.show(_fields(_item(shell, chosen, feedback)), "Set aside.")


@app.command()
def undo(context: typer.Context, project: str, feedback: Item, name: As = "") -> None:
    """Take back what you made of feedback, or that it was set aside: it is open again."""
    from core.services.feedback import using

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    _item(shell, chosen, feedback)
    is_undone = using.undo(shell.workspace, feedback, by=person_called(name))
    words = "Undone: it is open again." if is_undone else "There is nothing to undo."
    shell.show(_fields(_item(shell, chosen, feedback)), words)


@app.command()
def votes(context: typer.Context, project: str, name: As = "") -> None:
    """Make preferences of the votes of blind comparisons: the answer that won is preferred to each of the others."""
    from core.services.feedback.votes import use_votes
    from core.services.privacy.anonymization import open_detector

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    detector = open_detector(shell.workspace, project_id=chosen.id)
    used = use_votes(shell.workspace, chosen, detector=detector, by=person_called(name))
    shell.show(used, used.words)


def _item(shell: Shell, project: Project, feedback_id: str) -> FeedbackItem:
    item = feedback_item(shell.workspace, project.id, feedback_id)
    if item is None:
        raise InputError(
            f"{project.name} has no feedback {feedback_id!r}.",
            Hint("Look at the list for the right id.", command=f"garrison feedback list {project.name}"),
        )
    return item


def _use(shell: Shell, project: Project, item: FeedbackItem, passage_id: str) -> "Use":
    """Return what would be made of feedback as it is, beside a passage, by default the one that fits best."""
    from core.services.feedback.places import places_of
    from core.services.feedback.using import Use
    from core.services.questions.curation import Place
    from core.services.questions.question_pairs import approved_passage

    said = item.feedback
    given = said.correction or (said.answer if said.thumb == "up" else "")
    if passage_id:
        place = approved_passage(shell.workspace, project, passage_id)
    else:
        place = next(iter(places_of(shell.workspace, project, said)), None)
    if place is None:
        raise InputError(
            f"No approved passage {'has this id' if passage_id else 'fits this question'}.",
            Hint("Look for one that does.", command=f"garrison sources show {project.name} WORDS"),
        )
    where = Place(document_id=place.document_id, passage_id=place.id)
    return Use(place=where, question=said.question, answer=given, is_unanswerable=said.is_unanswerable)


def _fields(item: FeedbackItem) -> dict[str, Any]:
    """Return an item as JSON; of its sources, where they stand."""
    said = item.feedback
    sources = [
        {"document": each["document"], "page": each["page"], "passage": each["passage_id"]}
        for each in said.sources.get("sources", ())
    ]
    return {
        "id": said.id, "state": item.state, "thumb": said.thumb, "correction": said.correction,
        "should_not_have_answered": said.is_unanswerable, "question": said.question, "answer": said.answer,
        "answerer": said.answerer, "sources": sources, "by_a_program": said.turn_id is None, "pair_id": item.pair_id,
        "preference_id": item.preference_id, "set_aside_by": said.set_aside_by, "created_at": said.created_at,
    }  # fmt: skip


def _row(item: FeedbackItem) -> dict[str, str]:
    said = item.feedback
    marks = [said.thumb or "", "corrected" if said.correction else "", "not said" if said.is_unanswerable else ""]
    return {
        "feedback": said.id,
        "state": item.state,
        "said": ", ".join(filter(None, marks)),
        "question": short(said.question),
        "answer": short(said.answer),
        "by": said.answerer,
    }
