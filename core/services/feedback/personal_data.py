"""Look for personal data in what a model answered: it may come from any document of the project."""

from collections.abc import Sequence

from core.privacy import Detector
from core.privacy.text.normalization import fold, normalize_for_matching
from core.questions.hand_written import detected_values
from core.questions.said_values import Original, original_values, values_left_over
from core.records import Document, Project
from core.services.questions.curation.sources import originals_of
from core.storage import Permitted, find


def holding_personal_data(
    permitted: Permitted, project: Project, texts: Sequence[str], *, detector: Detector
) -> frozenset[int]:
    """Return the positions of those texts in which personal data stands that no approved text of the project holds.

    Besides what the detector finds, each value counts that a document has and its anonymized text replaces, however its
    letters are written (`fold`), and each part of a name in it that tells who is meant (`originals_of`).
    """
    found = [
        set(map(fold, detected_values(text, detections)))
        for text, detections in zip(texts, detector.detect(list(texts)), strict=True)
    ]
    folded = list(map(fold, texts))
    cased = [normalize_for_matching(text, is_cased=True).text for text in texts]
    documents = [each for each in find(permitted.db, Document, project_id=project.id) if each.text_sha256 is not None]
    everything = "\n".join(folded)
    for document in documents:
        originals = originals_of(permitted, document, said=everything)
        words = [each for each in originals if each.is_also_a_word]
        near = [Original(fold(each.text)) for each in originals if not each.is_also_a_word]
        for values, text, as_written in zip(found, folded, cased, strict=True):
            values |= {*original_values(text, near), *map(fold, original_values(as_written, words))}
    for document in documents if any(found) else ():
        if review := permitted.active_review(document.id):
            approved = fold(permitted.anonymized_text(project.id, review))
            found = [set(values_left_over(values, approved)) for values in found]
    return frozenset(place for place, values in enumerate(found) if values)
