"""An imported question pair as a passage of text, so that its personal data is found and reviewed, and back."""

_QUESTION, _ANSWER = "Question: ", "\nAnswer: "


def to_text(question: str, answer: str) -> str:
    """Return the passage that holds a pair."""
    return f"{_QUESTION}{question}{_ANSWER}{answer}"


def from_text(text: str) -> tuple[str, str] | None:
    """Return the question and answer of such a passage, anonymized meanwhile; None if one of the two is gone."""
    question, _, answer = text.removeprefix(_QUESTION).partition(_ANSWER)
    return (question, answer) if question and answer else None
