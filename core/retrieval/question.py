"""What a question asks for: its content words, and the term that it wants defined."""

import re

from core.language.english.function_words import QUESTION_WORDS, STOP_WORDS

LONGEST_TERM = 6  # words
LONGEST_WANTED = 400  # characters of a question that wants a term defined
_WORD = re.compile(r"\w+")
_ASKING = STOP_WORDS | QUESTION_WORDS | frozenset("many much often long far please".split())
_POLITE = (
    r"(?:(?:according to|regarding|concerning|in) [^:,]+[:,]\s*|please,?\s+"
    r"|(?:can|could|would) you\s+|tell me,?\s+)*"  # each word in one way only: two take time without end
)
_TERM = r"(?:an?\s+|the\s+)?(?:(?:term|word|expression|abbreviation|acronym)s?\s+)?(?P<term>.+?)"
_ASKS_FOR_MEANING = tuple(
    re.compile(rf"{_POLITE}{form}[?.!\s]*", re.IGNORECASE)
    for form in (
        rf"(?:define|explain(?: the meaning of)?)\s+{_TERM}",
        rf"(?:what (?:is|are)|give(?: me)?|tell me) (?:the |an? )?(?:[\w-]+ ){{0,4}}?(?:definition|meaning) of\s+{_TERM}",
        rf"what (?:does|do)\s+{_TERM}\s+(?:mean|stand for|refer to)\b.{{0,40}}",
        rf"how (?:is|are)\s+{_TERM}\s+defined\b.{{0,40}}",
        rf"what (?:is|are) meant by\s+{_TERM}",
        rf"what (?:is|are)\s+{_TERM}",
    )
)
_DEFINES = (
    r"[\"”’']?(?:\s*\([^)]{1,24}\))?(?:\s*,[^.,]{1,60},)?\s*"
    r"(?:(?:is|are)(?:\s+defined\s+as)?|means?|refers?\s+to|denotes?|stands?\s+for|:|[–—-](?=\s))\s*(?P<meaning>\S+)"
)
_BEGINS_MEANING = frozenset("a an the any all one those that to".split())


def content_words(question: str) -> list[str]:
    """Return the words of a question, each once and in lower case, without stop words unless there are no others."""
    return telling_words(question) or list(dict.fromkeys(_WORD.findall(question.lower())))


def telling_words(text: str) -> list[str]:
    """Return the words of a text that are no stop words, each once and in lower case."""
    return [word for word in dict.fromkeys(_WORD.findall(text.lower())) if word not in _ASKING]


def term_asked_for(question: str) -> str:
    """Return the term that a question wants defined, as in "What is a culminating point?"; "" if it wants none defined."""
    asked = " ".join(question.split())
    if len(asked) > LONGEST_WANTED:
        return ""
    for form in _ASKS_FOR_MEANING:
        if found := form.fullmatch(asked):
            term = found["term"].strip(" \"'“”‘’")
            return term if 0 < len(term.split()) <= LONGEST_TERM else ""
    return ""


def definition_of(term: str, text: str) -> int | None:
    """Return where `text` begins to define a term ("X is a …", "X: …", "X (XX) means …"), or None if it does not."""
    words = r"[\s-]+".join(map(re.escape, _WORD.findall(term)))
    if not words:
        return None
    for found in re.finditer(rf"(?<![\w-]){words}s?{_DEFINES}", text, re.IGNORECASE):
        if found["meaning"].lower() in _BEGINS_MEANING or found["meaning"][0].isupper():
            return found.start()
    return None
