"""What somebody brings as a model: a GGUF file, its parts, a folder of safetensors, or an adapter, looked at before copying.

Pickled weights and model code are never taken, because loading either would run foreign code.
"""

from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError
from core.models.adapters.brought import BroughtAdapter, look_at_adapter
from core.models.card import license_in
from core.models.intake.carried import ADAPTER, CARRIED, MANIFEST, ONLY, PICKLED, SAVE_AGAIN
from core.models.intake.gguf_file import check_kind, check_read
from core.models.intake.header import HINT, Header, read_header
from core.models.intake.parts import joined_name, parts_of
from core.records import ModelFormat

TOKENIZER = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "vocab.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A model that can be taken. Several files of a GGUF are parts, to be joined to the one called `file`."""

    files: tuple[Path, ...]
    format: ModelFormat
    file: str  # "." if the model is a folder
    license: str  # "" if none is named
    adapter: BroughtAdapter | None = None

    @property
    def is_split(self) -> bool:
        """Whether its files are parts of one GGUF."""
        return self.format == "gguf" and len(self.files) > 1


def look(path: Path, name: str = "") -> Brought:
    """Check that a model can be taken: every weight is there, and is read by what would read it.

    The parts of a split GGUF are only counted: check them with `check_gguf` once they are joined. Of an adapter is checked
    what needs no base. `name` is what messages call the model; "" for the name of the file or folder.

    Raises:
        InputError: it cannot; the message says what it is, or what it lacks.
    """
    if not path.exists():
        raise InputError(f"There is nothing at {str(path)!r}.", "Give a GGUF file or a folder with safetensors.")
    return _look_at_file(path) if path.is_file() else _look_at_folder(path, name or path.name)


def check_gguf(path: Path, name: str) -> Header:
    """Check that the GGUF at `path` is a whole model and that llama.cpp reads it; `name` is what messages call it.

    Returns:
        Its header.

    Raises:
        InputError: it is not.
    """
    header = read_header(path)
    check_kind(path, header)
    check_read(path, header, name)
    return header


def check_safetensors(folder: Path, name: str) -> None:
    """Check that the folder holds a whole model: weights, configuration and a tokenizer that can be read.

    `name` is what messages call it.

    Raises:
        InputError: it does not.
    """
    from core.models.intake.folder import check_folder
    from core.models.intake.tokenizer import check_tokenizer

    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    if (folder / ADAPTER).is_file():
        raise InputError(f"The folder {name!r} holds an adapter (LoRA), no model.", "Add it on the page Models, as it is.")
    if not any(file.suffix == ".safetensors" for file in files):
        raise InputError(f"The folder {name!r} holds {_instead(files)}.", ONLY)
    for needed in ("config.json", "tokenizer_config.json"):
        if not (folder / needed).is_file():
            raise InputError(f"The folder {name!r} has no {needed}.", "Bring the complete folder of the model.")
    check_folder(folder, name)
    check_tokenizer(folder, name)


def training_fault(path: Path) -> str:
    """Return why the GGUF at `path` cannot be trained, though llama.cpp answers with it; "" if it can be trained."""
    from core.models.intake.gguf_config import check_gguf_for_training

    try:
        check_gguf_for_training(path)
    except InputError as error:
        return error.message
    return ""


def _look_at_file(path: Path) -> Brought:
    if path.suffix in PICKLED:
        raise InputError(f"{path.name!r} holds pickled weights.", f"{ONLY} {SAVE_AGAIN}")
    if path.suffix == ".safetensors":
        raise InputError(f"{path.name!r} is one file of a model or adapter.", "Give the folder in which it lies.")
    if path.stat().st_size == 0:
        raise InputError(f"{path.name!r} is empty.", HINT)
    header = read_header(path)
    check_kind(path, header)
    parts = parts_of(path, header)
    name = path.name if len(parts) == 1 else joined_name(path)
    if len(parts) == 1:
        check_read(path, header, path.name)
    license = str(read_header(parts[0]).get("general.license", ""))
    return Brought(files=tuple(parts), format="gguf", file=name, license=license)


def _look_at_folder(path: Path, name: str) -> Brought:
    if (path / ADAPTER).is_file():
        adapter = look_at_adapter(path, name)
        return Brought(files=adapter.files, format="adapter", file=".", license=license_in(path), adapter=adapter)
    check_safetensors(path, name)
    present = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
    files = tuple(file for file in present if file.suffix in CARRIED and file.name != MANIFEST)
    return Brought(files=files, format="safetensors", file=".", license=license_in(path))


def _instead(files: list[Path]) -> str:
    """Say what a folder without safetensors holds."""
    if any(file.suffix in PICKLED for file in files):
        return "only pickled weights"
    is_tokenizer = any(file.name in TOKENIZER for file in files)
    return "a tokenizer and no weights" if is_tokenizer else "no weights"
