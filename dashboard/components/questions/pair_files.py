"""Downloading and uploading question pairs."""

import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import jobs
from core.errors import AccessError
from core.files import write_atomic
from core.jobs.typed import JobParams
from core.questions import PairFormat, pair_format
from core.questions.exchange.reading import KNOWN, Choices, readable_suffixes, readable_words
from core.questions.formats import FORMATS
from core.records import DatasetVersion, Job, Project
from core.storage import Workspace

Upload = UploadedFile
READABLE = f"{readable_words(FORMATS.values())}. Known by their names are the columns {KNOWN}; you can say what others hold."
SUFFIXES = [*readable_suffixes(FORMATS.values()), "txt"]


def export_bytes(workspace: Workspace, project: Project, *, format: str = "jsonl", with_source: bool) -> bytes:
    """Return the file to download, as `garrison questions export` writes it.

    Raises:
        InputError: no kept pair comes from a document whose approval stands.
    """
    from core.services.questions.pair_export import export_pairs

    chosen = pair_format(format)
    with tempfile.TemporaryDirectory(dir=workspace.home, prefix=".export-") as folder:
        path = Path(folder) / f"pairs{'.zip' if chosen.is_folder else chosen.suffix}"
        export_pairs(workspace, project, path, format=format, with_source=with_source)
        return path.read_bytes()


def version_bytes(workspace: Workspace, project: Project, version: DatasetVersion) -> bytes:
    """Return a dataset version as a zip to download, as `garrison dataset export` writes it.

    Raises:
        SetupError: a file of the version is gone.
    """
    from core.services.questions.datasets import export_version

    with tempfile.TemporaryDirectory(dir=workspace.home, prefix=".export-") as folder:
        path = Path(folder) / "version.zip"
        export_version(workspace, project, version, path)
        return path.read_bytes()


def export_words(workspace: Workspace, project: Project) -> tuple[int, str]:
    """Return how many pairs a download holds and what to say about it: approved unread, left out, or why it is empty."""
    from core.services.questions.pair_export import exportable_counts

    try:
        usable, export = exportable_counts(workspace, project)
    except AccessError as error:
        return 0, str(error)
    if not usable:
        kept = export.unapproved + export.outdated
        again = "It was approved again since they were written; have them written again."
        why = again if export.outdated else "Review it on the page Review, then approve it."
        return 0, f"None of the {kept} pairs comes from a document whose approval stands. {why}" if kept else ""
    return usable, " ".join(filter(None, (export.unread, f"{export.note}." if export.note else "")))


def lost_words(workspace: Workspace, project: Project, chosen: PairFormat) -> str:
    """Return what of the pairs a format cannot hold, as a sentence; "" if nothing is lost."""
    from core.services.questions.pair_export import exportable_pairs

    return chosen.note(exportable_pairs(workspace, project).pairs) if chosen.note else ""


def import_upload(workspace: Workspace, project: Project, upload: UploadedFile, choices: Choices) -> Job:
    """Start the job that imports a file of question pairs as `choices` say.

    Raises:
        InputError: the file does not hold question pairs; nothing of it is kept.
        SetupError: the disk is full.
    """
    from core.services.questions import pair_import

    given: dict[str, Any] = {"columns": choices.columns.used} if choices.columns else {}
    given |= {} if choices.has_titles else {"has_titles": False}
    given |= {"skips_wrong": True} if choices.skips_wrong else {}

    def params_for(path: str, name: str) -> JobParams:
        return pair_import.Params(path=path, name=name, remove_after=True, **given)

    return submit_with_file(workspace, params_for, upload=upload, project=project)


def submit_with_file(
    workspace: Workspace, params_for: Callable[[str, str], JobParams], *, upload: UploadedFile, project: Project
) -> Job:
    """Start a job with an uploaded file; `params_for` takes its path, and the name it came with.

    The file is stored in the workspace under a name that reveals nothing, and is deleted if the job is refused.
    """
    path = workspace.home / "incoming" / secrets.token_hex(8) / "pairs.jsonl"
    write_atomic(path, upload.getvalue())
    try:
        return jobs.submit(workspace, params_for(str(path), Path(upload.name).name), project_id=project.id)
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise
