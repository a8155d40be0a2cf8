"""Whether an answer is right, wrong or a refusal: by rules that anybody can check, without a judge.

* **Right**: the reference answer word for word, or `RIGHT_F1` of their words in common (token F1) and the same numbers, the
  same units, and a denial in both or in neither.
* **Refused**: it says that it does not know or that the documents do not tell, and nothing else
  (`core.language.refusals`).
* **Wrong**: everything else, also an empty answer.

Of a question that the documents do not answer, only a refusal is good; what shares `RIGHT_F1` of its words with such a
question's reference, which is a refusal itself, counts as one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.evaluation.scores import exact_match, token_f1
from core.language.english.function_words import NEGATIONS
from core.language.english.quantities import numbers_in, units_in
from core.language.english.units import UNITS
from core.language.refusals import is_refusal
from core.records import AnswerOutcome

Outcome = AnswerOutcome
OUTCOMES: tuple[Outcome, ...] = ("right", "wrong", "refused")
# Chosen, not measured: at 0.6, "every 90 days" is right where the reference is "They are charged every 90 days" (0.67), and
# half of the words of a definition are not enough (0.5).
RIGHT_F1 = 0.6
_WORD = re.compile(r"[^\W_]+(?:['’]t)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many answers were right, wrong, or refusals."""

    right: int = 0
    wrong: int = 0
    refused: int = 0

    @property
    def total(self) -> int:
        """Number of answers."""
        return self.right + self.wrong + self.refused

    def as_json(self) -> Mapping[Outcome, int]:
        """Return the counts by name."""
        return {"right": self.right, "wrong": self.wrong, "refused": self.refused}


def outcome_of(answer: str, *, reference: str, question: str, is_answerable: bool) -> Outcome:
    """Return whether an answer is right, wrong or a refusal."""
    if is_answerable:
        if is_right(answer, reference=reference, question=question):
            return "right"
        return "refused" if is_refusal(answer) else "wrong"
    return "refused" if is_refusal(answer) or token_f1(answer, reference) >= RIGHT_F1 else "wrong"


def is_right(answer: str, *, reference: str, question: str = "") -> bool:
    """Return whether an answer says what the reference says, by the rule at the top of this file.

    A number or unit that stands in the question may be repeated or left out.
    """
    if exact_match(answer, reference):
        return True
    return (
        token_f1(answer, reference) >= RIGHT_F1
        and _same_numbers(answer, reference, question)
        and _has_units(answer, reference, question)
        and _denies(answer) == _denies(reference)
    )


def _same_numbers(answer: str, reference: str, question: str) -> bool:
    told, wanted, asked = (set(numbers_in(text)) for text in (answer, reference, question))
    return told ^ wanted <= asked


def _has_units(answer: str, reference: str, question: str) -> bool:
    """Return whether each number of the reference that has a unit has the same one in the answer, if it has any there."""
    told = set(units_in(answer))
    asked = {UNITS.get(word) or UNITS.get(word.lower()) for word in _WORD.findall(question)}
    with_unit = {number for number, _ in told}
    return all(
        (number, unit) in told or (number not in with_unit and unit in asked) or number not in set(numbers_in(answer))
        for number, unit in units_in(reference)
    )


def _denies(text: str) -> bool:
    return any(word in NEGATIONS or word.endswith(("n't", "n’t")) for word in _WORD.findall(text.lower()))
