"""`garrison questions list`, `edit`, `keep`, `drop` and `undo`."""

import json

import pytest

from core.cli.app import main
from core.records import QuestionPair
from core.storage import get


class Blind:
    """A detector that finds nothing."""

    def detect(self, texts):
        return [[] for _ in texts]


@pytest.fixture
def garrison(workspace, learned, capsys, monkeypatch):
    """Run `garrison questions COMMAND` about the learned project; gives exit code, stdout and stderr."""
    monkeypatch.setattr("core.services.privacy.anonymization.open_detector", lambda *_, **__: Blind())

    def run(command, *arguments):
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(workspace.home), "questions", command, learned.project.name, *arguments])
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return run


def test_pairs_are_listed_by_what_is_asked_of_them(garrison):
    _, out, _ = garrison("list", "--state", "dropped", "--json")
    told = json.loads(out)
    assert (told["matching"], [pair["id"] for pair in told["pairs"]]) == (1, ["pair-3"])
    assert "pair-0" in garrison("list", "--search", "winch hold")[1]
    assert garrison("list", "--reason", "too long")[1].strip() == "No pair matches."


def test_pages_end(garrison, monkeypatch):
    monkeypatch.setattr("core.cli.curation.SIZE", 3)
    assert "4 to 4 of 4 pairs" in garrison("list", "--page", "2")[1]
    assert json.loads(garrison("list", "--page", "9", "--json")[1])["pairs"] == []


def test_named_pairs_and_those_that_match_are_decided_on_in_somebodys_name_and_undone(garrison, workspace):
    assert garrison("drop", "pair-0", "pair-1", "--as", "Ada")[:2] == (0, "2 pairs changed.\n")
    assert get(workspace.db, QuestionPair, "pair-0").changed_by == "Ada"
    assert garrison("keep", "--reason", "by hand", "--as", "Ada")[:2] == (0, "2 pairs changed.\n")
    assert get(workspace.db, QuestionPair, "pair-1").state == "kept"
    assert "Undone: question pairs kept, 2 pairs." in garrison("undo", "--as", "Ada")[1]
    assert garrison("undo", "--as", "Bob")[1] == "There is nothing to undo.\n"
    assert get(workspace.db, QuestionPair, "pair-1").state == "dropped"


@pytest.mark.parametrize(
    "arguments", [("drop",), ("keep", "pair-99"), ("edit", "pair-0"), ("edit", "pair-99", "--answer", "x")]
)
def test_what_is_meant_must_be_said_and_exist(garrison, workspace, learned, arguments):
    code, out, err = garrison(*arguments)
    assert code == 2 and out == "" and err.count("\n") == 1
    assert [get(workspace.db, QuestionPair, pair.id) for pair in learned.pairs] == list(learned.pairs)


def test_pair_of_another_project_is_not_found(garrison, workspace, learned):
    other = workspace.create_project("Other")
    workspace.db.execute("update pairs set project_id = ? where id = 'pair-0'", [other.id])
    code, _, err = garrison("drop", "pair-0")
    assert code == 2 and "no question pair" in err


def test_pair_is_edited_and_told_what_became_of_it(garrison, workspace):
    assert garrison("edit", "pair-0", "--answer", "12 tonnes.", "--as", "Ada")[1] == "Saved and kept.\n"
    pair = get(workspace.db, QuestionPair, "pair-0")
    assert (pair.input, pair.output, pair.edited_by) == ("How much does the winch hold?", "12 tonnes.", "Ada")
    assert garrison("edit", "pair-0", "--answer", "13 tonnes.")[1] == "Saved, but not kept: ungrounded.\n"
