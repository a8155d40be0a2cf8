"""Conversations: who answers, what is kept of them, how an answer is written and what people think of it."""
