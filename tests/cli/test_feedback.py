"""`garrison feedback`: list, use, set aside, undo, votes."""

import json

import pytest

from core.cli.app import main
from core.records import ComparedAnswer, Feedback, Preference, QuestionPair, now
from core.services.chat.comparing import keep_comparison, vote
from core.storage import find, insert
from tests.services.retrieval.conftest import embed


class Blind:
    """A detector that finds nothing."""

    def detect(self, texts):
        return [[] for _ in texts]


@pytest.fixture
def garrison(workspace, learned, capsys, monkeypatch):
    """Run `garrison feedback COMMAND` about the learned project; gives exit code, stdout and stderr."""
    monkeypatch.setattr("core.services.privacy.anonymization.open_detector", lambda *_, **__: Blind())
    monkeypatch.setattr("core.services.retrieval.finding.embedding", lambda _workspace: embed)
    for number, said in enumerate(({"correction": "12 tonnes.", "thumb": "down"}, {"is_unanswerable": True})):
        insert(
            workspace.db,
            Feedback(
                id=f"feedback-{number}", project_id=learned.project.id, question="How many tonnes does the winch hold?",
                answer="14 tonnes.", answerer="run-1", created_at=now(), **said,
            ),
        )  # fmt: skip

    def run(command, *arguments):
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(workspace.home), "feedback", command, learned.project.name, *arguments])
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return run


def test_feedback_is_listed_by_what_is_asked_of_it(garrison):
    told = json.loads(garrison("list", "--kind", "down", "--json")[1])
    assert (told["matching"], told["states"]["open"], [each["id"] for each in told["feedback"]]) == (1, 1, ["feedback-0"])
    assert told["feedback"][0] | {"correction": "12 tonnes.", "by_a_program": True} == told["feedback"][0]
    assert "feedback-1" in garrison("list")[1]
    assert garrison("list", "--state", "done")[1].strip() == "There is no such feedback."


def test_feedback_becomes_a_pair_and_a_preference_in_somebodys_name_and_is_opened_again(garrison, workspace):
    code, out, _ = garrison("use", "feedback-0", "--as", "Ada", "--json")
    assert code == 0 and json.loads(out)["origin"] == "feedback"
    assert "is made" in garrison("use", "feedback-0", "--make", "preference", "--as", "Ada")[1]
    assert [made.added_by for made in find(workspace.db, Preference)] == ["Ada"]
    assert garrison("set-aside", "feedback-0")[0] == 2
    assert "Undone" in garrison("undo", "feedback-0", "--as", "Ada")[1]
    assert find(workspace.db, Preference) == [] == find(workspace.db, QuestionPair, feedback_id="feedback-0")
    assert json.loads(garrison("set-aside", "feedback-0", "--json")[1])["state"] == "set aside"


def test_what_should_not_have_been_answered_is_not_said_unless_an_answer_is_given(garrison, workspace):
    garrison("use", "feedback-1")
    assert [pair.kind for pair in find(workspace.db, QuestionPair, feedback_id="feedback-1")] == ["unanswerable"]
    garrison("undo", "feedback-1")
    garrison("use", "feedback-1", "--answer", "12 tonnes.", "--passage", "passage-0")
    assert [pair.kind for pair in find(workspace.db, QuestionPair, feedback_id="feedback-1")] == [None]


@pytest.mark.parametrize(
    "arguments",
    [("use", "feedback-9"), ("undo", "feedback-9"), ("use", "feedback-0", "--passage", "passage-9"),
     ("use", "feedback-0", "--question", " ")],
)  # fmt: skip
def test_what_is_not_there_is_told(garrison, arguments):
    assert garrison(*arguments)[0] == 2


def test_votes_become_preferences(garrison, workspace, learned):
    answers = [ComparedAnswer(answerer="tiny", version="", text=text, whole_s=1.0) for text in ("12 tonnes.", "Blue.")]
    comparison = keep_comparison(workspace, learned.project, "What does the winch hold?", answers, is_blind=True)
    vote(workspace, comparison.id, 0)
    assert garrison("votes")[1].startswith("1 preference made of votes.")
    assert json.loads(garrison("votes", "--json")[1])["added"] == 0
