"""What a training reads as plain text: the passages that its rows ask about, as long as their approval stands."""

import json

from core.records import Document
from core.services.questions.datasets import read_rows
from core.services.training.reading import texts_to_read
from core.storage import get


def test_the_passages_of_rows_are_read_and_no_others(workspace, learned):
    folder = workspace.dataset_folder(learned.project.id, learned.run.dataset_id)
    rows = [{"pair_id": pair.id} for pair in learned.pairs]
    asked = {pair.passage_id for pair in learned.pairs}
    _, passages = workspace.approved_passages(get(workspace.db, Document, learned.pairs[0].document_id))
    told = texts_to_read(workspace, learned.project.id, folder, rows)
    assert told == [passage.text for passage in passages if passage.id in asked] != []
    assert texts_to_read(workspace, learned.project.id, folder, []) == []
    assert texts_to_read(workspace, learned.project.id, folder, [{"pair_id": "pair-unknown"}]) == []


def test_a_passage_without_its_approval_is_not_read(workspace, learned):
    folder = workspace.dataset_folder(learned.project.id, learned.run.dataset_id)
    rows = [{"pair_id": pair.id} for pair in learned.pairs]
    workspace.withdraw_approval(learned.pairs[0].document_id, reason="a name was missed")
    assert texts_to_read(workspace, learned.project.id, folder, rows) == []


def test_texts_written_about_passages_are_read_besides(workspace, learned):
    folder = workspace.dataset_folder(learned.project.id, learned.run.dataset_id)
    folder.mkdir(parents=True, exist_ok=True)
    review_id = learned.pairs[0].review_id
    lines = [{"text": "Told anew.", "review_id": review_id}, {"text": "Of nobody.", "review_id": "review-gone"}]
    (folder / "texts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert texts_to_read(workspace, learned.project.id, folder, []) == ["Told anew."]
    assert len(read_rows(folder / "texts.jsonl")) == 2
