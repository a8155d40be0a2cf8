"""What was asked and how it was answered, as pictures and a table; counts alone."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import jobs
from core.monitoring.figures import Figures
from core.records import Project, Run
from core.services.monitoring import questions
from core.services.monitoring.report import Monitoring
from core.services.monitoring.words import document_words, question_words
from core.storage import Workspace
from core.words import counted
from dashboard.components.charts import day_chart, ending_chart, fit_chart
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active

ENDING_WORDS = {
    "cut": "Cut: too long",
    "repeating": "Repeated itself",
    "stopped": "Stopped by a person",
    "broken off": "Broke off",
}


def show_figures(found: Monitoring) -> None:
    """Show what was asked a day, and what people thought of the answers."""
    figures = found.figures
    days = counted(found.settings.days, "day")
    st.subheader(f"The last {days}")
    if not figures.answers:
        st.caption("Nobody asked anything on the page Chat in these days. Ask something there, and give answers a thumb.")
        st.page_link("app_pages/chat.py", label="Open chat", icon=":material/forum:")
        return
    tiles = {
        "Questions": f"{figures.questions:,}",
        "Thumbs up": f"{figures.up:,} of {figures.judged:,}",
        "Not in the documents": f"{figures.refused:,} of {figures.from_documents:,}",
        "With unsupported sentences": f"{figures.unsupported:,} of {figures.from_documents:,}",
    }
    with st.grid(4, min_column_width=200):
        for label, value in tiles.items():
            st.metric(label, value, border=True)
    st.altair_chart(day_chart(found.days), alt="Questions a day")
    if any(figures.endings.values()):
        rows = [{"ending": ENDING_WORDS[state], "answers": count} for state, count in figures.endings.items()]
        st.altair_chart(ending_chart(rows), alt="Answers that did not come to their end, by how they ended")


def show_answerers(found: Monitoring, runs: Sequence[Run]) -> None:
    """Show the same counts for each answerer, with how long its answers took."""
    if not found.answerers:
        return
    names = {run.id: f"Run {run.number}" for run in runs}
    st.markdown("**Who answered**")
    st.dataframe(
        [_row(names.get(name, name), each) for name, each in found.answerers.items()],
        hide_index=True,
        alt="Answers and how long they took, by who answered",
    )
    st.caption("Of the times, half of the answers were as fast as the first figure, and nine of ten as fast as the second.")
    if found.services.requests:
        used = found.services
        st.caption(f"Other programs asked {counted(used.requests, 'time')}, and {used.failed:,} of these failed.")


def _row(name: str, each: Figures) -> Mapping[str, object]:
    return {
        "Who": name,
        "Answers": each.answers,
        "Thumbs up": each.up,
        "Thumbs down": each.down,
        "Corrected": each.corrected,
        "Not in the documents": each.refused,
        "Unsupported": each.unsupported,
        "First words": f"{each.first.median_s:.1f} s / {each.first.slow_s:.1f} s" if each.first else "",
        "Whole answer": f"{each.whole.median_s:.1f} s / {each.whole.slow_s:.1f} s" if each.whole else "",
    }


def show_drift(workspace: Workspace, project: Project, found: Monitoring) -> None:
    """Show how far questions and documents have moved from what the model in use was trained on."""
    if found.run is None or found.questions is None:
        return
    st.subheader("What has changed since it was trained")
    if found.documents:
        st.markdown(f":material/description: {document_words(found.documents)}")
    st.markdown(f":material/quiz: {question_words(found.questions)}")
    _compare(workspace, project, found.questions.waiting)
    fits = questions.fits_of(workspace, project, found.run, days=found.settings.days)
    if fits and found.questions.threshold is not None:
        st.altair_chart(fit_chart(fits, found.questions.threshold), alt="Questions by how alike they are to trained ones")
        st.caption(
            "Left of the line are new questions: of the questions it was trained on, each compared with those about other "
            "facts, 5 in 100 lie there."
        )


def _compare(workspace: Workspace, project: Project, waiting: int) -> None:
    """Offer to compare questions that were not compared yet."""
    job = follow_newest(workspace, project, questions.Params.kind)
    if not waiting or is_active(job):
        return
    if st.button("Compare them", icon=":material/compare_arrows:", key="compare-questions"):
        with shown_errors():
            jobs.submit(workspace, questions.Params(), project_id=project.id)
            st.rerun()
