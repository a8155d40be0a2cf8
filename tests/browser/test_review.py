"""Review by keyboard in a real browser: what is asked first, what follows a decision, and taking it back."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.files import sha256_text
from core.records import SEARCH_VERSION, Document, Passage, Span, now
from core.records import Page as TextPage
from core.storage import Workspace, find, insert

pytestmark = pytest.mark.browser

expect.set_options(timeout=30_000)

TEXT = "Larkfield lies by the river. Everybody in Larkfield knows Osborne."
SURROGATES = {"Larkfield": "Melhaven", "Osborne": "Thornerdale"}


def put(workspace: Workspace, name: str) -> Document:
    """A searched document with three spans."""
    document = Document(
        id=f"document-{name.split('.')[0]}", project_id=find_project(workspace), name=name, kind="txt", size_bytes=len(TEXT),
        sha256=sha256_text(TEXT), text_sha256=sha256_text(TEXT), analyzed_sha256=sha256_text(TEXT), state="read",
        search_version=SEARCH_VERSION,
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
    expect(queue).to_have_value(re.compile("3 of 3 spans to decide"))
    page.get_by_label("Text of page 1").focus()

    press(page, "a")
    expect(queue).to_have_value(re.compile("2 of 3 spans to decide"))
    press(page, "u")
    expect(queue).to_have_value(re.compile("3 of 3 spans to decide"))
    assert states(workspace, documents[0]) == ["detected"] * 3

    page.locator(".st-key-reject-equal button").click()  # the focus stays where the button was
    expect(page.get_by_text("4 spans in 2 documents become rejected")).to_be_visible()
    press(page, "Escape")
    expect(page.locator(".st-key-confirm")).to_have_count(0)
    press(page, "R")
    expect(page.get_by_text("4 spans in 2 documents become rejected")).to_be_visible()
    assert states(workspace, documents[1]) == ["detected"] * 3
    press(page, "Enter")
    expect(queue).to_have_value(re.compile("1 of 3 spans to decide"))
    assert [states(workspace, document) for document in documents] == [["rejected", "rejected", "detected"]] * 2
    press(page, "u")
    expect(queue).to_have_value(re.compile("3 of 3 spans to decide"))
    assert states(workspace, documents[1]) == ["detected"] * 3

    page.locator(".st-key-reject-equal button").click()
    expect(page.locator(".st-key-confirm")).to_be_visible()
    press(page, "Enter")
    expect(queue).to_have_value(re.compile("1 of 3 spans to decide"))
    workspace.close()


CLEAN = "The filter is dry before it is fitted."
LONG = f"{TEXT}\n{CLEAN}\nSergeant Whitfield signs the sheet."


def put_passages(workspace: Workspace) -> Document:
    """A searched document with three spans in its first passage, a clean second one, and a missed name in the third."""
    document = Document(
        id="document-long", project_id=find_project(workspace), name="long.txt", kind="txt", size_bytes=len(LONG),
        sha256=sha256_text(LONG), text_sha256=sha256_text(LONG), analyzed_sha256=sha256_text(LONG), state="read",
        search_version=SEARCH_VERSION,
        created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, LONG, pages=(TextPage(number=1, label="page 1", start=0, end=len(LONG)),))
    for found in re.finditer("Larkfield|Osborne", LONG):
        insert(
            workspace.db,
            Span(
                id=f"long-{found.start()}", document_id=document.id, start=found.start(), end=found.end(),
                entity="LOCATION", score=0.85, detector="spacy", surrogate=SURROGATES[found.group()],
            ),
        )  # fmt: skip
    start = 0
    for index, line in enumerate(LONG.split("\n")):
        insert(
            workspace.db,
            Passage(
                id=f"passage-{index}", document_id=document.id, index=index, start=start, end=start + len(line), heading="",
                page="page 1", token_count=9, text=line,
            ),
        )  # fmt: skip
        start += len(line) + 1
    return document


def values(workspace: Workspace, document: Document) -> list[tuple[str, str, str]]:
    spans = find(workspace.db, Span, document_id=document.id, order="start")
    return [(LONG[span.start : span.end], span.entity, span.state) for span in spans]


def sign_as(page: Page, name: str) -> None:
    """Write another name, by keyboard."""
    press(page, "w")
    expect(page.get_by_role("textbox", name="Your name")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")  # as Escape and a click beside the field would


def test_by_keyboard_alone_from_the_first_mark_to_the_approval_of_another_person(
    page: Page, address: str, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path / "home")
    document = put_passages(workspace)
    page.goto(f"{address}/review")
    expect(page.get_by_label("Text of page 1")).to_be_visible()
    sign_as(page, "Ada Reviewer")
    expect(page.locator(".st-key-accept button")).to_be_enabled()

    press(page, "a")  # accept
    expect(page.get_by_text("Span 2 of 3").first).to_be_visible()
    press(page, "r")  # reject, and back
    expect(page.locator(".st-key-undo button").first).to_contain_text("1 span rejected")
    press(page, "u")
    expect(page.get_by_text("Undone: 1 span is as before.").first).to_be_visible()
    press(page, "A")  # all equal ones: the first is accepted already
    expect(page.get_by_text("Span 3 of 3").first).to_be_visible()
    assert values(workspace, document)[:2] == [("Larkfield", "LOCATION", "accepted")] * 2
    press(page, "t")  # another type
    expect(page.get_by_text("Which type is it?").first).to_be_visible()
    press(page, "1")
    expect(page.locator(".st-key-undo button").first).to_contain_text("1 span given another type")
    press(page, "{")  # other borders
    expect(page.locator(".st-key-undo button").first).to_contain_text("1 span given other borders")
    assert values(workspace, document)[2] == ("knows Osborne", "PERSON", "accepted")
    press(page, "u")
    expect(page.get_by_text("Undone: 1 span is as before.").first).to_be_visible()
    press(page, "?")
    expect(page.get_by_text("reject the span: it stays readable")).to_be_visible()
    press(page, "?")
    expect(page.get_by_text("reject the span: it stays readable")).to_have_count(0)

    press(page, "P")  # not yet: the sample is not read
    expect(page.get_by_text("The sample is not read yet: 2 passages").first).to_be_visible()
    press(page, "s")
    expect(page.get_by_text("Sample: passage 1 of 2").first).to_be_visible()
    for number in (1, 2):
        region = page.get_by_role("region", name=f"Text of passage {number} of 2")
        expect(region).to_be_visible()
        is_missed = "Whitfield" in region.inner_text()
        if not is_missed:
            before = count_answers(workspace, "nothing")
            press(page, "a")
            until(page, lambda before=before: count_answers(workspace, "nothing") > before)
            continue
        while page.evaluate("document.activeElement.className") != "garrison-page":
            page.keyboard.press("Tab")
        press(page, "ArrowRight")
        assert page.evaluate("window.getSelection().toString()") == "Sergeant"
        press(page, "ArrowRight")
        assert page.evaluate("window.getSelection().toString()") == "Whitfield"
        page.keyboard.press("Shift+ArrowLeft")
        assert page.evaluate("window.getSelection().toString()") == "Sergeant Whitfield"
        press(page, "+")
        until(page, lambda: count_answers(workspace, "missed") == 1)
    assert ("Sergeant Whitfield", "PERSON", "accepted") in values(workspace, document)
    expect(page.get_by_text("Sample: 2 passages read, 1 missed.").first).to_be_visible()

    press(page, "P")  # starts the second search, which takes a model
    expect(page.locator(".st-key-propose button").first).to_be_enabled(timeout=180_000)
    press(page, "P")
    expect(page.get_by_text("Proposed by Ada Reviewer").first).to_be_visible()
    expect(page.get_by_text("1 held something that was missed").first).to_be_visible()

    sign_as(page, "Bob Approver")
    press(page, "c")  # return it with a comment
    expect(page.get_by_role("textbox", name="Comment (c)")).to_be_focused()
    page.keyboard.type("Is it the right sheet?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Returned by Bob Approver").first).to_be_visible()
    expect(page.get_by_text("Is it the right sheet?").first).to_be_visible()
    page.evaluate("document.activeElement.blur()")

    sign_as(page, "Ada Reviewer")
    press(page, "P")
    expect(page.get_by_text("Proposed by Ada Reviewer").first).to_be_visible()
    press(page, "Y")
    expect(page.get_by_text("who proposed it cannot approve it").first).to_be_visible()
    sign_as(page, "Bob Approver")
    press(page, "Y")
    expect(page.get_by_text("You approve the anonymized text of this document.").first).to_be_visible()
    press(page, "Enter")
    expect(page.get_by_text("proposed by Ada Reviewer (declared, not authenticated)").first).to_be_visible()
    approved = workspace.active_review(document.id)
    assert approved is not None
    assert (approved.proposer, approved.reviewer) == ("Ada Reviewer", "Bob Approver")
    assert (approved.sampled, approved.missed, approved.second_found >= 0) == (2, 1, True)
    workspace.close()


def count_answers(workspace: Workspace, answer: str) -> int:
    return int(workspace.db.execute("select count(*) from sample_passages where answer = ?", [answer]).fetchone()[0])


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Wait until the database says so; thirty seconds at most."""
    for _ in range(300):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen")


