"""A note in place of a conversation's earlier turns, where all of them are more than its model reads."""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from core.chat.conversation import ChatModel
from core.chat.repeating import until_repeating
from core.chat.room import CHARACTERS_A_TOKEN, Room
from core.errors import AccessError, InputError, ModelError
from core.language.sentences import sentences
from core.models.engine import EngineCrashed
from core.models.text import Message, Pace
from core.records import ChatNote, NoteOrigin

LONGEST_NOTE = 2000  # characters, of which a model that reads little gets fewer
SUMMARY_TOKENS = 300  # longest summary of what is added to a note
SAME_SENTENCE = 3  # times that a sentence stands in a summary that is not believed
LONGEST_BEGINNING = 120  # characters of a question
ASKED = (
    "Here is the earlier part of a conversation between a person and an assistant:\n\n{talk}\n\n"
    "Sum it up in a few sentences: what the person asked, what was answered, and the names, numbers and decisions that "
    "matter for what comes next."
)
SO_FAR = "What was said before that: {note}\n\n"
NOTED = "Earlier in this conversation: {note}"
BEGINNINGS = "The person asked:"
LEFT_OUT = "…"  # stands where the beginning of a note was left out, or the middle of a long text


@dataclass(frozen=True, slots=True)
class Told:
    """A turn that a note is to tell of."""

    number: int  # from 1
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class NoteSoFar:
    """A note while it is written. Each time that it `is_whole` it can stand for its turns; more may follow."""

    note: ChatNote
    is_whole: bool


def instruction_with(note: ChatNote | None, instruction: str = "") -> list[Message]:
    """Return what is said to a model before the first turn that it is told itself: an instruction, a note, or nothing."""
    told = NOTED.format(note=note.text) if note else ""
    text = "\n\n".join(filter(str.strip, (instruction, told)))
    return [Message("system", text)] if text else []


