"""A project's question pairs for people who work on them: their source, and how far documents are covered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.questions.coverage import Coverage, covered_passages
from core.records import Project, QuestionPair
from core.storage import Workspace, rights

LONGEST_PAGE = 12_000  # characters; where a document has no pages, all of it would be one
CONTEXT_CHARACTERS = 600  # given on each side of a quote whose passage is unknown


@dataclass(frozen=True, slots=True)
class Source:
    """The anonymized text around a quote, in three pieces; only `quote` is filled if there is no source text."""

    before: str
    quote: str
    after: str


def source_of(workspace: Workspace, pair: QuestionPair) -> Source:
    """Return the passage a pair came from, split at its quote, from exactly the text that was approved."""
    rights.check(workspace.db, "read documents", pair.project_id)
    if pair.review_id is None:
        return Source("", pair.quote, "")
    path = workspace.anonymized_path(pair.project_id, pair.review_id)
    if not path.exists():
        return Source("", pair.quote, "")
    text = path.read_bytes().decode()  # as stored: offsets count characters of exactly this text
    if text[pair.quote_start : pair.quote_end] != pair.quote:  # imported: offsets refer to another text
        return Source("", pair.quote, "")
    row = workspace.db.execute(
        "select start, end from approved_passages where review_id = ? and passage_id = ?", [pair.review_id, pair.passage_id]
    ).fetchone()
    first = min(row["start"], pair.quote_start) if row else max(0, pair.quote_start - CONTEXT_CHARACTERS)
    last = max(row["end"], pair.quote_end) if row else pair.quote_end + CONTEXT_CHARACTERS
    return Source(text[first : pair.quote_start], pair.quote, text[pair.quote_end : last])


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageInSight:
    """A passage as its document's standing approval has it; `is_written` says that a model wrote about this text before."""

    id: str
    document_id: str
    document_name: str
    heading: str
    page: str
    text: str
    is_written: bool


def approved_passage(workspace: Workspace, project: Project, passage_id: str) -> PassageInSight | None:
    """Return a passage of a project as it was approved; None if it is not, or not any more."""
    rights.check(workspace.db, "read documents", project.id)
    row = workspace.db.execute(
        "select a.*, d.id as document_id, d.name from approved_passages a"
        " join reviews r on r.id = a.review_id and r.state = 'approved' join documents d on d.id = r.document_id"
        " where d.project_id = ? and a.passage_id = ?",
        [project.id, passage_id],
    ).fetchone()
    if row is None:
        return None
    written = workspace.db.execute(
        "select 1 from written_passages where review_id = ? and passage_id = ? and pairs is null",
        [row["review_id"], passage_id],
    ).fetchone()
    text = workspace.anonymized_path(project.id, row["review_id"]).read_bytes().decode()
    return PassageInSight(
        id=passage_id,
        document_id=row["document_id"],
        document_name=row["name"],
        heading=row["heading"],
        page=row["page"],
        text=text[row["start"] : row["end"]],
        is_written=written is not None,
    )


def page_around(workspace: Workspace, pair: QuestionPair) -> Source | None:
    """Return the whole page that a pair came from, split at its quote; None if it is not known or too long to be one."""
    source = source_of(workspace, pair)
    if pair.review_id is None or not pair.page or not (source.before or source.after):
        return None
    row = workspace.db.execute(
        "select min(start) as start, max(end) as end from approved_passages where review_id = ? and page = ?",
        [pair.review_id, pair.page],
    ).fetchone()
    if row["start"] is None or not row["start"] <= pair.quote_start <= pair.quote_end <= row["end"]:
        return None
    if row["end"] - row["start"] > LONGEST_PAGE:
        return None
    text = workspace.anonymized_path(pair.project_id, pair.review_id).read_bytes().decode()
    return Source(text[row["start"] : pair.quote_start], pair.quote, text[pair.quote_end : row["end"]])


def coverage_of(workspace: Workspace, project: Project, pairs: Iterable[QuestionPair]) -> list[Coverage]:
    """Count, for each approved document, the passages that have a kept pair.

    Imported pairs are documents too, but are left out because nobody asks about them.

    Raises:
        AccessError: the acting person may not see the project.
    """
    return coverage_by_review(workspace, project, covered_passages(pairs))


def coverage_by_review(workspace: Workspace, project: Project, covered: Mapping[str, int]) -> list[Coverage]:
    """Return the same from the number of covered passages by review id.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project.id)
    rows = workspace.db.execute(
        "select d.name, r.id, count(a.passage_id) as passages from documents d"
        " join reviews r on r.document_id = d.id and r.state = 'approved'"
        " join approved_passages a on a.review_id = r.id"
        " where d.project_id = ? and d.kind <> 'pairs' group by r.id order by d.rowid",
        [project.id],
    )
    return [Coverage(document=row["name"], covered=covered.get(row["id"], 0), passages=row["passages"]) for row in rows]
