"""What is served: a model of this machine, a finished run, or an export, as files that the engine loads."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from core.deploy.engine import Served
from core.errors import Hint, InputError
from core.files import sha256_file
from core.models import registry
from core.models.adapters.brought import TEMPLATE
from core.models.card import SUMS
from core.models.engine.tuned import base_for_engine, tuned
from core.models.intake.carried import ADAPTER
from core.models.model_formats import is_for
from core.records import Model, Release, Run
from core.run_folder import RunFolder
from core.services.training.leaks.limit import check_leak_limit
from core.services.training.runs import base_of
from core.settings import TrainingSettings
from core.storage import Permitted, Workspace, find

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")  # in a name that clients write, and that llama-server takes on its command line
EXPORT = Hint("Export it as a GGUF, then serve that.", command="garrison export RUN FOLDER --format gguf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What is served, and where it comes from."""

    served: Served
    sha256: str | None  # of the model's or the export's file, or of the run's adapter
    project_id: str | None = None
    run_id: str | None = None
    release_id: str | None = None


def find_deployed(workspace: Workspace, what: str, *, name: str = "") -> Deployed:
    """Return what `what` names: the id of a run or an export, the path of a GGUF or an exported folder, or a model.

    What the engine cannot read as it is gets converted once, which may take minutes.

    Args:
        workspace: where runs and exports are stored.
        what: an id, a path or a name.
        name: what clients call it; "" for its own name.

    Raises:
        InputError: there is nothing of this name, it has not finished, is damaged, or llama.cpp cannot read it.
        SetupError: a conversion failed.
        AccessError: the acting person may not manage this machine.
    """
    permitted = workspace.allowed("manage machine")
    found = _found(permitted, what)
    shown = _UNFIT.sub("-", name or found.served.name).strip("-.")
    if not shown:
        raise InputError(f"{name!r} is no name for a model.", "Use letters, digits, dots and dashes.")
    return replace(found, served=replace(found.served, name=shown))


def _found(workspace: Permitted, what: str) -> Deployed:
    path = Path(what).expanduser()
    if runs := find(workspace.db, Run, id=what):
        return _run(workspace, runs[0])
    releases = find(workspace.db, Release, id=what) or find(workspace.db, Release, path=str(path.resolve()))
    if releases:
        return _release(workspace, releases[-1])
    if path.is_file() or path.is_dir():
        return _brought(workspace, path.resolve())
    model = registry.find_model(registry.model_folders(workspace.home), what)
    if not is_for(model, "chat"):
        raise InputError(
            f"{what} is not a language model.", Hint("Choose one of the language models.", command="garrison models list")
        )
    if model.format == "adapter":
        return Deployed(served=_adapter(workspace, model), sha256=model.sha256)
    file = _as_gguf(workspace, Path(model.path), model.format == "gguf", model.name)
    return Deployed(served=Served(name=model.name, model=file), sha256=model.sha256)


def _adapter(workspace: Permitted, model: Model) -> Served:
    """Return an adapter that was added, with its base and the chat template that came with it."""
    from core.models.adapters.engine import adapter_files  # imports llama.cpp

    base, folder = registry.find_base(registry.model_folders(workspace.home), model), Path(model.path)
    files = adapter_files(Path(base.path), base.format, folder=folder, cache=workspace.unpacked_folder)
    if files is None:
        raise InputError(f"The engine cannot answer for the adapter {model.name}.", "Chat with it, or serve its base.")
    template = folder / TEMPLATE
    template_file = template if template.is_file() else None
    return Served(name=model.name, model=files.model, adapter=files.adapter, template=template_file)


def _run(workspace: Permitted, run: Run) -> Deployed:
    """Return a run as base and adapter, or as one file if it trained all weights; with the template it was trained with."""
    workspace.finished_run(run.id)
    check_leak_limit(workspace, run)
    folder = RunFolder(workspace.run_folder(run.project_id, run.id))
    base, precision = base_of(workspace, run), TrainingSettings(**run.settings).precision
    if folder.is_whole:
        whole = base_for_engine(folder.weights, "safetensors", precision=precision, cache=folder.path)
        served = Served(name=run.id, model=whole, template=folder.template) if whole else None
    else:
        files = tuned(
            Path(base.path), base.format, folder=folder.path, template=folder.read_template(), precision=precision,
            cache=workspace.unpacked_folder,
        )  # fmt: skip
        served = Served(name=run.id, model=files.model, adapter=files.adapter, template=folder.template) if files else None
    if served is None:
        raise InputError(f"The engine cannot answer for run {run.number}.", EXPORT)
    return Deployed(served=served, sha256=run.adapter_sha256, project_id=run.project_id, run_id=run.id)


def _release(workspace: Permitted, release: Release) -> Deployed:
    """Return an export, after checking that it is what was exported."""
    if release.format == "adapter":
        raise InputError("An exported adapter is no model by itself.", f"Serve the run: {release.run_id}")
    folder = Path(release.path)
    if not folder.is_dir():
        raise InputError(f"The export is not in {folder} any more.", "Give the path of where it is now.")
    file = _gguf_in(folder) if release.format == "gguf" else folder / SUMS
    if file is None or not file.is_file() or sha256_file(file) != release.sha256:
        raise InputError(f"What is in {folder} is not what was exported.", "Export the run again.")
    found = _brought(workspace, folder)
    ids = {"project_id": release.project_id, "run_id": release.run_id, "release_id": release.id}
    return replace(found, sha256=release.sha256, **ids)  # type: ignore[arg-type]


def _brought(workspace: Permitted, path: Path) -> Deployed:
    """Return a GGUF, or a folder with one or with safetensors, whose weights are all there and as its sums say."""
    from core.models.intake.brought import look

    if (path / ADAPTER).is_file():
        raise InputError("An adapter is no model by itself.", "Add it on the page Models, and serve it by its name.")
    if path.is_dir():
        _check_sums(path)
    file = path if path.is_file() else _gguf_in(path)
    look(file or path)
    served = Served(name=(file or path).stem, model=_as_gguf(workspace, file or path, file is not None, path.name))
    return Deployed(served=served, sha256=sha256_file(served.model))


def _gguf_in(folder: Path) -> Path | None:
    files = sorted(folder.glob("*.gguf"))
    if len(files) > 1:
        names = ", ".join(file.name for file in files)
        raise InputError(f"{folder} holds several GGUF files: {names}.", "Give the path of one of them.")
    return files[0] if files else None


def _check_sums(folder: Path) -> None:
    """Check the files of an export by its `SHA256SUMS`, if it has one.

    Raises:
        InputError: a file is missing or was changed.
    """
    if not (folder / SUMS).is_file():
        return
    for line in (folder / SUMS).read_text(encoding="utf-8").splitlines():
        sha256, _, name = line.partition("  ")
        file = folder / name
        is_inside = file.resolve().is_relative_to(folder.resolve())
        if not is_inside or not file.is_file() or sha256_file(file) != sha256:
            raise InputError(f"{name} in {folder} is missing or was changed.", "Copy the export again.")


def _as_gguf(workspace: Permitted, path: Path, is_gguf: bool, name: str) -> Path:
    if is_gguf:
        return path
    file = base_for_engine(path, "safetensors", precision="fp32", cache=workspace.unpacked_folder)
    if file is None:
        raise InputError(f"The engine cannot answer for {name}: llama.cpp does not know this kind of model.", "")
    return file
