"""Measure what takes too long to find out each time: once per pair, and kept with it until the pair changes.

Rooms do not import one another, so whoever calls gives the tools: a search for personal data, and a network for embeddings.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.language import grammar
from core.questions.filters.content.grounding import Source, count_ungrounded
from core.questions.filters.content.language import SHORTEST_PHRASE, language_fit
from core.questions.filters.content.personal_data import count_left_over, has_new_words
from core.questions.filters.wording.sentences import is_whole_question, stranded_with
from core.questions.filters.words import is_cloze, is_request, normalized
from core.records import Detection, PairMeasures, QuestionPair

VERSION = 2  # raised whenever the same pair would be measured otherwise
_OF_ITS_OWN = frozenset({"model", None})  # wordings that are not made by rule of what the others are made of
_SURE = 0.5  # likelihood from which a text of an unknown language counts as English


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What measures; None where it is not at hand, and then nothing is said about it."""

    parse: Callable[[Iterable[str]], Iterator[tuple[grammar.Word, ...]]] | None = grammar.parse
    find_personal_data: Callable[[Sequence[str]], list[list[Detection]]] | None = None
    embed: Callable[[Sequence[str]], list[bytes]] | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A pair to be measured, with the approved text that it comes from and that text's language, if they are known."""

    pair: QuestionPair
    source: Source | None = None
    language: str | None = None

    @property
    def sha256(self) -> str:
        """The SHA-256 over all that the figures depend on."""
        pair = self.pair
        history = [(turn.input, turn.output) for turn in pair.history]
        place = [pair.review_id, pair.passage_id, self.language, self.source is None]
        parts = [VERSION, pair.input, pair.output, pair.quote, history, pair.kind, pair.wording, pair.origin, place]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def measure(subjects: Sequence[Subject], tools: Tools) -> list[PairMeasures]:
    """Return the measures of each pair, in order. Meant for a few hundred pairs at a time.

    Raises:
        SetupError: a model that is needed is missing or damaged.
    """
    fits = [_language_fit(subject) for subject in subjects]
    english = [_is_english(subject, fit) for subject, fit in zip(subjects, fits, strict=True)]
    whole = _whole_questions([s.pair if is_meant else None for s, is_meant in zip(subjects, english, strict=True)], tools)
    personal = _personal_counts(subjects, tools)
    embeddings: Sequence[bytes | None] = [None] * len(subjects)
    if tools.embed:
        embeddings = tools.embed([f"{subject.pair.input} {subject.pair.output}" for subject in subjects])
    return [
        PairMeasures(
            pair_id=subject.pair.id,
            project_id=subject.pair.project_id,
            sha256=subject.sha256,
            is_whole=whole[number],
            language_fit=fits[number] if subject.language else None,
            personal_count=personal[number],
            ungrounded_count=_ungrounded_count(subject),
            embedding=embeddings[number],
        )
        for number, subject in enumerate(subjects)
    ]


def _language_fit(subject: Subject) -> float | None:
    """Return the likelihood for the worse of question and answer."""
    language = subject.language or "en"
    asked = language_fit(subject.pair.input, language)
    answered = language_fit(subject.pair.output, language, shortest=SHORTEST_PHRASE)
    return min((fit for fit in (asked, answered) if fit is not None), default=None)


def _is_english(subject: Subject, fit: float | None) -> bool:
    return subject.language == "en" or (subject.language is None and fit is not None and fit >= _SURE)


def _whole_questions(pairs: Sequence[QuestionPair | None], tools: Tools) -> list[bool | None]:
    """Return for each pair whether its question is whole; None for those that the parser is not asked about.

    The wordings of a fact are made of one reading of its sentence. So where one of them is broken, all are: the gap in
    "_____ footprints similar to that of a manned aircraft." hides what "What footprints similar to …?" shows.
    """
    whole: list[bool | None] = [None] * len(pairs)
    asked = [
        (number, pair)
        for number, pair in enumerate(pairs)
        if pair is not None and not is_cloze(pair) and not is_request(pair.input) and not pair.history
    ]
    if tools.parse is None or not asked:
        return whole
    for (number, pair), words in zip(asked, tools.parse(pair.input for _, pair in asked), strict=True):
        is_torn = stranded_with(words) and f"with {normalized(pair.output)}" not in normalized(pair.quote)
        whole[number] = is_whole_question(words) and not is_torn
    broken = {pair.fact for number, pair in asked if whole[number] is False and pair.wording not in _OF_ITS_OWN}
    for number, given in enumerate(pairs):
        if given is not None and given.fact in broken and given.fact is not None and given.wording not in _OF_ITS_OWN:
            whole[number] = False
    return whole


def _personal_counts(subjects: Sequence[Subject], tools: Tools) -> list[int | None]:
    """Search the pairs that hold words which the approved text does not hold."""
    counts: list[int | None] = [None] * len(subjects)
    suspects: list[tuple[int, str, str]] = []
    for number, subject in enumerate(subjects):
        if subject.source is None:
            continue
        text = f"{subject.pair.input}\n{subject.pair.output}"
        if has_new_words(text, subject.source.document_words):
            suspects.append((number, text, subject.source.document))
        else:
            counts[number] = 0
    if suspects and tools.find_personal_data:
        found = tools.find_personal_data([text for _, text, _ in suspects])
        for (number, text, known), detections in zip(suspects, found, strict=True):
            counts[number] = count_left_over(text, detections, known)
    return counts


def _ungrounded_count(subject: Subject) -> int | None:
    return None if subject.source is None else count_ungrounded(subject.pair, subject.source)
