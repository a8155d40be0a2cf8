"""Each sentence of an answer beside the words of the sources that say the same, by rule.

Small models cannot cite, and a rule can be read. A sentence is supported where a sentence of a source, or two of a paragraph
together, hold nearly all of its content words. Numbers and names must stand in one sentence, in the same order and with no
other number between them, and there must be as many negations: with another number or name a sentence says something else.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language.refusals import is_refusal
from core.language.sentences import sentences
from core.retrieval.question import term_asked_for
from core.retrieval.source import Citation, CitedSentence, Source
from core.retrieval.wording import Word, words_of

# Shares of a sentence's content words that its source holds (if it has a number, or the source takes two sentences), and of
# these that come in the same order: see docs/decisions/retrieval.md.
LEAST_COVERAGE, STRICT_COVERAGE, LEAST_ORDER = 0.75, 0.9, 0.5
SHORT = 4  # content words below which an answer is read together with its question
LONGEST = 400  # words of a sentence: what is longer is none, such as a phrase repeated without end
LEAST_QUESTION = 0.5  # share of the question's content words that the source of such an answer holds
_YES = re.compile(r"(?:yes|no)[.,:]\s+", re.IGNORECASE)
# What makes a sentence of a meaning: "A tide gate is …", but not "A door that is …".
_SAYS_OF = re.compile(r"(?<!that )(?<!which )(?<!who )\b(?:is|are|was|were|means?|refers?)\b", re.IGNORECASE)
_ENDS = (".", "!", "?", '"', "”", ")")


@dataclass(frozen=True, slots=True)
class _Place:
    """One or two sentences of a source."""

    source: int
    words: tuple[Word, ...]
    around: frozenset[str]  # stems of the headings above
    is_joined: bool  # of two sentences

    def names(self, stems: frozenset[str]) -> bool:
        """Return whether it holds all these words, or the headings above it do."""
        return stems <= {word.stem for word in self.words} | self.around


@dataclass(frozen=True, slots=True)
class _Match:
    """Words of a place that say what a sentence says; the more of it they hold, and the closer they stand, the better."""

    coverage: float
    of_question: float  # share of the question's content words that the place holds
    citation: Citation

    @property
    def quality(self) -> tuple[float, float, int]:
        """By this matches are compared."""
        return self.coverage, self.of_question, self.citation.start - self.citation.end


def cite(answer: str, sources: Sequence[Source], *, question: str = "") -> tuple[CitedSentence, ...]:
    """Return the sentences of an answer in order, each with the words of the source that supports it best, if one does.

    A short sentence ("Every 12 months.") says little alone, so that its source must also hold half of what was asked. Where
    the question wants a term defined and the answer is a bare meaning ("The act of …"), its source must hold the term, or
    the meaning of another one would count.
    """
    places = [place for number, source in enumerate(sources) for place in _places(number, source)]
    asked = words_of(question)
    said = [answer[start:end] for start, end in sentences(answer)]
    is_cut = len(said) > 1 and said[-2].endswith(_ENDS) and not said[-1].endswith(_ENDS)  # the model wrote no further
    defined = frozenset(word.stem for word in words_of(term_asked_for(question)))
    cited = [_cited(sentence, places, asked, defined if at == 0 else frozenset()) for at, sentence in enumerate(said)]
    return (*cited[:-1], CitedSentence(text=said[-1])) if is_cut else tuple(cited)


def _places(number: int, source: Source) -> Iterator[_Place]:
    around = frozenset(word.stem for word in words_of(source.heading))
    spans = list(sentences(source.text))
    words = [_moved(words_of(source.text[start:end]), start) for start, end in spans]
    for place, own in enumerate(words):
        yield _Place(number, own, around, is_joined=False)
        if place + 1 < len(words) and "\n" not in source.text[spans[place][1] : spans[place + 1][0]]:
            yield _Place(number, own + words[place + 1], around, is_joined=True)


def _moved(words: Sequence[Word], by: int) -> tuple[Word, ...]:
    return tuple(
        Word(each.stem, each.start + by, each.end + by, each.is_number, each.is_name, each.is_negation) for each in words
    )


def _cited(sentence: str, places: Sequence[_Place], asked: Sequence[Word], defined: frozenset[str]) -> CitedSentence:
    said = words_of(_YES.sub("", sentence))
    if not 0 < len(said) <= LONGEST or is_refusal(sentence):
        return CitedSentence(text=sentence)
    is_decided = any(word.is_decisive for word in said)
    unsaid = frozenset() if _SAYS_OF.search(sentence) else defined - {word.stem for word in said}
    near = (place for place in places if not (is_decided and place.is_joined) and place.names(unsaid))
    matches = [match for place in near if (match := _match(said, place, asked))]
    best = max(matches, key=lambda match: match.quality, default=None)
    return CitedSentence(text=sentence, citations=(best.citation,) if best else ())


def _match(said: Sequence[Word], place: _Place, asked: Sequence[Word]) -> _Match | None:
    """Return the words of a place that support a sentence, or None if it says something else or less."""
    content = [word for word in said if not word.is_negation]
    there = {word.stem for word in place.words}
    found = [word for word in content if word.stem in there or (word.stem in place.around and not word.is_number)]
    is_strict = place.is_joined or any(word.is_number for word in said)
    least = STRICT_COVERAGE if is_strict else LEAST_COVERAGE
    if not content or len(found) < least * len(content):
        return None
    if not _holds_decisive(content, found, place):
        return None
    is_short, of_question = len(content) < SHORT, _share(asked, there | place.around)
    if is_short and of_question < LEAST_QUESTION:
        return None
    span = _closest(place.words, {word.stem for word in found} & there)
    if span is None or not _says_the_same(said, found, span, place):
        return None
    words = place.words if is_short else span  # "The Army." alone shows nothing
    citation = Citation(source=place.source, start=words[0].start, end=words[-1].end)
    return _Match(len(found) / len(content), of_question, citation)


def _holds_decisive(content: Sequence[Word], found: Sequence[Word], place: _Place) -> bool:
    """Return whether a place holds all numbers and names, each as often as it is said."""
    if any(word.is_decisive and word not in found for word in content):
        return False
    said = Counter(word.stem for word in found if word.is_decisive)
    there = Counter(word.stem for word in place.words if word.is_decisive)
    there[place.words[0].stem] += not place.words[0].is_decisive  # a name may be the first word, which is not known for one
    return all(count <= there[stem] or stem in place.around for stem, count in said.items())


def _share(asked: Sequence[Word], there: set[str] | frozenset[str]) -> float:
    """Return which share of the question's content words a place holds; 1 if there are none."""
    stems = {word.stem for word in asked if not word.is_negation}
    return len(stems & there) / len(stems) if stems else 1.0


