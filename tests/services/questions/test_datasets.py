"""Dataset versions: what is frozen, what its card says, and how versions differ."""

from dataclasses import replace

import pytest

from core.errors import InputError
from core.questions.dataset import Card
from core.records import Project, QuestionPair, WrittenText, now
from core.services.questions import datasets
from core.services.questions.freezing.version import freeze
from core.services.training.question_set import question_rows
from core.settings import DatasetSettings
from core.storage import Workspace, insert, update
from tests.learned import PASSAGES, LearnedProject


@pytest.fixture
def project(workspace: Workspace, learned: LearnedProject) -> Project:
    """A project without a dataset version, and 20 facts of its second passage in three wordings."""
    workspace.db.execute("delete from datasets")
    pattern = learned.pairs[0]
    pairs = [
        replace(
            pattern,
            id=f"pair-{fact}-{wording}",
            input=f"{wording}: where stands person {fact}?",
            output=f"Place {fact}",
            passage_id="passage-1" if fact < 10 else f"other-{fact}",
            kind="fact",
            wording=wording,
            fact=f"fact-{fact}",
            quote="Nobody",
            quote_start=len(PASSAGES[0]) + 2,
            quote_end=len(PASSAGES[0]) + 8,
        )
        for fact in range(20)
        for wording in ("open", "cloze", "request")
    ]
    insert(workspace.db, *pairs)
    return learned.project


def rows(workspace: Workspace, project: Project, number: int, name: str) -> list[dict[str, str]]:
    version = datasets.version_of(workspace, project, number)
    return datasets.read_rows(workspace.dataset_folder(project.id, version.id) / name)


def test_a_version_holds_its_card_and_where_it_came_from(workspace: Workspace, project: Project) -> None:
    first = freeze(workspace, project)
    card = Card.of(first.card)
    assert card is not None
    assert (card.train, card.heldout) == (first.train_count, first.heldout_count)
    assert first.train_count + first.heldout_count == 63 and first.heldout_count >= 9
    assert (first.parents, first.split, card.leak.is_none) == ((), "passage", True)
    assert card.facts_heldout == first.heldout_count / 3
    update(workspace.db, QuestionPair, "pair-0", state="dropped")
    second = freeze(workspace, project)
    assert second.parents == (first.id,) and second.number == 2
    assert datasets.versions_of(workspace, project) == [second, first]


def test_rows_say_what_is_asked_for_as_far_as_it_is_known(workspace: Workspace, project: Project) -> None:
    freeze(workspace, project)
    found = {row["pair_id"]: row for name in (datasets.TRAIN, datasets.HELDOUT) for row in rows(workspace, project, 1, name)}
    assert found["pair-0"].keys() == {"input", "output", "pair_id", "review_id"}
    assert found["pair-3-open"] == {
        "input": "open: where stands person 3?", "output": "Place 3", "pair_id": "pair-3-open", "review_id": "review-1",
        "kind": "fact", "wording": "open", "fact": "fact-3",
    }  # fmt: skip


def test_the_settings_of_the_newest_version_hold_for_whoever_names_none(workspace: Workspace, project: Project) -> None:
    first = freeze(workspace, project, DatasetSettings(heldout_share=0.3, split="passage"))
    assert freeze(workspace, project).id == first.id
    assert freeze(workspace, project, DatasetSettings()).number == 2
    assert freeze(workspace, project, DatasetSettings(heldout_share=0)).heldout_count == 0


def test_versions_are_compared_with_each_other_and_with_what_is_kept_now(workspace: Workspace, project: Project) -> None:
    first = freeze(workspace, project)
    update(workspace.db, QuestionPair, "pair-0", state="dropped")
    update(workspace.db, QuestionPair, "pair-3-open", input="Where?")
    planned = datasets.planned_difference(workspace, project, first)
    second = freeze(workspace, project)
    found = datasets.difference_of(workspace, project, first, second)
    assert found == planned
    assert [row["pair_id"] for row in found.removed] == ["pair-0"] and found.added == ()
    assert [new["input"] for _, new in found.changed] == ["Where?"]
    back = datasets.difference_of(workspace, project, second, first)
    assert [row["pair_id"] for row in back.added] == ["pair-0"]


def test_a_version_that_is_not_there_is_named(workspace: Workspace, project: Project) -> None:
    with pytest.raises(InputError, match="no dataset version") as caught:
        datasets.version_of(workspace, project)
    assert "dataset freeze" in caught.value.hint.command
    freeze(workspace, project)
    assert datasets.version_of(workspace, project).number == 1
    with pytest.raises(InputError, match="no dataset version 7"):
        datasets.version_of(workspace, project, 7)


def test_a_version_of_before_has_no_card(workspace: Workspace, learned: LearnedProject) -> None:
    (version,) = datasets.versions_of(workspace, learned.project)
    assert (version.card, version.parents, version.split) == ({}, (), "passage")
    assert freeze(workspace, learned.project).parents == (version.id,)


def test_an_evaluation_asks_one_or_two_wordings_of_each_held_out_fact(
    workspace: Workspace, learned: LearnedProject, project: Project
) -> None:
    version = freeze(workspace, project, DatasetSettings(heldout_share=0.3))
    card = Card.of(version.card)
    assert card is not None
    asked = question_rows(workspace, replace(learned.run, dataset_id=version.id), "")
    assert len(asked) == card.heldout_asked == version.heldout_count * 2 / 3
    assert {row["wording"] for row in asked} == {"open", "request"}


def test_texts_for_continued_training_are_frozen_beside_the_pairs_but_not_those_held_out(
    workspace: Workspace, learned: LearnedProject, project: Project
) -> None:
    texts = [
        WrittenText(
            id=f"text-{passage}", project_id=project.id, document_id="document-1", review_id="review-1", passage_id=passage,
            way="map", text=f"About {passage}.", created_at=now(),
        )
        for passage in ("passage-0", "passage-1")
    ]  # fmt: skip
    insert(workspace.db, *texts)
    settings = DatasetSettings(heldout_share=0.45)
    for seed in range(20):  # until a passage with a text is held out
        version = freeze(workspace, project, settings.model_copy(update={"seed": seed}))
        heldout = {row["pair_id"] for row in rows(workspace, project, version.number, datasets.HELDOUT)}
        if "pair-3-open" in heldout:
            break
    assert "pair-3-open" in heldout and "pair-0" not in heldout
    assert [row["text"] for row in rows(workspace, project, version.number, datasets.TEXTS)] == ["About passage-0."]
    card = Card.of(version.card)
    assert card is not None and card.texts == 1 and card.diversity["pair_count"] == 63
    told = " ".join(datasets.card_words(version))
    assert "1 text for continued training" in told and "times less room" in told
