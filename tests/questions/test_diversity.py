"""How varied question pairs are."""

import random
import string

from core.questions.diversity import QUANTILES, compression_ratio, diversity_of


def test_the_same_said_again_compresses_more_than_varied_text():
    rng = random.Random(1)
    varied = ["".join(rng.choices(string.ascii_lowercase + " ", k=60)) for _ in range(200)]
    assert compression_ratio(varied) < 2 < 10 < compression_ratio(["What does the commander provide?"] * 200)


def test_nothing_has_no_ratio():
    empty = diversity_of([])
    assert (empty.pair_count, empty.fact_count, empty.ratio, empty.answer_characters, empty.openings) == (0, 0, 0.0, (), {})


def test_answers_given_in_several_wordings_count_once(make_pair):
    one = [make_pair("How often is it tested?", "every 90 days", fact="1", wording="open")]
    five = one + [make_pair(f"In case {n}, how often is it tested?", "every 90 days", fact="1") for n in range(4)]
    assert diversity_of(five).answer_ratio == diversity_of(one).answer_ratio
    assert (diversity_of(five).fact_count, diversity_of(five).pair_count) == (1, 5)


def test_kinds_wordings_openings_and_lengths_are_counted(make_pair):
    pairs = [
        make_pair("How often is the hook tested?", "a" * 10, kind="number", wording="open", fact="1"),
        make_pair("“How often” must it be tested?", "a" * 20, kind="number", wording="context", fact="1"),
        make_pair("The hook is tested ____.", "a" * 30, kind="number", wording="cloze", fact="1"),
        make_pair("Why?", "a" * 40),
    ]
    found = diversity_of(pairs)
    assert found.kinds == {"number": 3, "": 1}
    assert found.wordings == {"open": 1, "context": 1, "cloze": 1, "": 1}
    assert list(found.openings.items())[0] == ("how often", 2) and found.openings["why"] == 1
    assert found.answer_characters == (10, 20, 30, 40, 40) and len(QUANTILES) == 5
    assert found.fact_count == 2


def test_half_a_character_does_not_stop_the_count(make_pair):
    assert diversity_of([make_pair("What is \ud83d?", "half")]).pair_count == 1
