"""`garrison review PROJECT …`, the commands for approval: sample, check, propose, approve, return, withdraw, rules."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from core.cli.review import As, Named, app, room_of
from core.errors import InputError
from core.identity import declared, standing
from core.records import Passage, Project
from core.storage import get
from core.words import counted

__all__ = ["app"]  # the app of `review`, extended by the commands below
Reason = Annotated[str, typer.Option(help="Why, in a few words.")]


@app.command()
def sample(
    context: typer.Context,
    document: Named,
    missed: Annotated[
        str, typer.Option(help="All passages were read; the numbers of those that hold something (3,17), or 0.")
    ] = "",
    as_: As = "",
) -> None:
    """Read a random sample of the passages in which nothing was found."""
    from core.services import review

    room, person = room_of(context), declared(as_)
    workspace, chosen = room.shell.workspace, room.document(document)
    sample = review.draw(workspace, room.project, chosen, by=person)
    passages = {passage.id: passage for passage in workspace.passages(chosen)}
    if missed:
        held = [sample.drawn_ids[number - 1] for number in _numbers(missed, len(sample.drawn_ids))]
        sample = review.answer(workspace, chosen, sample.drawn_ids, missed_ids=held, by=person)
    drawn = [
        _passage_row(passages[passage_id], number, is_read=passage_id not in sample.unread_ids)
        for number, passage_id in enumerate(sample.drawn_ids, start=1)
    ]
    text = f"{counted(sample.read, 'passage')} read, {sample.missed} held something that was missed."
    if sample.unread_ids:
        shown = "\n\n".join(f"{row['number']}. ({row['page']}) {row['text']}" for row in drawn if not row["is_read"])
        text = f"{shown}\n\nRead them, then give the numbers of those that hold personal data, or 0: --missed 0"
    elif sample.unsettled_ids:
        text += f" Add what was missed: garrison review {room.project.name} add {chosen.id} --start N --end N --as NAME"
    room.shell.show(asdict(sample) | {"is_settled": sample.is_settled, "passages": drawn}, text)


def _passage_row(passage: Passage, number: int, *, is_read: bool) -> dict[str, Any]:
    return {
        "number": number, "id": passage.id, "page": passage.page, "start": passage.start, "end": passage.end,
        "is_read": is_read, "text": passage.text,
    }  # fmt: skip


def _numbers(given: str, most: int) -> list[int]:
    try:
        numbers = [int(part) for part in given.split(",") if part.strip()]
    except ValueError as error:
        raise InputError(f"{given!r} is no list of numbers.", "Such as --missed 3,17, or --missed 0 for none.") from error
    if numbers == [0]:
        return []
    if not all(1 <= number <= most for number in numbers):
        raise InputError(f"The sample has the numbers 1 to {most}.", "Give those of the passages that hold something.")
    return numbers


@app.command()
def check(
    context: typer.Context,
    document: Annotated[str, typer.Argument(metavar="[DOCUMENT]", help="Its id or name; default: every one.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Every document.")] = False,
    as_: As = "",
) -> None:
    """Search the anonymized text with another detector."""
    from core.services.privacy import second_search

    room = room_of(context)
    document_id = room.document(document).id if document and not all_ else ""
    asker = {"by": declared(as_).name} if as_ else {}
    job = room.shell.run(second_search.Params(document_id=document_id, **asker), project_id=room.project.id)
    result = second_search.Result.of(job)
    text = f"{counted(result.documents, 'document')} searched again; "
    verb = "looks" if result.found == 1 else "look"
    text += f"{counted(result.found, 'place')} that {verb} like personal data in the anonymized text."
    room.shell.show(job.result, text)


@app.command()
def propose(
    context: typer.Context,
    documents: Annotated[list[str], typer.Argument(help="Their ids or names.")],
    as_: As = "",
) -> None:
    """Propose documents for approval by another person."""
    from core.services import review

    room, person = room_of(context), declared(as_)
    chosen = [room.document(name) for name in documents]
    reviews = [review.propose(room.shell.workspace, room.project, document, by=person) for document in chosen]
    figures = "\n".join(review.risk_words(review.risk_of(reviews)))
    room.shell.show(reviews, f"{counted(len(reviews), 'document')} proposed by {person.name}.\n{figures}")


@app.command()
def approve(
    context: typer.Context,
    documents: Annotated[list[str] | None, typer.Argument(help="Their ids or names.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every document, where the project's policy allows it.")] = False,
    unread: Annotated[
        str,
        typer.Option(help="The words that approve what nobody looked at, where the policy allows it; asked for if needed."),
    ] = "",
    as_: As = "",
) -> None:
    """Approve documents: their anonymized text is frozen and may be used.

    In a project with the policy all-at-once, what is undecided, unread or not searched again is only approved if you say so
    in words (--unread).
    """
    from core.services import review

    room, person = room_of(context), declared(as_)
    workspace, project = room.shell.workspace, room.project
    if all_:
        reviews = review.approve_all(workspace, project, by=person, unread=unread)
    elif documents:
        chosen = [room.document(name) for name in documents]
        reviews = [review.approve(workspace, project, document, by=person, unread=unread) for document in chosen]
    else:
        raise InputError("No document was named.", "Name document ids, or use --all.")
    risk = review.risk_of(reviews)
    text = f"{left}\n" if (left := review.unread_risk(risk)) else ""
    text += f"{counted(len(reviews), 'document')} approved by {person.name}"
    text += "" if all(given.is_authenticated for given in reviews) else f" ({standing(is_authenticated=False)})"
    figures = "\n".join(review.risk_words(risk))
    room.shell.show(reviews, f"{text}.\n{figures}\nNext: garrison questions generate {project.name}")


@app.command("return")
def return_(context: typer.Context, document: Named, reason: Reason = "", as_: As = "") -> None:
    """Return a proposal to its author with a comment."""
    from core.services import review

    room = room_of(context)
    returned = review.return_(room.shell.workspace, room.document(document), comment=reason, by=declared(as_))
    room.shell.show(returned, f"Returned to {returned.proposer}.")


@app.command()
def withdraw(context: typer.Context, document: Named, reason: Reason = "", as_: As = "") -> None:
    """Withdraw a proposal or an approval."""
    from core.services import review

    room = room_of(context)
    chosen = room.document(document)
    review.withdraw(room.shell.workspace, chosen, reason=reason, by=declared(as_))
    room.shell.show({"withdrawn": chosen.id}, "Withdrawn.")


@app.command()
def rules(
    context: typer.Context,
    two_person: Annotated[str, typer.Option(help="auto, on or off.")] = "",
    sample_size: Annotated[int, typer.Option(help="Passages to read before a proposal; 0 for none.")] = -1,
    as_: As = "",
) -> None:
    """Show or change the requirements for an approval."""
    from core.services import review

    room = room_of(context)
    workspace = room.shell.workspace
    if two_person:
        review.set_two_person(workspace, room.project, two_person, by=declared(as_))  # type: ignore[arg-type]
    if sample_size >= 0:
        review.set_sample_size(workspace, room.project, sample_size, by=declared(as_))
    project = get(workspace.db, Project, room.project.id)
    needs_two = review.needs_two(workspace, project)
    shown = {"policy": project.policy, "two_person": project.two_person, "sample_size": project.sample_size}
    text = f"Two persons: {project.two_person} ({'needed' if needs_two else 'not needed'} now). "
    text += f"Sample before a proposal: {counted(project.sample_size, 'passage')}."
    room.shell.show(shown | {"needs_two_persons": needs_two}, text)
