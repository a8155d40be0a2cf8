"""A pair of files for LLaMA-Factory: the rows as Alpaca, and the `dataset_info.json` that describes them.

Source: https://github.com/hiyouga/LLaMA-Factory/blob/main/data/README.md, where the answers of `history` are learned, too,
unless the training is started with `mask_history: true`.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.questions.exchange.pair_format import PairFormat
from core.questions.formats.alpaca import alpaca_rows
from core.records import QuestionPair

NAME = "garrison"
_README = """Start LLaMA-Factory with

    dataset_dir: this folder
    dataset: {name}
    mask_history: true

`mask_history` keeps it from learning earlier turns of a conversation again with each later one.
"""


def _write(pairs: Sequence[QuestionPair], folder: Path, with_source: bool) -> None:
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    rows = alpaca_rows(pairs, with_source)
    empty: dict[str, Any] = {"system": "", "history": []}
    given = [key for key in empty if any(key in row for row in rows)]
    rows = [{key: empty[key] for key in given} | row for row in rows]
    columns |= {key: key for key in given}
    info = {NAME: {"file_name": f"{NAME}.json", "formatting": "alpaca", "columns": columns}}
    for name, content in ((f"{NAME}.json", rows), ("dataset_info.json", info)):
        (folder / name).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    (folder / "README.md").write_text(_README.format(name=NAME), encoding="utf-8")


FORMAT = PairFormat(
    name="llama-factory",
    words="Files for LLaMA-Factory",
    suffix="-llama-factory",
    mime="application/zip",
    write_folder=_write,
    description="The data and the dataset_info.json that describes it.",
    place=8,
)
