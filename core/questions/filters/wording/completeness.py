"""Incomplete: a question or an answer that is cut off or broken, by cheap rules here and by the parser where it was asked.

What the parser says is measured once (`core.questions.filters.wording.sentences`).
"""

import re

from core.language.english.abbreviations import ABBREVIATIONS
from core.language.english.function_words import (
    ARTICLES,
    COMMON_PREPOSITIONS,
    COORDINATORS,
    DO,
    FINITE_BE,
    MODALS,
    RELATIVES,
    SUBORDINATORS,
)
from core.questions.filters.filter import Case, DropReason, Filter, each
from core.questions.filters.words import WORD, is_cloze
from core.settings import FilterSettings

SHORT_ANSWER = 5  # words; a short answer such as "Every six months" needs no period
_END = re.compile(r"[.!?…][\"'”’»)\]]*$")
_CUT = (",", ";", ":", "—", "–", "-", "…", "...", "(", "/")
_ENDS_NO_ANSWER = ARTICLES | COMMON_PREPOSITIONS | COORDINATORS | RELATIVES | FINITE_BE | {"if"}
_ENDS_NO_QUESTION = ARTICLES | COORDINATORS | frozenset("be that when if not many much my your their its our than".split())
_NO_BEGINNING = (
    FINITE_BE | MODALS | frozenset({"has", "have", "had", "and", "or", "which", "who", "also"})
)  # "is changed by hand"
_PARTICLES = frozenset("in on off up down out over".split())  # "switched on." ends a sentence
_SUBORDINATORS = "|".join(sorted(SUBORDINATORS))
_VERB = "|".join(sorted((DO - {"done"}) | MODALS))
_NO_SUBJECT = re.compile(  # "What do since chaplains have?": what follows the verb begins no subject
    rf"(?i)^(?:in [^,]{{3,60}}, )?(?:what|how|why|when|where|who|whom|which)(?: \w+)? "
    rf"(?:(?:{_VERB}|is|are|was|were|has|have|had) (?:{_SUBORDINATORS}|and|or|nor|but)"
    rf"|(?:do|does|did) (?:{_VERB}|is|are|of|with|by))\b"
)
_TORN = re.compile(  # "With, the staff …", "Which term means “also have …”?", two periods in a row
    r"(?:^|[“\"] ?|[.:] )(?:With|By|Of|For|From|To),"
    r"|\bmeans? [“\"'](?:also|have|has|is|are|was|were|can|may|must)\b|(?<!\.)\.\.(?!\.)"
)
_MIDWAY = re.compile(r"([\w-]+)\. (?=[a-z])")  # a period before a small letter
_BRACKET = re.compile(r"[()\[\]]")
_NUMBERING = re.compile(r"(?:^|\s)\w{1,3}\)$")
_SAID_TWICE = re.compile(r"(?i)\b(a|an|the|of|to|in|is|are|does|do|and|for|with|by|must|what|how) \1\b")


def _is_incomplete(case: Case, _: FilterSettings) -> bool:
    return _is_broken_question(case) or _is_broken_answer(case) or case.measures.is_whole is False


def _is_broken_question(case: Case) -> bool:
    question = case.pair.input.strip()
    words = [word.lower() for word in WORD.findall(question)]
    ends = not is_cloze(case.pair) and bool(words) and words[-1] in _ENDS_NO_QUESTION and not case.pair.history
    faults = (_NO_SUBJECT, _SAID_TWICE, _TORN)
    return ends or any(fault.search(question) for fault in faults) or _ends_midway(question) or not _is_balanced(question)


def _ends_midway(question: str) -> bool:
    """Return whether a sentence ends within the question and goes on with a small letter: "using TAC-D. since it is …"."""
    words = (match[1].lower() for match in _MIDWAY.finditer(question))
    return any(len(word) > 2 and word not in ABBREVIATIONS for word in words)


def _is_broken_answer(case: Case) -> bool:
    """Return whether the answer is cut off. A bare fact ("every 90 days") is whole without a capital letter and a period."""
    answer = case.pair.output.strip()
    words = [word.lower() for word in WORD.findall(answer)]
    if not words or answer.endswith(_CUT) or not _is_balanced(answer):
        return True
    is_ended = _END.search(answer) is not None
    if words[-1] in _ENDS_NO_ANSWER and not (words[-1] in _PARTICLES and (is_ended or len(words) <= SHORT_ANSWER)):
        return len(words) > 1  # "A", "In" and "Who" may be what was asked for
    if len(words) > 2 and answer[0].islower() and words[0] in _NO_BEGINNING:
        return True
    is_bare = case.pair.fact is not None or len(words) <= SHORT_ANSWER
    return not is_bare and (not is_ended or answer[0].islower())


def _is_balanced(text: str) -> bool:
    """Return whether each bracket is closed; "a)" and "2)" number something."""
    depth = 0
    for match in _BRACKET.finditer(text):
        depth += 1 if match.group() in "([" else -1
        if depth < 0:
            if not _NUMBERING.search(text[: match.end()]):
                return False
            depth = 0
    return depth == 0


INCOMPLETE = Filter(
    DropReason("incomplete sentence", "The question or the answer is broken or cut off.", title="Not a whole sentence"),
    each(_is_incomplete),
)
