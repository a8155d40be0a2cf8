"""The documents of a service: a project's approved text as it stands at each request, for keys that may chat there."""

import logging
from functools import partial
from typing import Any

from core.deploy.documents import Prepared
from core.deploy.door import Caller
from core.deploy.refusal import Refused
from core.errors import GarrisonError
from core.models.text import Message
from core.records import Project
from core.services.retrieval.answering import BUDGETS, NOT_IN_DOCUMENTS, Consulted, asked_with, consult
from core.services.retrieval.index import Embed, Report, count_sources
from core.storage import Permitted, Workspace, find
from core.storage.api_keys import find_key, may_use

log = logging.getLogger(__name__)


class StoredDocuments:
    """Looks questions up in a project's approved text. Rights and approvals are read anew for each."""

    def __init__(self, workspace: Permitted, project: Project, *, embed: Embed | None = None) -> None:
        """Read nothing yet; see `open_documents`."""
        self.project = project
        self._workspace, self._embed = workspace, embed

    def prepare(self, caller: Caller, question: str) -> Prepared:
        """Return a question with the sources that fit it.

        Raises:
            Refused: the key may not ask this project's documents, or they cannot be read.
        """
        self._check(caller)
        try:
            found = consult(self._workspace, self.project, question, embed=self._embed)
        except GarrisonError as error:
            log.warning("A question could not be looked up in the documents: %s", error.message)
            words = "The documents cannot be read. Whoever runs this service finds the reason in its log."
            raise Refused(500, "documents_unreadable", words) from error
        asked = (asked_with(found.sources, [Message("user", question)], characters=each) for each in BUDGETS)
        return Prepared(
            prompts=tuple(dict.fromkeys(messages[-1].content for messages in asked)) if found.is_told else (),
            refusal=NOT_IN_DOCUMENTS,
            supporting=partial(self._supporting, caller, found),
        )

    def _supporting(self, caller: Caller, found: Consulted, answer: str) -> dict[str, Any]:
        """Return what supports an answer.

        Raises:
            Refused: the key's right has ended meanwhile, or the approval of a source.
        """
        self._check(caller)
        for source in found.sources:
            review = self._workspace.active_review(source.document_id)
            if review is None or review.id != source.review_id:
                words = "A document was withdrawn or approved anew while the answer was written. Ask again."
                raise Refused(409, "document_changed", words)
        cited = found.cited(answer)
        return {"is_refused": cited.is_refused, **cited.told()}

    def _check(self, caller: Caller) -> None:
        db, project_id = self._workspace.db, self.project.id
        key = find_key(db, caller.key_id) if caller.key_id else None
        if key is None or not find(db, Project, id=project_id) or not may_use(db, key, project_id):
            raise Refused(403, "no_permission", "This key may not ask the documents of this service.")


def open_documents(
    workspace: Workspace, project: Project, *, embed: Embed | None = None, report: Report | None = None
) -> StoredDocuments:
    """Return a project's documents for a service, once all approved passages are in their index.

    Args:
        workspace: where the documents are.
        project: whose they are.
        embed: makes embeddings; by default the embedded network.
        report: called with progress while passages are read for the first time.

    Raises:
        AccessError: the acting person may not chat in this project.
        SetupError: the network that compares meanings is missing or damaged, or the index cannot be opened.
    """
    permitted = workspace.allowed("chat", project.id)
    count_sources(permitted, project, embed=embed, report=report)
    return StoredDocuments(permitted, project, embed=embed)
