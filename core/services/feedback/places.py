"""Passages of approved text that feedback may be about: what the answer rested on, else what fits the question."""

from collections.abc import Sequence

from core.questions.hand_written import proof_of
from core.records import Feedback, Project
from core.retrieval import Source
from core.services.questions.question_pairs import PassageInSight, approved_passage
from core.services.retrieval.answering import DocumentAnswer
from core.services.retrieval.finding import find_sources
from core.services.retrieval.index import Embed, Report
from core.storage import Workspace


def places_of(
    workspace: Workspace,
    project: Project,
    feedback: Feedback,
    *,
    embed: Embed | None = None,
    report: Report | None = None,
) -> list[PassageInSight]:
    """Return the passages that feedback may be about, those first that prove its correction, else its answer.

    Raises:
        AccessError: the actor may not work on the project's questions, or not chat.
        SetupError: the network that compares meanings is missing or damaged.
    """
    permitted = workspace.allowed("work on questions", project.id, also="chat")
    sources = DocumentAnswer.from_json(feedback.sources).sources if feedback.sources else ()
    found = _standing(permitted, project, sources)
    if not found:
        found = places_for(permitted, project, feedback.question, embed=embed, report=report)
    said = feedback.correction or feedback.answer
    return sorted(found, key=lambda place: proof_of(said, place.text, question=feedback.question) is None)


def places_for(
    workspace: Workspace, project: Project, question: str, *, embed: Embed | None = None, report: Report | None = None
) -> list[PassageInSight]:
    """Return the passages of approved text that fit a question best.

    Raises:
        AccessError: the actor may not chat in this project.
        SetupError: the network that compares meanings is missing or damaged.
    """
    return _standing(workspace, project, find_sources(workspace, project, question, embed=embed, report=report).sources)


def _standing(workspace: Workspace, project: Project, sources: Sequence[Source]) -> list[PassageInSight]:
    """Return the passages of sources as they are approved now; those that are not any more are left out."""
    found = (approved_passage(workspace, project, each.passage_id) for each in sources)
    return [each for each in found if each is not None]
