"""Monitoring: what to do first, the model in use, why it is time, the button, and what came of it."""

import pytest

from core.identity import declared
from core.jobs import worker
from core.records import Job
from core.services.monitoring.in_use import model_in_use, put_in_use
from core.services.monitoring.questions import compare_questions
from core.services.monitoring.rules import monitoring_settings_of
from core.storage import find
from dashboard.components.answerers import who_can_answer
from tests.services.monitoring.conftest import RIGHT, WRONG, asked, embed, evaluated, scripted, second  # noqa: F401 - fixtures

ADA = declared("Ada")


@pytest.fixture
def used(workspace, learned, second):  # noqa: F811
    put_in_use(workspace, learned.project, "run-1", by=ADA)
    return learned.project


def shown(app) -> str:
    return "\n".join(element.value for element in (*app.main.markdown, *app.main.caption, *app.main.subheader))


def test_without_a_run_the_page_says_what_comes_first(open_page, workspace):
    project = workspace.create_project("Empty")
    app = open_page("monitoring", project_id=project.id)
    assert app.button(key="empty-train").label == "Train a model"


def test_a_run_is_put_in_use_and_answers_first_from_then_on(open_page, workspace, learned, second):  # noqa: F811
    app = open_page("monitoring", project_id=learned.project.id)
    assert "No model is in use yet" in shown(app) and "Nobody asked anything" in shown(app)
    assert app.button(key="put-in-use").disabled  # nobody has said who it is
    app.text_input(key="reviewer").set_value("Ada").run()
    app.selectbox(key="in-use-run").set_value("run-1").run()
    app.button(key="put-in-use").click().run()
    assert not app.exception and model_in_use(workspace, learned.project).run_id == "run-1"
    answerers = who_can_answer(workspace, learned.project)
    assert list(answerers)[:2] == ["run-1", "run-2"] and answerers["run-1"].endswith("in use")


def test_another_run_needs_a_reason_and_the_one_before_comes_back(open_page, workspace, used):
    app = open_page("monitoring", project_id=used.id)
    app.text_input(key="reviewer").set_value("Ada").run()
    assert app.button(key="put-in-use").disabled
    app.text_input(key="in-use-reason").set_value("It speaks as we do.").run()
    app.button(key="put-in-use").click().run()
    assert model_in_use(workspace, used).run_id == "run-2" and "It speaks as we do" in shown(app).replace("\\", "")
    app.button(key="go-back").click().run()
    assert not app.exception and model_in_use(workspace, used).way == "rolled back"


def test_it_is_time_for_reasons_that_the_overview_tells_too(open_page, workspace, used, asked):  # noqa: F811
    for _ in range(10):
        asked(thumb="down", state="cut")
    asked("QQQQ XXXX ZZZZ 7777 &&&&", answerer="smollm2-135m-instruct")
    compare_questions(workspace, used, embed=embed)
    app = open_page("monitoring", project_id=used.id)
    assert not app.exception and "10 of 10 answers with a thumb got a thumb down" in shown(app)
    assert "1 of 11 questions are unlike those it was trained on" in shown(app)
    assert app.button(key="retrain").proto.type == "primary"
    assert [row for row in app.dataframe[-1].value["Who"]] == ["Run 1", "smollm2-135m-instruct"]
    overview = open_page(project_id=used.id)
    assert any("**Time to retrain:** 10 of 10 answers" in text.value for text in overview.main.markdown)


def test_nothing_to_say_leaves_the_overview_as_it_was(open_page, used):
    app = open_page(project_id=used.id)
    assert not any("Time to retrain" in text.value for text in app.main.markdown)


@pytest.mark.parametrize(("answers", "words"), [(RIGHT, "Run 3 is in use now."), (WRONG, "Run 3 was not put in use.")])
def test_one_button_leads_to_the_next_run_and_says_what_became_of_it(
    open_page,
    workspace,
    used,
    learned,
    evaluated,  # noqa: F811
    scripted,  # noqa: F811
    answers,
    words,  # noqa: F811
):
    evaluated(learned.run, RIGHT)
    scripted["answers"] = answers
    app = open_page("monitoring", project_id=used.id)
    app.button(key="retrain").click().run()
    while queued := find(workspace.db, Job, state="queued", order="created_at, rowid"):
        worker.run_job(workspace, queued[0].id)
    app.run()
    assert not app.exception and words in shown(app)
    assert not app.button(key="retrain").disabled


def test_questions_that_wait_are_compared_by_a_job(open_page, workspace, used, asked, waiting_jobs):  # noqa: F811
    asked()
    app = open_page("monitoring", project_id=used.id)
    assert [job.kind for job in find(workspace.db, Job)] == ["compare questions"]  # by itself, once a day
    assert "1 question not compared yet" in shown(app)
    workspace.db.execute("update jobs set state = 'done'")
    app.run()
    app.button(key="compare-questions").click().run()
    assert [job.state for job in find(workspace.db, Job)] == ["done", "queued"]


def test_the_bounds_are_the_projects_own(open_page, workspace, used):
    app = open_page("monitoring", project_id=used.id)
    app.text_input(key="reviewer").set_value("Ada").run()
    app.number_input(key="monitoring-most_down").set_value(10).run()
    app.number_input(key="monitoring-evaluate_every_days").set_value(7).run()
    app.button(key="keep-monitoring").click().run()
    settings = monitoring_settings_of(workspace, used)
    assert (settings.most_down, settings.evaluate_every_days) == (0.1, 7)