def turns_to_note(
    room_without: Callable[[int], Room | None], count: int, *, answer_tokens: int, other_tokens: int = 0
) -> int:
    """Return how many turns, oldest first, a note has to stand for so that the rest fits; 0 if all of them do.

    If not all fit, half of the room stays free, so that the next questions need no other note.

    Args:
        room_without: returns the room of the whole prompt without so many of the oldest turns.
        count: how many turns there are.
        answer_tokens: of the longest answer, kept free up to a quarter of what the model reads.
        other_tokens: of what is added to the prompt later, kept free up to another quarter.
    """
    whole = room_without(0) if count else None
    if whole is None:
        return 0
    reserve = min(answer_tokens, whole.readable // 4) + min(other_tokens, whole.readable // 4)
    if whole.left >= reserve:
        return 0
    wanted = reserve + (whole.readable - reserve) // 2
    fewest, most = 1, count
    while fewest < most:
        middle = (fewest + most) // 2
        room = room_without(middle)
        fewest, most = (fewest, middle) if room and room.left >= wanted else (middle + 1, most)
    return fewest


def noted(model: ChatModel, turns: Sequence[Told], *, before: ChatNote | None = None) -> Generator[NoteSoFar]:
    """Let `model` write a note of turns, after what is noted `before`; yield it as it grows.

    They are summed up in as many steps as the model needs to read them, and after each step the note is whole. Where the
    model fails, writes nothing or repeats itself, the beginnings of the questions stand in place of its summary.

    Raises:
        SetupError: the model cannot be loaded or reached.
        AccessError: whoever asks may not any more.
    """
    note, left = before, list(turns)
    while left:
        part, left = _readable(model, note, left)
        note = yield from _extended(model, note, part)
        yield NoteSoFar(note, is_whole=True)


def _readable(model: ChatModel, note: ChatNote | None, turns: Sequence[Told]) -> tuple[list[Told], list[Told]]:
    """Return the turns that the model can sum up at once, at least one, shortened if it has to be; and the others."""
    count = len(turns)
    while count > 1 and not _fits(model, note, turns[:count]):
        count //= 2
    part = list(turns[:count])
    characters = max(len(part[0].question), len(part[0].answer))
    while count == 1 and characters > LONGEST_BEGINNING and not _fits(model, note, part):
        characters //= 2
        first = turns[0]
        part = [replace(first, question=_cut(first.question, characters), answer=_cut(first.answer, characters))]
    return part, list(turns[count:])


def _fits(model: ChatModel, note: ChatNote | None, turns: Sequence[Told]) -> bool:
    room = model.room(_asked(note, turns))
    return room is None or room.left >= min(SUMMARY_TOKENS, room.readable // 4)


def _cut(text: str, characters: int) -> str:
    """Return the beginning and the end of a text that is longer than so many characters."""
    half = characters // 2
    return text if len(text) <= characters else f"{text[:half]} {LEFT_OUT} {text[-half:]}"


def _asked(note: ChatNote | None, turns: Sequence[Told]) -> list[Message]:
    talk = "\n\n".join(f"Person: {turn.question}\nAssistant: {turn.answer}" for turn in turns)
    return [Message("user", (SO_FAR.format(note=note.text) if note else "") + ASKED.format(talk=talk))]


def _extended(model: ChatModel, before: ChatNote | None, turns: Sequence[Told]) -> Generator[NoteSoFar, None, ChatNote]:
    """Write what is to be added to a note; where both would be too long, the model sums up the note, too."""
    longest = _longest(model)
    is_new = before is None or len(before.text) + SUMMARY_TOKENS * CHARACTERS_A_TOKEN > longest
    kept = "" if is_new or before is None else f"{before.text}\n"

    def note(text: str, origin: NoteOrigin) -> ChatNote:
        is_edited = bool(before and before.is_edited and kept)
        return ChatNote(text=kept + text, until=turns[-1].number, origin=origin, is_edited=is_edited)

    written = ""
    for written in _summary(model, _asked(before if is_new else None, turns)):  # noqa: B007 the last one counts
        yield NoteSoFar(note(written, "summary"), is_whole=False)
    if usable := _usable(written):
        return note(usable, "summary")
    kept = f"{before.text}\n" if before else ""
    lines = beginnings(turns).removeprefix(f"{BEGINNINGS}\n" if before and before.origin == "beginnings" else "")
    extended = note(lines, "beginnings")
    return replace(extended, text=_last_lines(extended.text, longest))


def _longest(model: ChatModel) -> int:
    room = model.room([Message("user", "?")])
    return LONGEST_NOTE if room is None else min(LONGEST_NOTE, room.readable // 4 * CHARACTERS_A_TOKEN)


def _summary(model: ChatModel, asked: Sequence[Message]) -> Iterator[str]:
    """Yield the summary as it grows; nothing more once the model fails or only repeats itself, and "" if it did."""
    room = model.room(asked)
    longest = SUMMARY_TOKENS if room is None else max(1, min(SUMMARY_TOKENS, room.left))
    text = ""
    stream = until_repeating(model.stream(asked, max_tokens=longest, temperature=0.0))
    try:
        with closing(stream):
            while True:
                try:
                    text += next(stream)
                except StopIteration as end:
                    pace: Pace = end.value
                    if pace.is_repeating:
                        yield ""
                    return
                yield text
    except AccessError:
        raise
    except (InputError, ModelError, EngineCrashed):
        yield ""


def _usable(summary: str) -> str:
    """Return a summary without a sentence that was cut at its end; "" if it says nothing, or the same again and again."""
    text = summary.strip()
    whole = [text[start:end] for start, end in sentences(text)]
    if not any(map(str.isalpha, text)) or max(Counter(whole).values()) >= SAME_SENTENCE:
        return ""
    return text if text[-1] in '.!?:)”"' or len(whole) < 2 else text[: text.rindex(whole[-1])].strip()


def beginnings(turns: Sequence[Told]) -> str:
    """Return the first sentence of each question, a line each."""
    return "\n".join([BEGINNINGS, *(f"- {_beginning(turn.question)}" for turn in turns)])


def _beginning(question: str) -> str:
    text = " ".join(question.split())
    start, end = next(sentences(text), (0, 0))
    first = text[start:end]
    return first if len(first) <= LONGEST_BEGINNING else f"{first[: LONGEST_BEGINNING - 2].rpartition(' ')[0]} {LEFT_OUT}"


def _last_lines(text: str, longest: int) -> str:
    """Return the last lines of a text that is longer than so many characters, and a sign that there were others."""
    if len(text) <= longest:
        return text
    kept = text[-longest:].partition("\n")[2] or text[-longest:]
    return f"{LEFT_OUT}\n{kept}"
