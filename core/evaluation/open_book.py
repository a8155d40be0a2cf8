"""Questions asked with a passage before them, in one fixed form, so that numbers of different evaluations compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OPEN_BOOK = "Answer from this passage:\n{passage}\n\n{question}"  # what the model reads as the user's message
GOES_ON = "…"  # stands where a passage was cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a question is answered from: a passage of approved text, and the part of it (`quote`) that holds the answer."""

    text: str
    quote: str = ""
    is_named: bool = False  # by the question itself; if False, the search found it


def with_passage(row: Mapping[str, Any], passage: str) -> dict[str, Any]:
    """Return a question as it is asked with a passage; instruction and earlier turns stay as they are.

    The passage comes first, so that questions on the same passage begin alike and are read once.
    """
    return {**row, "input": OPEN_BOOK.format(passage=passage, question=row["input"])} if passage else dict(row)


def shortened(source: Source, characters: int) -> str:
    """Cut a passage to about so many characters at word borders: around its quote if it has one, else from the beginning."""
    text = source.text
    if len(text) <= characters:
        return text
    middle = text.find(source.quote) + len(source.quote) // 2 if source.quote and source.quote in text else 0
    start = min(max(0, middle - characters // 2), len(text) - characters)
    end = start + characters
    kept = text[start:end].split(" ")
    kept = kept[start > 0 : len(kept) - (end < len(text))]  # what is cut within a word goes
    if not kept:
        return ""
    return f"{GOES_ON} " * (start > 0) + " ".join(kept).strip() + f" {GOES_ON}" * (end < len(text))
