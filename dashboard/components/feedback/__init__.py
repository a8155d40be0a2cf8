"""The page Feedback: what people said of answers, and what experts make of it."""
