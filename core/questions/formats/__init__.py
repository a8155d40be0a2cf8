"""The formats of question pairs: each module of this package declares one as `FORMAT`, and is found by its presence.

>>> pair_format("jsonl").words
'JSONL'
"""

import importlib
import pkgutil
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from core.errors import InputError
from core.files import file_atomic, folder_atomic
from core.questions.exchange.conversations import Conversation
from core.questions.exchange.pair_format import PairFormat
from core.questions.exchange.reading import Brought, Choices, conversations_in, read_file
from core.questions.exchange.rows import Source
from core.records import QuestionPair
from core.words import check_choice

__all__ = [
    "FORMATS",
    "PAIR_FORMATS",
    "PairFormat",
    "inspect_file",
    "pair_format",
    "read_conversations",
    "read_pairs",
    "write_pairs",
    "InputError",
]


def _found() -> Iterable[PairFormat]:
    for module in pkgutil.iter_modules(__path__):
        yield importlib.import_module(f"{__name__}.{module.name}").FORMAT


FORMATS: dict[str, PairFormat] = {form.name: form for form in sorted(_found(), key=lambda form: (form.place, form.name))}
PAIR_FORMATS = {name: form for name, form in FORMATS.items() if form.write or form.write_folder}  # that are exported


def pair_format(name: str) -> PairFormat:
    """Return the export format called `name`.

    Raises:
        InputError: there is none.
    """
    check_choice("format", name, PAIR_FORMATS)
    return PAIR_FORMATS[name]


def write_pairs(pairs: Sequence[QuestionPair], path: Path, *, format: str = "jsonl", with_source: bool = False) -> None:
    """Write pairs in one of `PAIR_FORMATS`; the file or folder appears whole or not at all.

    A format of several files becomes a folder, or a zip if `path` ends in .zip.

    Raises:
        InputError: there is no such format, or the folder exists and is not empty.
        SetupError: the file cannot be written.
    """
    chosen = pair_format(format)
    if chosen.write is not None:
        with file_atomic(path) as file:
            chosen.write(pairs, file, with_source)
    elif chosen.write_folder is not None and path.suffix == ".zip":
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".pairs-") as beside:
            chosen.write_folder(pairs, Path(beside), with_source)
            _zip(Path(beside), path)
    elif chosen.write_folder is not None:
        with folder_atomic(path) as folder:
            chosen.write_folder(pairs, folder, with_source)


def _zip(folder: Path, path: Path) -> None:
    with file_atomic(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(folder.rglob("*")):
            if each.is_file():
                archive.write(each, each.relative_to(folder).as_posix())


def inspect_file(content: Path | bytes, *, name: str = "", choices: Choices | None = None) -> Brought:
    """Return what a file holds and what of it cannot be used, without deciding whether that is enough.

    It is given as its path or its bytes; errors call it by `name`, or as its path does.

    Raises:
        InputError: the file cannot be read as a whole.
    """
    choices = choices or Choices()
    known_as = name or (content.name if isinstance(content, Path) else "The file")
    source = Source(content=content, name=known_as, has_titles=choices.has_titles)
    return read_file(source, choices, FORMATS.values())


def read_conversations(path: Path, *, name: str = "", choices: Choices | None = None) -> list[Conversation]:
    """Return the conversations of a file of question pairs, in file order; a single pair is a conversation, too.

    Errors call the file by `name`, if it is stored under another one than people know it by.

    Raises:
        InputError: the file cannot be read, holds no pairs, or has a row that cannot be used; the message names it.
    """
    brought = inspect_file(path, name=name, choices=choices)
    return conversations_in(brought, name or path.name)


def read_pairs(path: Path, *, name: str = "") -> list[tuple[str, str]]:
    """Return the pairs of a file as (input, output), in file order, without what was said before them.

    Raises:
        InputError: as in `read_conversations`.
    """
    return [(each.input, each.output) for talk in read_conversations(path, name=name) for each in talk.learned]
