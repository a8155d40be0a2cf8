"""What an export refuses before it starts, and what it tells whoever uses the result."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import InputError
from core.files import sha256_file, write_atomic
from core.jobs.context import JobContext
from core.records import DatasetVersion, Job, Release, Run, new_id, now
from core.services.chat.answerers import open_answerer
from core.services.training import evaluation, export
from core.services.training.runs import find_trainable
from core.settings import TrainingSettings
from core.storage import Workspace, find, insert, update


def make_run(workspace: Workspace, precision: str = "fp32") -> Run:
    """A finished run with an adapter's files in its folder."""
    project = workspace.create_project(f"project {precision}")
    version = DatasetVersion(
        id=new_id("dataset"),
        project_id=project.id,
        number=1,
        sha256="d" * 64,
        train_count=1,
        heldout_count=0,
        created_at=now(),
    )
    insert(workspace.db, version)
    base = find_trainable(workspace, "smollm2-135m-instruct")
    run = Run(
        id=new_id("run"), project_id=project.id, number=1, dataset_id=version.id, dataset_sha256="d" * 64,
        model=base.name, model_sha256=base.sha256, settings={"precision": precision}, is_finished=True,
        created_at=now(),
    )  # fmt: skip
    insert(workspace.db, run)
    folder = workspace.run_folder(project.id, run.id)
    for name in ("adapter/adapter_config.json", "adapter/adapter_model.safetensors", "template.jinja"):
        write_atomic(folder / name, name)
    return run


def params(run: Run, target: object, format: str = "adapter") -> export.Params:
    return export.Params(run_id=run.id, format=format, quantization="q8_0", target=str(target))


@pytest.mark.parametrize("place", ["/proc/x", "/proc/x/y", "/dev/null/x", "relative/x", "x" * 300])
def test_folder_that_cannot_be_made_is_the_users_error(workspace: Workspace, tmp_path: Path, place: str) -> None:
    run = make_run(workspace)
    target = tmp_path / place if len(place) > 255 else place
    with pytest.raises(InputError) as caught:
        export.check(workspace, run.project_id, params(run, target))
    assert caught.value.exit_code == 2 and caught.value.message.endswith(".") and caught.value.hint.words


def test_folder_may_be_made_with_its_parents_and_looking_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    run = make_run(workspace)
    before = sorted(os.listdir(tmp_path))
    export.check(workspace, run.project_id, params(run, tmp_path / "new" / "folder"))
    assert sorted(os.listdir(tmp_path)) == before


def test_root_of_a_disk_is_refused(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(workspace)
    (tmp_path / "disk").mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == tmp_path / "disk")
    with pytest.raises(InputError, match="whole disk"):
        export.check(workspace, run.project_id, params(run, tmp_path / "disk"))


@pytest.mark.parametrize(("precision", "bits"), [("4bit", "4 bits"), ("8bit", "8 bits")])
def test_run_on_quantized_weights_says_that_exports_may_differ(workspace: Workspace, precision: str, bits: str) -> None:
    run = make_run(workspace, precision)
    for format in ("adapter", "merged", "gguf"):
        assert bits in export.note(run, format) and "may answer differently" in export.note(run, format)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_run_on_whole_weights_has_nothing_to_note(workspace: Workspace, precision: str) -> None:
    settings = TrainingSettings.from_values({"precision": precision}).model_dump()
    assert settings["precision"] == precision
    assert export.note(make_run(workspace, precision), "merged") == ""


def test_result_names_the_file_its_checksum_belongs_to_and_the_note(workspace: Workspace, tmp_path: Path) -> None:
    run = make_run(workspace, "4bit")
    target = tmp_path / "adapter"
    job = Job(id=new_id("job"), kind="export", project_id=run.project_id, created_at=now())
    insert(workspace.db, job)
    result = export.run(JobContext(workspace, job), params(run, target))
    assert result.sha256 == sha256_file(target / result.sha256_of) == find(workspace.db, Release)[0].sha256
    assert "4 bits" in result.note
    card = (target / "README.md").read_text(encoding="utf-8")
    assert "not tested for leaks" in card
    for text in ("license: Apache-2.0", "base_model: smollm2-135m-instruct", run.id, "d" * 64, result.note):
        assert text in card


def test_another_model_under_the_name_of_the_base_is_refused_by_all_who_use_a_run(
    workspace: Workspace, tmp_path: Path
) -> None:
    run = make_run(workspace)
    update(workspace.db, Run, run.id, model_sha256="b" * 64)
    for act in (
        lambda: export.check(workspace, run.project_id, params(run, tmp_path / "out")),
        lambda: evaluation.check(workspace, run.project_id, evaluation.Params(run_id=run.id)),
        lambda: open_answerer(workspace, run.id),
    ):
        with pytest.raises(InputError, match="is not the model that run 1 was trained on"):
            act()


def test_a_run_of_all_weights_has_no_adapter_to_export(workspace: Workspace, tmp_path: Path) -> None:
    run = make_run(workspace)
    update(workspace.db, Run, run.id, settings={**run.settings, "method": "full"})
    with pytest.raises(InputError, match="has no adapter"):
        export.check(workspace, run.project_id, params(run, tmp_path / "out"))
    export.check(workspace, run.project_id, params(run, tmp_path / "out", "merged"))


def test_the_card_of_a_run_that_went_on_names_what_it_went_on_from(workspace: Workspace, tmp_path: Path) -> None:
    first = make_run(workspace)
    second = replace(
        first, id=new_id("run"), number=2, dataset_sha256="e" * 64, settings={**first.settings, "start_run": first.id}
    )
    insert(workspace.db, second)
    for name in ("adapter/adapter_config.json", "adapter/adapter_model.safetensors", "template.jinja"):
        write_atomic(workspace.run_folder(second.project_id, second.id) / name, name)
    job = Job(id=new_id("job"), kind="export", project_id=second.project_id, created_at=now())
    insert(workspace.db, job)
    export.run(JobContext(workspace, job), params(second, tmp_path / "out"))
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert f"- Run: {second.id}, which went on from {first.id}\n" in card
    assert f"{'e' * 64}, {'d' * 64}\n" in card
