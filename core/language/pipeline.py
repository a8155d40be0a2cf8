"""The embedded spaCy pipeline for English: where it lies, and the one way to open it or another of its kind."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.embedded import embedded_folder
from core.errors import REPAIR, SetupError
from core.lean_imports import without

PIPELINE = "en-core-web-md"  # finds names, tags, parses and knows base forms; each of it can be left out


def pipeline_folder() -> Path:
    """Return the folder of the embedded pipeline, whether it is there or not."""
    return embedded_folder() / PIPELINE


def open_pipeline(folder: Path, *, leaving_out: Sequence[str]) -> Any:
    """Load a spaCy pipeline from this folder and nowhere else, without the named components; this takes seconds.

    Raises:
        SetupError: the folder is missing or holds no usable pipeline.
    """
    if not (folder / "config.cfg").is_file():
        raise SetupError(f"The spaCy model is missing at {folder}.", REPAIR)
    sys.audit("garrison.load", str(folder))
    with without("torch", "transformers"):  # spaCy imports them if installed, and needs neither here
        import spacy
    try:
        return spacy.load(folder, exclude=list(leaving_out))
    except (OSError, ValueError, KeyError) as error:
        raise SetupError(f"The spaCy model at {folder} cannot be loaded.", REPAIR) from error
