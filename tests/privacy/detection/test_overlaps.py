from hypothesis import given
from hypothesis import strategies as st

from core.privacy.detection.overlaps import resolve
from core.records import Detection

TEXT = "Anna Berg, 12 Mill Road; AB-1234 (tel. 555 0142) and so on until the very end of it."
ENTITIES = ["PERSON", "ORGANIZATION", "ADDRESS", "PHONE_NUMBER"]


def detection(start: int, end: int, entity: str = "PERSON", detector: str = "spacy") -> Detection:
    return Detection(start=start, end=end, entity=entity, score=0.85, detector=detector)


found_anywhere = st.lists(
    st.builds(
        lambda a, b, entity, name: detection(min(a, b), max(a, b), entity, name),
        st.integers(0, len(TEXT)),
        st.integers(0, len(TEXT)),
        st.sampled_from(ENTITIES),
        st.sampled_from(["spacy", "rules"]),
    ),
    max_size=12,
)


@given(found_anywhere)
def test_nothing_overlaps_and_no_letter_is_uncovered(found: list[Detection]) -> None:
    resolved = resolve(TEXT, found)
    assert all(before.end <= after.start for before, after in zip(resolved, resolved[1:], strict=False))
    before = {i for d in found for i in range(d.start, d.end) if TEXT[i].isalnum()}
    after = {i for d in resolved for i in range(d.start, d.end) if TEXT[i].isalnum()}
    assert before == after


@given(found_anywhere)
def test_resolving_twice_changes_nothing(found: list[Detection]) -> None:
    once = resolve(TEXT, found)
    assert resolve(TEXT, once) == once


def test_the_longest_wins_and_the_rest_of_the_loser_stays() -> None:
    resolved = resolve(TEXT, [detection(0, 9), detection(5, 23, "ADDRESS")])
    assert [(d.entity, TEXT[d.start : d.end]) for d in resolved] == [("PERSON", "Anna"), ("ADDRESS", "Berg, 12 Mill Road")]


def test_equal_length_is_decided_by_priority() -> None:
    resolved = resolve(TEXT, [detection(0, 9, "ORGANIZATION"), detection(0, 9, "PERSON", "rules")])
    assert [d.entity for d in resolved] == ["PERSON"]


def test_detectors_that_agree_are_joined() -> None:
    resolved = resolve(TEXT, [detection(0, 9), detection(5, 9, detector="rules")])
    assert [d.detector for d in resolved] == ["rules+spacy"]
