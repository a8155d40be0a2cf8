"""`garrison compare` and `garrison comparisons …`: the same questions to several, and what became of it."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.shell import Shell, shell_of, table
from core.errors import Hint, InputError
from core.files import check_target, write_atomic
from core.records import Project, Series
from core.words import counted, either

if TYPE_CHECKING:
    from core.evaluation.side_by_side.tally import Tally

LONGEST_TOKENS = 2048
app = typer.Typer(no_args_is_help=True)


def register(command_line: typer.Typer) -> None:
    """Add this file's command."""
    command_line.command()(compare)


def compare(
    context: typer.Context,
    answerers: Annotated[list[str] | None, typer.Argument(metavar="ANSWERER …", help="Models' names or runs' ids.")] = None,
    from_documents: Annotated[
        list[str] | None,
        typer.Option(help="One that answers from the approved documents; may be given several times.", metavar="ANSWERER"),
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="Ask this alone, and store nothing.", show_default=False)] = None,
    project: Annotated[str, typer.Option(help="Whose documents and held-out questions they are.")] = "",
    questions: Annotated[
        Path | None, typer.Option(help="A file of questions, with or without right answers, in place of those held out.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Write a report to decide by: one HTML file.")] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Longest answer.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a report that exists.")] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Only start the job.")] = False,
) -> None:
    """Ask two to four models or runs the same question (--prompt), or all questions of a file (--project)."""
    shell = shell_of(context)
    chosen = [(name, False) for name in answerers or ()] + [(name, True) for name in from_documents or ()]
    if not 2 <= len(chosen) <= 4:
        raise InputError(f"{len(chosen)} of them cannot be compared.", "Name two to four models or runs.")
    if prompt is not None:
        _ask(shell, chosen, prompt, project, max_tokens=max_tokens or LONGEST_TOKENS)
        return
    if not project:
        raise InputError(
            "Nothing was asked.", Hint("Ask one question, or those of a file.", command="--prompt or --project")
        )
    if questions is not None and not questions.is_file():
        raise InputError(f"There is no file {questions}.", "Check the path.")
    if report is not None:
        check_target(report, is_forced=force)
    _ask_all(shell, chosen, project, questions=questions, report=report, max_tokens=max_tokens, detach=detach)


def _ask(shell: Shell, chosen: list[tuple[str, bool]], prompt: str, project: str, *, max_tokens: int) -> None:
    """Ask all of them one question, at the same time, and print the answers."""
    from core.chat import Ask, Ended, Message, together
    from core.cli.sources import reporter
    from core.services.chat.answerers import open_answerer
    from core.services.retrieval.answering import FromDocuments

    if not prompt.strip():
        raise InputError("Nothing was asked.", "Give a question with --prompt.")
    if any(reads for _, reads in chosen) and not project:
        raise InputError("No project was named.", "Give one with --project, or leave --from-documents out.")
    asks = []
    for name, reads in chosen:
        model = open_answerer(shell.workspace, name)
        if reads:
            model = FromDocuments(shell.workspace, shell.workspace.project(project), model, report=reporter())
        asks.append(Ask(model, [Message("user", prompt)]))
    answers: list[dict[str, Any]] = [{} for _ in chosen]
    for said in together(asks, max_tokens=max_tokens):
        if isinstance(said, Ended):
            if said.answer is None:
                raise said.error or RuntimeError("an answer ended without a reason")
            name, reads = chosen[said.side]
            answers[said.side] = {"name": name, "from_documents": reads, **asdict(said.answer)}
    shell.show({"prompt": prompt, "answers": answers}, "\n\n".join(f"{each['name']}:\n{each['text']}" for each in answers))


def _ask_all(
    shell: Shell,
    chosen: list[tuple[str, bool]],
    project: str,
    *,
    questions: Path | None,
    report: Path | None,
    max_tokens: int | None,
    detach: bool,
) -> None:
    """Have a job ask all questions, and print what it shows."""
    from core.services.chat.series.answerers import Chosen
    from core.services.chat.series.job import LONGEST_TOKENS, Params, Result
    from core.services.chat.series.stored import series_named

    found = shell.workspace.project(project)
    params = Params(
        answerers=tuple(Chosen(answerer=name, from_documents=reads) for name, reads in chosen),
        questions=str(questions.resolve()) if questions else "",
        longest_tokens=LONGEST_TOKENS if max_tokens is None else max_tokens,
    )
    job = shell.run(params, project_id=found.id, detach=detach)
    if detach:
        shell.show(job, f"Job {job.id}")
        return
    series = series_named(shell.workspace, found, Result.of(job).series_id)
    if report:
        _write_report(shell, series, report)
    _show(shell, series)


