"""Texts for continued training: judged when they are written, and trained on only while their approval stands."""

from collections.abc import Sequence
from functools import cached_property

from core.privacy import Detector
from core.questions.text_filters import fault_of_text
from core.questions.writers.writer import PassageText
from core.records import Document, Passage, Project, Review, WrittenText, new_id, now
from core.services.privacy.anonymization import open_detector
from core.storage import Workspace
from core.storage.written_texts import approved_texts


def trainable_texts(workspace: Workspace, project: Project) -> list[WrittenText]:
    """Return the texts that may be trained on: kept ones, on text whose approval stands.

    Raises:
        AccessError: the actor may not read the project's documents.
    """
    return list(approved_texts(workspace, project.id))


class TextJudge:
    """Judges the texts that a job writes; the search for personal data is opened with the first one."""

    def __init__(self, workspace: Workspace, project: Project, job_id: str) -> None:
        """Open nothing yet."""
        self._workspace, self._project, self._job_id = workspace, project, job_id

    def judged(
        self, written: Sequence[PassageText], sources: dict[str, tuple[Document, Review, Passage]]
    ) -> list[WrittenText]:
        """Return texts as they are stored, kept or dropped with a reason, waiting for the job; `sources` by passage id.

        Raises:
            SetupError: the search for personal data cannot be opened.
        """
        created_at = now()
        return [self._judged(text, *sources[text.passage_id], created_at=created_at) for text in written]

    def _judged(
        self, text: PassageText, document: Document, review: Review, passage: Passage, *, created_at: str
    ) -> WrittenText:
        fault = fault_of_text(text.text, passage.text, self._personal_data)
        return WrittenText(
            id=new_id("text"),
            project_id=self._project.id,
            document_id=document.id,
            review_id=review.id,
            passage_id=passage.id,
            way=text.way,
            text=text.text,
            state="dropped" if fault else "kept",
            reason=fault.name if fault else "",
            job_id=self._job_id,
            created_at=created_at,
        )

    def _personal_data(self, text: str) -> list[str]:
        (detections,) = self._detector.detect([text])
        return [text[each.start : each.end] for each in detections]

    @cached_property
    def _detector(self) -> Detector:
        return open_detector(self._workspace, project_id=self._project.id)
