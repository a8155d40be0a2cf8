"""The evaluate page: the verdict first, the worst answers next, what to do with that."""

import json
from dataclasses import replace

import pytest

from core.evaluation import judge, verdict
from core.evaluation.forgetting import GeneralQuestion, compared
from core.files import write_atomic
from core.identity import declared
from core.records import DatasetVersion, Evaluation, Job, Project, now
from core.services.monitoring.in_use import model_in_use, put_in_use
from core.services.training.evaluation import Params
from core.storage import find, get, insert, update
from tests.graded import graded

REFERENCE = "twelve tonnes on the first layer"


@pytest.fixture
def evaluated(workspace, learned):
    """A function that stores an evaluation of the run, given the tuned model's answers."""

    def store(tuned: list[str], *, base: str = "a kind of machine", **more) -> None:
        rows = [
            {"input": f"Question {number}?", "output": REFERENCE, "passage": "Its text."} for number in range(len(tuned))
        ]
        changes = more.pop("changes", {})
        rows = [row | changes.get(number, {}) for number, row in enumerate(rows)]
        result = graded(rows, [base] * len(tuned), tuned, tuned_losses=[1.0] * len(tuned), **more)
        evaluation = Evaluation(
            id="evaluation-1", project_id=learned.project.id, run_id=learned.run.id, adapter_sha256="", questions_sha256="",
            question_count=len(tuned), scores=result.as_json()["scores"], verdict=verdict(result, judge(result, bound=0.6)),
            created_at=now(),
        )  # fmt: skip
        write_atomic(workspace.evaluation_path(learned.project.id, evaluation.id), json.dumps(result.as_json()))
        insert(workspace.db, evaluation)

    return store


def primary_buttons(app) -> list[str]:
    return [button.label for button in app.button if button.proto.type == "primary"]


def test_project_without_a_run_is_sent_to_train(open_page, workspace):
    app = open_page("evaluate", project_id=workspace.create_project("Empty").id)
    assert app.button(key="empty-train").label == "Train a model"


def test_run_without_evaluation_offers_the_comparison_alone(open_page, learned):
    app = open_page("evaluate", project_id=learned.project.id)
    assert primary_buttons(app) == ["Compare with the base model"]
    assert not app.subheader


def test_better_model_is_called_better_and_offered_for_use(open_page, learned, evaluated):
    evaluated([REFERENCE] * 8)
    app = open_page("evaluate", project_id=learned.project.id)
    assert "better than the base model" in app.subheader[0].value
    # token F1 of an equal answer is 1, of one without a common word 0: the interval has no width
    assert any(
        "share 100% of their words" in part.value and "between 100 and 100 points" in part.value for part in app.markdown
    )
    assert primary_buttons(app) == ["Use this model"]


def test_worse_model_is_called_worse_and_training_comes_next(open_page, learned, evaluated):
    evaluated(["a kind of engine"] * 8, base=REFERENCE)
    app = open_page("evaluate", project_id=learned.project.id)
    assert "answers worse" in app.subheader[0].value
    assert any("the loss would lie between 100 and 100 points" in part.value for part in app.markdown)
    assert primary_buttons(app) == ["Write more questions"]


def test_few_questions_are_no_proof(open_page, learned, evaluated):
    evaluated([REFERENCE] * 5)
    app = open_page("evaluate", project_id=learned.project.id)
    assert "cannot be told" in app.subheader[0].value and "not answer well enough" in app.subheader[0].value
    assert primary_buttons(app) == ["Compare again"]  # with other questions
    shown = [part.value for part in app.markdown]
    assert any("at least 6 questions are needed" in text for text in shown)
    assert not any("95 times in 100" in text for text in shown)
    *_, chart = app.get("vega_lite_chart")
    assert "95 times" not in chart.proto.spec and "low" not in chart.proto.spec


def test_worst_answer_comes_first_beside_base_and_reference(open_page, learned, evaluated):
    evaluated([REFERENCE] * 11 + ["nothing of the kind"])
    app = open_page("evaluate", project_id=learned.project.id)
    shown = [element.value for element in app.text]
    start = shown.index("Question 11?")
    four = ["a kind of machine", "nothing of the kind"] * 2  # base and tuned, alone and with the passage
    assert shown[start : start + 7] == ["Question 11?", REFERENCE, *four, "Its text."]
    assert all(shown.index(text) > start for text in shown if text.startswith("Question") and text != "Question 11?")


def test_words_of_the_trade_stand_in_details_alone(open_page, learned, evaluated):
    evaluated([REFERENCE] * 8)
    app = open_page("evaluate", project_id=learned.project.id)
    outside = " ".join(element.value for element in [*app.markdown, *app.caption, *app.subheader])
    assert not any(word in outside for word in ("F1", "ROUGE", "bootstrap", "quantile"))


