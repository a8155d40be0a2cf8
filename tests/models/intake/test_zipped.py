"""Zips of models: nothing lands outside, nothing swells, only files of a model are taken."""

import zipfile
from pathlib import Path

import pytest

from core.errors import InputError, SetupError
from core.models.intake import zipped
from core.models.intake.zipped import unzipped
from core.models.registry import add_model
from tests.small_adapters import write_adapter
from tests.small_models import write_folder


@pytest.fixture
def files(home, tmp_path):
    """Those of an adapter, whose base is there."""
    add_model(home, write_folder(tmp_path / "Tiny"), "tiny")
    folder = write_adapter(tmp_path / "source")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture
def make(tmp_path):
    """Write a zip of names and contents."""

    def write(members, name="Field LoRA.zip"):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members:
                archive.writestr(member, content)
        return tmp_path / name

    return write


def link(name):
    """An entry that is a symbolic link."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o120777 << 16
    return entry


def refused(home, path, kind=InputError):
    before = sorted(home.rglob("*"))
    with pytest.raises(kind) as caught:
        add_model(home, path)
    assert sorted(home.rglob("*")) == before
    return caught.value.message


@pytest.mark.parametrize("place", ["", "inner/", "a/b/"])
def test_zip_of_an_adapter_is_added(home, files, make, place):
    model = add_model(home, make([(place + name, content) for name, content in files.items()]))
    assert (model.name, model.format, model.base) == ("field-lora", "adapter", "tiny")
    assert model.source == "Field LoRA.zip"
    assert not list((home / "models").glob(".*"))


def test_zip_of_a_model_is_added(home, make, tmp_path):
    folder = write_folder(tmp_path / "model")
    model = add_model(home, make([(file.name, file.read_bytes()) for file in folder.iterdir()]))
    assert model.format == "safetensors"


def test_only_files_of_a_model_are_taken_out(files, make, tmp_path):
    more = [("run.py", b"x"), ("adapter_model.bin", b"x"), ("sub/more.safetensors", b"x")]
    with unzipped(make([*files.items(), *more]), tmp_path / "beside") as folder:
        assert {file.name for file in folder.iterdir()} == set(files)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.json",
        "a/../../evil.json",
        "/etc/evil.json",
        "..\\evil.json",
        "C:\\evil.json",
        "C:evil.json",
        link("evil.json"),
    ],
)
def test_names_that_lead_out_are_refused_and_nothing_is_written(home, files, make, tmp_path, name):
    assert "lead out of its folder" in refused(home, make([*files.items(), (name, b"/etc/passwd")]))
    assert not list(tmp_path.parent.rglob("evil.json"))


def test_sizes_that_no_model_has_are_refused(home, files, make, monkeypatch):
    path = make(files.items())
    monkeypatch.setattr(zipped, "LARGEST_BYTES", 100)
    assert "which no model has" in refused(home, path)


def test_zip_that_does_not_fit_the_disk_is_refused_before_anything_is_written(home, files, make, monkeypatch):
    path = make(files.items())
    monkeypatch.setattr(zipped.shutil, "disk_usage", lambda _: zipped.shutil._ntuple_diskusage(10, 0, 10))
    assert "10 B are free" in refused(home, path, SetupError)


def test_size_that_is_a_lie_is_found(home, files, make):
    path = make([*files.items(), ("notes.txt", b"x" * 1000)])
    content = path.read_bytes()
    path.write_bytes(content.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    assert "damaged, encrypted or of an odd kind" in refused(home, path)


def test_damaged_zip_is_refused(home, files, make):
    path = make(files.items())
    path.write_bytes(path.read_bytes()[:-60])
    assert "damaged, encrypted or of an odd kind" in refused(home, path)
    path.write_bytes(b"")
    assert "damaged, encrypted or of an odd kind" in refused(home, path)


def test_encrypted_zip_is_refused(home, files, make):
    path = make(files.items())
    content = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            content[at + place] |= 1
    path.write_bytes(bytes(content))
    assert "damaged, encrypted or of an odd kind" in refused(home, path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(home, files, make):
    assert "two files of the same name" in refused(home, make([*files.items(), ("adapter_config.json", b"{}")]))


def test_zip_with_no_model_or_several_is_refused(home, files, make):
    assert "holds no model" in refused(home, make([("a.txt", b"x")], "none.zip"))
    twice = [(place + name, content) for place in ("a/", "b/") for name, content in files.items()]
    assert "holds 2 models" in refused(home, make(twice, "twice.zip"))


def test_zip_of_pickled_weights_is_refused_with_what_to_do(home, files, make):
    pickled = [("adapter_config.json", files["adapter_config.json"]), ("adapter_model.bin", b"\x80")]
    assert refused(home, make(pickled)) == "The zip file 'Field LoRA.zip' holds only pickled weights."


def test_any_other_path_is_left_as_it_is(tmp_path):
    with unzipped(tmp_path / "model.gguf", tmp_path / "beside") as path:
        assert path == tmp_path / "model.gguf"
    assert not (tmp_path / "beside").exists()


def test_too_many_files_are_refused(home, files, make, monkeypatch):
    monkeypatch.setattr(zipped, "MOST_FILES", 2)
    assert "3 files, which no model does" in refused(home, make([*files.items(), ("c.txt", b"")]))


def test_what_a_zip_is_called_is_all_that_is_kept_of_its_place(home, files, make):
    model = add_model(home, make(files.items()))
    assert str(Path(model.path).parent) == str(home / "models")
