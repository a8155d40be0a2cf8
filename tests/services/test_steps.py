"""The six steps of a project: what each says, and which waits for a person."""

from dataclasses import replace

from core.records import Document, Evaluation, Job, now
from core.services.steps import Step, next_step, project_steps
from core.storage import get, insert


def states(workspace, project):
    return {step.name: (step.state, step.next_action) for step in project_steps(workspace, project)}


def test_new_project_waits_for_documents_and_nothing_else(workspace):
    steps = project_steps(workspace, workspace.create_project("New"))
    assert [step.title for step in steps] == ["Documents", "Review", "Questions", "Train", "Evaluate", "Use"]
    assert {step.state for step in steps} == {"not started"}
    assert next_step(steps) == Step("documents", "Documents", "not started", "No files yet", "Add documents")
    assert [step.next_action for step in steps[1:]] == [""] * 5


def test_trained_project_waits_for_a_comparison_then_for_use(workspace, learned):
    steps = project_steps(workspace, learned.project)
    assert [step.state for step in steps[:4]] == ["done"] * 4
    assert next_step(steps) == Step("evaluate", "Evaluate", "needs you", "Not evaluated yet", "Compare with the base model")
    insert(
        workspace.db,
        Evaluation(
            id="evaluation-1", project_id=learned.project.id, run_id=learned.run.id, adapter_sha256="",
            questions_sha256="", question_count=3, scores={}, verdict="Better: by a lot.", created_at=now(),
        ),
    )  # fmt: skip
    assert states(workspace, learned.project)["evaluate"] == ("done", "")
    assert states(workspace, learned.project)["use"] == ("needs you", "Chat with it or export it")


def test_step_with_a_waiting_job_is_in_work_and_waits_for_nobody(workspace, learned):
    insert(workspace.db, Job(id="job-1", kind="evaluate", project_id=learned.project.id, state="queued", created_at=now()))
    steps = project_steps(workspace, learned.project)
    assert states(workspace, learned.project)["evaluate"] == ("in work", "")
    assert next_step(steps) is None


def test_withdrawn_approval_makes_the_questions_out_of_date(workspace, learned):
    workspace.withdraw_approval("document-1", reason="a name was missed")
    assert states(workspace, learned.project)["questions"] == ("out of date", "Write question pairs")
    assert states(workspace, learned.project)["review"] == ("needs you", "Review and approve")


def test_pairs_brought_in_wait_for_review_and_make_nothing_out_of_date(workspace, learned):
    insert(workspace.db, replace(get(workspace.db, Document, "document-1"), id="document-2", name="faq.csv", kind="pairs"))
    brought = replace(learned.pairs[0], id="pair-9", document_id="document-2", origin="imported", review_id=None, fact=None)
    insert(workspace.db, brought)
    assert states(workspace, learned.project)["questions"] == ("done", "")
    assert summary(workspace, learned.project).endswith("; 1 waiting for review")
    workspace.withdraw_approval("document-1", reason="a name was missed")
    assert states(workspace, learned.project)["questions"] == ("out of date", "Write question pairs")
    workspace.db.execute("update pairs set state = 'dropped' where document_id = 'document-1'")
    assert summary(workspace, learned.project) == "No pairs yet but 1 waiting for review"


def summary(workspace, project):
    """Return what the step of the questions sums up."""
    return next(step.summary for step in project_steps(workspace, project) if step.name == "questions")


def test_a_run_that_is_not_good_enough_waits_for_a_person_and_not_for_its_use(workspace, learned):
    insert(
        workspace.db,
        Evaluation(
            id="evaluation-1", project_id=learned.project.id, run_id=learned.run.id, adapter_sha256="", questions_sha256="",
            question_count=8, scores={}, verdict="The tuned model answers better, but not well enough to use: …",
            is_good_enough=False, created_at=now(),
        ),
    )  # fmt: skip
    *_, evaluate, use = project_steps(workspace, learned.project)
    assert (evaluate.state, evaluate.next_action) == ("needs you", "See what is missing")
    assert evaluate.summary == "The tuned model answers better, but not well enough to use"
    assert (use.state, use.summary) == ("not started", "Not good enough yet")
