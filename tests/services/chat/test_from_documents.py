"""Conversations that answer from the approved documents: their sources are kept with each answer."""

import pytest

from core.records import ChatSetup
from core.services.chat.answering import ask, go_on
from core.services.chat.conversations import begin
from core.services.chat.turns import turns
from core.services.retrieval.answering import DocumentAnswer
from tests.services.chat.conftest import Speaker
from tests.services.retrieval.conftest import approve  # noqa: F401 - a fixture

ROPE = "The winch is held by a steel rope of 12 millimeters. The rope is replaced every 90 days."
OTHERS = ("Soup is cooked with carrots and served at noon.", "The library lends twenty books to each reader.")
QUESTION = "How often is the rope of the winch replaced?"


@pytest.fixture
def talk(workspace, project, approve):  # noqa: F811 - the fixture
    """A conversation about three approved passages, whose model says what it is told to."""
    approve(project, "winch.txt", ROPE, *OTHERS)
    setup = ChatSetup(answerer="tiny", from_documents=True)

    def made(*answers: str):
        conversation, model = begin(workspace, project, QUESTION, setup=setup), Speaker([[each] for each in answers])
        return conversation, model

    return made


def asked(workspace, conversation, model, question=QUESTION):
    with ask(workspace, conversation.id, question, opener=lambda: model) as writing:
        list(writing)
    return turns(workspace, conversation.id)[-1]


@pytest.mark.model
def test_an_answer_is_kept_with_the_passage_and_the_words_that_support_it(workspace, talk):
    conversation, model = talk("The rope is replaced every 90 days.")
    turn = asked(workspace, conversation, model)
    found = DocumentAnswer.from_json(turn.sources)
    (citation,) = found.sentences[0].citations
    source = found.sources[citation.source]
    assert source.document == "winch.txt" and "every 90 days" in source.text[citation.start : citation.end]
    assert "every 90 days" in model.asked[0][-1].content  # the model read the passage


@pytest.mark.model
@pytest.mark.parametrize(
    "answer", ["The rope is replaced every 30 days.", "Ask the captain on Tuesdays.", "It is painted blue."]
)
def test_what_no_passage_says_is_kept_as_unsupported(workspace, talk, answer):
    conversation, model = talk(answer)
    found = DocumentAnswer.from_json(asked(workspace, conversation, model).sources)
    assert [each.is_supported for each in found.sentences] == [False]


@pytest.mark.model
def test_a_question_about_something_else_is_refused_without_asking_the_model(workspace, talk):
    conversation, model = talk("Paris.")
    turn = asked(workspace, conversation, model, "Which team won the football championship in Brazil?")
    assert model.asked == [] and DocumentAnswer.from_json(turn.sources).is_refused and turn.state == "complete"


@pytest.mark.model
def test_an_answer_that_goes_on_is_cited_as_a_whole(workspace, talk):
    conversation, model = talk("The rope is ", "replaced every 90 days.")
    model.is_complete = False
    assert asked(workspace, conversation, model).state == "cut"
    model.is_complete = True
    with go_on(workspace, conversation.id, opener=lambda: model) as writing:
        list(writing)
    (turn,) = turns(workspace, conversation.id)
    assert turn.answer == "The rope is replaced every 90 days."
    assert DocumentAnswer.from_json(turn.sources).sentences[0].is_supported


def test_a_conversation_without_documents_keeps_no_sources(workspace, conversation):
    model = Speaker([["The rope is replaced every 90 days."]])
    assert asked(workspace, conversation, model).sources == {}
