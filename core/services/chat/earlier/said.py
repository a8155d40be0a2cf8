"""What a person was told in a project: which turns may be remembered, and their index, made current when it is used.

Each person has an index of their own in each project, so that nobody's words count in another's ranking.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from json import dumps

from core.files import sha256_text
from core.language.refusals import is_refusal
from core.records import ChatTurn, Passage, Project
from core.retrieval.said import Piece, pieces_of
from core.services.retrieval.index import Embed, Report, embed_waiting
from core.storage import Permitted, Workspace, rights
from core.storage.rows import from_row
from core.storage.source_index import SourceIndex

AT_ONCE = 100  # turns read together
# A person's own turns of one project, without those that were forgotten, disliked, or never came to a proper answer.
_OWN = """
from chat_turns t join conversations c on c.id = t.conversation_id where c.project_id = ? and c.person_id is ?
and not t.is_replaced and not t.is_forgotten and t.state not in ('writing', 'repeating') and trim(t.answer) <> ''
and (t.thumb is not 'down' or t.correction is not null)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A turn that may be remembered, with the title of its conversation."""

    turn: ChatTurn
    title: str

    @property
    def pieces(self) -> list[Piece]:
        """What can be found of it; of a corrected answer what it should have been, of a refusal nothing."""
        answer = self.turn.correction or self.turn.answer
        return [] if is_refusal(answer) else pieces_of(self.turn.question, answer)


def said(permitted: Permitted, project_id: str, turn_ids: Iterable[str]) -> list[Said]:
    """Return those of these turns that the acting person may have remembered in this project."""
    person, ids = rights.person_id(permitted.db), dumps(list(turn_ids))
    query = f"select t.*, c.title {_OWN} and t.id in (select value from json_each(?)) order by t.rowid"  # noqa: S608 ours
    rows = permitted.db.execute(query, [project_id, person, ids])
    return [Said(turn=from_row(ChatTurn, row), title=row["title"]) for row in rows]


@contextmanager
def current_said(
    workspace: Workspace, project: Project, *, embed: Embed, report: Report | None = None
) -> Iterator[SourceIndex]:
    """Open the index of what the acting person was told in a project until this moment; its documents are turns.

    Raises:
        AccessError: the actor may not chat in this project.
        SetupError: the index cannot be opened.
    """
    permitted = workspace.allowed("chat", project.id)
    with SourceIndex(permitted.said_path(project.id, rights.person_id(permitted.db))) as index:
        current, known = _versions(permitted, project), index.approvals()
        if gone := known.keys() - current.keys():
            index.remove(gone)
        changed = [turn_id for turn_id, version in current.items() if known.get(turn_id) != version]
        for start in range(0, len(changed), AT_ONCE):
            for each in said(permitted, project.id, changed[start : start + AT_ONCE]):
                index.put(each.turn.id, current[each.turn.id], _passages(each))
        if changed and (gone := index.approvals().keys() - _versions(permitted, project).keys()):
            index.remove(gone)  # deleted by somebody else between being read and stored
        embed_waiting(index, embed, report)
        yield index


def drop(permitted: Permitted, project_id: str, turn_ids: Collection[str]) -> None:
    """Remove turns from the index of the acting person, the words too; what is removed by then stays out of it."""
    path = permitted.said_path(project_id, rights.person_id(permitted.db))
    if turn_ids and path.exists():
        with SourceIndex(path) as index:
            index.remove(turn_ids)


def _versions(permitted: Permitted, project: Project) -> dict[str, str]:
    """Return the ids of all turns that may be remembered, each with what tells whether its words have changed."""
    query = f"select t.id, t.written_at, t.correction {_OWN} order by t.rowid"  # noqa: S608 ours
    rows = permitted.db.execute(query, [project.id, rights.person_id(permitted.db)])
    return {row["id"]: row["written_at"] + (sha256_text(row["correction"]) if row["correction"] else "") for row in rows}


def _passages(each: Said) -> Sequence[Passage]:
    return [
        Passage(
            id=f"{each.turn.id}-{piece.start}",
            document_id=each.turn.id,
            index=number,
            start=piece.start,
            end=piece.start + len(piece.text),
            heading=piece.question,
            page="",
            token_count=0,
            text=piece.text,
        )
        for number, piece in enumerate(each.pieces)
    ]
