"""Needs the page: the question points at something that only a reader of the page sees."""

import re

from core.language.english.function_words import DEMONSTRATIVES, PRONOUNS, STOP_WORDS
from core.questions.filters.filter import Case, DropReason, Filter, each
from core.settings import FilterSettings

_PAGE = re.compile(
    r"(?i)\b(?:the|this|that|above|given|provided|following) "
    r"(?:passage|paragraph|excerpt|text|sentences?|author|quotation)\b"
    r"|\b(?:mentioned|described|listed|shown|given|stated|as) (?:above|below)\b|\b(?:the|these|of the) following\b"
)
_IS_SHOWN = re.compile(r"(?i)\b(?:complete|finish|fill|correct|rewrite)\b[^.?]{0,40}\b(?:sentences?|text)\b")
_POINTERS = (PRONOUNS | DEMONSTRATIVES | {"him"}) - {"that", "we", "our"}
_POINTER = re.compile(rf"(?i)\b(?:{'|'.join(sorted(_POINTERS))})\b")
_STANDS_FOR_NOTHING = re.compile(  # "How long does it take to …", "Is it true that …"
    r"(?i)\bit (?:take|takes|took|mean|means|called|said|true|false|correct|possible|necessary|important|best|better"
    r"|required|allowed|permitted|likely|useful|right|wrong|safe|matter|be)\b|\b(?:is|was) it (?:\w+ ){0,2}(?:that|to)\b"
)
_NAMES_NOTHING = STOP_WORDS | frozenset("often long many much far soon quickly exactly else please true false".split())
_NAMES_NOTHING |= {"complete", "finish", "fill", "gap", "sentence", "statement"}


def _needs_the_page(case: Case, _: FilterSettings) -> bool:
    if case.pair.history:
        return False  # the turns before say what is meant
    question = case.pair.input.strip()
    return (not _IS_SHOWN.search(question) and _names_the_page(question)) or _points_at_nothing(question)


def _names_the_page(question: str) -> bool:
    """Return whether the page is meant; a list after a colon is at hand: "Which of the following …: A, B or C?"."""
    found = _PAGE.search(question)
    return found is not None and ":" not in question[found.end() :]


def _points_at_nothing(question: str) -> bool:
    """Return whether a word such as "it" comes before anything that it could stand for."""
    pointer = _POINTER.search(_STANDS_FOR_NOTHING.sub(" ", question))
    if pointer is None:
        return False
    before = re.findall(r"[\w’'-]+", _STANDS_FOR_NOTHING.sub(" ", question)[: pointer.start()])
    return all(word.lower() in _NAMES_NOTHING for word in before)


NEEDS_THE_PAGE = Filter(
    DropReason(
        "needs the page",
        'The question says "it", "this" or "the passage", and nobody knows what is meant without the page.',
        title="Only clear beside the page",
    ),
    each(_needs_the_page),
)
