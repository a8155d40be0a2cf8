"""The lineage of a release or run, back to the documents, with every hash checked against what is stored now.

It holds ids, hashes, counts and the names of people who decided; a document's name only for whoever asks for it.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import GarrisonError
from core.files import sha256_file, sha256_folder, sha256_text
from core.models import registry
from core.models.release_formats import RELEASE_FORMATS
from core.records import DatasetVersion, Document, QuestionPair, Release, Review, Run
from core.run_folder import RunFolder
from core.services.questions.datasets import HELDOUT, TEXTS, TRAIN, content_sha256
from core.services.releases.traced import (
    Trace,
    TracedDecisions,
    TracedDocument,
    TracedPassage,
    TracedRelease,
    TracedReview,
    TracedRow,
    TracedRun,
    TracedVersion,
)
from core.services.training.lineage import lineage
from core.storage import Permitted, Workspace, find, find_all, get


def trace(
    workspace: Workspace, run: Run, *, release: Release | None = None, has_names: bool = False, reads_model: bool = True
) -> Trace:
    """Return the lineage of a run, or of a release of it, as it is stored now.

    Args:
        workspace: where it is stored.
        run: the run.
        release: a release of it.
        has_names: with the names of the documents.
        reads_model: also read the base model and check its hash, which takes a second for each gigabyte or so.

    Raises:
        AccessError: the acting person may not see the project, or for names not read its documents.
        InputError: the run does not exist, or the person may not see it.
    """
    run = get(workspace.db, Run, run.id)
    permitted = workspace.allowed("see project", run.project_id, also="read documents" if has_names else None)
    runs = lineage(permitted, run)
    versions = list({each.dataset_id: get(permitted.db, DatasetVersion, each.dataset_id) for each in runs}.values())
    rows = [row for version in versions for row in _rows(permitted, version)]
    named = {row.review_id for row in rows if row.review_id}
    reviews = find_all(permitted.db, Review, named)
    documents = find_all(permitted.db, Document, {review.document_id for review in reviews})
    return Trace(
        release=_release(permitted, release) if release else None,
        runs=tuple(_run(permitted, each, reads_model=reads_model) for each in runs),
        versions=tuple(_version(permitted, version) for version in versions),
        rows=tuple(rows),
        passages=tuple(_passages(permitted, run.project_id, reviews, rows)),
        reviews=tuple(_review(permitted, run.project_id, review) for review in reviews),
        decisions=_decisions(permitted, documents),
        documents=tuple(_document(permitted, document, has_names=has_names) for document in documents),
        lost_reviews=len(named) - len(reviews),
    )


def _release(workspace: Permitted, release: Release) -> TracedRelease:
    stored = get(workspace.db, Release, release.id)
    checked = next(Path(stored.path).glob(RELEASE_FORMATS[stored.format].checked.format(quantization="*")), None)
    return TracedRelease(
        id=stored.id,
        format=stored.format,
        sha256=stored.sha256,
        created_at=stored.created_at,
        is_unchanged=_same(checked, stored.sha256) if checked else None,
    )


def _run(workspace: Permitted, run: Run, *, reads_model: bool) -> TracedRun:
    learned = RunFolder(workspace.run_folder(run.project_id, run.id)).learned
    is_there = learned.is_dir() and run.adapter_sha256 is not None
    return TracedRun(
        id=run.id,
        number=run.number,
        learned_sha256=run.adapter_sha256,
        is_unchanged=sha256_folder(learned) == run.adapter_sha256 if is_there else None,
        model=run.model,
        model_sha256=run.model_sha256,
        is_model_unchanged=_is_model_unchanged(workspace, run) if reads_model else None,
        created_at=run.created_at,
    )


def _is_model_unchanged(workspace: Permitted, run: Run) -> bool | None:
    try:
        found = registry.hash_model(Path(registry.find_model(registry.model_folders(workspace.home), run.model).path))
    except (GarrisonError, OSError):
        return None
    return found == run.model_sha256


def _version(workspace: Permitted, version: DatasetVersion) -> TracedVersion:
    folder = workspace.dataset_folder(version.project_id, version.id)
    is_there = (folder / TRAIN).is_file() and (folder / HELDOUT).is_file()
    return TracedVersion(
        id=version.id,
        number=version.number,
        sha256=version.sha256,
        is_unchanged=content_sha256(folder) == version.sha256 if is_there else None,
        train_count=version.train_count,
        heldout_count=version.heldout_count,
        created_at=version.created_at,
    )


def _rows(workspace: Permitted, version: DatasetVersion) -> Iterator[TracedRow]:
    """Yield the rows of a version, its texts for continued training among them, as far as its files are there."""
    folder = workspace.dataset_folder(version.project_id, version.id)
    lines = [
        (line, name == HELDOUT)
        for name in (TRAIN, HELDOUT, TEXTS)
        if (folder / name).is_file()
        for line in (folder / name).read_text(encoding="utf-8").split("\n")
        if line
    ]
    told = [json.loads(line) for line, _ in lines]
    pairs = find_all(workspace.db, QuestionPair, {row["pair_id"] for row in told if row.get("pair_id")})
    passages = {pair.id: pair.passage_id for pair in pairs}
    for (line, is_heldout), row in zip(lines, told, strict=True):
        yield TracedRow(
            version_id=version.id,
            sha256=sha256_text(line),
            is_heldout=is_heldout,
            pair_id=row.get("pair_id"),
            passage_id=passages.get(row.get("pair_id", "")),
            review_id=row.get("review_id"),
        )


def _passages(
    workspace: Permitted, project_id: str, reviews: Sequence[Review], rows: Sequence[TracedRow]
) -> Iterator[TracedPassage]:
    counts = Counter((row.review_id, row.passage_id) for row in rows if row.passage_id)
    for review in reviews:
        texts = {}
        if workspace.anonymized_path(project_id, review.id).is_file():
            texts = {passage.id: passage.text for passage in workspace.passages_of(project_id, review)}
        for (review_id, passage_id), count in counts.items():
            if review_id == review.id and passage_id:
                yield TracedPassage(
                    id=passage_id,
                    review_id=review.id,
                    document_id=review.document_id,
                    sha256=sha256_text(texts[passage_id]) if passage_id in texts else None,
                    row_count=count,
                )


def _review(workspace: Permitted, project_id: str, review: Review) -> TracedReview:
    path = workspace.anonymized_path(project_id, review.id)
    return TracedReview(
        id=review.id,
        document_id=review.document_id,
        state=review.state,
        approved_by=review.reviewer,
        proposed_by=review.proposer,
        text_sha256=review.text_sha256,
        anonymized_sha256=review.anonymized_sha256,
        is_unchanged=_same(path, review.anonymized_sha256),
        created_at=review.created_at,
    )


def _decisions(workspace: Permitted, documents: Sequence[Document]) -> tuple[TracedDecisions, ...]:
    rows = workspace.db.execute(
        "select reviewer, coalesce(sum(state = 'accepted'), 0), coalesce(sum(state = 'rejected'), 0),"
        " coalesce(sum(state = 'detected'), 0) from spans where document_id in (select value from json_each(?))"
        " group by reviewer order by reviewer",
        [json.dumps([document.id for document in documents])],
    )
    return tuple(TracedDecisions(person=row[0], accepted=row[1], rejected=row[2], undecided=row[3]) for row in rows)


def _document(workspace: Permitted, document: Document, *, has_names: bool) -> TracedDocument:
    original = workspace.document_folder(document) / "original"
    return TracedDocument(
        id=document.id,
        sha256=document.sha256,
        text_sha256=document.text_sha256,
        is_unchanged=_same(original, document.sha256),
        name=document.name if has_names else None,
    )


def _same(path: Path, sha256: str) -> bool | None:
    """Return whether a file has this hash; None if there is no such file."""
    try:
        return sha256_file(path) == sha256 if path.is_file() else None
    except OSError:
        return None


def releases_of(workspace: Workspace, project_id: str) -> list[Release]:
    """Return the releases of a project, the newest first.

    Raises:
        AccessError: the acting person may not see the project.
    """
    permitted = workspace.allowed("see project", project_id)
    return find(permitted.db, Release, project_id=project_id, order="created_at desc")
