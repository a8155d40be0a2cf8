"""`garrison export`, `release list`, `release verify` and `lineage`."""

from pathlib import Path
from typing import Annotated

import typer

from core.cli.shell import Shell, shell_of, table
from core.models.quantizations import QUANTIZATIONS, USUAL
from core.models.release_formats import RELEASE_FORMATS
from core.models.releases.card import tried_of, tried_row
from core.models.releases.folder import Verdict, verify
from core.records import Release, Run
from core.services.releases.steps import steps
from core.services.releases.traced import Trace
from core.storage import find, get
from core.words import counted, either

NOT_WHOLE = 1  # exit code of `release verify` and `lineage`
SIGNATURES = {
    "unsigned": "It is not signed: whoever could change a file could change the list of hashes as well.",
    "good": "The signature fits.",
    "wrong key": "It was signed with another key than the one you gave.",
    "broken": "The signature does not fit: the list of hashes was changed or replaced, or another key signed it.",
}
STANDS = {True: "Still what it was: yes", False: "Still what it was: NO", None: "Still what it was: cannot be told"}

app = typer.Typer(no_args_is_help=True)


def register(garrison: typer.Typer) -> None:
    """Add this file's commands."""
    garrison.command()(export)
    garrison.command("lineage")(lineage)


def export(
    context: typer.Context,
    run_id: Annotated[str, typer.Argument(metavar="RUN")],
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
    format: Annotated[str, typer.Option(help=f"{either(RELEASE_FORMATS)}.")] = "adapter",
    quantization: Annotated[str, typer.Option(help=f"For gguf: {either(QUANTIZATIONS)}.")] = USUAL,
    sign: Annotated[Path | None, typer.Option(metavar="KEY", help="The private key that signs it.")] = None,
    names: Annotated[bool, typer.Option("--names", help="Put the names of the documents into its card.")] = False,
    compare: Annotated[bool, typer.Option("--compare", help="For gguf: try every quantization, side by side.")] = False,
) -> None:
    """Export a run as a release folder: an adapter, merged weights or a GGUF file, with its card and lineage.

    The SHA-256 printed at the end is that of the GGUF file or, for other formats, that of SHA256SUMS, with which
    `sha256sum -c SHA256SUMS` verifies every file.
    """
    from core.services.training.export import Params, Result

    shell = shell_of(context)
    run = shell.workspace.finished_run(run_id)
    params = Params(
        run_id=run.id,
        format=format,
        quantization=quantization,
        target=str(folder.resolve()),
        sign=str(sign.resolve()) if sign else "",
        has_names=names,
        is_compared=compare,
    )
    job = shell.run(params, project_id=run.project_id)
    result = Result.of(job)
    lines = [f"Written to {result.path}", f"SHA-256 of {result.sha256_of}: {result.sha256}"]
    signed = f"Signed; the key's fingerprint is {result.signer}" if result.signer else ""
    release = get(shell.workspace.db, Release, result.release_id)
    tried = [tried_row(each) for each in tried_of(release.card)]
    told = "\n".join([*lines, *filter(None, [signed, result.note])])
    shell.show(job.result | {"tried": release.card["tried"]}, f"{told}\n\n{table(tried, empty='')}".rstrip())


@app.command("list")
def list_(context: typer.Context, project: str) -> None:
    """List the releases of a project, the newest first."""
    shell = shell_of(context)
    listed = find(shell.workspace.db, Release, project_id=shell.workspace.project(project).id, order="created_at desc")
    rows = [
        {
            "id": release.id,
            "run": release.run_id,
            "format": " ".join(filter(None, [release.format, release.card.get("quantization")])),
            "signed": "yes" if release.signer else "no",
            "created": release.created_at[:19],
            "folder": release.path,
        }
        for release in listed
    ]
    shell.show(listed, table(rows, empty="Nothing was exported yet."))


@app.command("verify")
def verify_(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    public_key: Annotated[Path | None, typer.Option(metavar="FILE", help="The signer's public key.")] = None,
) -> None:
    """Check every file of a release folder, and who signed it: exit code 1 if anything is not what it was."""
    verdict = verify(folder, public_key)
    payload = {
        "is_whole": verdict.is_whole,
        "files": verdict.file_count,
        "faults": verdict.faults,
        "signature": verdict.signature,
        "signer": verdict.signer,
        "is_key_given": verdict.is_key_given,
    }
    shell_of(context).show(payload, "\n".join(_verdict_lines(verdict)))
    if not verdict.is_whole:
        raise typer.Exit(NOT_WHOLE)


def _verdict_lines(verdict: Verdict) -> list[str]:
    whole = f"{counted(verdict.file_count, 'file')} checked: all are what they were."
    lines = [f"{fault.kind}: {fault.name}" for fault in verdict.faults] or [whole]
    lines.append(SIGNATURES[verdict.signature])
    if verdict.signature == "good" and not verdict.is_key_given:
        lines.append(f"Compare the fingerprint of its key with what you were told: {verdict.signer}")
    return lines


def lineage(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="RELEASE|RUN")],
    names: Annotated[bool, typer.Option("--names", help="With the names of the documents.")] = False,
) -> None:
    """Show where a release or run came from, back to the documents: exit code 1 if anything is not what it was."""
    from core.services.releases.trace import trace

    shell = shell_of(context)
    run, release = _named(shell, name)
    found = trace(shell.workspace, run, release=release, has_names=names)
    shell.show(found.as_json(), "\n".join(_lineage_lines(found)))
    if not found.is_whole:
        raise typer.Exit(NOT_WHOLE)


def _named(shell: Shell, name: str) -> tuple[Run, Release | None]:
    """Return the run called `name`, or the release and its run."""
    releases = find(shell.workspace.db, Release, id=name)
    run_id = releases[0].run_id if releases else name
    return get(shell.workspace.db, Run, run_id), releases[0] if releases else None


def _lineage_lines(found: Trace) -> list[str]:
    return [f"{step.title}: {step.words}. {STANDS[step.is_unchanged]}" for step in steps(found)]
