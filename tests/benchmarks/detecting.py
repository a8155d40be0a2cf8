"""`python -m tests.benchmarks.detecting GOLD.json`: what stock Presidio and both levels of detection mask of marked texts.

GOLD is a list of `{"full_text", "spans": [{"start_position", "end_position", "entity_type"}]}`, the form of the synthetic
data of presidio-research (https://github.com/microsoft/presidio-research, `data/synth_dataset_v2.json`, MIT). Types are not
compared: what is masked is masked. As in the Text Anonymization Benchmark (Pilán et al. 2022, Computational Linguistics
48(4)), letters and digits count and function words need not be covered.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.privacy import build_detector
from tests.benchmarks.anonymizing import SPACY_MODEL, stock_engine
from tests.benchmarks.material import model_path

Bounds = tuple[int, int]
_FREE = re.compile(
    r"\b(?:mr|mrs|ms|no|nr|about|of|in|the|and|to|from|between|a|an|for|by|on|at|with|or|before|after|until|against|within|"
    r"during|approximately)\b",
    re.IGNORECASE,
)
_NAMES = ("PERSON", "CODE")  # a text leaks when one of these is not covered whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A text and what people marked in it, with the type of each mark."""

    text: str
    marks: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Shares of letters and digits, 0 to 1, and texts in which a name or code is readable at least in part."""

    masked: float  # of the marked ones
    precision: float  # of the covered ones
    whole: float  # of the marks: covered to the last letter and digit
    leaking: int


def score(texts: Sequence[Marked], found: Iterable[Sequence[Bounds]]) -> Score:
    """Compare what was found in each text, as bounds in characters, with what is marked there."""
    marked = covered = both = whole = count = leaking = 0
    for text, bounds in zip(texts, found, strict=True):
        counted = _counted(text.text)
        cover = counted & {at for start, end in bounds for at in range(start, end)}
        gold: set[int] = set()
        leaks = False
        for start, end, kind in text.marks:
            mark = counted & set(range(start, end))
            gold |= mark
            is_whole = mark <= cover
            whole, count = whole + is_whole, count + 1
            leaks |= kind in _NAMES and not is_whole
        leaking += leaks
        marked, covered, both = marked + len(gold), covered + len(cover), both + len(gold & cover)
    return Score(
        masked=both / max(1, marked), precision=both / max(1, covered), whole=whole / max(1, count), leaking=leaking
    )


def _counted(text: str) -> set[int]:
    """Places of letters and digits outside function words."""
    free = {at for match in _FREE.finditer(text) for at in range(*match.span())}
    return {at for at, character in enumerate(text) if character.isalnum()} - free


def load(path: Path) -> list[Marked]:
    """The texts and marks of a file."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return [
        Marked(
            text=row["full_text"],
            marks=tuple((mark["start_position"], mark["end_position"], mark["entity_type"]) for mark in row["spans"]),
        )
        for row in rows
    ]


def main(path: Path) -> None:
    """Print a table in Markdown."""
    gold = load(path)
    texts = [marked.text for marked in gold]
    engine = stock_engine()
    stock = [[(result.start, result.end) for result in engine.analyze(text, language="en")] for text in texts]
    rows = [("stock Presidio, the same spaCy model", score(gold, stock))]
    for level, rampart in (("standard", None), ("thorough", model_path("rampart"))):
        found = build_detector(model_path(SPACY_MODEL), rampart).detect(texts)
        rows.append((f"Garrison, {level}", score(gold, [[(d.start, d.end) for d in each] for each in found])))
    print(
        "| | characters masked | character precision | marks whole | texts that leak a name or code |\n|---|---|---|---|---|"
    )
    for name, result in rows:
        shares = " | ".join(f"{share:.3f}" for share in (result.masked, result.precision, result.whole))
        print(f"| {name} | {shares} | {result.leaking} of {len(gold):,} |")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
