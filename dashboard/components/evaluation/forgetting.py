"""What a model knew before its training, and knows now: everyday questions, and general English."""

import streamlit as st

from core.evaluation import Column, EvaluationResult
from core.evaluation.forgetting import forgetting_words
from dashboard.components.charts import score_chart
from dashboard.components.evaluation.words import COLUMN_WORDS

KIND_WORDS = {
    "arithmetic": "Sums",
    "capitals": "Capitals",
    "opposites": "Opposites",
    "translation": "Words of other languages",
    "calendar": "Days and months",
    "everyday": "Everyday things",
    "words": "Forms of words",
    "repeat": "Doing as it is told",
}
ALL = "All everyday questions"


def show_forgetting(result: EvaluationResult) -> None:
    """Show what became of general knowledge; nothing if it was not asked for."""
    found = result.forgetting
    if found is None:
        return
    st.subheader("What it knew before")
    st.markdown(f"{':material/trending_down: ' if found.is_worse else ':material/check_circle: '}{forgetting_words(found)}")
    if not found.right:
        return
    counts = {KIND_WORDS.get(kind, kind.capitalize()): each for kind, each in found.by_kind().items()}
    sides: tuple[tuple[Column, int], ...] = (("base", 1), ("tuned", 2))  # with the place of their count
    rows = [{"score": ALL, "model": COLUMN_WORDS[name], "value": getattr(found.right, name).mean} for name, _ in sides]
    rows += [
        {"score": f"{words} ({each[0]})", "model": COLUMN_WORDS[name], "value": each[place] / each[0]}
        for words, each in counts.items()
        for name, place in sides
    ]
    told = f"{found.right.tuned.mean:.0%} right by the tuned model, {found.right.base.mean:.0%} by the base model"
    st.altair_chart(score_chart(rows), alt=f"Everyday questions: {told}")
    st.caption("Right: the first line of the answer holds the word that is asked for.")
    if lost := [each for each in found.answers if each.base_is_right and not each.tuned_is_right]:
        with st.expander(f"What it answered rightly before and does not now ({len(lost)})", icon=":material/list:"):
            for each in lost:
                st.text(each.question)
                st.caption(f"{COLUMN_WORDS['base']}, then {COLUMN_WORDS['tuned'].lower()}")
                st.text(each.base.strip() or "(nothing)")
                st.text(each.tuned.strip() or "(nothing)")
