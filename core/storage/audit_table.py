"""The audit log as a table: CSV for a spreadsheet, with the exact entry in the last column so that anybody can check it."""

import csv
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import fields
from io import StringIO
from pathlib import Path

from core.files import check_target, file_atomic
from core.records import AuditEntry
from core.storage.audit import entries

COLUMNS = (*(field.name for field in fields(AuditEntry)), "entry")


def write_csv(db: sqlite3.Connection, target: Path, *, about: str = "", is_forced: bool = False) -> int:
    """Write the entries (`about`: those that name this id, person or action) to `target`; gives how many they are.

    The SHA-256 of the last column's text is the entry's `sha256`, and is named as `previous_sha256` by the next entry.

    Raises:
        InputError: `target` is a folder, exists and is not to be replaced, or its folder does not exist.
        SetupError: the file cannot be written, or an entry cannot be read.
    """
    check_target(target, is_forced=is_forced)
    with file_atomic(target) as file:
        count = -1  # the names of the columns
        for line in csv_lines(db, about=about):
            file.write(line.encode())
            count += 1
    return count


def csv_lines(db: sqlite3.Connection, *, about: str = "") -> Iterator[str]:
    """The lines of the CSV, the names of the columns first.

    Raises:
        SetupError: an entry cannot be read, because somebody changed it.
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
    """Such as `found 12, accepted 3`."""
    return ", ".join(f"{name} {value}" for name, value in values.items() if value != "")


def _line(cells: tuple[str, ...]) -> str:
    line = StringIO()
    csv.writer(line).writerow([harmless(cell) for cell in cells])
    return line.getvalue()


def harmless(cell: str) -> str:
    """A name that a spreadsheet would take for a formula is shown as text."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
