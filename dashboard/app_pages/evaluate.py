"""Evaluate: whether the model knows the documents now, how sure that is, and where it is wrong."""

import json

import streamlit as st

from core import jobs
from core.evaluation import Comparison, EvaluationResult, Row
from core.evaluation.verdict import LEAST_QUESTIONS, outcome
from core.records import DatasetVersion, Evaluation, Project, Run
from core.storage import Workspace, find, get
from core.words import counted
from dashboard import resources
from dashboard.components.charts import score_chart
from dashboard.components.empty import empty_state
from dashboard.components.errors import shown_errors
from dashboard.components.follower import follow_newest, is_active
from dashboard.components.leak_card import show_leaks
from dashboard.components.questions.pair_files import READABLE, SUFFIXES, submit_with_file
from dashboard.components.words import ago
from dashboard.session_keys import CHAT_ANSWERER

ROWS_A_PAGE = 10
SCORES = {
    "token_f1": "Words shared with the right answer",
    "rouge_l": "Words in the same order",
    "exact_match": "Right word for word",
}
HEADLINES = {
    "better": (":material/thumb_up:", "It answers questions about your documents better than the base model."),
    "worse": (":material/thumb_down:", "It answers worse than the base model did before."),
    "unclear": (":material/help:", "Whether it answers better cannot be told from these questions."),
}


def uncertainty(score: Comparison, *, question_count: int) -> str:
    """Describe how much better or worse the tuned model is, and how sure that is, from the paired difference's interval.

    Token F1 of two answers is the share of their words that both have (Dice), so it is described as that. With fewer than
    `LEAST_QUESTIONS` questions, no interval is given: it would mean nothing.
    """
    shares = (
        f"On {counted(question_count, 'test question')} its answers share {score.tuned.mean:.0%} of their words "
        f"with the right answers; those of the base model {score.base.mean:.0%}."
    )
    if question_count < LEAST_QUESTIONS:
        return f"{shares} That is too few to tell: at least {LEAST_QUESTIONS} questions are needed."
    low, high = round(100 * score.difference.low), round(100 * score.difference.high)
    if low >= 0:
        change = f"the gain would lie between {low} and {high} points"
    elif high <= 0:
        change = f"the loss would lie between {-high} and {-low} points"
    else:
        change = f"it would lie between a loss of {-low} and a gain of {high} points"
    return f"{shares} Asked other questions of this kind, {change}, 95 times in 100."


def show_start(workspace: Workspace, project: Project, runs: list[Run], *, is_busy: bool) -> Run:
    """Show the choice of run and questions, and the start button; return the chosen run."""
    titles = {run.id: f"Run {run.number}: {run.model}" for run in runs}
    run_id = st.selectbox(
        "Which run", list(titles), format_func=lambda run_id: titles[run_id], key="evaluate-run", width=420
    )
    run = next(run for run in runs if run.id == run_id)
    is_known = bool(find(workspace.db, Evaluation, run_id=run.id))
    with st.expander("The questions it is asked"):
        upload = st.file_uploader(
            "Questions with right answers",
            type=SUFFIXES,
            key="own-questions",
            help=READABLE,
        )
        held_back = get(workspace.db, DatasetVersion, run.dataset_id).heldout_count
        if held_back:
            st.caption(f"Without a file, it is asked the {counted(held_back, 'question')} held back from training.")
        else:
            st.caption("Too few pairs were there to hold any back from training: bring a file of questions.")
    if st.button(
        "Compare again" if is_known else "Compare with the base model",
        type="secondary" if is_known else "primary",
        icon=":material/balance:",
        disabled=is_busy or not (held_back or upload),
        key="start-evaluation",
    ):
        from core.services.training.evaluation import Params  # imports the training stage, so only where needed

        with shown_errors():
            if upload is None:
                jobs.submit(workspace, Params(run_id=run.id, questions=""), project_id=project.id)
            else:
                submit_with_file(
                    workspace,
                    lambda path, name: Params(run_id=run.id, questions=path, name=name, remove_after=True),
                    upload=upload,
                    project=project,
                )
            st.rerun()
    return run


def show_verdict(result: EvaluationResult, evaluation: Evaluation) -> str:
    """Show the verdict first, with its uncertainty; return "better", "worse" or "unclear"."""
    score = result.scores["token_f1"]
    reached = outcome(score.difference, question_count=result.question_count)
    icon, headline = HEADLINES[reached]
    with st.container(border=True, key="verdict"):
        st.subheader(f"{icon} {headline}")
        st.markdown(uncertainty(score, question_count=result.question_count))
        st.caption(f"Measured {ago(evaluation.created_at)}.")
        with st.expander("Details", icon=":material/functions:"):
            st.text(evaluation.verdict)
    return reached