def test_better_alone_gets_no_thumb_and_is_not_offered_first(open_page, learned, evaluated):
    evaluated([f"{REFERENCE} or thirteen, said of all the other winches and ropes and of nothing else"] * 8)
    app = open_page("evaluate", project_id=learned.project.id)
    assert "better than the base model, but not well enough to use" in app.subheader[0].value
    assert "thumb" not in app.subheader[0].value
    assert primary_buttons(app) == ["Train longer"]
    assert any("0% of its answers are right" in part.value for part in app.markdown)
    assert any("Weakest point: answers that are not right: 8 of 8" in part.value for part in app.markdown)


def test_the_bound_of_the_project_decides_and_can_be_changed(open_page, workspace, learned, evaluated):
    evaluated([REFERENCE] * 4 + ["nothing of the kind"] * 4)
    app = open_page("evaluate", project_id=learned.project.id)
    assert primary_buttons(app) == ["Train longer"]
    app.text_input(key="reviewer").input("Ada").run()
    app.slider(key="good-enough").set_value(50).run()
    app.button(key="good-enough-change").click().run()
    assert get(workspace.db, Project, learned.project.id).good_enough == 0.5
    assert primary_buttons(app) == ["Use this model"]


def test_refusals_are_counted_and_a_set_without_unanswerable_questions_says_so(open_page, learned, evaluated):
    evaluated([REFERENCE] * 7 + ["I don't know."])
    app = open_page("evaluate", project_id=learned.project.id)
    table = app.dataframe[0].value
    assert [column for column in table["Answers of"]] == [
        "Base", "Tuned", "Base, with the passage", "Tuned, with the passage",
    ]  # fmt: skip
    assert list(table.iloc[1])[2:] == [7, 0, 1]
    assert any("nothing is known about what the model says then" in caption.value for caption in app.caption)


def test_what_was_trained_on_or_too_long_is_said(open_page, learned, evaluated):
    changes = {0: {"was_trained_on": True}, 7: {"output": "The documents do not say.", "is_answerable": False}}
    evaluated([REFERENCE] * 8, changes=changes, too_long=[9])
    app = open_page("evaluate", project_id=learned.project.id)
    shown = [part.value for part in app.markdown]
    assert "The run was trained on 1 of the 8 questions; the verdict rests on the other 7." in shown
    assert "Question 9 is too long for the model and not graded." in shown
    assert any("invented: the documents do not tell" in caption.value for caption in app.caption)
    assert any("trained on: it does not count" in caption.value for caption in app.caption)


def test_the_best_answers_can_come_first(open_page, learned, evaluated):
    evaluated(["nothing of the kind"] + [REFERENCE] * 2)
    app = open_page("evaluate", project_id=learned.project.id)
    app.segmented_control(key="answers-order").set_value("Best first").run()
    questions = [element.value for element in app.text if element.value.startswith("Question ")]
    assert questions[-1] == "Question 0?"


def test_an_evaluation_of_two_columns_still_opens(open_page, workspace, learned, evaluated):
    """As it was stored before there were four: without the kind of question and whether an answer is right."""
    evaluated([REFERENCE] * 8, has_passages=False)
    path = workspace.evaluation_path(learned.project.id, "evaluation-1")
    told = json.loads(path.read_text(encoding="utf-8"))
    for name in ("with_passage", "too_long"):
        told.pop(name)
    for row in told["rows"]:
        answers = {name: dict(list(graded.items())[:5]) for name, graded in row["answers"].items()}
        kept = {name: row[name] for name in ("question", "reference")}
        row.clear()
        row.update(kept | answers)
    path.write_text(json.dumps(told), encoding="utf-8")
    app = open_page("evaluate", project_id=learned.project.id)
    assert not app.exception and primary_buttons(app) == ["Use this model"]
    assert any("compare again to see them" in caption.value for caption in app.caption)


def test_broken_question_file_is_refused_in_place(open_page, workspace, learned):
    app = open_page("evaluate", project_id=learned.project.id)
    app.file_uploader(key="own-questions").upload("own.jsonl", b"not json\n").run()
    app.button(key="start-evaluation").click().run()
    assert "own.jsonl: line 1" in app.error[0].value
    assert not list((workspace.home / "incoming").glob("*/*"))


def test_a_file_of_questions_is_deleted_once_they_were_asked(open_page, workspace, learned, monkeypatch):
    """It was put aside for the job alone; nobody else would delete it."""
    queued: list[Params] = []
    monkeypatch.setattr(
        "dashboard.components.questions.pair_files.jobs.submit", lambda _workspace, params, **_named: queued.append(params)
    )
    app = open_page("evaluate", project_id=learned.project.id)
    app.file_uploader(key="own-questions").upload("own.jsonl", b'{"input": "Why?", "output": "Because."}\n').run()
    app.button(key="start-evaluation").click().run()
    assert [(params.run_id, params.name, params.remove_after) for params in queued] == [(learned.run.id, "own.jsonl", True)]


