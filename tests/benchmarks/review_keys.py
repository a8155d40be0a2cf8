"""From a key to the redraw of the review page in Chromium: a document of 300 pages with 10,200 marks.

    python -m tests.benchmarks.review_keys

Prints the median, the quickest and the slowest of twelve keys, in milliseconds, for `n` (next) and `a` (accept).
"""

import random
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect, sync_playwright

from core.files import sha256_text
from core.records import SEARCH_VERSION, Document, Page, Passage, Span, now
from core.storage import Workspace, insert, insert_many
from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path
from tests.served import dashboard

PAGES, MARKS_A_PAGE, ROUNDS = 300, 34, 12
WORDS = "the filter is dry before it is fitted and the valve stays open while oil pressure holds above two bar".split()
MEASURE = """key => new Promise(done => {
  const current = () => document.querySelector(".garrison-page mark.current")?.dataset.id
  const before = current(), start = performance.now()
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }))
  const look = () => current() !== before ? done(performance.now() - start) : requestAnimationFrame(look)
  look()
})"""
AT_REST = "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"


def fill(home: Path) -> str:
    """A project with the long document; gives its id."""
    random.seed(1)
    text, pages, spans = "", [], []
    for number in range(1, PAGES + 1):
        parts = []
        start = at = sum(page.end - page.start for page in pages)
        for _ in range(MARKS_A_PAGE):
            parts.append(" ".join(random.choices(WORDS, k=18)) + " ")
            at += len(parts[-1])
            name = f"Name{random.randrange(400):03d}"
            spans.append((at, at + len(name), f"Sur{name}"))
            parts.append(f"{name}. ")
            at += len(parts[-1])
        text += "".join(parts)
        pages.append(Page(number=number, label=f"page {number}", start=start, end=at))
    workspace = Workspace(home)
    project = workspace.create_project("Long")
    sha256 = sha256_text(text)
    document = Document(
        id="document-long", project_id=project.id, name="long.txt", kind="txt", size_bytes=len(text), sha256=sha256,
        text_sha256=sha256, analyzed_sha256=sha256, state="read",
        search_version=SEARCH_VERSION, page_count=PAGES, created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, text, pages=tuple(pages))
    insert_many(
        workspace.db,
        [
            Span(
                id=f"span-{number}", document_id=document.id, start=start, end=end, entity="PERSON", score=0.85,
                detector="spacy", surrogate=surrogate,
            )
            for number, (start, end, surrogate) in enumerate(spans)
        ],
    )  # fmt: skip
    insert_many(
        workspace.db,
        [
            Passage(
                id=f"passage-{page.number}", document_id=document.id, index=page.number, start=page.start, end=page.end,
                heading="", page=page.label, token_count=250, text=text[page.start : page.end],
            )
            for page in pages
        ],
    )  # fmt: skip
    workspace.close()
    print(f"{PAGES} pages, {len(text):,} characters, {len(spans):,} marks")
    return project.id


def measure(page: BrowserPage, key: str) -> list[float]:
    """Milliseconds from the key to the next mark framed, each time once the page has come to rest."""
    times = []
    for _ in range(ROUNDS):
        page.wait_for_function(AT_REST)
        page.wait_for_timeout(300)
        times.append(float(page.evaluate(MEASURE, key)))
    return times


def main() -> None:
    """Serve the document, press the keys, print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        project_id = fill(home)
        with dashboard(home, Path(folder) / "serve.log") as port, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(f"http://127.0.0.1:{port}/review?project={project_id}")
            name = page.get_by_role("textbox", name="Your name")
            name.fill("Ada Reviewer")
            name.press("Enter")
            expect(page.locator(".st-key-accept button").first).to_be_enabled(timeout=60_000)
            page.evaluate("document.activeElement.blur()")
            for key in "na":
                times = measure(page, key)
                print(f"{key}: median {statistics.median(times):.0f} ms, {min(times):.0f} to {max(times):.0f}")
            browser.close()


if __name__ == "__main__":
    main()
