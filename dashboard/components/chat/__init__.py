"""The chat page in parts: the list of conversations, who answers and how, the answers, and what is pressed below them."""
