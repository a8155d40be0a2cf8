"""Chat with a model or a run, or let several answer at once (`together`)."""

from core.chat.answerers import open_adapter, open_host, open_model, open_run
from core.chat.conversation import Answer, ChatModel, answer
from core.chat.listening import with_pauses
from core.chat.together import Ask, Ended, together
from core.models.text import Message

__all__ = [
    "Answer",
    "Ask",
    "ChatModel",
    "Ended",
    "Message",
    "answer",
    "open_adapter",
    "open_host",
    "open_model",
    "open_run",
    "together",
    "with_pauses",
]
