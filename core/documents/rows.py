"""Read JSON and JSON Lines: one line per value, prefixed with its path of keys."""

import json
from collections.abc import Iterator
from pathlib import Path

from core.documents.plain import decode
from core.errors import InputError
from core.records import Page

MAX_JSON_BYTES = 64 * 2**20  # the parsed file takes about ten times as much memory


def read_json(path: Path) -> tuple[str, tuple[Page, ...], str]:
    """Return the text of a JSON file (a line per value, an empty line between records), no pages, and no problem ("").

    Raises:
        InputError: the file is too large, is nested too deeply, or is not valid JSON; the message gives the line.
    """
    if path.stat().st_size > MAX_JSON_BYTES:
        raise InputError(f"The JSON file is larger than {MAX_JSON_BYTES // 2**20} MB.", "Save it as JSON Lines (.jsonl).")
    try:
        value = json.loads(decode(path.read_bytes()).lstrip("\ufeff"), object_pairs_hook=_all_values)
        records = value if isinstance(value, list) else [value]
        return "\n\n".join(filter(None, ("\n".join(_lines(record)) for record in records))), (), ""
    except json.JSONDecodeError as error:
        raise InputError(f"Line {error.lineno} is not valid JSON.", "Correct that line and add the file again.") from error
    except RecursionError as error:
        raise InputError("The JSON is nested too deeply.", "Flatten it and add the file again.") from error


def read_jsonl(path: Path) -> tuple[str, tuple[Page, ...], str]:
    """Return the text of a JSON Lines file (an empty line between records), no pages, and no problem ("").

    Raises:
        InputError: a line is not valid JSON; the message gives the number of the first.
    """
    records = []
    for number, line in enumerate(decode(path.read_bytes()).lstrip("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            records.append("\n".join(_lines(json.loads(line, object_pairs_hook=_all_values))))
        except (json.JSONDecodeError, RecursionError) as error:
            raise InputError(f"Line {number} is not valid JSON.", "Correct that line and add the file again.") from error
    return "\n\n".join(filter(None, records)), (), ""


def _all_values(entries: list[tuple[str, object]]) -> dict[str, object]:
    """Keep every value of a name that an object gives twice, as a list: a parser by itself keeps the last alone."""
    values = dict(entries)
    if len(values) == len(entries):
        return values
    all_values: dict[str, list[object]] = {name: [] for name in values}
    for name, value in entries:
        all_values[name].append(value)
    return dict(all_values)


def _lines(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lines(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _lines(inner, name)
    elif value is not None and value != "":
        shown = " ".join(value.split("\n")) if isinstance(value, str) else json.dumps(value)
        yield f"{name}: {shown}" if name else shown
