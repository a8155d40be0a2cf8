"""Series: a question file to several, scored, voted on without names, reported, deleted."""

import csv
import json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from core import jobs
from core.errors import AccessError, InputError
from core.jobs import worker
from core.records import Comparison, Job, Series, SeriesAnswer, SeriesQuestion, SeriesSource
from core.retrieval import Source
from core.services.chat import comparing
from core.services.chat.series import ballots, files, job, stored
from core.services.chat.series.answerers import Chosen
from core.services.chat.series.figures import figures_of
from core.services.chat.series.report import report_of
from core.storage import count, find, get, update
from tests.access.conftest import SignIn, signed_in  # noqa: F401 - a fixture
from tests.services.chat.compared import QUESTIONS, Reciter, allow_hosts, answered, params_for, write_questions

SOURCE = Source(
    document_id="document-1", document="winch.pdf", review_id="review-1", passage_id="passage-7", heading="", page="page 4",
    start=0, text="It holds.",
)  # fmt: skip


@pytest.fixture
def knows_all() -> Reciter:
    return Reciter(QUESTIONS)


@pytest.fixture
def knows_one() -> Reciter:
    return Reciter({"Who may use it?": "Trained operators"})


@pytest.fixture(autouse=True)
def hosts(workspace, waiting_jobs, knows_all, knows_one, monkeypatch):
    allow_hosts(workspace, "good", "poor")
    models = {"good": knows_all, "poor": knows_one}
    monkeypatch.setattr(job, "open_answerer", lambda _workspace, name: models[name])


@pytest.fixture
def series(workspace, project, tmp_path) -> Series:
    return answered(workspace, project, params_for(write_questions(tmp_path), "good", "poor"))


def test_every_question_is_answered_by_all_and_scored_by_the_right_answers(workspace, series):
    figures = figures_of(workspace, series.id)
    assert [(score.good, score.counts.wrong) for score in figures.scores] == [(3, 0), (1, 2)]
    (tally,) = figures.by_right_answers
    assert (tally.won, tally.lost, tally.equal) == (2, 0, 1)
    assert tally.interval == pytest.approx((0.3424, 1.0), abs=1e-3)  # Wilson, 2 of 2, by hand
    assert tally.better is None  # two questions prove nothing
    assert series.question_count == 3 and series.questions == "questions.jsonl" and len(series.questions_sha256) == 64
    first = stored.page_of(workspace, series.id, first=0, most=1, order="most different")[0]
    assert first.question.number == 1 and [first.answers[side].outcome for side in (0, 1)] == ["right", "wrong"]
    assert [each.question.number for each in stored.page_of(workspace, series.id, first=1, most=9)] == [2, 3]


def test_a_text_file_holds_a_question_on_each_line_and_nothing_is_scored(workspace, project, tmp_path):
    path = tmp_path / "questions.txt"
    path.write_text("What holds the winch?\n\nWho may use it?\nWho may use it?\n", encoding="utf-8")
    series = answered(workspace, project, params_for(path, "good", "poor"))
    assert [each.question for each in find(workspace.db, SeriesQuestion)] == ["What holds the winch?", "Who may use it?"]
    assert figures_of(workspace, series.id).scores == ()
    assert "Nothing decides yet." in report_of(workspace, series.id)


def test_a_question_that_one_cannot_read_is_told_and_the_others_go_on(workspace, project, tmp_path):
    series = answered(
        workspace, project, params_for(write_questions(tmp_path, {"too long": "Yes.", **QUESTIONS}), "good", "poor")
    )
    first = stored.page_of(workspace, series.id, first=0, most=1)[0]
    assert first.answers[0].problem and first.answers[0].text == ""
    assert count(workspace.db, SeriesAnswer, series_id=series.id) == 8


def test_a_job_that_was_cancelled_asks_nothing_twice(workspace, project, tmp_path, knows_all, knows_one, monkeypatch):
    queued = jobs.submit(workspace, params_for(write_questions(tmp_path), "good", "poor"), project_id=project.id)
    store = job._store

    def store_two(context, answer) -> None:
        store(context, answer)
        if count(workspace.db, SeriesAnswer) == 2:
            raise context.cancelled()

    monkeypatch.setattr(job, "_store", store_two)
    assert worker.run_job(workspace, queued.id).state == "cancelled"
    kept = {(each.number, each.side) for each in find(workspace.db, SeriesAnswer)}
    monkeypatch.setattr(job, "_store", store)
    knows_all.asked.clear()
    jobs.resume(workspace, queued.id)
    (tmp_path / "questions.jsonl").unlink()  # it was read
    assert worker.run_job(workspace, queued.id).state == "done"
    assert len(kept) == 2 and len(knows_all.asked) == 1 and len(knows_one.asked) == 3
    assert count(workspace.db, SeriesAnswer) == 6


def test_an_answerer_that_changed_meanwhile_is_not_mixed_with_what_it_was(workspace, project, tmp_path, series):
    first, second = series.answerers
    update(workspace.db, Series, series.id, answerers=(first, replace(second, version="b" * 64)))
    update(workspace.db, Job, series.job_id, state="failed")
    jobs.resume(workspace, series.job_id)
    ended = worker.run_job(workspace, series.job_id)
    assert ended.state == "failed" and "has changed since" in ended.error


