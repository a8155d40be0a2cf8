from dataclasses import replace

import pytest

from core.records import Review
from core.services.review import bound_of, risk_of, risk_words, sample_words, second_words, upper_bound

REVIEW = Review(
    id="review-1", document_id="document-1", reviewer="Ada", text_sha256="", anonymized_sha256="", span_count=0,
    sampled=60, missed=0, unread_count=400, second_found=3, created_at="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("missed", "read", "upper"),
    [
        (0, 60, 0.0602),  # z²/(n+z²), the closed form of Wilson's upper end at 0
        (1, 10, 0.4042),  # statsmodels 0.14 proportion_confint(1, 10, method="wilson")
        (5, 10, 0.7634),  # the same; also table of Newcombe, Statistics in Medicine 17 (1998)
        (10, 10, 1.0),
        (0, 0, 1.0),
    ],
)
def test_the_bound_is_wilsons(missed: int, read: int, upper: float) -> None:
    assert upper_bound(missed, read) == pytest.approx(upper, abs=5e-5)


def test_a_sample_is_told_with_its_bound() -> None:
    assert sample_words(REVIEW) == (
        "Of 60 passages read, none missed: with 95 % confidence fewer than 6 % of such passages still hold something."
    )
    assert "2 held something that was missed" in sample_words(replace(REVIEW, missed=2))
    assert "fewer than 100 % of such passages" in sample_words(replace(REVIEW, missed=60))  # all that were read


def test_what_was_not_done_is_said() -> None:
    bare = replace(REVIEW, sampled=0, second_found=None)
    assert sample_words(bare) == "No sample was read: the share of missed passages is unknown."
    assert second_words(bare) == "The anonymized text was not searched a second time."
    assert bound_of(bare) == 1.0
    assert risk_words({})[0].startswith("What may have been missed was not estimated")


def test_where_every_passage_was_read_nothing_is_estimated() -> None:
    whole = replace(REVIEW, sampled=8, unread_count=0)
    assert bound_of(whole) == 0.0
    assert sample_words(whole) == "All 8 passages in which nothing was found were read, none missed."


def test_over_several_documents_the_weakest_bound_and_the_sum_stand() -> None:
    risk = risk_of([REVIEW, replace(REVIEW, sampled=20, second_found=2)])
    assert (risk["bound"], risk["second_found"]) == (round(upper_bound(0, 20), 6), 5)
    assert risk_words(risk) == (
        "Of 80 passages read before approval, none missed: with 95 % confidence fewer than 16 % of such passages in the "
        "weakest document still hold something.",
        "The second search found 5 places that look like personal data.",
    )
    one = risk_of([replace(REVIEW, sampled=1, second_found=1), replace(REVIEW, sampled=0, unread_count=0, second_found=0)])
    assert risk_words(one)[0].startswith("Of 1 passage read before approval, none missed:")
    assert risk_words(one)[1] == "The second search found 1 place that looks like personal data."
    none = risk_of([replace(REVIEW, second_found=0)])
    assert risk_words(none)[1] == "The second search found no places that look like personal data."
    unread = risk_of([REVIEW, replace(REVIEW, sampled=0, second_found=None)])
    assert risk_words(unread)[0] == "No sample was read for 1 of the 2 documents: the share of missed passages is unknown."
    assert risk_words(unread)[1] == "1 of the 2 documents not searched a second time."
