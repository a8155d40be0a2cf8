"""Write the audit log as CSV for a spreadsheet, with the exact entry in the last column so that anybody can check it."""

import csv
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import fields
from io import StringIO
from pathlib import Path

from core.files import check_target, file_atomic
from core.records import AuditEntry
from core.spreadsheets import harmless
from core.storage.audit import entries

COLUMNS = (*(field.name for field in fields(AuditEntry)), "entry")


def write_csv(db: sqlite3.Connection, target: Path, *, about: str = "", is_forced: bool = False) -> int:
    """Write the entries to `target` and return their number; `about` limits them to those naming this id, person or action.

    The SHA-256 of the last column's text is the entry's `sha256` and the next entry's `previous_sha256`.

    Raises:
        InputError: `target` is a folder, exists while `is_forced` is false, or its folder does not exist.
        SetupError: the file cannot be written, or an entry cannot be read.
    """
    check_target(target, is_forced=is_forced)
    with file_atomic(target) as file:
        count = -1  # do not count the header line
        for line in csv_lines(db, about=about):
            file.write(line.encode())
            count += 1
    return count


def csv_lines(db: sqlite3.Connection, *, about: str = "") -> Iterator[str]:
    """Yield the lines of the CSV, beginning with the column names.

    Raises:
        SetupError: an entry cannot be read because somebody changed it.
    """
    yield _line(COLUMNS)
    for entry, text in entries(db, about=about):
        yield _line(
            (
                str(entry.sequence), entry.created_at, entry.account, entry.actor, entry.action, pairs(entry.subjects),
                pairs(entry.hashes), pairs(entry.counts), entry.previous_sha256, entry.sha256, text,
            )
        )  # fmt: skip


def pairs(values: Mapping[str, object]) -> str:
    """Format a mapping as `found 12, accepted 3`, omitting empty values."""
    return ", ".join(f"{name} {value}" for name, value in values.items() if value != "")


def _line(cells: tuple[str, ...]) -> str:
    line = StringIO()
    csv.writer(line).writerow([harmless(cell) for cell in cells])
    return line.getvalue()
