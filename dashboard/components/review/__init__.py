"""The review page's parts: one document with its spans, what a reviewer does with them, and its approval."""
