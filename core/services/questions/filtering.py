"""Filters applied to every pair of a project, and their outcome stored."""

from collections import Counter
from dataclasses import dataclass, replace

from core.questions import apply_filters
from core.records import Project, QuestionPair
from core.settings import FilterSettings
from core.storage import Workspace, find, rights, transaction, update


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """How many pairs of a project are `kept` and, by reason, `dropped`."""

    kept: int
    dropped: dict[str, int]


def filter_again(workspace: Workspace, project: Project, filters: FilterSettings) -> Filtered:
    """Apply the filters to every pair of `project` and store the outcome.

    What a person decided stays as it is; all other pairs start as kept.

    Raises:
        ModelError: no pairs are left, and why.
    """
    rights.check(workspace.db, "work on questions", project.id)
    pairs = find(workspace.db, QuestionPair, project_id=project.id, order="created_at, rowid")
    fresh = [replace(pair, state="kept", reason="") if pair.decided is None else pair for pair in pairs]
    judged = apply_filters(fresh, filters)
    before = {pair.id: (pair.state, pair.reason) for pair in pairs}
    with transaction(workspace.db):
        for pair in judged:
            if before[pair.id] != (pair.state, pair.reason):
                update(workspace.db, QuestionPair, pair.id, state=pair.state, reason=pair.reason)
    dropped = Counter(pair.reason for pair in judged if pair.state == "dropped")
    return Filtered(kept=sum(pair.state == "kept" for pair in judged), dropped=dict(dropped.most_common()))
