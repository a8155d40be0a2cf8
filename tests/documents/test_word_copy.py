"""Copies of Word files made by programs that write what python-docx does not: notes, moved text, controls, inner tables."""

import re
import zipfile
from pathlib import Path

import pytest

from core.documents import LayoutError, Replacement, copy_docx, read_document

NAME = "Anna Berg"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
BODY = """
<w:p><w:r><w:t>Note</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:footnoteReference w:id="9"/></w:r></w:p>
<w:p><w:moveFrom w:id="1" w:author="Anna Berg"><w:r><w:t>Moved by Anna Berg.</w:t></w:r></w:moveFrom></w:p>
<w:p><w:moveTo w:id="2" w:author="Anna Berg"><w:r><w:t>Moved by Anna Berg.</w:t></w:r></w:moveTo></w:p>
<w:sdt><w:sdtPr><w:alias w:val="Anna Berg"/></w:sdtPr><w:sdtContent><w:p><w:r><w:t>Control of Anna Berg</w:t></w:r></w:p>
</w:sdtContent></w:sdt>
<w:smartTag w:element="PersonName"><w:p><w:r><w:t>Nobody reads Anna Berg here</w:t></w:r></w:p></w:smartTag>
<w:tbl><w:tblPr><w:tblCaption w:val="Anna Berg"/></w:tblPr><w:tr><w:tc><w:p><w:r><w:t>Outer Anna Berg</w:t></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Inner Anna Berg</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>
<w:p><w:r><w:br w:type="page"/></w:r></w:p>
<w:p><w:fldSimple w:instr=" AUTHOR Anna Berg "><w:r><w:t>A B</w:t></w:r></w:fldSimple></w:p>
<w:p><w:r><w:t>End</w:t></w:r></w:p>
"""
NOTES = f"""<w:footnotes xmlns:w="{W}">
<w:footnote w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>
<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t xml:space="preserve"> See Anna Berg.</w:t></w:r></w:p>
</w:footnote></w:footnotes>"""


@pytest.fixture
def original(tmp_path: Path) -> Path:
    override = '<Override PartName="/word/{0}.xml" ContentType="' + TYPES + '.{1}+xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/'
        'vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f"{override.format('document', 'document.main')}{override.format('footnotes', 'footnotes')}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{R}/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{BODY}<w:sectPr/></w:body></w:document>',
        "word/footnotes.xml": NOTES,
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId7" '
        f'Type="{R}/footnotes" Target="footnotes.xml"/></Relationships>',
        "customXml/item1.xml": "<person>Anna Berg</person>",
    }
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def edits(text: str) -> list[Replacement]:
    return [Replacement(match.start(), match.end(), "Zed Yorn") for match in re.finditer(NAME, text)]


def test_what_is_read_stays_and_what_is_not_read_goes(original: Path, tmp_path: Path) -> None:
    text = read_document(original, "a.docx").text
    assert text.count("Moved by") == 1 and "Nobody reads" not in text and text.count("Inner") == 2, "as the reader reads it"
    target = tmp_path / "b.docx"
    copied = copy_docx(original, text, edits(text), target=target, tells=lambda value: "Berg" in value)
    assert read_document(target, "b.docx").text == text.replace(NAME, "Zed Yorn")
    assert copied.left_out == {"tracked change": 2} and not [string for string in copied.strings if "Berg" in string]
    with zipfile.ZipFile(target) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert not [name for name, part in parts.items() if "Berg" in part or "Anna" in part or "customXml" in name]
    body, notes = parts["word/document.xml"], parts["word/footnotes.xml"]
    assert '<w:footnoteReference w:id="2"/>' in body and 'w:id="9"' not in body, (
        "a reference without its note would be broken"
    )
    assert 'w:type="separator"' in notes and "<w:separator/>" in notes and "<w:footnoteRef/>" in notes
    assert body.count("<w:tbl>") == 2 and '<w:br w:type="page"/>' in body
    assert "sdt" not in body and "moveTo" not in body and "instr" not in body and "tblCaption" not in body


def test_a_copy_of_other_text_is_refused(original: Path, tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="no longer gives"):
        copy_docx(original, "Another text", [], target=tmp_path / "b.docx", tells=lambda value: False)


def test_a_font_called_like_a_masked_value_goes(tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    document.add_paragraph().add_run("Georgia and Arial").font.name = "Georgia"
    document.save(str(tmp_path / "a.docx"))
    text = read_document(tmp_path / "a.docx", "a.docx").text
    target = tmp_path / "b.docx"
    copied = copy_docx(
        tmp_path / "a.docx", text, [Replacement(0, 7, "Zed")], target=target, tells=lambda value: "Georgia" in value
    )
    assert not [string for string in copied.strings if "Georgia" in string]
    assert read_document(target, "b.docx").text == "Zed and Arial"


def test_the_same_copy_has_the_same_bytes(original: Path, tmp_path: Path) -> None:
    text = read_document(original, "a.docx").text
    for name in ("b.docx", "c.docx"):
        copy_docx(original, text, edits(text), target=tmp_path / name, tells=lambda value: False)
    assert (tmp_path / "b.docx").read_bytes() == (tmp_path / "c.docx").read_bytes()
