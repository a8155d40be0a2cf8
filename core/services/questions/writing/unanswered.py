"""Add questions that the documents do not answer, as many as the settings say, and drop those that they answer after all."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from core.questions.writers.unanswerable import MOST_PARSED, NAME, Draft, drafts, pair_of, unanswered
from core.records import Document, Project, QuestionPair, new_id, now
from core.settings import GenerationSettings
from core.storage import Workspace, find, rights
from core.storage.rows import delete, from_row, insert_many
from core.storage.written_passages import each_waiting

MOST_ADDED = 5000  # by rule: a model learns from fewer to say that it does not know


@dataclass(frozen=True, slots=True)
class Invention:
    """Pairs to add that no passage answers, and the ids of waiting pairs that a passage might answer, to be left out."""

    added: list[QuestionPair]
    left_out: list[str]


def invented(workspace: Workspace, project: Project, job_id: str, settings: GenerationSettings) -> Invention:
    """Return what to add by rule to what a job wrote, and what to leave out of it.

    Both are judged over all approved passages of the project, read one document at a time.

    Raises:
        AccessError: the actor may not work on the project's questions.
    """
    rights.check(workspace.db, "work on questions", project.id)
    share = settings.unanswerable_share
    if not share:
        return Invention([], [])
    languages = {document.id: document.language for document in find(workspace.db, Document, project_id=project.id)}
    written = [pair for pairs in each_waiting(workspace, project.id, job_id) for pair in pairs if pair.kind == NAME]
    count, known = _stated(workspace, project, job_id, languages, seed=settings.seed)
    wanted = min(MOST_ADDED, max(0, round(count * share / (1 - share)) - len(written)))
    by_rule = drafts(known, wanted, seed=settings.seed) if wanted else []
    asked = [Draft(pair.input, pair.input, pair) for pair in written]
    standing = list(unanswered([*asked, *by_rule], _texts(workspace, project))) if asked or by_rule else []
    fine = {draft.source.id for draft in standing if draft.question == draft.thing}
    added = _pairs([draft for draft in standing if draft.question != draft.thing], languages)
    return Invention(list(islice(added, wanted)), [pair.id for pair in written if pair.id not in fine])


def _stated(
    workspace: Workspace, project: Project, job_id: str, languages: Mapping[str, str | None], *, seed: int
) -> tuple[int, list[QuestionPair]]:
    """Count the pairs that the text answers, and return a random sample of the English ones: those are made new ones of."""
    chance = random.Random(seed)  # noqa: S311 nothing secret
    count, sample = 0, list[QuestionPair]()
    for pair in _answered(workspace, project, job_id):
        count += 1
        if languages.get(pair.document_id) not in (None, "en"):
            continue
        if len(sample) < MOST_PARSED:
            sample.append(pair)
        elif (place := chance.randrange(count)) < MOST_PARSED:
            sample[place] = pair
    return count, sample


def _answered(workspace: Workspace, project: Project, job_id: str) -> Iterator[QuestionPair]:
    """Yield what the job wrote with its evidence, and the kept pairs of passages that it did not write about."""
    for pairs in each_waiting(workspace, project.id, job_id):
        yield from (pair for pair in pairs if pair.kind != NAME and pair.quote)
    rows = workspace.db.execute(
        "select * from pairs where project_id = ? and origin = 'generated' and state = 'kept' and quote <> ''"
        " and passage_id not in (select passage_id from written_passages where job_id = ? and pairs is not null)",
        [project.id, job_id],
    )
    yield from (from_row(QuestionPair, row) for row in rows)


def _pairs(standing: Sequence[Draft], languages: dict[str, str | None]) -> Iterator[QuestionPair]:
    created_at = now()
    for draft in standing:
        language = languages.get(draft.source.document_id)
        pair = pair_of(draft, pair_id=new_id("pair"), language=language, created_at=created_at)
        if pair is not None:
            yield pair


def put_invented(workspace: Workspace, project: Project, invention: Invention) -> None:
    """Replace earlier pairs made by rule, unless a person decided on them, and delete those to be left out.

    Call this inside the transaction that makes the job's pairs count, and after that.

    Raises:
        AccessError: the actor may not work on the project's questions.
    """
    rights.check(workspace.db, "work on questions", project.id)
    for pair in find(workspace.db, QuestionPair, project_id=project.id, writer=NAME, decided=None, changed_by=None):
        delete(workspace.db, QuestionPair, id=pair.id)
    for pair_id in invention.left_out:
        delete(workspace.db, QuestionPair, id=pair_id)
    insert_many(workspace.db, invention.added)


def _texts(workspace: Workspace, project: Project) -> Iterator[str]:
    for document in find(workspace.db, Document, project_id=project.id, state="read"):
        if document.kind != "pairs":
            yield from (passage.text for passage in workspace.approved_passages(document)[1])
