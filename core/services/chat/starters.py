"""Questions to begin with, from the project's own documents: kept question pairs, else the headings."""

from collections.abc import Sequence

from core.records import Project
from core.storage import Workspace

COUNT = 4
SHORTEST, LONGEST = 12, 90  # characters

_QUESTIONS = """
select input as words from pairs
where project_id = ? and state = 'kept' and system = '' and history = '[]' and input like '%?'
and length(input) between ? and ?
order by number
"""
_HEADINGS = """
select distinct a.heading as words from approved_passages a
join reviews r on r.id = a.review_id and r.state = 'approved' join documents d on d.id = r.document_id
where d.project_id = ? and a.heading <> '' order by d.rowid, a.start
"""


def starter_questions(workspace: Workspace, project: Project) -> list[str]:
    """Return a few questions that the project's approved documents answer; none if nothing was approved yet."""
    permitted = workspace.allowed("chat", project.id, also="read documents")
    asked = [row["words"] for row in permitted.db.execute(_QUESTIONS, [project.id, SHORTEST, LONGEST])]
    if asked:
        return _spread(list(dict.fromkeys(asked)))
    headings = [row["words"].rpartition(" > ")[2] for row in permitted.db.execute(_HEADINGS, [project.id])]
    fitting = [heading for heading in dict.fromkeys(headings) if len(heading) <= LONGEST]
    return [f"What do the documents say about “{heading}”?" for heading in _spread(fitting)]


def _spread(found: Sequence[str]) -> list[str]:
    """Return a few of them, evenly spread, so that each part of the documents has its say."""
    count = min(COUNT, len(found))
    return [found[(2 * at + 1) * len(found) // (2 * count)] for at in range(count)]
