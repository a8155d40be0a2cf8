"""A run → a release folder for other programs: an adapter, merged weights, or a GGUF, with its card and lineage."""

import json
import os
import tempfile
from pathlib import Path

from core.errors import InputError
from core.evaluation.leaks import card_sentences
from core.files import folder_atomic, sha256_file
from core.jobs.context import JobContext
from core.jobs.typed import JobParams, JobResult, PathText
from core.models.card import SUMS, Origin, license_in
from core.models.quantizations import PLAIN, QUANTIZATIONS
from core.models.release_formats import RELEASE_FORMATS, RunExport
from core.models.releases.card import CARD_JSON, Tried
from core.models.releases.folder import check_key, seal, signer_of
from core.records import Model, Release, Run, now
from core.services.releases.finishing import check_tokens, try_gguf
from core.services.releases.papers import Made, write_papers
from core.services.review import risk_words, unread_risk
from core.services.training.leaks.job import read_leak_test
from core.services.training.leaks.limit import check_leak_limit
from core.services.training.lineage import lineage
from core.services.training.results import forgetting_of
from core.services.training.runs import base_of
from core.storage import Workspace, audit, find, get, insert, rights, transaction
from core.words import check_choice

EXPORTS = "exports"  # the one folder of a workspace that may be exported to
QUANTIZED_BITS = {"8bit": 8, "4bit": 4}


class Params(JobParams):
    """The run, in which `format` and how exactly it is written, and the folder it is written to.

    `sign` is the file of a private key that signs it ("" for none); `has_names` puts the documents' names into its papers.
    """

    kind = "export"
    run_id: str
    format: str
    quantization: str
    target: PathText
    sign: PathText = ""
    has_names: bool = False
    is_compared: bool = False  # try every quantization of a GGUF, not only the one that is exported


class Result(JobResult):
    """The release, its place, and `sha256`, the hash of the file named by `sha256_of`.

    That file is the GGUF, or `SHA256SUMS` for other formats. `note` says what users of the export must know.
    """

    kind = "export"
    release_id: str
    path: str
    sha256: str
    sha256_of: str = ""
    note: str = ""
    signer: str | None = None  # fingerprint of the key that signed it; None if nobody did


def check(workspace: Workspace, project_id: str, params: Params) -> None:
    """Check that the run is the project's and has finished, the choices are known, and target and key are usable."""
    run = workspace.finished_run(params.run_id)
    if run.project_id != project_id:
        raise InputError(f"Run {params.run_id} does not belong to this project.", "Choose a run of this project.")
    check_choice("format", params.format, RELEASE_FORMATS)
    check_choice("quantization", params.quantization, QUANTIZATIONS)
    if params.is_compared and not RELEASE_FORMATS[params.format].is_quantized:
        raise InputError("Only a GGUF has quantizations to compare.", "Export as gguf, or do not compare.")
    _check_place(Path(params.target), home=workspace.home)
    if params.sign:
        check_key(Path(params.sign))
    if params.has_names:
        rights.check(workspace.db, "read documents", project_id)
    base_of(workspace, run)
    check_leak_limit(workspace, run)
    if run.settings.get("method") == "full" and not RELEASE_FORMATS[params.format].is_whole:
        raise InputError(
            f"Run {run.number} has no adapter: all weights of its model were trained.", "Export a complete model instead."
        )


def _check_place(target: Path, *, home: Path) -> None:
    """Check that `target` is absolute, empty or absent, no mount point, not among what Garrison stores, and can be made."""
    hint = "Choose another folder."
    if not target.is_absolute():
        raise InputError(f"{str(target)!r} is not a whole path.", "Begin with a slash, such as /media/usb/my-model.")
    try:
        place = target.resolve()
        if place.is_relative_to(home) and not place.is_relative_to(home / EXPORTS):
            raise InputError(f"{target} lies in the workspace, among what Garrison stores.", hint)
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
    release_id = context.begun_id("release")
    if not (stored := find(workspace.db, Release, id=release_id)):
        if not _is_written(params, release_id):
            _write(context, params, run=run, model=model, release_id=release_id)
        stored = [_store(workspace, run, params, release_id)]
    context.progress(1, 1)
    return Result(
        release_id=release_id,
        path=params.target,
        sha256=stored[0].sha256,
        sha256_of=_checked(params),
        note=note(run, params.format),
        signer=stored[0].signer,
    )


