"""Question pairs as the Questions page shows them: where each came from, and how far each document is covered."""

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import InputError
from core.records import Project, QuestionPair
from core.storage import Workspace, find, transaction, update

CONTEXT_CHARACTERS = 600  # shown on each side of a quote whose passage is unknown
BY_HAND = "by hand"  # the reason given to a pair that a person dropped; filters leave it alone


@dataclass(frozen=True, slots=True)
class Source:
    """The anonymized text around a quote, in three pieces; only `quote` is filled if there is no source text."""

    before: str
    quote: str
    after: str


def source_of(workspace: Workspace, pair: QuestionPair) -> Source:
    """Return the passage a pair came from, split at its quote, from exactly the text that was approved."""
    path = workspace.anonymized_path(pair.project_id, pair.review_id)
    if not pair.review_id or not path.exists():
        return Source("", pair.quote, "")
    text = path.read_bytes().decode()  # as stored: offsets count characters of exactly this text
    if text[pair.quote_start : pair.quote_end] != pair.quote:  # imported: offsets refer to another text
        return Source("", pair.quote, "")
    row = workspace.db.execute(
        "select start, end from approved_passages where review_id = ? and passage_id = ?", [pair.review_id, pair.passage_id]
    ).fetchone()
    first = min(row["start"], pair.quote_start) if row else max(0, pair.quote_start - CONTEXT_CHARACTERS)
    last = max(row["end"], pair.quote_end) if row else pair.quote_end + CONTEXT_CHARACTERS
    return Source(text[first : pair.quote_start], pair.quote, text[pair.quote_end : last])


def source_html(source: Source) -> str:
    """Return `source` as HTML with the quote highlighted; every character of the document is escaped."""
    before, quote, after = (html.escape(part) for part in (source.before, source.quote, source.after))
    return f'<div style="white-space: pre-wrap; overflow-wrap: anywhere">{before}<mark>{quote}</mark>{after}</div>'


def coverage(workspace: Workspace, project: Project, pairs: Iterable[QuestionPair]) -> list[dict[str, Any]]:
    """Count, for each approved document, the passages that have a kept pair, as rows for `coverage_chart`.

    Imported pairs are documents too, but are left out because nobody asks about them.
    """
    covered = Counter(
        review
        for review, _ in {(pair.review_id, pair.passage_id) for pair in pairs if pair.state == "kept" and pair.passage_id}
    )
    rows = workspace.db.execute(
        "select d.name, r.id, count(a.passage_id) as passages from documents d"
        " join reviews r on r.document_id = d.id and r.state = 'approved'"
        " join approved_passages a on a.review_id = r.id"
        " where d.project_id = ? and d.kind <> 'pairs' group by r.id order by d.rowid",
        [project.id],
    )
    return [{"document": row["name"], "covered": covered[row["id"]], "passages": row["passages"]} for row in rows]


def dropped_by_reason(pairs: Iterable[QuestionPair]) -> Counter[str]:
    """Count the dropped pairs by reason."""
    return Counter(pair.reason for pair in pairs if pair.state == "dropped")


def selected(
    pairs: Sequence[QuestionPair], *, state: str = "", reason: str = "", document: str = "", words: str = ""
) -> list[QuestionPair]:
    """Return the pairs that pass every filter that is not empty; `words` may occur in question or answer."""
    sought = words.strip().casefold()
    return [
        pair
        for pair in pairs
        if (not state or pair.state == state)
        and (not reason or pair.reason == reason)
        and (not document or pair.document_name == document)
        and (sought in pair.input.casefold() or sought in pair.output.casefold())
    ]


def keep_or_drop(workspace: Workspace, choices: dict[str, bool]) -> None:
    """Store a person's decisions: pair id to whether it is kept."""
    with transaction(workspace.db):
        for pair_id, is_kept in choices.items():
            state, reason = ("kept", "") if is_kept else ("dropped", BY_HAND)
            update(workspace.db, QuestionPair, pair_id, state=state, reason=reason)


def trainable_pairs(workspace: Workspace, project: Project) -> list[QuestionPair]:
    """Return the kept pairs from approved text: what a training would take before holding some back; may be empty."""
    from core.services.trainable import reviewed_pairs

    try:
        return reviewed_pairs(workspace, project)
    except InputError:  # its hint is for the command line; the page uses words of its own
        return []


def project_pairs(workspace: Workspace, project: Project) -> list[QuestionPair]:
    """Return every pair of a project, in the order they were created."""
    return find(workspace.db, QuestionPair, project_id=project.id)
