"""How far approved text is asked about, counted in the database: by document, and by passage where somebody looks."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.storage import rights
from core.storage.workspace import Workspace

DocumentOrder = Literal["least covered", "most covered", "name", "added"]
_APPROVED = (
    " from documents d join reviews r on r.document_id = d.id and r.state = 'approved'"
    " join approved_passages a on a.review_id = r.id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCoverage:
    """An approved document, and how many of its passages have a kept pair."""

    document_id: str
    name: str
    covered: int
    passages: int

    @property
    def share(self) -> float:
        """The share of passages with a kept pair, from 0 to 1."""
        return self.covered / self.passages


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageCoverage:
    """An approved passage in the order of its document, and the number of different facts that kept pairs ask for."""

    document_id: str
    document_name: str
    passage_id: str
    page: str
    facts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageWays:
    """The place of a passage among those `of` its document, counted from 1, and where one can go from it."""

    number: int = 0
    of: int = 0
    before: PassageCoverage | None = None
    after: PassageCoverage | None = None
    bare: PassageCoverage | None = None  # the next one that nothing asks about, begun again at the first document


def document_coverage(workspace: Workspace, project_id: str) -> list[DocumentCoverage]:
    """Return every approved document of a project in the order in which they came, whatever the number of its passages.

    Imported pairs are documents too, but are left out because nobody asks about them.
    """
    rights.check(workspace.db, "see project", project_id)
    covered = dict(
        workspace.db.execute(
            "select review_id, count(distinct passage_id) from pairs"
            " where project_id = ? and state = 'kept' and passage_id is not null group by document_id, review_id",
            [project_id],
        )
    )
    rows = workspace.db.execute(
        f"select d.id, d.name, r.id as review_id, count(*) as passages {_APPROVED}"  # noqa: S608 a constant
        " where d.project_id = ? and d.kind <> 'pairs' group by d.id order by d.rowid",
        [project_id],
    )
    return [
        DocumentCoverage(
            document_id=row["id"], name=row["name"], covered=covered.get(row["review_id"], 0), passages=row["passages"]
        )
        for row in rows
    ]


def chosen_documents(
    documents: Iterable[DocumentCoverage], *, words: str = "", order: DocumentOrder = "least covered"
) -> list[DocumentCoverage]:
    """Return the documents whose names hold all these words or parts of words, in an order; equal ones as they came."""
    parts = words.casefold().split()
    found = [each for each in documents if all(part in each.name.casefold() for part in parts)]
    match order:
        case "least covered":
            found.sort(key=lambda each: each.share)
        case "most covered":
            found.sort(key=lambda each: -each.share)
        case "name":
            found.sort(key=lambda each: each.name.casefold())
        case "added":
            pass
    return found


def passage_coverage(
    workspace: Workspace, project_id: str, *, document_ids: Sequence[str] | None = None
) -> list[PassageCoverage]:
    """Return every approved passage of a project, or of these documents, with the number of facts kept pairs ask for.

    The documents come as they are named, else in the order in which they came, and their passages in the order of the text.
    Imported pairs are left out, as in `document_coverage`.
    """
    rights.check(workspace.db, "see project", project_id)
    only, values = "", [project_id]
    if document_ids is not None:
        only, values = " and d.id in (select value from json_each(?))", [project_id, json.dumps(list(document_ids))]
    asked = {
        (row[0], row[1]): row[2]
        for row in workspace.db.execute(
            "select review_id, passage_id, count(distinct fact) + sum(fact is null) from pairs"  # noqa: S608 a constant
            f" where project_id = ? and state = 'kept' and passage_id is not null{only.replace('d.id', 'document_id')}"
            " group by document_id, review_id, passage_id",
            values,
        )
    }
    rows = workspace.db.execute(
        f"select d.id, d.name, a.review_id, a.passage_id, a.page {_APPROVED} join passages p on p.id = a.passage_id"  # noqa: S608
        f" where d.project_id = ? and d.kind <> 'pairs'{only} order by d.rowid, p.\"index\"",
        values,
    )
    found = [
        PassageCoverage(
            document_id=row["id"],
            document_name=row["name"],
            passage_id=row["passage_id"],
            page=row["page"],
            facts=asked.get((row["review_id"], row["passage_id"]), 0),
        )
        for row in rows
    ]
    if document_ids is not None:
        place = {document_id: number for number, document_id in enumerate(document_ids)}
        found.sort(key=lambda row: place[row.document_id])
    return found


def passage_ways(workspace: Workspace, project_id: str, *, passage_id: str, document_id: str) -> PassageWays:
    """Return where an approved passage stands, and the passages around it; nothing if it is not approved.

    Only the passages of this document, and of those that are gone to, are read.
    """
    documents = document_coverage(workspace, project_id)
    own = passage_coverage(workspace, project_id, document_ids=[document_id])
    at = next((place for place, row in enumerate(own) if row.passage_id == passage_id), None)
    here = next((place for place, each in enumerate(documents) if each.document_id == document_id), None)
    if at is None or here is None:
        return PassageWays()

    def first(found: Iterable[DocumentCoverage], *, is_bare: bool = False, from_end: bool = False) -> PassageCoverage | None:
        for each in found:
            rows = passage_coverage(workspace, project_id, document_ids=[each.document_id])
            if fit := [row for row in rows if not is_bare or not row.facts]:
                return fit[-1 if from_end else 0]
        return None

    earlier, later = documents[:here], documents[here + 1 :]
    ahead, behind = (next((row for row in rows if not row.facts), None) for rows in (own[at + 1 :], own[:at]))
    elsewhere = (each for each in later + earlier if each.covered < each.passages)
    return PassageWays(
        number=at + 1,
        of=len(own),
        before=own[at - 1] if at else first(reversed(earlier), from_end=True),
        after=own[at + 1] if at + 1 < len(own) else first(later),
        bare=ahead or first(elsewhere, is_bare=True) or behind,
    )
