"""Check what a person wrote as a question pair: which words of the approved text prove it, and what must not stand in it."""

import re
from collections.abc import Iterable, Sequence

from core.language.english.function_words import STOP_WORDS
from core.questions.evidence import Evidence, find_evidence
from core.questions.passage_sentences import passage_sentences
from core.questions.said_values import Original, original_values, values_left_over
from core.records import Detection

SHARE = 0.6  # of the telling words of an answer that a sentence must have to prove it
_WORD = re.compile(r"\w+")


def proof_of(answer: str, text: str, *, question: str) -> Evidence | None:
    """Return the words of `text` that prove an answer; None if there are none.

    They are what says the same or else the sentence with most of the answer's telling words, provided that the text has
    all of its numbers. An answer without such words, as "Yes.", is looked for by those of its question.
    """
    wanted = _telling(answer)
    if wanted and (found := find_evidence(answer.strip().rstrip(".!"), text)):
        return found
    wanted = wanted or _telling(question)
    everywhere = set(_WORD.findall(text.casefold()))
    if not wanted or not {word for word in wanted if any(map(str.isdigit, word))} <= everywhere:
        return None
    places = list(passage_sentences(text)) or [(0, len(text))]
    shares = [len(wanted & _telling(text[start:end])) / len(wanted) for start, end in places]
    best = max(range(len(places)), key=shares.__getitem__)
    return Evidence(*places[best]) if shares[best] >= SHARE else None


def personal_data_in(
    text: str, detections: Iterable[Detection], *, approved: str, originals: Sequence[Original]
) -> list[str]:
    """Return the values in `text` that are personal data and do not stand in the approved text.

    Args:
        text: what a person wrote.
        detections: what the detector found in it.
        approved: the anonymized text that was approved; what stands there has been looked at, invented names included.
        originals: what of the document the approved text replaces; each is found even where the detector is blind.
    """
    found = [*detected_values(text, detections), *original_values(text, originals)]
    return values_left_over(dict.fromkeys(found), approved)


def detected_values(text: str, detections: Iterable[Detection]) -> list[str]:
    """Return the values in `text` that the detector took for personal data."""
    return [value for each in detections if (value := text[each.start : each.end]).strip()]


def _telling(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.casefold()) if word not in STOP_WORDS and word not in ("yes", "no")}
