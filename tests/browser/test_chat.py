"""Conversations in a real browser, with a stand-in for the engine that says what it is told to."""

import os
import signal
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.dashboard.test_answer_html import HOSTILE
from tests.models.engine.standing import install_stand_in

pytestmark = pytest.mark.browser
SILENCE_MS = 40_000  # until an answer without a writer is told as broken off


@pytest.fixture(autouse=True)
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The engine of the dashboard that this test starts."""
    return install_stand_in(tmp_path, monkeypatch)


def open_chat(page: Page, address: str) -> None:
    page.goto(f"{address}/chat")
    expect(page.get_by_placeholder("Ask a question")).to_be_visible()
    expect(page.locator(".st-key-new-conversation button")).to_be_visible()


def ask(page: Page, question: str) -> None:
    page.get_by_placeholder("Ask a question").fill(question)
    page.get_by_placeholder("Ask a question").press("Enter")


def answer(page: Page) -> str:
    return page.locator(".garrison-answer").last.inner_text()


def settle(page: Page) -> None:
    """Wait until an answer has ended and the page is drawn anew."""
    expect(page.locator(".st-key-chat-stop button")).to_have_count(0, timeout=60_000)
    expect(page.locator(".st-key-chat-again button")).to_have_count(1)


def wait_for_words(page: Page) -> None:
    expect(page.locator(".garrison-answer").last).to_contain_text("tick tick tick", timeout=60_000)


def test_stop_keeps_question_and_answer_and_the_talk_goes_on(page: Page, address: str) -> None:
    open_chat(page, address)
    ask(page, "wait")
    wait_for_words(page)
    page.locator(".st-key-chat-stop button").click()
    expect(page.get_by_text("Stopped here.")).to_be_visible()
    expect(page.locator(".st-key-chat-stop button")).to_have_count(0)
    stopped = answer(page)
    assert stopped.startswith("tick tick tick")
    ask(page, "Capital?")
    expect(page.locator(".garrison-answer").last).to_have_text("Paris is the capital.")
    assert page.locator(".garrison-answer").first.inner_text() == stopped
    settle(page)
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)
    page.locator(".st-key-chat-again button").click()
    expect(page.locator(".garrison-answer").last).to_have_text("Paris is the capital.")
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)


def test_a_reload_in_the_middle_shows_what_was_written_until_then(page: Page, address: str) -> None:
    open_chat(page, address)
    ask(page, "wait")
    wait_for_words(page)
    page.reload()
    expect(page.get_by_text("It broke off here.")).to_be_visible(timeout=SILENCE_MS)
    assert answer(page).startswith("tick tick tick")
    page.locator(".st-key-chat-go-on button").click()
    expect(page.locator(".st-key-chat-stop button")).to_be_visible()
    page.locator(".st-key-chat-stop button").click()
    expect(page.get_by_text("Stopped here.")).to_be_visible()


def test_a_killed_dashboard_has_kept_the_conversation(page: Page, address: str) -> None:
    open_chat(page, address)
    ask(page, "wait")
    wait_for_words(page)
    page.wait_for_timeout(1_500)  # an answer is stored each second
    served = next(child for child in psutil.Process().children() if "serve" in child.cmdline())
    (dashboard,) = (child for child in served.children() if "streamlit" in " ".join(child.cmdline()) or child.children())
    os.kill(dashboard.pid, signal.SIGKILL)
    dashboard.wait(30)
    for _ in range(120):
        page.wait_for_timeout(500)
        try:
            page.goto(f"{address}/chat")
            break
        except Exception as error:  # it is started again by whoever watches it
            assert "ERR_CONNECTION" in str(error)  # noqa: PT017
    page.locator(".st-key-chat-list button").first.click()
    expect(page.get_by_text("It broke off here.")).to_be_visible(timeout=SILENCE_MS)
    assert answer(page).startswith("tick tick")


def test_the_page_follows_a_long_answer_and_fits_a_phone(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_chat(page, address)
    ask(page, "say " + "\n\n".join(f"Line {number} of the answer." for number in range(60)) + "\n\nThe end.")
    expect(page.get_by_text("The end.").last).to_be_in_viewport(timeout=60_000)
    expect(page.locator(".st-key-chat-again button")).to_be_visible()
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0


def test_hostile_answers_load_nothing_and_stay_text(page: Page, address: str) -> None:
    """The page's fixture fails the test if anything was asked of another host."""
    open_chat(page, address)
    for count, texts in enumerate((HOSTILE[:4], HOSTILE[4:8], HOSTILE[8:12]), start=1):
        ask(page, "say " + "\n\n".join(texts))
        expect(page.locator(".garrison-answer")).to_have_count(count)
        settle(page)
    strange = page.locator(".garrison-answer").locator(
        "img, a, script, iframe, svg, style, [onerror], [onclick], [style], [src]"
    )
    expect(strange).to_have_count(0)
    page.wait_for_timeout(500)


