"""Notes of long conversations: when they are needed, what they stand for, and what happens where a model writes none."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import pytest

from core.chat import Message
from core.chat.noting import (
    ASKED,
    BEGINNINGS,
    LEFT_OUT,
    LONGEST_NOTE,
    NoteSoFar,
    Told,
    beginnings,
    noted,
    turns_to_note,
)
from core.chat.room import Room, TooLong, guessed_tokens, too_long
from core.errors import AccessError, InputError, ModelError, SetupError
from core.models.text import Pace
from core.records import ChatNote

PARROT = ["The rope holds the winch. "] * 400


@dataclass
class Summing:
    """A ChatModel that answers with the next of its summaries; a token is a word."""

    summaries: list[Sequence[str | Exception]]
    reads: int | None = 2000
    asked: list[str] = field(default_factory=list)
    backend: str = "summing"

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        self.asked.append(messages[-1].content)
        for piece in self.summaries.pop(0):
            if isinstance(piece, Exception):
                raise piece
            yield piece
        return Pace(read_count=1, cached_count=0, token_count=1, tokens_per_second=None, is_complete=True)

    def room(self, messages: Sequence[Message]) -> Room | None:
        if self.reads is None:
            return None
        return Room(taken=sum(len(message.content.split()) for message in messages), readable=self.reads)

    def close(self) -> None:
        pass


def told(count: int, *, words: int = 20, first: int = 1) -> list[Told]:
    return [
        Told(number, f"What is part {number}? It is for later.", f"Part {number} is " + "long " * words)
        for number in range(first, first + count)
    ]


def whole(model: Summing, turns: Sequence[Told], *, before: ChatNote | None = None) -> list[ChatNote]:
    return [step.note for step in noted(model, turns, before=before) if step.is_whole]


@pytest.mark.parametrize(
    ("each", "count", "noted_count"),
    [
        (100, 0, 0),  # nothing to note, however long the question is
        (100, 5, 0),  # 500 and the question of 20 leave 480: more than the reserve of 250
        (100, 7, 0),  # 720 leave 280
        (100, 8, 5),  # 820 leave 180: noted until half of what is not reserved is free, 625
        (100, 30, 27),
        (2000, 1, 1),  # one turn alone is too long
        (2000, 3, 3),
    ],
)
def test_turns_are_noted_before_the_limit_and_then_half_is_free(each, count, noted_count):
    def room_without(left_out: int) -> Room:
        return Room(taken=20 + each * (count - left_out), readable=1000)

    found = turns_to_note(room_without, count, answer_tokens=2048)  # a quarter of 1000 is kept free for it
    assert found == noted_count
    if found and each < 1000:
        assert room_without(found).left >= 250 + 375 > room_without(found - 1).left


def test_what_is_added_later_is_kept_free_and_a_model_that_does_not_tell_is_never_asked_for_a_note():
    def room_without(left_out: int) -> Room:
        return Room(taken=100 * (6 - left_out), readable=1000)

    assert turns_to_note(room_without, 6, answer_tokens=100) == 0
    assert turns_to_note(room_without, 6, answer_tokens=100, other_tokens=300) == 0  # a quarter at most
    assert turns_to_note(room_without, 6, answer_tokens=200, other_tokens=300) > 0
    assert turns_to_note(lambda _left_out: None, 6, answer_tokens=100) == 0


def test_a_note_grows_while_it_is_written_and_tells_which_turns_it_stands_for():
    model = Summing([["The person ", "asked about parts."]])
    steps = list(noted(model, told(3)))
    assert [step.note.text for step in steps] == ["The person ", *["The person asked about parts."] * 2]
    assert steps[-1] == NoteSoFar(ChatNote(text="The person asked about parts.", until=3, origin="summary"), is_whole=True)
    assert all(f"part {number}" in model.asked[0] for number in (1, 2, 3))


def test_what_follows_is_added_to_a_note_and_both_are_summed_up_when_they_are_too_long():
    mine = ChatNote(text="We talk about pumps.", until=2, origin="summary", is_edited=True)
    (added,) = whole(Summing([["Then about parts."]]), told(2, first=3), before=mine)
    assert added == ChatNote(text="We talk about pumps.\nThen about parts.", until=4, origin="summary", is_edited=True)
    full = ChatNote(text="word " * (LONGEST_NOTE // 5), until=2, origin="summary", is_edited=True)
    model = Summing([["All in short."]])
    (anew,) = whole(model, told(2, first=3), before=full)
    assert anew == ChatNote(text="All in short.", until=4, origin="summary")
    assert full.text in model.asked[0]


def test_more_than_the_model_reads_is_summed_up_in_steps_each_of_which_is_whole():
    model = Summing([[f"Step {number}."] for number in range(10)], reads=400)
    notes = whole(model, told(12, words=60))
    assert len(notes) > 2 and notes[-1].until == 12
    assert [note.until for note in notes] == sorted({note.until for note in notes})
    assert all(len(asked.split()) <= 400 for asked in model.asked)


def test_a_turn_longer_than_the_model_reads_is_told_without_its_middle():
    model = Summing([["Long."]], reads=400)
    (note,) = whole(model, [Told(1, "What?", "begin " + "x " * 5000 + "end")])
    assert note.text == "Long." and f" {LEFT_OUT} " in model.asked[0]
    assert "begin" in model.asked[0] and "end" in model.asked[0] and len(model.asked[0].split()) <= 400


@pytest.mark.parametrize(
    "summary",
    [
        [],
        ["  \n"],
        ["--- "],
        PARROT,
        ["The rope holds. It is long. The rope holds. It is wet. The rope holds."],
        [ModelError("no", "")],
        ["A ", ModelError("no", "")],
        [InputError("no", "")],
    ],
)
def test_where_the_model_fails_the_beginnings_of_the_questions_stand(summary):
    (note,) = whole(Summing([summary]), told(2))
    assert note == ChatNote(text=f"{BEGINNINGS}\n- What is part 1?\n- What is part 2?", until=2, origin="beginnings")


def test_beginnings_follow_one_another_and_say_when_the_first_were_left_out():
    model = Summing([[]] * 60)
    note = None
    for first in range(1, 60):
        (note,) = whole(model, [Told(first, f"{first} " + "word " * 30, "Yes.")], before=note)
    assert note and note.text.startswith(f"{LEFT_OUT}\n- ") and f"- {59} word" in note.text
    assert len(note.text) < LONGEST_NOTE + 200 and note.text.count(BEGINNINGS) == 0
    assert beginnings([Told(1, "x" * 500, "")]).endswith(LEFT_OUT)
    assert beginnings([Told(1, " \n", "")]) == f"{BEGINNINGS}\n- "


@pytest.mark.parametrize("error", [SetupError("gone", "Add it."), AccessError("no", "Ask.")])
def test_a_model_that_is_gone_and_a_right_that_is_lost_end_the_note(error):
    with pytest.raises(type(error)):
        list(noted(Summing([[error]]), told(1)))


def test_a_summary_that_was_cut_ends_with_its_last_whole_sentence():
    (note,) = whole(Summing([["It was about parts. The third one is ma"]]), told(1))
    assert note.text == "It was about parts."
    (note,) = whole(Summing([["no end at all"]]), told(1))
    assert note.text == "no end at all"


def test_a_model_that_does_not_tell_how_much_it_reads_sums_up_all_at_once():
    model = Summing([["All of it."]], reads=None)
    assert [note.until for note in whole(model, told(30))] == [30]


def test_too_long_is_told_in_words_and_names_no_tokens():
    question, answer = Message("user", "x"), Message("assistant", "y")
    alone = too_long([question], Room(taken=9600, readable=8192))
    assert alone.message == "This message has about 7,200 words; this model reads about 6,140, its answer included."
    assert too_long([question, answer, question], Room(taken=9, readable=8)).message.startswith("This conversation has")
    memory = too_long([question], Room(taken=9600, readable=512, made_for=8192))
    assert "Memory does not hold more." in memory.message and "Close other programs" in memory.hint.words
    unknown = too_long([question], None)
    assert unknown.message == "This message is longer than the model can read." and isinstance(unknown, TooLong)
    assert all("token" not in str(error) for error in (alone, memory, unknown))
    assert guessed_tokens([question]) < guessed_tokens([Message("user", "x" * 300)]) == 108
    assert "{talk}" in ASKED
