"""Decode bytes to text, and read plain text and Markdown files."""

import codecs
import re
from pathlib import Path

from core.documents import layout
from core.documents.running_headers import without_running_lines
from core.documents.unpaged_text import without_running_text
from core.errors import InputError
from core.records import Page

MAX_TEXT_BYTES = 64 * 2**20  # ten million words; more would take minutes to split, see docs/decisions.md
_SAMPLE = 65_536  # bytes examined to detect the encoding
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
_MARKS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"), (codecs.BOM_UTF8, "utf-8-sig"))
_MARKS_16 = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(data: bytes) -> str:
    """Decode `data`, detecting its encoding: UTF-8, UTF-16 with or without a BOM, UTF-32, Windows-1252 and others.

    Raises:
        InputError: `data` is not text or is longer than `MAX_TEXT_BYTES`.
    """
    if len(data) > MAX_TEXT_BYTES:
        raise InputError(
            f"The text is {len(data) / 2**20:,.0f} MB long, more than the {MAX_TEXT_BYTES // 2**20} MB that can be read.",
            "Split it into smaller files.",
        )
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        try:  # a bad byte in a long text: keep the rest and mark the place with U+FFFD
            text = data.decode(encoding, errors="replace")
        except LookupError as error:
            raise not_text() from error
    sample = text[:_SAMPLE]
    if len(_CONTROL.findall(sample)) + sample.count("\ufffd") > 0.01 * len(sample):
        raise not_text()
    return text


def not_text() -> InputError:
    """Build the error for bytes that are not text."""
    return InputError("The file holds binary data, not text.", "Bring the document in one of the formats that can be read.")


def looks_like_text(data: bytes) -> bool:
    """Return whether the beginning of a file can be decoded as text."""
    try:
        decode(data[: _SAMPLE // 2 * 2])
    except InputError:
        return False
    return True


def _encoding(data: bytes) -> str:
    for mark, name in (*_MARKS, *_MARKS_16):
        if data.startswith(mark):
            return name
    sample = data[:_SAMPLE]
    zeros = (sample[0::2].count(0), sample[1::2].count(0))
    half = len(sample) / 2
    if zeros[1] > 0.3 * half and zeros[0] < 0.05 * half:
        return "utf-16-le"
    if zeros[0] > 0.3 * half and zeros[1] < 0.05 * half:
        return "utf-16-be"
    if any(zeros):
        raise not_text()
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data if len(data) <= 2**20 else sample)
        return "utf-8"
    except UnicodeDecodeError:
        return _one_byte_encoding(data)


def _one_byte_encoding(data: bytes) -> str:
    """Return "cp1252" if that reads like a Western language, else the encoding charset-normalizer finds most likely.

    charset-normalizer alone mistakes short Windows-1252 texts for other code pages. Cyrillic or Greek read as
    Windows-1252 consists almost entirely of accented letters, which no Western text does.

    Raises:
        InputError: no encoding fits.
    """
    import charset_normalizer

    first = re.search(rb"[\x80-\xff]", data)
    start = max(0, (first.start() if first else 0) - _SAMPLE // 2)
    sample = data[start : start + _SAMPLE]
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    letters = sum(character.isalpha() for character in text)
    accented = sum(character.isalpha() and not character.isascii() for character in text)
    if letters and accented <= 0.3 * letters and not _CONTROL.search(text):
        return "cp1252"
    best = charset_normalizer.from_bytes(sample).best()
    if best is None:
        raise not_text()
    return best.encoding


def read_plain(path: Path) -> tuple[str, tuple[Page, ...], str]:
    """Return the text of a plain text file, its pages (if it has two form feeds or more), and no problem ("")."""
    text = layout.cleaned(decode(path.read_bytes()))
    if text.count("\f") >= 2:
        return (*_with_form_feeds(text), "")
    text = text.replace("\f", "\n")
    text = without_running_text(text)
    if layout.is_flat(text):
        text = layout.restored_lines(layout.joined_hyphens(text))
    else:
        text = unwrapped(text)
    return text, (), ""


def read_markdown(path: Path) -> tuple[str, tuple[Page, ...], str]:
    """Return the text of a Markdown file with wrapped lines joined, no pages, and no problem ("")."""
    return unwrapped(layout.cleaned(decode(path.read_bytes())).replace("\f", "\n")), (), ""


def unwrapped(text: str) -> str:
    """Put each paragraph of `text` on one line if its lines were wrapped to a width; otherwise return it unchanged."""
    if not layout.is_wrapped(text):
        return text
    blocks = re.split(r"\n[ \t]*\n\s*", text)
    return layout.joined_hyphens("\n\n".join(layout.joined_lines(block.split("\n")) for block in blocks))


def paged_text(pages: list[str], labels: list[str], scans: frozenset[int] = frozenset()) -> tuple[str, tuple[Page, ...]]:
    """Join the pages' texts and return the result with the position of each page.

    A paragraph that continues on the next page is joined; otherwise an empty line separates the pages.

    Args:
        pages: the text of each page.
        labels: the label of each page, such as "page 3", in the same order.
        scans: indexes of the pages that were read by OCR.
    """
    pieces: list[str] = []
    places: list[Page] = []
    position = 0
    last = ""
    for index, (page, label) in enumerate(zip(pages, labels, strict=True)):
        body = page.strip()
        if body and last:
            runs_on = body[0].islower() and not re.search(r"[.!?:]$", last)
            separator = ("" if re.search(r"\w-$", last) else " ") if runs_on else "\n\n"
            pieces.append(separator)
            position += len(separator)
        pieces.append(body)
        places.append(Page(number=index + 1, label=label, start=position, end=position + len(body), is_ocr=index in scans))
        position += len(body)
        last = body[-2:] or last
    return "".join(pieces), tuple(places)


def _with_form_feeds(text: str) -> tuple[str, tuple[Page, ...]]:
    pages = without_running_lines([page.split("\n") for page in text.split("\f")])
    bodies = [layout.joined_hyphens(layout.joined_lines(page)) for page in pages]
    return paged_text(bodies, [f"page {number}" for number in range(1, len(bodies) + 1)])
