"""What a model is told with a question: the instruction, a note or the turns themselves, what is remembered, sources."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.chat import ChatModel, Message
from core.chat.noting import Told, instruction_with, noted, turns_to_note
from core.chat.room import CHARACTERS_A_TOKEN, Room, TooLong
from core.errors import GarrisonError
from core.models.text import Pace
from core.records import ChatTurn, Conversation, Project, Remembered
from core.services.chat.earlier.notes import store_note
from core.services.chat.earlier.remembering import CHARACTERS, Recalled, recall, recalled, told_again
from core.services.chat.earlier.said import current_said
from core.services.retrieval.answering import SOURCE_CHARACTERS, FromDocuments
from core.services.retrieval.index import embedding
from core.storage import Permitted, get

READING_SHARE = 8  # what is remembered takes at most one part in so many of what the model reads


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What is done before the answer begins: earlier turns are read so that they can be found, or noted."""

    kind: Literal["reading", "noting"]
    done: int  # turns read, or the last one noted
    count: int
    text: str = ""  # of the note, as far as it is written


class Telling:
    """The stream of one answer, with what was said before told to the model as far as it reads.

    A prompt begins as the one before it did: a turn is told with what was remembered at it, and only a note changes the
    beginning. So the engine reads what is new.
    """

    def __init__(
        self,
        permitted: Permitted,
        conversation: Conversation,
        turn: ChatTurn,
        *,
        before: Sequence[ChatTurn],
        model: ChatModel,
        begun: str = "",
    ) -> None:
        """Read nothing yet.

        Args:
            permitted: the workspace of whose conversation it is.
            conversation: the conversation.
            turn: the question, and what was remembered with it if its answer goes on.
            before: the turns before, oldest first.
            model: who answers.
            begun: what the model is to go on with.
        """
        self.doing: Doing | None = None  # for whoever waits
        self.remembered: tuple[Remembered, ...] = turn.remembered  # what the model was told again
        self._permitted, self._conversation, self._turn, self._begun = permitted, conversation, turn, begun
        self._project = get(permitted.db, Project, conversation.project_id)
        self._setup, self._note, self._model = conversation.setup, conversation.note, model
        self._before = [each for each in before if each.answer.strip()]
        self._reading = FromDocuments(permitted, self._project, _Reminded(self)) if self._setup.from_documents else None
        self._recalled: list[Recalled] = []

    def stream(self) -> Generator[str, None, Pace]:
        """Yield the answer in pieces, "" while earlier turns are noted; return its pace.

        Raises:
            TooLong: the question alone is longer than the model can read.
            SetupError: the model or the network that compares meanings cannot be opened or reached.
            AccessError: the acting person may not chat any more.
        """
        room = self._room_without(0) if self._told or self._setup.remembers else None
        yield from self._make_room(room)
        self._recalled = self._recall(room)
        while True:
            try:
                messages = self._messages(self._told)
                model = self._reading or _Reminded(self)
                return (
                    yield from model.stream(
                        messages, max_tokens=self._setup.longest_tokens, temperature=self._setup.temperature
                    )
                )
            except TooLong:  # a host that does not tell how much it reads
                if not self._told:
                    raise
                yield from self._note_first(-(-len(self._told) // 2))

    def sources(self, answer: str) -> dict[str, Any]:
        """Return what an answer rests on as JSON, if that is to be documents."""
        return self._reading.cited(answer).as_json() if self._reading else {}

    def close(self) -> None:
        """Read the turn once it is stored, so that the next question need not wait for that."""
        if self._setup.remembers:
            with suppress(GarrisonError), current_said(self._permitted, self._project, embed=embedding(self._permitted)):
                pass

    # --- what the model reads -----------------------------------------------------------------------

    @property
    def _told(self) -> list[ChatTurn]:
        """The turns that the model is told themselves."""
        return [turn for turn in self._before if self._note is None or turn.number > self._note.until]

    def _messages(self, told: Sequence[ChatTurn]) -> list[Message]:
        places = {place for turn in told for place in turn.remembered}
        live = recalled(self._permitted, self._project.id, places)
        said = instruction_with(self._note, self._setup.instruction)
        for turn in told:
            again = [live[place] for place in turn.remembered if place in live]
            said += [Message("user", told_again(again, turn.question)), Message("assistant", turn.answer)]
        said.append(Message("user", self._turn.question))
        return [*said, Message("assistant", self._begun)] if self._begun else said

    # --- what no longer fits ------------------------------------------------------------------------

    def _room_without(self, count: int) -> Room | None:
        return self._model.room(self._messages(self._told[count:]))

    def _make_room(self, room: Room | None) -> Iterator[str]:
        """Note the oldest turns if not all fit."""
        if room is None:
            return
        characters = self._characters(room) * self._setup.remembers + SOURCE_CHARACTERS * self._setup.from_documents
        count = turns_to_note(
            lambda left_out: self._room_without(left_out) if left_out else room,
            len(self._told),
            answer_tokens=self._setup.longest_tokens,
            other_tokens=characters // CHARACTERS_A_TOKEN,
        )
        if count:
            yield from self._note_first(count)

    def _note_first(self, count: int) -> Iterator[str]:
        turns = [Told(turn.number, turn.question, turn.answer) for turn in self._told[:count]]
        with closing(noted(self._model, turns, before=self._note)) as steps:
            for step in steps:
                self.doing = Doing(kind="noting", done=step.note.until, count=turns[-1].number, text=step.note.text)
                if step.is_whole:
                    self._note = step.note
                    store_note(self._permitted, self._conversation, step.note)
                yield ""
        self.doing = None

    # --- what is remembered -------------------------------------------------------------------------

    def _recall(self, room: Room | None) -> list[Recalled]:
        if self._begun or self._turn.remembered:  # an answer that goes on is told what it was told
            live = recalled(self._permitted, self._project.id, self._turn.remembered)
            return [live[place] for place in self._turn.remembered if place in live]
        if not self._setup.remembers:
            return []

        def report(done: int, count: int) -> None:
            self.doing = Doing(kind="reading", done=done, count=count)

        found = recall(
            self._permitted,
            self._project,
            self._turn.question,
            told={self._turn.id, *(turn.id for turn in self._told)},
            known={place for turn in self._told for place in turn.remembered},
            characters=self._characters(room),
            report=report,
        )
        self.doing = None
        return found

    @staticmethod
    def _characters(room: Room | None) -> int:
        return CHARACTERS if room is None else min(CHARACTERS, room.readable // READING_SHARE * CHARACTERS_A_TOKEN)

    def reminded(self, messages: Sequence[Message]) -> list[Message]:
        """Return a prompt with what is remembered before its last question, and note that the model was told it."""
        self.remembered = tuple(each.place for each in self._recalled)
        at = max(place for place, message in enumerate(messages) if message.role == "user")
        question = replace(messages[at], content=told_again(self._recalled, messages[at].content))
        return [*messages[:at], question, *messages[at + 1 :]]

    @property
    def model(self) -> ChatModel:
        """Who answers."""
        return self._model


class _Reminded:
    """A `ChatModel` that is told what is remembered before the last question, also where sources stand before that."""

    def __init__(self, telling: Telling) -> None:
        self._telling = telling

    @property
    def backend(self) -> str:
        return self._telling.model.backend

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        asked = self._telling.reminded(messages)
        return (yield from self._telling.model.stream(asked, max_tokens=max_tokens, temperature=temperature))

    def room(self, messages: Sequence[Message]) -> Room | None:
        return self._telling.model.room(messages)

    def close(self) -> None:
        """Do nothing: whoever opened the model closes it."""
