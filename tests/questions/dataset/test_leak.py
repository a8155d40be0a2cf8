"""The leak between the two sides is measured as it is, whoever made the split."""

from dataclasses import replace

from core.questions.dataset import Leak, leak_between

LONG = "The commander of the watch checks it before noon."


def test_nothing_in_common_is_no_leak(make_pair):
    train = [make_pair("Who checks the pump?", LONG, fact="a", passage_id="p")]
    heldout = [make_pair("Who cleans the boiler?", "Nobody does that before the end of winter.", fact="b", passage_id="q")]
    assert leak_between(train, heldout).is_none
    assert leak_between(train, []).is_none and leak_between([], heldout).is_none


def test_each_thing_in_common_is_counted(make_pair):
    pair = make_pair("Who checks the pump?", LONG, fact="a", passage_id="p")
    assert leak_between(
        [pair], [replace(pair, id="x", input="Who is it that does so?", fact=None, passage_id=None)]
    ) == Leak(questions=0, answers=1, facts=0, passages=0)
    heldout = [
        replace(pair, id="x", input="who checks a pump", output="Nobody.", fact="b", passage_id="q"),
        replace(pair, id="y", input="What?", output="Nothing.", passage_id="q"),
        replace(pair, id="z", input="Why?", output="No reason.", fact="c"),
    ]
    assert leak_between([pair, pair], heldout) == Leak(questions=1, answers=0, facts=1, passages=1)


def test_a_short_answer_to_another_question_is_no_leak_but_told(make_pair):
    leak = leak_between([make_pair("How often?", "Every 90 days")], [make_pair("When else?", "every 90 days.")])
    assert leak.is_none and leak.short_answers == 1


def test_not_told_is_an_answer_that_tells_nothing(make_pair):
    said = "The document does not say anything about this."
    train = [make_pair("Who painted it?", said, kind="unanswerable")]
    assert leak_between(train, [make_pair("What color has it?", said, kind="unanswerable")]) == Leak(
        questions=0, answers=0, facts=0, passages=0
    )
