"""Writing questions again: what people decided stays, what did not change is skipped, and approvals take pairs along."""

from dataclasses import replace

import pytest

from core import jobs
from core.errors import InputError
from core.identity import declared
from core.jobs import worker
from core.records import Document, Job, Project, QuestionPair, now
from core.services import review
from core.services.questions import generation, trainable
from core.services.questions.curation import drop, keep
from core.storage import Workspace, audit, find, get, insert, update
from core.training.facts import fact_count
from core.training.fit import Amount
from tests.attack.killing import put_document
from tests.scripted_writer import ALL_KEPT, scripted_settings, scripted_writer  # noqa: F401 - a fixture
from tests.unread import approve_all_unread

ADA = declared("Ada")
PARTS = ("The winch is checked daily by Captain Baker. Its drum holds 12 tonnes.", "The rope is replaced every 90 days.")
QUESTIONS = 2 * 3  # two wordings of each sentence


@pytest.fixture
def project(workspace: Workspace, scripted_writer: object, waiting_jobs: None) -> Project:  # noqa: F811
    """An approved document of two passages."""
    project = workspace.create_project("a", policy="all-at-once")
    put_document(workspace, project, PARTS)
    approve_all_unread(workspace, project, by=ADA)
    return project


def write(workspace: Workspace, project: Project, *, per_passage: int = 5, **choices: bool) -> generation.Result:
    params = generation.Params(settings=scripted_settings(per_passage=per_passage), filters=ALL_KEPT, **choices)
    job = worker.run_job(workspace, jobs.submit(workspace, params, project_id=project.id).id)
    assert job.state == "done", job.error
    return generation.Result.of(job)


def pairs_of(workspace: Workspace) -> dict[str, QuestionPair]:
    pairs = find(workspace.db, QuestionPair)
    by_question = {pair.input: pair for pair in pairs}
    assert len(by_question) == len(pairs), "a question is there twice"
    return by_question


def question(workspace: Workspace, part: str) -> QuestionPair:
    """Return the first pair that asks about this."""
    return next(pair for told, pair in pairs_of(workspace).items() if part in told)


def replace_name(workspace: Workspace) -> None:
    """Have a name replaced in the first passage, and approve the document again."""
    (document,) = find(workspace.db, Document)
    start = PARTS[0].index("Baker")
    review.add(workspace, document, start=start, end=start + 5, entity="PERSON", by=ADA)
    approve_all_unread(workspace, find(workspace.db, Project)[0], by=ADA)


def approve_again(workspace: Workspace) -> None:
    (document,) = find(workspace.db, Document)
    review.withdraw(workspace, document, reason="to look again", by=ADA)
    approve_all_unread(workspace, find(workspace.db, Project)[0], by=ADA)


def test_what_did_not_change_is_skipped_unless_it_is_to_be_written_anew(workspace: Workspace, project: Project) -> None:
    assert write(workspace, project).skipped == 0
    before = pairs_of(workspace)
    again = write(workspace, project)
    assert (again.passages, again.skipped) == (2, 2)
    assert pairs_of(workspace) == before and len(before) == QUESTIONS
    assert write(workspace, project, anew=True).skipped == 0
    anew = pairs_of(workspace)
    assert anew.keys() == before.keys() and anew != before


def test_other_settings_write_all_passages_and_the_ones_of_before_do_so_again(
    workspace: Workspace, project: Project
) -> None:
    write(workspace, project)
    assert write(workspace, project, per_passage=1).skipped == 0
    assert len(pairs_of(workspace)) == 2
    assert write(workspace, project).skipped == 0
    assert len(pairs_of(workspace)) == QUESTIONS


def test_a_decision_outlives_a_new_writing_and_is_not_doubled(workspace: Workspace, project: Project) -> None:
    write(workspace, project)
    dropped, kept = question(workspace, "Captain Baker"), question(workspace, "90 days")
    drop(workspace, project.id, [dropped.id])
    keep(workspace, project.id, [kept.id])
    write(workspace, project, anew=True)
    assert len(pairs_of(workspace)) == QUESTIONS
    for pair, state in ((dropped, "dropped"), (kept, "kept")):
        found = get(workspace.db, QuestionPair, pair.id)
        assert (found.input, found.decided, found.state) == (pair.input, state, state)
        assert found.changed_by is not None and found.created_at == pair.created_at