def test_conversations_are_named_searched_pinned_and_deleted(page: Page, address: str) -> None:
    open_chat(page, address)
    for question in ("say first words", "say second words"):
        ask(page, question)
        settle(page)
        page.locator(".st-key-new-conversation button").click()
        expect(page.locator(".garrison-answer")).to_have_count(0)
    listed = page.locator(".st-key-chat-list button")
    expect(listed).to_have_text(["say second words", "say first words"])
    page.get_by_placeholder("Search your conversations").fill("FIRST")
    page.get_by_placeholder("Search your conversations").press("Enter")
    expect(listed).to_have_count(1)
    listed.first.click()
    expect(page.locator(".garrison-answer")).to_have_text("first words")
    page.locator(".st-key-chat-menu button").first.click()
    page.get_by_label("Name", exact=True).fill("Winches")
    page.get_by_role("button", name="Rename").click()
    page.get_by_placeholder("Search your conversations").fill("")
    page.get_by_placeholder("Search your conversations").press("Enter")
    expect(listed).to_have_text(["say second words", "Winches"])

    if not page.locator(".st-key-chat-save-md button").is_visible():  # it may have stayed open
        page.locator(".st-key-chat-menu button").first.click()
    with page.expect_download() as saved:
        page.locator(".st-key-chat-save-md button").click()
    told = Path(saved.value.path()).read_text(encoding="utf-8")
    assert told.startswith("# Winches\n\n## 1. Question\n\nsay first words")
    page.get_by_text("Delete for good").click()
    page.locator(".st-key-chat-delete button").click()
    expect(listed).to_have_text(["say second words"])
    expect(page.locator(".garrison-answer")).to_have_count(0)


def test_a_thumb_and_a_correction_are_there_after_a_reload(page: Page, address: str) -> None:
    open_chat(page, address)
    ask(page, "say A rope.")
    settle(page)
    up = page.get_by_role("radio", name="Thumbs up")
    up.click()
    expect(up).to_be_checked()
    page.get_by_role("button", name="Correct this").click()
    page.get_by_label("What the answer should have been").fill("Two ropes.")
    page.get_by_role("button", name="Keep the correction").click()
    expect(page.get_by_text("in your words")).to_be_visible()
    page.reload()
    expect(page.get_by_text("in your words")).to_be_visible()
    expect(up).to_be_checked()
    expect(page.get_by_test_id("stText").filter(has_text="Two ropes.")).to_be_visible()
    expect(page.locator(".garrison-answer")).to_have_text("A rope.")


def test_a_second_window_shows_the_answer_as_it_is_written_and_can_stop_it(page: Page, address: str) -> None:
    open_chat(page, address)
    ask(page, "wait")
    wait_for_words(page)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_text("It is being written")).to_be_visible()
    before = len(answer(other))
    other.wait_for_timeout(3_000)
    assert len(answer(other)) > before
    other.locator(".st-key-chat-stop-other button").click()
    for window in (other, page):
        expect(window.get_by_text("Stopped here.")).to_be_visible()
    assert answer(page) == answer(other)


def test_a_conversation_longer_than_the_model_reads_goes_on_with_a_note_that_can_be_changed(
    page: Page, address: str
) -> None:
    open_chat(page, address)
    for number in range(4):  # 280 tokens each and as many answered; the stand-in reads 2,048
        ask(page, f"say {number} " + " ".join(f"rope-{number}-{part}" for part in range(45)))
        expect(page.locator(".garrison-answer")).to_have_count(number + 1, timeout=60_000)
        settle(page)
        page.wait_for_timeout(200)
    expect(page.get_by_text("Earlier in this conversation:")).to_be_visible()
    expect(page.locator(".st-key-chat-note")).to_contain_text("Paris is the capital.")  # so the stand-in sums up
    expect(page.locator(".st-key-chat-note")).to_contain_text("answers are told to the model as this note.")
    page.get_by_text("Change the note").click()
    page.get_by_label("What the model is told").fill("We talk about ropes.")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator(".st-key-chat-note")).to_contain_text("You have changed it.")
    page.reload()
    expect(page.locator(".st-key-chat-note")).to_contain_text("We talk about ropes.")
    expect(page.locator(".garrison-answer")).to_have_count(4)
