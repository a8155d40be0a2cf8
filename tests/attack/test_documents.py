"""Files made to harm: entities in another encoding, and lists that would keep a page busy for hours."""

import zipfile
from pathlib import Path

import pytest

from core.documents import read_document
from core.errors import InputError
from core.identity import declared
from core.privacy.lists.file import MAX_EXPRESSIONS, read_lists
from tests.documents.word_file import write_word_file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_word_file_that_declares_entities_is_refused_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    write_word_file(tmp_path / "a.docx")
    secret = tmp_path / "secret.txt"
    secret.write_text("TOPSECRET", encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "a.docx") as old, zipfile.ZipFile(tmp_path / "b.docx", "w") as new:
        for part in old.infolist():
            body = old.read(part)
            if part.filename == "word/document.xml":
                text = body.decode()
                text = text[text.index("<w:document") :].replace("</w:t>", "&e;</w:t>", 1)
                head = f'<?xml version="1.0" encoding="{encoding[:6].rstrip("-")}"?>'
                body = f'{head}<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>{text}'.encode(encoding)
            new.writestr(part.filename, body)
    with pytest.raises(InputError, match="entities"):
        read_document(tmp_path / "b.docx", "b.docx")


def test_file_of_very_many_expressions_is_refused_before_all_are_tried() -> None:
    row = "[a-z]{3}-[0-9]{4},PERSON,regex\n"
    with pytest.raises(InputError, match=f"{MAX_EXPRESSIONS} regular"):
        read_lists(f"text,type,kind\n{row * 50_000}".encode(), project_id="", actor=declared("Ada"))


def test_list_of_too_many_rows_is_refused() -> None:
    rows = "".join(f"Name {number}\n" for number in range(100_001))
    with pytest.raises(InputError, match="more than 50,000 rows"):
        read_lists(f"text\n{rows}".encode(), project_id="", actor=declared("Ada"))