@pytest.mark.parametrize(("names", "words"), [(["good"], "cannot be compared"), (["good", "good"], "chosen twice")])
def test_fewer_than_two_or_the_same_twice_are_no_comparison(workspace, project, tmp_path, names, words):
    with pytest.raises(InputError, match=words):
        jobs.submit(workspace, params_for(write_questions(tmp_path), *names), project_id=project.id)


def test_without_a_file_and_held_out_questions_the_sentence_says_what_to_bring(workspace, project):
    with pytest.raises(InputError, match="No questions were held out"):
        jobs.submit(workspace, params_for(None, "good", "poor"), project_id=project.id)


def test_votes_are_blind_kept_with_versions_and_can_be_taken_back(workspace, project, series):
    ballot = ballots.next_ballot(workspace, series.id)
    assert ballot and ballot.number == 1 and ballot.left == 3
    assert ballot == ballots.next_ballot(workspace, series.id)  # in the same order each time
    best = ballot.texts.index("Four steel bolts.")
    ballots.cast(workspace, series.id, ballot.number, best)
    (kept,) = find(workspace.db, Comparison)
    assert kept.is_blind and kept.vote and kept.answers[best].answerer == "good" and kept.series_number == 1
    second = ballots.next_ballot(workspace, series.id, after=1)
    assert second and second.number == 2 and second.left == 2
    ballots.cast(workspace, series.id, 2, None)
    figures = figures_of(workspace, series.id)
    (tally,) = figures.by_votes
    assert (tally.won, tally.lost, tally.equal, figures.vote_count, figures.voter_count) == (1, 0, 1, 2, 1)
    assert ballots.own_votes(workspace, series.id) == 2
    assert ballots.take_back(workspace, series.id) == 2
    assert ballots.own_votes(workspace, series.id) == 1
    ballots.cast(workspace, series.id, 1, best)  # as by a second press: it replaces the first
    with pytest.raises(InputError, match="not open"):
        ballots.cast(workspace, series.id, 4, 0)
    assert [(each.answerer, each.won) for each in comparing.votes(workspace, project)] == [("good", 1), ("poor", 0)]


def test_the_order_of_a_ballot_differs_between_questions_and_same_answers_are_no_question(workspace, project, tmp_path):
    rows = {f"Question {number}?": f"Answer {number}." for number in range(12)}
    job.open_answerer(workspace, "good").known = rows
    job.open_answerer(workspace, "poor").known = {"Question 0?": "Answer 0."}
    series = answered(workspace, project, params_for(write_questions(tmp_path, rows), "good", "poor"))
    ballot, places = ballots.next_ballot(workspace, series.id), set[int]()
    assert ballot and ballot.number == 2 and ballot.left == 11  # the first question has one answer
    for number in range(1, 12):
        ballot = ballots.next_ballot(workspace, series.id, after=number)
        assert ballot
        places.add(ballot.texts.index("No idea at all."))
    assert places == {0, 1}


def test_files_hold_all_answers_and_no_cell_is_a_formula(workspace, project, tmp_path):
    rows = {"=1+1?": "=cmd()", **QUESTIONS}
    series = answered(workspace, project, params_for(write_questions(tmp_path, rows), "good", "poor"))
    table = list(csv.DictReader(StringIO(files.as_csv(workspace, series.id))))
    assert [row["question"] for row in table] == ["'=1+1?", *QUESTIONS]
    title = series.answerers[0].title
    assert table[1][f"answer of {title}"] == "Four steel bolts." and table[1][f"outcome of {title}"] == "right"
    head, *lines = map(json.loads, files.as_jsonl(workspace, series.id).splitlines())
    assert head["series"]["questions_sha256"] == series.questions_sha256
    assert [line["answers"][0]["text"] for line in lines][1:] == list(QUESTIONS.values())


def test_the_report_tells_who_was_asked_what_and_refers_to_nothing(workspace, project, series):
    ballots.cast(workspace, series.id, 1, None)
    html = report_of(workspace, series.id)
    for words in (
        "good, on models.site", "questions.jsonl", series.questions_sha256, "2</td>", "34 to 100 %", "Four steel bolts.",
        "is far ahead", "1 vote of 1 person", "the same each time", series.made_by,
    ):  # fmt: skip
        assert words in html, words
    assert re.findall(r"(?:src|href)=\"(?!data:)[^\"]*\"|url\(|@import|https?://|<script", html) == []


def test_others_see_the_series_and_only_who_began_it_or_an_owner_deletes_it(workspace, project, series, signed_in):  # noqa: F811
    update(workspace.db, Series, series.id, person_id="person-1")
    ada, eve = signed_in("ada", ("expert",), project), signed_in("eve", ("owner",), project)
    assert [each.id for each in stored.all_series(ada, project)] == [series.id]
    ballots.cast(ada, series.id, 1, 0)
    assert not stored.may_delete(ada, series)
    with pytest.raises(AccessError, match="Somebody else"):
        stored.delete_series(ada, series.id)
    stored.delete_series(eve, series.id)
    assert stored.all_series(ada, project) == [] and find(workspace.db, Comparison) == []


