import csv
import email
import json
import re
from email import policy
from html.parser import HTMLParser
from pathlib import Path

import docx
import pypdfium2
import pytest

from core.sample import sample_documents

PLANTED: dict[str, list[str]] = json.loads((Path(__file__).parent / "planted.json").read_text(encoding="utf-8"))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def _text(path: Path) -> str:
    """The words of one sample document, read without the product's own readers."""
    match path.suffix:
        case ".pdf":
            with pypdfium2.PdfDocument(path) as pdf:
                return "\n".join(page.get_textpage().get_text_range() for page in pdf)
        case ".docx":
            document = docx.Document(str(path))
            cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
            return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)
        case ".html":
            parser = _Text()
            parser.feed(path.read_text(encoding="utf-8"))
            return "\n".join(parser.parts)
        case ".csv":
            return "\n".join(" ".join(row) for row in csv.reader(path.read_text(encoding="utf-8").splitlines()))
        case ".eml":
            message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
            return f"{message['From']} {message['To']} {message['Cc']}\n{message.get_content()}"
    return path.read_text(encoding="utf-8")


TEXTS = {path.name: _text(path) for path in sample_documents()}
ALL = re.sub(r"\s+", " ", " ".join(TEXTS.values()))


def test_sample_has_enough_documents_in_every_promised_format() -> None:
    assert len(TEXTS) >= 8
    assert {Path(name).suffix for name in TEXTS} == {".txt", ".md", ".pdf", ".docx", ".csv", ".html", ".eml"}


def test_sample_has_about_six_thousand_words() -> None:
    assert 5500 <= len(ALL.split()) <= 7500


def test_pdf_repeats_its_header_and_footer_and_hyphenates_one_line_end() -> None:
    path = next(path for path in sample_documents() if path.suffix == ".pdf")
    with pypdfium2.PdfDocument(path) as pdf:
        pages = [page.get_textpage().get_text_range() for page in pdf]
    assert len(pages) == 3
    for number, page in enumerate(pages, start=1):
        assert "Manual for the crew of the oxbow recovery vehicle" in page
        assert f"Page {number} of 3" in page
    # PDFium marks a hyphen at a line end with U+FFFE or the hyphen itself, depending on its version.
    assert re.search(r"over[-\ufffe\u0002]\s*load", "\n".join(pages))


@pytest.mark.parametrize("kind", sorted(PLANTED))
def test_planted_personal_data_is_in_the_documents(kind: str) -> None:
    assert [value for value in PLANTED[kind] if value not in ALL] == []


@pytest.mark.parametrize("path", sample_documents(), ids=lambda path: path.name)
def test_every_document_says_that_it_is_fictitious(path: Path) -> None:
    marked = TEXTS[path.name] if path.suffix in {".pdf", ".docx"} else path.read_text(encoding="utf-8")
    assert "sample document is fictitious" in re.sub(r"\s+", " ", marked)


@pytest.mark.parametrize(
    "fact",
    [
        "11 liters of oil",
        "4.2 bar",
        "9.5 bar",
        "20 ohms",
        "50 milligrams of chlorine",
        "450 newton meters",
        "5 turns of rope",
    ],
)
def test_key_facts_recur_in_at_least_three_documents(fact: str) -> None:
    assert sum(fact in re.sub(r"\s+", " ", text) for text in TEXTS.values()) >= 3, fact
