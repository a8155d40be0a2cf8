"""Filters that decide which question pairs are kept, and the reason for each pair that is dropped.

A filter is a reason and a function that examines one pair. The order of `FILTERS` decides which reason a pair with several
faults gets. Duplicates are detected last, among the pairs that passed all filters. `DROP_REASONS` lists every reason.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from core.errors import ModelError
from core.language.english.function_words import ARTICLES, COMMON_PREPOSITIONS, COORDINATORS, FINITE_BE, RELATIVES
from core.records import QuestionPair
from core.settings import FilterSettings

WORD = re.compile(r"\w+")
END = re.compile(r"[.!?…][\"'”’»)\]]*$")
ENDS_NO_ANSWER = ARTICLES | COMMON_PREPOSITIONS | COORDINATORS | RELATIVES | FINITE_BE | {"if"}
SAME_WORDS = 0.9  # share of common words from which two questions count as the same
PHRASINGS = 3  # questions kept per answer: facts need several phrasings (Ovadia et al. 2023), more are repetition
SHORT_ANSWER = 5  # words; a short answer such as "Every six months" may fit many questions and needs no period


@dataclass(frozen=True, slots=True)
class DropReason:
    """Why a pair is dropped: `name` is stored with the pair, `words` and `description` are shown to people.

    `name` has blanks between its words, and neither hyphens nor underscores: `drop_reason` takes these for blanks.
    """

    name: str
    description: str | None  # a sentence; None if nothing is known but the name
    title: str | None = None  # the words, if they are not the name

    @property
    def words(self) -> str:
        """Return the reason in a few words, such as "Too short"."""
        return self.title or self.name.replace("_", " ").replace("-", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: `drops` decides whether a pair is dropped, for this reason."""

    reason: DropReason
    drops: Callable[[QuestionPair, FilterSettings], bool]


def apply_filters(pairs: Sequence[QuestionPair], settings: FilterSettings) -> list[QuestionPair]:
    """Return all `pairs` in order, each kept or dropped with a reason. Dropped pairs and decisions of people stay.

    Raises:
        ModelError: no pair is kept; the message counts the reasons.
    """
    seen = _Seen()
    judged = []
    for pair in pairs:
        reason = "" if pair.state == "kept" else pair.reason
        if pair.state == "kept" and pair.decided is None:
            dropped_for = next((each.reason for each in FILTERS if each.drops(pair, settings)), None) or seen.repeats(pair)
            reason = dropped_for.name if dropped_for else ""
        judged.append(replace(pair, state="dropped" if reason else pair.state, reason=reason))
    if not any(pair.state == "kept" for pair in judged):
        raise _nothing_kept(judged)
    return judged


def summary(pairs: Iterable[QuestionPair]) -> dict[str, int]:
    """Count the pairs dropped for each reason, most frequent first, after the number of those "kept"."""
    pairs = list(pairs)
    reasons = Counter(pair.reason or "no reason given" for pair in pairs if pair.state == "dropped")
    return {"kept": sum(pair.state == "kept" for pair in pairs), **dict(reasons.most_common())}


def _nothing_kept(pairs: Sequence[QuestionPair]) -> ModelError:
    if not pairs:
        return ModelError(
            "No question pairs were written.", "Bring documents with whole sentences, or ask for more pairs per passage."
        )
    reasons = ", ".join(f"{reason} {count}" for reason, count in summary(pairs).items() if reason != "kept")
    return ModelError(
        f"None of {len(pairs)} question pairs was kept: {reasons}.",
        "Loosen the filter named first, or use other documents or another model.",
    )


