"""Scores for how close an answer is to its reference: exact match, token F1, ROUGE-L. Each is 0 to 1, higher is better.

These scores only compare words; they cannot tell whether an answer in different words is right.
"""

import re
import string
from collections import Counter
from functools import cache
from typing import Any

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_WORD = re.compile(r"[^\W_]+")


def normalize(text: str) -> str:
    """Convert to lower case and remove ASCII punctuation, English articles and extra white space.

    Source: `normalize_answer` in the evaluation script of SQuAD 1.1 (Rajpurkar et al. 2016, section 6.1).
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(answer: str, reference: str) -> float:
    """Return 1.0 if both are the same after normalization, else 0.0 (Rajpurkar et al. 2016)."""
    return float(normalize(answer) == normalize(reference))


def token_f1(answer: str, reference: str) -> float:
    """Return the harmonic mean of precision and recall over words, each counted as often as it occurs.

    Source: Rajpurkar et al. 2016, section 6.1. If either text has no words, the score is 1.0 if both have none and else
    0.0, as in the evaluation script of SQuAD 2.0.
    """
    answer_words, reference_words = normalize(answer).split(), normalize(reference).split()
    if not answer_words or not reference_words:
        return float(answer_words == reference_words)
    shared = (Counter(answer_words) & Counter(reference_words)).total()
    return 2 * shared / (len(answer_words) + len(reference_words))


def rouge_l(answer: str, reference: str) -> float:
    """Return the F-measure of the longest common subsequence of words (Lin 2004), by rouge-score without stemming."""
    return float(_scorer().score(reference, answer)["rougeL"].fmeasure)


class _Words:
    """A tokenizer into lower-case words of any script; rouge-score's own keeps only a-z and 0-9."""

    def tokenize(self, text: str) -> list[str]:
        return _WORD.findall(text.lower())


@cache
def _scorer() -> Any:
    from rouge_score import rouge_scorer

    return rouge_scorer.RougeScorer(["rougeL"], tokenizer=_Words())
