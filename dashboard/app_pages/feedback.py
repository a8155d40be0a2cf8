"""Feedback: what people said of answers, to be made into question pairs and preferences, or set aside."""

import streamlit as st

from core.records import Project
from core.services.chat.keeping.policy import feedback_words
from core.storage import get
from core.storage.feedback import FeedbackFilter, feedback_counts
from dashboard.components.empty import empty_state
from dashboard.components.feedback.inbox import show_inbox
from dashboard.components.feedback.votes import show_votes
from dashboard.resources import require_project, workspace

project = get(workspace().db, Project, require_project().id)
kept = feedback_words(project.retention)
if any(feedback_counts(workspace(), project.id, FeedbackFilter()).states.values()):
    st.caption(
        "What people said of answers: you see the answer that was judged and its question, nothing else. It goes when they "
        "take it back or delete the conversation; what was made of it stays. " + kept
    )
    show_inbox(workspace(), project)
else:
    empty_state(
        "Nobody has judged an answer yet. Ask a model on the page Chat & compare, then press a thumb, *Correct this* or "
        "*Should not have answered* below its answer.",
        page="chat",
        label="Ask a model",
    )
    if kept:
        st.caption(f":material/schedule: {kept}")
show_votes(workspace(), project)
