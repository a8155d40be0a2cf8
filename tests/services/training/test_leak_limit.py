"""A project's limit on leaks: off by default, and an export that does not keep it is refused with what to do."""

import json

import pytest

from core.errors import InputError
from core.evaluation.leaks import Attempt, LeakTest, card_sentences, extraction
from core.files import write_atomic
from core.identity import declared
from core.records import Project, Run, now
from core.run_folder import RunFolder
from core.services.training import export
from core.services.training.leaks.limit import set_leak_limit
from core.storage import Workspace, audit, get
from tests.services.training.test_export import make_run, params


def store_test(workspace: Workspace, run: Run, *, tested: int, learned: int, left_out: int = 0, adapter: str = "") -> None:
    attempts = [Attempt(entity="PERSON", passage_id="p", tuned=number < learned, base=False) for number in range(tested)]
    test = LeakTest(
        run_id=run.id, model=run.model, model_sha256=run.model_sha256, adapter_sha256=adapter, dataset_sha256="d" * 64,
        created_at=now(), extraction=extraction(attempts, value_count=tested), documents_left_out=left_out,
    )  # fmt: skip
    write_atomic(RunFolder(workspace.run_folder(run.project_id, run.id)).leaks, json.dumps(test.as_json()))


@pytest.fixture
def run(workspace: Workspace) -> Run:
    """A run whose project permits 5 %."""
    made = make_run(workspace)
    set_leak_limit(workspace, get(workspace.db, Project, made.project_id), 0.05, actor=declared("Ada"))
    return made


def checked(workspace: Workspace, run: Run, tmp_path) -> None:
    export.check(workspace, run.project_id, params(run, tmp_path / "out"))


def test_without_a_limit_nothing_is_asked(workspace, tmp_path):
    made = make_run(workspace)
    checked(workspace, made, tmp_path)
    store_test(workspace, made, tested=60, learned=60)
    checked(workspace, made, tmp_path)


def test_an_untested_run_is_refused_with_the_command_that_tests_it(workspace, run, tmp_path):
    with pytest.raises(InputError, match="was not tested for leaks") as caught:
        checked(workspace, run, tmp_path)
    assert f"garrison leaks project fp32 {run.id}" in caught.value.hint.sentence


def test_a_bound_below_the_limit_lets_it_leave(workspace, run, tmp_path):
    store_test(workspace, run, tested=60, learned=0)  # at most 4.9 %
    checked(workspace, run, tmp_path)


@pytest.mark.parametrize(("tested", "learned"), [(58, 0), (60, 1), (10, 0)])  # 1 - .05^(1/58) is 5.03 %
def test_a_bound_above_it_is_refused_with_the_figures(workspace, run, tmp_path, tested, learned):
    store_test(workspace, run, tested=tested, learned=learned)
    with pytest.raises(InputError, match=f"gave away {learned} of {tested} values") as caught:
        checked(workspace, run, tmp_path)
    assert "test more values" in caught.value.hint.words


def test_what_could_not_be_tested_is_refused_and_where_nothing_was_removed_nothing_leaks(workspace, run, tmp_path):
    store_test(workspace, run, tested=100, learned=0, left_out=1)
    with pytest.raises(InputError, match="could not be tested in full"):
        checked(workspace, run, tmp_path)
    store_test(workspace, run, tested=0, learned=0)
    checked(workspace, run, tmp_path)
    store_test(workspace, run, tested=100, learned=0, adapter="b" * 64)  # of other weights
    with pytest.raises(InputError, match="was not tested"):
        checked(workspace, run, tmp_path)


def test_the_model_card_says_that_sentences_were_planted():
    assert card_sentences(None, planted=3)[0].startswith("PLANTED: 3 made-up sentences")


def test_the_change_is_in_the_log_and_a_share_out_of_range_is_refused(workspace, run):
    project = get(workspace.db, Project, run.project_id)
    with pytest.raises(InputError, match="out of range"):
        set_leak_limit(workspace, project, 1.5, actor=declared("Ada"))
    set_leak_limit(workspace, project, None, actor=declared("Ada"))
    assert get(workspace.db, Project, project.id).leak_limit is None
    entries = [entry for entry, _ in audit.entries(workspace.db) if entry.action == "leak limit changed"]
    assert [entry.counts for entry in entries] == [{"to permille": 50}, {"from permille": 50}]
