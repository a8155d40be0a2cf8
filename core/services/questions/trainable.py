"""The rule that nothing unreviewed is trained on: which question pairs may be, and in which form."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from core.errors import Hint, InputError
from core.questions.as_text import exchange_in
from core.records import Document, Passage, Project, QuestionPair, Review
from core.services.review.approved import approved_masking, masked_parts
from core.storage import Workspace, find_each, get, rights
from core.training.fit import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many kept pairs of a project come from text whose approval stands, and how many do not, for which reason.

    The document of an `unapproved` pair is not approved; `waiting` are those of these that never were. That of an `outdated`
    one was approved again, and the passage reads otherwise now.
    """

    valid: int
    unapproved: int
    outdated: int
    waiting: int = 0


_WITHDRAWN = "exists (select 1 from reviews where document_id = pairs.document_id and state = 'withdrawn')"
_APPROVED = "(select id from reviews where document_id = pairs.document_id and state = 'approved')"

_TRAINABLE = (
    f"project_id = ? and state = 'kept' and {_APPROVED} is not null and (origin = 'imported' or review_id is {_APPROVED})"
)
_LENGTH = "length(input) + length(output) + length(coalesce(nullif(history, '[]'), ''))"


def standing_of(workspace: Workspace, project: Project) -> Standing:
    """Count the kept pairs of a project by whether their approval stands."""
    rights.check(workspace.db, "see project", project.id)
    row = workspace.db.execute(
        f"select count(*) as kept, coalesce(sum({_APPROVED} is null), 0) as unapproved, coalesce(sum({_APPROVED} is not null"  # noqa: S608 a constant
        f" and origin <> 'imported' and review_id is not {_APPROVED}), 0) as outdated"
        f", coalesce(sum({_APPROVED} is null and not {_WITHDRAWN}), 0) as waiting"
        " from pairs where project_id = ? and state = 'kept'",
        [project.id],
    ).fetchone()
    left_out = row["unapproved"] + row["outdated"]
    return Standing(
        valid=row["kept"] - left_out, unapproved=row["unapproved"], outdated=row["outdated"], waiting=row["waiting"]
    )


def trainable_amount(workspace: Workspace, project: Project) -> Amount:
    """Measure what `reviewed_pairs` would return, without reading it; imported pairs count as they came."""
    rights.check(workspace.db, "see project", project.id)
    row = workspace.db.execute(
        "select count(*) as pairs, count(distinct coalesce(fact, id)) as facts,"  # noqa: S608 a constant
        " coalesce(sum(length(input) + length(output)), 0) as characters, count(distinct document_id) as documents,"
        f" coalesce(max({_LENGTH}), 0) as longest_characters from pairs where {_TRAINABLE}",
        [project.id],
    ).fetchone()
    return Amount(**row)


def longest_reviewed(workspace: Workspace, project: Project, count: int) -> list[QuestionPair]:
    """Return the `count` longest of the pairs that `reviewed_pairs` would return, by their characters as they came."""
    rights.check(workspace.db, "read documents", project.id)
    query = f"select id from pairs where {_TRAINABLE} order by {_LENGTH} desc, id limit ?"  # noqa: S608 constants
    rows = workspace.db.execute(query, [project.id, count]).fetchall()
    pairs = [reviewed_form(workspace, get(workspace.db, QuestionPair, row["id"])) for row in rows]
    return [pair for pair in pairs if pair]


def check_reviewed(workspace: Workspace, project: Project) -> None:
    """Raise InputError if there are no kept pairs from text whose approval stands, and say why."""
    standing = standing_of(workspace, project)
    if not standing.valid:
        raise _none(project, kept=standing.unapproved + standing.outdated, is_outdated=standing.outdated > 0)


def reviewed_pairs(workspace: Workspace, project: Project) -> list[QuestionPair]:
    """Return the kept pairs from text with a valid approval; imported ones in their approved, anonymized form.

    Raises:
        InputError: there are none, and why.
    """
    return list(each_reviewed(workspace, project))


