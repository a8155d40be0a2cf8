"""What can be served, and what is refused with a word of what to do."""

from pathlib import Path

import pytest

from core.errors import AccessError, InputError, SetupError
from core.files import sha256_file
from core.models.adapters.engine import AdapterFiles
from core.models.card import SUMS
from core.records import Model, Release, Run, new_id, now
from core.services.deploy import deployed
from core.services.deploy.deployed import find_deployed
from core.storage import Workspace, insert, update
from tests.access.conftest import SignIn, filled, signed_in  # noqa: F401 - a fixture
from tests.models.engine.standing import write_model
from tests.small_adapters import write_adapter


@pytest.fixture(autouse=True)
def whole_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every file for a whole model: what is not is looked for in tests/models/intake."""
    monkeypatch.setattr("core.models.intake.brought.look", lambda path: None)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A folder with a GGUF, as an export leaves it."""
    folder = tmp_path / "my export"
    folder.mkdir()
    file = write_model(folder / "model-q8_0.gguf")
    (folder / SUMS).write_text(f"{sha256_file(file)}  {file.name}\n", encoding="utf-8")
    return folder


def release_of(workspace: Workspace, folder: Path, form: str = "gguf") -> Release:
    project, _, _ = filled(workspace, "Manuals")
    release = Release(
        id=new_id("release"), project_id=project.id, run_id=f"run-{project.id}", format=form, path=str(folder),
        sha256=sha256_file(folder / "model-q8_0.gguf"), created_at=now(),
    )  # type: ignore[arg-type] # fmt: skip
    insert(workspace.db, release)
    return release


def test_a_gguf_is_served_by_the_name_of_its_file(workspace: Workspace, tmp_path: Path) -> None:
    file = write_model(tmp_path / "tiny model.gguf")
    found = find_deployed(workspace, str(file))
    assert (found.served.name, found.served.model) == ("tiny-model", file)
    assert found.sha256 == sha256_file(file) and found.project_id is None
    assert find_deployed(workspace, str(file), name="site/answers").served.name == "site-answers"


@pytest.mark.parametrize("name", ["/", "--", "…"])
def test_a_name_that_nobody_could_write_is_refused(name: str, workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no name"):
        find_deployed(workspace, str(write_model(tmp_path / "a.gguf")), name=name)


def test_an_adapter_is_served_with_its_base_and_its_own_template(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = tmp_path / "base.gguf"
    model = Model(
        name="added", path=str(tmp_path), format="adapter", size_bytes=1, sha256="ab", base="tiny", base_sha256="cd"
    )
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    tiny = Model(name="tiny", path=str(base), format="gguf", size_bytes=1, sha256="cd")
    monkeypatch.setattr("core.models.registry.list_models", lambda _: [model, tiny])
    files = AdapterFiles(base, tmp_path / "adapter.gguf")
    monkeypatch.setattr("core.models.adapters.engine.adapter_files", lambda *_, **__: files)
    write_model(base)
    served = find_deployed(workspace, "added").served
    assert (served.name, served.model, served.adapter) == ("added", base, files.adapter)
    assert served.template == tmp_path / "chat_template.jinja"
    monkeypatch.setattr("core.models.adapters.engine.adapter_files", lambda *_, **__: None)
    with pytest.raises(InputError, match="The engine cannot answer for the adapter added"):
        find_deployed(workspace, "added")
    with pytest.raises(InputError, match="no model by itself"):
        find_deployed(workspace, str(write_adapter(tmp_path / "folder")))


def test_an_export_is_served_by_id_by_folder_and_by_file(workspace: Workspace, export: Path) -> None:
    release = release_of(workspace, export)
    for what in (release.id, str(export)):
        found = find_deployed(workspace, what)
        assert (found.release_id, found.project_id, found.sha256) == (release.id, release.project_id, release.sha256)
        assert found.served.name == "model-q8_0" and found.served.adapter is None
    assert find_deployed(workspace, str(export / "model-q8_0.gguf")).sha256 == release.sha256


@pytest.mark.parametrize("change", ["longer", "other", "gone"])
def test_an_export_that_was_changed_is_refused(change: str, workspace: Workspace, export: Path) -> None:
    release, file = release_of(workspace, export), export / "model-q8_0.gguf"
    if change == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes() + b"x" if change == "longer" else b"GGUF")
    for what in (release.id, str(export)):
        with pytest.raises(InputError, match="not what was exported"):
            find_deployed(workspace, what)
    workspace.db.execute("delete from releases")
    with pytest.raises(InputError, match="missing or was changed"):
        find_deployed(workspace, str(export))


@pytest.mark.parametrize("name", ["../other.gguf", "/etc/passwd", "none.gguf"])
def test_sums_that_name_something_else_are_refused(name: str, workspace: Workspace, export: Path) -> None:
    other = write_model(export.parent / "other.gguf")
    (export / SUMS).write_text(f"{sha256_file(other)}  {name}\n", encoding="utf-8")
    with pytest.raises(InputError, match="missing or was changed"):
        find_deployed(workspace, str(export))


def test_a_folder_with_two_models_and_an_adapter_alone_are_refused(workspace: Workspace, export: Path) -> None:
    release = release_of(workspace, export, "adapter")
    with pytest.raises(InputError, match="no model by itself"):
        find_deployed(workspace, release.id)
    workspace.db.execute("delete from releases")
    (export / SUMS).unlink()
    write_model(export / "model-f16.gguf")
    with pytest.raises(InputError, match=r"model-f16.gguf, model-q8_0.gguf"):
        find_deployed(workspace, str(export))


@pytest.mark.parametrize("what", ["nothing", "run-0000000000", "/nowhere/model.gguf", "minilm", ""])
def test_what_is_no_language_model_is_refused(what: str, workspace: Workspace) -> None:
    with pytest.raises((InputError, SetupError)):
        find_deployed(workspace, what)


def test_a_run_that_has_not_finished_or_gives_away_too_much_is_refused(workspace: Workspace) -> None:
    project, _, _ = filled(workspace, "Manuals")
    run_id = f"run-{project.id}"
    workspace.db.execute("update projects set leak_limit = 0.05 where id = ?", [project.id])
    with pytest.raises(InputError, match="not tested for leaks"):
        find_deployed(workspace, run_id)
    update(workspace.db, Run, run_id, is_finished=False)
    with pytest.raises(InputError, match="finished"):
        find_deployed(workspace, run_id)


def test_only_who_manages_the_machine_serves(workspace: Workspace, signed_in: SignIn, export: Path) -> None:  # noqa: F811
    with pytest.raises(AccessError, match="manage machine"):
        find_deployed(signed_in("ada", ("owner",), workspace.create_project("Ours")), str(export))
    assert find_deployed(signed_in("root", on_machine=("administrator",)), str(export))


def test_what_only_transformers_can_answer_for_is_refused_with_what_to_do(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setattr(deployed, "base_for_engine", lambda *_, **__: None)
    with pytest.raises(InputError, match="does not know this kind"):
        find_deployed(workspace, str(folder))
