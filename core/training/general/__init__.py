"""Everyday questions with answers that a training reads in order not to forget what its base model knew.

`pairs.json` was written for Garrison and is free for any use (CC0 1.0). Nothing in it is asked when a run is evaluated. The
answers are not learned: they are where the run is kept to what the base model thinks comes next (`core.training.drift`).
"""

import json
from pathlib import Path


def general_pairs() -> list[dict[str, str]]:
    """Return the question pairs, each with `input` and `output`."""
    pairs: list[dict[str, str]] = json.loads(Path(__file__).with_name("pairs.json").read_text(encoding="utf-8"))
    return pairs