def show_next(run: Run, reached: str) -> None:
    """Show what to do next, given the verdict `reached`."""
    reasons = {
        "better": "It has learned from your documents: try it in a conversation.",
        "worse": "More or better questions, or a less thorough training, usually mend this.",
        "unclear": "More question pairs, or a more thorough training, make a difference visible.",
    }
    st.caption(reasons[reached])
    with st.container(horizontal=True):
        is_good = reached == "better"
        if st.button("Use this model", type="primary" if is_good else "secondary", icon=":material/forum:", key="use-model"):
            st.session_state[CHAT_ANSWERER] = run.id
            st.switch_page("app_pages/chat.py")
        if st.button("Train again", type="secondary" if is_good else "primary", icon=":material/school:", key="train-again"):
            st.switch_page("app_pages/train.py")


def show_rows(result: EvaluationResult) -> None:
    """Show every question, worst first, with both answers beside the right one."""
    st.subheader("Where it is wrong")
    rows = sorted(result.rows, key=lambda row: (row.tuned.token_f1, row.tuned.token_f1 - row.base.token_f1))
    pages = -(-len(rows) // ROWS_A_PAGE)
    page = st.pagination(pages, key="answers-page", max_visible_pages=5) if pages > 1 else 1
    st.caption("The worst answers come first.")
    for row in rows[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]:
        with st.container(border=True):
            st.text(row.question)
            for column, (title, text) in zip(st.columns(3), _answers(row), strict=True):
                column.caption(title)
                column.text(text.strip() or "(nothing)")


def _answers(row: Row) -> tuple[tuple[str, str], ...]:
    shared = f"{row.tuned.token_f1:.0%} of the words"
    if row.tuned.exact_match:
        tuned = ":material/check_circle: Tuned, word for word right"
    elif row.tuned.token_f1 > row.base.token_f1:
        tuned = f":material/trending_up: Tuned, closer: {shared}"
    elif row.tuned.token_f1 < row.base.token_f1:
        tuned = f":material/trending_down: Tuned, farther off: {shared}"
    else:
        tuned = f":material/trending_flat: Tuned, no closer: {shared}"
    return (
        (":material/menu_book: Right answer", row.reference),
        (f":material/deployed_code: Base model: {row.base.token_f1:.0%} of the words", row.base.answer),
        (tuned, row.tuned.answer),
    )


def show_scores(result: EvaluationResult) -> None:
    """Show the three scores, with intervals if there are enough questions."""
    st.subheader("Scores")
    has_intervals = result.question_count >= LEAST_QUESTIONS
    rows = [
        {"score": words, "model": name, "value": interval.mean}
        | ({"low": interval.low, "high": interval.high} if has_intervals else {})
        for metric, words in SCORES.items()
        for name, interval in (("Base", result.scores[metric].base), ("Tuned", result.scores[metric].tuned))  # type: ignore[index]
    ]
    score = result.scores["token_f1"]
    told = f"{score.tuned.mean:.0%} by the tuned model, {score.base.mean:.0%} by the base model"
    st.altair_chart(score_chart(rows), alt=f"Words shared with the right answers: {told}")
    st.caption("Scores compare words alone: an answer in other words can be right and still score low.")


def newest_result(workspace: Workspace, run: Run) -> tuple[Evaluation, EvaluationResult] | None:
    """Return the run's newest evaluation whose file exists, with all its answers; None if there is none."""
    for evaluation in find(workspace.db, Evaluation, run_id=run.id, order="created_at desc"):
        path = workspace.evaluation_path(run.project_id, evaluation.id)
        if path.exists():
            return evaluation, EvaluationResult.from_json(json.loads(path.read_text(encoding="utf-8")))
    return None


def show_page(workspace: Workspace, project: Project, runs: list[Run]) -> None:
    """Show the verdict on the chosen run at the top, or how to get one."""
    job = follow_newest(workspace, project, "evaluate")
    top = st.container()
    chosen = show_start(workspace, project, runs, is_busy=is_active(job))
    newest = newest_result(workspace, chosen)
    if newest is not None:
        evaluation, result = newest
        with top:
            verdict = show_verdict(result, evaluation)
            show_next(chosen, verdict)
        show_rows(result)
        show_scores(result)
    elif not is_active(job):
        st.caption("Both models answer the same questions that were kept out of training; then you see which is closer.")
    show_leaks(workspace, project, chosen)


workspace = resources.workspace()
project = resources.require_project()
runs = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc")
if runs:
    show_page(workspace, project, runs)
else:
    empty_state("There is no trained model to look at yet. Train one first.", page="train", label="Train a model")
