"""What a training reads as plain text beside its pairs: the approved passages they ask about, and texts about them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.records import Review
from core.services.questions.datasets import TEXTS, read_rows
from core.storage import Workspace, find, rights

PAIRS_AT_ONCE = 500


def texts_to_read(workspace: Workspace, project_id: str, dataset: Path, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the approved passages that rows ask about, and the texts for continued training of their dataset version.

    A passage of held-out rows is not among them, since no row asks about it. One whose approval was withdrawn, or whose pair
    was written anew since, is left out.

    Args:
        workspace: the workspace.
        project_id: the project of the dataset version.
        dataset: the folder of the dataset version.
        rows: those to train on.

    Raises:
        AccessError: the actor may not read the project's documents.
    """
    rights.check(workspace.db, "read documents", project_id)
    asked = _asked_about(workspace, [row["pair_id"] for row in rows])
    reviews = {review.id: review for review in find(workspace.db, Review, state="approved")}
    passages = [
        passage.text
        for review_id, passage_ids in asked.items()
        if review_id in reviews
        for passage in workspace.passages_of(project_id, reviews[review_id])
        if passage.id in passage_ids
    ]
    written = dataset / TEXTS
    told = read_rows(written) if written.exists() else []
    return passages + [row["text"] for row in told if row["review_id"] in reviews]


def _asked_about(workspace: Workspace, pair_ids: Sequence[str]) -> dict[str, set[str]]:
    """Return the passages that pairs ask about, by the approval that they come from."""
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for review_id, passage_id in _places(workspace, pair_ids):
        asked[review_id].add(passage_id)
    return asked


def _places(workspace: Workspace, pair_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
    for start in range(0, len(pair_ids), PAIRS_AT_ONCE):
        some = pair_ids[start : start + PAIRS_AT_ONCE]
        marks = ",".join("?" * len(some))
        query = (
            "select distinct review_id, passage_id from pairs"  # noqa: S608 question marks alone are put in
            f" where review_id is not null and passage_id is not null and id in ({marks})"
        )
        yield from ((row["review_id"], row["passage_id"]) for row in workspace.db.execute(query, some))
