"""The verdict on a run, what to do next, and the bound from which a project takes a model for good enough."""

import streamlit as st

from core.evaluation import EvaluationResult, Judgement
from core.evaluation.bootstrap import LEAST_QUESTIONS
from core.evaluation.verdict import (
    headline,
    lost_words,
    next_words,
    right_words,
    too_long_words,
    trained_words,
    weakness_words,
)
from core.questions.kinds import KINDS
from core.records import Evaluation, Person, Project, Run
from core.services.training.good_enough import LEAST, set_good_enough
from core.storage import Workspace
from core.words import counted
from dashboard.components.errors import shown_errors
from dashboard.components.evaluation.using import show_use, use_of
from dashboard.components.person import reason_against
from dashboard.components.words import ago

TWO_COLUMNS = "This comparison is from before answers with the passage were compared, too: compare again to see them."
NEXT_PAGES = {
    "train longer": ("Train longer", ":material/school:", "train"),
    "write more questions": ("Write more questions", ":material/edit_note:", "questions"),
}


def uncertainty(judged: Judgement) -> str:
    """Describe how much better or worse the tuned model is, and how sure that is, from the paired difference's interval.

    Token F1 of two answers is the share of their words that both have (Dice), so it is described as that. With fewer than
    `LEAST_QUESTIONS` questions, no interval is given: it would mean nothing.
    """
    score = judged.compared
    if score is None:
        return ""
    shares = (
        f"On {counted(judged.question_count, 'test question')} its answers share {score.tuned.mean:.0%} of their words "
        f"with the right answers; those of the base model {score.base.mean:.0%}."
    )
    if judged.question_count < LEAST_QUESTIONS:
        return f"{shares} That is too few to tell: at least {LEAST_QUESTIONS} questions are needed."
    low, high = round(100 * score.difference.low), round(100 * score.difference.high)
    if low >= 0:
        change = f"the gain would lie between {low} and {high} points"
    elif high <= 0:
        change = f"the loss would lie between {-high} and {-low} points"
    else:
        change = f"the change would lie between a loss of {-low} and a gain of {high} points"
    return f"{shares} Asked other questions of this kind, {change}, 95 times in 100."


def show_verdict(result: EvaluationResult, evaluation: Evaluation, judged: Judgement) -> None:
    """Show the verdict first: better than before, good enough to use, and the weakest point."""
    with st.container(border=True, key="verdict"):
        st.subheader(f"{_icon(judged)} {headline(judged)}")
        weakness = judged.weakness
        kind = KINDS[weakness.kind].words if weakness and weakness.kind in KINDS else ""
        sentences = (
            right_words(judged),
            uncertainty(judged),
            f"**{weakness_words(weakness, kind_words=kind)}**" if weakness else "",
            lost_words(result),
            trained_words(result),
            too_long_words(result),
        )
        for sentence in filter(None, sentences):
            st.markdown(sentence)
        st.caption(
            " ".join(filter(None, (f"Measured {ago(evaluation.created_at)}.", "" if result.with_passage else TWO_COLUMNS)))
        )
        with st.expander("Details", icon=":material/functions:"):
            st.text(evaluation.verdict)


def _icon(judged: Judgement) -> str:
    if judged.is_good_enough:
        return ":material/thumb_up:"
    return {"better": ":material/trending_up:", "worse": ":material/thumb_down:", "unclear": ":material/help:"}[
        judged.change
    ]


def show_next(workspace: Workspace, project: Project, run: Run, judged: Judgement, person: Person | None) -> None:
    """Show what to do next, with the reason; the model is offered for use first only if it is good enough."""
    st.caption(next_words(judged))
    use = use_of(workspace, project, run)
    st.caption(use.words)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if judged.next in NEXT_PAGES:
            label, icon, page = NEXT_PAGES[judged.next]
            if st.button(label, type="primary", icon=icon, key="next-step"):
                st.switch_page(f"app_pages/{page}.py")
        show_use(workspace, project, use, person, is_first=judged.next == "use")
        if judged.next != "train longer":
            if st.button("Train again", icon=":material/school:", key="train-again"):
                st.switch_page("app_pages/train.py")


def show_bound(workspace: Workspace, project: Project, person: Person | None) -> None:
    """Show from how many right answers on a model is good enough here, and let those change it who may set rules."""
    against = reason_against(workspace, "set rules", project)
    with st.popover("When is it good enough?", type="tertiary", disabled=bool(against), help=against or None):
        st.markdown("A model is called good enough to use when so many of its answers are right.")
        percent = st.slider(
            "Right answers",
            round(100 * LEAST),
            100,
            round(100 * project.good_enough),
            step=5,
            format="%d%%",
            key="good-enough",
        )
        is_same = percent == round(100 * project.good_enough)
        if st.button("Change it", disabled=is_same or person is None, key="good-enough-change") and person is not None:
            with shown_errors():
                set_good_enough(workspace, project, percent / 100, actor=person)
                st.rerun()
        if person is None:
            st.caption("Write your name first: the change is kept in the audit log with it.")
