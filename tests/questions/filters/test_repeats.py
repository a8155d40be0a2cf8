"""Equal questions always, near ones within a wording or across facts, and answers that were given too often."""

import numpy as np
import pytest

from core.questions.filters import QuestionIndex, judged_reasons
from core.records import PairMeasures, Turn
from core.settings import FilterSettings

FACT = {"fact": "review-1:0-90"}
ANSWER = "every 90 days"
LONG = "The synchronization and integration of the activities of governmental entities."


@pytest.fixture
def reasons(make_pair):
    def find(*rows, measures=None, **settings):
        pairs = [make_pair(question, answer, **fields) for question, answer, fields in rows]
        measured = {
            pair.id: PairMeasures(pair_id=pair.id, project_id=pair.project_id, sha256="", embedding=embedding)
            for pair, embedding in zip(pairs, measures or [], strict=False)
        }
        return judged_reasons(pairs, FilterSettings(**settings), measured)

    return find


def test_wordings_of_one_fact_may_be_nearly_equal(reasons):
    asked = "How often must the relief valve of the KV-2231 pump in the engine room be tested by technicians?"
    turned = "By technicians, how often must the relief valve of the KV-2231 pump in the engine room be tested?"
    open_, other = {**FACT, "wording": "open"}, {**FACT, "wording": "turned"}
    assert reasons((asked, ANSWER, open_), (turned, ANSWER, other)) == ["", ""]
    assert reasons((asked, ANSWER, open_), (asked.upper(), ANSWER, other)) == ["", "duplicate"]
    near = asked.replace("technicians", "trained technicians")
    assert reasons((asked, ANSWER, open_), (near, ANSWER, other)) == ["", ""]
    assert reasons((asked, ANSWER, open_), (near, ANSWER, open_)) == ["", "duplicate"]
    assert reasons((asked, ANSWER, open_), (near, ANSWER, {**other, "fact": "review-1:200-290"})) == ["", "duplicate"]
    assert reasons((asked, ANSWER, {}), (near, ANSWER, {})) == ["", "duplicate"]


def test_equal_questions_are_repeats_whatever_is_answered(reasons):
    rows = (
        ("What does the staff provide?", "a plan", {"fact": "1"}),
        ("What does staff provide", "an estimate", {"fact": "2"}),
    )
    assert reasons(*rows, off=("no question",)) == ["", "duplicate"]


def test_a_near_one_of_the_own_fact_does_not_hide_one_of_another_fact(reasons):
    base = "Which units of the 1st division are assigned to the corps for operations in the deep area?"
    rows = [
        (base, "two", {"fact": "1", "wording": "open"}),
        (base.replace("deep", "close"), "two", {"fact": "2", "wording": "open"}),
        (base.replace("area", "close area"), "two", {"fact": "1", "wording": "turned"}),
    ]
    assert reasons(*rows, max_alike=0.85) == ["", "duplicate", ""]
    assert reasons(*rows[1:], max_alike=0.85) == ["", "duplicate"]


def test_wordings_do_not_use_up_how_often_an_answer_may_be_given(reasons):
    words = [
        "What is unified action?",
        "Define unified action.",
        "How is unified action defined?",
        "Unified action is ____.",
    ]
    words += ["In doctrine, what is meant by unified action?"]
    rows = [(word, LONG, {**FACT, "wording": f"w{n}"}) for n, word in enumerate(words)]
    assert reasons(*rows) == [""] * 5
    assert reasons(*((word, LONG, {}) for word in words)) == ["", "", "", "duplicate", "duplicate"]
    others = [(word, LONG, {"fact": str(n)}) for n, word in enumerate(words)]
    assert reasons(*others) == ["", "", "", "duplicate", "duplicate"]
    assert reasons(*others, max_same_answers=4) == ["", "", "", "", "duplicate"]


def test_a_short_answer_may_fit_many_questions(reasons):
    rows = [
        (f"How often is the {part} of the crane tested?", "Every 90 days.", {}) for part in ("hook", "rope", "drum", "boom")
    ]
    assert reasons(*rows) == [""] * 4


def test_the_same_follow_up_in_two_conversations_is_asked_twice(reasons):
    first, second = ((Turn(input=f"What is the {what}?", output="A part."),) for what in ("hook", "drum"))
    asked = "And why is that part needed?"
    assert reasons((asked, "To lift.", {"history": first}), (asked, "To wind.", {"history": second})) == ["", ""]
    assert reasons((asked, "To lift.", {"history": first}), (asked, "To lift.", {"history": first})) == ["", "duplicate"]


def test_index_finds_what_differs_in_one_word_of_ten_and_no_more():
    index = QuestionIndex()
    index.add("Which of those units move first to cross a river before dawn breaks?", 7)
    assert index.find("Which of those units move first to cross a river before dawn comes?") is None
    assert index.find("Which of those units move first to cross the river before dawn breaks now?") == 7
    assert index.find("Which of those 2 units move first to cross a river before dawn breaks?") is None


@pytest.mark.parametrize("alike", [0.5, 0.7, 0.9, 1.0])
def test_index_finds_the_same_as_comparing_all_with_all(alike):
    rng = np.random.default_rng(3)
    words = [f"word{letter}" for letter in "abcdefghijkl"]
    texts = [" ".join(rng.choice(words, size=rng.integers(3, 9), replace=False)) for _ in range(300)]
    index, found, expected = QuestionIndex(alike), [], []
    for number, text in enumerate(texts):
        mine = set(text.split())
        near = [n for n in range(number) if len(mine & set(texts[n].split())) >= alike * len(mine | set(texts[n].split()))]
        found.append(set(index.near(text)))
        expected.append(set(near))
        index.add(text, number)
    assert found == expected


def unit(*values):
    vector = np.zeros(384)
    vector[: len(values)] = values
    return np.rint(vector / np.linalg.norm(vector) * 127).astype(np.int8).tobytes()


def test_the_same_meaning_goes_where_the_filter_is_on(reasons):
    rows = [
        ("How often is the hook tested?", "yearly", {}),
        ("At what interval do people examine the hook?", "yearly", {}),
        ("At what interval do 2 people examine the hook?", "yearly", {}),
        ("At what interval do people not examine the hook?", "yearly", {}),
    ]
    measures = [unit(1, 0.1), unit(1, 0.15), unit(1, 0.15), unit(1, 0.15)]
    assert reasons(*rows, measures=measures, on=("same meaning",)) == ["", "same meaning", "", ""]
    assert reasons(*rows, measures=measures) == [""] * 4
    assert reasons(*rows, measures=[unit(1), unit(0.5, 0.5)], on=("same meaning",)) == [""] * 4


def test_wordings_of_one_fact_may_mean_the_same(reasons):
    rows = [
        ("How often is the hook tested?", "yearly", {**FACT, "wording": "open"}),
        ("At what interval do people examine the hook?", "yearly", {**FACT, "wording": "model"}),
        ("At which interval is the hook looked at by people?", "yearly", {**FACT, "wording": "model"}),
    ]
    assert reasons(*rows, measures=[unit(1)] * 3, on=("same meaning",)) == ["", "", "same meaning"]
