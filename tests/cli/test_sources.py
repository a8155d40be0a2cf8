"""`garrison sources` and `garrison chat --documents`: what is printed and what is told as JSON."""

import json
from typing import Any

import pytest

from core.cli import conversation
from core.cli.app import main
from core.storage import Workspace
from tests.services.retrieval.conftest import approve, embed  # noqa: F401 - a fixture
from tests.services.retrieval.test_finding import PUMP, QUESTION, VALVE, Scripted


@pytest.fixture
def run(workspace: Workspace, approve, monkeypatch, capsys):  # noqa: F811
    """A function that runs a command in a workspace with a project of one document, and returns what it printed."""
    approve(workspace.create_project("Manuals"), "Pumps.md", VALVE, PUMP)
    monkeypatch.setattr("core.services.retrieval.index.embedding", lambda workspace: embed)
    monkeypatch.setattr("core.services.retrieval.finding.embedding", lambda workspace: embed)
    monkeypatch.setattr("core.services.retrieval.refusing.embedding", lambda workspace: embed)
    answerer = Scripted("The feed pump is serviced every 12 months. It is green.")
    monkeypatch.setattr(conversation, "open_answerer", lambda workspace, name: answerer)

    def called(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(workspace.home), *arguments])
        assert not ended.value.code
        return capsys.readouterr().out

    return called


CHAT = ("chat", "--model", "tiny", "--project", "Manuals", "--documents", "--prompt")


def test_an_answer_from_the_documents_tells_sources_sentences_and_citations(run):
    told: dict[str, Any] = json.loads(run("--json", *CHAT, QUESTION))
    assert [each["text"] for each in told["sources"]] == [PUMP, VALVE]
    assert told["sources"][0]["document"] == "Pumps.md" and told["sources"][0]["page"] == "page 2"
    first, second = told["sentences"]
    (citation,) = first["citations"]
    assert citation["text"] == PUMP[citation["start"] : citation["end"]] == "feed pump is serviced every 12 months"
    assert (first["supported"], second["supported"], told["refused"]) == (True, False, False)


def test_people_read_the_words_cited_and_how_much_nothing_supports(run):
    told = run(*CHAT, QUESTION)
    assert "Pumps.md page 2: “feed pump is serviced every 12 months”" in told
    assert "1 sentence of the answer found in no source." in told


def test_a_refusal_is_told_as_one(run):
    told = json.loads(run("--json", *CHAT, "Which city is the capital of France?"))
    assert (told["refused"], told["text"]) == (True, "The documents do not say.")


def test_the_passages_of_a_question_are_shown_with_their_fit(run):
    told = json.loads(run("--json", "sources", "show", "Manuals", QUESTION, "--limit", "1"))
    assert [each["text"] for each in told["sources"]] == [PUMP]
    assert told["fit"] > told["calibration"]["threshold"] and not told["refused"]
    assert json.loads(run("--json", "sources", "index", "Manuals")) == {"passages": 2}
