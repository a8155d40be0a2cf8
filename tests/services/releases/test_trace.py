"""A lineage: every hash is held against what is stored, and nothing personal is in it."""

import json
import shutil
from collections.abc import Callable

import pytest

from core.errors import AccessError
from core.records import Review, Run
from core.services.releases.steps import steps
from core.services.releases.trace import trace
from core.storage import Workspace, update
from tests.access.conftest import SignIn, signed_in  # noqa: F401 - a fixture
from tests.learned import PASSAGES, LearnedProject

from .conftest import original

Spoil = Callable[[Workspace, Run], object]


def test_everything_is_found_and_what_it_was(workspace: Workspace, run: Run) -> None:
    found = trace(workspace, run)
    assert found.is_whole
    counts = [len(part) for part in (found.runs, found.versions, found.rows, found.passages, found.reviews, found.documents)]
    assert counts == [1, 1, 3, 1, 1, 1]
    assert found.passages[0].row_count == 3 and found.reviews[0].approved_by == "Ada"
    assert all(step.is_unchanged for step in steps(found))


SPOILED: dict[str, tuple[Spoil, str, bool | None]] = {
    "a row changed": (
        lambda w, r: _append(w.dataset_folder(r.project_id, r.dataset_id) / "train.jsonl", "{}\n"),
        "Dataset version 1", False,
    ),
    "rows gone": (
        lambda w, r: (w.dataset_folder(r.project_id, r.dataset_id) / "heldout.jsonl").unlink(), "Dataset version 1", None,
    ),
    "the adapter changed": (
        lambda w, r: _append(w.run_folder(r.project_id, r.id) / "adapter" / "adapter_config.json", " "), "Run 1", False,
    ),
    "the adapter gone": (lambda w, r: shutil.rmtree(w.run_folder(r.project_id, r.id) / "adapter"), "Run 1", None),
    "the approved text changed": (lambda w, r: _append(w.anonymized_path(r.project_id, "review-1"), "x"), "Review", False),
    "the document changed": (lambda w, _: _append(original(w), "x"), "Documents", False),
    "the document gone": (lambda w, _: original(w).unlink(), "Documents", None),
    "another model under its name": (lambda w, r: update(w.db, Run, r.id, model_sha256="b" * 64), "Run 1", False),
}  # fmt: skip


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_not_what_it_was_is_told(workspace: Workspace, run: Run, what: str) -> None:
    spoil, title, answer = SPOILED[what]
    spoil(workspace, run)
    found = trace(workspace, run)
    assert not found.is_whole
    assert next(step for step in steps(found) if step.title == title).is_unchanged is answer


def test_an_approval_whose_record_is_gone_is_counted(workspace: Workspace, run: Run) -> None:
    workspace.db.execute("pragma foreign_keys = off")
    workspace.db.execute("delete from reviews")
    found = trace(workspace, run)
    assert (found.lost_reviews, found.is_whole) == (1, False)


def test_no_text_and_no_name_of_a_document_is_in_it_unless_asked_for(workspace: Workspace, run: Run) -> None:
    told = json.dumps(trace(workspace, run).as_json())
    for text in (*PASSAGES, "winch", "Winch.md", "tonnes"):
        assert text not in told
    assert "Winch.md" in json.dumps(trace(workspace, run, has_names=True).as_json())


def test_names_take_the_right_to_read_the_documents(
    workspace: Workspace,
    run: Run,
    learned: LearnedProject,
    signed_in: SignIn,  # noqa: F811
) -> None:
    auditor = signed_in("vera", ("auditor",), learned.project)
    assert trace(auditor, run).is_whole
    with pytest.raises(AccessError):
        trace(auditor, run, has_names=True)


def test_who_approved_stands_in_it_after_a_withdrawal(workspace: Workspace, run: Run) -> None:
    update(workspace.db, Review, "review-1", state="withdrawn")
    assert trace(workspace, run).reviews[0].state == "withdrawn"


def _append(path, text):
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
