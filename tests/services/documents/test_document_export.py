"""Approved documents leave anonymized, in their own format, with nothing in them that nobody reviewed."""

import csv
import hashlib
import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pytest

from core.documents import read_document, split_passages
from core.errors import InputError
from core.files import sha256_file, sha256_text, write_atomic
from core.identity import declared
from core.records import Document, Project, new_id, now
from core.services import review
from core.services.documents.document_export import export_documents, exportable_documents, left_out_words
from core.settings import SplitSettings
from core.storage import Workspace, audit, get, update
from tests.documents.word_file import NAME, write_word_file
from tests.unread import approve_unread


@pytest.fixture
def project(workspace: Workspace) -> Project:
    return workspace.create_project("a", policy="all-at-once")


def bring(workspace: Workspace, project: Project, file: Path, *, marked: tuple[str, ...] = (NAME,)) -> Document:
    """A document as the reading job stores it, searched, with every place of the `marked` values marked by a reviewer."""
    extraction = read_document(file, file.name)
    document = Document(
        id=new_id("document"), project_id=project.id, name=file.name, kind=extraction.kind, size_bytes=file.stat().st_size,
        sha256=sha256_file(file), text_sha256=sha256_text(extraction.text), state="read", created_at=now(),
    )  # fmt: skip
    passages = split_passages(
        document.id, extraction.text, extraction.pages, settings=SplitSettings(), count_tokens=lambda text: len(text.split())
    )
    workspace.store_text(document, extraction.text, pages=extraction.pages)
    write_atomic(workspace.document_folder(document) / "original", file.read_bytes())
    workspace.store_document(document, passages=passages)
    update(workspace.db, Document, document.id, analyzed_sha256=document.text_sha256)
    for value in marked:
        at = extraction.text.find(value)
        while at >= 0:
            review.add(workspace, document, start=at, end=at + len(value), entity="PERSON", by=declared("Ada"))
            at = extraction.text.find(value, at + 1)
    return get(workspace.db, Document, document.id)


def approved_text(workspace: Workspace, project: Project, document: Document) -> str:
    return workspace.anonymized_text(project.id, approve_unread(workspace, project, document, by=declared("Ada")))


def word_document(workspace: Workspace, project: Project, tmp_path: Path) -> Document:
    write_word_file(tmp_path / "Report of Anna Berg.docx")
    return bring(workspace, project, tmp_path / "Report of Anna Berg.docx")


