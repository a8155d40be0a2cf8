"""The questions page: what was written, its figures, the open pair with its source, carrying pairs out and in."""

import json
from dataclasses import replace

import psutil
import pytest

from core.errors import InputError
from core.questions import PAIR_FORMATS
from core.questions.filters import DUPLICATE
from core.records import Document, Job, QuestionPair, now
from core.services.questions import curation
from core.services.questions.question_pairs import Source
from core.storage import find, get, insert, update
from core.storage.written_passages import WrittenPassage, store_written
from dashboard.components.charts import outcome_chart
from dashboard.components.questions.pair_files import export_bytes
from dashboard.components.questions.pairs import source_html


def shown(app):
    """The rows of the list, as the browser gets them."""
    (part,) = [
        part for part in app.get("bidi_component") if '"rows"' in part.proto.mixed.json or '"rows"' in part.proto.json
    ]
    return json.loads(part.proto.mixed.json or part.proto.json)["rows"]


def test_empty_project_is_sent_to_the_documents_first(open_page, workspace):
    app = open_page("questions", project_id=workspace.create_project("Empty").id)
    assert app.button(key="empty-documents").label == "Add documents"


def test_list_shows_every_pair_with_its_document_and_reason(open_page, learned):
    rows = shown(open_page("questions", project_id=learned.project.id))
    assert [(row["question"], row["state"]) for row in rows] == [(pair.input, pair.state) for pair in learned.pairs]
    assert rows[3]["about"] == "Asked already · Winch.md · page 1"


def test_reasons_that_occur_are_explained_where_dropped_pairs_are_counted(open_page, workspace, learned):
    app = open_page("questions", project_id=learned.project.id)
    (heading,) = [text for text in app.markdown if text.value == "**Kept and dropped, by reason**"]
    assert heading.help == f"- **Asked already**: {DUPLICATE.description}"
    curation.keep(workspace, learned.project.id, [learned.pairs[3].id])
    (heading,) = [text for text in app.run().markdown if text.value == "**Kept and dropped, by reason**"]
    assert not heading.help


def test_chart_names_every_reason():
    rows = outcome_chart(4, {"by hand": 1, "duplicate": 2, "of_old": 1}).data.to_dict("records")
    assert [row["what"] for row in rows] == ["Kept: 4", "Asked already: 2", "Dropped by a person: 1", "Of old: 1"]


def test_filter_leaves_the_pairs_that_match_and_opens_the_first(open_page, workspace, learned):
    app = open_page("questions", project_id=learned.project.id)
    app.get_by_key("filter-state").set_value("dropped").run()
    assert [row["question"] for row in shown(app)] == ["What?"]
    app.button(key="open-k").click().run()
    assert get(workspace.db, QuestionPair, learned.pairs[3].id).state == "kept"
    assert get(workspace.db, QuestionPair, learned.pairs[0].id).decided is None


def test_words_that_no_pair_has_are_said_to_match_nothing(open_page, learned):
    app = open_page("questions", project_id=learned.project.id)
    app.text_input(key="filter-words").set_value("submarine").run()
    assert any("No pair matches" in text.value for text in app.markdown) and shown(app) == []
    app.button(key="none-clear").click().run()
    assert len(shown(app)) == 4


def test_open_pair_has_its_quote_marked_in_its_passage_and_is_dropped_and_back(open_page, workspace, learned):
    app = open_page("questions", project_id=learned.project.id)
    assert any("<mark>The winch holds 12 tonnes.</mark>" in part.value for part in app.html)
    app.button(key="open-d").click().run()
    assert get(workspace.db, QuestionPair, learned.pairs[0].id).state == "dropped"
    assert app.button(key="curation-undo").label == "Undo: 1 pair dropped (u)"
    app.button(key="curation-undo").click().run()
    assert get(workspace.db, QuestionPair, learned.pairs[0].id).state == "kept"
    assert "curation-undo" not in [button.key for button in app.button]


