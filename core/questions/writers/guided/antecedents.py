"""Name what a sentence that begins with "it" or "they" speaks of: the subject of the sentence before it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language.grammar import Word, parse
from core.questions.passage_sentences import passage_sentences
from core.questions.writers.guided.clause import SUBJECTS, Part, children_of, is_list, part_of, span_text, stands_alone
from core.questions.writers.guided.meaning import plain
from core.questions.writers.guided.nouns import is_person
from core.records import Passage

# "It is important to …" and "It was found that …" speak of nothing before them.
_POINTING = re.compile(
    r"^(?P<word>It|They) (?:also )?"
    r"(?P<rest>(?!(?:\w+ ){0,2}(?:is|was|be|been|seems?|appears?|takes?|remains?|follows) (?!an? |the |\w+ed by ))"
    r"(?!are (?:the|an?) )[a-z].+)$"
)
_UNSURE = frozenset("each every any no another some many most few one either neither both".split())
LONGEST = 8  # words of a subject


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSentence:
    """A sentence with its subject in place of a pronoun; it and the one before it stand from `start` to `end`."""

    passage: Passage
    start: int
    own_start: int
    end: int
    line: str


@dataclass(frozen=True, slots=True)
class _Pair:
    passage: Passage
    start: int
    own_start: int
    end: int
    before: str
    line: str


def named_sentences(passages: Sequence[Passage]) -> Iterator[NamedSentence]:
    """Yield the sentences that begin with "it" or "they", where the sentence before leaves no doubt who or what that is."""
    pairs = [pair for passage in passages for pair in _pairs(passage)]
    for pair, words in zip(pairs, parse(pair.before for pair in pairs), strict=True):
        match = _POINTING.match(pair.line)
        if match and (subject := _subject(words, is_one=match["word"] == "It")):
            yield NamedSentence(
                passage=pair.passage,
                start=pair.start,
                own_start=pair.own_start,
                end=pair.end,
                line=f"{subject[:1].upper()}{subject[1:]} {match['rest']}",
            )


def _pairs(passage: Passage) -> Iterator[_Pair]:
    found = list(passage_sentences(passage.text))
    for (start, middle), (own_start, end) in zip(found, found[1:], strict=False):
        line = plain(passage.text[own_start:end])
        if _POINTING.match(line) and not passage.text[middle:own_start].strip(" "):
            yield _Pair(passage, start, own_start, end, plain(passage.text[start:middle]), line)


def _subject(words: Sequence[Word], *, is_one: bool) -> str | None:
    """Return the subject of a sentence, if the next one's "it" (`is_one`) or "they" can only be that."""
    subjects = [at for at, word in enumerate(words) if word.role in SUBJECTS]
    roots = [at for at, word in enumerate(words) if word.head == at]
    if len(subjects) != 1 or len(roots) != 1 or words[subjects[0]].head != roots[0]:
        return None
    subject = part_of(words, children_of(words), subjects[0])
    is_clear = subject.end - subject.start <= LONGEST and words[subject.start].text.lower() not in _UNSURE
    if not is_clear or not stands_alone(words, subject.start, subject.end) or not _agrees(words, subject, is_one=is_one):
        return None
    return span_text(words, subject.start, subject.end)


def _agrees(words: Sequence[Word], subject: Part, *, is_one: bool) -> bool:
    head = words[subject.head]
    is_plural = head.tag in ("NNS", "NNPS") or is_list(words, subject)
    if is_one:
        return head.tag in ("NN", "NNP") and not is_plural and not is_person(words, subject.head)
    others = [word for word in words[subject.end :] if word.tag in ("NNS", "NNPS")]
    return is_plural and (not others or is_person(words, subject.head))
