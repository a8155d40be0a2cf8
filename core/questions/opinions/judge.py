"""A local model as a judge of question pairs, held against what people decided. It never drops a pair by itself.

The judge sees the passage, the question and the answer, and says in one constrained word how good the pair is. How far that
can be trusted is measured on pairs that people kept or dropped: the threshold that agrees best with them, and how often.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.models.text import Prompt, TextGenerator
from core.questions.opinions.answering import excerpt_around
from core.records import QuestionPair

FEWEST_DECISIONS = 10  # of each sort, below which nothing is said about agreement
GRADES = ("1", "2", "3", "4", "5")
_SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"grade": {"enum": list(GRADES)}},
        "required": ["grade"],
        "additionalProperties": False,
    }
)
PREFIX = (
    "Grade pairs of question and answer about a text, from 1 to 5. 5: the question is clear by itself, the text answers it, "
    "and the answer is right and whole. 3: clumsy, but right. 1: broken, trivial, or not what the text says.\n\n"
    "Text: Batteries are charged every 90 days by two technicians.\n"
    'Question: How often are batteries charged?\nAnswer: every 90 days\n{"grade": "5"}\n\n'
    "Text: Visitors report to the guard house, where they receive a badge.\n"
    'Question: What do visitors?\nAnswer: the guard house\n{"grade": "1"}\n\n'
    "Text: The library closes early on Fridays because the heating is switched off.\n"
    'Question: When is the library closing by early?\nAnswer: on Fridays\n{"grade": "3"}\n\n'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A model's judgment of a pair, 0 (worst) to 1; None if it gave none that can be read."""

    pair_id: str
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How a judge agrees with people, at the threshold at which it does so best.

    `agreement` is the mean of two shares, so that a judge who finds everything good gets 0.5 however much people keep: of
    the pairs they kept, those at or above the threshold, and of those they dropped, those below it. Both are measured on the
    decisions that chose the threshold; `is_useful` asks for more than chance because of that.
    """

    kept: int  # decisions it was held against
    dropped: int
    threshold: float | None = None  # scores below it are doubtful; None if there are too few decisions
    agreement: float | None = None

    @property
    def is_useful(self) -> bool:
        """Return whether the judge tells what people keep from what they drop."""
        return self.agreement is not None and self.agreement >= 0.7


def judge_pairs(pairs: Sequence[tuple[QuestionPair, str]], generator: TextGenerator) -> Iterator[Judged]:
    """Yield a model's judgment of each pair, which comes with its passage. Meant for some dozens at a time.

    Raises:
        ModelError: the model failed.
    """
    prompts = [Prompt(text=_form(pair, passage), schema=_SCHEMA, max_tokens=12) for pair, passage in pairs]
    scores: dict[int, float | None] = {}
    for completion in generator.generate(prompts, prefix=PREFIX):
        scores[completion.index] = _score(completion.text)
    for number, (pair, _) in enumerate(pairs):
        yield Judged(pair_id=pair.id, score=scores.get(number))


def calibrate(decisions: Sequence[tuple[float, bool]]) -> Calibration:
    """Return how scores agree with what people decided.

    Args:
        decisions: a score, and whether a person kept the pair.
    """
    kept = sorted(score for score, is_kept in decisions if is_kept)
    dropped = sorted(score for score, is_kept in decisions if not is_kept)
    if min(len(kept), len(dropped)) < FEWEST_DECISIONS:
        return Calibration(kept=len(kept), dropped=len(dropped))

    def agreement(threshold: float) -> float:
        right = sum(score >= threshold for score in kept) / len(kept)
        return (right + sum(score < threshold for score in dropped) / len(dropped)) / 2

    thresholds = sorted({score for score, _ in decisions})
    best = max(thresholds, key=lambda threshold: (agreement(threshold), -threshold))  # of equals, the one that doubts least
    return Calibration(kept=len(kept), dropped=len(dropped), threshold=best, agreement=agreement(best))


def is_doubtful(score: float | None, calibration: Calibration) -> bool:
    """Return whether a judge that proved useful finds a pair worth a second look."""
    return (
        score is not None and calibration.is_useful and calibration.threshold is not None and score < calibration.threshold
    )


def _form(pair: QuestionPair, passage: str) -> str:
    parts = {"Text": excerpt_around(pair, passage), "Question": pair.input, "Answer": pair.output}
    return "".join(f"{name}: {' '.join(text.split())}\n" for name, text in parts.items())


def _score(text: str) -> float | None:
    try:
        grade = str(json.loads(text)["grade"])
    except (ValueError, KeyError, TypeError):
        return None
    return GRADES.index(grade) / (len(GRADES) - 1) if grade in GRADES else None
