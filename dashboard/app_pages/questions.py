"""Questions: write question pairs from approved text, see what was kept, decide by hand, import and export."""

import pandas as pd
import streamlit as st

from core import jobs
from core.models.registry import model_folders, models_for
from core.questions import PAIR_FORMATS, PairFormat, drop_reason
from core.records import Document, Project, QuestionPair
from core.services.questions.question_pairs import coverage_of, keep_or_drop, source_of
from core.settings import EMBEDDED_MODEL, FilterSettings, GenerationSettings
from core.storage import Workspace, find, get
from core.storage.written_passages import waiting_pairs
from core.words import counted
from dashboard import resources
from dashboard.components import pairs as pair_view
from dashboard.components.charts import coverage_chart, outcome_chart
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.pair_files import READABLE, export_bytes, export_words, import_upload

ENOUGH_TO_START, BETTER = 100, 1000  # LIMA: about 1,000 curated rows suffice for style
STATES = {"": "All", "kept": "Kept", "dropped": "Dropped"}


def show_start(workspace: Workspace, project: Project, *, is_busy: bool, is_first: bool) -> None:
    """Show how many pairs to write, with which model, and the button that starts."""
    coverage = coverage_of(workspace, project, [])
    passages = sum(row["passages"] for row in coverage)
    models = [model.name for model in models_for("questions", model_folders(workspace.home))]
    if not models:
        st.warning(
            "There is no model here that can write questions. Add a GGUF model on the Models page.",
            icon=":material/warning:",
        )
        return
    preferred = EMBEDDED_MODEL
    with st.container(border=True):
        st.markdown(
            f"**{counted(passages, 'passage')}** of {counted(len(coverage), 'approved document')} can be asked about."
        )
        left, right = st.columns(2, vertical_alignment="bottom")
        per_passage = left.number_input(
            "Questions for each passage",
            1,
            50,
            GenerationSettings().per_passage,
            key="per-passage",
            help="Weak ones are dropped.",
        )
        model = right.selectbox(
            "Written by", models, index=models.index(preferred) if preferred in models else 0, key="question-model"
        )
        st.caption(
            f"Up to {counted(passages * per_passage, 'question pair')} before weak ones are dropped. "
            "Each answer must stand in the approved text."
            + ("" if is_first else " Those written before are replaced, your own decisions about them as well.")
        )
        if st.button(
            "Write question pairs",
            type="primary" if is_first else "secondary",
            icon=":material/edit_note:",
            disabled=is_busy or not passages,
            key="write-pairs",
        ):
            from core.services.questions import generation

            settings = GenerationSettings.from_values({"model": model, "per_passage": per_passage})
            with shown_errors():
                params = generation.Params(settings=settings.in_full(), filters=FilterSettings().in_full())
                jobs.submit(workspace, params, project_id=project.id)
                st.rerun()


def show_figures(workspace: Workspace, project: Project, *, job_id: str = "") -> None:
    """Show kept against dropped pairs, and how far each document is covered, as of now.

    With `job_id`, only what that running job has written counts.
    """
    pairs = waiting_pairs(workspace, project.id, job_id) if job_id else pair_view.project_pairs(workspace, project)
    kept = sum(pair.state == "kept" for pair in pairs)
    if not pairs:
        st.caption("The first pairs appear here in a moment.")
        return
    left, right = st.columns(2)
    with left:
        dropped = pair_view.dropped_by_reason(pairs)
        st.markdown(
            "**Kept and dropped, by reason**", help=pair_view.reasons_explained(name for name, _ in dropped.most_common())
        )
        st.altair_chart(outcome_chart(kept, dropped), alt=f"{kept} pairs kept, {len(pairs) - kept} dropped")
    with right:
        coverage = coverage_of(workspace, project, pairs)
        st.markdown("**How much of each document is asked about**")
        if coverage:
            st.altair_chart(coverage_chart(coverage), alt="Share of passages with a question, by document")
        else:
            st.caption("No document is approved at the moment.")


