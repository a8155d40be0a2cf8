"""The general set: everyday questions with short answers, and paragraphs of English. Written for Garrison; CC0."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

QUESTIONS = Path(__file__).with_name("questions.json")
PARAGRAPHS = Path(__file__).with_name("paragraphs.txt")
EXACT_KIND = "repeat"  # what is to be said stands in the question, so that nothing else may be said


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralQuestion:
    """An everyday question, its kind, and the answers that count as right."""

    kind: str
    question: str
    accepted: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        """Whether an answer must be nothing but what is asked for."""
        return self.kind == EXACT_KIND


@cache
def general_questions() -> tuple[GeneralQuestion, ...]:
    """Return the everyday questions, kind by kind."""
    kinds = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    return tuple(
        GeneralQuestion(kind=kind, question=question, accepted=tuple(accepted))
        for kind, rows in kinds.items()
        for question, *accepted in rows
    )


@cache
def general_paragraphs() -> tuple[str, ...]:
    """Return the paragraphs of general English."""
    return tuple(PARAGRAPHS.read_text(encoding="utf-8").strip().split("\n\n"))