def test_a_deleted_series_leaves_nothing_in_the_files_of_the_database(workspace, project, tmp_path):
    rows = {"Where is Zanzibarra?": "In Quuxland.", **QUESTIONS}
    series = answered(workspace, project, params_for(write_questions(tmp_path, rows), "good", "poor"))
    ballots.cast(workspace, series.id, 2, 0)
    stored.delete_series(workspace, series.id)
    assert find(workspace.db, SeriesAnswer) == find(workspace.db, SeriesQuestion) == find(workspace.db, Comparison) == []
    for path in workspace.home.glob("garrison.sqlite3*"):
        assert b"Zanzibarra" not in path.read_bytes() and b"Quuxland" not in path.read_bytes()


def test_a_series_that_is_still_answered_is_not_deleted(workspace, series):
    update(workspace.db, Job, series.job_id, state="running")
    with pytest.raises(InputError, match="still being answered"):
        stored.delete_series(workspace, series.id)


def test_own_votes_are_forgotten_with_the_other_comparisons(workspace, project, series):
    ballots.cast(workspace, series.id, 1, 0)
    assert comparing.own_count(workspace, project) == 1
    assert comparing.forget_comparisons(workspace, project) == 1
    assert figures_of(workspace, series.id).vote_count == 0
    assert get(workspace.db, Series, series.id)


def test_one_that_reads_the_documents_is_another_than_one_that_does_not(workspace, learned, tmp_path, monkeypatch):
    class FromDocuments(Reciter):
        def __init__(self, *_given: object) -> None:
            super().__init__({}, "From a document.")
            self.sources = (SOURCE,)

    monkeypatch.setattr(job, "FromDocuments", FromDocuments)
    monkeypatch.setattr(job, "count_sources", lambda *_given, **_named: 0)
    chosen = (Chosen(answerer="good"), Chosen(answerer="good", from_documents=True))
    params = job.Params(answerers=chosen, questions=str(write_questions(tmp_path)))
    series = answered(workspace, learned.project, params)
    assert [each.title for each in series.answerers] == ["good, on models.site", "good, on models.site, from the documents"]
    answers = stored.page_of(workspace, series.id, first=0, most=1)[0].answers
    assert [answers[side].text for side in (0, 1)] == ["Four steel bolts.", "From a document."]
    kept = SeriesSource(document="winch.pdf", page="page 4", passage_id="passage-7")
    assert [answers[side].sources for side in (0, 1)] == [(), (kept,)]
    row = next(csv.DictReader(StringIO(files.as_csv(workspace, series.id))))
    assert [row[f"sources of {each.title}"] for each in series.answerers] == ["", "winch.pdf, page 4, passage-7"]
    line = json.loads(files.as_jsonl(workspace, series.id).splitlines()[1])
    told = {"document": "winch.pdf", "page": "page 4", "passage_id": "passage-7"}
    assert [each["sources"] for each in line["answers"]] == [[], [told]]
    assert "From winch.pdf, page 4, passage-7" in report_of(workspace, series.id)
    ballot = ballots.next_ballot(workspace, series.id)
    assert ballot
    ballots.cast(workspace, series.id, 1, ballot.texts.index("From a document."))
    assert figures_of(workspace, series.id).by_votes[0].lost == 1


def test_without_an_approved_document_nobody_answers_from_the_documents(workspace, project, tmp_path):
    chosen = (Chosen(answerer="good"), Chosen(answerer="good", from_documents=True))
    params = job.Params(answerers=chosen, questions=str(write_questions(tmp_path)))
    with pytest.raises(InputError, match="No document of this project is approved"):
        jobs.submit(workspace, params, project_id=project.id)


def test_an_answer_that_was_cut_is_told_as_such(workspace, project, tmp_path, knows_all):
    knows_all.is_complete = False
    series = answered(workspace, project, params_for(write_questions(tmp_path), "good", "poor"))
    answers = stored.page_of(workspace, series.id, first=0, most=1)[0].answers
    assert (answers[0].state, answers[1].state) == ("cut", "complete")
    assert "it reached the longest answer" in report_of(workspace, series.id)


def test_questions_that_a_run_was_trained_on_count_for_nothing(workspace, learned, tmp_path, monkeypatch):
    folder: Path = workspace.dataset_folder(learned.project.id, "dataset-1")
    folder.mkdir(parents=True)
    (folder / "train.jsonl").write_text(json.dumps({"input": "who may use it", "output": "x"}) + "\n")
    monkeypatch.setattr(job, "open_answerer", lambda _workspace, _name: Reciter(QUESTIONS))
    series = answered(workspace, learned.project, params_for(write_questions(tmp_path), learned.run.id, "poor"))
    figures = figures_of(workspace, series.id)
    assert (figures.scored_count, figures.trained_count) == (2, 1)
    run = series.answerers[0]
    assert run.dataset_number == 1 and run.base == learned.run.model and len(run.base_sha256) == 64
