"""Determine a file's format from its name and its first bytes."""

import zipfile
from pathlib import Path, PurePosixPath

from core.documents.plain import looks_like_text
from core.errors import InputError

KINDS: dict[str, str] = {
    ".txt": "txt", ".text": "txt", ".log": "txt", ".md": "md", ".markdown": "md", ".pdf": "pdf", ".docx": "docx",
    ".pptx": "pptx", ".xlsx": "xlsx", ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "jsonl",
    ".ndjson": "jsonl", ".html": "html", ".htm": "html", ".eml": "eml", ".zip": "zip",
}  # fmt: skip
_OFFICE = {"word/": "docx", "ppt/": "pptx", "xl/": "xlsx"}
_MAGIC = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"{\\rtf", "an RTF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a Linux program"),
    (b"SQLite format 3", "a SQLite database"),
)
_WORDS = {
    "pdf": "a PDF",
    "docx": "a Word document (.docx)",
    "pptx": "a PowerPoint file (.pptx)",
    "xlsx": "an Excel workbook (.xlsx)",
    "zip": "a zip archive",
    "text": "plain text",
}
_HEAD = 65_536


def kind_of(path: Path, name: str) -> str:
    """Return the format of the file at `path`, originally called `name`: a value of `KINDS`.

    Raises:
        InputError: the file is empty or an encrypted Office file, or its extension is unknown or contradicts its content.
    """
    if path.stat().st_size == 0:
        raise InputError("The file is empty (0 bytes).", "Save or copy it again.")
    extension = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    kind = KINDS.get(extension)
    if kind is None:
        known = ", ".join(sorted(set(KINDS.values())))
        ending = f"Files ending in {extension}" if extension else "Files without an extension"
        raise InputError(f"{ending} cannot be read.", f"Formats that can be read: {known}.")
    content = _content(path, extension)
    expected = kind if kind in ("pdf", "docx", "pptx", "xlsx", "zip") else "text"
    if content != expected:
        ending = next((key for key, value in KINDS.items() if value == content), "")
        hint = f"Rename it to end in {ending} and add it again." if ending else "Save it again in the format its name says."
        raise InputError(f"The file is named {extension} but holds {_WORDS.get(content, content)}.", hint)
    return kind


def _content(path: Path, extension: str) -> str:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_content(path, extension)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in head or _mentions(path, "EncryptedPackage".encode("utf-16-le")):
            raise InputError("The Office file is encrypted with a password.", "Save a copy without a password and add that.")
        return "an Office file of before 2007"
    for magic, words in _MAGIC:
        if head.startswith(magic):
            return words
    return "text" if looks_like_text(head) else "binary data"


def _mentions(path: Path, words: bytes) -> bool:
    """Return whether `words` occur in an OLE file, whose directory may lie anywhere in it."""
    with path.open("rb") as file:
        before = b""
        while block := file.read(2**20):
            if words in before + block:
                return True
            before = block[-len(words) :]
    return False


def _zip_content(path: Path, extension: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise InputError(f"The {extension} file is damaged or cut short.", "Save or copy it again.") from error
    if "[Content_Types].xml" in names:
        for folder, kind in _OFFICE.items():
            if any(member.startswith(folder) for member in names):
                return kind
    return "zip"
