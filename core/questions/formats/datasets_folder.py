"""A folder that `datasets.load_dataset(folder)` reads: `data/train.jsonl`, and a card that names it."""

from collections.abc import Sequence
from pathlib import Path

from core.questions.exchange.conversations import has_conversations
from core.questions.exchange.export_rows import even_rows, write_lines
from core.questions.exchange.pair_format import PairFormat
from core.records import QuestionPair

DATA = "data/train.jsonl"
_CARD = """---
configs:
- config_name: default
  data_files:
  - split: train
    path: {data}
---

# Question pairs

{count:,} question pairs from approved, anonymized text, written by Garrison.

| column | what it holds |
|---|---|
| `input` | the question |
| `output` | the answer |
{more}
Read them with `datasets.load_dataset("this folder", split="train")`; no network is needed.
"""
_CONVERSATIONS = """| `system` | the instruction before the conversation; empty if there is none |
| `history` | earlier turns of the conversation, to be read and not to be learned |
"""
_SOURCE = """| `document`, `page`, `passage` | where the pair comes from |
| `quote`, `start`, `end` | its evidence, and the place in the anonymized text |
"""


def _write(pairs: Sequence[QuestionPair], folder: Path, with_source: bool) -> None:
    (folder / "data").mkdir()
    with (folder / DATA).open("wb") as file:
        write_lines(even_rows(pairs, with_source), file)
    more = (_CONVERSATIONS if has_conversations(pairs) else "") + (_SOURCE if with_source else "")
    card = _CARD.format(data=DATA, count=len(pairs), more=more)
    (folder / "README.md").write_text(card, encoding="utf-8")


FORMAT = PairFormat(
    name="datasets",
    words="Folder for Hugging Face datasets",
    suffix="-datasets",
    mime="application/zip",
    write_folder=_write,
    description="A folder with its card, which load_dataset reads.",
    place=7,
)
