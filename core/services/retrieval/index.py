"""A project's index of sources, brought up to date with its approvals each time that it is used."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from core.models.embedder import EMBEDDING_MODEL, TOKENIZER, Embedder, open_embedder
from core.models.registry import find_model, model_folders
from core.records import Project, Review
from core.storage import Workspace, get
from core.storage.source_index import SourceIndex

AT_ONCE = 256  # passages embedded and stored together: what is interrupted goes on where it was

Embed = Callable[[Sequence[str]], list[bytes]]  # as `core.models.embedder.Embedder.embed`
Report = Callable[[int, int], None]  # called with how many passages were read for the index, and of how many


@contextmanager
def current_index(
    workspace: Workspace, project: Project, *, embed: Embed, report: Report | None = None
) -> Iterator[SourceIndex]:
    """Open the index of a project's approved passages, as they are approved at this moment.

    Withdrawn ones leave it, new ones enter it, and what was approved again is read anew. Imported question pairs are no
    sources: their text holds the answers themselves.

    Raises:
        AccessError: the actor may not chat in this project.
        SetupError: the index cannot be opened.
    """
    permitted = workspace.allowed("chat", project.id)
    with SourceIndex(permitted.sources_path(project.id)) as index:
        approved, known = _approvals(permitted, project), index.approvals()
        if gone := known.keys() - approved.keys():
            index.remove(gone)
        for document_id, review_id in approved.items():
            if known.get(document_id) != review_id:
                index.put(document_id, review_id, permitted.passages_of(project.id, get(permitted.db, Review, review_id)))
        embed_waiting(index, embed, report)
        yield index


def count_sources(
    workspace: Workspace, project: Project, *, embed: Embed | None = None, report: Report | None = None
) -> int:
    """Bring the index of a project up to date, and count its passages.

    Raises:
        AccessError: the actor may not chat in this project.
        SetupError: the index cannot be opened, or the network that compares meanings is missing or damaged.
    """
    permitted = workspace.allowed("chat", project.id)
    with current_index(permitted, project, embed=embed or embedding(permitted), report=report) as index:
        return len(index)


def _approvals(workspace: Workspace, project: Project) -> dict[str, str]:
    """Return the ids of the documents whose approval stands with those of their approvals."""
    rows = workspace.db.execute(
        "select d.id, r.id as review_id from documents d join reviews r on r.document_id = d.id and r.state = 'approved'"
        " where d.project_id = ? and d.state = 'read' and d.kind <> 'pairs' order by r.created_at",
        [project.id],
    )
    return {row["id"]: row["review_id"] for row in rows}


def embed_waiting(index: SourceIndex, embed: Embed, report: Report | None = None) -> None:
    """Make the embeddings that an index lacks; they are stored as they are made."""
    count = index.waiting_count()
    done = 0
    while waiting := index.waiting(AT_ONCE):
        if report:
            report(done, count)
        index.store_embeddings(waiting[0][0], embed([text for _, text in waiting]))
        done += len(waiting)


def embedding(workspace: Workspace) -> Embed:
    """Return what makes embeddings; the network is loaded when it is first asked, and stays loaded.

    Raises:
        SetupError: the network is not on this machine.
    """
    folders = model_folders(workspace.home)
    weights, tokenizer = (Path(find_model(folders, name).path) for name in (EMBEDDING_MODEL, TOKENIZER))
    return lambda texts: _opened(weights, tokenizer).embed(texts)


@lru_cache(maxsize=1)
def _opened(weights: Path, tokenizer: Path) -> Embedder:
    return open_embedder(weights, tokenizer)
