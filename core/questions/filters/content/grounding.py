"""Ungrounded: no evidence, or numbers, names and units of the pair that the evidence does not hold.

What is compared with what: the answer with the quote and the headings above it; the question with the whole passage,
headings and title, because it may name its topic.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from core.language.english.quantities import numbers_in, units_in
from core.questions.filters.filter import Case, DropReason, Filter, each
from core.records import QuestionPair
from core.settings import FilterSettings

_WORD = re.compile(r"[^\W_][\w’'/&-]*")
_NAME = re.compile(r"[A-Z]\w*[A-Z0-9]|\w*\d\w*[A-Z]\w*|[A-Z][a-z’'-]+")  # "METT-TC", "KV-2231", "Keller"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The approved text that a pair comes from."""

    passage: str
    around: str = ""  # headings above it, and the document's title
    document: str = ""  # all of the document's approved text, with the title
    document_words: frozenset[str] = frozenset()  # its words, found once (`personal_data.words_of`)


def count_ungrounded(pair: QuestionPair, source: Source) -> int:
    """Count the numbers, names and units of a pair that its evidence does not hold."""
    if pair.kind == "unanswerable":
        return 0  # says that the text does not tell it
    text = source.document if pair.kind == "link" else source.passage
    evidence = _Evidence(
        f"{pair.quote}\n{source.around}" if pair.quote and pair.kind != "link" else f"{text}\n{source.around}"
    )
    wider = _Evidence(f"{text}\n{source.around}")
    if pair.wording == "no":  # the question says something false, which the answer may repeat
        return len(set(_missing(pair.output, _Evidence(f"{text}\n{source.around}\n{pair.input}"))))
    told = set(_missing(pair.output, evidence))
    asked = set() if pair.kind == "scenario" else set(_missing(pair.input, wider))
    return len(told | asked)


class _Evidence:
    """The numbers, words, and numbers with their units of a text."""

    def __init__(self, text: str) -> None:
        text = text.replace("_", " ")  # as in the names of files: "FM_3-55.pdf"
        self.words = {form for word in _WORD.findall(text) for form in _forms(word)}
        self.numbers = set(numbers_in(text))
        self.units = set(units_in(text))


def _missing(text: str, evidence: _Evidence) -> Iterator[str]:
    yield from (number for number in numbers_in(text) if number not in evidence.numbers)
    known = {number for number, _ in evidence.units}
    yield from (
        f"{number} {unit}" for number, unit in units_in(text) if number in known and (number, unit) not in evidence.units
    )
    yield from (name for name in _names(text) if not evidence.words.intersection(_forms(name)))


def _names(text: str) -> Iterator[str]:
    """Yield names and abbreviations; a capital letter at the beginning of a sentence tells nothing."""
    for match in _WORD.finditer(text):
        word = match.group().removesuffix("'s").removesuffix("’s").strip("-'’/&")
        before = text[: match.start()].rstrip("\"'“‘( ")
        is_first = not before or before[-1] in ".?!:;\n"
        is_plain = word[1:] == word[1:].lower()
        if _NAME.fullmatch(word.replace("-", "").replace("/", "").replace("&", "")) and not (is_first and is_plain):
            yield word


def _forms(word: str) -> set[str]:
    """Return the ways to write a word by which it is the same name."""
    plain = word.casefold().replace("’", "'").removesuffix("'s").strip("-'/&")
    return {_stem(plain), *map(_stem, re.split(r"[-/&]", plain))} if "-" in plain or "/" in plain else {_stem(plain)}


def _stem(word: str) -> str:
    plain = word.casefold().replace(" ", "")
    return plain[:-1] if len(plain) > 3 and plain.endswith("s") and not plain.endswith("ss") else plain


def _is_ungrounded(case: Case, settings: FilterSettings) -> bool:
    pair = case.pair
    has_no_evidence = (
        pair.origin == "generated" and pair.kind != "unanswerable" and pair.review_id is not None and not pair.quote
    )
    return has_no_evidence or (case.measures.ungrounded_count or 0) > settings.max_ungrounded


UNGROUNDED = Filter(
    DropReason(
        "ungrounded",
        "No place in the text was found for it, or a number, a name or a unit of the answer does not stand there.",
        title="Not found in the text",
    ),
    each(_is_ungrounded),
    thresholds=("max_ungrounded",),
)
