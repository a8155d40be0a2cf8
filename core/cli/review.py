"""`garrison review`: what was found, the decisions about it, the sample, and from proposal to approval."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.shell import Shell, counted, shell_of, table
from core.errors import InputError
from core.identity import declared
from core.records import Document, Passage, Person, Project, Review, Span, SpanState
from core.storage import find, get

if TYPE_CHECKING:
    from core.privacy.review import Decision

_STATES: dict[str, SpanState] = {"accept": "accepted", "reject": "rejected"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was given beside the items; which action reads what is in the help."""

    as_: str
    is_all: bool
    start: int
    end: int
    entity: str
    missed: str
    reason: str
    two_person: str
    sample_size: int

    @property
    def person(self) -> Person:
        """Who acts.

        Raises:
            InputError: no name was given.
        """
        return declared(self.as_)


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    app.command()(review)


def review(
    context: typer.Context,
    project: str,
    action: Annotated[
        str,
        typer.Argument(
            help="list, accept, reject, add, type, borders; sample, check, propose, approve, return, withdraw; rules."
        ),
    ] = "list",
    items: Annotated[list[str] | None, typer.Argument(help="Span ids or documents.")] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="accept, reject: every undecided span; approve, check: every document.")
    ] = False,
    as_: Annotated[str, typer.Option("--as", help="The name of who acts.")] = "",
    start: Annotated[int, typer.Option(help="add, borders: first character.")] = -1,
    end: Annotated[int, typer.Option(help="add, borders: behind the last character.")] = -1,
    entity: Annotated[str, typer.Option(help="add, type: the kind of personal data.")] = "PERSON",
    missed: Annotated[
        str, typer.Option(help="sample: all passages were read; the numbers of those that hold something (3,17), or 0.")
    ] = "",
    reason: Annotated[str, typer.Option(help="return, withdraw: why, in a few words.")] = "",
    two_person: Annotated[str, typer.Option(help="rules: auto, on or off.")] = "",
    sample_size: Annotated[int, typer.Option(help="rules: passages to read before a proposal; 0 for none.")] = -1,
) -> None:
    """Review what was found: decide on it, read the sample, propose, approve.

    Spans nobody decided on are masked. Approving a document freezes its anonymized text.
    """
    shell = shell_of(context)
    found = shell.workspace.project(project)
    if action not in _ACTIONS:
        raise InputError(f"There is no action {action!r}.", f"Actions are: {', '.join(_ACTIONS)}.")
    options = Options(
        as_=as_, is_all=all_, start=start, end=end, entity=entity, missed=missed, reason=reason, two_person=two_person,
        sample_size=sample_size,
    )  # fmt: skip
    _ACTIONS[action](shell, found, items or [], options)


def _document(shell: Shell, project: Project, name: str) -> Document:
    documents = find(shell.workspace.db, Document, project_id=project.id)
    chosen = [d for d in documents if name in (d.id, d.name)]
    if not chosen:
        raise InputError(f"There is no document {name!r} in {project.name}.", f"See: garrison documents list {project.name}")
    if len(chosen) > 1:
        raise InputError(f"{len(chosen)} documents are called {name!r}.", "Use the id instead.")
    return chosen[0]


def _one_document(shell: Shell, project: Project, items: list[str], usage: str) -> Document:
    if len(items) != 1:
        raise InputError("This needs one document.", f"garrison review PROJECT {usage} --as NAME")
    return _document(shell, project, items[0])


# --- what was found -----------------------------------------------------------------------------------


