"""Question pairs out of the browser and into it."""

import secrets
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import jobs
from core.errors import InputError
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
    """Start the job that takes a file of question pairs in.

    Raises:
        InputError: the file is no file of question pairs; nothing of it is kept.
        SetupError: the disk is full.
    """
    params = {"name": Path(upload.name).name, "remove_after": True}
    return submit_with_file(workspace, "import", params, upload=upload, field="path", project=project)


def submit_with_file(
    workspace: Workspace, kind: str, params: dict[str, Any], *, upload: UploadedFile, field: str, project: Project
) -> Job:
    """Start a job whose parameter `field` is the path of an uploaded file.

    The file lies beside the workspace under a name that says nothing, and goes again when the job is refused.
    """
    path = workspace.home / "incoming" / secrets.token_hex(8) / "pairs.jsonl"
    write_atomic(path, upload.getvalue())
    try:
        return jobs.submit(workspace, kind, {**params, field: str(path)}, project_id=project.id)
    except BaseException as error:
        shutil.rmtree(path.parent, ignore_errors=True)
        if isinstance(error, InputError):
            raise InputError(error.message.replace(path.name, upload.name), error.hint) from error
        raise
