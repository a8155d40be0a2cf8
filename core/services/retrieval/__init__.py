"""Answers from a project's approved documents: what is found for a question, and what supports each sentence."""
