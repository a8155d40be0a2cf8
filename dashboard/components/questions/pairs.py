"""Question pairs as the Questions page shows them: the source with its quote, the reasons to drop one."""

import html
from collections import Counter
from collections.abc import Iterable

from core.questions import drop_reason
from core.records import Passage, QuestionPair
from core.services.questions.question_pairs import Source

LONGEST_LABEL = 70  # characters of a passage in a list


def source_html(source: Source) -> str:
    """Return `source` as HTML with the quote highlighted; every character of the document is escaped."""
    before, quote, after = (html.escape(part) for part in (source.before, source.quote, source.after))
    return f'<div style="white-space: pre-wrap; overflow-wrap: anywhere">{before}<mark>{quote}</mark>{after}</div>'


def passage_label(passage: Passage) -> str:
    """Name a passage in a list to choose from, such as "12 · page 3 · The pump is …"."""
    text = " ".join(passage.text.split())
    text = text if len(text) <= LONGEST_LABEL else f"{text[:LONGEST_LABEL]}…"
    return " · ".join(filter(None, (str(passage.index + 1), passage.page, text)))


def dropped_by_reason(pairs: Iterable[QuestionPair]) -> Counter[str]:
    """Count the dropped pairs by reason."""
    return Counter(pair.reason for pair in pairs if pair.state == "dropped")


def reasons_explained(names: Iterable[str]) -> str | None:
    """Explain in Markdown, a line each, the reasons for which pairs were dropped; None if there is nothing to explain."""
    reasons = [drop_reason(name) for name in names]
    return "\n".join(f"- **{each.words}**: {each.description}" for each in reasons if each.description) or None
