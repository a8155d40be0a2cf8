"""A try on one passage: what is shown, and that nothing of it counts."""

import json

import pytest

from core import jobs
from core.errors import InputError
from core.jobs import worker
from core.records import Document, Job, QuestionPair, WrittenText
from core.services import review
from core.services.questions.writing import trying
from core.settings import FilterSettings, GenerationSettings
from core.storage import Workspace, find
from tests.attack.killing import ADA

from .conftest import only_project, reply, sentences, well


def tried(workspace: Workspace, **settings: object) -> tuple[Job, trying.Tried | None]:
    project = only_project(workspace)
    (document,) = find(workspace.db, Document)
    passage = workspace.approved_passages(document)[1][3]
    values = {"writer": "several", "unanswerable_share": 0.0, "per_passage": 2} | settings
    params = trying.Params(
        document_id=document.id, passage_id=passage.id, settings=GenerationSettings(**values), filters=FilterSettings()
    )
    job = worker.run_job(workspace, jobs.submit(workspace, params, project_id=project.id).id)
    return job, trying.find_tried(workspace, project, job.id)


def test_the_exact_prompt_and_reply_are_shown_beside_the_pairs_and_nothing_counts(here: Workspace) -> None:
    job, found = tried(here)
    assert found is not None and job.state == "done"
    assert sentences(3) in found.replies[0].prompt and found.replies[0].prompt.startswith("Write 2 pairs")
    assert json.loads(found.replies[0].reply)["pairs"][0]["question"] == found.pairs[0].question
    assert (found.pairs[0].reason, found.pairs[0].quote) == ("", "The tank of pump 3 holds 640 liters")
    assert find(here.db, QuestionPair) == [] and find(here.db, WrittenText) == []
    result = trying.Result.of(job)
    assert (result.writer, result.pairs, result.kept) == ("several", 1, 1)


def test_nothing_of_the_text_is_kept_with_the_job(here: Workspace) -> None:
    job, _ = tried(here)
    assert "pump" not in json.dumps([job.params, job.result]) + job.message


def test_every_reply_is_shown_also_those_of_no_use(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    reply(monkeypatch, lambda prompt: "no JSON")
    _, found = tried(here)
    assert found is not None and found.pairs == () and {each.reply for each in found.replies} == {"no JSON"}
    assert len(found.replies) >= 2  # asked once more


def test_a_filter_says_why_a_pair_would_be_dropped(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    reply(monkeypatch, lambda prompt: well(prompt).replace("What does the tank", "Well, the tank").replace(" hold?", " so."))
    job, found = tried(here)
    assert found is not None and found.pairs[0].reason and found.pairs[0].explanation
    assert trying.Result.of(job).kept == 0


def test_an_edited_prompt_is_tried_without_being_kept(here: Workspace) -> None:
    _, found = tried(here, prompts={"several": "My way. Passage: {{passage}}"})
    assert found is not None and found.replies[0].prompt.startswith("My way.")
    assert not (here.home / "prompts").exists()


def test_texts_are_shown_with_their_way(here: Workspace) -> None:
    _, found = tried(here, writer="rewriting")
    assert found is not None and len([pair for pair in found.pairs if not pair.question]) == 7
    assert {pair.kind for pair in found.pairs if not pair.question} >= {"mind_map", "teacher"}


def test_a_later_try_takes_the_place_of_an_earlier_one(here: Workspace) -> None:
    first, _ = tried(here)
    second, found = tried(here, per_passage=3)
    assert found is not None and trying.find_tried(here, only_project(here), first.id) is None
    assert second.id != first.id


def test_what_is_not_approved_is_not_tried(here: Workspace) -> None:
    (document,) = find(here.db, Document)
    review.withdraw(here, document, reason="a name was missed", by=ADA)
    params = trying.Params(document_id=document.id, passage_id="passage-1")
    with pytest.raises(InputError, match="not approved"):
        jobs.submit(here, params, project_id=only_project(here).id)
