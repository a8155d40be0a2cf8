"""A model bundle: written on one machine, checked and imported on another."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bundle import build, media
from console import Stop
from environment import Place

from core.carry.manifest import MANIFEST, load
from core.carry.verify import Trust
from core.errors import InputError, SetupError
from core.files import folder_atomic
from core.models import registry
from core.models.bundles import import_bundle
from tests.small_models import write_folder


def model_folder(place: Path, name: str, fill: int = 1) -> Path:
    """A folder of safetensors as `garrison models add` leaves it, below a workspace of its own."""
    source = write_folder(place / f"from-{name}", fill=fill)
    return Path(registry.add_model(place / "builder", source, name).path)


@pytest.fixture
def write_bundle(tmp_path: Path, key: Path) -> Callable[..., Path]:
    """Writes a bundle of the models in these folders."""
    root = tmp_path / "checkout"
    (root / "installer").mkdir(parents=True)
    (root / "installer" / "models.json").write_text("[]")

    def write(*folders: Path, key: Path | None = key, part_bytes: int = 25_000) -> Path:
        wishes = media.Wishes(
            out=tmp_path / "out", part_bytes=part_bytes, key=key, model_paths=folders, models_only=True, version="0.1.0"
        )
        return build.model_bundle(Place(root), wishes)

    return write


def test_models_arrive_as_they_were_and_can_be_verified(write_bundle, tmp_path, trust):
    folder = write_bundle(model_folder(tmp_path, "small"), model_folder(tmp_path, "other", fill=2))
    assert len(list(folder.glob("garrison-models.part*"))) > 3
    models = import_bundle(tmp_path / "home", [folder], trust)
    assert [model.name for model in models] == ["small", "other"]
    assert {verdict.health for verdict in registry.verify_models([tmp_path / "home" / "models"])} == {"unchanged"}
    assert models[0].sha256 == registry.list_models([tmp_path / "builder" / "models"])[1].sha256


def test_parts_on_two_media_in_any_order(write_bundle, tmp_path, trust):
    folder = write_bundle(model_folder(tmp_path, "small"))
    second = tmp_path / "second"
    second.mkdir()
    for part in sorted(folder.glob("*.part*"))[1:]:
        shutil.move(part, second)
    assert import_bundle(tmp_path / "home", [second, folder], trust)[0].name == "small"


def test_again_copies_nothing_and_another_model_of_that_name_is_refused(write_bundle, tmp_path, trust):
    folder = write_bundle(model_folder(tmp_path, "small"))
    import_bundle(tmp_path / "home", [folder], trust)
    copied = []
    import_bundle(tmp_path / "home", [folder], trust, lambda doing, done, total: copied.append(doing))
    assert set(copied) == {"checking"}
    shutil.rmtree(tmp_path / "builder")
    shutil.rmtree(tmp_path / "from-small")
    folder = write_bundle(model_folder(tmp_path, "small", fill=9))
    with pytest.raises(InputError, match="another model called 'small'"):
        import_bundle(tmp_path / "home", [folder], trust)


@pytest.mark.parametrize("at", [0, -1])
def test_a_flipped_bit_is_named_and_nothing_is_written(write_bundle, tmp_path, trust, at):
    folder = write_bundle(model_folder(tmp_path, "small"))
    part = sorted(folder.glob("*.part*"))[1]
    content = bytearray(part.read_bytes())
    content[at] ^= 1
    part.write_bytes(content)
    with pytest.raises(SetupError, match=part.name):
        import_bundle(tmp_path / "home", [folder], trust)
    assert not (tmp_path / "home").exists()


def test_it_must_be_signed_by_whom_is_trusted(write_bundle, tmp_path, trust):
    folder = write_bundle(model_folder(tmp_path, "small"), key=None)
    with pytest.raises(SetupError, match="not signed"):
        import_bundle(tmp_path / "home", [folder], trust)
    with pytest.raises(SetupError, match="There is no folder"):
        import_bundle(tmp_path / "home", [folder, tmp_path / "nowhere"], trust)
    assert import_bundle(tmp_path / "home", [folder], Trust(allows_unsigned=True))


def test_a_bundle_of_the_program_is_refused(make_bundle, tmp_path, trust):
    with pytest.raises(InputError, match="holds the program"):
        import_bundle(tmp_path / "home", [make_bundle()], trust)


def test_pickles_and_false_descriptions_are_refused_though_they_are_signed(write_bundle, tmp_path, trust):
    folder = model_folder(tmp_path, "small")
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04N.")
    with pytest.raises(InputError, match="pickled"):
        import_bundle(tmp_path / "home", [write_bundle(folder)], trust)
    (folder / "pytorch_model.bin").unlink()
    (folder / "config.json").write_text('{"changed": true}')
    with pytest.raises(InputError, match="is not what its model.json says"):
        import_bundle(tmp_path / "home", [write_bundle(folder)], trust)
    assert registry.list_models([tmp_path / "home" / "models"]) == []
    assert list((tmp_path / "home" / "models").iterdir()) == []


def test_no_room_is_said_before_anything_is_copied(write_bundle, tmp_path, trust, monkeypatch):
    folder = write_bundle(model_folder(tmp_path, "small"))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage._replace(free=1000))
    with pytest.raises(SetupError, match="GB are free"):
        import_bundle(tmp_path / "home", [folder], trust)
    assert not (tmp_path / "home").exists()


def test_killed_midway_leaves_no_model_and_the_next_time_completes(write_bundle, tmp_path, trust):
    folder = write_bundle(model_folder(tmp_path, "small"))
    program = f"""
