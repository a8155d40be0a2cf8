"""Help: a five-minute tour, a glossary, where data is stored, how Garrison is kept offline."""

import streamlit as st

from core import installation, jobs
from core.storage import Workspace
from core.words import counted
from dashboard import resources
from dashboard.components.footer import offline_words
from dashboard.components.offline import measure_offline
from dashboard.pages import STEP_PAGES

GLOSSARY = (
    ("Adapter", "What training adds to a model: a small file. The model itself stays as it was."),
    ("Anonymized text", "A document's text in which personal data is replaced by invented values."),
    ("Approval", "A reviewer's word, with a name, that a document's anonymized text may be used."),
    ("Base model", "The model before training."),
    ("Dataset version", "The question pairs as they were when a training started. It never changes afterward."),
    ("Evaluation", "The base model and the tuned model answer the same questions, and the answers are scored."),
    ("Held-out questions", "Questions kept away from training, so that the evaluation is fair."),
    ("Job", "Work that takes longer than a moment. It goes on when you close the browser."),
    ("Model", "A program that continues text. The ones on this machine are listed on the Models page."),
    ("Passage", "A piece of a document, about a paragraph or two long."),
    ("Personal data", "Names, numbers, addresses, places and the like that point to a person, a unit or a site."),
    ("Project", "One body of documents and everything made from it."),
    ("Question pair", "A question and its answer, with the place in the document it came from."),
    ("Release", "A tuned model that was exported to a folder, with its checksum."),
    ("Re-identification", "Finding the original behind a surrogate, by name and for a reason. It must be set up before."),
    ("Run", "One training, with its number and result."),
    (
        "Span",
        "A piece of a document's text that was found, or added by hand, as personal data. Reviewers accept or reject it.",
    ),
    ("Surrogate", "The invented value that replaces a piece of personal data. The same name always gets the same one."),
    ("Tuned model", "The base model together with what it learned from your documents."),
)


def show_tour() -> None:
    """Show the six steps, each with a link to its page."""
    st.subheader("A five-minute tour", anchor="tour")
    st.markdown(
        "Garrison teaches a language model what is in your documents, on this machine. The path has six steps; the line "
        "at the top of every page shows where your project stands."
    )
    for number, page in enumerate(STEP_PAGES.values(), start=1):
        with st.container(border=True, key=f"tour-{page.name}"):
            st.markdown(f"**{number} {page.title}**")
            st.markdown(page.tour)
            st.page_link(page.path, label=f"Open {page.title}", icon=":material/arrow_forward:")


def show_keys() -> None:
    """Show the keys of the review page."""
    st.subheader("Keys on the review page")
    st.markdown(
        "`a` accept the span · `r` reject it (it is no personal data) · `u` undo the last decision · `n` next span · "
        "`p` previous span · `A` and `R` the same for every equal text in the project · click a span to choose it · "
        "select text with the mouse to add a span."
    )


def show_glossary() -> None:
    """Show the glossary."""
    st.subheader("Words used here")
    st.markdown("\n".join(f"- **{word}**: {meaning}" for word, meaning in GLOSSARY))


def show_places(workspace: Workspace) -> None:
    """Show where data is stored."""
    st.subheader("Where your data lies")
    st.markdown("Everything is in one folder on this machine. Copy it for a backup; delete it and nothing is left.")
    st.code(str(workspace.home), language=None)
    st.markdown(
        "- `garrison.sqlite3`: the lists and decisions you see on the pages\n"
        "- `projects`: your documents, anonymized texts, dataset versions and trained models, one folder for each project\n"
        "- `models`: models that you added\n"
        "- `jobs`: what the work wrote while it ran; never text from your documents\n\n"
        "The names of files and folders never contain the name of a document."
    )


def show_offline(workspace: Workspace) -> None:
    """Show what keeps Garrison offline, and what was measured just now."""
    report = measure_offline(jobs.process_ids(workspace))
    st.subheader("How offline is ensured")
    st.markdown(
        f"{offline_words(report)}, measured just now: {counted(report.outgoing, 'connection')} from Garrison and its jobs "
        f"to other computers, {counted(report.incoming, 'browser connection')} from other computers."
    )
    st.markdown(
        "- The pages are served on this machine alone.\n"
        "- Models, detectors and fonts lie on this machine; nothing is fetched when Garrison runs.\n"
        "- The libraries inside are told not to call out, by settings that are checked above.\n"
        "- Models are loaded as plain numbers: a model folder that contains programs is refused.\n"
        "- An attempt to connect to another computer is refused and counted: "
        f"{counted(report.refused, 'attempt')} since the start.\n"
        "- The line at the foot of every page repeats the measurement."
    )


def show_copy() -> None:
    """Show an installed copy's version, who signed it, and its last self-test; nothing in a source checkout."""
    copy = installation.current()
    if copy is None:
        return
    st.subheader("This copy of Garrison")
    st.markdown(copy_words(copy))
    if copy.signed_by is not None:
        st.caption("The key it was signed with. Your administrator can compare it with what the site was told.")
        st.code(copy.signed_by, language=None, wrap_lines=True)


def copy_words(copy: installation.Installation) -> str:
    """Describe an installed copy in sentences."""
    words = f"Version {copy.version}, {copy.file_count:,} files, installed on {copy.installed_at[:10]}. "
    if copy.signed_by is None:
        words += "**Nobody vouches for it: it was installed from an unsigned bundle.** "
    if copy.tested_at is None:
        return words + "It was not tested after it was installed; your administrator can do that with the set-up program."
    result = "It passed its last self-test" if copy.is_test_passed else "**It failed its last self-test**"
    way = "cut off from every network" if copy.test_network == "empty namespace" else "while its connections were watched"
    return f"{words}{result}, on {copy.tested_at[:10]}, {way}."


workspace = resources.workspace()
show_tour()
show_keys()
show_glossary()
show_places(workspace)
show_offline(workspace)
show_copy()