def show_table(workspace: Workspace, pairs: list[QuestionPair]) -> None:
    """Show the pairs behind filters; ticks are stored at once, by the pair's id."""
    shown = _filtered(pairs)
    if not shown:
        st.caption("No pair matches. Change the filters above.")
        return
    ids = [pair.id for pair in shown]
    frame = pd.DataFrame(
        {
            "Keep": [pair.state == "kept" for pair in shown],
            "Open": [":material/open_in_full: Open"] * len(shown),
            "Question": [pair.input for pair in shown],
            "Answer": [pair.output for pair in shown],
            "Document": [pair.document_name for pair in shown],
            "Where": [pair.page for pair in shown],
            "Dropped because": [drop_reason(pair.reason).words if pair.reason else "" for pair in shown],
        }
    )
    editor, opener = f"pairs-{hash(tuple(ids))}", f"open-{hash(tuple(ids))}"

    def open_pair() -> None:
        st.session_state["open-pair"] = ids[st.session_state[opener].row]

    edited = st.data_editor(
        frame,
        key=editor,
        hide_index=True,
        height=min(480, 38 + 35 * len(shown)),
        disabled=[name for name in frame.columns if name != "Keep"],
        alt="Question pairs with their source",
        column_config={
            "Keep": st.column_config.CheckboxColumn(help="Only kept pairs are trained on.", width="small"),
            "Open": st.column_config.ButtonColumn("Source", on_click=open_pair, key=opener, width="small", type="tertiary"),
            "Question": st.column_config.TextColumn(width="large"),
            "Answer": st.column_config.TextColumn(width="large"),
        },
    )
    ticks = zip(ids, frame["Keep"], edited["Keep"], strict=True)
    if changed := {pair_id: bool(after) for pair_id, before, after in ticks if before != after}:
        keep_or_drop(workspace, changed)
        st.rerun()


def _filtered(pairs: list[QuestionPair]) -> list[QuestionPair]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        state = st.segmented_control(
            "Show", list(STATES), default="", required=True, format_func=lambda state: STATES[state], key="filter-state"
        )
        reasons = sorted({pair.reason for pair in pairs if pair.reason})
        reason = st.selectbox(
            "Dropped because",
            ["", *reasons],
            format_func=lambda reason: drop_reason(reason).words if reason else "Any reason",
            key="filter-reason",
            width=240,
        )
        documents = sorted({pair.document_name for pair in pairs})
        document = st.selectbox(
            "Document", ["", *documents], format_func=lambda name: name or "Every document", key="filter-document", width=280
        )
        words = st.text_input("Words in it", key="filter-words", width=220)
    shown = pair_view.selected(pairs, state=state, reason=reason, document=document, words=words)
    st.caption(f"{counted(len(shown), 'pair')} shown")
    return shown


def close_drawer() -> None:
    """Forget which pair is open."""
    st.session_state.pop("open-pair", None)


@st.dialog("Question pair and its source", width="medium", position="right", on_dismiss=close_drawer)
def show_drawer(workspace: Workspace, pair_id: str) -> None:
    """Show one pair beside the approved passage it came from."""
    with shown_errors():
        pair = get(workspace.db, QuestionPair, pair_id)
        st.caption("Question")
        st.text(pair.input)
        st.caption("Answer")
        st.text(pair.output)
        st.caption(" · ".join(part for part in (pair.document_name, pair.page) if part))
        source = source_of(workspace, pair)
        if source.before or source.after:
            st.html(pair_view.source_html(source))
        else:
            st.caption("This pair was brought in ready-made: it has no passage of its own.")
        is_kept = pair.state == "kept"
        st.markdown(
            ":material/check_circle: Kept"
            if is_kept
            else f":material/cancel: Dropped: {drop_reason(pair.reason).words.lower()}"
        )
        with st.container(horizontal=True):
            if st.button("Keep", shortcut="k", disabled=is_kept, icon=":material/check:", key="drawer-keep"):
                keep_or_drop(workspace, {pair.id: True})
                st.rerun()
            if st.button("Drop", shortcut="d", disabled=not is_kept, icon=":material/close:", key="drawer-drop"):
                keep_or_drop(workspace, {pair.id: False})
                st.rerun()