def test_open_pair_shows_the_text_that_a_model_is_trained_on(open_page, learned):
    app = open_page("questions", project_id=learned.project.id)
    app.session_state["open-training-text"] = True
    app.run()
    (text,) = [part.value for part in app.html if "im_start" in part.value]
    assert "How much does the winch hold?" in text and "<mark>The winch holds 12 tonnes." in text
    app.button(key="open-d").click().run()
    assert any("no training uses a pair that is dropped" in caption.value for caption in app.caption)
    assert not any("Dropped: Dropped" in caption.value for caption in app.caption)


def test_project_without_pairs_has_nothing_to_search_or_to_decide_on(open_page, workspace, learned):
    workspace.db.execute("delete from pairs")
    app = open_page("questions", project_id=learned.project.id)
    assert any("There is no pair yet." in text.value for text in app.markdown)
    assert not [field for field in app.text_input if field.key == "filter-words"]
    assert any(caption.value == "There is no kept pair to take yet." for caption in app.caption)


def test_provenance_says_where_how_and_by_whom(open_page, workspace, learned):
    update(workspace.db, QuestionPair, "pair-0", writer="guided", kind="number", wording="open", edited_by="Ada *A*")
    app = open_page("questions", project_id=learned.project.id)
    said = r"Winch\.md · page 1 · written automatically (Guided) · Number · Open question · text by Ada \*A\*"
    assert said in [caption.value for caption in app.caption]


def test_wordings_of_a_fact_lead_to_each_other(open_page, workspace, learned):
    for number in (0, 2):
        update(workspace.db, QuestionPair, f"pair-{number}", fact="f")
    app = open_page("questions", project_id=learned.project.id)
    assert [row["about"].split(" · ")[0] for row in shown(app)] == ["2 wordings", "Winch.md", "2 wordings", "Asked already"]
    app.button(key="wording-pair-2").click().run()
    assert any("How many tonnes?" in text.value for text in app.markdown)
    assert app.button(key="wording-pair-0")


def test_wordings_that_follow_each_other_stand_below_the_first_and_say_how_they_ask(open_page, workspace, learned):
    for number, wording in enumerate(("open", "cloze", None)):
        update(workspace.db, QuestionPair, f"pair-{number}", fact="f", wording=wording)
    rows = shown(open_page("questions", project_id=learned.project.id))
    assert [row["is_same_fact"] for row in rows] == [False, True, True, False]
    assert [row["about"] for row in rows][:3] == ["3 wordings · Winch.md · page 1", "Gap", "the same fact"]


def test_decision_about_all_that_match_is_asked_for_with_its_number(open_page, workspace, learned):
    app = open_page("questions", project_id=learned.project.id)
    app.text_input(key="filter-words").set_value("tonnes").run()
    app.button(key="bulk-drop").click().run()
    assert any(text.value.startswith("**4 pairs**, on every page, will be dropped") for text in app.markdown)
    assert get(workspace.db, QuestionPair, "pair-0").state == "kept"
    app.button(key="bulk-yes").click().run()
    assert {get(workspace.db, QuestionPair, pair.id).state for pair in learned.pairs} == {"dropped"}
    assert app.button(key="curation-undo").label == "Undo: 4 pairs dropped (u)"


class Blind:
    """A detector that finds nothing."""

    def detect(self, texts):
        return [[] for _ in texts]


def write(app, **fields):
    for name, text in fields.items():
        (field,) = [area for area in app.text_area if area.key.startswith(f"write-{name.replace('_', '-')}-")]
        field.set_value(text)
    return next(button for button in app.button if button.key == "form-send").click().run()


