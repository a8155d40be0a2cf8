"""The models page: what is here, adding and removing."""

import shutil
from pathlib import Path

import pytest

from core.models.registry import add_model, embedded_folder, list_models, model_folders
from tests.small_adapters import write_adapter
from tests.small_models import write_folder, write_gguf


@pytest.fixture
def small_gguf(tmp_path) -> Path:
    return write_gguf(tmp_path / "Tiny Model.gguf")


def names(workspace) -> list[str]:
    return [model.name for model in list_models([workspace.home / "models"])]


def test_embedded_models_are_listed_with_license_and_checksum(open_page):
    table = open_page("models").dataframe[0].value
    assert list(table.columns)[-1] == "SHA-256"  # the widest and least asked for
    shown = table.set_index("Name")
    assert shown.loc["smollm2-135m-instruct", "License"] == "Apache-2.0"
    assert shown.loc["smollm2-135m-instruct", "SHA-256"] == "b179c9523d0e"  # pinned by the installer
    assert set(shown["Came"]) == {"with Garrison"}


def test_model_is_added_from_a_path(open_page, workspace, small_gguf):
    app = open_page("models")
    app.text_input(key="model-path").set_value(str(small_gguf))
    app.form_submit_button[0].click().run()
    assert not app.error
    assert names(workspace) == ["tiny-model"]


def test_model_is_added_through_the_browser_and_the_copy_goes(open_page, workspace, small_gguf):
    app = open_page("models")
    app.file_uploader(key="model-files").upload("Tiny Model.gguf", small_gguf.read_bytes())
    app.form_submit_button[1].click().run()
    assert not app.error
    assert names(workspace) == ["tiny-model"]
    assert not list((workspace.home / "incoming").iterdir())


def test_adapter_is_added_as_a_zip_and_said_to_be_one(open_page, workspace, tmp_path):
    add_model(workspace.home, write_folder(tmp_path / "Tiny"), "tiny")
    write_adapter(tmp_path / "adapter")
    zipped = Path(shutil.make_archive(str(tmp_path / "My Adapter"), "zip", tmp_path / "adapter"))
    app = open_page("models")
    app.file_uploader(key="model-files").upload("My Adapter.zip", zipped.read_bytes())
    app.form_submit_button[1].click().run()
    assert not app.error
    assert names(workspace) == ["my-adapter", "tiny"]
    app.selectbox(key="model-card").select("my-adapter").run()
    told = next(frame.value for frame in app.dataframe if "What it is" in frame.value.columns).set_index("")["What it is"]
    assert told["Adapter on"] == "tiny (it names this model, and its weights fit)"
    assert "my-adapter" not in app.selectbox(key="model-base").options  # no adapter is put on an adapter


def test_adapter_for_another_model_is_refused_on_the_page_with_both_names(open_page, workspace, tmp_path):
    app = open_page("models")
    app.text_input(key="model-path").set_value(str(write_adapter(tmp_path / "adapter")))
    app.selectbox(key="model-base").select("smollm2-135m-instruct")
    app.form_submit_button[0].click().run()
    assert "'adapter' was made for publisher/Tiny and does not fit smollm2-135m-instruct" in app.error[0].value
    assert names(workspace) == []


@pytest.mark.parametrize(("path", "words"), [("", "No path was given"), ("/nowhere/model.gguf", "There is nothing at")])
def test_path_that_leads_nowhere_is_refused_in_place(open_page, path, words):
    app = open_page("models")
    app.text_input(key="model-path").set_value(path)
    app.form_submit_button[0].click().run()
    assert words in app.error[0].value


def test_pickled_weights_are_refused(open_page, workspace, tmp_path):
    pickled = tmp_path / "model.bin"
    pickled.write_bytes(b"\x80\x04")
    app = open_page("models")
    app.text_input(key="model-path").set_value(str(pickled))
    app.form_submit_button[0].click().run()
    assert "safetensors or GGUF only" in app.error[0].value
    assert names(workspace) == []


def test_check_tells_a_changed_model(open_page, workspace, small_gguf):
    model = add_model(workspace.home, small_gguf)
    data = bytearray(small_gguf.read_bytes())
    data[-1] ^= 1
    Path(model.path).unlink()
    Path(model.path).write_bytes(data)
    app = open_page("models")
    app.button(key="verify-models").click().run()
    assert "tiny-model" in app.error[0].value
    assert "smollm2-135m-instruct" not in app.error[0].value


def test_added_model_goes_once_its_name_is_typed(open_page, workspace, small_gguf):
    add_model(workspace.home, small_gguf)
    app = open_page("models")
    assert app.button(key="remove-model").disabled
    app.text_input(key="remove-model-typed").set_value("tiny-model").run()
    app.button(key="remove-model").click().run()
    assert names(workspace) == []


def test_embedded_models_are_not_offered_for_removal(open_page, workspace, small_gguf):
    add_model(workspace.home, small_gguf)
    app = open_page("models")
    embedded = {model.name for model in list_models([embedded_folder()])}
    assert embedded and not embedded & set(app.selectbox(key="remove-model-name").options)
    assert len(list_models(model_folders(workspace.home))) == len(embedded) + 1


def test_card_says_what_a_model_is_and_the_checksum_of_each_file(open_page, workspace, small_gguf):
    add_model(workspace.home, small_gguf)
    app = open_page("models")
    app.selectbox(key="model-card").set_value("tiny-model").run()
    card, files = app.dataframe[1].value, app.dataframe[2].value
    assert dict(zip(card[""], card["What it is"], strict=True))["Context"] == "64 tokens"
    assert list(files["File"]) == ["Tiny Model.gguf"]