def test_an_edited_pair_outlives_a_new_writing(workspace: Workspace, project: Project) -> None:
    write(workspace, project)
    pair = question(workspace, "Captain Baker")
    update(workspace.db, QuestionPair, pair.id, output="Captain Baker", edited_by="Ada", changed_by="Ada", changed_at=now())
    edited = get(workspace.db, QuestionPair, pair.id)
    write(workspace, project, per_passage=4)
    assert get(workspace.db, QuestionPair, pair.id) == edited
    update(workspace.db, QuestionPair, pair.id, output=pair.output)  # what the writer says, too
    write(workspace, project, anew=True)
    assert get(workspace.db, QuestionPair, pair.id).edited_by == "Ada"


def test_a_decision_on_what_is_not_written_any_more_stays(workspace: Workspace, project: Project) -> None:
    write(workspace, project)
    pair = question(workspace, "holds 12 tonnes")  # of the second sentence
    keep(workspace, project.id, [pair.id])
    write(workspace, project, per_passage=1)
    assert len(pairs_of(workspace)) == 2 + 1
    assert pair.id in {pair.id for pair in trainable.reviewed_pairs(workspace, project)}


def test_decisions_are_forgotten_when_asked_and_what_a_person_added_is_not(workspace: Workspace, project: Project) -> None:
    write(workspace, project)
    dropped = question(workspace, "Captain Baker")
    drop(workspace, project.id, [dropped.id])
    own = replace(dropped, id="pair-own", input="Who is it?", origin="written", decided=None, changed_by="Ada")
    insert(workspace.db, own)
    assert write(workspace, project, forget_decisions=True).skipped == 0
    assert question(workspace, dropped.input).decided is None
    assert get(workspace.db, QuestionPair, own.id).input == own.input
    assert len(pairs_of(workspace)) == QUESTIONS + 1


def test_a_document_approved_again_unchanged_keeps_every_pair(workspace: Workspace, project: Project) -> None:
    write(workspace, project)
    drop(workspace, project.id, [question(workspace, "Captain Baker").id])
    keep(workspace, project.id, [question(workspace, "90 days").id])
    before = pairs_of(workspace)
    approve_again(workspace)
    (document,) = find(workspace.db, Document)
    standing = workspace.active_review(document.id)
    assert standing is not None
    assert pairs_of(workspace) == {told: replace(pair, review_id=standing.id) for told, pair in before.items()}
    assert len(trainable.reviewed_pairs(workspace, project)) == QUESTIONS - 1
    assert write(workspace, project).skipped == 2
    assert len(pairs_of(workspace)) == QUESTIONS


def test_only_the_passage_that_changed_is_written_anew(workspace: Workspace, project: Project) -> None:
    write(workspace, project)
    rope = question(workspace, "90 days")
    replace_name(workspace)
    after = get(workspace.db, QuestionPair, rope.id)
    (document,) = find(workspace.db, Document)
    standing = workspace.active_review(document.id)
    assert standing is not None and after.review_id == standing.id
    assert workspace.anonymized_text(project.id, standing)[after.quote_start : after.quote_end] == after.quote
    assert after.quote_start != rope.quote_start
    assert trainable.standing_of(workspace, project) == trainable.Standing(valid=2, unapproved=0, outdated=4)
    assert {pair.id for pair in trainable.reviewed_pairs(workspace, project)} <= pairs_ids(workspace, "90 days")
    result = write(workspace, project)
    assert (result.passages, result.skipped) == (2, 1)
    assert not [told for told in pairs_of(workspace) if "Captain Baker" in told] and len(pairs_of(workspace)) == QUESTIONS
    assert get(workspace.db, QuestionPair, rope.id) == after


