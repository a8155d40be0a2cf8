"""`garrison models …`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from core import installation
from core.cli.shell import ByteLine, report_error, shell_of, table
from core.errors import SetupError
from core.models import registry
from core.models.described import lines_of
from core.models.intake.facts import facts_of
from core.records import Model

app = typer.Typer(no_args_is_help=True)


def describe(model: Model) -> dict[str, Any]:
    """Return a model as the commands output it: its record plus `size`, an alias of `size_bytes`."""
    return asdict(model) | {"size": model.size_bytes}


def card(model: Model) -> tuple[dict[str, Any], str]:
    """Return what `models show` tells of a model, as a document and as text."""
    facts, files = facts_of(model), registry.file_hashes(model)
    told = describe(model) | {"facts": asdict(facts) if facts else None, "files": files}
    lines = {"Name": model.name, **lines_of(model)}
    if model.training_fault:
        lines["Not trained"] = model.training_fault
    width = max(map(len, lines))
    text = [f"{name.ljust(width)}  {value}" for name, value in lines.items()]
    return told, "\n".join([*text, *(f"{sha256}  {name}" for name, sha256 in files.items())])


@app.command("list")
def list_models(context: typer.Context) -> None:
    """List the models on this machine."""
    shell = shell_of(context)
    models = registry.list_models(registry.model_folders(shell.workspace.home))
    rows = [
        {"name": m.name, "format": m.format, "size": f"{m.size_bytes / 1e6:.0f} MB", "license": m.license, "path": m.path}
        for m in models
    ]
    shell.show([describe(model) for model in models], table(rows, empty="No models. Run: python3 installer run"))


@app.command()
def add(
    context: typer.Context,
    path: Path,
    name: Annotated[str, typer.Option(help="What to call it.")] = "",
    base: Annotated[str, typer.Option(help="The model that an adapter belongs to, if it does not say so itself.")] = "",
) -> None:
    """Add a model: a GGUF file, a folder with safetensors, or a LoRA adapter, or one of these folders as a zip."""
    shell = shell_of(context)
    model = registry.add_model(shell.workspace.home, path, name or None, base=base)
    told, text = card(model)
    shell.show(told, f"Model {model.name} is there.\n{text}")


@app.command()
def show(context: typer.Context, name: str) -> None:
    """Tell what a model is: family, parameters, context, license, and the SHA-256 of each file."""
    shell = shell_of(context)
    shell.show(*card(registry.find_model(registry.model_folders(shell.workspace.home), name)))


@app.command("import")
def import_models(
    context: typer.Context,
    media: Annotated[list[Path], typer.Argument(help="Folders that hold the model bundle, one for each medium.")],
    key: Annotated[Path | None, typer.Option(help="The public key that must have signed it.")] = None,
    fingerprint: Annotated[str, typer.Option(help="Or its SHA-256; the key is then taken from the medium.")] = "",
    unsigned: Annotated[bool, typer.Option("--unsigned", help="Take a bundle nobody signed, at your own risk.")] = False,
) -> None:
    """Add the models of a signed model bundle. The default key is the one that signed this installation."""
    from core.carry.verify import Trust
    from core.models import bundles

    shell = shell_of(context)
    if key is None and not fingerprint:
        key = installation.signer()
    printer = ByteLine()
    try:
        models = bundles.import_bundle(
            shell.workspace.home, media, Trust(key=key, fingerprint=fingerprint, allows_unsigned=unsigned), printer.show
        )
    finally:
        printer.end()
    names = ", ".join(model.name for model in models)
    shell.show([describe(model) for model in models], f"Checked and there: {names}.")


@app.command()
def remove(context: typer.Context, name: str) -> None:
    """Remove a model that was added."""
    shell = shell_of(context)
    registry.remove_model(shell.workspace.home, name, shell.workspace.unpacked_folder)
    shell.show({"removed": name}, f"Model {name} is removed.")


@app.command()
def verify(context: typer.Context) -> None:
    """Hash every model again and compare the result with the recorded hash."""
    shell = shell_of(context)
    verdicts = registry.verify_models(registry.model_folders(shell.workspace.home))
    checked = [{"model": describe(v.model), "health": v.health} for v in verdicts]
    shell.show(checked, table([{"name": v.model.name, "state": v.health} for v in verdicts], empty="No models."))
    bad = [f"{v.model.name} ({v.health})" for v in verdicts if v.health in ("changed", "missing")]
    if bad:
        error = SetupError(f"Models do not verify: {', '.join(bad)}.", "Remove them and add them again from a trusted copy.")
        raise typer.Exit(report_error(error, is_json=False))  # stdout already has the verdicts as its only document
