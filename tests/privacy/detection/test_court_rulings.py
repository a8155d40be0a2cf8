"""What is a judgment, and what counts in one. All names are invented."""

import pytest

from core.privacy.detection.court_rulings import is_court_ruling
from core.privacy.detection.filters import Filter
from core.records import Detection

JUDGMENT = (
    "The applicant lodged an appeal with the Court of Cassation. The Supreme Court dismissed the appeal under the Criminal "
    "Code. The applicant was held for two months, and the judgment became final. "
)
DOCTRINE = (
    "The commander sends the fire support plan to the Supreme Court of Audit liaison. The crew waits two months for parts. "
    "The Court of Cassation is an example of a long name. The rate of fire is 12 rounds per minute."
)


def kept(text: str, value: str, entity: str) -> list[str]:
    start = text.index(value)
    found = Detection(start=start, end=start + len(value), entity=entity, score=0.85, detector="spacy")
    return [text[part.start : part.end] for part in Filter.of(text).kept(text, found)]


def test_a_judgment_is_told_by_how_often_its_words_stand_there() -> None:
    assert is_court_ruling(JUDGMENT)
    assert not is_court_ruling(DOCTRINE)
    assert not is_court_ruling("The crew checks the oil and the belt before each move. " * 60 + JUDGMENT)


@pytest.mark.parametrize(("value", "entity"), [("Supreme Court", "ORGANIZATION"), ("two months", "DATE_TIME")])
def test_courts_and_lengths_of_time_count_in_judgments_alone(value: str, entity: str) -> None:
    assert kept(JUDGMENT, value, entity) == [value]
    assert kept(DOCTRINE.replace("Supreme Court of Audit", "Supreme Court"), "two months", "DATE_TIME") == []


def test_laws_and_the_european_court_stay_in_judgments() -> None:
    text = JUDGMENT + "The applicant wrote to the European Court of Human Rights. The Law of 12 June 1990 applies."
    assert kept(text, "Criminal Code", "ORGANIZATION") == []
    assert kept(text, "European Court of Human Rights", "ORGANIZATION") == []
    assert kept(text, "12 June 1990", "DATE_TIME") == []


def test_of_a_nationality_and_a_government_the_nationality_is_masked() -> None:
    text = JUDGMENT + "The Norwegian Government disagreed."
    assert kept(text, "Norwegian Government", "ORGANIZATION") == ["Norwegian"]


def test_an_acronym_explained_behind_it_is_a_name() -> None:
    text = "He joined the NHT (the Northern Harbor Trust of Umbermoor) in spring."
    assert kept(text, "NHT", "ORGANIZATION") == ["NHT"]
    assert kept("He joined the FSC (Forward Support Company) in spring.", "FSC", "ORGANIZATION") == []
