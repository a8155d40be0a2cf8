"""CSV import and export of the lists, in columns `text`, `type` and `kind` (deny, allow, or regex)."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO

from core.errors import InputError
from core.privacy.lists.entries import check_entry
from core.privacy.lists.patterns import of_expression
from core.records import CustomPattern, ListEntry, Person, new_id, now
from core.spreadsheets import harmless

COLUMNS = ("text", "type", "kind")
MAX_ROWS = 50_000
MAX_BYTES = 16 * 2**20
MAX_EXPRESSIONS = 200  # each is tested for seconds before it is accepted
_HINT = "Save it as CSV in UTF-8 with the columns text, type and kind; type and kind may be left out."


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """The contents of a file: entries, patterns, and unusable rows, each by number (the header is row 1) and reason."""

    entries: tuple[ListEntry, ...]
    patterns: tuple[CustomPattern, ...]
    bad_rows: tuple[tuple[int, str], ...]


def read_lists(data: bytes, *, project_id: str, actor: Person, kind: str = "deny", entity: str = "PERSON") -> Imported:
    """Read entries and patterns from a CSV file delimited by commas, semicolons or tabs, without storing them.

    Args:
        data: the contents of the file.
        project_id: the project whose lists these are for; "" for all projects.
        actor: the person who imports the file.
        kind: the kind of rows that do not name one.
        entity: the type of rows that do not name one.

    Raises:
        InputError: not UTF-8, not CSV, no column `text`, or more than 16 MB, 50,000 rows or 200 regular expressions.
    """
    entries: list[ListEntry] = []
    patterns: list[CustomPattern] = []
    bad: list[tuple[int, str]] = []
    made_at = now()
    tried = 0
    for number, row in _rows(data):
        text, row_kind = _shown(row.get("text", "")), (row.get("kind", "").strip().lower() or kind)
        row_entity = row.get("type", "").strip().upper().replace(" ", "_") or entity
        try:
            if row_kind == "regex":
                tried += 1
                if tried > MAX_EXPRESSIONS:
                    break
                of_expression(text)
                check_entry("any text", row_entity, kind="deny")
                name, definition = f"row {number} of a file", {"expression": text}
                patterns.append(
                    CustomPattern(
                        id=new_id("pattern"), project_id=project_id, name=name, definition=definition, entity=row_entity,
                        added_by=actor.name, created_at=made_at,
                    )
                )  # fmt: skip
            else:
                check_entry(text, row_entity, kind=row_kind)
                entries.append(
                    new_entry(text, project_id=project_id, kind=row_kind, entity=row_entity, actor=actor, made_at=made_at)
                )
        except InputError as error:
            bad.append((number, error.message))
    if tried > MAX_EXPRESSIONS:
        raise InputError(f"The file has more than {MAX_EXPRESSIONS} regular expressions.", "Join or leave out some.")
    return Imported(entries=tuple(entries), patterns=tuple(patterns), bad_rows=tuple(bad))


def new_entry(
    text: str, *, project_id: str, kind: str, actor: Person, entity: str = "PERSON", made_at: str = ""
) -> ListEntry:
    """Build an entry without storing it; an allow entry has no type."""
    return ListEntry(
        id=new_id("entry"),
        project_id=project_id,
        kind=kind,  # type: ignore[arg-type]  # checked when it is added
        text=" ".join(text.split()),
        entity="" if kind == "allow" else entity,
        added_by=actor.name,
        created_at=made_at or now(),
    )


def csv_lines(entries: Iterable[ListEntry], patterns: Iterable[CustomPattern]) -> Iterator[str]:
    """Yield the lines of a CSV file that `read_lists` can read back.

    Patterns that are built from parts have no regular expression to write, and are left out.
    """
    yield _line(COLUMNS)
    for entry in entries:
        yield _line((entry.text, entry.entity, entry.kind))
    for pattern in patterns:
        if "expression" in pattern.definition:
            yield _line((pattern.definition["expression"], pattern.entity, "regex"))


def _line(cells: tuple[str, ...]) -> str:
    line = StringIO()
    csv.writer(line).writerow([harmless(cell) for cell in cells])
    return line.getvalue()


def _shown(cell: str) -> str:
    """Return the cell without the apostrophe that `harmless` puts before what a spreadsheet would take for a formula."""
    return cell[1:] if cell.startswith("'") and harmless(cell[1:]) == cell else cell


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    if len(data) > MAX_BYTES:
        raise InputError(f"The file is larger than {MAX_BYTES // 2**20} MB.", "Split it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("The file is not in UTF-8.", _HINT) from error
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    names: list[str] = []
    number = 0
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            number += 1
            if not names:
                names = [cell.strip().lower() for cell in cells]
                if "text" in names:
                    continue
                if len(names) > 1:
                    raise InputError("The file has no column named text.", _HINT)
                names = ["text"]  # one text per line, without a header
            if number > MAX_ROWS + 1:
                raise InputError(f"The file has more than {MAX_ROWS:,} rows.", "Split it.")
            yield number, dict(zip(names, cells, strict=False))
    except csv.Error as error:
        raise InputError(f"Row {number + 1} of the file is no CSV.", _HINT) from error