def _checked(params: Params) -> str:
    """Return the name of the file whose hash a release is known by."""
    return RELEASE_FORMATS[params.format].files(params.quantization)[1]


def _is_written(params: Params, release_id: str) -> bool:
    """Return whether an earlier attempt completed the export: its folder then has the card of this very release."""
    card = Path(params.target) / CARD_JSON
    try:
        return bool(json.loads(card.read_text(encoding="utf-8"))["release_id"] == release_id)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _write(context: JobContext, params: Params, *, run: Run, model: Model, release_id: str) -> None:
    """Write the release to its folder, which appears complete and checked or not at all."""
    workspace, form = context.workspace, RELEASE_FORMATS[params.format]
    words, quantization = f"Writing {params.format}", PLAIN if params.is_compared else params.quantization
    context.progress(0, 1, message=words)
    with folder_atomic(Path(params.target)) as folder:
        model_files = folder / ".model"
        form.export(
            RunExport(
                base=Path(model.path),
                base_format=model.format,
                folder=workspace.run_folder(run.project_id, run.id),
                target=model_files,
                cache=workspace.unpacked_folder,
                quantization=quantization,
                origin=_origin(workspace, run, model, params.format),
                report=lambda share: context.progress(share, 1, message=words),
            )
        )
        for file in model_files.iterdir():
            file.rename(folder / file.name)
        model_files.rmdir()
        file_name = form.files(quantization)[1]
        tokens = check_tokens(context, run, model, format=form.name, folder=folder, file=file_name)
        tried: tuple[Tried, ...] = ()
        if form.is_quantized:
            is_compared = params.is_compared
            tried = try_gguf(context, run, model, folder=folder, quantization=params.quantization, is_compared=is_compared)
            if is_compared:  # the file that is left is another one
                tokens = check_tokens(context, run, model, format=form.name, folder=folder, file=_checked(params))
        made = Made(
            release_id=release_id,
            created_at=now(),
            format=form.name,
            quantization=params.quantization if form.is_quantized else None,
            tokens=tokens,
            tried=tried,
            note=note(run, params.format),
        )
        run = get(workspace.db, Run, run.id)  # whoever deleted its project meanwhile wants nothing of it to leave
        write_papers(folder, made, workspace=workspace, run=run, model=model, has_names=params.has_names)
        seal(folder, Path(params.sign) if params.sign else None)


def _origin(workspace: Workspace, run: Run, model: Model, format: str) -> Origin:
    """Return what a model that is exported was made from, for the short card beside it."""
    runs = lineage(workspace, run)
    return Origin(
        model=run.model,
        model_sha256=run.model_sha256,
        license=model.license or license_in(Path(model.path)),
        run_id=", which went on from ".join(each.id for each in runs),
        dataset_sha256=", ".join(dict.fromkeys(each.dataset_sha256 for each in runs)),
        note=note(run, format),
        risk=risk_words(run.risk),
        leaks=card_sentences(read_leak_test(workspace, run), planted=run.settings.get("canaries", 0)),
        unread=unread_risk(run.risk),
        forgetting=forgetting_of(workspace, run),
    )


def _store(workspace: Workspace, run: Run, params: Params, release_id: str) -> Release:
    """Store a record of the folder that was written along with its audit log entry."""
    folder = Path(params.target)
    release = Release(
        id=release_id,
        project_id=run.project_id,
        run_id=run.id,
        format=RELEASE_FORMATS[params.format].name,
        path=params.target,
        sha256=sha256_file(folder / _checked(params)),
        sums_sha256=sha256_file(folder / SUMS),
        signer=signer_of(folder),
        card=json.loads((folder / CARD_JSON).read_text(encoding="utf-8")),
        created_at=now(),
    )
    hashes = {"release": release.sha256, "files": release.sums_sha256, "adapter": run.adapter_sha256}
    with transaction(workspace.db):
        insert(workspace.db, release)
        audit.append(
            workspace.db,
            "release made",
            subjects={"project": run.project_id, "run": run.id, "release": release.id},
            hashes=hashes | {"dataset": run.dataset_sha256},
        )
    return release
