"""Ask a model in a conversation. An answer is stored as it is written, so that nothing of it is lost, whatever ends it."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from core.chat import ChatModel, Message, with_pauses
from core.chat.repeating import until_repeating
from core.chat.room import Room
from core.errors import InputError
from core.models.text import Pace
from core.records import AnswerState, ChatPace, ChatTurn, Conversation, new_id, now
from core.services.chat.conversations import own_conversation
from core.services.chat.earlier.said import drop
from core.services.chat.earlier.telling import Doing, Telling
from core.services.chat.keeping.stored_form import StoredForm
from core.services.chat.turns import is_abandoned, silent_s, store_answer, turns
from core.storage import Permitted, Workspace, delete, find, find_all, insert, update
from core.storage.traceless import traceless

Opener = Callable[[], ChatModel]  # opens who answers; called while the answer is waited for, since it may take long
SHOW_S = 0.1  # between two looks at an answer that is written
STORE_S = 1.0
JUST_NOW_S = 10.0
STOP_S = 3.0  # that an answer may take to be stored after it was stopped


class Writing:
    """An answer while a model writes it. Use it as a context manager and iterate over it: that is what makes it go on.

    It is stored every second and when the block ends: as broken off, unless it came to its end or `stop` ended it. Where
    personal data is masked, nothing of it is stored before its end, since only what was searched may be.
    """

    def __init__(
        self,
        permitted: Permitted,
        turn: ChatTurn,
        *,
        asked: str,
        form: StoredForm,
        clock: Callable[[], float],
        telling: Telling,
    ) -> None:
        self.turn = turn  # as it is stored
        self.asked = asked  # the question as it was asked
        self._form, self._begun = form, turn.answer
        self._permitted = permitted
        self._telling = telling  # knows what the model was told, and what the answer rests on
        self._stream = with_pauses(until_repeating(telling.stream(), begun=turn.answer))
        self._clock = clock
        self._text = turn.answer
        self._started_s = self._stored_s = clock()
        self._first_s: float | None = None
        self._is_over = False  # somebody else ended it

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop the model if it still writes, and store what there is."""
        self._stream.close()
        if self.turn.state == "writing":
            self._store("broken off", self._pace())

    def __iter__(self) -> Iterator[str]:
        """Yield the answer so far, several times a second, also while nothing new comes.

        Raises:
            InputError: the conversation is longer than the model can read.
            SetupError: the model cannot be opened or reached.
            EngineCrashed: the engine ended.
            AccessError: the acting person may not chat any more.
        """
        shown_s = self._started_s
        while True:
            try:
                piece = next(self._stream)
            except StopIteration as end:
                pace: Pace = end.value
                if pace.is_repeating:
                    self._store("repeating", self._pace())
                else:
                    self._store("complete" if pace.is_complete else "cut", self._pace(pace))
                yield self._text
                self._telling.close()
                return
            if piece:
                self._first_s = self._clock() if self._first_s is None else self._first_s
                self._text += piece
            if self._clock() - self._stored_s >= STORE_S:
                self._store("writing")
                if self._is_over:
                    yield self._text
                    return
            if piece is None or self._clock() - shown_s >= SHOW_S:
                shown_s = self._clock()
                yield self._text

    @property
    def doing(self) -> Doing | None:
        """What is done before the answer begins; None if the model is at work on it."""
        return self._telling.doing

    def _pace(self, told: Pace | None = None) -> ChatPace:
        ended_s = self._clock()
        first_s = ended_s if self._first_s is None else self._first_s
        pace = ChatPace(first_s=first_s - self._started_s, whole_s=ended_s - self._started_s)
        if told is None:
            return pace
        after_first = max(0, told.token_count - 1) / (ended_s - first_s) if ended_s > first_s else None
        return replace(
            pace,
            read_count=told.read_count,
            cached_count=told.cached_count,
            token_count=told.token_count,
            tokens_per_second=told.tokens_per_second or after_first,
        )

    def _store(self, state: AnswerState, pace: ChatPace | None = None) -> None:
        self._stored_s = self._clock()
        try:
            is_searched_later = state == "writing" and self._form.is_masked
            answer = self.turn.answer if is_searched_later else self._form.of(self._text)
        except BaseException:
            self._put(self._begun, "unchecked", pace or self._pace())
            raise
        self._put(answer, state, pace)

    def _put(self, answer: str, state: AnswerState, pace: ChatPace | None) -> None:
        is_ended = state not in ("writing", "unchecked") and bool(answer.strip())
        self.turn = replace(
            self.turn,
            answer=answer,
            state=state,
            pace=pace,
            sources=self._telling.sources(answer) if is_ended else {},
            remembered=self._telling.remembered,
            written_at=now(),
        )
        self._is_over = not store_answer(self._permitted, self.turn)


def stop(workspace: Workspace, conversation_id: str) -> None:
    """Stop the answer that is being written in a conversation, and wait until what there is of it is stored.

    An answer that has broken off just now counts as stopped too: where it was shown, the press may have ended it first.

    Raises:
        InputError: there is no such conversation of the acting person.
    """
    conversation, permitted = own_conversation(workspace, conversation_id)
    with traceless(permitted.db):
        for turn in find(permitted.db, ChatTurn, conversation_id=conversation.id, state="broken off"):
            if silent_s(turn) < JUST_NOW_S:
                update(permitted.db, ChatTurn, turn.id, state="stopped")
    _end(permitted, conversation)


