"""Two dataset versions compared, pair by pair."""

from core.questions.dataset import Frozen, difference


def row(pair_id: str, question: str, **more: object) -> dict[str, object]:
    return {"pair_id": pair_id, "input": question, "output": "Yes.", "review_id": "review-1"} | more


def test_each_pair_is_counted_once():
    before = Frozen([row("a", "A?"), row("b", "B?"), row("c", "C?")], [row("d", "D?"), row("e", "E?")])
    after = Frozen([row("a", "A?"), row("b", "B, please?"), row("d", "D?")], [row("f", "F?"), row("e", "E?")])
    found = difference(before, after)
    assert [pair["pair_id"] for pair in found.added] == ["f"]
    assert [pair["pair_id"] for pair in found.removed] == ["c"]
    assert [(old["input"], new["input"]) for old, new in found.changed] == [("B?", "B, please?")]
    assert (found.moved, found.unchanged) == (1, 2)


def test_a_pair_that_was_written_anew_with_the_same_words_is_the_same():
    found = difference(Frozen([row("a", "A?"), row("b", "A?")], []), Frozen([row("c", "A?")], []))
    assert (found.added, len(found.removed), found.unchanged) == ((), 1, 1)


def test_another_approval_is_no_change_and_another_conversation_is():
    before = Frozen([row("a", "A?")], [])
    assert difference(before, Frozen([row("a", "A?", review_id="review-2", system="")], [])).unchanged == 1
    assert len(difference(before, Frozen([row("a", "A?", system="Be brief.")], [])).changed) == 1
    assert len(difference(before, Frozen([row("a", "A?", history=[{"input": "B?", "output": "C."}])], [])).changed) == 1


def test_a_version_does_not_differ_from_itself():
    one = Frozen([row("a", "A?"), row("a2", "A?")], [row("b", "B?")])
    found = difference(one, one)
    assert (found.added, found.removed, found.changed, found.moved, found.unchanged) == ((), (), (), 0, 3)
    assert difference(Frozen([], []), one).added == (*one.train, *one.heldout)
