"""Pairs of a document that was approved again: only those hold whose text reads as before."""

from dataclasses import replace

import pytest

from core.questions.reapproval import ApprovedText, renewed, unchanged_passages
from core.records import Turn

FIRST = "The winch holds 12 tonnes."
SECOND = "Captain Baker signs the sheet every week."


def approved(make_passage, *parts: str, review_id: str, headings: tuple[str, ...] = ("", "", "")) -> ApprovedText:
    passages, start = [], 0
    for index, part in enumerate(parts):
        passages.append(make_passage(part, start=start, index=index, heading=headings[index]))
        start += len(part) + 2
    return ApprovedText(review_id=review_id, text="\n\n".join(parts), passages=passages)


@pytest.fixture
def before(make_passage):
    return approved(make_passage, FIRST, SECOND, review_id="review-1")


@pytest.fixture
def about_first(make_pair):
    return make_pair(
        "How much does the winch hold?",
        FIRST,
        review_id="review-1",
        passage_id="passage-0",
        quote=FIRST,
        quote_end=len(FIRST),
        page="page 1",
    )


@pytest.fixture
def about_second(make_pair, before):
    passage = before.passages[1]
    start = passage.start + SECOND.index("every week")
    place = {"page": "page 1", "quote": "every week", "quote_start": start, "quote_end": start + len("every week")}
    return make_pair("How often is the sheet signed?", "Every week", review_id="review-1", passage_id=passage.id, **place)


def test_pairs_of_the_same_text_hold_with_the_new_approval(before, about_first, about_second):
    after = replace(before, review_id="review-2")
    held = list(renewed([about_first, about_second], before=before, after=after))
    assert held == [replace(about_first, review_id="review-2"), replace(about_second, review_id="review-2")]


def test_evidence_moves_with_its_passage(make_passage, before, about_first, about_second):
    longer = FIRST.replace("12 tonnes", "12 tonnes of <LOCATION_1> steel")
    after = approved(make_passage, longer, SECOND, review_id="review-2")
    (held,) = renewed([about_first, about_second], before=before, after=after)
    assert held.id == about_second.id
    assert held.quote_start == about_second.quote_start + len(longer) - len(FIRST)
    assert after.text[held.quote_start : held.quote_end] == "every week"


def test_a_name_replaced_now_is_found_in_the_pairs_of_other_passages(make_passage, make_pair, before, about_first):
    after = approved(make_passage, FIRST, SECOND.replace("Baker", "Sulla"), review_id="review-2")
    told = [
        replace(about_first, id="a", input="How much does the winch of Baker hold?"),
        replace(about_first, id="b", system="You work for Captain Baker."),
        replace(about_first, id="c", history=(Turn(input="Who signs?", output="Baker."),)),
        replace(about_first, id="d", input="How much does the winch of the bakery hold?"),
    ]
    assert [pair.id for pair in renewed(told, before=before, after=after)] == ["d"]


def test_a_question_over_two_passages_holds_in_the_same_text_alone(make_passage, before, about_first):
    link = replace(about_first, kind="link")
    changed = approved(make_passage, FIRST, SECOND + " Always.", review_id="review-2")
    assert list(renewed([link], before=before, after=changed)) == []
    assert list(renewed([link], before=before, after=replace(before, review_id="review-2"))) != []


def test_a_changed_heading_is_a_change_and_one_never_stored_is_none(make_passage, before):
    headings = ("Winch", "", "")
    after = approved(make_passage, FIRST, SECOND, review_id="review-2", headings=headings)
    assert list(unchanged_passages(before, after)) == ["passage-0", "passage-1"]
    renamed = replace(after, passages=[replace(after.passages[0], heading="Crane"), after.passages[1]])
    assert list(unchanged_passages(after, renamed)) == ["passage-1"]


def test_a_passage_cut_anew_is_found_by_its_text_unless_two_read_the_same(before):
    renumbered = [replace(passage, id=f"{passage.id}-new") for passage in before.passages]
    after = replace(before, review_id="review-2", passages=renumbered)
    assert {old: new.id for old, new in unchanged_passages(before, after).items()} == {
        "passage-0": "passage-0-new",
        "passage-1": "passage-1-new",
    }
    twice = replace(after, passages=[*renumbered, replace(renumbered[0], id="passage-9")])
    assert list(unchanged_passages(before, twice)) == ["passage-1"]


@pytest.mark.parametrize(
    ("text", "holds"),
    [("New. The winch holds 12 tonnes.", True), ("12 tonnes. 12 tonnes.", False), ("Nothing is held.", False)],
)
def test_a_pair_without_a_passage_needs_its_quote_once(make_pair, text, holds):
    before = ApprovedText(review_id="review-1", text="Now 12 tonnes.", passages=[])
    after = ApprovedText(review_id="review-2", text=text, passages=[])
    pair = make_pair("How much?", "A lot", review_id="review-1", quote="12 tonnes", quote_start=4, quote_end=13)
    held = list(renewed([pair], before=before, after=after))
    assert bool(held) is holds
    assert all(text[pair.quote_start : pair.quote_end] == "12 tonnes" for pair in held)


def test_a_pair_without_evidence_holds_with_its_passage(make_passage, before, about_first):
    unanswerable = replace(about_first, kind="unanswerable", quote="", quote_start=0, quote_end=0)
    after = approved(make_passage, FIRST, SECOND + " Always.", review_id="review-2")
    assert [pair.quote for pair in renewed([unanswerable], before=before, after=after)] == [""]
