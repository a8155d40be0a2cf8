"""A run → files that other programs load: an adapter, merged weights, a GGUF."""

from pathlib import Path
from typing import Any

from core.errors import InputError
from core.jobs.context import JobContext
from core.jobs.stages.training import find_trainable
from core.records import Release, Run, new_id, now
from core.storage import Workspace, get, insert

FORMATS = ("adapter", "merged", "gguf")
QUANTIZATIONS = ("f16", "q8_0", "q4_k_m")


def check(workspace: Workspace, project_id: str, params: dict[str, Any]) -> None:
    """The run has finished, the format is known and the target is free."""
    workspace.finished_run(params["run_id"])
    if params["format"] not in FORMATS:
        raise InputError(f"There is no format {params['format']!r}.", f"Formats are: {', '.join(FORMATS)}.")
    if params["quantization"] not in QUANTIZATIONS:
        raise InputError(f"There is no quantization {params['quantization']!r}.", f"Choose: {', '.join(QUANTIZATIONS)}.")
    target = Path(params["target"])
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} exists and is not empty.", "Choose another folder.")


def run(context: JobContext) -> dict[str, Any]:
    """Params: `run_id`, `format`, `quantization`, `target`. Result: `release_id`, `path`, `sha256`."""
    from core.models import export

    workspace, params = context.workspace, context.job.params
    run = get(workspace.db, Run, params["run_id"])
    model = find_trainable(workspace, run.model)
    folder = workspace.run_folder(run.project_id, run.id)
    target, cache = Path(params["target"]), workspace.unpacked_folder
    context.progress(0, 1, message=f"Writing {params['format']}")
    if params["format"] == "adapter":
        sha256 = export.export_adapter(folder, target)
    elif params["format"] == "merged":
        sha256 = export.export_merged(Path(model.path), model.format, folder=folder, target=target, cache=cache)
    else:
        sha256 = export.export_gguf(
            Path(model.path), model.format, folder=folder, target=target, quantization=params["quantization"], cache=cache
        )
    release = Release(
        id=new_id("release"),
        project_id=run.project_id,
        run_id=run.id,
        format=params["format"],
        path=str(target),
        sha256=sha256,
        created_at=now(),
    )
    insert(workspace.db, release)
    context.progress(1, 1)
    return {"release_id": release.id, "path": release.path, "sha256": release.sha256}
