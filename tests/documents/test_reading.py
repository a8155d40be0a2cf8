"""Each format is read whole, with its positions, and each kind of bad file gets one clear sentence."""

import io
import json
import random
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.documents import Extraction, read_document
from core.documents.markup import html_text
from core.errors import InputError

PROSE = (
    "The pump of the third station was changed on Monday. It is now checked by two people, and that works for all of us.\n"
)


def saved(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / "original"  # as in the workspace: the stored file has no extension
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return path


def read(folder: Path, name: str, data: bytes | str) -> Extraction:
    return read_document(saved(folder, name, data), name)


def refusal(folder: Path, name: str, data: bytes | str) -> InputError:
    with pytest.raises(InputError) as caught:
        read(folder, name, data)
    assert caught.value.message.count(".") >= 1 and caught.value.hint.words
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_text_is_read_right_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    text = "Müller’s café – “très bien”, 20 € for the señor. " * 3
    assert read(tmp_path, "a.txt", text.encode(encoding)).text.strip() == text.strip()


def test_short_windows_1252_text_is_not_taken_for_another_code_page(tmp_path: Path) -> None:
    assert read(tmp_path, "a.txt", "Jürgen Groß, Köln".encode("cp1252")).text == "Jürgen Groß, Köln"


def test_cyrillic_in_windows_1251_is_not_taken_for_windows_1252(tmp_path: Path) -> None:
    text = "Насос третьей станции был заменён в понедельник. Теперь его проверяют два человека, и это работает. " * 4
    assert "Насос" in read(tmp_path, "a.txt", text.encode("cp1251")).text


def test_lines_broken_by_width_become_paragraphs_and_broken_words_one(tmp_path: Path) -> None:
    text = (
        "The crew of the station carries the spare part to the second floor, where main-\n"
        "tenance begins. It must be checked before the start by two people who know the\n"
        "machine, because the part is heavy and cannot be carried by one person without\n"
        "help. The report of the maintenance goes to the office.\n\n"
        "A second paragraph.\n"
    )
    lines = read(tmp_path, "a.txt", text).text.strip().split("\n\n")
    assert len(lines) == 2
    assert "where maintenance begins. It must be checked before the start by two people who know the machine" in lines[0]


def test_lists_and_addresses_keep_their_lines(tmp_path: Path) -> None:
    text = "Anna Berg\nHarbor Street 4\n12345 Newport\n\n- one\n- two\n"
    assert read(tmp_path, "a.txt", text).text == text


def test_markdown_keeps_headings(tmp_path: Path) -> None:
    assert read(tmp_path, "a.md", "# Pumps\n\nText.\n\n## Valves\n\nMore.\n").text.split("\n\n")[2] == "## Valves"


def test_docx_keeps_headings_lists_tables_and_order(tmp_path: Path) -> None:
    import docx

    document = docx.Document()
    document.add_heading("Pumps", 1)
    document.add_paragraph("Anna ").add_run("Berg").bold = True
    document.add_paragraph("first", style="List Bullet")
    table = document.add_table(2, 2)
    for index, cell in enumerate(["Item", "Price", "Pump", "12"]):
        table.cell(index // 2, index % 2).text = cell
    document.add_heading("Valves", 2)
    document.add_paragraph("End.")
    buffer = io.BytesIO()
    document.save(buffer)
    text = read(tmp_path, "a.docx", buffer.getvalue()).text
    assert text == "# Pumps\n\nAnna Berg\n\n• first\n\nItem: Pump; Price: 12\n\n## Valves\n\nEnd."


def test_docx_gives_inserted_text_and_not_deleted_text(tmp_path: Path) -> None:
    import docx
    from docx.oxml import parse_xml

    document = docx.Document()
    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    paragraph = document.add_paragraph("Kept ")
    paragraph._p.append(parse_xml(f"<w:ins {names}><w:r><w:t>inserted</w:t></w:r></w:ins>"))
    paragraph._p.append(parse_xml(f"<w:del {names}><w:r><w:delText>deleted</w:delText></w:r></w:del>"))
    buffer = io.BytesIO()
    document.save(buffer)
    assert read(tmp_path, "a.docx", buffer.getvalue()).text == "Kept inserted"


def test_pptx_slides_are_pages_with_titles_and_notes(tmp_path: Path) -> None:
    import pptx

    presentation = pptx.Presentation()
    for number in (1, 2):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = f"Title {number}"
        slide.placeholders[1].text = "Body"
        slide.notes_slide.notes_text_frame.text = "Say it slowly."
    buffer = io.BytesIO()
    presentation.save(buffer)
    found = read(tmp_path, "a.pptx", buffer.getvalue())
    assert [page.label for page in found.pages] == ["slide 1", "slide 2"]
    assert found.text[found.pages[1].start : found.pages[1].end] == "# Title 2\n\nBody\n\nNotes: Say it slowly."


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_xlsx_sheets_are_pages_and_rows_are_lines(tmp_path: Path) -> None:
    data = workbook({"Costs": [["Item", "Price"], ["Pump", 12.5], [None, None], ["Valve", 3.0]], "Notes": [["only one"]]})
    found = read(tmp_path, "a.xlsx", data)
    assert [page.label for page in found.pages] == ["sheet Costs", "sheet Notes"]
    assert found.text == "# Costs\nItem: Pump; Price: 12.5\nItem: Valve; Price: 3\n\n# Notes\nonly one"


def test_csv_with_semicolons_becomes_titled_lines(tmp_path: Path) -> None:
    text = 'Name;Phone\n"Berg; Anna";555 1234\nOtto;555 9876\n'
    assert read(tmp_path, "a.csv", text).text == "Name: Berg; Anna; Phone: 555 1234\nName: Otto; Phone: 555 9876"


def test_csv_of_figures_alone_has_no_titles(tmp_path: Path) -> None:
    assert read(tmp_path, "a.csv", "1,2\n3,4\n").text == "1 | 2\n3 | 4"


def test_json_values_are_named_by_their_place(tmp_path: Path) -> None:
    data = json.dumps([{"name": "Anna", "home": {"city": "Bern"}, "tags": ["a", "b"], "none": None}, {"name": "Otto"}])
    assert read(tmp_path, "a.json", data).text == "name: Anna\nhome.city: Bern\ntags: a\ntags: b\n\nname: Otto"


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_json_that_names_a_value_twice_loses_none(name: str, tmp_path: Path) -> None:
    data = '{"crew": "Anna", "crew": "Otto", "home": {"city": ["Bern"], "city": {"city": "Rom"}}}'
    assert read(tmp_path, name, data).text == "crew: Anna\ncrew: Otto\nhome.city: Bern\nhome.city.city: Rom"


def test_broken_line_seven_of_jsonl_is_named(tmp_path: Path) -> None:
    lines = [json.dumps({"text": "ok"})] * 6 + ['{"text": '] + [json.dumps({"text": "ok"})]
    assert "Line 7 " in refusal(tmp_path, "a.jsonl", "\n".join(lines)).message


def test_deeply_nested_json_is_refused(tmp_path: Path) -> None:
    refusal(tmp_path, "a.json", "[" * 200_000)


def test_html_keeps_structure_and_drops_scripts_and_hidden_parts(tmp_path: Path) -> None:
    html = (
        "<html><head><title>T</title><style>p{}</style><script>steal()</script></head><body><h1>Pumps &amp; more</h1>"
        "<p>One <b>two</b>\nthree.</p><ul><li>a<li>b</ul><p hidden>secret</p><noscript>no</noscript>"
        "<table><tr><th>Item<th>Price</tr><tr><td>Pump<td>3</tr></table></body></html>"
    )
    assert read(tmp_path, "a.html", html).text == ("# Pumps & more\n\nOne two three.\n\n• a\n• b\n\nItem: Pump; Price: 3")


@pytest.mark.parametrize(
    "content", ["<!-- nothing -->", "<?php echo 1; ?>", "<!doctype html>", "<!DOCTYPE html>\n<!-- a -->"]
)
def test_html_without_an_element_has_no_text(content: str) -> None:
    assert html_text(content) == ""


def test_html_and_office_xml_read_no_other_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("TOPSECRET", encoding="utf-8")
    entity = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    assert "TOPSECRET" not in read(tmp_path, "a.html", f"{entity}<p>Hello &e; there</p>").text
    data = io.BytesIO(workbook({"A": [["x"]]}))
    changed = io.BytesIO()
    with zipfile.ZipFile(data) as old, zipfile.ZipFile(changed, "w") as new:
        for part in old.infolist():
            body = old.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                body = b"<?xml version='1.0'?>" + entity.encode() + body[body.index(b"<worksheet") :]
            new.writestr(part.filename, body)
    assert "entities" in refusal(tmp_path, "a.xlsx", changed.getvalue()).message


def mail(html_only: bool = False) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Anna Berg <anna@example.org>"
    message["To"] = "otto@example.org"
    message["Subject"] = "Größe of the pump"
    message["Date"] = "Mon, 02 Mar 2026 10:00:00 +0000"
    if html_only:
        message.set_content("<p>It is <b>3</b> m.</p><script>x()</script>", subtype="html")
    else:
        message.set_content("It is 3 m.\n")
    return message


@pytest.mark.parametrize("html_only", [False, True])
def test_mail_keeps_headers_as_lines_and_the_body(tmp_path: Path, html_only: bool) -> None:
    assert read(tmp_path, "a.eml", mail(html_only).as_bytes()).text == (
        "From: Anna Berg <anna@example.org>\nTo: otto@example.org\nSubject: Größe of the pump\n"
        "Date: Mon, 02 Mar 2026 10:00:00 +0000\n\nIt is 3 m."
    )


def test_mail_attachments_are_named_in_the_problem(tmp_path: Path) -> None:
    message = mail()
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="plan.pdf")
    found = read(tmp_path, "a.eml", message.as_bytes())
    assert "plan.pdf" in found.problem and "%PDF" not in found.text


def test_file_without_headers_is_no_mail(tmp_path: Path) -> None:
    assert "not an e-mail" in refusal(tmp_path, "a.eml", PROSE).message


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.docx", "a.zip", "a.json"])
def test_empty_file_is_named_empty(tmp_path: Path, name: str) -> None:
    assert "0 bytes" in refusal(tmp_path, name, b"").message


def test_file_of_blanks_has_no_text(tmp_path: Path) -> None:
    assert "No text" in refusal(tmp_path, "a.txt", " \n \n").message


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.pdf", PROSE.encode(), "holds plain text"),
        ("a.txt", b"%PDF-1.7\n%\xe2\xe3", "holds a PDF"),
        ("a.docx", workbook({"A": [["x"]]}), "holds an Excel workbook"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\x00\x00", "holds a PNG picture"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "before 2007"),
    ],
)
def test_wrong_extension_is_named(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    assert words in refusal(tmp_path, name, data).message


@pytest.mark.parametrize("name", ["a.exe", "a", "a.doc"])
def test_unknown_extension_names_the_known_ones(tmp_path: Path, name: str) -> None:
    assert "docx" in refusal(tmp_path, name, PROSE).hint.words


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("lowest", [0, 1, 128])
def test_binary_noise_is_refused(tmp_path: Path, seed: int, lowest: int) -> None:
    noise = random.Random(seed)
    refusal(tmp_path, "a.txt", bytes(noise.randrange(lowest, 256) for _ in range(20_000)))


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx", "a.pptx"])
def test_corrupt_office_file_is_named_damaged(tmp_path: Path, name: str) -> None:
    data = workbook({"A": [["x"] * 50] * 50})
    assert "damaged" in refusal(tmp_path, name, data[: len(data) // 2]).message


def test_office_file_with_a_damaged_part_is_named_damaged(tmp_path: Path) -> None:
    data = bytearray(workbook({"A": [[f"cell {row} {column}" for column in range(30)] for row in range(300)]}))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        part = archive.getinfo("xl/worksheets/sheet1.xml")
    middle = part.header_offset + part.compress_size // 2
    data[middle : middle + 200] = b"\xff" * 200
    assert "damaged" in refusal(tmp_path, "a.xlsx", bytes(data)).message


def test_encrypted_office_file_is_named_encrypted(tmp_path: Path) -> None:
    container = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100_000 + "EncryptedPackage".encode("utf-16-le")
    assert "password" in refusal(tmp_path, "a.docx", container).message


def test_office_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    buffer = io.BytesIO(workbook({"A": [["x"]]}))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.xml", b"\0" * 2**25)
    assert "zip bomb" in refusal(tmp_path, "a.xlsx", buffer.getvalue()).message


def test_text_over_the_limit_is_refused_with_both_sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.documents.plain.MAX_TEXT_BYTES", 2**20)
    assert "3 MB" in refusal(tmp_path, "a.txt", PROSE * 27_000).message


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (PROSE, "en"),
        ("Die Pumpe der dritten Station wurde am Montag gewechselt, und zwei Leute prüfen sie in der Nacht.", None),
        ("Pumpen på den tredje station blev skiftet for at være sikker. Det er for alle, der skal se på den.", None),
        ("Name: Anna; Phone: 555", None),
    ],
)
def test_language_is_english_or_not_known(tmp_path: Path, text: str, language: str | None) -> None:
    assert read(tmp_path, "a.txt", text).language == language


def test_error_says_nothing_of_the_text(tmp_path: Path) -> None:
    assert "Berg" not in str(refusal(tmp_path, "a.json", '{"name": "Anna Berg", '))
