"""What is measured once per pair, and with what."""

from dataclasses import replace

import pytest

from core.language.grammar import Word
from core.questions.filters.content.grounding import Source
from core.questions.filters.content.personal_data import has_new_words, words_of
from core.questions.filters.measuring import Subject, Tools, measure
from core.records import Detection, Turn

TEXT = "Corporal Orla Tarkwell cleans the filter with compressed air every 90 days. The pump holds 40 liters."
SOURCE = Source(passage=TEXT, document=TEXT, document_words=words_of(TEXT))


@pytest.fixture
def subject(make_pair):
    def make(question, answer, *, source=SOURCE, language="en", **fields):
        pair = make_pair(question, answer, **{"review_id": "review-1", "passage_id": "passage-1", "quote": TEXT, **fields})
        return Subject(pair, source, language)

    return make


def people(texts):
    """Find every "Ashby" and "Tarkwell"."""
    names = ("Ashby", "Tarkwell")
    return [
        [
            Detection(start=text.index(name), end=text.index(name) + len(name), entity="PERSON", score=0.9, detector="rules")
            for name in names
            if name in text
        ]
        for text in texts
    ]


class Search:
    """Remembers the texts that it was asked about."""

    def __init__(self):
        self.texts = []

    def find(self, texts):
        self.texts += texts
        return people(texts)


def measured(subjects, **tools):
    return measure(subjects, Tools(**{"parse": None, **tools}))


def test_name_of_the_approved_text_is_no_personal_data_and_a_new_one_is(subject):
    subjects = [
        subject("Who cleans the filter?", "Corporal Orla Tarkwell"),
        subject("Who cleans the filter?", "Corporal Ashby"),
        subject("Who cleans the filter with Ashby?", "Tarkwell"),
    ]
    search = Search()
    assert [each.personal_count for each in measured(subjects, find_personal_data=search.find)] == [0, 1, 1]
    assert len(search.texts) == 2  # the first has no new word


def test_without_a_search_nothing_is_said_of_pairs_with_new_words(subject):
    subjects = [subject("Who cleans the filter?", "Orla Tarkwell"), subject("Who cleans the filter?", "Ashby")]
    assert [each.personal_count for each in measured(subjects)] == [0, None]


@pytest.mark.parametrize(
    ("text", "is_new"),
    [
        ("What does the corporal do?", False),
        ("How often are filters cleaned, and is cleaning needed?", False),
        ("Which 2 parts are tested?", False),
        ("Who is Ashby?", True),
        ("Who is ashby?", True),
        ("Is it the Baker who cleans?", True),
        ("Call 0171-555123.", True),
        ("Write to o.t@mail.example.", True),
        ("Re-testing of well-known valves", False),
    ],
)
def test_words_that_may_be_personal_are_told_from_english(text, is_new):
    assert has_new_words(text, SOURCE.document_words) is is_new


def test_figures_of_a_pair_without_source_are_not_known(subject):
    (alone,) = measured([subject("Who is Ashby of the 9th?", "A cook.", source=None)], find_personal_data=people)
    assert (alone.personal_count, alone.ungrounded_count) == (None, None)


def test_language_is_held_against_the_document_s_and_the_worse_of_both_texts_counts(subject):
    subjects = [
        subject(
            "How often is the filter cleaned?", "Alle neunzig Tage wird der Filter gereinigt, und zwar von zwei Leuten."
        ),
        subject("How often is the filter cleaned?", "A route reconnaissance."),
        subject(
            "How often is the filter cleaned?",
            "Alle neunzig Tage wird der Filter gereinigt, und zwar von zwei Leuten.",
            language=None,
        ),
    ]
    fits = [each.language_fit for each in measured(subjects)]
    assert fits[0] < 0.005 < fits[1] and fits[2] is None


def test_sha256_changes_with_whatever_the_figures_depend_on(subject):
    first = subject("Who cleans?", "Orla Tarkwell")
    pair = first.pair
    others = [
        replace(first, pair=replace(pair, **change))
        for change in (
            {"input": "Who?"}, {"output": "Orla"}, {"quote": ""}, {"kind": "fact"}, {"wording": "no"},
            {"review_id": "review-2"}, {"passage_id": "passage-2"}, {"history": (Turn(input="a", output="b"),)},
        )
    ]  # fmt: skip
    others += [replace(first, language=None), replace(first, source=None)]
    assert len({first.sha256, *(other.sha256 for other in others)}) == 1 + len(others)
    assert replace(first, pair=replace(pair, id="pair-x", state="dropped", reason="too short")).sha256 == first.sha256


def test_embeddings_are_made_of_question_and_answer(subject):
    (found,) = measured([subject("Who cleans?", "Orla")], embed=lambda texts: [text.encode() for text in texts])
    assert found.embedding == b"Who cleans? Orla"


def test_where_one_wording_of_a_fact_is_broken_all_that_rules_made_of_it_are(subject):
    names = (("open", "1"), ("cloze", "1"), ("model", "1"), ("open", "2"), (None, None))
    subjects = [subject("What footprints similar ____?", "Logistics.", wording=name, fact=fact) for name, fact in names]
    subjects[0] = subject("What footprints similar to that?", "Logistics.", wording="open", fact="1")

    def parse(texts):
        yield from ((word(text),) for text in texts)

    def word(text):
        return Word(text="What", start=0, end=4, lemma="what", part="PRON", tag="WP", role="ROOT", head=0)

    assert [each.is_whole for each in measured(subjects, parse=parse)] == [False, False, None, None, None]


@pytest.mark.model
def test_only_english_questions_go_to_the_parser(subject):
    subjects = [
        subject("What does the corporal cleans?", "the filter"),
        subject("Was reinigt den Obergefreiter Filter?", "den Filter", language=None),
        subject("What does the corporal cleans every day of the week?", "the filter", language=None),
        subject("The corporal cleans the ____.", "filter", wording="cloze"),
        subject("What does the crew clean the filter with?", "compressed air"),
        subject("What does the crew clean the filter with?", "The crew cleans the filter."),
    ]
    assert [each.is_whole for each in measure(subjects, Tools())] == [False, None, False, None, True, False]
