"""Read PDF files: the text layer page by page (pdfium), with OCR for pages that have none."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.documents import layout
from core.documents.plain import paged_text
from core.documents.running_headers import without_running_lines
from core.errors import InputError
from core.records import Page

MAX_PAGES = 20_000
_FEWEST_CHARACTERS = 8  # a page with less text (about a page number and a word) is read by OCR
_OCR_DPI = 200
_LONGEST_EDGE = 6000  # pixels; larger pages, such as posters, are rendered below _OCR_DPI
_UNREADABLE = re.compile(r"[\ue000-\uf8ff\ufffd\x00-\x08\x0e-\x1f]")
_BROKEN_WORD = re.compile(r"[\ufffe\x02]")  # pdfium's substitute for a hyphen at the end of a line that it has joined


def read_pdf(path: Path, *, on_page: Callable[[int, int], None] | None = None) -> tuple[str, tuple[Page, ...], str]:
    """Return the text, the page positions, and a problem that names pages read by OCR or without text ("" if none).

    `on_page(done, total)` is called after each page. pdfium is not thread-safe: read one PDF at a time per process.

    Raises:
        InputError: the file is encrypted, cut short, damaged, or has no pages or too many.
    """
    import pypdfium2

    document = _opened(path)
    try:
        count = len(document)
        if not 0 < count <= MAX_PAGES:
            raise InputError(f"The PDF has {count:,} pages.", f"A PDF must have 1 to {MAX_PAGES:,} pages.")
        pages: list[list[str]] = []
        scans: set[int] = set()
        empty: list[int] = []
        for index in range(count):
            try:
                lines, is_scan = _page_lines(document, index)
            except pypdfium2.PdfiumError:
                lines, is_scan = [], True
            if is_scan:
                (scans.add if lines else empty.append)(index)
            pages.append(lines)
            if on_page:
                on_page(index + 1, count)
    finally:
        document.close()
    bodies = [_as_paragraphs(lines) for lines in without_running_lines(pages)]
    text, places = paged_text(bodies, [f"page {number}" for number in range(1, count + 1)], frozenset(scans))
    return text, places, _problem(sorted(scans), empty, count)


def _opened(path: Path) -> Any:
    import pypdfium2

    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        if b"%%EOF" not in file.read():
            raise InputError("The PDF is cut short: its end is missing.", "Copy or download the file again.")
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY):
            raise InputError("The PDF is encrypted with a password.", "Save a copy without a password.") from error
        raise InputError("The PDF is damaged and cannot be opened.", "Export or download it again.") from error


def _page_lines(document: Any, index: int) -> tuple[list[str], bool]:
    """Return the lines of a page, and whether OCR was needed because its text layer is missing or unreadable."""
    page = document[index]
    try:
        text = page.get_textpage().get_text_bounded()
        text = _BROKEN_WORD.sub("- ", text)
        readable = layout.cleaned(text)
        letters = len(readable.replace("\n", "").replace(" ", ""))
        if letters >= _FEWEST_CHARACTERS and len(_UNREADABLE.findall(readable)) <= 0.3 * letters:
            return readable.split("\n"), False
        if _is_blank(page):
            return readable.split("\n"), False
        from core.documents.ocr import lines_of

        width, height = page.get_size()
        scale = min(_OCR_DPI / 72, _LONGEST_EDGE / max(width, height, 1))
        return lines_of(page.render(scale=scale).to_numpy()), True
    finally:
        page.close()


def _is_blank(page: Any) -> bool:
    picture = page.render(scale=0.5).to_numpy()
    return bool(picture.size == 0 or int(picture.max()) - int(picture.min()) < 16)


def _as_paragraphs(lines: list[str]) -> str:
    return layout.joined_hyphens(layout.joined_lines(lines))


def _problem(scans: list[int], empty: list[int], count: int) -> str:
    problems = []
    if scans:
        problems.append(f"{_pages(scans, count)} read by OCR, check the text.")
    if empty:
        problems.append(f"{_pages(empty, count)} but no text was found on it.")
    return " ".join(problems)


def _pages(indexes: list[int], count: int) -> str:
    if len(indexes) == 1:
        return f"Page {indexes[0] + 1} is a scan:"
    if len(indexes) == count:
        return f"All {count} pages are scans:"
    shown = ", ".join(str(index + 1) for index in indexes[:20])
    return f"Pages {shown}{' and others' if len(indexes) > 20 else ''} are scans:"
