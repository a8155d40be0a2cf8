"""What a run's numbers mean, in a sentence a person can act on."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Literal

Trend = Literal["starting", "learning", "stalled", "memorizing"]

SENTENCES: dict[Trend, str] = {
    "starting": "It has begun to learn. How it does on questions it has not seen shows soon.",
    "learning": "It is learning well: answers to questions it has not seen get better.",
    "stalled": "It has stopped improving: you can stop now, nothing more is gained.",
    "memorizing": "It is learning by heart: better on questions it has seen, worse on others. Stop it earlier.",
}
PATIENCE = 2  # measurements without progress before a run counts as stalled
LEAST_GAIN = 0.01  # relative drop of the error; less is noise on a few dozen held-back questions
RECENT = 10  # steps over which a loss is averaged
APART = 1.5  # nats above the best such mean: the training has come apart; steps differ by less than half of that
HARM = 0.05  # relative rise of the held-back error above its best that counts as harm


def series(rows: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    """Return the values of `key` from those rows of `metrics.jsonl` in which it is a number."""
    return [float(row[key]) for row in rows if isinstance(row.get(key), int | float)]


def trend(rows: Sequence[Mapping[str, Any]]) -> Trend:
    """Judge how a run is going by its error on held-back questions; "starting" until there are two measurements."""
    held_back, seen = series(rows, "validation_loss"), series(rows, "loss")
    if len(held_back) < 2:
        return "starting"
    best = min(held_back)
    if held_back[-1] > best * (1 + HARM) and seen and seen[-1] < seen[0]:
        return "memorizing"
    before = held_back[:-PATIENCE]
    if before and min(held_back[-PATIENCE:]) > min(before) * (1 - LEAST_GAIN):
        return "stalled"
    return "learning"


def is_diverging(losses: Sequence[float]) -> bool:
    """Return whether the mean loss of the last RECENT steps is APART nats above the lowest such mean before."""
    if len(losses) < 2 * RECENT:
        return False
    sums = list(accumulate(losses, initial=0.0))
    of_recent = [after - before for before, after in zip(sums, sums[RECENT:], strict=False)]
    return of_recent[-1] > min(of_recent) + RECENT * APART
