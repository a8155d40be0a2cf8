"""Write the zip package of a Word document (ECMA-376 part 2) from scratch, and list every string in one."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from core.documents.word import W
from core.documents.word_parts import is_own_word

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed time keeps copies reproducible and reveals nothing


@dataclass(frozen=True, slots=True)
class Relation:
    """A part of the package: `kind` as in relationship and content type names; `id` is "" for the document itself."""

    id: str
    kind: str  # "document", "styles", "header", …
    name: str  # "/word/document.xml"
    root: Any


def write_package(target: Path, parts: Sequence[Relation]) -> None:
    """Write the parts, their content types and their relationships to `target`."""
    from lxml import etree

    types = "".join(
        f"<Override PartName={quoteattr(part.name)} ContentType="
        f'"{_TYPES}.{"document.main" if part.kind == "document" else part.kind}+xml"/>'
        for part in parts
    )
    rels = "".join(
        f'<Relationship Id="{part.id}" Type="{_OFFICE}/{part.kind}" Target={quoteattr(part.name.removeprefix("/word/"))}/>'
        for part in parts
        if part.id
    )
    written = {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        f'"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/>{types}</Types>',
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{rels}</Relationships>',
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in written.items():
            archive.writestr(_info(name), text)
        for part in parts:
            data = etree.tostring(part.root, xml_declaration=True, encoding="UTF-8", standalone=True)
            archive.writestr(_info(part.name.removeprefix("/")), data)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def package_strings(path: Path) -> Iterator[str]:
    """Yield every string in a package: paragraph texts, other texts, attribute values and part names.

    Attribute values that every package contains, and those that `core.documents.word_parts` itself writes, are omitted.
    """
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            yield name
            root = parsed(archive.read(name))
            for paragraph in root.iter(f"{W}p"):
                yield "".join(node.text or "" for node in paragraph.iter(f"{W}t"))
            for element in root.iter():
                if element.tag != f"{W}t":  # a run may end inside a word, so w:t is only searched by whole paragraphs
                    yield from filter(None, (element.text, element.tail))
                if name.startswith("word/") and not name.endswith(".rels"):
                    yield from (value for value in element.attrib.values() if not is_own_word(value))


def parsed(data: bytes | None) -> Any:
    """Parse an XML part and return its root, or None if `data` is None. Nothing is fetched and no entity is resolved."""
    from lxml import etree

    return None if data is None else etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))


def theme_fonts(theme: Any) -> dict[str, str]:
    """Return a theme's fonts for headings ("major") and text ("minor"), as far as it names them."""
    if theme is None:
        return {}
    fonts = {kind: theme.find(f".//{_A}{kind}Font/{_A}latin") for kind in ("major", "minor")}
    return {kind: font.get("typeface", "") for kind, font in fonts.items() if font is not None}
