"""The pages of the dashboard: name, title, icon, who may open each, and which step of a project it is.

A new page is a script in `app_pages/` and a row here: the menu, the check before it opens and the tests follow.
"""

from dataclasses import dataclass

from core.access import Action


@dataclass(frozen=True, slots=True)
class Page:
    """A page: the script `app_pages/<name>.py`, its title and icon, and what is asked before it opens."""

    name: str
    title: str
    icon: str  # of Material Symbols
    action: Action | None  # that a person must be allowed; None means everybody who is let in
    step: str | None = None  # the name in `core/services/steps.py` of the step of a project that is done here
    tour: str = ""  # of a step: what the tour on the Help page says about it

    @property
    def path(self) -> str:
        """Return the script's path as Streamlit's links want it."""
        return f"app_pages/{self.name}.py"


# By section of the menu, in order. The first page is the one that opens at the dashboard's address.
PAGES: dict[str, tuple[Page, ...]] = {
    "": (
        Page("overview", "Overview", "home", None),
        Page(
            "documents",
            "Documents",
            "description",
            "read documents",
            step="documents",
            tour="Drop your files. Each is read on this machine; the table says what could not be read, and why.",
        ),
        Page(
            "review",
            "Review",
            "shield_person",
            "decide",
            step="review",
            tour=(
                "Garrison finds names, numbers and places. Look at what it found, correct it, and approve with your name. "
                "Each piece of personal data is replaced by an invented one of the same kind."
            ),
        ),
        Page(
            "questions",
            "Questions",
            "quiz",
            "work on questions",
            step="questions",
            tour=(
                "A language model on this machine writes questions and answers from the approved text. "
                "Weak ones are sorted out."
            ),
        ),
        Page(
            "train",
            "Train",
            "school",
            "train",
            step="train",
            tour=(
                "Choose how thorough, then start. You see how it learns and how long it takes. "
                "You may close the browser meanwhile."
            ),
        ),
        Page(
            "evaluate",
            "Evaluate",
            "balance",
            "train",
            step="evaluate",
            tour=(
                "The model before and after training answers questions it has not seen. "
                "One sentence says which of them is better."
            ),
        ),
        Page(
            "chat",
            "Chat & compare",
            "forum",
            "chat",
            step="use",
            tour="Ask both, side by side. When you are content, take the model with you on the page Export & deploy.",
        ),
        Page("feedback", "Feedback", "reviews", "work on questions"),
        Page("export", "Export & deploy", "outbox", "see project"),
        Page("monitoring", "Monitoring", "monitoring", "see project"),
    ),
    "Privacy": (
        Page("lists", "Lists", "playlist_add_check", "edit lists"),
        Page("replacement", "Replacement", "swap_horiz", "read documents"),
        Page("audit", "Audit", "history_edu", "read audit log"),
    ),
    "This machine": (
        Page("models", "Models", "deployed_code", None),
        Page("jobs", "Jobs", "work_history", None),
        Page("people", "People", "group", "manage members"),
        Page("help", "Help", "help", None),
    ),
}
ALL_PAGES = tuple(page for pages in PAGES.values() for page in pages)
STEP_PAGES = {page.step: page for page in ALL_PAGES if page.step}  # by the step's name, in order


def page_titled(title: str) -> Page:
    """Return the page with this title."""
    return next(page for page in ALL_PAGES if page.title == title)
