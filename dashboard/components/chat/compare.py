"""Two to four models side by side: the same question, answered together, and which answer is better."""

import random
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from core.chat import Ask, Ended, Message, together
from core.chat.standings import Standing
from core.errors import GarrisonError
from core.records import ComparedAnswer, Comparison, Project
from core.services.chat.comparing import (
    FEWEST,
    MOST,
    forget_comparisons,
    keep_comparison,
    own_count,
    version_of,
    vote,
    votes,
)
from core.storage import Workspace, find
from core.words import counted
from dashboard import resources
from dashboard.components.answerers import base_of_newest, show_where
from dashboard.components.chat.answer_html import STYLE, answer_html
from dashboard.components.chat.series.ballot import LETTERS
from dashboard.components.chat.series.page import show_all_series
from dashboard.components.errors import show_error, shown_errors
from dashboard.components.one_of import one_of

LONGEST_TOKENS = 1024
WHAT = {"one": "One question", "file": "Over a question file"}
_KEPT = "compared"  # id of the comparison that is shown


def show_compare(workspace: Workspace, project: Project, answerers: Mapping[str, str]) -> None:
    """Show the choice between one question now and the questions of a file, and what was chosen."""
    st.html(STYLE)
    what = one_of("What to ask", WHAT, key="compare-what")
    if what == "one":
        show_one_question(workspace, project, answerers)
    else:
        with shown_errors():
            show_all_series(workspace, project, answerers)


def show_one_question(workspace: Workspace, project: Project, answerers: Mapping[str, str]) -> None:
    """Ask several models the same question, show the answers as they are written, and take the vote."""
    names = list(answerers)
    if len(names) < FEWEST:
        st.info("There is one model only. Train one, or add another, to compare it with.", icon=":material/info:")
        return
    chosen = st.multiselect(
        "Who answers",
        names,
        default=list(dict.fromkeys((names[0], base_of_newest(workspace, answerers))))[:MOST],
        format_func=lambda name: answerers[name],
        max_selections=MOST,
        key="compare-who",
    )
    is_blind = st.toggle(
        "Hide who is who until I have voted",
        key="compare-blind",
        help="The answers stand in an order that is drawn anew for each question, so that no name sways you.",
    )
    show_where(workspace, *chosen)
    with st.form("compare", border=False):
        question = st.text_area("The same question to all", key="compare-question", height=90)
        label = "Ask both" if len(chosen) == FEWEST else "Ask all"
        is_asked = st.form_submit_button(label, type="primary", icon=":material/compare:")
    if is_asked and (not question.strip() or len(chosen) < FEWEST):
        words = "Write a question first." if not question.strip() else f"Choose {FEWEST} to {MOST} models first."
        st.warning(words, icon=":material/warning:")
    elif is_asked:
        with shown_errors():
            _ask(workspace, project, question, chosen, answerers, is_blind=is_blind)
    else:
        _show_kept(workspace, project, answerers)
    with shown_errors():
        show_standings(votes(workspace, project), answerers)
        show_forgetting(workspace, project)


def _ask(
    workspace: Workspace,
    project: Project,
    question: str,
    chosen: Sequence[str],
    answerers: Mapping[str, str],
    *,
    is_blind: bool,
) -> None:
    """Show all answers as they are written, then keep them; the page is drawn anew from what is kept."""
    names = random.sample(chosen, len(chosen)) if is_blind else list(chosen)
    boxes = []
    for side, column in enumerate(st.columns(len(names), border=True)):
        with column:
            st.markdown(f"**{_title(side, names[side], answerers, is_hidden=is_blind)}**")
            boxes.append(st.empty())
            boxes[side].caption("Thinking …")
    with st.spinner("Opening the models …", show_time=True):
        models = [resources.answerer(workspace, name) for name in names]
    asked = [Message("user", question)]
    written, kept = [""] * len(names), list[ComparedAnswer]()
    for said in together([Ask(model, asked) for model in models], max_tokens=LONGEST_TOKENS):
        if not isinstance(said, Ended):
            written[said.side] += said.text
            boxes[said.side].html(answer_html(written[said.side]))
        elif said.answer is None:
            _raise_or_show(said)
        else:
            kept.append(_kept(workspace, names[said.side], said))
    if len(kept) == len(names):
        kept.sort(key=lambda answer: names.index(answer.answerer))
        st.session_state[_KEPT] = keep_comparison(workspace, project, question, kept, is_blind=is_blind).id
        st.rerun()


