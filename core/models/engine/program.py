"""Locations of llama.cpp's programs: in the llama-cpp-python package, or in the folder named by `GARRISON_ENGINE`."""

import importlib.util
import os
from pathlib import Path

from core.errors import REPAIR, SetupError

FOLDER_VARIABLE = "GARRISON_ENGINE"  # an administrator's own build, all in one folder


def server_program() -> Path:
    """Return the path of llama-server.

    Raises:
        SetupError: it is missing.
    """
    return _program("llama-server")


def quantize_program() -> Path:
    """Return the path of llama-quantize.

    Raises:
        SetupError: it is missing.
    """
    return _program("llama-quantize")


def converters_folder() -> Path:
    """Return the folder of llama.cpp's converters: `convert_hf_to_gguf.py` and the modules it imports.

    Raises:
        SetupError: it is missing.
    """
    chosen = os.environ.get(FOLDER_VARIABLE, "")
    folder = Path(chosen) / "convert" if chosen else _package() / "convert"
    if not (folder / "convert_hf_to_gguf.py").is_file():
        raise _missing("converters", folder)
    return folder


def _program(name: str) -> Path:
    chosen = os.environ.get(FOLDER_VARIABLE, "")
    path = (Path(chosen) if chosen else _package() / "lib") / name
    if not os.access(path, os.X_OK) or not path.is_file():
        raise _missing(name, path.parent)
    return path


def _package() -> Path:
    """Return the folder of the llama_cpp package without importing it, which would load the library."""
    spec = importlib.util.find_spec("llama_cpp")
    if spec is None or not spec.submodule_search_locations:
        raise SetupError("llama-cpp-python is not installed.", REPAIR)
    return Path(next(iter(spec.submodule_search_locations)))


def _missing(what: str, folder: Path) -> SetupError:
    named = f" ({FOLDER_VARIABLE} names {folder})" if os.environ.get(FOLDER_VARIABLE) else ""
    return SetupError(f"The language model's engine is incomplete: {what} is missing{named}.", REPAIR)
