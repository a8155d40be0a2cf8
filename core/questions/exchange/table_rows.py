"""Rows of tables (CSV, Excel): names of the columns, and rows that have too many cells."""

from collections.abc import Mapping, Sequence

from core.questions.exchange.half_characters import shown
from core.questions.exchange.rows import Problem, Row


def column_names(cells: Sequence[str], *, has_titles: bool) -> list[str]:
    """Return a name for each column of a table, from its first row if that holds titles; all names differ.

    >>> column_names(["Question", "", "Question"], has_titles=True)
    ['Question', 'column 2', 'Question (column 3)']
    """
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        title = shown(cell.strip()) if has_titles else ""
        name = title or f"column {number}"
        names.append(f"{name} (column {number})" if name in names else name)
    return names


def table_row(
    place: str,
    names: Sequence[str],
    cells: Mapping[int, str],
    *,
    letters: Mapping[int, str] | None = None,
    hint: str = "Give each column a title in the first row.",
) -> Row | Problem:
    """Return a row by the names of its columns, or that it has cells beyond them. `letters` are the names of its cells."""
    beyond = [at for at, text in cells.items() if at >= len(names) and text.strip()]
    if beyond:
        return Problem(place=place, fault=f"has {max(beyond) + 1} cells, but there are {len(names)} columns", hint=hint)
    values = {name: cells.get(at, "") for at, name in enumerate(names)}
    return Row(place=place, values=values, cells={names[at]: letter for at, letter in (letters or {}).items()})
