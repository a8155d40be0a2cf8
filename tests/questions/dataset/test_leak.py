"""The leak between the two sides is measured as it is, whoever made the split."""

import random
import re
from dataclasses import replace

from core.documents import read_document
from core.questions.dataset import Leak, comparison_of, leak_between, leak_of, sides_of
from core.questions.filters import normalized
from core.sample import sample_documents
from core.settings import DatasetSettings

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


def sentences():
    """The sentences of the sample documents, and every third of them once more without its last word."""
    text = "\n".join(read_document(path, path.name).text for path in sample_documents())
    found = [sentence for sentence in re.split(r"(?<=[.?])\s+|\n+", text) if sentence.strip()]
    return [*found, *(sentence.rsplit(" ", 1)[0] for sentence in found[::3])]


def words_of(text):
    return frozenset(normalized(text).split())


def are_alike(one, other):
    if any(map(str.isdigit, "".join(one ^ other))):
        return False
    return one == other or len(one & other) >= 0.9 * len(one | other) and min(len(one), len(other)) >= 8


def counted(train, heldout, text):
    """How many texts of the held-out pairs are alike to one that is trained on, each compared with each."""
    trained = {words_of(text(pair)) for pair in train}
    return sum(any(are_alike(words_of(text(pair)), other) for other in trained) for pair in heldout)


def test_the_leak_of_real_sentences_is_what_comparing_each_with_each_counts(make_pair):
    rng = random.Random(4)  # noqa: S311 - a draw, not a secret
    texts = rng.sample(sentences(), 500)
    pairs = [make_pair(texts[n], texts[-n], id=str(n), passage_id=str(n), fact=str(n)) for n in range(len(texts))]
    train, heldout = pairs[:350], pairs[350:]
    telling = [[pair for pair in side if len(pair.output.split()) > 5] for side in (train, heldout)]
    short = [[pair for pair in side if len(pair.output.split()) <= 5] for side in (train, heldout)]
    leak = leak_between(train, heldout)
    assert leak == Leak(
        questions=counted(train, heldout, lambda pair: pair.input),
        answers=counted(*telling, lambda pair: pair.output),
        short_answers=counted(*short, lambda pair: pair.output),
        facts=0,
        passages=0,
    )
    assert leak.questions > 5 and leak.answers > 5 and leak.short_answers > 0


def test_a_split_of_real_sentences_leaves_no_leak_by_the_same_comparison_or_by_another(make_pair):
    texts = sentences()
    pairs = [make_pair(texts[n], texts[-n], id=str(n), passage_id=str(n // 3)) for n in range(len(texts))]
    compared = comparison_of(pairs)
    sides = sides_of(compared, DatasetSettings(split="passage"))
    train = [pair for position, pair in enumerate(pairs) if position not in sides.heldout]
    heldout = [pairs[position] for position in sorted(sides.heldout)]
    assert heldout and leak_of(compared, sides.heldout) == leak_between(train, heldout)
    assert leak_between(train, heldout).is_none
