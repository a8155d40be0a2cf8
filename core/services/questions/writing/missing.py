"""Which approved passages a job has yet to write about: neither those it has written nor those that are up to date."""

import json
from collections.abc import Iterator, Set
from dataclasses import dataclass

from core.files import sha256_text
from core.records import Document, Project, Review
from core.services.questions.writing.batch import Approved
from core.services.questions.writing.models import WritingModel
from core.settings import GenerationSettings
from core.storage import Workspace, find, rights
from core.storage.written_passages import approved_sizes, up_to_date, written_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How many passages are approved, how many of them are up to date, and how many others the job has written."""

    total: int = 0
    skipped: int = 0
    done: int = 0
    longest_tokens: int = 0  # of the longest passage

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return self.skipped + self.done == self.total


def settings_key(settings: GenerationSettings, model: WritingModel) -> str:
    """Return a SHA-256 of all that a passage's pairs depend on besides its text."""
    values = settings.model_dump(exclude={"batch_sequences"}) | {"model_sha256": model.sha256}
    return sha256_text(json.dumps(values, sort_keys=True))


def amount(
    workspace: Workspace, project: Project, *, job_id: str = "", key: str = "", only: Set[str] = frozenset()
) -> Amount:
    """Count the passages, or those of `only`; those written with the settings of `key` are up to date."""
    rights.check(workspace.db, "see project", project.id)
    total, skipped, done, longest = 0, 0, 0, 0
    for _, review in _approved_documents(workspace, project):
        written = _of(only, written_by(workspace, project.id, job_id, review.id))
        number, tokens = approved_sizes(workspace, project.id, review.id, only=only)
        total, longest = total + number, max(longest, tokens)
        skipped += len(_of(only, up_to_date(workspace, project.id, review.id, key)) - written)
        done += len(written)
    return Amount(total=total, skipped=skipped, done=done, longest_tokens=longest)


def missing(
    workspace: Workspace, project: Project, *, job_id: str, key: str, only: Set[str] = frozenset()
) -> Iterator[Approved]:
    """Yield the missing passages, or those of `only`, one document after the other; the text of one document is held."""
    rights.check(workspace.db, "read documents", project.id)
    return _missing(workspace, project, job_id=job_id, key=key, only=only)


def _missing(workspace: Workspace, project: Project, *, job_id: str, key: str, only: Set[str]) -> Iterator[Approved]:
    for document, review in _approved_documents(workspace, project):
        finished = written_by(workspace, project.id, job_id, review.id)
        finished |= up_to_date(workspace, project.id, review.id, key)
        if len(_of(only, finished)) < approved_sizes(workspace, project.id, review.id, only=only)[0]:
            for passage in workspace.passages_of(document.project_id, review):
                if passage.id not in finished and _of(only, {passage.id}):
                    yield document, review, passage


def _of(only: Set[str], passage_ids: Set[str]) -> Set[str]:
    """Return those of the passages that are meant: all if `only` is empty."""
    return passage_ids & only if only else passage_ids


def _approved_documents(workspace: Workspace, project: Project) -> Iterator[tuple[Document, Review]]:
    """Yield all documents with a valid approval, except imported pairs, which nobody asks about."""
    for document in find(workspace.db, Document, project_id=project.id, state="read"):
        review = workspace.active_review(document.id) if document.kind != "pairs" else None
        if review is not None:
            yield document, review
