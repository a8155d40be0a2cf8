"""Looking for a name found in one document of a project in all the others."""

import re
from collections.abc import Iterable, Sequence

from core.detectors import RULES, detectors_of
from core.privacy.detection.overlaps import covers
from core.privacy.detection.propagation import PhraseMatcher, stands_alone
from core.privacy.text.letter_case import capitalized
from core.privacy.text.normalization import normalize_for_detection
from core.records import Span, new_id

_WORD = re.compile(r"\w+")


def people_in(text: str, spans: Sequence[Span]) -> tuple[set[str], set[str]]:
    """Return the names one document contributes to the rest of its project, and those a reviewer rejected in it.

    A name of several words is contributed as written, with capitals. Its words, and names of one word, are contributed only
    if more than a language model says that this is a person: a rule or a reviewer.
    """
    given: set[str] = set()
    rejected: set[str] = set()
    for span in spans:
        value = capitalized(normalize_for_detection(text[span.start : span.end]).text)
        words = _WORD.findall(value)
        if span.entity != "PERSON" or not 3 <= len(value) <= 200:
            continue
        if span.state == "rejected":
            rejected.update((value, *words))
            continue
        if len(words) > 1:
            given.add(value)
        if span.state == "accepted" or RULES in detectors_of(span):
            given.update(word for word in words if stands_alone(word))
    return given, rejected


class NameSearch:
    """Names to look for, indexed once for all documents of a project."""

    def __init__(self, names: Iterable[str]) -> None:
        self._sought = PhraseMatcher((name, "PERSON") for name in names)

    def new_spans(self, document_id: str, text: str, *, spans: Sequence[Span]) -> list[Span]:
        """Return spans (detector "propagation") for names in `text` that `spans` do not cover wholly.

        A rejected span covers too: what a reviewer left readable is not found again.
        """
        shown = normalize_for_detection(text)
        is_covered = covers((span.start, span.end) for span in spans)
        places = [
            (phrase, shown.bounds(phrase.start, phrase.end)) for phrase in self._sought.find(capitalized(shown.text), ())
        ]
        return [
            Span(
                id=new_id("span"),
                document_id=document_id,
                start=start,
                end=end,
                entity=phrase.entity,
                score=phrase.score,
                detector=phrase.detector,
            )
            for phrase, (start, end) in places
            if not is_covered(start, end)
        ]
