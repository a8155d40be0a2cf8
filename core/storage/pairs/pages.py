"""A project's question pairs by the page: searched, filtered and counted in the database, so that no call loads all of them.

A page begins after a pair's number and not at an offset, so that the last page is as quick as the first, and no row is
skipped or shown twice when others change the project meanwhile.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from core.records import PairOrigin, PairState, QuestionPair
from core.storage import rights
from core.storage.rows import from_row
from core.storage.workspace import Workspace

Facet = Literal["state", "reason", "document_id", "kind", "wording", "writer", "origin", "is_decided", "is_edited"]
FACETS: tuple[Facet, ...] = (
    "state", "reason", "document_id", "kind", "wording", "writer", "origin", "is_decided", "is_edited",
)  # fmt: skip
_WORD = re.compile(r"\w+")
_COLUMN_OF = {"is_decided": "decided", "is_edited": "edited_by"}  # facets that only say whether there is a value


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFilter:
    """Which pairs are meant; None leaves a field open. `words` must all stand in question or answer, or begin a word there.

    An empty `kind`, `wording` or `writer` means pairs that have none.
    """

    words: str = ""
    state: PairState | None = None
    reason: str | None = None
    document_id: str | None = None
    kind: str | None = None
    wording: str | None = None
    writer: str | None = None
    origin: PairOrigin | None = None
    is_decided: bool | None = None  # whether a person decided on it
    is_edited: bool | None = None  # whether a person wrote or changed it
    passage_id: str | None = None
    fact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedPair:
    """A pair with its `number` in the order of the project, and how many pairs ask for its fact, itself included."""

    number: int
    pair: QuestionPair
    wordings: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPage:
    """One page of pairs, and whether there are more before and after it."""

    rows: tuple[NumberedPair, ...]
    has_before: bool
    has_after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCounts:
    """How many pairs match a filter, and by facet how many each value would leave with all other parts of it in force."""

    matching: int
    by: Mapping[Facet, Mapping[Any, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptGroup:
    """How many kept pairs come from one approval of a document; without a review, they were brought in."""

    document_id: str
    review_id: str | None
    is_imported: bool
    pairs: int


def search_terms(words: str) -> str:
    """Return the query of the index for what a person typed; "" if it holds no word. A word may go on; "…" is a phrase."""
    terms = []
    for phrase, loose in re.findall(r'"([^"]*)"|([^"]+)', words):
        if phrase and _WORD.search(phrase):
            terms.append(f'"{" ".join(_WORD.findall(phrase))}"')
        terms += [f'"{word}"*' for word in _WORD.findall(loose)]
    return " ".join(terms)


def pair_page(
    workspace: Workspace,
    project_id: str,
    chosen: PairFilter,
    *,
    after: int | None = None,
    before: int | None = None,
    size: int = 50,
) -> PairPage:
    """Return up to `size` pairs: the first ones, those that follow number `after`, or those that lead up to `before`."""
    rights.check(workspace.db, "read documents", project_id)
    source, values = _source(project_id, chosen)
    number = "pair_words.rowid" if search_terms(chosen.words) else "p.number"
    bound, order = (f"{number} < ?", "desc") if before is not None else (f"{number} > ?", "asc")
    at = before if before is not None else (after or 0)
    found = workspace.db.execute(
        f"select p.* {source} and {bound} order by {number} {order} limit ?",  # noqa: S608 columns are ours
        [*values, at, size + 1],
    ).fetchall()
    is_more, found = len(found) > size, found[:size]
    if before is not None:
        found.reverse()
    rows = [NumberedPair(number=row["number"], pair=from_row(QuestionPair, row)) for row in found]
    return PairPage(
        rows=_with_wordings(workspace, project_id, rows),
        has_before=is_more if before is not None else bool(after),
        has_after=True if before is not None else is_more,
    )


def numbered_pair(workspace: Workspace, project_id: str, pair_id: str) -> NumberedPair | None:
    """Return one pair of a project with its number; None if there is none."""
    rights.check(workspace.db, "read documents", project_id)
    row = workspace.db.execute("select * from pairs where id = ? and project_id = ?", [pair_id, project_id]).fetchone()
    if row is None:
        return None
    numbered = NumberedPair(number=row["number"], pair=from_row(QuestionPair, row))
    return _with_wordings(workspace, project_id, [numbered])[0]


def count_pairs(workspace: Workspace, project_id: str, chosen: PairFilter) -> int:
    """Count the pairs that match."""
    rights.check(workspace.db, "read documents", project_id)
    source, values = _source(project_id, chosen, is_ordered=False)
    return int(workspace.db.execute(f"select count(*) {source}", values).fetchone()[0])  # noqa: S608 columns are ours


def pair_counts(workspace: Workspace, project_id: str, chosen: PairFilter) -> PairCounts:
    """Count the matching pairs, and the values of each facet among the pairs that match the rest of the filter."""
    rights.check(workspace.db, "read documents", project_id)
    open_facets = PairFilter(words=chosen.words, passage_id=chosen.passage_id, fact=chosen.fact)
    source, values = _source(project_id, open_facets, is_ordered=False)
    columns = ", ".join(f"p.{_COLUMN_OF.get(name, name)}" for name in FACETS)
    groups: Counter[tuple[Any, ...]] = Counter()
    statement = f"select {columns}, count(*) {source} group by {columns}"  # noqa: S608 columns are ours
    for *found, count in workspace.db.execute(statement, values):
        groups[(*(value or "" for value in found[:-2]), found[-2] is not None, found[-1] is not None)] += count
    wanted = [(place, value) for place, name in enumerate(FACETS) if (value := getattr(chosen, name)) is not None]
    matching, by = 0, [Counter[Any]() for _ in FACETS]
    for group, count in groups.items():
        missed = [place for place, value in wanted if group[place] != value]
        matching += 0 if missed else count
        for place in range(len(FACETS)) if not missed else missed[:1] if len(missed) == 1 else ():
            by[place][group[place]] += count
    return PairCounts(matching=matching, by=dict(zip(FACETS, by, strict=True)))


def document_names(workspace: Workspace, project_id: str) -> dict[str, str]:
    """Return the names of the documents that pairs of the project come from, by id."""
    rights.check(workspace.db, "read documents", project_id)
    rows = workspace.db.execute("select id, name from documents where project_id = ? order by rowid", [project_id])
    return {row["id"]: row["name"] for row in rows}


def other_wordings(workspace: Workspace, pair: QuestionPair, *, limit: int = 50) -> list[QuestionPair]:
    """Return the other pairs that ask for the same fact, in order."""
    rights.check(workspace.db, "read documents", pair.project_id)
    if pair.fact is None:
        return []
    rows = workspace.db.execute(
        "select * from pairs where project_id = ? and fact = ? and id <> ? order by number limit ?",
        [pair.project_id, pair.fact, pair.id, limit],
    )
    return [from_row(QuestionPair, row) for row in rows]


def kept_groups(workspace: Workspace, project_id: str) -> list[KeptGroup]:
    """Count the kept pairs of a project by the document and the approval that they come from."""
    rights.check(workspace.db, "see project", project_id)
    rows = workspace.db.execute(
        "select document_id, review_id, origin = 'imported' as is_imported, count(*) as pairs from pairs"
        " where project_id = ? and state = 'kept' group by document_id, review_id, is_imported",
        [project_id],
    )
    return [
        KeptGroup(
            document_id=row["document_id"],
            review_id=row["review_id"],
            is_imported=bool(row["is_imported"]),
            pairs=row["pairs"],
        )
        for row in rows
    ]


def written_counts(workspace: Workspace, project_id: str, job_id: str) -> tuple[int, dict[str, int]]:
    """Count the pairs that a job has written and that do not count yet, and by review the passages that have one."""
    rights.check(workspace.db, "read documents", project_id)
    rows = workspace.db.execute(
        "select w.review_id, count(*) as passages, sum(json_array_length(w.pairs)) as pairs from written_passages w"
        " join documents d on d.id = w.document_id"
        " where w.job_id = ? and d.project_id = ? and w.pairs is not null and w.pairs <> '[]' group by w.review_id",
        [job_id, project_id],
    ).fetchall()
    return sum(row["pairs"] for row in rows), {row["review_id"]: row["passages"] for row in rows}


def _with_wordings(workspace: Workspace, project_id: str, rows: Sequence[NumberedPair]) -> tuple[NumberedPair, ...]:
    facts = [*{row.pair.fact for row in rows if row.pair.fact is not None}]
    marks = ", ".join("?" * len(facts))
    counted = workspace.db.execute(
        f"select fact, count(*) from pairs where project_id = ? and fact in ({marks}) group by fact",  # noqa: S608 marks
        [project_id, *facts],
    )
    wordings = {row[0]: row[1] for row in counted}
    return tuple(replace(row, wordings=wordings.get(row.pair.fact, 1)) for row in rows)


def _source(project_id: str, chosen: PairFilter, *, is_ordered: bool = True) -> tuple[str, list[Any]]:
    """Build the `from … where …` of a statement about the pairs `p` that match, and its values.

    With `is_ordered` they are read in the order of their numbers.
    """
    clauses, values = matching(chosen)
    if terms := search_terms(chosen.words):
        # a cross join keeps SQLite from looking up every pair of the project in the index of words
        table = "from pair_words cross join pairs p on p.number = pair_words.rowid where pair_words match ? and"
        return f"{table} p.project_id = ?{clauses}", [terms, project_id, *values]
    return f"from pairs p{_index(chosen) if is_ordered else ''} where p.project_id = ?{clauses}", [project_id, *values]


def _index(chosen: PairFilter) -> str:
    """Name the index to read by: left to itself, SQLite may sort all rows in place of reading them in their order."""
    if chosen.fact is not None:
        return " indexed by pairs_of_fact"
    return " indexed by pairs_in_order" if chosen.document_id is None else " indexed by pairs_of_document"


def matching(chosen: PairFilter) -> tuple[str, list[Any]]:
    """Build the conditions of a filter, each led by "and", for a table called `p`, and their values; without its words."""
    clauses, values = "", []
    for name in (*FACETS, "passage_id", "fact"):
        value = getattr(chosen, name)
        if value is None:
            continue
        if name in _COLUMN_OF:
            clauses += f" and p.{_COLUMN_OF[name]} is {'not ' if value else ''}null"
        elif value == "" and name in ("kind", "wording", "writer"):
            clauses += f" and p.{name} is null"
        else:
            clauses += f" and p.{name} = ?"
            values.append(value)
    return clauses, values