def check_amount(workspace: Workspace, project: Project) -> None:
    """Check that the amount to train on, which the database counts, is that of the pairs that are trained on."""
    pairs = trainable.reviewed_pairs(workspace, project)
    assert trainable.trainable_amount(workspace, project) == Amount(
        pairs=len(pairs),
        facts=fact_count(pair.fact for pair in pairs),
        characters=sum(len(pair.input) + len(pair.output) for pair in pairs),
        documents=len({pair.document_id for pair in pairs}),
        longest_characters=max(len(pair.input) + len(pair.output) for pair in pairs),
    )


def test_the_amount_to_train_on_is_that_of_the_reviewed_pairs(workspace: Workspace, project: Project) -> None:
    write(workspace, project)
    check_amount(workspace, project)
    drop(workspace, project.id, [question(workspace, "Captain Baker").id])
    replace_name(workspace)  # most pairs are out of date
    check_amount(workspace, project)
    (document,) = find(workspace.db, Document)
    review.withdraw(workspace, document, reason="to look again", by=ADA)
    nothing = Amount(pairs=0, facts=0, characters=0, documents=0)
    assert trainable.trainable_amount(workspace, project) == nothing
    for check in (trainable.check_reviewed, trainable.reviewed_pairs):
        with pytest.raises(InputError, match="None of the"):
            check(workspace, project)


def pairs_ids(workspace: Workspace, part: str) -> set[str]:
    return {pair.id for told, pair in pairs_of(workspace).items() if part in told}


def test_a_decision_on_text_that_changed_is_outdated_and_kept(workspace: Workspace, project: Project) -> None:
    write(workspace, project)
    decided = question(workspace, "Captain Baker")
    keep(workspace, project.id, [decided.id])
    replace_name(workspace)
    write(workspace, project)
    assert get(workspace.db, QuestionPair, decided.id).decided == "kept"
    assert decided.id not in {pair.id for pair in trainable.reviewed_pairs(workspace, project)}
    assert trainable.standing_of(workspace, project).outdated == 1


def test_pairs_wait_for_a_withdrawn_document_while_others_are_written(workspace: Workspace, project: Project) -> None:
    write(workspace, project)
    before = pairs_of(workspace)
    (document,) = find(workspace.db, Document)
    other = put_document(workspace, project, ["The pump of the crane needs oil."])
    approve_all_unread(workspace, project, by=ADA)
    review.withdraw(workspace, document, reason="to look again", by=ADA)
    write(workspace, project)
    assert set(before) < set(pairs_of(workspace))
    assert trainable.standing_of(workspace, project) == trainable.Standing(valid=2, unapproved=QUESTIONS, outdated=0)
    approve_all_unread(workspace, project, by=ADA)
    assert write(workspace, project).skipped == 3
    assert trainable.standing_of(workspace, project).valid == QUESTIONS + 2
    assert {pair.document_id for pair in pairs_of(workspace).values()} == {document.id, other.id}


def test_what_is_carried_over_is_in_the_audit_log_and_nothing_else(workspace: Workspace, project: Project) -> None:
    assert not list(audit.entries(workspace.db, about="question pairs carried over"))  # approved without pairs
    write(workspace, project)
    replace_name(workspace)
    ((entry, _),) = audit.entries(workspace.db, about="question pairs carried over")
    assert entry.counts == {"carried over": 2, "outdated": 4} and entry.actor == "Ada"
    write(workspace, project)
    assert len(list(audit.entries(workspace.db, about="question pairs carried over"))) == 1


def test_pairs_of_before_are_carried_over_when_questions_are_written(workspace: Workspace, project: Project) -> None:
    write(workspace, project)
    (document,) = find(workspace.db, Document)
    earlier = workspace.active_review(document.id)
    assert earlier is not None
    approve_again(workspace)
    update_all = "update {} set review_id = ?"  # as an approval of an earlier version left it
    for table in ("pairs", "written_passages"):
        workspace.db.execute(update_all.format(table), [earlier.id])
    assert trainable.standing_of(workspace, project).outdated == QUESTIONS
    assert write(workspace, project).skipped == 2
    assert trainable.standing_of(workspace, project).valid == QUESTIONS
    assert find(workspace.db, Job)
