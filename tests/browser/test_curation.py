"""Work on 20,000 question pairs in a real browser: search, page, decide, edit, undo, and decide on all at once."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from core.files import sha256_text
from core.records import SEARCH_VERSION, Document, Passage, QuestionPair, Review, now
from core.records import Page as TextPage
from core.storage import Workspace, get, insert, insert_many, transaction

pytestmark = [pytest.mark.browser, pytest.mark.model]  # an edit is searched for personal data, which takes the detector

FACTS = 4_000  # in five wordings each


@pytest.fixture
def workspace(tmp_path: Path, address: str) -> Workspace:
    """The workspace of the dashboard, with an approved document and 20,000 pairs in the project "Other"."""
    workspace = Workspace(tmp_path / "home")
    project = workspace.project("Other")
    sentences = [f"Valve {number} is drained every {number % 90 + 2} days by the crew." for number in range(FACTS)]
    text, starts = "", []
    for sentence in sentences:
        starts.append(len(text))
        text += f"{sentence}\n\n"
    sha256 = sha256_text(text)
    document = Document(
        id="document-1", project_id=project.id, name="Valves.txt", kind="txt", size_bytes=len(text), sha256=sha256,
        text_sha256=sha256, analyzed_sha256=sha256, state="read", search_version=SEARCH_VERSION, page_count=1,
        created_at=now(),
    )  # fmt: skip
    passages = [
        Passage(
            id=f"passage-{n}", document_id=document.id, index=n, start=starts[n], end=starts[n] + len(sentences[n]),
            heading="", page="page 1", token_count=12, text=sentences[n],
        )
        for n in range(FACTS)
    ]  # fmt: skip
    review = Review(
        id="review-1", document_id=document.id, reviewer="Ada", text_sha256=sha256, anonymized_sha256=sha256, span_count=0,
        created_at=now(),
    )  # fmt: skip
    with transaction(workspace.db):
        insert(workspace.db, document)
        workspace.store_text(document, text, pages=(TextPage(number=1, label="page 1", start=0, end=len(text)),))
        insert_many(workspace.db, passages)
        workspace.store_approval(document, review, text=text, passages=passages)
        insert_many(
            workspace.db,
            [pair(project.id, n, k, sentences[n], starts[n]) for n in range(FACTS) for k in range(5)],
        )
    return workspace


def pair(project_id: str, number: int, wording: int, quote: str, start: int) -> QuestionPair:
    asked = ("How often is valve {} drained?", "Say when valve {} is drained.", "Valve {} is drained every ____.",
             "Is valve {} drained by the crew?", "Who drains valve {}?")  # fmt: skip
    said = (f"Every {number % 90 + 2} days.",) * 3 + ("Yes.", "The crew.")
    return QuestionPair(
        id=f"pair-{number}-{wording}", project_id=project_id, input=asked[wording].format(number), output=said[wording],
        origin="generated", document_id="document-1", document_name="Valves.txt", review_id="review-1",
        passage_id=f"passage-{number}", page="page 1", quote=quote, quote_start=start, quote_end=start + len(quote),
        writer="guided", kind="number", wording=("open", "request", "cloze", "yes", "reverse")[wording],
        fact=f"fact-{number}", created_at=now(),
    )  # fmt: skip


def at_rest(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def open_row(page: Page, question: str) -> None:
    """Wait until the row with this question is current and the panel beside shows it."""
    expect(page.locator(".garrison-rows .pair.current .question")).to_have_text(question)
    expect(page.locator(".st-key-open-pair")).to_contain_text(question.replace("____", "").strip(" ."))


def until(page: Page, is_so: Callable[[], bool]) -> None:
    for _ in range(300):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen")


def lose_key(page: Page, key: str) -> list[bytes]:
    """Let the first message with this key of the list never arrive; returns what was lost, empty until then."""
    lost: list[bytes] = []

    def on_socket(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            if not lost and isinstance(message, bytes) and f'"key":"{key}"'.encode() in message:
                lost.append(message)
            else:
                server.send(message)

        socket.on_message(pass_on)

    page.route_web_socket(re.compile("_stcore/stream"), on_socket)
    return lost


@pytest.mark.parametrize(
    ("keys", "lost_key", "current", "decided"),
    [
        ("kdjk", "n", "Who drains valve 0?", ["kept", "dropped", None, "kept", None]),
        ("k", "k", "Say when valve 0 is drained.", ["kept", None, None, None, None]),
        ("kjd", "d", "Is valve 0 drained by the crew?", ["kept", None, "dropped", None, None]),
    ],
)
def test_a_key_that_never_arrived_is_sent_again(
    page: Page,
    address: str,
    workspace: Workspace,
    keys: str,
    lost_key: str,
    current: str,
    decided: list[str | None],
) -> None:
    lost = lose_key(page, lost_key)
    page.goto(f"{address}/questions?project={workspace.project('Other').id}")
    expect(page.locator(".garrison-rows .pair")).to_have_count(50, timeout=60_000)
    open_row(page, "How often is valve 0 drained?")
    at_rest(page)
    for key in keys:
        page.keyboard.press(key)
        at_rest(page)
    open_row(page, current)
    until(page, lambda: [get(workspace.db, QuestionPair, f"pair-0-{n}").decided for n in range(5)] == decided)
    assert lost
    workspace.close()


def test_twenty_thousand_pairs_are_worked_on_by_keyboard(page: Page, address: str, workspace: Workspace) -> None:
    def stored(pair_id: str) -> QuestionPair:
        return get(workspace.db, QuestionPair, pair_id)

    project_id = workspace.project("Other").id
    page.goto(f"{address}/questions?project={project_id}")
    rows = page.locator(".garrison-rows .pair")
    expect(rows).to_have_count(50, timeout=60_000)
    expect(page.get_by_text("1 to 50 of 20,000")).to_be_visible()
    open_row(page, "How often is valve 0 drained?")
    at_rest(page)

    # a quick hand: keys come faster than answers, and each counts for the pair that was current
    for key in "kdjk":
        page.keyboard.press(key)
    open_row(page, "Who drains valve 0?")
    until(page, lambda: stored("pair-0-3").decided == "kept")
    decided = [stored(f"pair-0-{wording}").decided for wording in range(5)]
    assert decided == ["kept", "dropped", None, "kept", None]
    page.keyboard.press("u")
    until(page, lambda: stored("pair-0-3").decided is None)
    open_row(page, "Is valve 0 drained by the crew?")

    # a page further and back
    page.locator(".st-key-page-next button").first.click()
    open_row(page, "How often is valve 10 drained?")
    page.keyboard.press("p")
    open_row(page, "Who drains valve 9?")

    # search, and decide among what was found
    page.keyboard.press("/")
    page.keyboard.type("valve 3999")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(5)
    open_row(page, "How often is valve 3999 drained?")
    expect(page.locator(".st-key-open-source mark")).to_contain_text("Valve 3999 is drained")
    at_rest(page)
    page.keyboard.press("d")
    until(page, lambda: stored("pair-3999-0").decided == "dropped")
    open_row(page, "Say when valve 3999 is drained.")

    # edit in place: what is typed are no keys, and Escape leaves everything as it was
    at_rest(page)
    page.keyboard.press("e")
    answer = page.get_by_role("textbox", name="Answer")
    expect(answer).to_be_focused()
    page.keyboard.type(" dku")
    page.keyboard.press("Escape")
    expect(answer).to_have_count(0)
    at_rest(page)
    page.keyboard.press("e")
    expect(answer).to_be_focused()
    expect(answer).to_have_value("Every 41 days.")
    page.keyboard.press("Control+a")
    page.keyboard.type("Every 41 days, by the crew.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Saved and kept.")).to_be_visible(timeout=180_000)
    assert (stored("pair-3999-1").output, stored("pair-3999-1").state) == ("Every 41 days, by the crew.", "kept")
    page.keyboard.press("u")
    until(page, lambda: stored("pair-3999-1").output == "Every 41 days.")

    # all that match, after a question that names their number
    at_rest(page)
    page.get_by_role("button", name="Decide on the 5 that match").click()
    page.locator(".st-key-bulk-drop button").click()
    expect(page.get_by_text("5 pairs, on every page, will be dropped")).to_be_visible()
    page.locator(".st-key-bulk-yes button").click()
    until(page, lambda: all(stored(f"pair-3999-{wording}").state == "dropped" for wording in range(5)))
    page.locator(".st-key-filter-clear button").click()
    expect(page.get_by_text("1 to 50 of 20,000")).to_be_visible()
    page.locator(".st-key-page-last button").first.click()
    expect(page.get_by_text("19,951 to 20,000 of 20,000")).to_be_visible()
    workspace.close()
