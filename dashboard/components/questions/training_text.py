"""The exact text that a model is trained on for a question pair: what it learns to write is marked."""

import html
from collections.abc import Iterable

import streamlit as st

from core.models import registry
from core.models.conversation import Piece, TrainingText
from core.records import QuestionPair
from core.storage import Workspace
from core.words import counted
from dashboard.components.errors import shown_errors

_BOX = "white-space: pre-wrap; overflow-wrap: anywhere; font-family: monospace; font-size: 0.85rem"
_CONTROL = "opacity: 0.65"


def show_training_text(workspace: Workspace, pair: QuestionPair) -> None:
    """Ask for a model and show the text of `pair` in its chat template; the pair as `reviewed_pairs` gives it."""
    from core.services.questions.training_text import training_text_of

    names = [model.name for model in registry.models_for("training", registry.model_folders(workspace.home))]
    if not names:
        st.caption("No model that can be trained is on this machine.")
        return
    name = names[0] if len(names) == 1 else st.selectbox("As this model reads it", names, key="training-text-model")
    with shown_errors():
        text = training_text_of(workspace, pair, model=name)
        st.html(training_text_html(text.pieces))
        st.caption(told(text))


def training_text_html(pieces: Iterable[Piece]) -> str:
    """Return a training text as HTML: what is learned is marked, control tokens are pale, every character is escaped."""
    return f'<div style="{_BOX}">{"".join(map(_html, pieces))}</div>'


def told(text: TrainingText) -> str:
    """Return the counts of a training text in words."""
    learned = counted(text.learned_count, "token")
    return f"The model learns to write what is marked: {learned} of {text.token_count:,}. It only reads the rest."


def _html(piece: Piece) -> str:
    shown = html.escape(piece.text)
    if piece.is_control:
        shown = f'<span style="{_CONTROL}">{shown}</span>'
    return f"<mark>{shown}</mark>" if piece.is_learned else shown
