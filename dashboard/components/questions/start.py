"""How question pairs are to be written, and the button that starts."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import jobs
from core.errors import GarrisonError
from core.questions.writers.guided import GUIDED
from core.questions.writers.registry import AUTO
from core.records import Job, Project
from core.services.questions.filtering import filter_settings_of
from core.services.questions.generation import Params, Result, find_generator
from core.services.questions.question_pairs import coverage_of
from core.services.questions.writing.models import writing_models
from core.settings import EMBEDDED_MODEL, AnswerStyle, GenerationSettings
from core.storage import Workspace
from core.words import counted
from dashboard.components.errors import show_error, shown_errors
from dashboard.components.questions.try_it import show_try
from dashboard.components.questions.way import choose_way

CHANGED, ALL, FORGET = "Only what changed", "All passages", "All passages, and forget my decisions"
AGAIN = (
    "Passages whose text and settings are as before stay as they are.",
    "Pairs you decided on, edited or added stay.",
    "Pairs you decided on or edited are replaced, too; those you added stay.",
)


def show_start(workspace: Workspace, project: Project, *, is_busy: bool, is_first: bool) -> GenerationSettings | None:
    """Show how many pairs to write, with which model in which way, and the button that starts.

    Returns what was chosen; None if no model can write.
    """
    coverage = coverage_of(workspace, project, [])
    passages = sum(row["passages"] for row in coverage)
    with _panel(is_first=is_first):
        st.markdown(
            f"**{counted(passages, 'passage')}** of {counted(len(coverage), 'approved document')} can be asked about."
        )
        settings = _choose(workspace, project, is_busy=is_busy)
        if settings is None:
            return None
        st.caption(f"{_most(passages * settings.per_passage, settings)} Each answer must stand in the approved text.")
        again = None if is_first else _choose_again()
        if st.button(
            "Write question pairs",
            type="primary" if is_first else "secondary",
            icon=":material/edit_note:",
            disabled=is_busy or not passages,
            key="write-pairs",
        ):
            with shown_errors():
                params = Params(
                    settings=settings.in_full(),
                    filters=filter_settings_of(workspace, project).in_full(),
                    anew=again is not None,
                    forget_decisions=again == FORGET,
                )
                jobs.submit(workspace, params, project_id=project.id)
                st.rerun()
    if passages:
        show_try(workspace, project, settings, is_busy=is_busy)
    return settings


def _panel(*, is_first: bool) -> DeltaGenerator:
    """Return the place for the choices: in sight as long as there are no pairs to work on, then behind a heading."""
    if is_first:
        return st.container(border=True)
    return st.expander("Write question pairs again", icon=":material/edit_note:", key="write-panel")


def _choose_again() -> str | None:
    """Ask what to write again; return None if only what changed."""
    chosen = st.radio("What to write again", [CHANGED, ALL, FORGET], captions=AGAIN, key="write-again")
    return None if chosen == CHANGED else chosen


def _most(count: int, settings: GenerationSettings) -> str:
    """Say how much is written at most."""
    if settings.writer in (AUTO, GUIDED.name):
        wordings = counted(settings.wordings, "wording")
        return f"Up to {counted(count, 'fact')}, each asked in about {wordings}, before weak pairs are dropped."
    return f"Up to {counted(count, 'question pair')} before weak ones are dropped."


def _choose(workspace: Workspace, project: Project, *, is_busy: bool) -> GenerationSettings | None:
    """Draw the choices; return them, or None if no model can write."""
    try:
        models = writing_models(workspace)
    except GarrisonError as error:
        show_error(error)
        return None
    if not models:
        st.warning(
            "There is no model here that can write questions. Add a GGUF model on the Models page.",
            icon=":material/warning:",
        )
        return None
    first, second, third = st.columns(3, vertical_alignment="bottom")
    per_passage = first.number_input(
        "Facts asked for in each passage",
        1,
        50,
        GenerationSettings().per_passage,
        key="per-passage",
        help="A passage is about a paragraph. One that says less gives fewer.",
    )
    model = second.selectbox(
        "Written by", models, index=models.index(EMBEDDED_MODEL) if EMBEDDED_MODEL in models else 0, key="question-model"
    )
    share = third.number_input(
        "Not answered by the text, in %",
        0,
        50,
        round(100 * GenerationSettings().unanswerable_share),
        key="unanswerable-share",
        help="Questions that no document answers, with an answer that says so. Models trained without them make things up.",
    )
    wordings, answers = _choose_words()
    settings = GenerationSettings(
        model=model, per_passage=per_passage, wordings=wordings, answers=answers, unanswerable_share=share / 100
    )
    try:
        writer = choose_way(workspace, project, find_generator(workspace, settings), is_busy=is_busy)
    except GarrisonError as error:
        show_error(error)
        return None
    return settings.model_copy(update={"writer": writer})


def _choose_words() -> tuple[int, AnswerStyle]:
    """Draw how often a fact is asked and how much an answer repeats; return both."""
    with st.expander("Wordings and answers"):
        left, right = st.columns(2, vertical_alignment="bottom")
        wordings = left.number_input(
            "Wordings of each fact",
            1,
            10,
            GenerationSettings().wordings,
            key="wordings",
            help="A model learns a fact from being asked in different words, not from the same words again.",
        )
        answers = right.selectbox("Answers", list(_STYLES), format_func=_STYLES.__getitem__, key="answer-style")
    return wordings, answers


_STYLES: dict[AnswerStyle, str] = {
    "bare": "The fact alone: “Every 90 days.”",
    "short": "A short sentence: “The filter is changed every 90 days.”",
    "full": "The sentence of the document",
}


def show_replies(job: Job | None) -> None:
    """Say what came of the replies of a model that writes by itself, if the newest job used one."""
    result = Result.find(job) if job else None
    if result is not None and result.skipped:
        unchanged = f"{result.skipped:,} of {counted(result.passages, 'passage')}"
        st.caption(f"{unchanged} did not change since they were written before, and were left as they are.")
    if result is None or not result.asked:
        return
    told = [f"The model replied {counted(result.asked, 'time')}"]
    told += [f"{counted(result.malformed, 'reply', 'replies')} could not be used"] if result.malformed else []
    told += [f"{counted(result.refused, 'time')} it refused"] if result.refused else []
    told += [f"{counted(result.ungrounded, 'pair')} had no proof in the passage"] if result.ungrounded else []
    told += [f"{counted(result.cut, 'passage')} longer than it reads, cut at sentences"] if result.cut else []
    told += [f"{counted(result.texts, 'text')} kept for continued training"] if result.texts else []
    st.caption(" · ".join(told) + ".")
