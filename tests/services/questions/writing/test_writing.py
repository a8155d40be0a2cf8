"""A job that lets a large model write: what is stored, what is counted, what was cut, killed and resumed."""

import json
import re
from pathlib import Path

import pytest

from core.errors import InputError
from core.jobs import worker
from core.models.text import Prompt
from core.questions.writers.prompt_files import WAYS
from core.records import Document, Job, QuestionPair, WrittenText
from core.services import review
from core.services.questions import generation
from core.services.questions.writing import probing
from core.services.questions.writing.models import find_writing_model
from core.services.questions.writing.prompts import save_prompt
from core.services.questions.writing.texts import trainable_texts
from core.settings import EMBEDDED_MODEL
from core.storage import Workspace, find
from tests.attack.killing import ADA, killed_everywhere, opened
from tests.unread import approve_all_unread

from .conftest import PASSAGES, Scripted, ended, only_project, passage_of, reply, sentences, submitted, well


def test_pairs_of_a_large_model_are_stored_with_their_evidence_and_counted(here: Workspace) -> None:
    result = generation.Result.of(ended(here))
    pairs = find(here.db, QuestionPair)
    assert len(pairs) == PASSAGES and {pair.writer for pair in pairs} == {"several"}
    for pair in pairs:
        text = here.anonymized_path(pair.project_id, pair.review_id).read_text(encoding="utf-8")
        assert text[pair.quote_start : pair.quote_end] == pair.quote
    assert (result.writer, result.kept, result.passages) == ("several", PASSAGES, PASSAGES)
    assert (result.malformed, result.refused, result.ungrounded, result.cut) == (0, 0, 0, 0)
    assert result.asked >= PASSAGES


def test_prompts_tell_the_neighbors_and_the_title(here: Workspace) -> None:
    ended(here)
    second = next(prompt for prompt in Scripted.asked if passage_of(prompt) == sentences(1)).messages[0].content
    assert sentences(0) in second and sentences(2) in second and "Title: pumps.txt" in second


@pytest.mark.parametrize(
    ("bad", "counted"), [("no JSON", "malformed"), ("I'm sorry, I can't.", "refused"), ("<think>on and on", "malformed")]
)
def test_what_could_not_be_used_is_counted_and_the_rest_is_kept(
    here: Workspace, monkeypatch: pytest.MonkeyPatch, bad: str, counted: str
) -> None:
    reply(monkeypatch, lambda prompt: bad if "pump 3 " in passage_of(prompt) else well(prompt))
    result = generation.Result.of(ended(here))
    assert result.kept == PASSAGES - 1 and getattr(result, counted) >= 1
    assert result.malformed + result.refused == getattr(result, counted)


