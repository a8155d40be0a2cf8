"""Header and footer lines of each page as they stand in the file, including those readers drop because they repeat."""

import re
from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile, ZipFile

EDGE_LINES = 3
MAX_PART_BYTES = 8 * 2**20  # limit for one XML file inside an Office file
_PARTS = {
    "docx": re.compile(r"word/(?:header|footer)\d*\.xml"),
    "pptx": re.compile(r"ppt/(?:slideMasters|slideLayouts|notesMasters)/[^/]+\.xml"),
    "xlsx": re.compile(r"xl/(?:worksheets|chartsheets)/[^/]+\.xml"),
}
_FIELD_CODES = re.compile(r"&(?:[LCRPNDTZFAGBIUSEXY]|\"[^\"]*\"|\d{1,3}|K[0-9A-F]{6})")


def page_edges(path: Path, kind: str, text: str = "") -> list[list[str]]:
    """Return the edge lines of each PDF or text page, of each header and footer of an Office file, or of an e-mail's body.

    Scanned pages have none; their extracted text keeps the first occurrence of whatever repeats. Damaged parts are
    skipped, because the file's reader has already reported them.
    """
    if kind == "pdf":
        return list(_pdf_edges(path))
    if kind in _PARTS:
        return [lines for lines in _office_edges(path, kind) if lines]
    if kind == "eml":
        return [_edges(text.partition("\n\n")[2])]  # after the From, To, Subject and Date lines
    if kind == "txt":
        pages = path.read_bytes().decode("utf-8", errors="replace").split("\f")
        return [_edges(page) for page in pages] if len(pages) > 1 else []
    return []


def _edges(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [*lines[:EDGE_LINES], *lines[max(EDGE_LINES, len(lines) - EDGE_LINES) :]]


def _pdf_edges(path: Path) -> Iterator[list[str]]:
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    try:
        for index in range(len(document)):
            try:
                page = document[index]
            except pypdfium2.PdfiumError:
                yield []
                continue
            try:
                yield _edges(page.get_textpage().get_text_bounded())
            finally:
                page.close()
    finally:
        document.close()


def _office_edges(path: Path, kind: str) -> Iterator[list[str]]:
    try:
        with ZipFile(path) as archive:
            parts = [part for part in archive.infolist() if _PARTS[kind].fullmatch(part.filename)]
            for part in parts:
                if kind == "xlsx" or part.file_size <= MAX_PART_BYTES:
                    with archive.open(part) as file:
                        # a sheet's headers and footers follow its rows, so the part is streamed to its end
                        yield from _sheet_edges(file) if kind == "xlsx" else [_xml_lines(file.read(MAX_PART_BYTES))]
    except (BadZipFile, OSError, NotImplementedError, RuntimeError):
        return


def _xml_lines(data: bytes) -> list[str]:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return []
    lines = ["".join(paragraph.itertext("{*}t")) for paragraph in root.iter("{*}p")]
    return [line.strip() for line in lines if line.strip()]


def _sheet_edges(file: object) -> Iterator[list[str]]:
    from lxml import etree

    names = [f"{{*}}{page}{place}" for page in ("odd", "even", "first") for place in ("Header", "Footer")]
    try:
        for _, element in etree.iterparse(file, tag=("{*}row", *names), resolve_entities=False, no_network=True):
            if not element.tag.endswith("row") and element.text:
                yield [line.strip() for line in _FIELD_CODES.sub("\n", element.text).splitlines() if line.strip()]
            element.clear()
    except etree.XMLSyntaxError:
        return