def test_keys_count_right_after_a_document_is_chosen_and_their_list_opens_in_sight(
    page: Page, address: str, tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path / "home")
    documents = {name: put(workspace, name) for name in ("a.txt", "b.txt")}
    page.goto(f"{address}/review")
    expect(page.get_by_label("Text of page 1")).to_be_visible()
    sign_as(page, "Ada Reviewer")
    queue = page.get_by_role("combobox", name="Queue")
    queue.click()
    page.get_by_role("option", name="b.txt").click()
    expect(queue).to_have_value(re.compile("b.txt"))
    # the chosen document, once it is drawn, takes the focus from the list by itself
    page.wait_for_function("!document.activeElement?.closest('.st-key-review-document')")
    page.wait_for_timeout(1_000)  # on a busy machine the list is put away only after that
    press(page, "a")  # not a search in the list
    expect(queue).to_have_value(re.compile("b.txt · 2 of 3 spans to decide"))
    assert states(workspace, documents["b.txt"]) == ["accepted", "detected", "detected"]
    # a decided span looks otherwise, and its sign is no part of the text
    first = page.locator(".garrison-page mark").first
    assert first.locator("span").evaluate("label => getComputedStyle(label, '::after').content") == '" ✓"'
    assert "✓" not in page.locator(".garrison-page").inner_text()
    press(page, "?")
    expect(page.locator(".st-key-keys")).to_be_in_viewport(ratio=1)
    workspace.close()


def test_six_steps_stand_in_one_row_at_1280_pixels(page: Page, address: str) -> None:
    page.goto(f"{address}/review")
    steps = page.locator("[class*='st-key-spine-']")
    expect(steps).to_have_count(6)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    boxes = [step.bounding_box() for step in steps.all()]
    assert len({round(box["y"]) for box in boxes if box}) == 1
