"""The questions of an evaluation: which they are, which passage each is asked with, and which were trained on."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import Hint, InputError
from core.evaluation import Question
from core.evaluation.open_book import Source
from core.evaluation.scores import normalize
from core.language.refusals import is_refusal
from core.questions import read_conversations
from core.questions.dataset import thinned
from core.questions.writers.not_said import KIND as UNANSWERABLE
from core.records import Document, Evaluation, Passage, QuestionPair, Run
from core.services.questions.datasets import HELDOUT, read_rows
from core.services.training.lineage import trained_rows
from core.storage import Workspace, find, find_all, rights
from core.storage.passage_search import PassageSearch

Row = dict[str, Any]
ASKED_ROWS = "asked"  # in the file of an evaluation: the rows of its questions, so that they can be asked again
_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """N rows to ask, and for each the passage to ask it with (None if there is none) and whether it was trained on."""

    rows: tuple[Row, ...]
    sources: tuple[Source | None, ...]
    was_trained_on: tuple[bool, ...]

    def question(self, place: int) -> Question:
        """Return the question at a place, counted from 0."""
        row, source = self.rows[place], self.sources[place]
        return Question(
            number=place + 1,
            question=row["input"],
            reference=row["output"],
            is_answerable=is_answerable(row),
            kind=row.get("kind"),
            was_trained_on=self.was_trained_on[place],
            passage=source.text if source else "",
        )


def question_rows(workspace: Workspace, run: Run, path: str, *, name: str = "") -> list[Row]:
    """Return the questions: those of the file at `path` without duplicates, else one or two wordings of each held-out fact.

    Raises:
        InputError: no questions were held out.
    """
    rights.check(workspace.db, "read documents", run.project_id)
    if path:
        talks = read_conversations(Path(path), name=name)
        return [pair.row for pair in dict.fromkeys(pair for talk in talks for pair in talk.learned)]
    rows = read_rows(workspace.dataset_folder(run.project_id, run.dataset_id) / HELDOUT)
    if not rows:
        raise InputError(
            "No questions were held out: the dataset is too small.",
            Hint("Add documents, or bring a file of questions.", command="--questions FILE"),
        )
    return thinned(rows)


def rows_asked_last(workspace: Workspace, run: Run) -> list[Row]:
    """Return the questions of a run's last evaluation as they were asked; those held out for it if it was never evaluated.

    Evaluations from before rows were kept hold a question and its answer alone, without what was said before them.

    Raises:
        InputError: no questions were held out.
    """
    rights.check(workspace.db, "read documents", run.project_id)
    for evaluation in find(workspace.db, Evaluation, run_id=run.id, order="created_at desc, rowid desc"):
        path = workspace.evaluation_path(run.project_id, evaluation.id)
        if path.exists():
            stored = json.loads(path.read_text(encoding="utf-8"))
            return stored.get(ASKED_ROWS) or [_row_of(row) for row in stored["rows"]]
    return question_rows(workspace, run, "")


def _row_of(graded: Mapping[str, Any]) -> Row:
    """Return the row of a graded question."""
    kind = {"kind": graded["kind"]} if graded.get("kind") else {}
    return {"input": graded["question"], "output": graded["reference"], **kind}


def question_set(workspace: Workspace, run: Run, rows: Sequence[Row]) -> QuestionSet:
    """Return the questions with their passages, and with what the run was trained on.

    Raises:
        SetupError: the rows that the run was trained on are gone.
    """
    rights.check(workspace.db, "read documents", run.project_id)
    trained = {question_key(row) for row in trained_rows(workspace, run)}
    return QuestionSet(
        rows=tuple(rows),
        sources=tuple(_sources(workspace, run.project_id, rows)),
        was_trained_on=tuple(question_key(row) in trained for row in rows),
    )


def is_answerable(row: Mapping[str, Any]) -> bool:
    """Return whether the documents answer a question: its kind says so, else its right answer is no refusal."""
    return bool(row["kind"] != UNANSWERABLE if row.get("kind") else not is_refusal(row["output"]))


def question_key(row: Mapping[str, Any]) -> _Key:
    """Return a question with the questions before it, as they are compared: without case, punctuation and articles."""
    return tuple(normalize(each["input"]) for each in (*row.get("history", ()), row))


def _sources(workspace: Workspace, project_id: str, rows: Sequence[Row]) -> Iterator[Source | None]:
    """Yield the passage of approved text for each row: the one that it comes from, else the one that the search finds.

    Imported question pairs are no source: their text holds the answers themselves.
    """
    passages = _approved(workspace, project_id)
    pairs = {pair.id: pair for pair in find_all(workspace.db, QuestionPair, {str(row.get("pair_id")) for row in rows})}
    with PassageSearch(passages.values()) as search:
        for row in rows:
            pair = pairs.get(str(row.get("pair_id")))
            named = passages.get((pair.passage_id or "", row.get("review_id"))) if pair else None
            passage = named or search.best(row["input"])
            quote = pair.quote if pair and named else ""
            yield Source(text=_with_heading(passage), quote=quote, is_named=named is not None) if passage else None


def _approved(workspace: Workspace, project_id: str) -> dict[tuple[str, str | None], Passage]:
    """Return the passages of the project's approved documents, by their ids and those of the approvals."""
    found: dict[tuple[str, str | None], Passage] = {}
    for document in find(workspace.db, Document, project_id=project_id, state="read"):
        if document.kind != "pairs":
            review, passages = workspace.approved_passages(document)
            found |= {(passage.id, review.id): passage for passage in passages if review}
    return found


def _with_heading(passage: Passage) -> str:
    text = passage.text.strip()
    return text if not passage.heading or text.startswith(passage.heading) else f"{passage.heading}\n{text}"
