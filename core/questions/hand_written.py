"""Check what a person wrote as a question pair: which words of the approved text prove it, and what must not stand in it."""

import re
from collections.abc import Iterable, Sequence

from core.language.english.function_words import STOP_WORDS
from core.questions.passage_sentences import passage_sentences
from core.records import Detection

PERSONAL_DATA = "personal data"  # reasons to drop a pair, stored with it
UNGROUNDED = "ungrounded"
SHARE = 0.6  # of the telling words of an answer that a sentence must have to prove it
_WORD = re.compile(r"\w+")


def find_evidence(question: str, answer: str, text: str) -> tuple[int, int] | None:
    """Return start and end of the words of `text` that prove an answer; None if there are none.

    They are the answer itself or else the sentence with most of its telling words, provided that the text has all of its
    numbers. An answer without such words, as "Yes.", is looked for by those of its question.
    """
    if exact := _place_of(answer.strip().rstrip(".!"), text):
        return exact
    wanted = _telling(answer) or _telling(question)
    everywhere = set(_WORD.findall(text.casefold()))
    if not wanted or not {word for word in wanted if any(map(str.isdigit, word))} <= everywhere:
        return None
    places = list(passage_sentences(text)) or [(0, len(text))]
    shares = [len(wanted & _telling(text[start:end])) / len(wanted) for start, end in places]
    best = max(range(len(places)), key=shares.__getitem__)
    return places[best] if shares[best] >= SHARE else None


def place_of_quote(quote: str, text: str) -> tuple[int, int] | None:
    """Return where a quote stands in `text`, whatever its blanks and line breaks; None if it does not."""
    return _place_of(quote, text)


def personal_data_in(text: str, detections: Iterable[Detection], *, approved: str, originals: Sequence[str]) -> list[str]:
    """Return the values in `text` that are personal data and do not stand in the approved text.

    Args:
        text: what a person wrote.
        detections: what the detector found in it.
        approved: the anonymized text that was approved; what stands there has been looked at, invented names included.
        originals: values of the document that the approved text replaces; each is found even where the detector is blind.
    """
    found = [text[each.start : each.end] for each in detections]
    found += [value for value in originals if len(value) > 2 and _stands_in(value, text)]
    return [value for value in dict.fromkeys(found) if value.strip() and not _stands_in(value, approved)]


def _stands_in(value: str, text: str) -> bool:
    words = r"\s+".join(re.escape(word) for word in value.split())
    return re.search(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE) is not None


def _place_of(words: str, text: str) -> tuple[int, int] | None:
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    found = re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE) if pattern else None
    return found.span() if found and _telling(words) else None


def _telling(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.casefold()) if word not in STOP_WORDS and word not in ("yes", "no")}