class QuestionIndex:
    """An index of questions by their words, to find near duplicates."""

    def __init__(self) -> None:
        self._by_word: dict[str, list[tuple[frozenset[str], int]]] = {}

    def find(self, question: str) -> int | None:
        """Return the number of a question with nearly the same words, or None; digits must match: valve 1 is not valve 2."""
        words = frozenset(normalized(question).split())
        # Two questions that share nine of ten words share at least one of the rarest fifth, so only those are looked up.
        rarest = sorted(words, key=lambda word: len(self._by_word.get(word, [])))[: 1 + len(words) // 5]
        for other, number in (entry for word in rarest for entry in self._by_word.get(word, [])):
            is_near = len(words & other) >= SAME_WORDS * len(words | other)
            if is_near and not any(character.isdigit() for word in words ^ other for character in word):
                return number
        return None

    def add(self, question: str, number: int) -> None:
        """Add `question` to the index under `number`."""
        words = frozenset(normalized(question).split())
        for word in words:
            self._by_word.setdefault(word, []).append((words, number))


class _Seen:
    """The pairs kept so far, to detect duplicates."""

    def __init__(self) -> None:
        self._questions = QuestionIndex()
        self._answers: Counter[str] = Counter()

    def repeats(self, pair: QuestionPair) -> DropReason | None:
        """Return `DUPLICATE` if the question was asked before or the answer too often; else remember the pair."""
        answer = normalized(pair.output)
        is_told = self._answers[answer] >= PHRASINGS and len(answer.split()) > SHORT_ANSWER
        if is_told or self._questions.find(pair.input) is not None:
            return DUPLICATE
        self._questions.add(pair.input, 0)
        self._answers[answer] += 1
        return None


def normalized(text: str) -> str:
    """Return the words of `text` in lower case, without accents, punctuation and articles, joined by blanks."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(word for word in WORD.findall(plain) if word not in ARTICLES)


def _incomplete(pair: QuestionPair, _: FilterSettings) -> bool:
    """Return whether the question is neither a question nor a request, or the answer is cut off at its beginning or end."""
    question, answer = pair.input.strip(), pair.output.strip()
    words = WORD.findall(answer)
    if not question.endswith("?") and not re.match(r"(?i)(?:define|describe|explain|list|name|give|state|tell)\b", question):
        return True
    if not words or words[-1].lower() in ENDS_NO_ANSWER or answer.endswith((",", ";", ":", "—", "-", "…", "...")):
        return True
    is_phrase = len(words) <= SHORT_ANSWER
    return not is_phrase and (not END.search(answer) or answer[0].islower() or not _is_balanced(answer))


def _is_balanced(text: str) -> bool:
    return text.count("(") == text.count(")") and text.count("[") == text.count("]")


def _too_short(pair: QuestionPair, settings: FilterSettings) -> bool:
    return (
        len(pair.input.strip()) < settings.min_question_characters
        or len(pair.output.strip()) < settings.min_answer_characters
    )


def _too_long(pair: QuestionPair, settings: FilterSettings) -> bool:
    return (
        len(pair.input.strip()) > settings.max_question_characters
        or len(pair.output.strip()) > settings.max_answer_characters
    )


def _copy(pair: QuestionPair, _: FilterSettings) -> bool:
    """Return whether the answer only repeats words of the question."""
    question, answer = normalized(pair.input).split(), normalized(pair.output).split()
    return bool(answer) and (question == answer or not set(answer) - set(question))


def _profane(pair: QuestionPair, _: FilterSettings) -> bool:
    words = normalized(f"{pair.input} {pair.output}").split()
    return not _profanities().isdisjoint(words)


@cache
def _profanities() -> frozenset[str]:
    """Return better-profanity's word list without words that have an ordinary technical, medical or legal use or are names.

    The list contains "flange", "slope", "seaman" and "strip". The package's own function also detects disguised
    spellings, but takes 37 ms per pair.
    """
    from better_profanity import Profanity  # type: ignore[import-untyped]

    plain = files("core.questions").joinpath("professional_words.txt").read_text(encoding="utf-8").split()
    return frozenset(str(word).casefold() for word in Profanity().CENSOR_WORDSET) - frozenset(plain)


FILTERS = (
    Filter(
        DropReason(
            "incomplete sentence", "The question or the answer is not a whole sentence.", title="Not a whole sentence"
        ),
        _incomplete,
    ),
    Filter(
        DropReason("too short", "The question or the answer has fewer characters than the settings ask for."), _too_short
    ),
    Filter(DropReason("too long", "The question or the answer has more characters than the settings allow."), _too_long),
    Filter(DropReason("profanity", "The question or the answer contains a swear word.", title="Rude words"), _profane),
    Filter(
        DropReason("copy of the question", "The answer only repeats the question.", title="Answer copies the question"),
        _copy,
    ),
)
DUPLICATE = DropReason(
    "duplicate",
    f"Another kept pair asks the same, or {PHRASINGS} of them have the same answer.",
    title="Asked already",
)
BY_HAND = DropReason(
    "by hand",
    "Decided on the Questions page; no filter changes that.",
    title="Dropped by a person",
)
DROP_REASONS = {reason.name: reason for reason in (*(each.reason for each in FILTERS), DUPLICATE, BY_HAND)}


def drop_reason(name: str) -> DropReason:
    """Return the reason that is stored as `name`; one that an earlier version stored has no description."""
    return DROP_REASONS.get(name.replace("_", " ").replace("-", " "), DropReason(name, None))
