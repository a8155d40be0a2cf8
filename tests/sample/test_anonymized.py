import json
from pathlib import Path

import pytest

from core.jobs.context import JobContext
from core.records import Document, Job, new_id, now
from core.sample import sample_documents
from core.services.documents.reading import read_files
from core.services.privacy.anonymization import find_personal_data
from core.services.review import unread_sentence
from core.services.sample import approve_sample
from core.storage import Workspace, find, insert

pytestmark = pytest.mark.model

PLANTED: dict[str, list[str]] = json.loads((Path(__file__).parent / "planted.json").read_text(encoding="utf-8"))


def test_no_planted_value_survives_in_the_anonymized_sample(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    project = workspace.create_project("Workshop", policy="all-at-once")
    job = Job(id=new_id("job"), kind="sample", project_id=project.id, created_at=now())
    insert(workspace.db, job)
    context = JobContext(workspace, job)
    read_files(context, project, [(path, path.name) for path in sample_documents()])
    find_personal_data(context, project)
    approved = approve_sample(workspace, project)
    texts = [workspace.anonymized_text(project.id, standing) for standing in approved]
    documents = find(workspace.db, Document, project_id=project.id)
    workspace.close()
    assert all(
        unread_sentence(standing).startswith("Approved unread by Garrison sample (no person): ") for standing in approved
    )
    assert len(texts) == len(sample_documents())
    surnames = [name.split()[-1] for name in PLANTED["names"] if name != "Marianne Holt"]
    left = [
        (document.name, value)
        for document, text in zip(documents, texts, strict=True)
        for value in [*(value for values in PLANTED.values() for value in values), *surnames]
        if value in text
    ]
    assert left == []
