"""Which answers reviewers preferred, as acts on pairs and replaced pairs tell, frozen with a dataset version."""

import json
from dataclasses import replace

import pytest

from core.errors import InputError
from core.identity import declared
from core.jobs.context import JobContext
from core.privacy import Detector
from core.records import DatasetVersion, Job, QuestionPair, Review, new_id, now
from core.services.questions.curation import Wording, drop, edit, undo
from core.services.questions.datasets import content_sha256
from core.services.questions.freezing import version
from core.services.questions.freezing.preferences import preferences_in, preferences_of
from core.services.questions.freezing.version import freeze
from core.services.training import runs
from core.settings import EMBEDDED_MODEL, DatasetSettings, TrainingSettings
from core.storage import find, get, insert, update
from tests.learned import QUOTE

ADA = declared("Ada")
BETTER = "12 tonnes."


class Blind:
    """A detector that finds nothing."""

    def detect(self, texts):
        return [[] for _ in texts]


def mend(workspace, pair: QuestionPair, answer: str = BETTER, question: str = "") -> QuestionPair:
    detector: Detector = Blind()  # type: ignore[assignment]
    wording = Wording(question=question or pair.input, answer=answer)
    return edit(workspace, get(workspace.db, QuestionPair, pair.id), wording, detector=detector, by=ADA)


def answers(rows) -> list[tuple[str, str, str]]:
    return [(row["input"], row["chosen"], row["rejected"]) for row in rows]


def test_a_mended_answer_is_preferred_to_what_it_was(workspace, learned):
    assert preferences_of(workspace, learned.project) == []
    pair = mend(workspace, learned.pairs[0])
    (row,) = preferences_of(workspace, learned.project)
    assert row == {
        "input": pair.input, "chosen": BETTER, "rejected": QUOTE, "pair_id": pair.id, "review_id": "review-1",
    }  # fmt: skip
    undo(workspace, learned.project.id, by=ADA)
    assert preferences_of(workspace, learned.project) == []


def test_an_answer_that_was_dropped_by_hand_gives_way_to_a_kept_one_to_the_same_question(workspace, learned):
    worse = replace(learned.pairs[0], id="pair-worse", output="Much.")
    insert(workspace.db, worse)
    drop(workspace, learned.project.id, ["pair-worse"], by=ADA)
    assert answers(preferences_of(workspace, learned.project)) == [(worse.input, QUOTE, "Much.")]


def test_what_tells_of_no_preference_is_left_out(workspace, learned):
    mend(workspace, learned.pairs[0], question="Which load may the winch hold?")  # another question
    mend(workspace, learned.pairs[1], answer="The Moon.")  # dropped: the text does not prove it
    mend(workspace, learned.pairs[3])  # a filter had dropped it, perhaps for a name
    update(workspace.db, QuestionPair, learned.pairs[2].id, origin="imported")  # what was brought in is not anonymized
    assert preferences_of(workspace, learned.project) == []


def test_a_pair_that_a_filter_dropped_before_a_person_did_is_left_out(workspace, learned):
    worse = replace(learned.pairs[0], id="pair-worse", output="Jane Doe's.", state="dropped", reason="duplicate")
    insert(workspace.db, worse)
    drop(workspace, learned.project.id, ["pair-worse"], by=ADA)
    assert preferences_of(workspace, learned.project) == []


def test_nothing_is_preferred_once_the_approval_is_withdrawn(workspace, learned):
    mend(workspace, learned.pairs[0])
    workspace.withdraw_approval("document-1", reason="a name was missed")
    assert preferences_of(workspace, learned.project) == []


def test_a_version_keeps_preferences_when_acts_are_forgotten_as_long_as_the_answer_stands(workspace, learned):
    workspace.db.execute("delete from runs")
    workspace.db.execute("delete from datasets")
    nothing_held_out = DatasetSettings(heldout_share=0)
    before = freeze(workspace, learned.project, nothing_held_out)
    assert preferences_in(workspace, before) == []
    mend(workspace, learned.pairs[0])
    after = freeze(workspace, learned.project, nothing_held_out)
    frozen = preferences_in(workspace, after)
    assert answers(frozen) == [(learned.pairs[0].input, BETTER, QUOTE)]
    workspace.db.execute("delete from pair_acts")
    assert preferences_of(workspace, learned.project) == frozen
    assert freeze(workspace, learned.project, nothing_held_out).id == after.id
    update(workspace.db, QuestionPair, learned.pairs[0].id, output="It holds 12 tonnes.")
    assert preferences_of(workspace, learned.project) == []


def test_the_preference_of_a_held_out_question_is_not_trained_on(tmp_path):
    rows = [{"pair_id": name, "chosen": "A", "rejected": "B"} for name in ("trained", "held")]
    (tmp_path / "heldout.jsonl").write_text('{"pair_id": "held"}\n', encoding="utf-8")
    (tmp_path / "train.jsonl").write_text('{"pair_id": "trained"}\n', encoding="utf-8")
    before = content_sha256(tmp_path)
    version._write_preferences(rows[1:], tmp_path)
    assert content_sha256(tmp_path) == before  # as it was before there were any
    assert not (tmp_path / "preferences.jsonl").exists()
    version._write_preferences(rows, tmp_path)
    assert content_sha256(tmp_path) != before
    assert json.loads((tmp_path / "preferences.jsonl").read_text(encoding="utf-8")) == rows[0]


def test_nothing_held_out_is_learned_from_feedback(tmp_path):
    told = (("1", "Asked?", "passage-1"), ("2", "Held?", "passage-1"), ("3", "Asked?", "passage-2"))
    rows = [{"preference_id": name, "input": question, "passage_id": passage} for name, question, passage in told]
    (tmp_path / "heldout.jsonl").write_text('{"pair_id": "held", "input": "Held?"}\n', encoding="utf-8")
    version._write_preferences(rows, tmp_path, untaught={"passage-2"})
    assert json.loads((tmp_path / "preferences.jsonl").read_text(encoding="utf-8")) == rows[0]


def test_a_job_hands_the_preferences_of_its_version_on(workspace, learned, handed):
    mend(workspace, learned.pairs[0])
    frozen = freeze(workspace, learned.project, DatasetSettings(heldout_share=0))
    for objective, count in (("dpo", 1), ("answers", 0)):
        job = Job(id=new_id("job"), kind="train", project_id=learned.project.id, created_at=now())
        insert(workspace.db, job)
        settings = TrainingSettings.from_values({"objective": objective}).in_full()
        runs.run(JobContext(workspace, job), runs.Params(model=EMBEDDED_MODEL, settings=settings, dataset_id=frozen.id))
        assert len(handed["preferences"]) == count


def test_a_training_without_any_is_refused_before_it_starts(workspace, learned):
    settings = TrainingSettings(objective="dpo").in_full()
    with pytest.raises(InputError, match="preferred"):
        runs.check(workspace, learned.project.id, runs.Params(model=EMBEDDED_MODEL, settings=settings))
    mend(workspace, learned.pairs[0])
    runs.check(workspace, learned.project.id, runs.Params(model=EMBEDDED_MODEL, settings=settings))
    (first,) = find(workspace.db, DatasetVersion)
    with pytest.raises(InputError, match="preferred"):  # that version holds none
        params = runs.Params(model=EMBEDDED_MODEL, settings=settings, dataset_id=first.id)
        runs.check(workspace, learned.project.id, params)
    assert [review.state for review in find(workspace.db, Review)] == ["approved"]
