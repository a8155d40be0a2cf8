"""PDF pages: text layer, scans, page furniture, damage. The files are made here with Pillow and by hand."""

import io
import random
import textwrap
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from core.documents import read_document
from core.errors import InputError

SENTENCES = (
    "The inspection of pump number {n} begins with the valves and ends with the re-",
    "port. Every valve is opened by hand and closed again before the next one is tried,",
    "and the pressure on page {n} is written down. The crew of the station signs it.",
)


def pdf(pages: list[list[str]], encrypt: str = "") -> bytes:
    """A PDF with one line of Courier per line, written by hand (PDF 32000-1, 7.5)."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for lines in pages:
        escaped = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in lines]
        stream = "BT /F1 10 Tf 14 TL 40 760 Td " + " ".join(f"({line}) Tj T*" for line in escaped) + " ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        content = len(objects)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {content} 0 R "
            "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Courier >> >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out = io.BytesIO(b"")
    out.write(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
    start = out.tell()
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode())
    out.write(f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {encrypt}>>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


def picture(text: str) -> Image.Image:
    image = Image.new("RGB", (1240, 700), "white")
    ImageDraw.Draw(image).multiline_text(
        (80, 80), textwrap.fill(text, 40), fill="black", font=ImageFont.load_default(42), spacing=16
    )
    return image


def saved(folder: Path, data: bytes) -> Path:
    path = folder / "original"
    path.write_bytes(data)
    return path


def body(number: int) -> list[str]:
    noise = random.Random(number)
    words = "pump valve crew night report engine pressure water with from the into over under".split()
    return [line.format(n=number) for line in SENTENCES] + [" ".join(noise.choices(words, k=12)) for _ in range(12)]


def test_headers_footers_and_page_numbers_go_and_words_are_joined(tmp_path: Path) -> None:
    pages = [["Station Handbook", *body(number), f"14 June 2021   SH 7   {number}"] for number in range(1, 7)]
    found = read_document(saved(tmp_path, pdf(pages)), "a.pdf")
    assert found.text.count("Station Handbook") == 1  # kept where it is met first: it may be the title
    assert "14 June 2021" not in found.text
    assert found.text.count("ends with the report. Every valve") == 6
    assert [page.label for page in found.pages] == [f"page {number}" for number in range(1, 7)]
    page = found.pages[3]
    assert found.text[page.start : page.end].startswith("The inspection of pump number 4 begins")
    assert not found.problem and not any(page.is_ocr for page in found.pages)


def test_forms_that_repeat_from_page_to_page_are_kept(tmp_path: Path) -> None:
    pages = [
        [f"Badge 47{number * 7 % 50:02d}", *(line.format(n=number) for line in SENTENCES), f"{number} 2{number} 3{number}"]
        for number in range(1, 9)
    ]
    text = read_document(saved(tmp_path, pdf(pages)), "a.pdf").text
    assert text.count("Badge 47") == 8 and text.count("The inspection of pump") == 8
    assert all(f"{number} 2{number} 3{number}" in text for number in range(1, 9))


@pytest.mark.slow
def test_scanned_page_is_read_by_ocr_and_said_so(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    picture("The valve of the northern pump was replaced on Monday by the night crew.").save(buffer, "PDF", resolution=100)
    found = read_document(saved(tmp_path, buffer.getvalue()), "scan.pdf")
    assert found.pages[0].is_ocr
    assert "valve of the northern pump" in found.text
    assert found.problem == "Page 1 is a scan: read by OCR, check the text."


def test_blank_page_is_neither_scan_nor_problem(tmp_path: Path) -> None:
    found = read_document(saved(tmp_path, pdf([["Some text of a page."], [], ["Chapter 2"]])), "a.pdf")
    assert found.text == "Some text of a page.\n\nChapter 2"
    assert not found.problem and not any(page.is_ocr for page in found.pages)
    assert [(page.start, page.end) for page in found.pages] == [(0, 20), (20, 20), (22, 31)]


def test_pages_done_are_reported(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    pages = [["Some text of the page stands here."]] * 3
    read_document(saved(tmp_path, pdf(pages)), "a.pdf", on_page=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_truncated_pdf_is_named_cut_short(tmp_path: Path, share: float) -> None:
    data = pdf([["Some text of the page stands here."]] * 20)
    with pytest.raises(InputError, match="cut short"):
        read_document(saved(tmp_path, data[: int(len(data) * share)]), "a.pdf")


def test_encrypted_pdf_is_named_encrypted(tmp_path: Path) -> None:
    # Standard security handler, revision 2, with an owner and user entry that no empty password opens.
    entries = f"/O <{'41' * 32}> /U <{'42' * 32}>"
    encrypt = f"/Encrypt << /Filter /Standard /V 1 /R 2 {entries} /P -4 >> /ID [<{'43' * 16}> <{'43' * 16}>] "
    with pytest.raises(InputError, match="password"):
        read_document(saved(tmp_path, pdf([["Some text."]], encrypt)), "a.pdf")


def test_damaged_pdf_is_named_damaged(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="damaged"):
        read_document(saved(tmp_path, b"%PDF-1.4\n" + b"nothing here\n" * 50 + b"%%EOF\n"), "a.pdf")
