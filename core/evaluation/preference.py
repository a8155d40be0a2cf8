"""Which of two runs' answers a model prefers: asked in both orders, and counted only where both agree.

A model shown two answers tends to take the one that stands first (Zheng et al. 2023, "Judging LLM-as-a-judge", section 3.3).
So each question is judged twice, with the answers swapped; a judge that changes its mind says nothing about that question.
How often it does is told with the result. Answers that are the same but for case and punctuation are not asked about.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from core.evaluation.comparison import EvaluationResult, Row
from core.evaluation.open_book import Source, shortened
from core.evaluation.scores import normalize
from core.intervals import sign_test
from core.models.text import Prompt, TextGenerator
from core.words import counted

Choice = Literal["first", "second", "same", "disagreed", "alike"]  # "alike": the answers are equal, nobody was asked
FICKLE_FROM = 0.5  # share of questions on which a judge changes its mind, from which it is called too weak
SIGNIFICANT = 0.05
LONGEST_PASSAGE, LONGEST_TEXT = 800, 300  # characters; so that a question and its answers stay below 700 tokens
_LABELS = ("A", "B", "same")
_SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {"better": {"enum": list(_LABELS)}},
        "required": ["better"],
        "additionalProperties": False,
    }
)
PREFIX = (
    "Two answers to a question are held against the right answer. Which says the same as the right answer: A or B? Say same "
    "if both are as good, or as wrong.\n\n"
    "Text: Batteries are charged every 90 days by two technicians.\n"
    "Question: How often are batteries charged?\nRight answer: every 90 days\n"
    'Answer A: once a year\nAnswer B: They are charged each 90 days.\n{"better": "B"}\n\n'
    "Text: Visitors report to the guard house, where they receive a badge.\n"
    "Question: Where do visitors receive a badge?\nRight answer: at the guard house\n"
    'Answer A: in the guard house\nAnswer B: at the gate\n{"better": "A"}\n\n'
    "Text: The library closes early on Fridays because the heating is switched off.\n"
    "Question: When does the library close early?\nRight answer: on Fridays\n"
    'Answer A: every Monday\nAnswer B: at noon\n{"better": "same"}\n\n'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """A question with the answers of two runs."""

    question: str
    reference: str
    passage: str  # "" if none was found
    first: str
    second: str

    @property
    def is_alike(self) -> bool:
        """Whether both answers are the same, but for case, punctuation and articles."""
        return normalize(self.first) == normalize(self.second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """How many questions a judge decided for each of two runs, how many for neither, and on how many it changed its mind."""

    first: int = 0
    second: int = 0
    same: int = 0
    disagreed: int = 0
    alike: int = 0

    @property
    def asked(self) -> int:
        """Number of questions that the judge was asked about."""
        return self.first + self.second + self.same + self.disagreed

    @property
    def disagreement(self) -> float:
        """The share of these on which it changed its mind when the answers were swapped, 0 to 1."""
        return self.disagreed / self.asked if self.asked else 0.0

    @property
    def is_fickle(self) -> bool:
        """Whether it changes its mind too often to be a judge."""
        return self.disagreement >= FICKLE_FROM

    @property
    def chance(self) -> float:
        """How likely so uneven a result is if neither run is better: the two-sided sign test over decided questions."""
        return sign_test(self.first, self.second)

    @property
    def better(self) -> Literal["first", "second"] | None:
        """The run that is better, if more than chance says so and the judge can be trusted that far."""
        if self.is_fickle or self.chance >= SIGNIFICANT:
            return None
        return "first" if self.first > self.second else "second"


def duels_of(first: EvaluationResult, second: EvaluationResult) -> list[Duel]:
    """Return the questions that two runs were asked alone and neither was trained on, with the answers of both."""
    others = {_key(row): row for row in second.fresh_rows}
    return [
        Duel(
            question=row.question,
            reference=row.reference,
            passage=row.asked.passage,
            first=row.tuned.answer,
            second=other.tuned.answer,
        )
        for row in first.fresh_rows
        if (other := others.get(_key(row)))
    ]


def _key(row: Row) -> tuple[str, str]:
    return row.question, row.reference


def choices(duels: Sequence[Duel], generator: TextGenerator) -> Iterator[Choice]:
    """Yield what a model says to each duel. Meant for some dozens at a time.

    Raises:
        ModelError: the model failed.
    """
    asked = [duel for duel in duels if not duel.is_alike]
    prompts = [
        Prompt(text=_form(duel, is_swapped=is_swapped), schema=_SCHEMA, max_tokens=12)
        for duel in asked
        for is_swapped in (False, True)
    ]
    told = [""] * len(prompts)
    if prompts:
        for completion in generator.generate(prompts, prefix=PREFIX):
            told[completion.index] = completion.text
    answers = iter(told)
    for duel in duels:
        yield "alike" if duel.is_alike else _agreed(_label(next(answers)), _label(next(answers)))


def _agreed(straight: str, swapped: str) -> Choice:
    """Return what both orders agree on: A is the first run in the one, the second run in the other."""
    by_labels: dict[tuple[str, str], Choice] = {("A", "B"): "first", ("B", "A"): "second", ("same", "same"): "same"}
    return by_labels.get((straight, swapped), "disagreed")


def _form(duel: Duel, *, is_swapped: bool) -> str:
    quote = duel.reference if duel.reference in duel.passage else ""
    answers = (duel.second, duel.first) if is_swapped else (duel.first, duel.second)
    parts = {"Text": shortened(Source(text=duel.passage, quote=quote), LONGEST_PASSAGE)} if duel.passage else {}
    short = {"Question": duel.question, "Right answer": duel.reference, "Answer A": answers[0], "Answer B": answers[1]}
    parts |= {name: shortened(Source(text=text), LONGEST_TEXT) for name, text in short.items()}
    return "".join(f"{name}: {' '.join(text.split()) or '(nothing)'}\n" for name, text in parts.items())


def _label(text: str) -> str:
    try:
        return str(json.loads(text)["better"])
    except (ValueError, KeyError, TypeError):
        return ""


def preference_words(found: Preferences, *, first: str, second: str, judge: str) -> str:
    """Say what a judge found, with its rate of disagreement; `first` and `second` name the runs, as in "run 2"."""
    if not found.asked:
        return f"{first.capitalize()} and {second} give the same answers to all {counted(found.alike, 'question')}."
    sentences = [
        f"Asked about {counted(found.asked, 'question')}, {judge} takes the answer of {first} {_times(found.first)}, "
        f"that of {second} {_times(found.second)}, and neither {_times(found.same)}.",
        f"It changed its mind about {found.disagreed} of them ({found.disagreement:.0%}) when the answers were swapped: "
        "these do not count.",
    ]
    if found.alike:
        sentences.append(f"{counted(found.alike, 'more question')} got the same answer from both.")
    if found.is_fickle:
        sentences.append("A judge that changes its mind so often is too weak to go by: take a larger model.")
    elif found.better:
        sentences.append(f"{(first if found.better == 'first' else second).capitalize()} is better, by this judge.")
    else:
        sentences.append("Chance alone may explain that: neither is shown to be better.")
    return " ".join(sentences)


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")
