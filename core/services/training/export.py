"""A run → files for other programs: an adapter, merged weights, or a GGUF."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import InputError
from core.evaluation.leaks import card_sentences
from core.files import sha256_file
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult, PathText
from core.models.card import CARD, Origin, license_in, model_card
from core.models.quantizations import QUANTIZATIONS
from core.models.release_formats import RELEASE_FORMATS, RunExport
from core.records import Model, Release, Run, now
from core.services.review import risk_words, unread_risk
from core.services.training.leaks.job import read_leak_test
from core.services.training.leaks.limit import check_leak_limit
from core.services.training.lineage import lineage
from core.services.training.results import forgetting_of
from core.services.training.runs import base_of
from core.storage import Workspace, audit, find, get, insert, transaction
from core.words import check_choice

if TYPE_CHECKING:
    from core.models.export import Checksum

QUANTIZED_BITS = {"8bit": 8, "4bit": 4}


class Params(JobParams):
    """The run, in which `format` and how exactly it is written, and the folder it is written to."""

    kind = "export"
    run_id: str
    format: str
    quantization: str
    target: PathText


class Result(JobResult):
    """The release, its place, and `sha256`, the hash of the file named by `sha256_of`.

    That file is the GGUF, or `SHA256SUMS` for several files. `note` says what users of the export must know.
    """

    kind = "export"
    release_id: str
    path: str
    sha256: str
    sha256_of: str = ""
    note: str = ""


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that the run is the project's and has finished, format and quantization are known, and the target is usable."""
    run = workspace.finished_run(params.run_id)
    if run.project_id != project_id:
        raise InputError(f"Run {params.run_id} does not belong to this project.", "Choose a run of this project.")
    check_choice("format", params.format, RELEASE_FORMATS)
    check_choice("quantization", params.quantization, QUANTIZATIONS)
    _check_place(Path(params.target))
    base_of(workspace, run)
    check_leak_limit(workspace, run)
    if run.settings.get("method") == "full" and not RELEASE_FORMATS[params.format].is_whole:
        raise InputError(
            f"Run {run.number} has no adapter: all weights of its model were trained.", "Export a complete model instead."
        )


def _check_place(target: Path) -> None:
    """Check that `target` is absolute, empty or absent, no mount point, and can be created (tested with a folder)."""
    hint = "Choose another folder."
    if not target.is_absolute():
        raise InputError(f"{str(target)!r} is not a whole path.", "Begin with a slash, such as /media/usb/my-model.")
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise InputError(f"{target} exists and is not empty.", hint)
        if os.path.ismount(target):
            raise InputError(f"{target} is a whole disk.", "Name a new folder on it.")
        nearest = next(folder for folder in target.parents if folder.exists())
        os.rmdir(tempfile.mkdtemp(prefix=".garrison-", dir=nearest))
    except OSError as error:
        raise InputError(f"The folder {target} cannot be made ({error.strerror}).", hint) from error


def note(run: Run, format: str) -> str:
    """Return what users of the export must know; "" if it answers as the run does.

    An adapter is fitted to the base model as it was loaded. If that was in 4 or 8 bits, the adapter also compensates for
    rounding errors, which the full weights of an export do not have.
    """
    bits = QUANTIZED_BITS.get(run.settings.get("precision", ""))
    if not bits:
        return ""
    trained = f"Run {run.number} was trained on its base model loaded in {bits} bits."
    if not RELEASE_FORMATS[format].is_whole:
        return f"{trained} Use the adapter with the base model loaded the same way, or it may answer differently."
    return f"{trained} This export joins what it learned to the full weights, so it may answer differently from the run."


def run(context: JobContext, params: Params) -> Result:
    """Run an export job. A complete export from an earlier attempt is not written again."""
    workspace = context.workspace
    run = get(workspace.db, Run, params.run_id)
    model = base_of(workspace, run)
    check_leak_limit(workspace, run)  # it may have been set, or the test made again, since the job was queued
    runs = lineage(workspace, run)
    origin = Origin(
        model=run.model,
        model_sha256=run.model_sha256,
        license=model.license or license_in(Path(model.path)),
        run_id=", which went on from ".join(each.id for each in runs),
        dataset_sha256=", ".join(dict.fromkeys(each.dataset_sha256 for each in runs)),
        note=note(run, params.format),
        risk=risk_words(run.risk),
        leaks=card_sentences(read_leak_test(workspace, run), planted=run.settings.get("canaries", 0)),
        unread=unread_risk(run.risk),
        forgetting=forgetting_of(workspace, run),
    )
    release_id = context.begun_id("release")
    context.progress(0, 1, message=f"Writing {params.format}")
    checksum = _written(params, origin) or _write(context, params, run=run, model=model, origin=origin)
    if not find(workspace.db, Release, id=release_id):
        _store(workspace, run, release_id, params=params, sha256=checksum.sha256)
    context.progress(1, 1)
    return Result(
        release_id=release_id,
        path=params.target,
        sha256=checksum.sha256,
        sha256_of=checksum.file,
        note=origin.note,
    )


def _written(params: Params, origin: Origin) -> "Checksum | None":
    """Return the export's checksum if an earlier attempt completed it: the folder then has this exact model card."""
    from core.models.export import Checksum

    mark, checked = RELEASE_FORMATS[params.format].files(params.quantization)
    target = Path(params.target)
    card = target / CARD
    if not (target / mark).is_file() or not card.is_file() or card.read_text(encoding="utf-8") != model_card(origin):
        return None
    return Checksum(checked, sha256_file(target / checked))


def _write(context: JobContext, params: Params, *, run: Run, model: Model, origin: Origin) -> "Checksum":
    """Write the export to its folder, which appears complete or not at all, and return its checksum."""
    workspace = context.workspace
    return RELEASE_FORMATS[params.format].export(
        RunExport(
            base=Path(model.path),
            base_format=model.format,
            folder=workspace.run_folder(run.project_id, run.id),
            target=Path(params.target),
            cache=workspace.unpacked_folder,
            quantization=params.quantization,
            origin=origin,
            report=lambda share: context.progress(share, 1, message=f"Writing {params.format}"),
        )
    )


def _store(workspace: Workspace, run: Run, release_id: str, *, params: Params, sha256: str) -> None:
    """Store a record of the export along with its audit log entry."""
    release = Release(
        id=release_id,
        project_id=run.project_id,
        run_id=run.id,
        format=RELEASE_FORMATS[params.format].name,
        path=params.target,
        sha256=sha256,
        created_at=now(),
    )
    with transaction(workspace.db):
        insert(workspace.db, release)
        audit.append(
            workspace.db,
            "release made",
            subjects={"project": run.project_id, "run": run.id, "release": release.id},
            hashes={"release": release.sha256, "adapter": run.adapter_sha256, "dataset": run.dataset_sha256},
        )
