"""Who can be talked to: finished runs of the project, newest first, then the models of this machine."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from core.chat import Answer, ChatModel, Message, answer
from core.models.registry import DETECTION_FORMATS, list_models, model_folders
from core.records import Project, Run
from core.storage import Workspace, find

LONGEST_TOKENS = 256


@dataclass(slots=True)
class Seat:
    """An opened model and the lock that keeps two people from using it at the same moment."""

    model: ChatModel
    lock: threading.Lock

    @contextmanager
    def taken(self) -> Iterator[ChatModel]:
        """The model for this caller alone."""
        with self.lock:
            yield self.model

    def close(self) -> None:
        """Free the memory once nobody uses it."""
        with self.lock:
            self.model.close()


def who_can_answer(workspace: Workspace, project: Project | None) -> dict[str, str]:
    """Id of a run or name of a model, with the words people choose it by."""
    runs = find(workspace.db, Run, project_id=project.id, is_finished=True, order="number desc") if project else []
    models = [model for model in list_models(model_folders(workspace.home)) if model.format not in DETECTION_FORMATS]
    return {run.id: f"Run {run.number}: {run.model}, tuned" for run in runs} | {
        model.name: f"{model.name}, as it came" for model in models
    }


def pace_words(given: Answer) -> str:
    """How long the answer took to begin, and how fast it was written."""
    begun = f"began after {given.first_token_s:.1f} s"
    return f"{begun} · {given.tokens_per_second:.0f} tokens/s" if given.tokens_per_second else begun


def stream_answer(seat: Seat, messages: list[Message], *, temperature: float = 0.0) -> Answer:
    """Show an answer as it is written, as plain text: what a model writes is not trusted to be harmless markup."""
    box = st.empty()
    box.caption("Thinking …")
    pieces: list[str] = []

    def show(piece: str) -> None:
        pieces.append(piece)
        box.text("".join(pieces))

    with seat.taken() as model:
        given = answer(model, messages, max_tokens=LONGEST_TOKENS, temperature=temperature, on_piece=show)
    with box:
        show_answer(given.text)
    return given


def show_answer(text: str) -> None:
    """A finished answer; one without a word is said to be so."""
    if text.strip():
        st.text(text.strip())
    else:
        st.caption("It ended without a word.")