def _closest(words: Sequence[Word], sought: set[str]) -> Sequence[Word] | None:
    """Return the shortest run of words that holds all of the stems sought, and a negation before it, or None."""
    best: Sequence[Word] | None = None
    held = Counter({stem: 0 for stem in sought})
    first, missing = 0, len(sought)
    for last, word in enumerate(words):
        if word.stem not in sought:
            continue
        missing -= held[word.stem] == 0
        held[word.stem] += 1
        while words[first].stem not in sought or held[words[first].stem] > 1:
            if words[first].stem in sought:
                held[words[first].stem] -= 1
            first += 1
        if not missing and (best is None or last - first + 1 < len(best)):
            is_denied = first > 0 and words[first - 1].is_negation
            best = words[first - is_denied : last + 1]
    return best


def _says_the_same(said: Sequence[Word], found: Sequence[Word], span: Sequence[Word], place: _Place) -> bool:
    """Return whether negations agree and, where numbers or names decide, also these, their order and that of the words."""
    if sum(word.is_negation for word in said) != sum(word.is_negation for word in span):
        return False
    numbers = {word.stem for word in said if word.is_number}
    if numbers and numbers != {word.stem for word in span if word.is_number}:
        return False
    decisive = [word for word in found if word.is_decisive]
    return _order(decisive, place.words) == 1.0 and _order(found, span) >= LEAST_ORDER


def _order(found: Sequence[Word], span: Sequence[Word]) -> float:
    """Return which share of the words found come in the same order in a span; 1 if it holds none of them."""
    there = {word.stem for word in span}
    shared = [word.stem for word in found if word.stem in there]
    return _longest_common(shared, [word.stem for word in span]) / len(shared) if shared else 1.0


def _longest_common(stems: Sequence[str], there: Sequence[str]) -> int:
    """Return the length of the longest common subsequence (Hunt and Szymanski 1977)."""
    places: dict[str, list[int]] = {}
    for place, stem in enumerate(there):
        places.setdefault(stem, []).insert(0, place)
    ends: list[int] = []  # the smallest place at which a common subsequence of each length ends
    for stem in stems:
        for place in places.get(stem, ()):
            at = bisect_left(ends, place)
            ends[at : at + 1] = [place]
    return len(ends)
