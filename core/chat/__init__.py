"""Chat with a model or a run, or compare two of them."""

from core.chat.answerers import open_host, open_model, open_run
from core.chat.conversation import Answer, ChatModel, answer, compare
from core.chat.listening import with_pauses
from core.models.text import Message

__all__ = ["Answer", "ChatModel", "Message", "answer", "compare", "open_host", "open_model", "open_run", "with_pauses"]
