"""The models on this machine: folders with a `model.json`, put there by the installer or added by a user.

A language model is a GGUF file or a folder of safetensors, or an adapter on one of them; a detection model is a spaCy or
ONNX folder.
Pickled weights and model code are never copied in, because loading either would run foreign code.
Listing reads `model.json` alone; `verify_models` reads every byte.
"""

import json
import logging
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.embedded import embedded_folder
from core.errors import Hint, InputError, SetupError
from core.files import folder_atomic, sha256_file, sha256_folder
from core.models.adapters.belonging import Chosen, choose_base
from core.models.intake.brought import Brought, check_gguf, check_safetensors, look, training_fault
from core.models.intake.carried import MANIFEST, PICKLED
from core.models.intake.parts import join, proposed_name
from core.models.intake.zipped import unzipped
from core.models.model_formats import MODEL_FORMATS, Use, is_for
from core.records import Model

log = logging.getLogger(__name__)

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

Health = Literal["unchanged", "changed", "missing", "not recorded"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of `verify_models` for one model: whether it still has the SHA-256 from its `model.json`."""

    model: Model
    health: Health


def model_folders(home: Path) -> tuple[Path, ...]:
    """Return the folders searched for models, in order: the workspace's, then that of the embedded models."""
    return (home / "models", embedded_folder())


def list_models(folders: Sequence[Path]) -> list[Model]:
    """Return all models in `folders`, sorted by name. If a name occurs twice, the earlier folder wins."""
    models: dict[str, Model] = {}
    for folder in folders:
        for manifest in sorted(folder.glob(f"[!.]*/{MANIFEST}")):
            try:
                model = _read_model(manifest)
            except (OSError, ValueError, KeyError) as error:
                log.warning("The model description %s cannot be read (%s).", manifest, type(error).__name__)
                continue
            models.setdefault(model.name, model)
    return sorted(models.values(), key=lambda model: model.name)


def models_for(use: Use, folders: Sequence[Path]) -> list[Model]:
    """Return the models in `folders` that can be used for `use`, sorted by name."""
    return [model for model in list_models(folders) if is_for(model, use)]


def find_model(folders: Sequence[Path], name: str) -> Model:
    """Return the model called `name`.

    Raises:
        SetupError: there is no such model, or its file is gone.
    """
    models = list_models(folders)
    model = next((model for model in models if model.name == name), None)
    if model is None:
        known = ", ".join(model.name for model in models if is_for(model, "chat")) or "none"
        raise SetupError(
            f"There is no model {name!r} on this machine.",
            Hint(f"Present: {known}. Add another on the page Models.", command="garrison models add PATH"),
        )
    if not Path(model.path).exists():
        raise SetupError(
            f"The file of model {name!r} is gone.",
            Hint("Remove it on the page Models and add it again.", command=f"garrison models remove {name}"),
        )
    return model


def add_model(home: Path, path: Path, name: str | None = None, *, base: str = "") -> Model:
    """Copy a GGUF file, a folder of safetensors or an adapter into `home/models/<name>`, with its license.

    Every weight must be there and be read by the library that answers with it. The copy is independent of the original,
    and its folder appears complete or not at all. The parts of a split GGUF are joined to one file. From a folder of
    safetensors, or a zip of one, only weights, configuration, tokenizer, chat template and license are copied: no code, no
    pickles, no subfolders. The description of an adapter is written anew (`core.models.adapters.description`).

    Args:
        home: the workspace's folder.
        path: a file, a folder, or a zip of a folder.
        name: what to call it; None for the name of the file or folder.
        base: the model that an adapter is put on; "" for the one that its hash or name tells.

    Raises:
        InputError: this is not a usable model, the name is taken, or an adapter belongs to another model.
        SetupError: the disk is full or not writable.
    """
    path = path.absolute()  # so that "." gets a name
    name = name or re.sub(r"[^a-z0-9._-]+", "-", proposed_name(path).lower()).strip("-._")
    if not NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be the name of a model.", "Use lower-case letters, digits, dots, hyphens and underscores."
        )
    models = list_models(model_folders(home))
    if any(model.name == name for model in models):
        raise InputError(f"There already is a model {name!r}.", Hint("Give another name.", command="--name NAME"))
    target = home / "models" / name
    with unzipped(path, target) as source:
        brought = look(source, path.name)
        chosen = _base_of(brought, models, name=path.name, base=base)
        with folder_atomic(target) as folder:
            weights = _take(brought, chosen, folder, path.name)
            description = {
                "name": name,
                "file": brought.file,
                "format": brought.format,
                "sha256": hash_model(weights),
                "license": brought.license,
                "source": path.name,
                "files": {file.name: sha256_file(file) for file in sorted(folder.iterdir())},
                "training_fault": training_fault(weights) if brought.format == "gguf" else "",
                **_belongs(brought, chosen),
            }
            (folder / MANIFEST).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
            (folder / MANIFEST).chmod(0o644)
    return _read_model(target / MANIFEST)


def find_base(folders: Sequence[Path], adapter: Model) -> Model:
    """Return the model that an adapter belongs to.

    Raises:
        SetupError: it is not on this machine.
        InputError: another model has that name now.
    """
    base = find_model(folders, adapter.base)
    if base.sha256 != adapter.base_sha256:
        raise InputError(
            f"{base.name} is not the model that the adapter {adapter.name} was put on: its SHA-256 differs.",
            f"Remove it and add the one with SHA-256 {adapter.base_sha256[:16]}… under this name, or add the adapter again.",
        )
    return base


