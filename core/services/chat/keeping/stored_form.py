"""The form in which words are stored: as they are or, where a project masks them, with labels for personal data."""

import re
from collections.abc import Iterable

from core.privacy import SurrogateTable, mask, new_key
from core.privacy.entities import ENTITIES
from core.records import Detection, Project, Span, Treatment
from core.services.privacy.held_detector import held_detector
from core.services.privacy.project_surrogates import treatments_of
from core.storage import Permitted, get

_LABEL = re.compile(r"<[A-Z][A-Z_]*_\d+>")


class StoredForm:
    """Turns words into what may be stored of them in a project's chats.

    Personal data is found as in documents and treated as there, with numbered labels in place of invented values. The same
    value has the same label in everything that one object is asked for. Nothing is stored of which label stands for what.
    """

    def __init__(self, permitted: Permitted, project_id: str, *, said: Iterable[str] = ()) -> None:
        """Prepare; models are opened when the first word is masked.

        Args:
            permitted: the workspace, for an act in a chat.
            project_id: the project whose policy counts.
            said: what was said before, whose labels are not given to others.
        """
        self._permitted, self._project_id = permitted, project_id
        self._said = said
        self._table: SurrogateTable | None = None

    @property
    def is_masked(self) -> bool:
        """Whether the project masks personal data, as it is set now."""
        return get(self._permitted.db, Project, self._project_id).retention.is_masked

    def of(self, text: str) -> str:
        """Return what may be stored of a text.

        Raises:
            SetupError: a model that finds personal data is missing or damaged.
            InputError: a pattern of the reviewers takes too long on this text.
        """
        if not text.strip() or not self.is_masked:
            return text
        (found,) = held_detector(self._permitted, self._project_id).detect([text])
        table = self._labels()
        return mask(text, [table.replaced(_span(detection), text) for detection in found]).text

    def _labels(self) -> SurrogateTable:
        if self._table is None:
            treatments: dict[str, Treatment] = dict.fromkeys(ENTITIES, "tag")
            chosen = treatments_of(self._permitted, self._project_id).items()
            treatments |= {entity: treatment for entity, treatment in chosen if treatment != "surrogate"}
            taken = {label for text in self._said for label in _LABEL.findall(text)}
            self._table = SurrogateTable(new_key(), [("SAID", label, label) for label in taken], treatments=treatments)
        return self._table


def _span(detection: Detection) -> Span:
    return Span(
        id="", document_id="", start=detection.start, end=detection.end, entity=detection.entity, score=detection.score,
        detector=detection.detector,
    )  # fmt: skip
