"""A file of question pairs is looked at, told what its columns hold, and brought in, in a real browser."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

pytestmark = pytest.mark.browser
WORK_MS = 600_000
TRIES = 10
TURNS = [("system", "Answer about the winch."), ("user", "How much?"), ("assistant", "12 tonnes."), ("user", "Thanks")]


def choose(page: Page, label: str, name: str) -> None:
    for _ in range(TRIES):
        page.get_by_role("combobox", name=label, exact=True).click()
        try:
            page.get_by_role("option", name=name, exact=True).click(timeout=5_000)
            return
        except TimeoutError:  # the page was drawn anew meanwhile, which closes the list
            page.keyboard.press("Escape")
    raise AssertionError(f"{label} offers no {name}")


def button(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} button").first


def test_a_table_with_a_wrong_row_is_brought_in_as_a_person_says(page: Page, address: str, tmp_path: Path) -> None:
    table = tmp_path / "pumps.csv"
    table.write_text("Frage;Antwort;Seite\nWas prüft man?;Die Pumpe.;3\nWarum?;;4\nWer?;Zwei Leute.;5\n", encoding="utf-8")
    page.goto(f"{address}/questions")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([table])
    expect(page.get_by_text("The names of the columns do not tell")).to_be_visible()
    expect(button(page, "bring-in")).to_be_disabled()
    choose(page, "Question", "Frage")
    expect(page.get_by_text("A column is missing")).to_be_visible()
    choose(page, "Answer", "Antwort")
    expect(page.get_by_text("Line 3 has an empty answer.")).to_be_visible()
    expect(page.get_by_text("2 pairs · read as CSV or TSV")).to_be_visible()
    expect(button(page, "bring-in")).to_be_disabled()
    page.get_by_text("Leave out the 1 row that cannot be used").click()
    expect(button(page, "bring-in")).to_be_enabled()
    button(page, "bring-in").click()
    expect(page.get_by_text("Brought in last: 2 pairs.")).to_be_visible(timeout=WORK_MS)
    expect(page.get_by_text("1 row that cannot be used left out.")).to_be_visible()
    expect(page.get_by_text("Something went wrong")).to_have_count(0)


def test_a_conversation_is_shown_as_it_was_spoken_at_both_widths(page: Page, address: str, tmp_path: Path) -> None:
    talks = tmp_path / "talks.jsonl"
    talks.write_text(json.dumps({"messages": [{"role": role, "content": text} for role, text in TURNS]}), encoding="utf-8")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{address}/questions")
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([talks])
        expect(page.get_by_text("1 pair · read as JSONL")).to_be_visible()
        expect(page.get_by_text("Columns: messages (whole conversation)")).to_be_visible()
        expect(page.get_by_text("1 question without an answer left out.")).to_be_visible()
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0
