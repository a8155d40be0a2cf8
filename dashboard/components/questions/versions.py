"""Dataset versions: what freezing means, the card of each version, and what changed from one to the next."""

import pandas as pd
import streamlit as st

from core import jobs
from core.questions.dataset import Card, Difference
from core.records import DatasetVersion, Job, Project
from core.services.questions import datasets
from core.services.questions.freezing.job import Params, Result
from core.services.questions.trainable import standing_of
from core.settings import DatasetSettings, SplitChoice
from core.storage import Workspace, rights
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active, newest_job
from dashboard.components.questions.pair_files import version_bytes
from dashboard.components.words import ago, clock

FREEZING = (
    "**Freezing** writes the kept pairs down as a numbered version that never changes. So you can always look up what a "
    "model was trained on, whatever you edit, drop or add later. Some pairs are held out: no training sees them, and the "
    "test on the page Evaluate asks them. Starting a training freezes by itself; the same pairs always give the same "
    "version."
)
SPLITS: dict[SplitChoice, str] = {
    "auto": "Whole documents, if there are enough",
    "document": "Whole documents",
    "passage": "Whole passages",
    "wording": "One wording of each fact: all facts are learned",
}
MOST_ROWS = 500  # of a difference, in the table


def show_outdated(workspace: Workspace, project: Project) -> None:
    """Say how many kept pairs are out of date and what to do, if there are any."""
    outdated = standing_of(workspace, project).outdated
    if outdated:
        st.warning(
            f"{counted(outdated, 'pair')} out of date: the text changed when it was approved again, so no training uses "
            "them. Write question pairs again: only passages that changed are written. Pairs you decided on or edited stay "
            "here for you to drop or mend.",
            icon=":material/update:",
        )


def show_versions(workspace: Workspace, project: Project, *, can_freeze: bool) -> None:
    """Show what was frozen, and a button that freezes if there are pairs to freeze."""
    versions = datasets.versions_of(workspace, project)
    if not versions and not can_freeze:
        return
    newest = f": the newest is version {versions[0].number}" if versions else ""
    is_freezing = is_active(newest_job(workspace, project, Params.kind))
    title = f"Dataset versions{newest}"
    with st.expander(title, icon=":material/inventory_2:", key="dataset-versions", expanded=is_freezing):
        st.markdown(FREEZING)
        job = follow_newest(workspace, project, Params.kind)
        if can_freeze and not is_active(job):
            _ask_freeze(workspace, project, versions)
        _show_outcome(job, versions)
        if versions:
            _show_version(workspace, project, versions)


def _show_outcome(job: Job | None, versions: list[DatasetVersion]) -> None:
    """Say what came of the newest job that froze, as long as its version is the newest one."""
    result = Result.find(job) if job else None
    if result is None or not versions or result.number != versions[0].number:
        return
    words = (
        f"Version {result.number} is frozen."
        if result.is_new
        else f"Nothing changed since version {result.number}: it stands."
    )
    st.success(words, icon=":material/check_circle:")


def _ask_freeze(workspace: Workspace, project: Project, versions: list[DatasetVersion]) -> None:
    """Ask what is held out, and start freezing at a click."""
    card = Card.of(versions[0].card) if versions else None
    before = DatasetSettings(**card.settings) if card else DatasetSettings()
    left, right = st.columns(2)
    split = left.selectbox(
        "What is held out to test with",
        list(SPLITS),
        index=list(SPLITS).index(before.split),
        format_func=lambda name: SPLITS[name],
        help="Whole passages or documents: all questions about the same text are held out together, so that no model passes "
        "the test by heart, and none learns that text. Wordings: it learns everything, and is tested in other words.",
        key="dataset-split",
    )
    share = right.slider("How much of it, in percent", 0, 50, round(100 * before.heldout_share), step=5, key="dataset-share")
    number = 1 + (versions[0].number if versions else 0)
    with st.container(horizontal=True):
        if st.button(f"Freeze version {number}", icon=":material/ac_unit:", key="freeze"):
            with shown_errors():
                settings = DatasetSettings(split=split, heldout_share=share / 100, seed=before.seed)
                params = Params(settings=settings.in_full())
                jobs.submit(workspace, params, project_id=project.id)
                st.rerun()
        if versions and st.button("What would change?", icon=":material/difference:", key="freeze-difference"):
            with shown_errors():
                _show_difference(datasets.planned_difference(workspace, project, versions[0]))


def _show_version(workspace: Workspace, project: Project, versions: list[DatasetVersion]) -> None:
    """Show the card of a version, and what changed since the one before."""
    by_number = {version.number: version for version in versions}
    number = st.selectbox(
        "Version",
        list(by_number),
        format_func=lambda number: _title(by_number[number]),
        key=f"dataset-version-{len(versions)}",  # a new version begins a new choice, or the browser would go back to the old
    )
    version = by_number[number]
    st.markdown("\n".join(f"- {sentence}" for sentence in datasets.card_words(version)))
    older = [each for each in versions if each.number < version.number]
    parent = f", after version {older[0].number}" if older else ""
    st.caption(
        f"Frozen {ago(version.created_at)}{parent}. Its fingerprint (SHA-256) begins with {version.sha256[:16]}.",
        help=f"{clock(version.created_at)}  \n{version.sha256}",
    )
    _show_download(workspace, project, version)
    if older and st.toggle(f"What changed since version {older[0].number}", key=f"changed-{version.number}"):
        with shown_errors():
            _show_difference(datasets.difference_of(workspace, project, older[0], version))


def _show_download(workspace: Workspace, project: Project, version: DatasetVersion) -> None:
    """Offer the version as a file, to those who may take pairs out of the project."""
    if not rights.may(workspace.db, "export", project.id):
        return
    st.download_button(
        f"Download version {version.number}",
        data=lambda: version_bytes(workspace, project, version),
        file_name=f"dataset-version-{version.number}.zip",
        mime="application/zip",
        icon=":material/download:",
        on_click="ignore",
        key=f"download-version-{version.number}",
        help="A zip: the pairs to train on and those held out, as they were frozen, and this card as a text. "
        "For other formats, take the pairs out on the page Questions.",
    )


def _title(version: DatasetVersion) -> str:
    return f"Version {version.number}: {counted(version.train_count + version.heldout_count, 'pair')}"


def _changed(before: str, after: str) -> str:
    """Return both texts, or the one that stayed as it was."""
    return after if before == after else f"{before} → {after}"


def _show_difference(found: Difference) -> None:
    """Show what came, went and changed: in words, then pair by pair."""
    st.markdown("\n".join(f"- {sentence}" for sentence in found.sentences()))
    rows = [{"Change": "new", "Question": row["input"], "Answer": row["output"]} for row in found.added]
    rows += [{"Change": "gone", "Question": row["input"], "Answer": row["output"]} for row in found.removed]
    rows += [
        {
            "Change": "other words",
            "Question": _changed(old["input"], new["input"]),
            "Answer": _changed(old["output"], new["output"]),
        }
        for old, new in found.changed
    ]
    if rows:
        st.dataframe(pd.DataFrame(rows[:MOST_ROWS]), hide_index=True, alt="Pairs that came, went or changed")
    if len(rows) > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS} of {len(rows):,}. All of them: `garrison dataset diff`.")
