"""Texts that say the same in nearly the same words, found without comparing each with each."""

import random

import pytest

from core.questions.dataset.alike import alike
from core.questions.filters import normalized


@pytest.mark.parametrize(
    ("one", "other", "is_alike"),
    [
        ("How often is the pump of the crane checked by crews?", "how often is a pump of a crane checked by crews", True),
        ("Who checks the old red pump of the big crane near hall B on Mondays now?",
         "Who checks the old red pump of the big crane near hall B on Mondays today now?", True),
        ("How often is valve 1 checked?", "How often is valve 2 checked?", False),
        ("How often is the valve checked?", "How often is the valve replaced?", False),
        ("", "What?", False),
    ],
)  # fmt: skip
def test_texts_are_alike_by_their_words(one, other, is_alike):
    numbers, links = alike([one, other])
    assert (numbers[0] == numbers[1] or bool(links)) is is_alike


def test_every_alike_pair_of_many_texts_is_found():
    rng = random.Random(3)  # noqa: S311 - a draw, not a secret
    texts = [" ".join(rng.sample("abcdefghijkl1", rng.randint(1, 12))) for _ in range(400)]
    words = [frozenset(normalized(text).split()) for text in texts]
    numbers, links = alike(texts)
    numbered = dict(zip(numbers, words, strict=True))
    expected = {
        (one, other)
        for one in numbered
        for other in numbered
        if one < other
        and len(numbered[one] & numbered[other]) >= 0.9 * len(numbered[one] | numbered[other])
        and "1" not in numbered[one] ^ numbered[other]
    }
    assert {tuple(sorted(link)) for link in links} == expected and len(links) == len(expected) > 20
    assert [numbered[number] for number in numbers] == words
