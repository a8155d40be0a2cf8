"""Counts of answers: what people thought of them, what supports them, how they ended and how long they took."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from core.records import AnswerState, Thumb

SLOW_SHARE = 0.9
ENDINGS: tuple[AnswerState, ...] = ("cut", "repeating", "stopped", "broken off")  # all that are not "complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerNote:
    """What is counted of one answer: no word of it, and not who asked."""

    day: str  # in UTC, such as 2026-12-01
    answerer: str  # id of a run, or name of a model or a host
    state: AnswerState
    thumb: Thumb | None = None
    is_corrected: bool = False
    is_replaced: bool = False  # the same question was asked again: another answer counts for it
    is_from_documents: bool = False
    is_refused: bool = False  # the documents do not tell
    is_unsupported: bool = False  # it has a sentence that no source supports, and is no refusal
    first_s: float | None = None  # from the question to the first words
    whole_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long answers took, in seconds: half of them at most `median_s`, nine of ten at most `slow_s`."""

    median_s: float
    slow_s: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times | None":
        """Return both; None without a value.

        The 90th percentile is the nearest rank, a time that was measured: type 1 in Hyndman and Fan, The American
        Statistician 50 (1996) 361-365.
        """
        if not seconds:
            return None
        ordered = sorted(seconds)
        return cls(median_s=median(ordered), slow_s=ordered[ceil(SLOW_SHARE * len(ordered)) - 1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts of some answers. `refused` and `unsupported` are of those `from_documents`."""

    answers: int
    questions: int  # without those that were asked again
    up: int
    down: int
    corrected: int
    from_documents: int
    refused: int
    unsupported: int
    endings: Mapping[AnswerState, int]  # of `ENDINGS`
    first: Times | None  # to the first words; None if no answer told
    whole: Times | None  # of the answers that came to their end

    @property
    def judged(self) -> int:
        """Answers with a thumb."""
        return self.up + self.down


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What was asked on one day; answers that were asked for again count with their thumb alone."""

    day: str
    questions: int
    up: int
    down: int
    refused: int

    @property
    def unjudged(self) -> int:
        """Questions whose answer has no thumb."""
        return max(0, self.questions - self.up - self.down)


def figures_of(notes: Iterable[AnswerNote]) -> Figures:
    """Count answers; one that is still being written counts as nothing yet."""
    ended = [note for note in notes if note.state != "writing"]
    states = Counter(note.state for note in ended)
    whole = [note.whole_s for note in ended if note.whole_s is not None and note.state in ("complete", "cut")]
    return Figures(
        answers=len(ended),
        questions=sum(not note.is_replaced for note in ended),
        up=sum(note.thumb == "up" for note in ended),
        down=sum(note.thumb == "down" for note in ended),
        corrected=sum(note.is_corrected for note in ended),
        from_documents=sum(note.is_from_documents for note in ended),
        refused=sum(note.is_refused for note in ended),
        unsupported=sum(note.is_unsupported for note in ended),
        endings={state: states[state] for state in ENDINGS},
        first=Times.of([note.first_s for note in ended if note.first_s is not None]),
        whole=Times.of(whole),
    )


def by_answerer(notes: Iterable[AnswerNote]) -> dict[str, Figures]:
    """Count the answers of each answerer, the one that was asked most first."""
    found: defaultdict[str, list[AnswerNote]] = defaultdict(list)
    for note in notes:
        found[note.answerer].append(note)
    return {name: figures_of(found[name]) for name in sorted(found, key=lambda name: (-len(found[name]), name))}


def by_day(notes: Iterable[AnswerNote], days: Sequence[str]) -> list[Day]:
    """Count what was asked on each of `days`, also on those without a question."""
    found: dict[str, list[AnswerNote]] = {day: [] for day in days}
    for note in notes:
        if note.day in found:
            found[note.day].append(note)
    counted = {day: figures_of(of_day) for day, of_day in found.items()}
    return [
        Day(day=day, questions=each.questions, up=each.up, down=each.down, refused=each.refused)
        for day, each in counted.items()
    ]
