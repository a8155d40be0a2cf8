"""A Word document that holds a name in every place where a name can be."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

NAME = "Anna Berg"


def write_word_file(path: Path) -> None:
    """`NAME` in split runs, a link, a table with titles, a list, header, footer, notes, and in what no reader reads."""
    import docx
    from docx.shared import Pt

    document = docx.Document()
    document.core_properties.author = NAME
    document.core_properties.last_modified_by = NAME
    document.core_properties.title = f"Report of {NAME}"
    document.styles.add_style(f"{NAME} Body", 1).font.size = Pt(11)
    document.add_heading("Inspection", 1)
    split = document.add_paragraph("Sergeant ", style=f"{NAME} Body")
    split.add_run("An").bold = True
    split.add_run("na Be").italic = True
    split.add_run("rg checks\tthe winch.")
    document.add_paragraph(f"{NAME} signs", style="List Bullet")
    _add_xml(split, _DELETED, _INSERTED, _BOOKMARK, _MAIL_FIELD, _HIDDEN)
    link = document.part.relate_to(
        "mailto:anna.berg@example.org",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink",
        is_external=True,
    )
    _add_xml(document.add_paragraph("Write to "), _LINK.format(link))
    picture = document.add_paragraph().add_run().add_picture(io.BytesIO(_png()))
    picture._inline.docPr.set("descr", f"Portrait of {NAME}")
    table = document.add_table(rows=3, cols=3, style="Table Grid")
    for row, cells in enumerate((("Name", "Part", "Remark"), (NAME, "Winch", f"as {NAME} said"), ("Bo Ek", "Rope", ""))):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell
    _add_xml(document.add_paragraph("Beside: "), _TEXT_BOX)
    section = document.sections[0]
    section.header.paragraphs[0].text = f"Report of {NAME}"
    section.different_first_page_header_footer = True
    section.first_page_header.paragraphs[0].text = f"Report of {NAME}"
    _add_xml(section.footer.paragraphs[0], _PAGE_NUMBER)
    document.add_comment(split.runs, text=f"Ask {NAME}", author=NAME, initials="AB")
    document.save(str(path))


def _add_xml(paragraph: Any, *pieces: str) -> None:
    from docx.oxml import parse_xml

    spaces = (
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    )
    for child in parse_xml(f"<w:p {spaces}>{''.join(pieces)}</w:p>"):
        paragraph._p.append(child)


_DELETED = '<w:del w:id="1" w:author="Anna Berg"><w:r><w:delText>old words of Anna Berg</w:delText></w:r></w:del>'
_INSERTED = (
    '<w:ins w:id="2" w:author="Anna Berg"><w:r w:rsidR="00AB12CD"><w:t xml:space="preserve"> New.</w:t></w:r></w:ins>'
)
_BOOKMARK = '<w:bookmarkStart w:id="3" w:name="Anna_Berg"/><w:bookmarkEnd w:id="3"/>'
_MAIL_FIELD = (
    '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>HYPERLINK "mailto:anna.berg@example.org"</w:instrText>'
    '</w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t xml:space="preserve"> Mail.</w:t></w:r>'
    '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
)
_HIDDEN = '<w:r><w:rPr><w:vanish/></w:rPr><w:t xml:space="preserve"> Hidden Anna Berg.</w:t></w:r>'
_LINK = '<w:hyperlink r:id="{}" w:tooltip="Anna Berg"><w:r><w:t>Anna Berg</w:t></w:r></w:hyperlink>'
_PAGE_NUMBER = (
    '<w:r><w:t xml:space="preserve">Anna Berg, page </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    "<w:r><w:instrText> PAGE </w:instrText></w:r>"
    '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>7</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
)
_BOX = "<w:txbxContent><w:p><w:r><w:t>box of Anna Berg</w:t></w:r></w:p></w:txbxContent>"
_TEXT_BOX = (
    f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:txbx>{_BOX}</wps:txbx></w:drawing></mc:Choice>'
    f"<mc:Fallback><w:pict><v:textbox>{_BOX}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
)


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