def choose_format() -> PairFormat:
    """Draw the choice of the file's format, unless there is only one; return it."""
    formats = list(PAIR_FORMATS.values())
    if len(formats) == 1:
        return formats[0]
    words = {form.name: form.words for form in formats}
    return PAIR_FORMATS[st.radio("Format", list(words), format_func=words.__getitem__, key="export-pair-format")]


def show_carry(workspace: Workspace, project: Project, *, kept: int, is_busy: bool) -> None:
    """Offer pairs as a file (only those from approved documents), and the import of pairs from files."""
    out, brought = st.columns(2)
    with out.container(border=True):
        st.markdown("**Take the kept pairs with you**")
        chosen = choose_format()
        with_source = st.toggle("With document, page and quote", key="export-source")
        number, note = export_words(workspace, project)
        st.download_button(
            f"Download as {chosen.words}",
            data=lambda: export_bytes(workspace, project, format=chosen.name, with_source=with_source),
            file_name=f"question-pairs{chosen.suffix}",
            mime=chosen.mime,
            icon=":material/download:",
            disabled=not number,
            on_click="ignore",
            key="export-pairs",
        )
        if note and kept:
            st.caption(note)
    with brought.container(border=True):
        st.markdown("**Bring pairs that you have already**")
        with st.form("import-pairs", border=False, clear_on_submit=True):
            uploads = st.file_uploader(
                "A file of question pairs",
                type=["jsonl", "json"],
                accept_multiple_files=True,
                help=READABLE,
                key="pair-files",
            )
            if st.form_submit_button("Bring them in", icon=":material/upload:", disabled=is_busy):
                with shown_errors():
                    for upload in uploads:
                        import_upload(workspace, project, upload)
                    if uploads:
                        st.rerun()
        st.caption("They wait on the Review page like any other document before anything is trained on them.")


workspace = resources.workspace()
project = resources.require_project()
job = follow_newest(workspace, project, "generate", "import")
is_busy = is_active(job)
pairs = pair_view.project_pairs(workspace, project)
kept = sum(pair.state == "kept" for pair in pairs)
approved = bool(coverage_of(workspace, project, []))

if approved and not is_busy:
    show_start(workspace, project, is_busy=is_busy, is_first=not kept)
elif not approved and not pairs:
    has_documents = bool(find(workspace.db, Document, project_id=project.id))
    text = "Question pairs are written from approved text, and nothing is approved yet."
    if has_documents:
        empty_state(text, page="review", label="Review and approve")
    else:
        empty_state(
            "Question pairs are written from your documents. Add some first.", page="documents", label="Add documents"
        )

if is_busy and job is not None and job.kind == "generate":
    st.fragment(show_figures, run_every="2s", key="live-figures")(workspace, project, job_id=job.id)
elif pairs:
    thin = "enough for a first run; 1,000 is better" if ENOUGH_TO_START <= kept < BETTER else ""
    thin = "few for a training: 100 or more is better" if kept < ENOUGH_TO_START else thin
    st.markdown(f"**{counted(kept, 'pair')} kept**" + (f", {thin}." if thin else ".") + f" {len(pairs) - kept:,} dropped.")
    if kept and st.button("Train a model with them", type="primary", icon=":material/school:", key="go-train"):
        st.switch_page("app_pages/train.py")
    with st.expander("Kept and dropped, coverage", expanded=True):
        show_figures(workspace, project)
    show_table(workspace, pairs)
if not is_busy:
    show_carry(workspace, project, kept=kept, is_busy=is_busy)
if st.session_state.get("open-pair"):
    show_drawer(workspace, st.session_state["open-pair"])