def test_run_without_held_back_questions_asks_for_a_file(open_page, workspace, learned):
    update(workspace.db, DatasetVersion, learned.run.dataset_id, heldout_count=0)
    app = open_page("evaluate", project_id=learned.project.id)
    assert app.button(key="start-evaluation").disabled
    assert any("bring a file of questions" in caption.value for caption in app.caption)
    app.file_uploader(key="own-questions").upload("own.jsonl", b'{"input": "Why?", "output": "Because."}\n').run()
    assert not app.button(key="start-evaluation").disabled


def test_what_it_has_forgotten_is_shown_with_a_picture_and_the_questions(open_page, learned, evaluated):
    questions = [GeneralQuestion(kind="capitals", question=f"Capital {n}?", accepted=("Rome",)) for n in range(8)]
    evaluated([REFERENCE] * 8, forgetting=compared(questions, (["Rome."] * 8, ["Oslo."] * 8), ([2.0] * 8, [2.2] * 8)))
    app = open_page("evaluate", project_id=learned.project.id)
    assert "What it knew before" in [part.value for part in app.subheader]
    told = [part.value for part in app.markdown]
    assert any("Weakest point: it has become worse at what is in no document." in text for text in told)
    assert sum("surprises it 22 % more than before" in text for text in told) == 2  # in the verdict, and with its picture
    *_, chart = app.get("vega_lite_chart")
    assert "Capitals (8)" in chart.proto.spec
    assert {"Capital 0?", "Oslo."} <= {part.value for part in app.text}


def test_an_evaluation_without_the_general_set_shows_nothing_of_it(open_page, learned, evaluated):
    evaluated([REFERENCE] * 8)
    app = open_page("evaluate", project_id=learned.project.id)
    assert "What it knew before" not in [part.value for part in app.subheader]


@pytest.mark.parametrize("is_asked", [True, False])
def test_the_general_set_is_asked_unless_switched_off(open_page, workspace, learned, waiting_jobs, is_asked):
    heldout = workspace.dataset_folder(learned.project.id, learned.run.dataset_id) / "heldout.jsonl"
    write_atomic(heldout, json.dumps({"input": "What?", "output": "That."}) + "\n")
    update(workspace.db, DatasetVersion, learned.run.dataset_id, heldout_count=1)
    app = open_page("evaluate", project_id=learned.project.id)
    app.checkbox(key="ask-general").set_value(is_asked).run()
    app.button(key="start-evaluation").click().run()
    (job,) = find(workspace.db, Job, kind="evaluate")
    assert Params.from_values(job.params).has_general is is_asked


def test_the_first_model_is_put_in_use_and_the_chat_says_so(open_page, workspace, learned, evaluated):
    evaluated([REFERENCE] * 8)
    app = open_page("evaluate", project_id=learned.project.id)
    assert any("No model is in use yet" in part.value for part in app.caption)
    assert app.button(key="use-model").disabled  # nobody has said who it is
    app.text_input(key="reviewer").input("Ada").run()
    app.button(key="use-model").click().run()
    assert not app.exception and not app.error
    used = model_in_use(workspace, learned.project)
    assert used and (used.run_id, used.set_by, used.reason) == (learned.run.id, "Ada", "")
    told = [part.value for part in app.success]
    assert told == ["Run 1 is in use now. Before, none was."]
    app = open_page("evaluate", project_id=learned.project.id)
    assert any("This run is in use." in part.value for part in app.caption)
    assert primary_buttons(app) == ["Ask this model"] and not app.exception


def test_in_place_of_another_one_it_takes_a_reason_and_the_one_before_is_told(open_page, workspace, learned, evaluated):
    insert(workspace.db, replace(learned.run, id="run-0", number=7))
    put_in_use(workspace, learned.project, "run-0", by=declared("Bob"))
    evaluated([REFERENCE] * 8)
    app = open_page("evaluate", project_id=learned.project.id)
    app.selectbox(key="evaluate-run").set_value(learned.run.id).run()
    app.text_input(key="reviewer").input("Ada").run()
    assert any("In use now: run 7" in part.value and "say why" in part.value for part in app.caption)
    assert app.button(key="use-model").disabled
    app.text_input(key="use-reason").input("It speaks as we do.").run()
    app.button(key="use-model").click().run()
    used = model_in_use(workspace, learned.project)
    assert not app.exception and used and (used.run_id, used.reason) == (learned.run.id, "It speaks as we do.")
    assert [part.value.split(" To go")[0] for part in app.success] == ["Run 1 is in use now. Before, it was run 7."]


def test_a_model_can_be_asked_without_being_put_in_use(open_page, workspace, learned, evaluated):
    evaluated([REFERENCE] * 8)
    app = open_page("evaluate", project_id=learned.project.id)
    app.button(key="ask-model").click().run()
    assert not app.exception and model_in_use(workspace, learned.project) is None


def test_the_name_is_asked_for_once(open_page, learned, evaluated):
    evaluated([REFERENCE] * 8)
    app = open_page("evaluate", project_id=learned.project.id)
    assert not app.exception and len([field for field in app.text_input if field.label == "Your name"]) == 1
