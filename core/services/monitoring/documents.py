"""What has become of a project's documents since the dataset version of a run was frozen."""

import json
from functools import lru_cache
from pathlib import Path

from core.monitoring.document_drift import DocumentDrift, DocumentNow, document_drift
from core.records import DatasetVersion, Project, Run
from core.services.questions.datasets import HELDOUT, TRAIN, rows_file
from core.storage import Workspace, get

# Of a withdrawn proposal nobody was the reviewer; of a withdrawn approval somebody was.
_DOCUMENTS = """
select d.created_at, group_concat(r.id) as review_ids, min(r.created_at) as first_approved_at,
    max(case when r.state = 'approved' then r.id end) as standing_id
from documents d left join reviews r
    on r.document_id = d.id and r.reviewer is not null and r.state in ('approved', 'withdrawn')
where d.project_id = ? and d.state = 'read' group by d.id
"""


def document_drift_of(workspace: Workspace, project: Project, run: Run) -> DocumentDrift | None:
    """Count what happened to documents since the dataset version of a run was frozen; None if its files are gone.

    Raises:
        AccessError: the acting person may not see the project.
    """
    permitted = workspace.allowed("see project", project.id)
    version = get(permitted.db, DatasetVersion, run.dataset_id)
    folder = permitted.dataset_folder(project.id, version.id)
    if not (folder / TRAIN).exists():
        return None
    documents = [
        DocumentNow(
            created_at=row["created_at"],
            review_ids=frozenset(row["review_ids"].split(",") if row["review_ids"] else ()),
            first_approved_at=row["first_approved_at"],
            standing_id=row["standing_id"],
        )
        for row in permitted.db.execute(_DOCUMENTS, [project.id])
    ]
    return document_drift(documents, behind=_approvals_in(folder), frozen_at=version.created_at)


@lru_cache(maxsize=16)
def _approvals_in(folder: Path) -> frozenset[str]:
    """Return the ids of the approvals that a frozen version's rows come from: its files never change."""
    found = set[str]()
    for path in (folder / TRAIN, folder / HELDOUT):
        if path.exists():
            with rows_file(path) as file:
                found |= {json.loads(line).get("review_id") or "" for line in file}
    return frozenset(found - {""})
