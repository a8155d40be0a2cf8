"""`garrison sources`: what answers from the documents rest on."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.cli.shell import shell_of
from core.retrieval import Citation, Source
from core.retrieval.calibration import Calibration
from core.words import counted

if TYPE_CHECKING:
    from core.services.retrieval.answering import DocumentAnswer

app = typer.Typer(no_args_is_help=True)


@app.command()
def index(context: typer.Context, project: str) -> None:
    """Read the approved passages of a project into its index now; otherwise the next question does so."""
    from core.services.retrieval.index import count_sources

    shell = shell_of(context)
    count = count_sources(shell.workspace, shell.workspace.project(project), report=reporter())
    shell.show({"passages": count}, f"The index holds {counted(count, 'approved passage')}.")


@app.command()
def show(
    context: typer.Context,
    project: str,
    question: str,
    limit: Annotated[int, typer.Option(help="How many passages.", min=1, max=50)] = 5,
) -> None:
    """Show the passages that are found for a question, and whether it would be answered."""
    from core.services.retrieval.finding import find_sources
    from core.services.retrieval.refusing import threshold_of

    shell = shell_of(context)
    chosen = shell.workspace.project(project)
    found = find_sources(shell.workspace, chosen, question, limit=limit, report=reporter())
    calibration = threshold_of(shell.workspace, chosen)
    is_refused = not found.sources or found.fit < calibration.threshold
    payload = {
        "sources": list(map(_source, found.sources)),
        "fit": round(found.fit, 3),
        "refused": is_refused,
        "calibration": calibration,
    }
    lines = [
        f"{place}. {each.document} {each.page}\n{each.text.strip()}\n" for place, each in enumerate(found.sources, start=1)
    ]
    verdict = "not answered" if is_refused else "answered"
    lines.append(f"Fit {found.fit:.2f}, needed {calibration.threshold:.2f}: {verdict}. {_rates(calibration)}")
    shell.show(payload, "\n".join(lines))


@app.command()
def calibrate(context: typer.Context, project: str) -> None:
    """Choose from which fit on questions are answered, by the project's own question pairs."""
    from core.services.retrieval.refusing import calibrate as calibrate_sources

    shell = shell_of(context)
    found = calibrate_sources(shell.workspace, shell.workspace.project(project), report=reporter())
    text = f"Questions are answered from a fit of {found.threshold:.2f} on. {_rates(found)}"
    shell.show(found, text)


def _rates(measured: Calibration) -> str:
    if measured.refused is None or measured.answered is None:
        return "How often that is wrong was not measured: garrison sources calibrate PROJECT"
    return (
        f"Of the questions that the documents answer {measured.refused:.0%} are refused, "
        f"of the others {measured.answered:.0%} are answered."
    )


def source_fields(told: "DocumentAnswer") -> dict[str, Any]:
    """Return what supports an answer as JSON: its sources, its sentences with their citations, and whether it is refused."""
    fields = told.told()
    sentences = [each | {"supported": bool(each["citations"])} for each in fields["sentences"]]
    return {"sources": fields["sources"], "sentences": sentences, "refused": told.is_refused}


def source_text(told: "DocumentAnswer") -> str:
    """Return what supports an answer for people: the words cited, and how many sentences nothing supports."""
    cited = [(told.sources[each.source], each) for sentence in told.sentences for each in sentence.citations]
    lines = [f"{source.document} {source.page}: “{_words(source, each)}”" for source, each in dict.fromkeys(cited)]
    unsupported = sum(not sentence.is_supported for sentence in told.sentences)
    if unsupported and not told.is_refused:
        lines.append(f"{counted(unsupported, 'sentence')} of the answer found in no source.")
    return "\n\n" + "\n".join(lines)


def _source(source: Source) -> dict[str, Any]:
    return {"document": source.document, "page": source.page, "passage": source.passage_id, "text": source.text}


def _words(source: Source, citation: Citation) -> str:
    return " ".join(source.text[citation.start : citation.end].split())


def reporter() -> Callable[[int, int], None] | None:
    """Return what prints on a terminal how far reading passages is; None elsewhere."""
    if not sys.stderr.isatty():
        return None
    return lambda done, total: print(f"\rReading {done} of {total} …", end="", file=sys.stderr, flush=True)
