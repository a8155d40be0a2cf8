"""Question pairs out of the browser and into it."""

import secrets
import tempfile
from collections.abc import Sequence
from pathlib import Path

from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import jobs
from core.records import Job, Project, QuestionPair
from core.storage import Workspace, write_atomic

FORMATS = "JSONL with input and output, Alpaca, ShareGPT, ChatML."


def export_bytes(workspace: Workspace, pairs: Sequence[QuestionPair], *, with_source: bool) -> bytes:
    """The file people download: one JSON object a line, as `garrison questions export` writes it."""
    from core.questions import write_pairs

    with tempfile.TemporaryDirectory(dir=workspace.home, prefix=".export-") as folder:
        path = Path(folder) / "pairs.jsonl"
        write_pairs(list(pairs), path, with_source=with_source)
        return path.read_bytes()


def import_upload(workspace: Workspace, project: Project, upload: UploadedFile) -> Job:
    """Put the file beside the workspace under a name that says nothing, and start the job that takes it in.

    Raises:
        InputError: the file is no file of question pairs; nothing of it is kept.
        SetupError: the disk is full.
    """
    path = workspace.home / "incoming" / secrets.token_hex(8) / "0"
    write_atomic(path, upload.getvalue())
    try:
        params = {"path": str(path), "name": Path(upload.name).name, "remove_after": True}
        return jobs.submit(workspace, "import", params, project_id=project.id)
    except BaseException:
        path.unlink(missing_ok=True)
        path.parent.rmdir()
        raise