def test_pair_is_edited_in_place_in_the_name_of_whoever_does_it(open_page, workspace, learned, monkeypatch):
    monkeypatch.setattr("dashboard.components.questions.curation.forms.detector_for", lambda *_: Blind())
    app = open_page("questions", project_id=learned.project.id)
    app.text_input(key="reviewer").set_value("Ada").run()
    app.button(key="open-e").click().run()
    write(app, _question="What does the winch hold?", _answer="12 tonnes.")
    pair = get(workspace.db, QuestionPair, "pair-0")
    assert (pair.input, pair.output, pair.edited_by, pair.state) == (
        "What does the winch hold?",
        "12 tonnes.",
        "Ada",
        "kept",
    )
    assert not app.exception and shown(app)[0]["about"].startswith("by hand · edited by Ada")


def test_edit_that_the_passage_does_not_say_is_told_to_be_not_kept(open_page, workspace, learned, monkeypatch):
    monkeypatch.setattr("dashboard.components.questions.curation.forms.detector_for", lambda *_: Blind())
    app = open_page("questions", project_id=learned.project.id)
    app.button(key="open-e").click().run()
    write(app, _answer="99 tonnes.")
    assert any("the passage does not say this" in warning.value for warning in app.warning)
    app.button(key="open-e").click().run()
    write(app, _answer="  ")
    assert any("1 to 20,000 characters" in warning.value for warning in app.warning)
    assert get(workspace.db, QuestionPair, "pair-0").output == "99 tonnes."


def test_pairs_are_split_merged_and_added(open_page, workspace, learned, monkeypatch):
    monkeypatch.setattr("dashboard.components.questions.curation.forms.detector_for", lambda *_: Blind())
    app = open_page("questions", project_id=learned.project.id)
    app.button(key="open-split").click().run()
    write(app, second_question="What is to be watched?", second_answer="The rope.")
    assert len(shown(app)) == 5
    app.button(key="open-merge").click().run()
    write(app, _answer="The winch holds 12 tonnes.")
    assert len(shown(app)) == 4
    app.button(key="curation-add").click().run()
    write(app, _question="Who stands inside the angle?", _answer="Nobody stands inside.")
    assert not app.exception and len(shown(app)) == 5
    for _ in range(3):
        app.button(key="curation-undo").click().run()
    assert find(workspace.db, QuestionPair, order="number") == list(learned.pairs)


def test_markup_in_a_document_stays_text():
    shown = source_html(Source("<script>a</script>", "<img src=x>", "&"))
    assert "<script>" not in shown and "<img" not in shown
    assert "<mark>&lt;img src=x&gt;</mark>&amp;" in shown


def uploaded(open_page, learned, name, content):
    app = open_page("questions", project_id=learned.project.id)
    app.file_uploader(key="pair-files").upload(name, content.encode()).run()
    assert not app.exception
    return app


def box(app, role):
    return next(each for each in app.selectbox if (each.key or "").startswith(f"import-{role}-"))


def told(app):
    return " ".join(part.value for part in [*app.caption, *app.markdown, *app.warning])


def imports(workspace):
    return [job.params for job in find(workspace.db, Job) if job.kind == "import"]


def test_rows_that_are_wrong_are_named_before_anything_is_stored(open_page, workspace, learned, waiting_jobs):
    app = uploaded(open_page, learned, "mine.jsonl", '{"input": "Why?", "output": "Because."}\nbroken\n')
    assert "Line 2 is not JSON. Repair or delete the line" in app.warning[0].value
    assert app.button(key="bring-in").disabled and "Nothing is stored yet" in told(app)
    assert not list(workspace.home.rglob("*pairs*")) and imports(workspace) == []
    (skip,) = [each for each in app.toggle if (each.key or "").startswith("import-skip-")]
    assert skip.label == "Leave out the 1 row that cannot be used"
    skip.set_value(True).run()
    app.button(key="bring-in").click().run()
    (params,) = imports(workspace)
    assert params["skips_wrong"] is True and "columns" not in params and params["name"] == "mine.jsonl"


