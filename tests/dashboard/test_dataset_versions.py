"""Dataset versions on the Train page (what freezing means, the card, what changed), and what is written again."""

from dataclasses import replace

import pytest

from core.jobs.worker import run_job
from core.records import DatasetVersion, Job, QuestionPair
from core.services.questions.freezing.job import Result as Frozen
from core.services.questions.generation import Result
from core.storage import find, insert, update

pytestmark = pytest.mark.usefixtures("waiting_jobs")


@pytest.fixture
def project(workspace, learned):
    """A project with an old version without a card, and enough pairs to hold some out."""
    others = [replace(learned.pairs[0], id=f"more-{n}", input=f"What is {n}?", passage_id=f"p{n}") for n in range(20)]
    insert(workspace.db, *[replace(pair, output=f"It is the thing {pair.id}") for pair in others])
    return learned.project


def words_of(app):
    return " ".join(element.value for element in [*app.markdown, *app.caption, *app.success])


def freeze(app, workspace):
    """Press the button, do the work of the job that it starts, and draw the page again."""
    app.button(key="freeze").click().run()
    (job,) = find(workspace.db, Job, kind="freeze", state="queued")
    assert run_job(workspace, job.id).state == "done"
    return app.run()


def test_freezing_is_explained_and_makes_the_next_version_with_its_card(open_page, workspace, project):
    app = open_page("train", project_id=project.id)
    assert "never changes" in words_of(app) and "2 pairs to train on, 1 pair held out." in words_of(app)
    freeze(app, workspace)
    assert [version.number for version in find(workspace.db, DatasetVersion)] == [1, 2]
    assert "Version 2 is frozen." in words_of(app)
    assert "held out and never trained on" in words_of(app) and "Nothing leaks" in words_of(app)
    freeze(app, workspace)
    assert "Nothing changed since version 2" in words_of(app)
    assert app.button(key="freeze").label == "Freeze version 3"


def test_what_is_held_out_can_be_chosen_and_stays_chosen(open_page, workspace, project):
    app = open_page("train", project_id=project.id)
    app.slider(key="dataset-share").set_value(0).run()
    freeze(app, workspace)
    assert find(workspace.db, DatasetVersion, number=2)[0].heldout_count == 0
    assert open_page("train", project_id=project.id).slider(key="dataset-share").value == 0


def test_changes_are_shown_before_and_after_freezing(open_page, workspace, project):
    app = open_page("train", project_id=project.id)
    freeze(app, workspace)
    update(workspace.db, QuestionPair, "more-3", state="dropped")
    app.button(key="freeze-difference").click().run()
    assert "1 pair no longer there." in words_of(app)
    freeze(app, workspace)
    app.toggle(key="changed-3").set_value(True).run()
    assert "1 pair no longer there." in words_of(app)
    assert list(app.dataframe[0].value["Question"]) == ["What is 3?"]


def test_a_job_that_freezes_is_followed_and_nothing_else_is_frozen_meanwhile(open_page, workspace, project):
    app = open_page("train", project_id=project.id)
    app.button(key="freeze").click().run()
    (job,) = find(workspace.db, Job, kind="freeze")
    assert not [button for button in app.button if button.key == "freeze"]
    assert "Freeze question pairs" in words_of(app) and app.button(key=f"cancel-{job.id}")
    app.button(key=f"cancel-{job.id}").click().run()
    assert "It was cancelled." in words_of(app) and app.button(key="freeze").label == "Freeze version 2"


def test_what_came_of_freezing_is_told_until_there_is_a_newer_version(open_page, workspace, project):
    app = freeze(open_page("train", project_id=project.id), workspace)
    assert "Version 2 is frozen." in words_of(app)
    (job,) = find(workspace.db, Job, kind="freeze")
    stale = Frozen.of(job).model_copy(update={"number": 1})
    update(workspace.db, Job, job.id, result=stale.as_json())
    assert "is frozen." not in words_of(open_page("train", project_id=project.id))


def test_a_project_without_pairs_has_nothing_to_freeze(open_page, workspace):
    app = open_page("train", project_id=workspace.create_project("Empty").id)
    assert not app.expander and "Freezing" not in words_of(app)


def test_versions_are_shown_where_nothing_can_be_frozen(open_page, workspace, learned):
    update(workspace.db, QuestionPair, "pair-0", state="dropped")
    workspace.db.execute("update pairs set state = 'dropped'")
    app = open_page("train", project_id=learned.project.id)
    assert "Freezing" in words_of(app) and not [button for button in app.button if button.key == "freeze"]


def test_pairs_whose_text_changed_are_told_with_what_to_do(open_page, workspace, learned):
    update(workspace.db, QuestionPair, "pair-0", review_id="review-0")
    assert "1 more are out of date" in words_of(open_page("train", project_id=learned.project.id))
    questions = open_page("questions", project_id=learned.project.id)
    assert any("1 pair out of date" in warning.value for warning in questions.warning)


@pytest.mark.parametrize(
    ("choice", "given"),
    [
        ("Only what changed", (False, False)),
        ("All passages", (True, False)),
        ("All passages, and forget my decisions", (True, True)),
    ],
)
@pytest.mark.usefixtures("waiting_jobs")
def test_decisions_are_forgotten_only_by_choice(open_page, workspace, learned, choice, given):
    app = open_page("questions", project_id=learned.project.id)
    assert app.radio(key="write-again").value == "Only what changed"
    app.radio(key="write-again").set_value(choice).run()
    app.button(key="write-pairs").click().run()
    (job,) = find(workspace.db, Job, kind="generate")
    assert (job.params.get("anew", False), job.params.get("forget_decisions", False)) == given
    result = Result(kept=3, dropped={}, passages=2, skipped=2)
    update(workspace.db, Job, job.id, state="done", result=result.as_json())
    assert "2 of 2 passages did not change" in words_of(open_page("questions", project_id=learned.project.id))