def each_reviewed(workspace: Workspace, project: Project) -> Iterator[QuestionPair]:
    """Yield what `reviewed_pairs` returns, a few hundred at a time, so that never all of them are held.

    Raises:
        InputError: there are none, and why.
    """
    rights.check(workspace.db, "read documents", project.id)
    approved: dict[str, tuple[Review | None, dict[str, Passage]]] = {}
    kept, is_any, is_outdated = 0, False, False
    for given in find_each(workspace.db, QuestionPair, project_id=project.id, state="kept", order="created_at, rowid"):
        if given.document_id not in approved:
            approved[given.document_id] = _approved_by_id(workspace, get(workspace.db, Document, given.document_id))
        review, passages = approved[given.document_id]
        kept += 1
        is_outdated = is_outdated or (given.review_id is not None and review is not None)
        if pair := _reviewed(given, review, passages):
            is_any = True
            yield pair
    if not is_any:
        raise _none(project, kept=kept, is_outdated=is_outdated)


def reviewed_form(workspace: Workspace, pair: QuestionPair) -> QuestionPair | None:
    """Return a pair as it may be trained on, imported ones anonymized; None unless it belongs to a valid approval."""
    rights.check(workspace.db, "read documents", pair.project_id)
    return _reviewed(pair, *_approved_by_id(workspace, get(workspace.db, Document, pair.document_id)))


def _approved_by_id(workspace: Workspace, document: Document) -> tuple[Review | None, dict[str, Passage]]:
    """Return a document's approval, and the approved passages in which pairs stand that were brought in."""
    review, passages = _approved(workspace, document)
    return review, {passage.id: passage for passage in passages if passage.parts}


def _approved(workspace: Workspace, document: Document) -> tuple[Review | None, list[Passage]]:
    """Return a document's approval and approved passages; those of conversations with their parts.

    Approvals from before parts were stored have none: then they are found again in exactly the masking that was approved.
    """
    review, passages = workspace.approved_passages(document)
    if review is None or document.kind != "pairs" or all(passage.parts for passage in passages):
        return review, passages
    try:
        _, _, masked = approved_masking(workspace, document)
    except InputError:  # what is stored is not what was approved any more
        return None, []
    parts = {passage.id: masked_parts(masked, passage.parts) for passage in workspace.passages(document)}
    return review, [replace(passage, parts=parts.get(passage.id, ())) for passage in passages]


def _none(project: Project, *, kept: int, is_outdated: bool) -> InputError:
    """Return why there is nothing to train on, with what to do."""
    if not kept:
        return InputError(
            f"{project.name} has no question pairs.",
            Hint("Have some written on the page Questions.", command=f"garrison questions generate {project.name}"),
        )
    return InputError(
        f"None of the {kept} pairs of {project.name} comes from a document whose approval stands.",
        _rewrite(project) if is_outdated else _review(project),
    )


def _rewrite(project: Project) -> Hint:
    return Hint(
        "Their text changed when it was approved again; have the changed passages written anew on the page Questions.",
        command=f"garrison questions generate {project.name}",
    )


def _review(project: Project) -> Hint:
    return Hint(
        "Review it on the page Review, then approve it.",
        command=f"garrison review {project.name} approve DOCUMENT --as NAME",
    )


def approvals_of(workspace: Workspace, review_ids: Iterable[str | None]) -> list[Review]:
    """Return the approvals that pairs with these review ids come from, each once."""
    return [get(workspace.db, Review, review_id) for review_id in set(review_ids) if review_id is not None]


def _reviewed(pair: QuestionPair, review: Review | None, passages: dict[str, Passage]) -> QuestionPair | None:
    """Return the pair as it may be trained on, imported ones anonymized; None unless it belongs to the valid approval."""
    if review is None:
        return None
    if pair.origin != "imported":
        return pair if pair.review_id == review.id else None
    passage = None if pair.passage_id is None else passages.get(pair.passage_id)
    found = exchange_in(passage, len(pair.history)) if passage else None  # a pair's turn is the one after its history
    if passage is None or found is None:
        return None
    exchange, answer = found
    return replace(
        pair,
        input=exchange.input,
        output=exchange.output,
        system=exchange.system,
        history=exchange.history,
        review_id=review.id,
        quote=exchange.output,  # the imported quote is not anonymized
        quote_start=answer.start,
        quote_end=answer.end,
    )
