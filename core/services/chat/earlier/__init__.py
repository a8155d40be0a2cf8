"""What was said before, as a model is told it with a question: what is remembered, and notes of long conversations."""
