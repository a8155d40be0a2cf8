"""Work on the question pairs of a project as its pages do: a page, a search, counts, one decision, and one about all."""

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.frame import Measured

WORDS = (
    "pump valve crew gauge report filter hydraulic pressure technician rope winch load truck engine brake coolant battery "
    "hatch turret track generator antenna fuse cable bracket seal bearing shaft"
).split()
DOCUMENTS, WORDINGS, FACTS_OF_A_PASSAGE = 40, 5, 5
REPEATS = 5


def measure(pairs: int) -> Measured:
    """Store `pairs` pairs and time each kind of access, in milliseconds; the median of `REPEATS`."""
    from core.identity import declared
    from core.services.questions import curation
    from core.storage import Workspace
    from core.storage.pairs.coverage import document_coverage, passage_coverage
    from core.storage.pairs.pages import PairFilter, pair_counts, pair_page

    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        project_id, stored_s = fill(workspace, pairs)
        by = declared("Ada")

        def page(chosen: PairFilter, **place: int) -> Callable[[], object]:
            return lambda: pair_page(workspace, project_id, chosen, **place)

        def decide_and_undo() -> None:
            curation.drop(workspace, project_id, ["pair-7"], by=by)
            curation.undo(workspace, project_id, by=by)

        asked = {
            "first page": page(PairFilter()),
            "last page": page(PairFilter(), before=2**62),
            "page of one document": page(PairFilter(document_id="document-39")),
            "page of a filter that finds nothing": page(PairFilter(reason="too long")),
            "search, 2 words": page(PairFilter(words="winch rope")),
            "search, a word of every pair": page(PairFilter(words="checked")),
            "counts by every filter": lambda: pair_counts(workspace, project_id, PairFilter()),
            "counts by every filter, 2 words": lambda: pair_counts(workspace, project_id, PairFilter(words="winch rope")),
            "heat map": lambda: (
                document_coverage(workspace, project_id),
                passage_coverage(workspace, project_id, document_ids=[f"document-{number}" for number in range(20)]),
            ),
            "one decision and its undo": decide_and_undo,
        }
        figures = {name: _median_ms(act) for name, act in asked.items()}
        figures["all decided at once"] = _ms(lambda: curation.drop(workspace, project_id, PairFilter(), by=by))
        figures["all undone at once"] = _ms(lambda: curation.undo(workspace, project_id, by=by))
        file_mb = (workspace.home / "garrison.sqlite3").stat().st_size / 1e6
        workspace.close()
    return Measured(figures=figures, detail=f"{pairs:,} pairs stored in {stored_s:.0f} s, {file_mb:,.0f} MB")


def _ms(act: Callable[[], object]) -> float:
    started_s = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - started_s)


def _median_ms(act: Callable[[], object]) -> float:
    return sorted(_ms(act) for _ in range(REPEATS))[REPEATS // 2]


def fill(workspace, pairs: int, *, make: Callable[..., object] | None = None) -> tuple[str, float]:  # type: ignore[no-untyped-def]
    """Store a project of so many pairs, by default those of `made_pair`; return its id, and the seconds that it took."""
    from core.records import Document, Passage, Review, now
    from core.storage import insert, insert_many, transaction

    project = workspace.create_project("Pairs")
    make = make or made_pair
    each = pairs // DOCUMENTS
    passages_each = -(-each // (WORDINGS * FACTS_OF_A_PASSAGE))
    started_s = time.perf_counter()
    with transaction(workspace.db):
        for number in range(DOCUMENTS):
            document = Document(
                id=f"document-{number}", project_id=project.id, name=f"Manual {number}.pdf", kind="pdf", size_bytes=1,
                sha256="", text_sha256="", state="read", created_at=now(),
            )  # fmt: skip
            insert(workspace.db, document)
            passages = [
                Passage(
                    id=f"passage-{number}-{index}", document_id=document.id, index=index, start=0, end=1, heading="",
                    page=f"page {index}", token_count=1, text="",
                )
                for index in range(passages_each)
            ]  # fmt: skip
            insert_many(workspace.db, passages)
            review = Review(
                id=f"review-{number}", document_id=document.id, reviewer="Ada", text_sha256="", anonymized_sha256="",
                span_count=0, created_at=now(),
            )  # fmt: skip
            workspace.store_approval(document, review, text="x", passages=passages)
            insert_many(workspace.db, [make(project.id, number, number * each + place, place) for place in range(each)])
    return project.id, time.perf_counter() - started_s


def made_pair(project_id: str, document: int, number: int, place: int):  # type: ignore[no-untyped-def]
    """Return the pair `number` of a project, at its `place` in the document."""
    from core.records import QuestionPair

    chance = random.Random(number)
    subject = " ".join(chance.choice(WORDS) for _ in range(6))
    fact = place // WORDINGS
    return QuestionPair(
        id=f"pair-{number}", project_id=project_id, input=f"How often must the {subject} be checked?",
        output=f"Every {chance.randint(2, 90)} days by the {chance.choice(WORDS)}.", origin="generated",
        state="kept" if chance.random() < 0.8 else "dropped", reason="", document_id=f"document-{document}",
        document_name=f"Manual {document}.pdf", review_id=f"review-{document}",
        passage_id=f"passage-{document}-{fact // FACTS_OF_A_PASSAGE}", page=f"page {fact // FACTS_OF_A_PASSAGE}",
        quote=f"The {subject} must be checked every so often, as the manual of its maker says at length.", writer="guided",
        kind=chance.choice(("fact", "number", "definition", "procedure")),
        wording=("open", "request", "cloze", "yes", "model")[place % WORDINGS], fact=f"fact-{document}-{fact}",
        created_at="2026-01-01T00:00:00.000+00:00",
    )  # fmt: skip
