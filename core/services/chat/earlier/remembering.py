"""Find what was said before that helps with a question; forget it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from core.records import ChatTurn, Project, Remembered
from core.retrieval.question import telling_words
from core.retrieval.said import Piece
from core.services.chat.conversations import own_conversation
from core.services.chat.earlier.said import current_said, drop, said
from core.services.chat.turns import own_turn, turns
from core.services.retrieval.finding import RANKED, fit_of, ranked_passages
from core.services.retrieval.index import Embed, Report, embedding
from core.storage import Permitted, Workspace, rights, update
from core.storage.source_index import SourceIndex
from core.storage.traceless import empty_log, traceless

# Below either of them nothing is remembered: docs/chat.md tells how they were measured. The words of small talk, such as
# "yes", may all stand in an earlier turn that has nothing to do with it, so the meaning has to be near, too.
LEAST_FIT, LEAST_COSINE = 0.4, 0.35
MOST = 3  # pieces remembered with a question
CHARACTERS = 1500  # of all of them together
LOOKED_AT = 12  # of the best ranked pieces, those whose fit is compared
TOLD = "This was said before and may help:\n\n{pieces}\n\n{question}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """A piece of an earlier turn that a model is told again, and where it was said."""

    place: Remembered
    conversation_id: str
    title: str  # of the conversation
    said_at: str  # when it was asked
    piece: Piece

    @property
    def shown(self) -> str:
        """The piece with its day, as a model reads it."""
        return f"On {self.said_at[:10]}\n{self.piece.shown}"


def recall(
    workspace: Workspace,
    project: Project,
    question: str,
    *,
    told: Collection[str] = (),
    known: Collection[Remembered] = (),
    characters: int = CHARACTERS,
    embed: Embed | None = None,
    report: Report | None = None,
) -> list[Recalled]:
    """Return what the acting person was told before in this project that fits a question well enough, best first.

    Args:
        workspace: of the person who asks.
        project: where it was said.
        question: what is asked now.
        told: ids of turns that the model is told anyway.
        known: what it was told again already.
        characters: of all pieces together, at most.
        embed: makes embeddings; by default the embedded network.
        report: called with progress while turns are read for the first time.

    Raises:
        AccessError: the actor may not chat in this project.
        SetupError: the network that compares meanings is missing or damaged, or the index cannot be opened.
    """
    permitted = workspace.allowed("chat", project.id)
    if not telling_words(question):
        return []
    embed = embed or embedding(permitted)
    with current_said(permitted, project, embed=embed, report=report) as index:
        limit = RANKED + index.count_of(told)
        ranked = ranked_passages(index, question, embed([question])[0], limit=limit)
        fitting = [
            place
            for number, place in islice(_places(index, ranked.numbers, without=told), LOOKED_AT)
            if place not in known and _is_near(index, question, number, ranked.cosines.get(number, 0.0))
        ]
    live = recalled(permitted, project.id, fitting)  # what was deleted meanwhile is gone
    return _within([live[place] for place in fitting if place in live], characters)


def _is_near(index: SourceIndex, question: str, number: int, cosine: float) -> bool:
    return cosine >= LEAST_COSINE and fit_of(index, question, number, cosine=cosine) >= LEAST_FIT


def _places(index: SourceIndex, numbers: Iterable[int], *, without: Collection[str]) -> Iterator[tuple[int, Remembered]]:
    for number in numbers:
        for _, passage in index.passages([number]):
            if passage.document_id not in without:
                yield number, Remembered(turn_id=passage.document_id, start=passage.start)


def _within(found: Sequence[Recalled], characters: int) -> list[Recalled]:
    kept: list[Recalled] = []
    for each in found:
        if len(kept) < MOST and sum(len(one.shown) for one in [*kept, each]) <= characters:
            kept.append(each)
    return kept


def recalled(permitted: Permitted, project_id: str, places: Iterable[Remembered]) -> dict[Remembered, Recalled]:
    """Return the words at these places as they stand now, without what is deleted or forgotten or was another person's."""
    wanted = set(places)
    return {
        place: Recalled(
            place=place,
            conversation_id=each.turn.conversation_id,
            title=each.title,
            said_at=each.turn.created_at,
            piece=piece,
        )
        for each in (said(permitted, project_id, {place.turn_id for place in wanted}) if wanted else ())
        for piece in each.pieces
        if (place := Remembered(turn_id=each.turn.id, start=piece.start)) in wanted
    }


def told_again(found: Sequence[Recalled], question: str) -> str:
    """Return a question as a model reads it, with what is remembered before it."""
    return TOLD.format(pieces="\n\n".join(each.shown for each in found), question=question) if found else question


def recalled_in(workspace: Workspace, conversation_id: str) -> dict[Remembered, Recalled]:
    """Return everything that is still remembered with the turns of one conversation.

    Raises:
        InputError: there is no such conversation of the acting person.
    """
    shown = turns(workspace, conversation_id)
    places = {place for turn in shown for place in turn.remembered}
    if not places:
        return {}
    conversation, permitted = own_conversation(workspace, conversation_id)
    return recalled(permitted, conversation.project_id, places)


def forget_turn(workspace: Workspace, turn_id: str) -> None:
    """Never remember a turn again. Its conversation keeps it.

    Raises:
        InputError: there is no such turn in a conversation of the acting person.
    """
    turn, conversation, permitted = own_turn(workspace, turn_id)
    _forget(permitted, conversation.project_id, [turn.id])


def forget_all(workspace: Workspace, project: Project) -> int:
    """Never remember again what the acting person was told in a project until now; return how many turns that are.

    Raises:
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", project.id)
    rows = permitted.db.execute(
        "select t.id from chat_turns t join conversations c on c.id = t.conversation_id"
        " where c.project_id = ? and c.person_id is ? and not t.is_forgotten",
        [project.id, rights.person_id(permitted.db)],
    ).fetchall()
    _forget(permitted, project.id, [row["id"] for row in rows])
    return len(rows)


def _forget(permitted: Permitted, project_id: str, turn_ids: Sequence[str]) -> None:
    with traceless(permitted.db):
        for turn_id in turn_ids:
            update(permitted.db, ChatTurn, turn_id, is_forgotten=True)
    drop(permitted, project_id, turn_ids)
    empty_log(permitted.db)