def _end(permitted: Permitted, conversation: Conversation) -> None:
    """End the answer that is being written, if there is one."""
    deadline_s = time.monotonic() + STOP_S
    written = []
    with traceless(permitted.db):
        for turn in find(permitted.db, ChatTurn, conversation_id=conversation.id, state="writing"):
            update(permitted.db, ChatTurn, turn.id, state="broken off" if is_abandoned(turn) else "stopped")
            written += [] if is_abandoned(turn) else [turn.id]
    while any(turn.pace is None for turn in find_all(permitted.db, ChatTurn, written)):
        if time.monotonic() > deadline_s:
            return
        time.sleep(0.05)


def ask(
    workspace: Workspace,
    conversation_id: str,
    question: str,
    *,
    opener: Opener,
    clock: Callable[[], float] = time.monotonic,
) -> Writing:
    """Store a question and return its answer, to be written.

    Raises:
        InputError: there is no question, or no such conversation of the acting person.
    """
    if not question.strip():
        raise InputError("There is no question to answer.", "Write a message first.")
    conversation, permitted = own_conversation(workspace, conversation_id)
    _end(permitted, conversation)  # the one before, if it is still being written
    before = turns(workspace, conversation_id)
    form = StoredForm(permitted, conversation.project_id, said=_said(before))
    turn = _new_turn(conversation, form.of(question), number=1 + max((each.number for each in before), default=0))
    with traceless(permitted.db):
        insert(permitted.db, turn)
        update(permitted.db, Conversation, conversation.id, updated_at=now())
    return _written(permitted, conversation, turn, before, opener, clock, asked=question.strip(), form=form)


def ask_again(
    workspace: Workspace,
    conversation_id: str,
    *,
    opener: Opener,
    question: str | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Writing:
    """Replace the last turn by a new answer to its question, or to `question` in its place.

    What was replaced is deleted; only an answer that the person judged is kept, out of sight, for what they thought of it.

    Raises:
        InputError: nothing was asked yet, `question` is empty, or there is no such conversation of the acting person.
    """
    conversation, permitted = own_conversation(workspace, conversation_id)
    *before, last = _any(turns(workspace, conversation_id))
    asked = last.question if question is None else question
    if not asked.strip():
        raise InputError("There is no question to answer.", "Write a message first.")
    form = StoredForm(permitted, conversation.project_id, said=_said(before))
    turn = _new_turn(conversation, form.of(asked), number=last.number)
    with traceless(permitted.db):
        if last.is_judged:
            update(permitted.db, ChatTurn, last.id, is_replaced=True, state=last.state)
        else:
            delete(permitted.db, ChatTurn, id=last.id)
        insert(permitted.db, turn)
        update(permitted.db, Conversation, conversation.id, updated_at=now())
    drop(permitted, conversation.project_id, [last.id])
    return _written(permitted, conversation, turn, before, opener, clock, asked=asked.strip(), form=form)


def go_on(
    workspace: Workspace, conversation_id: str, *, opener: Opener, clock: Callable[[], float] = time.monotonic
) -> Writing:
    """Let the model go on with the last answer, which was cut, stopped or broken off.

    The model goes on from the last whole word: what it was about to write may begin within one.

    Raises:
        InputError: nothing was asked yet, or there is no such conversation of the acting person.
    """
    conversation, permitted = own_conversation(workspace, conversation_id)
    *before, last = _any(turns(workspace, conversation_id))
    kept, between = _last_whole_word(last.answer)
    answerer = conversation.setup.answerer
    turn = replace(last, answer=kept + between, state="writing", answerer=answerer, pace=None, written_at=now())
    with traceless(permitted.db):
        update(permitted.db, ChatTurn, turn.id, state="writing", answerer=answerer, pace=None, written_at=turn.written_at)
    form = StoredForm(permitted, conversation.project_id, said=_said([*before, last]))
    return _written(permitted, conversation, turn, before, opener, clock, asked=turn.question, form=form, begun=kept)


def _last_whole_word(answer: str) -> tuple[str, str]:
    """Return an answer without its last word, and the white space that stood between; models leave out leading space."""
    end = next((at for at in range(len(answer) - 1, -1, -1) if answer[at].isspace()), -1)
    kept = answer[: end + 1].rstrip()
    return kept, answer[len(kept) : end + 1] if kept else ""


def _said(before: Sequence[ChatTurn]) -> list[str]:
    return [text for turn in before for text in (turn.question, turn.answer)]


def _any(found: Sequence[ChatTurn]) -> Sequence[ChatTurn]:
    if not found:
        raise InputError("Nothing was asked in this conversation yet.", "Ask a question first.")
    return found


def _new_turn(conversation: Conversation, question: str, *, number: int) -> ChatTurn:
    return ChatTurn(
        id=new_id("turn"),
        conversation_id=conversation.id,
        number=number,
        question=question.strip(),
        answerer=conversation.setup.answerer,
        created_at=now(),
        written_at=now(),
    )


def _written(
    permitted: Permitted,
    conversation: Conversation,
    turn: ChatTurn,
    before: Sequence[ChatTurn],
    opener: Opener,
    clock: Callable[[], float],
    *,
    asked: str,
    form: StoredForm,
    begun: str = "",
) -> Writing:
    told = replace(turn, question=asked)  # stored is the form in which it may be
    telling = Telling(permitted, conversation, told, before=before, model=_Opening(opener), begun=begun)
    return Writing(permitted, turn, asked=asked, form=form, clock=clock, telling=telling)


class _Opening:
    """A `ChatModel` that is opened when it is first asked."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener

    @property
    def backend(self) -> str:
        return self._opener().backend

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        return (yield from self._opener().stream(messages, max_tokens=max_tokens, temperature=temperature))

    def room(self, messages: Sequence[Message]) -> Room | None:
        return self._opener().room(messages)

    def close(self) -> None:
        """Do nothing: whoever opened the model closes it."""
