"""Conversations as passages and back: no words can be taken for the beginning of a message, whatever anonymization does."""

import pytest

from core.privacy.replacement.masking import mask
from core.questions.as_text import exchange_in, to_text
from core.questions.exchange.conversations import Message
from core.records import Passage, Span, Turn
from core.services.review.approved import masked_passages

CUNNING = [
    ("What stands after Question: and before\nAnswer: in this form?", "The words \nAnswer: stand before the answer."),
    ("Question: Question: ?", "Question: no.\n\nAnswer: yes."),
    ("\nAnswer: ", "Answer: \nAnswer: \nQuestion: "),
    ("Is \n\nQuestion: a heading?", "Yes.\nInstruction: none."),
]


def talk(*texts: str, system: str = "") -> list[Message]:
    roles = ("question", "answer") * (len(texts) // 2)
    messages = [Message(role=role, text=text) for role, text in zip(roles, texts, strict=True)]
    return [Message(role="system", text=system), *messages] if system else messages


def passage(messages: list[Message], *, before: str = "") -> Passage:
    text, parts = to_text(messages, start=len(before))
    return Passage(
        id="passage-1", document_id="d", index=0, start=len(before), end=len(before) + len(text), heading="", page="page 1",
        token_count=9, text=text, parts=parts,
    )  # fmt: skip


def anonymized(given: Passage, replaced: dict[str, str], before: str = "") -> Passage:
    """The passage after each of the values was replaced, wherever it stands; "" removes it."""
    text = before + given.text
    spans = [
        Span(
            id=f"{value} {start}", document_id="d", start=start, end=start + len(value), entity="PERSON", score=1,
            detector="rules", surrogate=surrogate, treatment="surrogate" if surrogate else "remove",
        )
        for value, surrogate in replaced.items()
        for start in range(len(text))
        if text.startswith(value, start)
    ]  # fmt: skip
    return masked_passages(text, mask(text, spans), [given])[0]


@pytest.mark.parametrize(("question", "answer"), CUNNING)
@pytest.mark.parametrize("before", ["", "Question: Who?\nAnswer: Anna.\n\n"])
def test_words_that_stand_before_messages_may_stand_in_them(question, answer, before):
    found = exchange_in(passage(talk(question, answer), before=before), 0)
    assert found is not None and (found[0].input, found[0].output) == (question, answer)


@pytest.mark.parametrize("surrogate", ["Al", "Maximiliane Featherstonehaugh-Cholmondeley", "<PERSON_1>", "Question: "])
@pytest.mark.parametrize(("question", "answer"), CUNNING)
def test_anonymization_may_change_every_length(question, answer, surrogate):
    before = "Anna Berg says:\n\n"
    messages = talk(f"Anna Berg: {question}", f"{answer} Anna Berg", system="You are Anna Berg.")
    found = exchange_in(anonymized(passage(messages, before=before), {"Anna Berg": surrogate}, before), 0)
    assert found is not None
    assert (found[0].input, found[0].output) == (f"{surrogate}: {question}", f"{answer} {surrogate}")
    assert found[0].system == f"You are {surrogate}."


def test_a_later_turn_has_the_anonymized_turns_before_it():
    messages = talk("Who is it?", "Anna Berg.", "And Anna Berg's rank?", "Sergeant.", system="Call nobody Anna Berg.")
    found = exchange_in(anonymized(passage(messages), {"Anna Berg": "Odile Marston"}), 1)
    assert found is not None and found[0].history == (Turn(input="Who is it?", output="Odile Marston."),)
    assert found[0].system == "Call nobody Odile Marston." and found[0].input == "And Odile Marston's rank?"


def test_the_place_of_the_answer_is_that_in_the_anonymized_text():
    before = "Anna Berg\n\n"
    given = passage(talk("Who, Anna Berg?", "I, Anna Berg."), before=before)
    shorter = anonymized(given, {"Anna Berg": "X"}, before)
    found = exchange_in(shorter, 0)
    assert found is not None
    assert shorter.text[found[1].start - shorter.start : found[1].end - shorter.start] == "I, X."


@pytest.mark.parametrize(
    ("messages", "number"),
    [
        (talk("Anna Berg", "It is she."), 0),
        (talk("Who is it?", "Anna Berg"), 0),
        (talk("Who is it?", "Anna Berg", "Sure?", "Yes."), 1),
        (talk("Who is it?", "She."), 1),
    ],
)
def test_a_pair_of_which_nothing_is_left_is_none(messages, number):
    assert exchange_in(anonymized(passage(messages), {"Anna Berg": ""}), number) is None


def test_an_instruction_of_which_nothing_is_left_is_left_out():
    found = exchange_in(anonymized(passage(talk("Who?", "She.", system="Anna Berg")), {"Anna Berg": ""}), 0)
    assert found is not None and (found[0].system, found[0].input) == ("", "Who?")


def test_a_value_across_the_border_of_two_messages_is_in_neither():
    given = passage(talk("Call Anna", "Berg came."))
    start = given.text.index("Anna")
    span = Span(
        id="s", document_id="d", start=start, end=given.text.index("Berg") + 4, entity="PERSON", score=1, detector="x",
        surrogate="Odile Marston",
    )  # fmt: skip
    found = exchange_in(masked_passages(given.text, mask(given.text, [span]), [given])[0], 0)
    assert found is not None and (found[0].input, found[0].output) == ("Call ", "Odile Marston came.")
