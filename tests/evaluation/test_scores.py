import pytest

from core.evaluation.scores import exact_match, normalize, rouge_l, token_f1


def test_normalization_drops_case_punctuation_articles_and_spaces() -> None:
    # The four steps of normalize_answer in the evaluation script of SQuAD 1.1.
    assert normalize("  The oil-pressure is: 4.2 BAR, an example!\n") == "oilpressure is 42 bar example"


def test_articles_inside_words_are_kept() -> None:
    assert normalize("another theater") == "another theater"


def test_exact_match_sees_through_case_and_articles_alone() -> None:
    assert exact_match("the Red Tag.", "A red tag") == 1.0
    assert exact_match("red tags", "a red tag") == 0.0


def test_token_f1_is_the_harmonic_mean_of_precision_and_recall() -> None:
    # By hand: answer {drum, holds, five, turns}, reference {five, turns, of, rope}; 2 shared of 4 and 4: P = R = F1 = 1/2.
    assert token_f1("the drum holds five turns", "five turns of rope") == pytest.approx(0.5)
    # By hand: 1 shared, precision 1/1, recall 1/3, F1 = 2 * (1/3) / (4/3) = 1/2.
    assert token_f1("rope", "rope of steel") == pytest.approx(0.5)


def test_token_f1_counts_a_repeated_word_only_as_often_as_the_reference_has_it() -> None:
    # By hand: "bar" shared once; precision 1/4, recall 1/1, F1 = 2/5.
    assert token_f1("bar bar bar bar", "bar") == pytest.approx(0.4)


@pytest.mark.parametrize(("answer", "reference", "expected"), [("", "rope", 0.0), ("rope", "", 0.0), ("The", "an", 1.0)])
def test_answers_without_words_are_graded_as_in_squad_two(answer: str, reference: str, expected: float) -> None:
    assert token_f1(answer, reference) == expected


def test_rouge_l_follows_the_example_of_its_paper() -> None:
    # Lin 2004, section 3.1: reference "police killed the gunman", candidates S2 and S3: LCS of 3 and 2 words of 4.
    assert rouge_l("police kill the gunman", "police killed the gunman") == pytest.approx(0.75)
    assert rouge_l("the gunman kill police", "police killed the gunman") == pytest.approx(0.5)


def test_rouge_l_agrees_with_the_package_on_plain_english() -> None:
    from rouge_score.rouge_scorer import RougeScorer

    answer, reference = "A red tag: do not start, or move.", "The red tag means it must not be started or moved"
    assert rouge_l(answer, reference) == RougeScorer(["rougeL"]).score(reference, answer)["rougeL"].fmeasure


def test_rouge_l_reads_words_that_are_not_latin() -> None:
    assert rouge_l("давление масла высокое", "давление масла низкое") == pytest.approx(2 / 3)