def test_a_model_that_gives_nothing_ends_the_job_with_how_many_replies_were_of_no_use(
    here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply(monkeypatch, lambda prompt: "I'd rather not." if "pump 3 " in passage_of(prompt) else "I'm sorry, I can't.")
    job = ended(here)
    assert job.state == "failed" and not find(here.db, QuestionPair)
    assert "replies" in job.error and "refused" in job.error


def test_a_pair_without_evidence_is_counted(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    reply(monkeypatch, lambda prompt: well(prompt).replace("The tank of pump 3", "The crane of hall 3"))
    assert generation.Result.of(ended(here)).ungrounded >= 1


def test_a_passage_longer_than_the_model_reads_is_cut_and_said_so(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.services.questions.writing.models._shared_memory", lambda *_: (920, 4))
    monkeypatch.setattr("core.questions.writers.fitting.LEAST_TOKENS", 1)
    messages = []
    monkeypatch.setattr(worker.JobContext, "progress", lambda self, *_, message="", **__: messages.append(message))
    from core.services.questions.writing import batch

    monkeypatch.setattr(batch, "text_tokens", lambda *_: 20)
    reply(monkeypatch, lambda prompt: well(prompt) if "tank of pump" in passage_of(prompt) else "no JSON")
    result = generation.Result.of(ended(here))
    assert result.cut == PASSAGES and result.kept == PASSAGES
    assert all(len(passage_of(prompt).split()) <= 20 for prompt in Scripted.asked)
    assert any("longer than the model reads" in message for message in messages)
    for pair in find(here.db, QuestionPair):
        text = here.anonymized_path(pair.project_id, pair.review_id).read_text(encoding="utf-8")
        assert text[pair.quote_start : pair.quote_end] == pair.quote


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost_doubled_or_counted_twice(
    pumps_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply(monkeypatch, lambda prompt: "no JSON" if "pump 3 " in passage_of(prompt) else well(prompt))
    with opened(pumps_home) as workspace:
        job_id = submitted(workspace, writer="rewriting")
    told = set()

    def look(workspace: Workspace) -> None:
        assert len(find(workspace.db, QuestionPair)) in (0, PASSAGES - 1)
        assert len(trainable_texts(workspace, only_project(workspace))) in (0, 7 * (PASSAGES - 1))

    for workspace in killed_everywhere(pumps_home, job_id, look):
        assert len(find(workspace.db, QuestionPair)) == PASSAGES - 1
        assert len(find(workspace.db, WrittenText)) == 7 * (PASSAGES - 1)
        (job,) = find(workspace.db, Job)
        told.add(json.dumps(job.result))
    assert len(told) == 1


def test_texts_are_kept_beside_the_pairs_and_trained_on_only_while_their_approval_stands(here: Workspace) -> None:
    project = only_project(here)
    result = generation.Result.of(ended(here, writer="rewriting"))
    texts = trainable_texts(here, project)
    assert result.texts == len(texts) == 7 * PASSAGES and {text.way for text in texts} == {*WAYS}
    ended(here, writer="rewriting")
    assert len(find(here.db, WrittenText)) == 7 * PASSAGES
    document = here.document(project, "pumps.txt")
    review.withdraw(here, document, reason="a name was missed", by=ADA)
    assert trainable_texts(here, project) == []


def test_texts_hold_for_a_new_approval_of_the_same_text(here: Workspace) -> None:
    project = only_project(here)
    ended(here, writer="rewriting")
    before = {text.id: text.text for text in trainable_texts(here, project)}
    review.withdraw(here, here.document(project, "pumps.txt"), reason="to look again", by=ADA)
    approve_all_unread(here, project, by=ADA)
    assert {text.id: text.text for text in trainable_texts(here, project)} == before and before
    assert generation.Result.of(ended(here, writer="rewriting")).texts == len(before)


def test_texts_of_another_way_of_writing_are_replaced_as_pairs_are(here: Workspace) -> None:
    ended(here, writer="rewriting")
    ended(here, writer="several")
    assert find(here.db, WrittenText) == []


def test_questions_that_nothing_answers_are_added(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.questions.writers import unanswerable

    made = [("Who painted and varnished the tank?", "tank"), ("What does the tank of pump 3 hold?", "pump 3")]
    monkeypatch.setattr(
        "core.services.questions.writing.unanswered.drafts",
        lambda pairs, wanted, seed: [unanswerable.Draft(text, thing, pairs[0]) for text, thing in made],
    )
    for _ in range(2):  # the second job replaces what the first one added
        ended(here, unanswerable_share=0.1)
        (pair,) = find(here.db, QuestionPair, kind="unanswerable")
        assert pair.input == "Who painted and varnished the tank?" and pair.writer == "unanswerable"
    assert len(find(here.db, QuestionPair)) == PASSAGES + 1


def test_the_way_of_writing_is_chosen_by_a_trial_and_remembered(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.questions.writers.trial.SMALL_BYTES", 0)
    model = find_writing_model(here, EMBEDDED_MODEL)
    assert probing.known_choice(here, model) is None
    reply(monkeypatch, lambda prompt: "no JSON" if "HP-40" in prompt.messages[0].content else _trial(prompt))
    job = ended(here, writer="auto")
    choice = probing.known_choice(here, model)
    assert choice is not None and choice.trial is not None and choice.writer == "several"
    assert generation.Result.of(job).writer == "several" and 0.7 < choice.trial.replies < 0.95
    trials = sum("HP-40" in prompt.messages[0].content for prompt in Scripted.asked)
    ended(here, writer="auto")
    assert sum("HP-40" in prompt.messages[0].content for prompt in Scripted.asked) == trials


def _trial(prompt: Prompt) -> str:
    passage = passage_of(prompt)
    if "tank of pump" in passage:
        return well(prompt)
    quote = re.split(r"(?<=\.)\s", passage)[0]
    if not prompt.schema:
        return quote
    told = {"quote": quote, "kind": "fact", "question": "What is said of it there?", "answer": quote + " So it is."}
    return json.dumps({"pairs": [told]})


def test_a_small_model_is_guided_without_a_trial(here: Workspace) -> None:
    choice = probing.known_choice(here, find_writing_model(here, EMBEDDED_MODEL))
    assert choice is not None and choice.writer == "guided" and choice.trial is None


def test_a_damaged_or_older_record_of_a_trial_is_no_record(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.questions.writers.trial.SMALL_BYTES", 0)
    model = find_writing_model(here, EMBEDDED_MODEL)
    path = here.model_trial_path(model.sha256)
    path.parent.mkdir()
    for told in ("", "{", '{"trial": {"passages": 10}}', "[]", '{"trial": 3}'):
        path.write_text(told, encoding="utf-8")
        assert probing.known_choice(here, model) is None


def test_edited_prompts_are_used(here: Workspace) -> None:
    save_prompt(here, "several", "My own prompt.\n\nPassage: {{passage}}")
    ended(here)
    assert all("My own prompt." in prompt.messages[0].content for prompt in Scripted.asked if '"kind"' in prompt.schema)


def test_one_passage_is_written_about_and_all_others_stay_as_they_are(
    here: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply(monkeypatch, lambda prompt: "no JSON" if "pump 3 " in passage_of(prompt) else well(prompt))
    ended(here)
    before = find(here.db, QuestionPair)
    (document,) = find(here.db, Document)
    passage = next(each for each in here.approved_passages(document)[1] if "pump 3 " in each.text)
    assert passage.id not in {pair.passage_id for pair in before}
    reply(monkeypatch, well)
    Scripted.asked.clear()
    job = ended(here, passage_ids=(passage.id,))
    after = {pair.id: pair for pair in find(here.db, QuestionPair)}
    assert {passage_of(prompt) for prompt in Scripted.asked} == {sentences(3)}
    assert [after.pop(pair.id) for pair in before] == before
    assert [pair.passage_id for pair in after.values()] == [passage.id]
    result = generation.Result.of(job)
    assert (result.passages, result.skipped, result.kept) == (1, 0, PASSAGES)
    assert generation.Result.of(ended(here)).skipped == PASSAGES  # it counts as written with these settings


def test_a_passage_that_is_not_approved_is_not_written_about(here: Workspace) -> None:
    with pytest.raises(InputError, match="not approved"):
        submitted(here, passage_ids=("passage-of-nobody",))
