"""`garrison detect`: from a JSONL file of texts to a JSONL file of spans, row by row so that memory use stays flat."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from core.errors import InputError
from core.files import file_atomic
from core.privacy.detection.detector import Detector


def detect_file(
    detector: Detector,
    input_path: Path,
    *,
    output_path: Path,
    progress: Callable[[float, float], None] = lambda done, total: None,
) -> int:
    """Read rows `{"id", "text"}`, write rows `{"id", "spans": [{"start", "end", "entity", "score", "detector"}]}`.

    Args:
        detector: the detector that finds the spans.
        input_path: a JSONL file in UTF-8.
        output_path: the file to write; it appears only once every row is done.
        progress: called after each row with the bytes done and the total bytes.

    Returns:
        The number of rows.

    Raises:
        InputError: the file cannot be read, or a line is not such a row (the message gives its number).
        SetupError: the disk is full or read-only.
    """
    if not input_path.is_file():
        raise InputError(f"There is no file {input_path}.", "Give a JSONL file with an id and a text in each line.")
    total, done, rows = float(input_path.stat().st_size), 0.0, 0
    with file_atomic(output_path) as output:
        ids: deque[tuple[str | int, int]] = deque()  # of the rows that are being read, with the bytes of each
        with closing(detector.detect_each(_texts(input_path, ids))) as results:
            for spans in results:
                row_id, size = ids.popleft()
                row = {"id": row_id, "spans": [asdict(span) for span in spans]}
                output.write((json.dumps(row) + "\n").encode())
                rows, done = rows + 1, done + size
                progress(done, total)
        progress(total, total)
    return rows


def _texts(path: Path, ids: deque[tuple[str | int, int]]) -> Iterator[str]:
    """Yield the text of each row; append its id and size in bytes to `ids`."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                row_id, text = _row(line, number)
                ids.append((row_id, len(line)))
                yield text


def _row(line: bytes, number: int) -> tuple[str | int, str]:
    hint = 'Each line is a JSON object such as {"id": "1", "text": "…"}.'
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InputError(f"Line {number} is not JSON in UTF-8.", hint) from error
    if not isinstance(row, dict) or not isinstance(row.get("id"), str | int) or not isinstance(row.get("text"), str):
        raise InputError(f'Line {number} has no "id" or no "text".', hint)
    return row["id"], row["text"]
