"""Asking a model or a run, and two of them side by side."""

from core.chat.answerers import open_host, open_model, open_run
from core.chat.conversation import Answer, ChatModel, Message, answer, compare

__all__ = ["Answer", "ChatModel", "Message", "answer", "compare", "open_host", "open_model", "open_run"]
