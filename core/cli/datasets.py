"""`garrison dataset …`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.shell import shell_of, table
from core.errors import Hint, InputError

app = typer.Typer(no_args_is_help=True)
SHOWN = 10  # pairs of each kind that `diff` prints; --json has all
NumberArgument = Annotated[int | None, typer.Argument(help="Number of the version; default: the newest.")]


@app.command("list")
def list_versions(context: typer.Context, project: str) -> None:
    """List the dataset versions of a project, the newest first."""
    from core.services.questions.datasets import versions_of

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    versions = versions_of(shell.workspace, chosen)
    rows = [
        {
            "version": version.number,
            "to train on": version.train_count,
            "held out": version.heldout_count,
            "split by": version.split,
            "frozen": version.created_at,
            "sha256": version.sha256[:16],
        }
        for version in versions
    ]
    shell.show(
        versions, table(rows, empty="None yet: one is frozen when a training starts, or by `garrison dataset freeze`.")
    )


@app.command()
def show(context: typer.Context, project: str, number: NumberArgument = None) -> None:
    """Show the card of a dataset version: what is in it, in words."""
    from core.services.questions.datasets import card_words, version_of

    shell = shell_of(context)
    version = version_of(shell.workspace, shell.workspace.project(project), number)
    words = card_words(version)
    shell.show({"version": version, "words": words}, "\n".join([f"Version {version.number} · {version.sha256}", *words]))


@app.command()
def diff(
    context: typer.Context,
    project: str,
    number: NumberArgument = None,
    against: Annotated[
        int | None, typer.Option(help="Number of the version to compare with; default: the one before.")
    ] = None,
    planned: Annotated[bool, typer.Option("--planned", help="Compare the version with what would be frozen now.")] = False,
) -> None:
    """Show what changed in a dataset version: pairs that came, went, or have other words now."""
    from core.services.questions import datasets

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    version = datasets.version_of(shell.workspace, chosen, number)
    if planned:
        found = datasets.planned_difference(shell.workspace, chosen, version)
        title = f"Version {version.number}, and what would be frozen now"
    elif version.number == 1 and against is None:
        hint = Hint("Compare it with what would be frozen now.", command=f"garrison dataset diff {chosen.name} --planned")
        raise InputError("Version 1 is the first one: there is none before it.", hint)
    else:
        before = datasets.version_of(shell.workspace, chosen, version.number - 1 if against is None else against)
        found = datasets.difference_of(shell.workspace, chosen, before, version)
        title = f"Versions {before.number} and {version.number}"
    lines = [title, *found.sentences()]
    lines += _listed("+", [row["input"] for row in found.added])
    lines += _listed("-", [row["input"] for row in found.removed])
    lines += _listed("~", [f"{old['input']} → {new['input']}" for old, new in found.changed])
    shell.show(found, "\n".join(lines))


@app.command("export")
def export_files(
    context: typer.Context,
    project: str,
    file: Annotated[Path | None, typer.Argument(help="The zip to write; default: PROJECT-version-NUMBER.zip.")] = None,
    number: Annotated[int | None, typer.Option(help="Number of the version; default: the newest.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write a dataset version to a zip: its pairs as they were frozen, and its card in words."""
    from core.services.questions.datasets import export_version, version_of

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    version = version_of(shell.workspace, chosen, number)
    target = file or Path(f"{chosen.name}-version-{version.number}.zip")
    export_version(shell.workspace, chosen, version, target, is_forced=force)
    shell.show({"version": version, "path": target}, f"Version {version.number} written to {target}")


@app.command()
def freeze(
    context: typer.Context,
    project: str,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="KEY=VALUE: split (auto, document, passage, wording), heldout_share, seed; default: as before."
        ),
    ] = None,
) -> None:
    """Freeze the kept pairs of approved text as a new version, which never changes; the same pairs give the same version."""
    from core.services.questions.datasets import card_words, version_of
    from core.services.questions.freezing.job import Params, Result
    from core.settings import DatasetSettings, key_values

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    settings = DatasetSettings.from_values(dict[str, Any](key_values(set_))) if set_ else None
    job = shell.run(Params(settings=settings) if settings else Params(), project_id=chosen.id)
    version = version_of(shell.workspace, chosen, Result.of(job).number)
    words = card_words(version)
    next_command = f"Next: garrison train {chosen.name}"
    shell.show({"version": version, "words": words}, "\n".join([f"Version {version.number}", *words, next_command]))


def _listed(sign: str, texts: list[str]) -> list[str]:
    more = len(texts) - SHOWN
    return [f"{sign} {text}" for text in texts[:SHOWN]] + ([f"{sign} and {more:,} more"] if more > 0 else [])
