"""Review by keyboard in a real browser: what is asked first, what follows a decision, and taking it back."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from core.records import Document, Span, now
from core.records import Page as TextPage
from core.storage import Workspace, find, insert, sha256_text

TEXT = "Larkfield lies by the river. Everybody in Larkfield knows Osborne."
SURROGATES = {"Larkfield": "Melhaven", "Osborne": "Thornerdale"}


def put(workspace: Workspace, name: str) -> Document:
    """A searched document with three marks."""
    document = Document(
        id=f"document-{name.split('.')[0]}", project_id=find_project(workspace), name=name, kind="txt", size_bytes=len(TEXT),
        sha256=sha256_text(TEXT), text_sha256=sha256_text(TEXT), analyzed_sha256=sha256_text(TEXT), state="read",
        created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, TEXT, pages=(TextPage(number=1, label="page 1", start=0, end=len(TEXT)),))
    for found in re.finditer("Larkfield|Osborne", TEXT):
        insert(
            workspace.db,
            Span(
                id=f"{name}-{found.start()}", document_id=document.id, start=found.start(), end=found.end(),
                entity="LOCATION", score=0.85, detector="spacy", surrogate=SURROGATES[found.group()],
            ),
        )  # fmt: skip
    return document


def find_project(workspace: Workspace) -> str:
    return workspace.project("Other").id


def states(workspace: Workspace, document: Document) -> list[str]:
    return [span.state for span in find(workspace.db, Span, document_id=document.id, order="start")]


def press(page: Page, key: str) -> None:
    """Press a key as a person does: once the page has come to rest."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    page.keyboard.press(key)


def test_keys_decide_ask_and_undo_and_the_queue_follows(page: Page, address: str, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "home")
    documents = [put(workspace, name) for name in ("a.txt", "b.txt")]
    page.goto(f"{address}/review")
    name = page.get_by_role("textbox", name="Your name")
    name.fill("Ada Reviewer")
    name.press("Enter")
    expect(page.locator(".st-key-accept button")).to_be_enabled()
    queue = page.get_by_role("combobox", name="Queue")
    expect(queue).to_have_value(re.compile("3 of 3 marks to decide"))
    page.get_by_label("Text of page 1").focus()

    press(page, "a")
    expect(queue).to_have_value(re.compile("2 of 3 marks to decide"))
    press(page, "u")
    expect(queue).to_have_value(re.compile("3 of 3 marks to decide"))
    assert states(workspace, documents[0]) == ["detected"] * 3

    page.locator(".st-key-reject-equal button").click()  # the focus stays where the button was
    expect(page.get_by_text("4 marks in 2 documents become rejected")).to_be_visible()
    press(page, "Escape")
    expect(page.locator(".st-key-confirm")).to_have_count(0)
    press(page, "R")
    expect(page.get_by_text("4 marks in 2 documents become rejected")).to_be_visible()
    assert states(workspace, documents[1]) == ["detected"] * 3
    press(page, "Enter")
    expect(queue).to_have_value(re.compile("1 of 3 marks to decide"))
    assert [states(workspace, document) for document in documents] == [["rejected", "rejected", "detected"]] * 2
    press(page, "u")
    expect(queue).to_have_value(re.compile("3 of 3 marks to decide"))
    assert states(workspace, documents[1]) == ["detected"] * 3

    page.locator(".st-key-reject-equal button").click()
    expect(page.locator(".st-key-confirm")).to_be_visible()
    press(page, "Enter")
    expect(queue).to_have_value(re.compile("1 of 3 marks to decide"))
    workspace.close()