def _list(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    from core.privacy import review

    documents = [_document(shell, project, item) for item in items] or find(
        shell.workspace.db, Document, project_id=project.id, state="read"
    )
    states = review.states_of(shell.workspace, project.id)
    payload: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for document in documents:
        spans = find(shell.workspace.db, Span, document_id=document.id, order="start")
        text = shell.workspace.text(document)
        standing = shell.workspace.active_review(document.id)
        proposal = shell.workspace.standing_proposal(document.id)
        entry = {
            "id": document.id,
            "name": document.name,
            "state": states[document.id] if document.is_analyzed else "not searched",
            "reviewer": standing.reviewer if standing else "",
        }
        shown = [asdict(span) | {"value": text[span.start : span.end]} for span in spans]
        payload.append(entry | {"proposer": proposal.proposer if proposal else "", "spans": shown})
        rows.append(entry | {"spans": len(spans), "decided": sum(span.state != "detected" for span in spans)})
    if items and not shell.is_json:
        names = ("id", "start", "end", "entity", "state", "value")
        rows = [{name: span[name] for name in names} for entry in payload for span in entry["spans"]]
    needs_two = review.needs_two(shell.workspace, project)
    shown_all = {"policy": project.policy, "needs_two_persons": needs_two, "documents": payload}
    shell.show(shown_all, table(rows, empty="Nothing to review yet."))


# --- decisions ----------------------------------------------------------------------------------------


def _accept(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    _decide(shell, project, items, options, action="accept")


def _reject(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    _decide(shell, project, items, options, action="reject")


def _decide(shell: Shell, project: Project, items: list[str], options: Options, *, action: str) -> None:
    from core.privacy import review

    person = options.person
    if options.is_all:
        decision = review.decide_undecided(shell.workspace, project, state=_STATES[action], by=person)
    else:
        _check_spans(shell, project, items)
        decide = review.accept if action == "accept" else review.reject
        decision = decide(shell.workspace, items, by=person)
    _show_decision(shell, decision, action=action)


def _check_spans(shell: Shell, project: Project, items: list[str]) -> None:
    documents = find(shell.workspace.db, Document, project_id=project.id)
    spans = {span.id for document in documents for span in find(shell.workspace.db, Span, document_id=document.id)}
    unknown = [item for item in items if item not in spans]
    if unknown:
        raise InputError(
            f"There is no span {unknown[0]!r} in {project.name}.", f"See: garrison review {project.name} list DOCUMENT"
        )
    if not items:
        raise InputError("No span was named.", "Name span ids, or use --all.")


def _show_decision(shell: Shell, decision: "Decision", *, action: str) -> None:
    text = f"{counted(len(decision.before), 'mark')} {decision.verb}."
    if decision.left_count:
        were = "was" if decision.left_count == 1 else "were"
        text += f" {counted(decision.left_count, 'mark')} decided earlier {were} left as decided."
    if decision.withdrawn_ids:
        text += f" {counted(len(decision.withdrawn_ids), 'document')} lost the approval and must be approved again."
    if decision.dropped_ids:
        text += f" {counted(len(decision.dropped_ids), 'document')} must be proposed again."
    shell.show({action: [span.id for span in decision.before], "left": decision.left_count}, text)


def _add(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    from core.privacy import review

    document = _one_document(shell, project, items, "add DOCUMENT --start N --end N")
    span = review.add(
        shell.workspace, document, start=options.start, end=options.end, entity=options.entity, by=options.person
    )
    shell.show(span, f"Added {span.id}.")


def _type(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    from core.privacy import review

    person = options.person
    _check_spans(shell, project, items)
    decision = review.change_type(shell.workspace, items, entity=options.entity, by=person)
    _show_decision(shell, decision, action="type")


def _borders(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    from core.privacy import review

    person = options.person
    _check_spans(shell, project, items)
    if len(items) != 1:
        raise InputError("Borders are changed one mark at a time.", "Name one span id with --start N --end N.")
    decision = review.change_borders(shell.workspace, items[0], start=options.start, end=options.end, by=person)
    _show_decision(shell, decision, action="borders")


# --- the sample and the second search -----------------------------------------------------------------


def _sample(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    from core.privacy import review

    person = options.person
    document = _one_document(shell, project, items, "sample DOCUMENT [--missed 0]")
    sample = review.draw(shell.workspace, project, document, by=person)
    passages = {passage.id: passage for passage in shell.workspace.passages(document)}
    if options.missed:
        chosen = [sample.drawn_ids[number - 1] for number in _numbers(options.missed, len(sample.drawn_ids))]
        sample = review.answer(shell.workspace, document, sample.drawn_ids, missed_ids=chosen, by=person)
    drawn = [
        _passage_row(passages[passage_id], number, is_read=passage_id not in sample.unread_ids)
        for number, passage_id in enumerate(sample.drawn_ids, start=1)
    ]
    text = f"{counted(sample.read, 'passage')} read, {sample.missed} held something that was missed."
    if sample.unread_ids:
        shown = "\n\n".join(f"{row['number']}. ({row['page']}) {row['text']}" for row in drawn if not row["is_read"])
        text = f"{shown}\n\nRead them, then give the numbers of those that hold personal data, or 0: --missed 0"
    elif sample.unmarked_ids:
        text += f" Mark what was missed: garrison review {project.name} add {document.id} --start N --end N --as NAME"
    shell.show(asdict(sample) | {"is_settled": sample.is_settled, "passages": drawn}, text)


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


def _check(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    document_id = "" if options.is_all or not items else _document(shell, project, items[0]).id
    params = {"document_id": document_id} | ({"by": options.person.name} if options.as_ else {})
    job = shell.run("search again", params, project_id=project.id)
    text = f"{counted(job.result['documents'], 'document')} searched again; "
    text += f"{counted(job.result['found'], 'place')} that look like personal data in the anonymized text."
    shell.show(job.result, text)


# --- from proposal to approval ------------------------------------------------------------------------


def _propose(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    from core.privacy import review

    person = options.person
    documents = [_document(shell, project, item) for item in items]
    if not documents:
        raise InputError("No document was named.", "Name document ids.")
    reviews = [review.propose(shell.workspace, project, document, by=person) for document in documents]
    shell.show(reviews, f"{counted(len(reviews), 'document')} proposed by {person.name}.\n{_figures(reviews)}")


def _approve(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    from core.privacy import review

    person = options.person
    if options.is_all:
        reviews = review.approve_all(shell.workspace, project, by=person)
    elif items:
        documents = [_document(shell, project, item) for item in items]
        reviews = [review.approve(shell.workspace, project, document, by=person) for document in documents]
    else:
        raise InputError("No document was named.", "Name document ids, or use --all.")
    text = f"{counted(len(reviews), 'document')} approved by {person.name}"
    text += "" if all(given.is_authenticated for given in reviews) else " (declared, not authenticated)"
    shell.show(reviews, f"{text}.\n{_figures(reviews)}\nNext: garrison questions generate {project.name}")


def _figures(reviews: list[Review]) -> str:
    from core.privacy import review

    return "\n".join(review.risk_words(review.risk_of(reviews)))


def _return(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    from core.privacy import review

    document = _one_document(shell, project, items, 'return DOCUMENT --reason "…"')
    returned = review.return_(shell.workspace, document, comment=options.reason, by=options.person)
    shell.show(returned, f"Returned to {returned.proposer}.")


def _withdraw(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    from core.privacy import review

    document = _one_document(shell, project, items, 'withdraw DOCUMENT --reason "…"')
    review.withdraw(shell.workspace, document, reason=options.reason, by=options.person)
    shell.show({"withdrawn": document.id}, "Withdrawn.")


def _rules(shell: Shell, project: Project, items: list[str], options: Options) -> None:
    from core.privacy import review

    if options.two_person:
        review.set_two_person(shell.workspace, project, options.two_person, by=options.person)  # type: ignore[arg-type]
    if options.sample_size >= 0:
        review.set_sample_size(shell.workspace, project, options.sample_size, by=options.person)
    project = get(shell.workspace.db, Project, project.id)
    needs_two = review.needs_two(shell.workspace, project)
    rules = {"policy": project.policy, "two_person": project.two_person, "sample_size": project.sample_size}
    text = f"Two persons: {project.two_person} ({'needed' if needs_two else 'not needed'} now). "
    text += f"Sample before a proposal: {counted(project.sample_size, 'passage')}."
    shell.show(rules | {"needs_two_persons": needs_two}, text)


_ACTIONS = {
    "list": _list,
    "accept": _accept,
    "reject": _reject,
    "add": _add,
    "type": _type,
    "borders": _borders,
    "sample": _sample,
    "check": _check,
    "propose": _propose,
    "approve": _approve,
    "return": _return,
    "withdraw": _withdraw,
    "rules": _rules,
}