@app.command("list")
def list_series(context: typer.Context, project: str) -> None:
    """List the series of a project, newest first."""
    from core.services.chat.series.stored import all_series, answer_count, state_of

    shell = shell_of(context)
    listed = [
        {
            "number": each.number,
            "state": state_of(shell.workspace, each),
            "answers": f"{answer_count(shell.workspace, each.id)} of {each.question_count * len(each.answerers)}",
            "questions": each.questions or "held out",
            "who": ", ".join(one.title for one in each.answerers),
            "begun": each.created_at[:19],
        }
        for each in all_series(shell.workspace, shell.workspace.project(project))
    ]
    shell.show(listed, table(listed, empty="No series yet."))


@app.command()
def show(context: typer.Context, project: str, series: str) -> None:
    """Show what a series shows so far: scores, and who stands how against whom."""
    shell = shell_of(context)
    _show(shell, _series(shell, project, series)[1])


@app.command()
def report(
    context: typer.Context,
    project: str,
    series: str,
    target: Path,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write the report on a series, to put into a file with a decision: one HTML file."""
    shell = shell_of(context)
    check_target(target, is_forced=force)
    found = _series(shell, project, series)[1]
    _write_report(shell, found, target)
    shell.show({"report": target}, f"Wrote {target}.")


@app.command()
def export(
    context: typer.Context,
    project: str,
    series: str,
    target: Path,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write all questions and answers of a series as CSV or JSONL, as the file's name ends."""
    from core.services.chat.series.files import FILES

    shell = shell_of(context)
    suffix = target.suffix.removeprefix(".").lower()
    if suffix not in FILES:
        raise InputError(
            f"{target.name} ends in none of the formats.", f"Let it end in {either('.' + each for each in FILES)}."
        )
    check_target(target, is_forced=force)
    found = _series(shell, project, series)[1]
    write_atomic(target, FILES[suffix](shell.workspace, found.id))
    shell.show({"file": target}, f"Wrote {target}.")


@app.command()
def delete(context: typer.Context, project: str, series: str) -> None:
    """Delete a series for good, with its answers and everybody's votes on them."""
    from core.services.chat.series.stored import delete_series

    shell = shell_of(context)
    found = _series(shell, project, series)[1]
    delete_series(shell.workspace, found.id)
    shell.show({"deleted": found.number}, f"Series {found.number} is deleted.")


@app.command()
def forget(context: typer.Context, project: str) -> None:
    """Delete your own comparisons of single questions and your votes for good."""
    from core.services.chat.comparing import forget_comparisons

    shell = shell_of(context)
    number = forget_comparisons(shell.workspace, shell.workspace.project(project))
    shell.show({"deleted": number}, f"{counted(number, 'comparison')} deleted.")


def _series(shell: Shell, project: str, series: str) -> tuple[Project, Series]:
    from core.services.chat.series.stored import series_named

    found = shell.workspace.project(project)
    return found, series_named(shell.workspace, found, series)


def _write_report(shell: Shell, series: Series, target: Path) -> None:
    from core.services.chat.series.report import report_of

    write_atomic(target, report_of(shell.workspace, series.id))


def _show(shell: Shell, series: Series) -> None:
    from core.evaluation.side_by_side.tally import tally_words
    from core.services.chat.series.figures import figures_of

    figures = figures_of(shell.workspace, series.id)
    titles = [each.title for each in series.answerers]
    rows = [
        {
            "who": titles[side],
            "right": score.counts.right,
            "wrong": score.counts.wrong,
            "refused": score.counts.refused,
            "as it should be": f"{score.good / score.counts.total:.0%}",
            "token F1": f"{score.f1:.3f}",
        }
        for side, score in enumerate(figures.scores)
    ]
    lines = [f"Series {series.number}: {counted(series.question_count, 'question')}, {len(titles)} answer each."]
    if series.words_deleted_at:
        lines.append("Its questions and answers are deleted: the project keeps them no longer.")
    lines.append(table(rows, empty="There is no right answer to score by."))
    lines += [f"By the right answers: {tally_words(each, titles)}" for each in figures.by_right_answers]
    lines += [f"By votes: {tally_words(each, titles)}" for each in figures.by_votes]
    payload = {
        "series": series,
        "scored": figures.scored_count,
        "trained_on": figures.trained_count,
        "scores": [
            {"name": titles[side], "good": score.good, "f1": score.f1, **score.counts.as_json()}
            for side, score in enumerate(figures.scores)
        ],
        "by_right_answers": [_tally(each, titles) for each in figures.by_right_answers],
        "by_votes": [_tally(each, titles) for each in figures.by_votes],
        "votes": figures.vote_count,
    }
    shell.show(payload, "\n".join(lines))


def _tally(tally: "Tally", titles: list[str]) -> dict[str, Any]:
    low, high = tally.interval
    better = None if tally.better is None else titles[tally.better]
    named = {"first": titles[tally.first], "second": titles[tally.second]}
    return named | {"won": tally.won, "lost": tally.lost, "equal": tally.equal, "low": low, "high": high, "better": better}