def _raise_or_show(said: Ended) -> None:
    """Show why there is no answer; what is nobody's mistake goes on as it is."""
    if not isinstance(said.error, GarrisonError):
        raise said.error or RuntimeError("an answer ended without a reason")
    show_error(said.error)


def _kept(workspace: Workspace, name: str, said: Ended) -> ComparedAnswer:
    assert said.answer is not None  # noqa: S101 for the type checker
    return ComparedAnswer(
        answerer=name, version=version_of(workspace, name), text=said.answer.text, whole_s=said.answer.whole_s
    )


def _title(side: int, name: str, answerers: Mapping[str, str], *, is_hidden: bool) -> str:
    return f"Answer {LETTERS[side]}" if is_hidden else answerers.get(name, name)


def _show_kept(workspace: Workspace, project: Project, answerers: Mapping[str, str]) -> None:
    """Show the last comparison of this session, and ask for the vote."""
    if not (kept := st.session_state.get(_KEPT)):
        return
    found = find(workspace.db, Comparison, id=kept, project_id=project.id)  # it may be kept no longer
    if not found:
        return
    comparison = found[0]
    is_hidden = comparison.is_blind and comparison.vote is None
    for side, column in enumerate(st.columns(len(comparison.answers), border=True)):
        given = comparison.answers[side]
        is_best = comparison.vote is not None and comparison.vote.better == side
        with column:
            mark = ":material/trophy: " if is_best else ""
            title = _title(side, given.answerer, answerers, is_hidden=is_hidden)
            letter = f"{LETTERS[side]}: " if comparison.is_blind and not is_hidden else ""
            st.markdown(f"{mark}**{letter}{title}**")
            if given.text.strip():
                st.html(answer_html(given.text))
            else:
                st.caption("It ended without a word.")
            st.caption("" if is_hidden else f"answered in {given.whole_s:.0f} s")
    _show_vote(workspace, comparison)


def _show_vote(workspace: Workspace, comparison: Comparison) -> None:
    sides = range(len(comparison.answers))
    st.markdown("**Which is better?**")
    with st.container(horizontal=True, gap="small"):
        for side in sides:
            label = f"Answer {LETTERS[side]}" if comparison.is_blind else ("First", "Second", "Third", "Fourth")[side]
            st.button(label, key=f"vote-{side}", on_click=vote, args=[workspace, comparison.id, side])
        st.button("None of them", key="vote-none", on_click=vote, args=[workspace, comparison.id, None])
    if comparison.vote is not None:
        st.caption(":material/check: Your vote is kept. Choose again to change it.")
    if comparison.is_blind:
        st.caption("Models may learn from a blind vote: from its question and answers, without your name.")


def show_standings(found: Sequence[Standing], answerers: Mapping[str, str]) -> None:
    """Show how often each was called better, with the range that so few votes allow."""
    if not found:
        return
    st.subheader("Votes so far")
    rows = []
    for each in found:
        low, high = each.interval
        rows.append(
            {
                "Who answered": answerers.get(each.answerer, each.answerer)
                + (", from the documents" if each.from_documents else ""),
                "Version": each.version[:8] or "not known",
                "Better": each.won,
                "Not chosen": each.lost,
                "No difference": each.equal,
                "Share better": f"{each.won / each.decided:.0%} ({low:.0%} to {high:.0%})" if each.decided else "–",
            }
        )
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Votes by who answered")
    st.caption("In brackets: the range in which the share may lie by chance, 19 times of 20. The fewer votes, the wider.")


def show_forgetting(workspace: Workspace, project: Project) -> None:
    """Draw the deletion of what the person has compared and voted on; nothing if there is nothing."""
    count = own_count(workspace, project)
    if not count:
        return
    with st.popover("Delete what I compared", icon=":material/delete:", key="compare-menu"):
        st.caption(
            f"You have compared {counted(count, 'question')} in this project. The questions, the answers and your votes, "
            "also those on comparisons over a question file, are gone then. This cannot be undone."
        )
        is_meant = st.checkbox("Delete for good", key="compare-forget-meant")
        if st.button(
            "Delete my comparisons",
            type="primary",
            icon=":material/delete_forever:",
            key="compare-forget",
            disabled=not is_meant,
        ):
            forget_comparisons(workspace, project)
            st.session_state.pop(_KEPT, None)
            st.rerun()
