"""Alpaca: a JSON list of `instruction`, `input` (empty here) and `output`, with `system` and `history` if there are any.

As LLaMA-Factory describes it: https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md
"""

import json
from collections.abc import Sequence
from typing import Any, BinaryIO

from core.questions.exchange.export_rows import source_row
from core.questions.exchange.pair_format import PairFormat
from core.records import QuestionPair


def alpaca_rows(pairs: Sequence[QuestionPair], with_source: bool) -> list[dict[str, Any]]:
    """Return a row per pair; its `history` is a list of [question, answer]."""
    return [_row(pair) | (source_row(pair) if with_source else {}) for pair in pairs]


def _row(pair: QuestionPair) -> dict[str, Any]:
    row: dict[str, Any] = {"instruction": pair.input, "input": "", "output": pair.output}
    if pair.system:
        row["system"] = pair.system
    if pair.history:
        row["history"] = [[turn.input, turn.output] for turn in pair.history]
    return row


def _write(pairs: Sequence[QuestionPair], file: BinaryIO, with_source: bool) -> None:
    file.write(json.dumps(alpaca_rows(pairs, with_source), ensure_ascii=False, indent=1).encode())


FORMAT = PairFormat(
    name="alpaca",
    words="Alpaca",
    suffix=".alpaca.json",
    mime="application/json",
    write=_write,
    description="Instruction and output, with earlier turns as history.",
    place=2,
)
