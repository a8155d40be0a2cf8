"""`garrison questions …`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.cli.shell import shell_of, table
from core.errors import InputError
from core.questions import PAIR_FORMATS, pair_format
from core.words import either

app = typer.Typer(no_args_is_help=True)
FILE_HELP = "Where to write the {what}; default: {names} here.".format(
    what=either(form.words for form in PAIR_FORMATS.values()),
    names=either(f"PROJECT{form.suffix}" for form in PAIR_FORMATS.values()),
)


@app.command()
def generate(
    context: typer.Context,
    project: str,
    model: Annotated[str, typer.Option(help="The GGUF model that writes the questions.")] = "",
    per_passage: Annotated[int | None, typer.Option(help="Pairs asked of each passage.")] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False,
) -> None:
    """Write question pairs from the approved documents and filter them."""
    from core.services.questions import generation
    from core.services.questions.filtering import filter_settings_of
    from core.settings import GenerationSettings

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    settings: dict[str, Any] = {"model": model} if model else {}
    if per_passage is not None:
        settings["per_passage"] = per_passage
    filters = filter_settings_of(shell.workspace, chosen)
    params = generation.Params(settings=GenerationSettings.from_values(settings), filters=filters)
    job = shell.run(params, project_id=chosen.id, detach=detach)
    if detach:
        shell.show(job, f"Job {job.id}")
        return
    result = generation.Result.of(job)
    shell.show(job.result, _summary(result.kept, result.dropped) + f"\nNext: garrison train {chosen.name}")


def _summary(kept: int, dropped: dict[str, int]) -> str:
    rows = [{"dropped because": reason, "pairs": number} for reason, number in dropped.items()]
    return f"{kept} pairs kept." + ("\n" + table(rows, empty="") if rows else "")


@app.command("filter")
def filter_pairs(
    context: typer.Context,
    project: str,
    set_: Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE of the filter settings.")] = None,
    usual: Annotated[
        bool, typer.Option("--usual", help="Begin with the usual settings, not with those chosen before.")
    ] = False,
    count: Annotated[bool, typer.Option("--count", help="Only count; change nothing.")] = False,
    judged_by: Annotated[str, typer.Option(help="A GGUF model that first grades the pairs; it drops none.")] = "",
    answered_by: Annotated[
        str, typer.Option(help="A GGUF model that first answers the questions, for the filter of that.")
    ] = "",
) -> None:
    """Filter every pair of the project again, and keep these settings for it; what people decided stays.

    Settings that are not named stay as they were chosen before. `off` and `on` take the names of filters, as they are listed
    behind "dropped because", with commas between.
    """
    from core.services.questions import refiltering
    from core.services.questions.filtering import choose_filters, filter_settings_of, preview
    from core.settings import FilterSettings, key_values

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    before = {} if usual else filter_settings_of(shell.workspace, chosen).model_dump()
    filters = FilterSettings.from_values(before | key_values(set_ or []))
    if count:
        counted = preview(shell.workspace, chosen).count(filters)
        shell.show(counted, f"With these settings: {_summary(counted.kept, counted.dropped)}")
    elif answered_by or judged_by:
        params = refiltering.Params(filters=filters, answered_by=answered_by, judged_by=judged_by)
        job = shell.run(params, project_id=chosen.id)
        result = refiltering.Result.of(job)
        asked = f"{result.answered} questions answered, {result.judged} pairs graded. "
        shell.show(job.result, asked + _summary(result.kept, result.dropped))
    else:
        filtered = choose_filters(shell.workspace, chosen, filters)
        shell.show(filtered, _summary(filtered.kept, filtered.dropped))


@app.command("import")
def import_pairs(context: typer.Context, project: str, file: Path) -> None:
    """Import question pairs (JSONL with input and output, Alpaca, ShareGPT, ChatML); they are reviewed like documents."""
    from core.services.questions import pair_import

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    if not file.is_file():
        raise InputError(f"There is no file {file}.", "Check the path.")
    job = shell.run(pair_import.Params(path=str(file.resolve()), name=file.name), project_id=chosen.id)
    result = pair_import.Result.of(job)
    next_command = f"garrison review {chosen.name} approve {result.document_id} --as NAME"
    shell.show(job.result, f"{result.pairs} pairs brought in. They are trained on once approved: {next_command}")


@app.command("export")
def export_pairs(
    context: typer.Context,
    project: str,
    file: Annotated[Path | None, typer.Argument(help=FILE_HELP)] = None,
    format: Annotated[str, typer.Option(help=f"{either(PAIR_FORMATS)}.", hidden=len(PAIR_FORMATS) == 1)] = "jsonl",
    with_source: Annotated[
        bool, typer.Option("--with-source", help="Add document, page, passage, quote and offsets.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write the kept pairs of approved documents, anonymized, as JSONL with the keys input and output."""
    from core.services.questions import pair_export

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    target = file or Path(f"{chosen.name}{pair_format(format).suffix}")
    export = pair_export.export_pairs(
        shell.workspace, chosen, target, format=format, with_source=with_source, is_forced=force
    )
    written = {
        "unread": export.unread,
        "pairs": len(export.pairs),
        "left_out": export.left_out,
        "note": export.note,
        "path": target,
    }
    words = (f"{export.unread}\n" if export.unread else "") + f"{len(export.pairs)} pairs written to {target}"
    shell.show(written, f"{words}\n{export.note}" if export.note else words)