def remove_model(home: Path, name: str, cache: Path) -> None:
    """Delete a model that a user added, along with anything derived from it in `cache`.

    Raises:
        InputError: there is no model of that name, or it is embedded.
    """
    from core.models.unpacked import remove_made

    for manifest in (home / "models").glob(f"[!.]*/{MANIFEST}"):
        if manifest.parent.name == name or _read_model(manifest).name == name:
            remove_made(Path(_read_model(manifest).path), cache)
            shutil.rmtree(manifest.parent)
            return
    if any(model.name == name for model in list_models([embedded_folder()])):
        raise InputError(f"{name!r} came with the product and cannot be removed.", "Only models that were added can be.")
    raise InputError(
        f"There is no model {name!r}.", Hint("Choose one of the models that are here.", command="garrison models list")
    )


def verify_models(folders: Sequence[Path]) -> list[Verdict]:
    """Compare every model with the SHA-256 in its `model.json`. Slow: every byte is read."""
    return [Verdict(model, _health(model)) for model in list_models(folders)]


def check_folder(folder: Path) -> None:
    """Check a received model folder: a supported format, undamaged, and with the hash its `model.json` names.

    Raises:
        InputError: one of these does not hold.
    """
    try:
        model = _read_model(folder / MANIFEST)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("The model has no readable model.json.", "Get a new copy from where it was made.") from error
    if model.format == "safetensors" and any(path.suffix in PICKLED for path in folder.rglob("*")):
        raise InputError(f"The model {model.name!r} holds pickled weights.", "Models must be safetensors or GGUF only.")
    if _health(model) != "unchanged":
        raise InputError(f"The model {model.name!r} is not what its model.json says.", "Get a new copy.")
    if model.format == "gguf":
        check_gguf(Path(model.path), model.name)
    elif model.format == "safetensors":
        check_safetensors(folder, model.name)
    elif model.format == "adapter":
        look(folder, model.name)


def described_hash(content: bytes) -> str:
    """Return the SHA-256 in the content of a `model.json`; "" if there is none or the JSON is invalid."""
    try:
        return str(json.loads(content).get("sha256", ""))
    except (ValueError, AttributeError):
        return ""


def file_hashes(model: Model) -> dict[str, str]:
    """Return the SHA-256 of each file of a model as recorded when it was added; {} if only that of the whole was."""
    path = Path(model.path)
    manifest = (path if path.is_dir() else path.parent) / MANIFEST
    recorded = json.loads(manifest.read_text(encoding="utf-8")).get("files", {}) if manifest.is_file() else {}
    return recorded or ({path.name: model.sha256} if path.is_file() and model.sha256 else {})


def hash_model(path: Path) -> str:
    """Return the SHA-256 of a GGUF file, or that of a folder's listing (`core.files.sha256_folder`)."""
    return sha256_file(path) if path.is_file() else sha256_folder(path)


def _health(model: Model) -> Health:
    if not Path(model.path).exists():
        return "missing"
    if not model.sha256:
        return "not recorded"
    return "unchanged" if hash_model(Path(model.path)) == model.sha256 else "changed"


def _read_model(manifest: Path) -> Model:
    values: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    folder, file = manifest.parent, str(values["file"])
    if values["format"] not in MODEL_FORMATS or (file != "." and Path(file).name != file):
        raise ValueError(f"not a model description: {manifest}")
    path = folder if file == "." else folder / file
    parts = [path] if path.is_file() else [part for part in path.rglob("*") if part.is_file()]
    return Model(
        name=str(values["name"]),
        path=str(path),
        format=values["format"],
        size_bytes=sum(part.stat().st_size for part in parts if part.name != MANIFEST),
        sha256=str(values["sha256"]),
        license=str(values.get("license", "")),
        source=str(values.get("source", "")),
        training_fault=str(values.get("training_fault", "")),
        base=str(values.get("base", "")),
        base_sha256=str(values.get("base_sha256", "")),
        made_for=str(values.get("made_for", "")),
        base_proof=values.get("base_proof", ""),
        is_embedded=folder.parent == embedded_folder(),
    )


def _base_of(brought: Brought, models: Sequence[Model], *, name: str, base: str) -> Chosen | None:
    """Return the base of an adapter; None for a model of its own."""
    if brought.adapter:
        return choose_base(brought.adapter.adapter, brought.adapter.told, models, name=name, chosen=base)
    if base:
        raise InputError(f"{name!r} is a model of its own, so it has no base.", "Add it without naming a base.")
    return None


def _belongs(brought: Brought, chosen: Chosen | None) -> dict[str, str]:
    """Return what the description of an adapter says of its base; {} for a model of its own."""
    if not brought.adapter or not chosen:
        return {}
    base = {"base": chosen.model.name, "base_sha256": chosen.model.sha256, "base_proof": chosen.proof}
    return base | {"made_for": brought.adapter.told.name}


def _take(brought: Brought, chosen: Chosen | None, folder: Path, name: str) -> Path:
    """Copy what was brought into `folder`, or write it there; return the path of the weights."""
    if brought.is_split:
        join(brought.files, folder / brought.file)
        check_gguf(folder / brought.file, name)
    else:
        for file in brought.files:
            _copy(file, folder / file.name)
    texts = brought.adapter.texts(chosen.base) if brought.adapter and chosen else {}
    for file_name, text in texts.items():
        (folder / file_name).write_text(text, encoding="utf-8")
        (folder / file_name).chmod(0o644)
    return folder if brought.file == "." else folder / brought.file


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)  # follows links: model caches contain links to the files
    target.chmod(0o644)
