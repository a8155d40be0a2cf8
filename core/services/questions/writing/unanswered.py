"""Add questions that the documents do not answer, as many as the settings say, and drop those that they answer after all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from core.questions.writers.unanswerable import NAME, Draft, drafts, pair_of, unanswered
from core.records import Document, Project, QuestionPair, new_id, now
from core.settings import GenerationSettings
from core.storage import Workspace, find, rights
from core.storage.rows import delete, insert_many
from core.storage.written_passages import waiting_pairs


@dataclass(frozen=True, slots=True)
class Invention:
    """Pairs to add that no passage answers, and the ids of waiting pairs that a passage might answer, to be left out."""

    added: list[QuestionPair]
    left_out: list[str]


def invented(workspace: Workspace, project: Project, job_id: str, settings: GenerationSettings) -> Invention:
    """Return what to add by rule to what a job wrote, and what to leave out of it.

    Both are judged over all approved passages of the project, read one document at a time.

    Raises:
        AccessError: the actor may not read the project's documents.
    """
    waiting = waiting_pairs(workspace, project.id, job_id)
    written = [pair for pair in waiting if pair.kind == NAME]
    languages = {document.id: document.language for document in find(workspace.db, Document, project_id=project.id)}
    stated = [*_stated(waiting), *_stated(_others(workspace, project, waiting))]
    share = settings.unanswerable_share
    wanted = max(0, round(len(stated) * share / (1 - share)) - len(written))
    english = [pair for pair in stated if languages.get(pair.document_id) in (None, "en")]
    by_rule = drafts(english, wanted, seed=settings.seed) if wanted else []
    asked = [Draft(pair.input, pair.input, pair) for pair in written]
    standing = list(unanswered([*asked, *by_rule], _texts(workspace, project))) if asked or by_rule else []
    fine = {draft.source.id for draft in standing if draft.question == draft.thing}
    added = _pairs([draft for draft in standing if draft.question != draft.thing], languages)
    return Invention(list(islice(added, wanted)), [pair.id for pair in written if pair.id not in fine])


def _stated(pairs: Sequence[QuestionPair]) -> list[QuestionPair]:
    return [pair for pair in pairs if pair.kind != NAME and pair.quote]


def _others(workspace: Workspace, project: Project, waiting: Sequence[QuestionPair]) -> list[QuestionPair]:
    """Return the kept pairs that stay, because nothing new was written about their passages."""
    replaced = {pair.passage_id for pair in waiting}
    kept = find(workspace.db, QuestionPair, project_id=project.id, origin="generated", state="kept")
    return [pair for pair in kept if pair.passage_id not in replaced]


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