def test_a_document_that_is_not_approved_is_refused(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    document = word_document(workspace, project, tmp_path)
    assert exportable_documents(workspace, project) == []
    for choice in ([document], []):
        with pytest.raises(InputError, match="approved"):
            export_documents(workspace, choice, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_decision_after_the_approval_takes_the_export_away(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    document = word_document(workspace, project, tmp_path)
    approved_text(workspace, project, document)
    review.add(workspace, document, start=0, end=10, entity="SITE", by=declared("Ada"))
    with pytest.raises(InputError, match="is not approved"):
        export_documents(workspace, [document], tmp_path / "out")


def test_a_surrogate_changed_behind_the_review_is_noticed(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    document = word_document(workspace, project, tmp_path)
    approved_text(workspace, project, document)
    workspace.db.execute("update spans set surrogate = ?", [NAME])
    with pytest.raises(InputError, match="not what was approved"):
        export_documents(workspace, [document], tmp_path / "out")


def test_word_file_keeps_its_layout_and_reads_as_it_was_approved(
    workspace: Workspace, project: Project, tmp_path: Path
) -> None:
    import docx

    document = word_document(workspace, project, tmp_path)
    text = approved_text(workspace, project, document)
    export = export_documents(workspace, [document], tmp_path / "out")
    path = tmp_path / "out" / export.files[0]
    assert export.files == (f"{document.id}.docx",)
    assert read_document(path, path.name).text == text
    opened = docx.Document(str(path))
    assert [style.name for style in opened.styles if style.name.startswith("Heading 1")] == ["Heading 1"]
    assert opened.paragraphs[0].style.name == "Heading 1"
    masked = opened.paragraphs[1].runs[1]
    assert masked.bold and not masked.italic and len(masked.text.split()) == 2, "the first run's formatting wins"
    assert (len(opened.tables[0].rows), len(opened.tables[0].columns)) == (3, 3)
    assert opened.tables[0].cell(2, 0).text == "Bo Ek" and opened.tables[0].style.name == "Table Grid"
    assert opened.sections[0].different_first_page_header_footer
    footer = opened.sections[0].footer.paragraphs[0]._p.xml
    assert "PAGE" in footer and "fldChar" in footer


def test_nothing_in_a_word_file_tells_what_was_masked(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    document = word_document(workspace, project, tmp_path)
    approved_text(workspace, project, document)
    export = export_documents(workspace, [document], tmp_path / "out")
    assert export.note == "1 comment, 1 picture and 2 tracked changes were left out"
    with zipfile.ZipFile(tmp_path / "out" / export.files[0]) as archive:
        parts = {name: archive.read(name).lower() for name in archive.namelist()}
    assert not [name for name, data in parts.items() if b"anna" in data or b"berg" in data]
    assert not [name for name in parts if "media" in name or "docProps" in name or "comments" in name or "custom" in name]
    assert b"vanish" not in parts["word/document.xml"] and b"rsid" not in parts["word/document.xml"]


def test_the_original_word_file_does_tell(tmp_path: Path) -> None:
    """Else the test above could not fail."""
    write_word_file(tmp_path / "a.docx")
    with zipfile.ZipFile(tmp_path / "a.docx") as archive:
        telling = [name for name in archive.namelist() if b"anna" in archive.read(name).lower()]
    assert {"docProps/core.xml", "word/comments.xml", "word/styles.xml", "word/_rels/document.xml.rels"} <= set(telling)


def test_csv_keeps_rows_delimiter_quotes_and_line_ends(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    content = '"Name";"Note";"Unit"\r\n"Anna Berg";"says ""no""";"3 R"\r\n\r\n"Bo Ek";"with Anna Berg; late";""\r\n'
    (tmp_path / "a.csv").write_bytes(content.encode())
    document = bring(workspace, project, tmp_path / "a.csv")
    text = approved_text(workspace, project, document)
    export = export_documents(workspace, [document], tmp_path / "out", format="csv")
    path = tmp_path / "out" / export.files[0]
    written = path.read_bytes().decode()
    surrogate = next(csv.reader(io.StringIO(written.splitlines()[1]), delimiter=";"))[0]
    assert written == content.replace(NAME, surrogate) and surrogate != NAME
    assert read_document(path, path.name).text == text


def test_a_column_that_nobody_was_shown_loses_its_title(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    """The title of an empty column is not in the text, so nobody reviewed it."""
    (tmp_path / "a.csv").write_bytes(b"Name,Anna Berg,Unit\nBo,,3 R\n")
    document = bring(workspace, project, tmp_path / "a.csv")
    approved_text(workspace, project, document)
    export = export_documents(workspace, [document], tmp_path / "out")
    assert (tmp_path / "out" / export.files[0]).read_bytes() == b"Name,,Unit\nBo,,3 R\n"


def test_workbook_is_made_anew_with_values_alone(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    import datetime

    from openpyxl.comments import Comment
    from openpyxl.workbook.defined_name import DefinedName

    workbook = openpyxl.Workbook()
    workbook.properties.creator = NAME
    sheet = workbook.active
    sheet.title = NAME
    for row in (("Who", "Day", "Cost"), (NAME, datetime.datetime(2024, 5, 1), 12.5), ("Bo", None, 3)):
        sheet.append(row)
    sheet["A2"].comment = Comment(NAME, NAME)
    workbook.defined_names["Anna_Berg"] = DefinedName("Anna_Berg", attr_text=f"'{NAME}'!$A$1")
    workbook.create_sheet("Berg, empty")
    workbook.save(tmp_path / "a.xlsx")
    document = bring(workspace, project, tmp_path / "a.xlsx")
    text = approved_text(workspace, project, document)
    _, passages = workspace.approved_passages(document)
    assert passages[0].page.startswith("sheet ") and "Berg" not in passages[0].page + passages[0].heading
    export = export_documents(workspace, [document], tmp_path / "out")
    path = tmp_path / "out" / export.files[0]
    copy = openpyxl.load_workbook(path)
    assert copy.sheetnames[1] == "Sheet 2" and copy.worksheets[0]["B2"].value == datetime.datetime(2024, 5, 1)
    assert copy.worksheets[0]["C2"].value == 12.5
    assert read_document(path, path.name).text == text
    with zipfile.ZipFile(path) as archive:
        assert not [name for name in archive.namelist() if b"Berg" in archive.read(name)]


def test_passages_leave_with_masked_headings(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    lines = "\n\n".join(f"Sentence {number} about the winch and how it is kept." for number in range(60))
    (tmp_path / "a.md").write_text(f"# Report of Anna Berg\n\n{lines}\n\n## Part two\n\n{lines}", encoding="utf-8")
    document = bring(workspace, project, tmp_path / "a.md")
    text = approved_text(workspace, project, document)
    export = export_documents(workspace, [document], tmp_path / "out", format="jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out" / export.files[0]).read_text(encoding="utf-8").splitlines()]
    assert len(rows) > 1 and {*rows[0]} == {"id", "heading", "page", "text"}
    title = text.split("\n")[0].removeprefix("# ")
    assert {row["heading"].split(" > ")[0] for row in rows} == {title} and "Berg" not in title
    assert all(row["text"] in text for row in rows)
    _, passages = workspace.approved_passages(document)
    assert {passage.heading for passage in passages} == {row["heading"] for row in rows}


def test_other_formats_leave_as_text_with_their_sums(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<p>Anna Berg checks the winch.</p>", encoding="utf-8")
    document = bring(workspace, project, tmp_path / "a.html")
    text = approved_text(workspace, project, document)
    with pytest.raises(InputError, match="no docx file"):
        export_documents(workspace, [document], tmp_path / "out", format="docx")
    assert not (tmp_path / "out").exists()
    export_documents(workspace, [document], tmp_path / "out")
    folder = tmp_path / "out"
    assert sorted(path.name for path in folder.iterdir()) == ["README.txt", "SHA256SUMS", f"{document.id}.txt"]
    assert (folder / f"{document.id}.txt").read_bytes().decode() == text
    for line in (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
        sha256, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256
    with pytest.raises(InputError, match="not empty"):
        export_documents(workspace, [document], folder)


def test_an_export_is_in_the_audit_log_by_ids_and_hashes(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    document = word_document(workspace, project, tmp_path)
    approved_text(workspace, project, document)
    export = export_documents(workspace, [document], tmp_path / "out")
    entry, text = list(audit.entries(workspace.db, about="documents exported"))[-1]
    assert entry.subjects["document"] == document.id and entry.subjects["review"].startswith("review-")
    assert entry.hashes["export"] == sha256_file(tmp_path / "out" / export.files[0])
    assert entry.counts["comment"] == 1 and "Berg" not in text


def test_a_file_that_reads_differently_now_is_not_copied(workspace: Workspace, project: Project, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"Name,Unit\nAnna Berg,3 R\n")
    document = bring(workspace, project, tmp_path / "a.csv")
    approved_text(workspace, project, document)
    (workspace.document_folder(document) / "original").write_bytes(b"Name,Unit\nAnna Berg,4 R\n")
    with pytest.raises(InputError, match="no longer gives the text") as caught:
        export_documents(workspace, [document], tmp_path / "out", format="csv")
    assert "txt" in caught.value.hint.command and not (tmp_path / "out").exists()
    export = export_documents(workspace, [document], tmp_path / "out")
    assert export.files == (f"{document.id}.txt",)
    assert export.note == "1 given as plain text: the layout could not be kept"


def test_what_was_left_out_is_said_in_words() -> None:
    assert left_out_words({}) == ""
    assert left_out_words({"comment": 1}) == "1 comment was left out"
    assert left_out_words({"comment": 2, "picture": 1}) == "2 comments and 1 picture were left out"
