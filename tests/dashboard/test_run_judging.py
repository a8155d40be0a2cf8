"""Two runs on the page Train, judged by a model: started, warned about, shown."""

from dataclasses import replace

import pytest

from core.evaluation.preference import Preferences
from core.records import Job
from core.services.evaluation import judging
from core.settings import EMBEDDED_MODEL
from core.storage import find, insert, update


@pytest.fixture
def page(open_page, workspace, learned, waiting_jobs, monkeypatch):
    """The page of a project with two runs, a small judge and a large one."""
    insert(workspace.db, replace(learned.run, id="run-2", number=2))
    monkeypatch.setattr("dashboard.components.run_judging.writing_models", lambda _workspace: [EMBEDDED_MODEL, "site-70b"])
    monkeypatch.setattr(judging, "check", lambda *_: None)
    return open_page("train", project_id=learned.project.id)


def test_a_small_judge_is_warned_about_and_a_larger_one_started(page, workspace, learned):
    assert any("weak judge" in part.value for part in page.caption)
    page.selectbox(key="judge-model").select("site-70b").run()
    assert not any("weak judge" in part.value for part in page.caption)
    page.button(key="start-judging").click().run()
    (job,) = find(workspace.db, Job, kind="judge")
    assert job.params == {"first_run_id": learned.run.id, "second_run_id": "run-2", "model": "site-70b"}
    assert page.button(key="start-judging").disabled


def test_what_a_judge_found_is_shown_with_a_picture(page, workspace, learned):
    page.button(key="start-judging").click().run()
    (job,) = find(workspace.db, Job, kind="judge")
    found = judging.Result(
        first_run_id=learned.run.id, second_run_id="run-2", model=EMBEDDED_MODEL, words="Run 2 is better, by this judge.",
        preferences=Preferences(second=9, first=1, disagreed=3, alike=2),
    )  # fmt: skip
    update(workspace.db, Job, job.id, state="done", result=found.as_json())
    page.run()
    assert any(part.value == found.words for part in page.markdown)
    assert any("Changed its mind" in chart.proto.spec for chart in page.get("vega_lite_chart"))
    page.multiselect(key="compared-runs").set_value([1]).run()
    assert not any(part.value == found.words for part in page.markdown)
