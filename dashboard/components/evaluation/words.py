"""The four columns and the outcomes of an evaluation in everyday words."""

from core.evaluation import Column
from core.evaluation.outcomes import Outcome

COLUMN_WORDS: dict[Column, str] = {
    "base": "Base",
    "tuned": "Tuned",
    "base_with_passage": "Base, with the passage",
    "tuned_with_passage": "Tuned, with the passage",
}
OUTCOME_WORDS: dict[Outcome, str] = {"right": "Right", "wrong": "Wrong", "refused": "Says it does not know"}


def outcome_words(outcome: Outcome, f1: float, *, is_answerable: bool) -> str:
    """Say with an icon whether an answer is right, wrong or a refusal, and whether a refusal was the right thing."""
    if outcome == "right":
        return ":material/check_circle: right"
    if outcome == "refused":
        return (
            ":material/do_not_disturb_on: says it does not know"
            if is_answerable
            else ":material/check_circle: rightly says that it is not told"
        )
    if not is_answerable:
        return ":material/cancel: invented: the documents do not tell"
    return f":material/cancel: wrong ({f1:.0%} of the words)"