import sys, time
from pathlib import Path
from core.carry.verify import Trust
from core.models import bundles
def slow(doing, done, total):
    if doing == "copying":
        print("copying", flush=True); time.sleep(60)
bundles.import_bundle(Path({str(tmp_path / "home")!r}), [Path({str(folder)!r})], Trust(key=Path({str(trust.key)!r})), slow)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout.readline() == "copying\n"
        running.send_signal(signal.SIGKILL)
    models = tmp_path / "home" / "models"
    assert [path.name[:7] for path in models.iterdir()] == [".small."]
    import_bundle(tmp_path / "home", [folder], trust)
    assert [path.name for path in models.iterdir()] == ["small"]


def test_a_folder_somebody_is_filling_is_left_alone(tmp_path):
    with folder_atomic(tmp_path / "models" / "one") as first:
        with folder_atomic(tmp_path / "models" / "two"):
            assert first.is_dir()
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["one", "two"]


def test_no_model_named_is_refused_and_a_folder_without_description_too(write_bundle, tmp_path):
    with pytest.raises(Stop, match="No model was named"):
        write_bundle()
    with pytest.raises(Stop, match="no model folder"):
        write_bundle(tmp_path)


def test_the_readme_names_the_models_and_how_many_parts(write_bundle, tmp_path):
    folder = write_bundle(model_folder(tmp_path, "small"))
    text = (folder / "README.txt").read_text()
    parts = load(folder / MANIFEST).parts
    assert "small: 63." in text and f"consists of {len(parts)} part(s)" in text


def test_the_command_imports_and_lists(write_bundle, tmp_path, trust):
    folder = write_bundle(model_folder(tmp_path, "small"))
    command = [sys.executable, "-m", "core.cli.app", "--home", str(tmp_path / "home")]
    done = subprocess.run(
        [*command, "models", "import", str(folder), "--key", str(trust.key)],
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
    )
    assert (done.returncode, done.stdout) == (0, "Checked and there: small.\n"), done
    listed = subprocess.run([*command, "--json", "models", "list"], capture_output=True, text=True, check=True)
    assert "small" in [model["name"] for model in json.loads(listed.stdout)]
    refused = subprocess.run([*command, "models", "import", str(folder)], capture_output=True, text=True)
    assert refused.returncode == 3 and "Nobody said which key to trust." in refused.stderr
