"""A passage opened from the heat map or from a pair: its text and pairs, and what to do where there are none."""

import json

import pytest

from core.records import Job, now
from core.storage import find, insert, update
from core.storage.written_passages import WrittenPassage, put_in_place, store_written
from dashboard.components.questions.curation.filters import DOCUMENT, PASSAGE
from tests.learned import PASSAGES


@pytest.fixture
def open_passage(open_page, learned):
    def opened(passage_id):
        app = open_page("questions", project_id=learned.project.id)
        app.session_state[PASSAGE], app.session_state[DOCUMENT] = passage_id, "document-1"
        return app.run()

    return opened


def parts(app, name):
    """What the browser gets for each component that has a value of this name."""
    given = [json.loads(part.proto.mixed.json or part.proto.json) for part in app.get("bidi_component")]
    return [values for values in given if name in values]


def words_of(app):
    return " ".join(element.value for element in [*app.markdown, *app.caption, *app.text])


def test_map_names_the_passage_of_each_square(open_page, learned):
    (shown,) = parts(open_page("questions", project_id=learned.project.id), "documents")
    assert [cell[2] for cell in shown["documents"][0]["cells"]] == ["passage-0", "passage-1"]
    assert [cell[1] for cell in shown["documents"][0]["cells"]] == [
        "passage 1 · page 1: 3 facts",
        "passage 2 · page 1: not asked about",
    ]


def test_open_passage_is_shown_with_its_pairs_alone(open_passage):
    app = open_passage("passage-0")
    assert PASSAGES[0] in words_of(app) and "passage 1 of 2" in words_of(app)
    assert "3 pairs kept, 1 dropped." in words_of(app)
    assert len(parts(app, "rows")[0]["rows"]) == 4
    assert parts(app, "documents")[0]["shown"] == "passage-0"


def test_passage_without_pairs_says_what_to_do(open_passage, workspace, learned):
    app = open_passage("passage-1")
    assert PASSAGES[1] in words_of(app) and "Nobody has written about this passage yet" in words_of(app)
    assert parts(app, "rows")[0]["rows"] == []
    insert(workspace.db, Job(id="job-1", kind="generate", project_id=learned.project.id, state="done", created_at=now()))
    nothing = WrittenPassage(document_id="document-1", review_id="review-1", passage_id="passage-1", pairs=())
    store_written(workspace, learned.project.id, "job-1", [nothing])
    put_in_place(workspace, learned.project.id, "job-1")
    assert "found nothing to ask" in words_of(app.run())


def test_passage_whose_pairs_are_all_dropped_says_so(open_passage, workspace):
    workspace.db.execute("update pairs set state = 'dropped', reason = 'duplicate'")
    assert "Nothing is kept: 4 pairs dropped." in words_of(open_passage("passage-0"))


@pytest.mark.usefixtures("waiting_jobs")
def test_questions_are_written_for_the_open_passage_alone(open_passage, workspace):
    app = open_passage("passage-1")
    app.number_input(key="wordings").set_value(3).run()
    app.button(key="passage-write").click().run()
    assert not app.error
    (job,) = find(workspace.db, Job, kind="generate")
    assert job.params["passage_ids"] == ["passage-1"] and job.params["settings"]["wordings"] == 3
    update(workspace.db, Job, job.id, state="done")
    app.run()
    assert PASSAGES[1] in words_of(app)  # it is still open when the job has ended


def test_pair_is_added_to_the_open_passage(open_passage):
    app = open_passage("passage-1")
    app.button(key="passage-add").click().run()
    (passage,) = [box for box in app.selectbox if box.key.startswith("add-passage")]
    assert passage.value == "passage-1"


def test_ways_lead_to_the_passages_around_and_back_to_all_pairs(open_passage):
    app = open_passage("passage-0")
    assert app.button(key="passage-before").disabled
    app.button(key="passage-bare").click().run()
    assert app.session_state[PASSAGE] == "passage-1" and app.button(key="passage-after").disabled
    app.button(key="passage-before").click().run()
    assert app.session_state[PASSAGE] == "passage-0"
    app.button(key="passage-close").click().run()
    assert PASSAGE not in app.session_state and len(parts(app, "rows")[0]["rows"]) == 4


def test_open_pair_leads_to_its_passage(open_page, learned):
    app = open_page("questions", project_id=learned.project.id)
    app.text_input(key="filter-words").set_value("tonnes").run()
    app.button(key="open-passage-pairs").click().run()
    assert app.session_state[PASSAGE] == "passage-0" and not app.text_input(key="filter-words").value


def test_another_document_leaves_the_passage(open_passage):
    app = open_passage("passage-0")
    app.selectbox(key=DOCUMENT).set_value("\0").run()
    assert PASSAGE not in app.session_state


def test_passage_that_is_not_approved_any_more_leads_back(open_passage, workspace):
    workspace.db.execute("update reviews set state = 'withdrawn'")
    app = open_passage("passage-0")
    assert "is not approved" in words_of(app)
    app.button(key="passage-close").click().run()
    assert PASSAGE not in app.session_state


def test_filter_holds_while_a_job_is_shown_in_its_place(open_page, workspace, learned):
    app = open_page("questions", project_id=learned.project.id)
    app.text_input(key="filter-words").set_value("much").run()
    insert(workspace.db, Job(id="job-1", kind="generate", project_id=learned.project.id, created_at=now()))
    assert "filter-words" not in [field.key for field in app.run().text_input]
    update(workspace.db, Job, "job-1", state="done")
    app.run()
    assert app.text_input(key="filter-words").value == "much" and len(parts(app, "rows")[0]["rows"]) == 1


def test_filter_of_one_project_does_not_hold_in_another(open_page, workspace, learned):
    other = workspace.create_project("Other")
    workspace.db.execute("update pairs set project_id = ? where id = 'pair-0'", [other.id])
    app = open_page("questions", project_id=learned.project.id)
    app.text_input(key="filter-words").set_value("nothing at all").run()
    app.selectbox(key="project_id").set_value(other.id).run()
    assert not app.text_input(key="filter-words").value and len(parts(app, "rows")[0]["rows"]) == 1
