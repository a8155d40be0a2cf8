"""Evaluations as they are stored: read, in this form or an older one."""

import json
from pathlib import Path

from core.errors import SetupError
from core.evaluation import EvaluationResult
from core.evaluation.forgetting import forgetting_words
from core.records import Evaluation, Run
from core.storage import Workspace, find


def stored_result(workspace: Workspace, evaluation: Evaluation) -> EvaluationResult:
    """Return the full result of an evaluation, with all answers.

    Raises:
        SetupError: its file is gone.
    """
    path = workspace.evaluation_path(evaluation.project_id, evaluation.id)
    if not path.exists():
        raise SetupError(f"The file of evaluation {evaluation.id} is gone.", "Evaluate the run again.")
    return read_result(path)


def read_result(path: Path) -> EvaluationResult:
    """Return the full result that the file of an evaluation holds."""
    return EvaluationResult.from_json(json.loads(path.read_text(encoding="utf-8")))


def newest_result(workspace: Workspace, run: Run) -> tuple[Evaluation, EvaluationResult] | None:
    """Return the run's newest evaluation whose file exists, with all its answers; None if there is none."""
    for evaluation in find(workspace.db, Evaluation, run_id=run.id, order="created_at desc"):
        if workspace.evaluation_path(run.project_id, evaluation.id).exists():
            return evaluation, stored_result(workspace, evaluation)
    return None


def forgetting_of(workspace: Workspace, run: Run) -> str:
    """Return what the run's newest evaluation says of general knowledge, in sentences; "" if it did not ask."""
    newest = newest_result(workspace, run)
    found = newest[1].forgetting if newest else None
    return forgetting_words(found) if found else ""
