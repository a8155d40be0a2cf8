"""Two runs compared by their stored evaluations on the same questions."""

from functools import lru_cache
from pathlib import Path

from core.evaluation.succession import Succession, beside_run, has_become_worse
from core.records import Evaluation, Project, Run
from core.services.training.results import read_result
from core.storage import Workspace, find

KNOWN = 64  # comparisons kept in memory: files of evaluations never change, and pages ask again and again


def beside(workspace: Workspace, project: Project, *, before: Run, after: Run) -> Succession | None:
    """Compare a run with the one whose place it may take; None unless both were evaluated.

    Their newest evaluations on the same questions count, else the newest of each, as far as their questions are the same.

    Raises:
        AccessError: the acting person may not see the project.
    """
    permitted = workspace.allowed("see project", project.id)
    of_before, of_after = _evaluations(permitted, before), _evaluations(permitted, after)
    if not of_before or not of_after:
        return None
    same = ((one, other) for other in of_after for one in of_before if one.questions_sha256 == other.questions_sha256)
    one, other = next(same, (of_before[0], of_after[0]))
    return _beside(_path(permitted, one), _path(permitted, other))


def is_last_evaluation_worse(workspace: Workspace, project: Project, run: Run) -> bool:
    """Return whether a run answers worse at its last evaluation than at the one before on the same questions.

    Raises:
        AccessError: the acting person may not see the project.
    """
    permitted = workspace.allowed("see project", project.id)
    found = _evaluations(permitted, run)
    same = [each for each in found if each.questions_sha256 == found[0].questions_sha256]
    return len(same) > 1 and _has_become_worse(_path(permitted, same[1]), _path(permitted, same[0]))


@lru_cache(maxsize=KNOWN)
def _beside(before: Path, after: Path) -> Succession:
    return beside_run(read_result(before), read_result(after))


@lru_cache(maxsize=KNOWN)
def _has_become_worse(before: Path, after: Path) -> bool:
    return has_become_worse(read_result(before), read_result(after))


def _evaluations(permitted: Workspace, run: Run) -> list[Evaluation]:
    """Return the evaluations of a run whose files are there, the newest first."""
    found = find(permitted.db, Evaluation, run_id=run.id, order="created_at desc, rowid desc")
    return [each for each in found if _path(permitted, each).exists()]


def _path(permitted: Workspace, evaluation: Evaluation) -> Path:
    return permitted.evaluation_path(evaluation.project_id, evaluation.id)
