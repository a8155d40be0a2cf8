"""Read a file of any supported format into text with page positions."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.documents.kinds import kind_of
from core.documents.words import guess_language
from core.errors import InputError
from core.records import Page

OnPage = Callable[[int, int], None]
_Reading = tuple[str, tuple[Page, ...], str]


@dataclass(frozen=True, slots=True)
class Extraction:
    """The text read from a file.

    Each line of `text` is one paragraph, heading (with Markdown `#` if the format marks headings), list item or table
    row. `pages` are positions in the text, in order, and may be empty. `problem` is a message for the user ("" if all
    went well). `language` is "en", or None if it is not known.
    """

    text: str
    pages: tuple[Page, ...]
    problem: str
    language: str | None
    kind: str


def read_document(path: Path, name: str, *, on_page: OnPage | None = None) -> Extraction:
    """Read the file at `path`, originally called `name`.

    `on_page(done, total)` is called for each page of a PDF, since OCR takes a second or more per page.

    Raises:
        InputError: the file is empty, encrypted, damaged, too large, binary or without text, or its format is unknown or
            not what its name says.
    """
    kind = kind_of(path, name)
    if kind == "zip":
        raise InputError("A zip archive holds documents and is none itself.", "Unpack it, or add it as an archive.")
    text, pages, problem = _read(path, kind, on_page)
    if not text.strip():
        raise InputError(f"No text was found in the file. {problem}".strip(), "Check that it opens in its own program.")
    return Extraction(text, pages, problem, guess_language(text), kind)


def _read(path: Path, kind: str, on_page: OnPage | None) -> _Reading:
    """Read the file with its format's reader, imported only when needed because each pulls in a heavy library."""
    if kind == "pdf":
        from core.documents.pdf import read_pdf

        return read_pdf(path, on_page=on_page)
    return _readers(kind)(path)


def _readers(kind: str) -> Callable[[Path], _Reading]:
    if kind in ("docx", "pptx", "xlsx"):
        from core.documents import office

        return {"docx": office.read_docx, "pptx": office.read_pptx, "xlsx": office.read_xlsx}[kind]
    if kind in ("html", "eml"):
        from core.documents import mail, markup

        return markup.read_html if kind == "html" else mail.read_mail
    from core.documents import plain, rows, tables

    return {
        "txt": plain.read_plain,
        "md": plain.read_markdown,
        "csv": tables.read_csv,
        "json": rows.read_json,
        "jsonl": rows.read_jsonl,
    }[kind]
