"""What a model knew before its training and may have forgotten: everyday questions, and English that is in no document."""

from core.evaluation.forgetting.comparison import (
    WORSE_FROM,
    Forgetting,
    GeneralAnswer,
    Perplexity,
    compared,
    forgetting_words,
    is_right,
)
from core.evaluation.forgetting.general_set import GeneralQuestion, general_paragraphs, general_questions

__all__ = [
    "WORSE_FROM",
    "Forgetting",
    "GeneralAnswer",
    "GeneralQuestion",
    "Perplexity",
    "compared",
    "forgetting_words",
    "general_paragraphs",
    "general_questions",
    "is_right",
]
