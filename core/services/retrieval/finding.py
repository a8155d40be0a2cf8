"""The sources of a question: passages found by words, by meaning and by what they define, joined to one ranking."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from core.records import Document, Project
from core.retrieval.question import content_words, definition_of, term_asked_for
from core.retrieval.ranking import fused, weight_of_meaning
from core.retrieval.source import Source
from core.retrieval.vectors import nearest
from core.services.retrieval.index import Embed, Report, current_index, embedding
from core.storage import Workspace, find_all
from core.storage.source_index import SourceIndex

MOST_SOURCES = 5
RANKED = 50  # passages of each ranking that are joined
MEANING_SHARE = 0.5  # what the cosine counts in a score beside the words, which count 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Sources, best first, and how well they fit the question: from 0 to 1, by words and by meaning."""

    sources: tuple[Source, ...]
    fit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Numbers of passages in an index, best first, and how well the best fit: see `Found`.

    `cosines` tells how near in meaning the nearest of them are to the question.
    """

    numbers: tuple[int, ...]
    fit: float
    cosines: dict[int, float]


def find_sources(
    workspace: Workspace,
    project: Project,
    question: str,
    *,
    limit: int = MOST_SOURCES,
    embed: Embed | None = None,
    report: Report | None = None,
) -> Found:
    """Return the passages of a project's approved text that fit a question best, at most `limit`.

    Raises:
        AccessError: the actor may not chat in this project.
        SetupError: the network that compares meanings is missing or damaged, or the index cannot be opened.
    """
    permitted = workspace.allowed("chat", project.id)
    embed = embed or embedding(permitted)
    with current_index(permitted, project, embed=embed, report=report) as index:
        ranked = ranked_passages(index, question, embed([question])[0])
        found = index.passages(ranked.numbers[:limit])
    documents = find_all(permitted.db, Document, {passage.document_id for _, passage in found})
    names = {document.id: document.name for document in documents}
    sources = (
        Source(
            document_id=passage.document_id,
            document=names[passage.document_id],
            review_id=review_id,
            passage_id=passage.id,
            heading=passage.heading,
            page=passage.page,
            start=passage.start,
            text=passage.text,
        )
        for review_id, passage in found
        if passage.document_id in names
    )
    return Found(sources=tuple(sources), fit=ranked.fit)


def ranked_passages(index: SourceIndex, question: str, embedded: bytes, *, without: str = "", limit: int = RANKED) -> Ranked:
    """Rank the passages of an index for a question and its embedding, as if the document `without` were not there.

    Of each ranking, the first `limit` are joined.
    """
    words = content_words(question)
    by_words = index.by_words(words, limit=limit, without=without)
    by_meaning = nearest(embedded, index.embeddings(without=without), limit=limit)
    coverage = _coverage(index, words, by_words[0] if by_words else None)
    numbers = fused(
        [
            (1.0, by_words),
            (weight_of_meaning(coverage), [number for number, _ in by_meaning]),
            (1.0, _defining(index, term_asked_for(question), without)),
        ]
    )
    closest = by_meaning[0][1] if by_meaning else 0.0
    return Ranked(numbers=tuple(numbers), fit=_fit(coverage, closest), cosines=dict(by_meaning))


def fit_of(index: SourceIndex, question: str, number: int, *, cosine: float) -> float:
    """Return how well one passage fits a question: see `Found`."""
    return _fit(_coverage(index, content_words(question), number), cosine)


def _fit(coverage: float, cosine: float) -> float:
    return (coverage + MEANING_SHARE * max(0.0, cosine)) / (1 + MEANING_SHARE)


def _defining(index: SourceIndex, term: str, without: str) -> list[int]:
    """Return the passages that define a term, those first that hold it most."""
    near = index.by_phrase(term, limit=RANKED, without=without) if term else []
    texts = zip(near, index.passages(near), strict=True)
    return [number for number, (_, passage) in texts if definition_of(term, passage.text) is not None]


def _coverage(index: SourceIndex, words: Iterable[str], number: int | None) -> float:
    """Return which share of the words a passage holds, 0 to 1; a rare word counts more, as in BM25."""
    if number is None:
        return 0.0
    count, wanted, held = len(index), 0.0, 0.0
    for word in words:
        holding = index.count_holding(word)
        rarity = math.log(1 + (count - holding + 0.5) / (holding + 0.5))
        wanted += rarity
        held += rarity * index.holds(number, word)
    return held / wanted if wanted else 0.0
