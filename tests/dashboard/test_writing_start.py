"""How question pairs are started: the model, its way of writing and why, and a try on one passage."""

import json

import pytest

from core.questions import WRITERS
from core.records import Job, now
from core.services.questions.writing.trying import TriedPair
from core.settings import EMBEDDED_MODEL
from core.storage import find, insert
from core.storage.pair_measures import store_filter_settings


@pytest.fixture(autouse=True)
def no_process(waiting_jobs: None) -> None:
    pass


def captions(app) -> str:
    return " ".join(caption.value for caption in app.caption)


def test_the_page_says_why_a_small_model_is_guided(open_page, learned):
    app = open_page("questions", project_id=learned.project.id)
    assert f"{EMBEDDED_MODEL}: Guided, because it is a small model" in captions(app)
    assert app.selectbox(key="question-writer").value == "auto"


def test_another_way_can_be_chosen_and_the_page_says_that_it_may_not_fit(open_page, learned):
    app = open_page("questions", project_id=learned.project.id)
    app.selectbox(key="question-writer").set_value("several").run()
    assert "You chose another way" in captions(app)


def test_the_choices_reach_the_job(open_page, workspace, learned):
    app = open_page("questions", project_id=learned.project.id)
    app.selectbox(key="question-writer").set_value("several").run()
    app.number_input(key="unanswerable-share").set_value(20).run()
    app.button(key="write-pairs").click().run()
    (job,) = find(workspace.db, Job, kind="generate")
    assert job.params["settings"]["writer"] == "several" and job.params["settings"]["unanswerable_share"] == 0.2


def test_a_trial_of_the_model_is_a_job_of_the_project(open_page, workspace, learned):
    app = open_page("questions", project_id=learned.project.id)
    app.button(key="probe-model").click().run()
    (job,) = find(workspace.db, Job, kind="probe")
    assert (job.project_id, job.params) == (learned.project.id, {"model": EMBEDDED_MODEL})


def test_an_edited_prompt_is_tried_and_not_kept(open_page, workspace, learned):
    app = open_page("questions", project_id=learned.project.id)
    app.selectbox(key="question-writer").set_value("several").run()
    (area,) = [each for each in app.text_area if each.label == "Text"]
    area.set_value("My way. {{passage}}").run()
    app.button(key="try").click().run()
    (job,) = find(workspace.db, Job, kind="try")
    assert job.params["settings"]["prompts"] == {"several": "My way. {{passage}}"}
    assert job.params["passage_id"] == "passage-1" and not (workspace.home / "prompts").exists()


def test_a_prompt_is_kept_for_all_projects_and_reset(open_page, workspace, learned):
    app = open_page("questions", project_id=learned.project.id)
    app.selectbox(key="question-writer").set_value("several").run()
    (area,) = [each for each in app.text_area if each.label == "Text"]
    area.set_value("no place").run()
    app.button(key="prompt-save").click().run()
    assert "lacks {{passage}}" in app.error[0].value
    [each for each in app.text_area if each.label == "Text"][0].set_value("My way. {{passage}}").run()
    app.button(key="prompt-save").click().run()
    assert (workspace.home / "prompts" / "several.txt").read_text() == "My way. {{passage}}"
    app.button(key="prompt-reset").click().run()
    assert not (workspace.home / "prompts" / "several.txt").exists()


def tried(workspace, learned, **pair):
    result = {"writer": "several", "replies": 1, "pairs": 1, "kept": 0}
    job = Job(id="job-1", kind="try", project_id=learned.project.id, state="done", result=result, created_at=now())
    insert(workspace.db, job)
    told = {"question": "What?", "answer": "So.", "quote": "", "kind": "fact", "reason": "", "explanation": ""} | pair
    path = workspace.tried_path(learned.project.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    replies = [{"prompt": "Write <b>one</b> pair.", "reply": '{"pairs": []}'}]
    pairs = [told | {"passed": ["Too short"], "failed": ["Broken"]}]
    path.write_text(json.dumps({"job": "job-1", "replies": replies, "pairs": pairs}))
    return TriedPair(**told)


def test_prompt_reply_and_pairs_stand_side_by_side_with_the_word_of_each_filter(open_page, workspace, learned):
    tried(workspace, learned, reason="Broken", explanation="It is broken.")
    app = open_page("questions", project_id=learned.project.id)
    assert {"Write <b>one</b> pair.", '{"pairs": []}'} <= {code.value for code in app.code}
    shown = [text.value for text in app.markdown]
    assert any("Dropped: broken" in text for text in shown)
    assert any("**Broken**" in text and "Too short" in text for text in shown)


def test_a_try_asks_the_filters_of_the_project(open_page, workspace, learned):
    store_filter_settings(workspace, learned.project.id, {"max_answer_characters": 700})
    open_page("questions", project_id=learned.project.id).button(key="try").click().run()
    (job,) = find(workspace.db, Job, kind="try")
    assert job.params["filters"]["max_answer_characters"] == 700


@pytest.mark.parametrize(("replies", "told"), [(0, "no sentence of this passage"), (1, "the replies could not be used")])
def test_a_try_of_which_nothing_came_says_what_that_means(open_page, workspace, learned, replies, told):
    tried(workspace, learned)
    path = workspace.tried_path(learned.project.id)
    stored = json.loads(path.read_text())
    path.write_text(json.dumps(stored | {"pairs": [], "replies": stored["replies"][:replies]}))
    app = open_page("questions", project_id=learned.project.id)
    assert any(told in caption.value for caption in app.caption)
    assert ("What it replied" in " ".join(text.value for text in app.markdown)) == bool(replies)


def test_a_try_shows_the_prompts_of_the_way_that_fits_the_model(open_page, learned):
    app = open_page("questions", project_id=learned.project.id)
    assert app.selectbox(key="question-writer").value == "auto"
    assert len(app.selectbox(key="prompt-name").options) == len(WRITERS["guided"].prompts)


def test_what_came_of_the_replies_is_told_after_the_job(open_page, workspace, learned):
    counts = {"asked": 12, "malformed": 2, "refused": 1, "ungrounded": 3, "cut": 1, "texts": 7, "writer": "rewriting"}
    result = {"kept": 4, "dropped": {}, "passages": 2} | counts
    insert(
        workspace.db,
        Job(id="j", kind="generate", project_id=learned.project.id, state="done", result=result, created_at=now()),
    )
    told = captions(open_page("questions", project_id=learned.project.id))
    for words in ("replied 12 times", "2 replies could not be used", "it refused", "3 pairs had no proof", "7 texts kept"):
        assert words in told
