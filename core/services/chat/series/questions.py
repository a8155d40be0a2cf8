"""The questions of a series: those of a file, with right answers or without, or those held out of training."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import Hint, InputError
from core.files import sha256_file, sha256_text
from core.questions import read_conversations
from core.questions.dataset import thinned
from core.records import DatasetVersion, Project, Run, SeriesAnswerer, SeriesQuestion, Turn
from core.services.chat.keeping.stored_form import StoredForm
from core.services.questions.datasets import HELDOUT, read_rows
from core.services.training.lineage import trained_rows
from core.services.training.question_set import is_answerable, question_key
from core.storage import Workspace, find, get

Row = dict[str, Any]
LINES = ".txt"  # a file of questions without right answers, one on each line


def rows_of(workspace: Workspace, project: Project, path: str, *, name: str = "", run_ids: Sequence[str] = ()) -> list[Row]:
    """Return the questions, each once: those of the file at `path`, else those held out of training.

    Held out are those of the dataset version that the first of the runs learned; without one, of the newest version that
    held any out. A text file may hold a question on each line, without right answers.

    Raises:
        InputError: there are no questions, or the file cannot be read.
        SetupError: the rows that were held out are gone.
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", project.id, also="read documents")
    if path:
        return _rows_in(Path(path), name or Path(path).name)
    for version in _versions(permitted, project, run_ids):
        if rows := read_rows(permitted.dataset_folder(project.id, version.id) / HELDOUT):
            return thinned(rows)
    raise InputError(
        "No questions were held out of training in this project.",
        Hint("Bring a file of questions.", command="--questions FILE"),
    )


def _rows_in(path: Path, name: str) -> list[Row]:
    if not path.is_file():
        raise InputError("The file of questions is not there any more.", "Bring it again.")
    if lines := _lines(path, name):
        return [{"input": line, "output": ""} for line in dict.fromkeys(lines)]
    talks = read_conversations(path, name=name)
    return [pair.row for pair in dict.fromkeys(pair for talk in talks for pair in talk.learned)]


def _lines(path: Path, name: str) -> list[str]:
    """Return the lines of a text file; [] if it is something else, such as rows of question pairs."""
    if Path(name).suffix.lower() != LINES:
        return []
    try:
        told = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return []
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return [] if any(line.startswith(("{", "[")) for line in lines[:1]) or "\t" in told else lines


def _versions(workspace: Workspace, project: Project, run_ids: Sequence[str]) -> list[DatasetVersion]:
    learned = [
        get(workspace.db, DatasetVersion, run.dataset_id) for each in run_ids for run in find(workspace.db, Run, id=each)
    ]
    return learned[:1] or find(workspace.db, DatasetVersion, project_id=project.id, order="number desc")


def sha256_of(path: str, rows: Sequence[Row]) -> str:
    """Return the hash of the file, or of the rows where there is none."""
    return sha256_file(Path(path)) if path else sha256_text(json.dumps(list(rows), sort_keys=True))


def questions_of(
    workspace: Workspace,
    project: Project,
    rows: Sequence[Row],
    answerers: Sequence[SeriesAnswerer],
    *,
    series_id: str,
    form: StoredForm | None = None,
) -> list[SeriesQuestion]:
    """Return the questions as a series keeps them, with whether any run among the answerers was trained on them.

    Args:
        workspace: where runs and their rows are stored.
        project: whose series it is.
        rows: questions with their right answers.
        answerers: who is asked.
        series_id: of the series.
        form: in which words of a file are stored and asked; None for rows that the project stores anyway. A right answer
            that changes in it is left out: what is said could not be compared with it.

    Raises:
        SetupError: the rows that a run was trained on are gone.
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", project.id, also="read documents")
    runs = [run for each in {each.answerer: None for each in answerers} for run in find(permitted.db, Run, id=each)]
    learned = {question_key(row) for run in runs for row in trained_rows(permitted, run)}
    stored = form.of if form else str
    return [
        SeriesQuestion(
            series_id=series_id,
            project_id=project.id,
            number=number,
            question=stored(row["input"]),
            reference=row["output"] if stored(row["output"]) == row["output"] else "",
            system=stored(row.get("system", "")),
            history=tuple(
                Turn(input=stored(turn["input"]), output=stored(turn["output"])) for turn in row.get("history", ())
            ),
            is_answerable=is_answerable(row),
            was_trained_on=question_key(row) in learned,
        )
        for number, row in enumerate(rows, start=1)
    ]
