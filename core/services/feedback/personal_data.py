"""Look for personal data in what a model answered: it may come from any document of the project."""

import re
from collections.abc import Sequence

from core.privacy import Detector
from core.privacy.text.normalization import fold
from core.questions.hand_written import detected_values, original_values, stands_in
from core.records import Document, Project
from core.services.questions.curation.sources import originals_of
from core.storage import Permitted, find


def holding_personal_data(
    permitted: Permitted, project: Project, texts: Sequence[str], *, detector: Detector
) -> frozenset[int]:
    """Return the positions of those texts in which personal data stands that no approved text of the project holds.

    Besides what the detector finds, each value counts that a document has and its anonymized text replaces, however its
    letters are written (`fold`).
    """
    found = [
        set(map(fold, detected_values(text, detections)))
        for text, detections in zip(texts, detector.detect(list(texts)), strict=True)
    ]
    folded = list(map(fold, texts))
    documents = [each for each in find(permitted.db, Document, project_id=project.id) if each.text_sha256 is not None]
    everything = "\n".join(folded)
    for document in documents:
        near = [value for value in map(fold, originals_of(permitted, document)) if _may_stand_in(value, everything)]
        for values, text in zip(found, folded, strict=True):
            values |= set(original_values(text, near))
    for document in documents if any(found) else ():
        if review := permitted.active_review(document.id):
            approved = fold(permitted.anonymized_text(project.id, review))
            found = [{value for value in values if not stands_in(value, approved)} for values in found]
    return frozenset(place for place, values in enumerate(found) if values)


def _may_stand_in(value: str, everything: str) -> bool:
    """Return whether the first word of a folded value stands in folded texts: quick, so that few values are looked for."""
    first = re.search(r"[^\W_]+", value)
    return (first.group() if first else value) in everything
