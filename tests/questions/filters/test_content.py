"""Filters on what a pair says."""

import pytest

from core.questions.filters.content.answerable import is_known
from core.questions.filters.content.language import language_fit
from core.records import PairMeasures
from core.settings import FilterSettings


@pytest.mark.parametrize(
    ("question", "answer", "fields"),
    [
        ("Is a base a locality?", "A locality is a base.", {}),
        ("What is the close area?", "The close area.", {}),
        ("Training meetings last ____ minutes.", "Training meetings last ____ minutes.", {"wording": "cloze"}),
    ],
)
def test_answer_that_repeats_the_question_goes(drops, question, answer, fields):
    assert drops("copy of the question", question, answer, **fields)


@pytest.mark.parametrize(
    ("question", "answer", "fields"),
    [
        ("Training meetings last 30 minutes or ____.", "30 minutes", {"wording": "cloze"}),
        ("Is the phalanx inside the perimeter?", "It is inside the perimeter.", {"wording": "yes"}),
        ("Is the phalanx outside?", "The phalanx is not outside.", {"wording": "no"}),
        ("Is the valve open or closed while the pump runs?", "Closed.", {}),
        ("Which echelon publishes first, corps or division?", "Corps", {}),
        ("Is the phalanx inside the perimeter?", "Yes.", {}),
        (
            "Which term means “a system to control an unmanned aircraft”?",
            "Unmanned aircraft system.",
            {"wording": "reverse"},
        ),
    ],
)
def test_yes_and_no_gaps_and_choices_are_no_copies(drops, question, answer, fields):
    assert not drops("copy of the question", question, answer, **fields)


def test_share_of_copied_words_can_be_lowered(drops):
    question, answer = "How far does the close area of a division extend?", "The close area extends 15 kilometers."
    assert not drops("copy of the question", question, answer)
    assert drops("copy of the question", question, answer, settings={"max_copied": 0.4})


def test_words_of_the_own_list_go_in_any_case_and_as_phrases(drops):
    words = {"forbidden_words": ("Project Falcon", "wargame")}
    assert drops("forbidden word", "Who leads project-falcon today?", "The staff.", settings=words)
    assert drops("forbidden word", "What follows?", "A WARGAME.", settings=words)
    assert not drops("forbidden word", "What follows the wargames of the falcon project?", "Rest.", settings=words)
    assert not drops("forbidden word", "Who leads project falcon?", "The staff.", settings={"forbidden_words": ()})


def test_list_of_words_is_read_from_the_command_line():
    assert FilterSettings.from_values({"forbidden_words": "Project Falcon, wargame,"}).forbidden_words == (
        "Project Falcon",
        "wargame",
    )


@pytest.mark.parametrize(
    "text",
    [
        "Wie oft muss das Sicherheitsventil geprüft werden?",
        "Quelle est la fréquence de contrôle de la soupape ?",
        "¿Con qué frecuencia se cambia el filtro?",
        "Hoe vaak moet het filter worden vervangen?",
        "Jak często należy wymieniać filtr?",
        "Kuinka usein suodatin on vaihdettava?",
        "Что такое база и где она находится?",
    ],
)
def test_other_languages_are_told_from_english(drops, text):
    fit = language_fit(text, "en")
    assert drops("another language", text, "Yes.", measures={"language_fit": fit})


@pytest.mark.parametrize(
    "text",
    [
        "What does METT-TC stand for?",
        "When should a DYNAMITE status be assumed?",
        "What is a reconnaissance squadron?",
        "Which UASs can stand off and detect from up to 25 kilometers?",
        "How is the ARFOR defined?",
        "What does the de facto commander of the Bundeswehr corps in Münster do?",
    ],
)
def test_technical_english_is_english(drops, text):
    fit = language_fit(text, "en")
    assert not drops("another language", text, "Yes.", measures={"language_fit": fit})


def test_a_short_answer_is_in_no_language():
    assert language_fit("METT-TC, S-3", "en") is None


def test_left_over_personal_data_goes(drops):
    assert drops("personal data", "Who is it?", "Ashby.", measures={"personal_count": 1})
    assert not drops("personal data", "Who is it?", "Ashby.", measures={"personal_count": 0})
    assert not drops("personal data", "Who is it?", "Ashby.")


def test_what_the_model_answers_otherwise_goes_unless_it_is_meant_to_be_unanswerable(drops):
    assert drops("not answerable", "How far?", "15 km", measures={"with_passage": 0.2})
    assert not drops("not answerable", "How far?", "15 km", measures={"with_passage": 0.5})
    assert not drops("not answerable", "How far?", "15 km", measures={"with_passage": 0.0}, kind="unanswerable")
    assert not drops("not answerable", "How far?", "15 km")


def test_what_is_known_before_is_only_counted(drops):
    known = PairMeasures(pair_id="1", project_id="1", sha256="", with_passage=1.0, without_passage=0.9)
    assert is_known(known, FilterSettings())
    assert not drops("not answerable", "How far?", "15 km", measures={"with_passage": 1.0, "without_passage": 0.9})
