"""The scores of an evaluation with their intervals, and how many answers were right, wrong and refused."""

import pandas as pd
import streamlit as st

from core.evaluation import EvaluationResult, Interval
from core.evaluation.bootstrap import LEAST_QUESTIONS
from core.evaluation.comparison import Metric
from core.evaluation.verdict import NO_UNANSWERABLE
from dashboard.components.charts import outcome_bars, score_chart
from dashboard.components.evaluation.words import COLUMN_WORDS, OUTCOME_WORDS

SCORES: dict[Metric, str] = {
    "token_f1": "Words shared with the right answer",
    "rouge_l": "Words in the same order",
    "exact_match": "Right word for word",
    "meaning": "Alike in meaning",
}
SURPRISE = "Surprise at the right answer (lower is better)"


def show_scores(result: EvaluationResult) -> None:
    """Show the scores of all columns, with intervals if there are enough questions."""
    st.subheader("Scores")
    has_intervals = result.question_count >= LEAST_QUESTIONS
    rows = [
        {"score": words, "model": COLUMN_WORDS[column], "value": max(0.0, interval.mean)}
        | ({"low": max(0.0, interval.low), "high": interval.high} if has_intervals else {})
        for metric, words in SCORES.items()
        for column in result.columns
        if (interval := result.interval(metric, column))
    ]
    score = result.scores["token_f1"]
    told = f"{score.tuned.mean:.0%} by the tuned model, {score.base.mean:.0%} by the base model"
    st.altair_chart(score_chart(rows), alt=f"Words shared with the right answers: {told}")
    st.caption("Scores compare words: an answer in other words can be right and still score low.")
    with st.expander("All scores in figures", icon=":material/table:"):
        frame = pd.DataFrame(
            [
                {"Score": words}
                | {
                    COLUMN_WORDS[column]: _figures(result.interval(metric, column), has_interval=has_intervals)
                    for column in result.columns
                }
                for metric, words in {**SCORES, "loss": SURPRISE}.items()
                if metric in result.scores
            ]
        )
        st.dataframe(frame, hide_index=True, alt="Each score of each model, with its interval")


def _figures(interval: Interval | None, *, has_interval: bool) -> str:
    if interval is None:
        return ""
    return f"{interval.mean:.2f}" + (f" ({interval.low:.2f} to {interval.high:.2f})" if has_interval else "")


def show_outcomes(result: EvaluationResult) -> None:
    """Show right, wrong and refused answers as a table and a picture, of questions that the documents answer and not."""
    st.subheader("Does it say when it does not know?")
    table = []
    for is_answerable, title in ((True, "The documents answer"), (False, "The documents do not answer")):
        counts = {column: result.counts(column, is_answerable=is_answerable) for column in result.columns}
        if not counts["tuned"].total:
            continue
        bars = [
            {"model": COLUMN_WORDS[column], "outcome": OUTCOME_WORDS[outcome], "answers": number}
            for column, counted in counts.items()
            for outcome, number in counted.as_json().items()
        ]
        tuned = counts["tuned"]
        told = f"of the tuned model's answers {tuned.right} are right, {tuned.wrong} wrong, {tuned.refused} refuse"
        st.markdown(f"**{title}**: {tuned.total} questions" + ("" if is_answerable else "; here it is right to say so"))
        st.altair_chart(outcome_bars(bars), alt=f"{title}: {told}")
        table += [
            {"Questions": title, "Answers of": COLUMN_WORDS[column]}
            | {OUTCOME_WORDS[outcome]: number for outcome, number in counted.as_json().items()}
            for column, counted in counts.items()
        ]
    st.dataframe(pd.DataFrame(table), hide_index=True, alt="Right, wrong and refused answers of each model")
    if all(row.asked.is_answerable for row in result.rows):
        st.caption(NO_UNANSWERABLE)
