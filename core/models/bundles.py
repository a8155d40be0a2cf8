"""Model bundles: models delivered on media under a signed manifest, to be added to a workspace.

A model bundle is packaged like the program itself (`core.carry`): parts of any size on any number of media, each with
its checksum, under one signature. Everything is checked before a byte is written, every file once more while it is
copied, and a model appears complete or not at all.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.carry.manifest import BundleFile, Manifest
from core.carry.verify import Bundle, Trust, faults, open_bundle
from core.errors import Hint, InputError, SetupError
from core.files import folder_atomic
from core.models import registry
from core.models.intake.carried import MANIFEST
from core.records import Model

FOLDER = "models"  # top folder in the bundle, with one folder per model
Report = Callable[[str, int, int], None]  # activity, bytes done, total bytes


@dataclass(frozen=True, slots=True)
class BundledModel:
    """A model in a bundle: its name and its files, each with its offset in the bundle's byte stream."""

    name: str
    files: tuple[tuple[int, BundleFile], ...]

    @property
    def size_bytes(self) -> int:
        """Total size of its files."""
        return sum(file.size_bytes for _, file in self.files)


def import_bundle(
    home: Path, folders: Sequence[Path], trust: Trust, report: Report = lambda doing, done, total: None
) -> list[Model]:
    """Check a model bundle and add every model in it to the workspace at `home`.

    Identical models that are already present are skipped, so an interrupted import can simply be repeated.

    Args:
        home: The workspace.
        folders: Folders with the bundle's files, one per medium, in any order.
        trust: Whose signature is required.
        report: Called with the activity, the bytes done and the total bytes.

    Raises:
        SetupError: the bundle lacks the required signature or is damaged, or there is not enough disk space.
        InputError: this is not a model bundle, or a different model has the same name.
    """
    bundle = open_bundle(folders, trust)
    models = models_in(bundle.manifest)
    present = {model.name: model for model in registry.list_models(registry.model_folders(home))}
    _check_media(bundle, report)
    wanted = [model for model in models if not _is_there(bundle, model, present)]
    total = sum(model.size_bytes for model in wanted)
    _check_room(home, total)
    done = 0
    for model in wanted:
        with folder_atomic(home / "models" / model.name) as folder:
            for offset, file in model.files:
                for count in _copy(bundle, offset, file, folder):
                    done += count
                    report("copying", done, total)
            registry.check_folder(folder)
    here = {model.name: model for model in registry.list_models(registry.model_folders(home))}
    return [here[model.name] for model in models]


def models_in(manifest: Manifest) -> list[BundledModel]:
    """Return the models that a manifest lists.

    Raises:
        InputError: it is not the manifest of a model bundle, lists something else as well, or lists no model.
    """
    if manifest.kind != "models":
        raise InputError(
            "This bundle holds the program, not models alone.",
            Hint("Install it, or upgrade with it.", command="garrison-setup install (or upgrade) FOLDER"),
        )
    by_name: dict[str, list[tuple[int, BundleFile]]] = {}
    for offset, file in manifest.carried:
        top, _, rest = file.path.partition("/")
        name, _, inside = rest.partition("/")
        if top != FOLDER or not inside or file.kind != "model" or not registry.NAME.fullmatch(name):
            raise InputError(
                f"The bundle lists {file.path!r}, which is no model.", "Get a new copy from where it was built."
            )
        by_name.setdefault(name, []).append((offset, file))
    if not by_name:
        raise InputError("The bundle holds no model.", "Get a new copy from where it was built.")
    return [BundledModel(name, tuple(files)) for name, files in by_name.items()]


def _check_media(bundle: Bundle, report: Report) -> None:
    total, done = sum(entry.size_bytes for entry in bundle.media), 0

    def add(count: int) -> None:
        nonlocal done
        done += count
        report("checking", done, total)

    if damaged := list(faults(bundle, add)):
        raise SetupError(
            f"The bundle is not as it was signed: {'; '.join(f'{name}: {fault}' for name, fault in damaged)}.",
            "Copy what is named again.",
        )


def _is_there(bundle: Bundle, model: BundledModel, present: dict[str, Model]) -> bool:
    """Return whether this exact model is already present, by the hash in its `model.json`, which the manifest covers.

    Raises:
        InputError: a different model has its name.
    """
    old = present.get(model.name)
    if old is None:
        return False
    about = next((entry for entry in model.files if entry[1].path.endswith(f"/{MANIFEST}")), None)
    content = b"".join(bundle.reader.read(about[0], about[1].size_bytes)) if about else b""
    if registry.described_hash(content) == old.sha256:
        return True
    raise InputError(
        f"There is another model called {model.name!r} on this machine.",
        Hint("If it is not used any more, remove it first.", command=f"garrison models remove {model.name}"),
    )


def _check_room(home: Path, needed_bytes: int) -> None:
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < needed_bytes:
        raise SetupError(
            f"The models need {needed_bytes / 1e9:.1f} GB and {free / 1e9:.1f} GB are free.",
            "Free some space, then try again.",
        )


def _copy(bundle: Bundle, offset: int, file: BundleFile, folder: Path) -> Iterator[int]:
    """Copy one file to its place below `folder` and verify its hash; yield the size of each chunk in bytes."""
    target = folder / file.path.split("/", 2)[2]
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with target.open("wb") as writing:
        for chunk in bundle.reader.read(offset, file.size_bytes):
            digest.update(chunk)
            writing.write(chunk)
            yield len(chunk)
        writing.flush()
        os.fsync(writing.fileno())
    target.chmod(0o644)
    if digest.hexdigest() != file.sha256:
        raise SetupError(f"{file.path} changed since it was checked.", "Check the medium, then import it again.")
