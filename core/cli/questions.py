"""`garrison questions …`."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli import curation
from core.cli.options import taking
from core.cli.shell import shell_of, table
from core.errors import InputError
from core.questions import PAIR_FORMATS, WRITERS, find_writer, inspect_file, pair_format
from core.questions.exchange.columns import WORDS
from core.questions.exchange.reading import Choices
from core.questions.writers.registry import AUTO
from core.words import counted, either

if TYPE_CHECKING:
    from core.services.questions import generation
    from core.settings import FilterSettings

app = typer.Typer(no_args_is_help=True)
curation.add_to(app)
FILE_HELP = "Where to write the {what}; default: {names} here.".format(
    what=either(form.words for form in PAIR_FORMATS.values()),
    names=either(dict.fromkeys(f"PROJECT{form.suffix}" for form in PAIR_FORMATS.values())),
)
COLUMN_HELP = f"What a column holds, such as question=Frage: {either(WORDS)}."
FORMAT_HELP = f"{either(PAIR_FORMATS)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingOptions:
    """What can be said about a writing of question pairs; None leaves it as it usually is."""

    model: Annotated[str, typer.Option(help="The GGUF model or host of engine.toml that writes the questions.")] = ""
    writer: Annotated[str, typer.Option(help=f"How: {either([AUTO, *WRITERS])}; {AUTO} is as the model can.")] = AUTO
    per_passage: Annotated[int | None, typer.Option(help="Facts asked for in each passage.")] = None
    wordings: Annotated[int | None, typer.Option(help="Wordings of each fact.")] = None
    answers: Annotated[str | None, typer.Option(help="bare (the fact alone), short (a sentence) or full.")] = None
    anew: Annotated[bool, typer.Option("--anew", help="Write all passages, also those that did not change.")] = False
    forget_decisions: Annotated[
        bool, typer.Option("--forget-decisions", help="Write all passages, and replace pairs you decided on or edited.")
    ] = False
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False

    def params(self, filters: "FilterSettings") -> "generation.Params":
        """Return what the job is started with.

        Raises:
            InputError: there is no such way of writing, or a value is out of bounds.
        """
        from core.services.questions import generation
        from core.settings import GenerationSettings

        settings: dict[str, Any] = {"model": self.model} if self.model else {}
        if self.writer != AUTO:
            settings["writer"] = find_writer(self.writer).name
        given = {"per_passage": self.per_passage, "wordings": self.wordings, "answers": self.answers}
        settings |= {name: value for name, value in given.items() if value is not None}
        return generation.Params(
            settings=GenerationSettings.from_values(settings),
            filters=filters,
            anew=self.anew,
            forget_decisions=self.forget_decisions,
        )


@app.command()
@taking(WritingOptions)
def generate(context: typer.Context, project: str, options: WritingOptions) -> None:
    """Write question pairs from the approved documents and filter them.

    Passages whose text and settings did not change since they were written are left as they are. Pairs that somebody
    decided on, edited or added stay.
    """
    from core.services.questions import generation
    from core.services.questions.filtering import filter_settings_of

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    params = options.params(filter_settings_of(shell.workspace, chosen))
    job = shell.run(params, project_id=chosen.id, detach=options.detach)
    if options.detach:
        shell.show(job, f"Job {job.id}")
        return
    result = generation.Result.of(job)
    words = [_summary(result.kept, result.dropped) + _replies(result), f"Next: garrison train {chosen.name}"]
    if result.skipped:
        unchanged = f"{result.skipped} of {counted(result.passages, 'passage')} did not change since they were written"
        words.insert(0, f"{unchanged}: left as they are (--anew writes them, too).")
    shell.show(job.result, "\n".join(words))


def _replies(result: "generation.Result") -> str:
    """Return what came of the replies of a model that writes by itself, as lines to add."""
    if not result.asked:
        return ""
    told = (
        f"\n{counted(result.asked, 'reply', 'replies')} of the model: {result.malformed} of no use, {result.refused} refused"
        f"; {counted(result.ungrounded, 'pair')} without evidence."
    )
    if result.cut:
        told += f"\n{counted(result.cut, 'passage')} longer than the model reads: cut at sentences."
    return told + (f"\n{counted(result.texts, 'text')} for continued training." if result.texts else "")


def _summary(kept: int, dropped: dict[str, int]) -> str:
    rows = [{"dropped because": reason, "pairs": number} for reason, number in dropped.items()]
    return f"{kept} pairs kept." + ("\n" + table(rows, empty="") if rows else "")


@app.command()
def probe(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="A GGUF model, or a host of engine.toml.")],
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False,
) -> None:
    """Try on ten passages how well a model writes question pairs by itself, and choose its way of writing."""
    from core.questions.writers.trial import Choice, in_words
    from core.services.questions.writing import probing

    shell = shell_of(context)
    job = shell.run(probing.Params(model=model), detach=detach)
    if detach:
        shell.show(job, f"Job {job.id}")
        return
    result = probing.Result.of(job)
    shell.show(job.result, f"{result.model}: {in_words(Choice(writer=result.writer, why=result.why))}")


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
def import_pairs(
    context: typer.Context,
    project: str,
    file: Path,
    column: Annotated[list[str] | None, typer.Option(help=COLUMN_HELP)] = None,
    no_titles: Annotated[bool, typer.Option("--no-titles", help="The first row of the table is a pair, too.")] = False,
    skip_wrong: Annotated[bool, typer.Option("--skip-wrong", help="Leave out rows that cannot be used.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Only show what would be brought in.")] = False,
) -> None:
    """Import question pairs and conversations from JSONL, CSV, Excel or Parquet; they are reviewed like documents."""
    from core.services.questions import pair_import

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    if not file.is_file():
        raise InputError(f"There is no file {file}.", "Check the path.")
    values: dict[str, Any] = {"columns": column_choices(column)} if column else {}
    values |= {"has_titles": False} if no_titles else {}
    values |= {"skips_wrong": True} if skip_wrong else {}
    params = pair_import.Params(path=str(file.resolve()), name=file.name, **values)
    if preview:
        shell.show(*_preview(file, params.choices))
        return
    result = pair_import.Result.of(job := shell.run(params, project_id=chosen.id))
    next_command = f"garrison review {chosen.name} approve {result.document_id} --as NAME"
    notes = "".join(f"\n{note}" for note in result.notes)
    shell.show(job.result, f"{result.pairs} pairs brought in. They are trained on once approved: {next_command}{notes}")


def column_choices(given: list[str]) -> dict[str, str]:
    """Return what columns hold, from texts such as `question=Frage`.

    Raises:
        InputError: one has another form.
    """
    pairs = [each.partition("=") for each in given]
    for number, (role, sign, name) in enumerate(pairs):
        if not sign or not name:
            raise InputError(f"{given[number]!r} is not of the form {role or 'question'}=COLUMN.", COLUMN_HELP)
    return {role: name for role, _, name in pairs}


def _preview(file: Path, choices: Choices) -> tuple[dict[str, Any], str]:
    """Return what a file holds, as values and in words."""
    brought = inspect_file(file, choices=choices)
    first = brought.first(5)
    used = brought.columns.used if brought.columns else {}
    problems = [problem.words for problem in brought.problems[:5]]
    values: dict[str, Any] = {
        "format": brought.form.name,
        "columns": used,
        "unused": brought.unused,
        "pairs": brought.pair_count,
        "first": [exchange.row for exchange in first],
        "notes": brought.notes,
        "problems": problems,
    }
    held = ", ".join(f"{role}={name}" for role, name in used.items()) or "not known by their names"
    words = [f"Read as {brought.form.words}. Columns: {held}.", f"{counted(brought.pair_count, 'pair')}."]
    rows = [
        {"question": _short(each.input), "answer": _short(each.output), "turns before": len(each.history)} for each in first
    ]
    words += [table(rows, empty=""), *brought.notes, *problems]
    return values, "\n".join(filter(None, words))


def _short(text: str) -> str:
    return shorten(text, 60, placeholder="…")


@app.command("export")
def export_pairs(
    context: typer.Context,
    project: str,
    file: Annotated[Path | None, typer.Argument(help=FILE_HELP)] = None,
    format: Annotated[str, typer.Option(help=FORMAT_HELP, hidden=len(PAIR_FORMATS) == 1)] = "jsonl",
    with_source: Annotated[
        bool, typer.Option("--with-source", help="Add document, page, passage, quote and offsets.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write the kept pairs of approved documents, anonymized, to a file or folder for other programs."""
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
        "lost": export.lost,
        "path": target,
    }
    words = [export.unread, f"{len(export.pairs)} pairs written to {target}", export.note, export.lost]
    shell.show(written, "\n".join(filter(None, words)))
