"""Memory as the data grows: the same work on ten times as much should need the same memory."""

import json
import tempfile
import time
from itertools import cycle
from pathlib import Path

from tests.benchmarks.frame import Measured
from tests.benchmarks.material import model_path, paragraphs

SPACY_MODEL = "en-core-web-md"


def detect(*, megabytes: float) -> Measured:
    """`garrison detect` on a file of so many MB: the sample's paragraphs over and over, each with new words and names."""
    from core.privacy import build_detector, detect_file

    with tempfile.TemporaryDirectory() as folder:
        given, written = Path(folder) / "rows.jsonl", 0
        with given.open("w", encoding="utf-8") as file:
            for number, paragraph in enumerate(cycle(paragraphs())):
                if written >= megabytes * 1e6:
                    break
                text = f"{paragraph} Part KX-{number:06d} was signed for by Mr. Aln{_letters(number)}."
                written += file.write(json.dumps({"id": number, "text": text}) + "\n")
        detector = build_detector(model_path(SPACY_MODEL))
        started_s = time.perf_counter()
        rows = detect_file(detector, given, output_path=Path(folder) / "spans.jsonl")
        seconds = time.perf_counter() - started_s
    return Measured(figures={}, detail=f"{rows:,} rows, {written / seconds:,.0f} characters/s")


def _letters(number: int) -> str:
    """`number` as lower-case letters: a word the model has not seen."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))
