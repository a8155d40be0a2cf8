"""`garrison detect`: a JSONL file of texts in, a JSONL file of spans out, in batches so that memory stays flat."""

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from core.errors import InputError
from core.privacy.detection import Detector
from core.storage.files import disk_errors

_BATCH_CHARACTERS = 200_000


def detect_file(
    detector: Detector,
    input_path: Path,
    *,
    output_path: Path,
    progress: Callable[[float, float], None] = lambda done, total: None,
) -> int:
    """Read rows `{"id", "text"}`, write rows `{"id", "spans": [{"start", "end", "entity", "score", "detector"}]}`.

    Args:
        detector: finds the spans.
        input_path: JSONL in UTF-8.
        output_path: appears only when every row is done.
        progress: called after each batch with bytes read and bytes in all.

    Returns:
        The number of rows.

    Raises:
        InputError: the file cannot be read, or a line is no such row (its number is named).
        SetupError: the disk is full or read-only.
    """
    if not input_path.is_file():
        raise InputError(f"There is no file {input_path}.", "Give a JSONL file with an id and a text in each line.")
    total, done, rows = float(input_path.stat().st_size), 0.0, 0
    beside = output_path.with_name(f".{output_path.name}.{secrets.token_hex(4)}.tmp")
    with disk_errors(output_path):
        try:
            output_path.parent.mkdir(parents=True, exist_ok=True)
            with beside.open("w", encoding="utf-8") as output:
                for batch, size in _batches(input_path):
                    for (row_id, _), spans in zip(batch, detector.detect([text for _, text in batch]), strict=True):
                        found = [
                            {"start": s.start, "end": s.end, "entity": s.entity, "score": s.score, "detector": s.detector}
                            for s in spans
                        ]
                        output.write(json.dumps({"id": row_id, "spans": found}) + "\n")
                    rows, done = rows + len(batch), done + size
                    progress(done, total)
            beside.replace(output_path)
        finally:
            beside.unlink(missing_ok=True)
    return rows


def _batches(path: Path) -> Iterator[tuple[list[tuple[str | int, str]], int]]:
    """Rows in batches of about 200,000 characters, with the bytes each took."""
    batch: list[tuple[str | int, str]] = []
    characters = size = 0
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            size += len(line)
            if line.strip():
                batch.append(_row(line, number))
                characters += len(batch[-1][1])
            if characters >= _BATCH_CHARACTERS:
                yield batch, size
                batch, characters, size = [], 0, 0
    if batch or size:
        yield batch, size


def _row(line: bytes, number: int) -> tuple[str | int, str]:
    hint = 'Each line is a JSON object such as {"id": "1", "text": "…"}.'
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InputError(f"Line {number} is not JSON in UTF-8.", hint) from error
    if not isinstance(row, dict) or not isinstance(row.get("id"), str | int) or not isinstance(row.get("text"), str):
        raise InputError(f'Line {number} has no "id" or no "text".', hint)
    return row["id"], row["text"]