def test_a_file_is_shown_with_its_columns_before_it_is_brought_in(open_page, workspace, learned, waiting_jobs):
    app = uploaded(open_page, learned, "mine.csv", "question,answer,page\nWhy?,Because.,3\n")
    assert list(app.dataframe[-1].value["Question"]) == ["Why?"]
    assert "**mine.csv**" in told(app) and "1 pair · read as CSV or TSV" in told(app) and "1 column not used." in told(app)
    assert (box(app, "question").value, box(app, "answer").value, box(app, "system").value) == ("question", "answer", "none")
    app.button(key="bring-in").click().run()
    (params,) = imports(workspace)
    assert "columns" not in params and not app.exception


def test_columns_that_no_name_tells_are_chosen(open_page, workspace, learned, waiting_jobs):
    app = uploaded(open_page, learned, "mine.csv", "Frage,Antwort\nWarum?,Darum.\n")
    assert app.button(key="bring-in").disabled and "do not tell which holds the question" in app.info[0].value
    assert list(app.dataframe[-1].value["Frage"]) == ["Warum?"]
    box(app, "question").set_value("Frage").run()
    assert "A column is missing" in app.error[0].value
    box(app, "answer").set_value("Antwort").run()
    assert list(app.dataframe[-1].value["Answer"]) == ["Darum."]
    app.button(key="bring-in").click().run()
    assert [params["columns"] for params in imports(workspace)] == [{"question": "Frage", "answer": "Antwort"}]


def test_a_table_without_titles_is_read_from_its_first_row(open_page, learned):
    app = uploaded(open_page, learned, "mine.csv", "Why?,Because.\nHow?,So.\n")
    next(each for each in app.toggle if (each.key or "").startswith("import-titles-")).set_value(False).run()
    box(app, "question").set_value("column 1").run()
    box(app, "answer").set_value("column 2").run()
    assert list(app.dataframe[-1].value["Question"]) == ["Why?", "How?"] and not app.button(key="bring-in").disabled


def test_titles_may_turn_out_to_be_a_pair(open_page, learned):
    app = uploaded(open_page, learned, "mine.csv", "question,answer\nHow?,So.\n")
    next(each for each in app.toggle if (each.key or "").startswith("import-titles-")).set_value(False).run()
    assert not app.exception and box(app, "question").value == "none"
    assert box(app, "question").options == ["none", "column 1", "column 2"]


def test_a_conversation_is_shown_with_its_instruction_and_turns(open_page, learned):
    turns = [
        ("system", "Be brief."),
        ("user", "A?"),
        ("assistant", "1."),
        ("user", "B?"),
        ("assistant", "2."),
        ("user", "C?"),
    ]
    row = {"messages": [{"role": role, "content": text} for role, text in turns]}
    app = uploaded(open_page, learned, "mine.jsonl", json.dumps(row))
    shown = app.dataframe[-1].value
    assert list(shown["Instruction"]) == ["Be brief."] * 2 and list(shown["Turns before"]) == [0, 1]
    assert "1 question without an answer left out." in told(app)


def test_a_file_that_is_none_of_pairs_is_refused_by_its_name(open_page, learned):
    app = uploaded(open_page, learned, "mine.xlsx", "no workbook")
    assert "mine.xlsx does not begin like a .xlsx file" in app.error[0].value and app.button(key="bring-in").disabled


def test_what_an_import_left_out_is_said_afterwards(open_page, workspace, learned):
    result = {"pairs": 2, "document_id": "document-1", "notes": ["1 empty message left out."]}
    job = Job(id="job-1", kind="import", project_id=learned.project.id, state="done", result=result, created_at=now())
    insert(workspace.db, job)
    app = open_page("questions", project_id=learned.project.id)
    assert "Brought in last: 2 pairs. 1 empty message left out." in told(app)


@pytest.mark.parametrize(
    ("format", "name"), [("kiln", "question-pairs.kiln.csv"), ("datasets", "question-pairs-datasets.zip")]
)
def test_a_format_is_explained_and_its_file_is_named(open_page, workspace, learned, format, name):
    app = open_page("questions", project_id=learned.project.id)
    app.selectbox(key="export-pair-format").set_value(format).run()
    assert PAIR_FORMATS[format].description in told(app) and not app.exception
    data = export_bytes(workspace, learned.project, format=format, with_source=True)
    assert data.startswith(b"PK" if name.endswith(".zip") else b"input,output,tags")


def test_download_has_exactly_the_two_keys(workspace, learned):
    lines = export_bytes(workspace, learned.project, with_source=False).decode().splitlines()
    kept = [pair for pair in learned.pairs if pair.state == "kept"]
    assert [json.loads(line) for line in lines] == [{"input": pair.input, "output": pair.output} for pair in kept]
    assert list(workspace.home.glob(".export-*")) == []


def test_pairs_nobody_approved_cannot_be_downloaded(open_page, workspace, learned):
    workspace.withdraw_approval("document-1", reason="a name was missed")
    app = open_page("questions", project_id=learned.project.id)
    assert app.get("download_button")[0].proto.disabled
    assert any("None of the 3 pairs" in caption.value and "approve" in caption.value for caption in app.caption)
    with pytest.raises(InputError, match="approval stands"):
        export_bytes(workspace, learned.project, with_source=True)


def test_download_says_how_many_pairs_it_leaves_out(open_page, workspace, learned):
    document = replace(get(workspace.db, Document, "document-1"), id="document-2", name="Other.md")
    insert(workspace.db, document)
    insert(workspace.db, replace(learned.pairs[0], id="pair-9", document_id=document.id, review_id=""))
    app = open_page("questions", project_id=learned.project.id)
    assert not app.get("download_button")[0].proto.disabled
    assert any(caption.value == "1 left out: their document is not approved." for caption in app.caption)


def written(workspace, learned, job):
    """Let a job have written a passage anew."""
    pair = learned.pairs[0]
    again = replace(pair, id="pair-again")
    place = {"document_id": pair.document_id, "review_id": pair.review_id, "passage_id": pair.passage_id}
    insert(workspace.db, job)
    store_written(workspace, learned.project.id, job.id, [WrittenPassage(**place, pairs=(again,))])


def test_what_a_killed_job_wrote_is_not_among_the_pairs_to_train_on(open_page, workspace, learned):
    killed = Job(id="job-1", kind="generate", project_id=learned.project.id, state="failed", created_at=now())
    written(workspace, learned, killed)
    app = open_page("questions", project_id=learned.project.id)
    assert [row["question"] for row in shown(app)] == [pair.input for pair in learned.pairs]
    assert any(text.value.startswith("**3 pairs kept**") for text in app.markdown)


def test_what_a_job_at_work_wrote_so_far_is_shown_and_nothing_to_train_with(open_page, workspace, learned):
    process = psutil.Process()
    running = Job(
        id="job-1", kind="generate", project_id=learned.project.id, state="running", pid=process.pid,
        pid_started=process.create_time(), created_at=now(),
    )  # fmt: skip
    insert(workspace.db, replace(running, id="job-0", state="done"))
    written(workspace, learned, running)
    app = open_page("questions", project_id=learned.project.id)
    assert not app.exception and "go-train" not in [button.key for button in app.button]
    assert [metric.label for metric in app.metric] == ["Pairs written so far"]
    assert not any("first pairs appear" in caption.value for caption in app.caption)


def test_what_a_cancelled_job_wrote_waits_for_it_to_be_resumed(open_page, workspace, learned):
    cancelled = Job(id="job-1", kind="generate", project_id=learned.project.id, state="cancelled", created_at=now())
    written(workspace, learned, cancelled)
    workspace.db.execute("delete from pairs")
    app = open_page("questions", project_id=learned.project.id)
    assert any("none of them kept yet" in text.value for text in app.markdown)
    assert not any("There is no pair yet" in text.value for text in app.markdown)
