"""End an experiment before its time, or go on with what did not come to its end."""

from collections.abc import Sequence
from contextlib import suppress

from core import jobs
from core.errors import InputError
from core.records import Experiment, Job, Project
from core.storage import Workspace, get, rights


def cancel_experiment(workspace: Workspace, project: Project, experiment: Experiment) -> int:
    """Cancel what is queued or running of an experiment; finished runs and checkpoints stay. Return how many jobs that is.

    Raises:
        InputError: it has ended already.
        AccessError: the actor's role does not allow it.
    """
    rights.check(workspace.db, "train", project.id)
    jobs.advance(workspace)
    waiting = _jobs_in(workspace, experiment, ("queued", "running"))
    if not waiting:
        raise InputError(f"Experiment {experiment.number} has ended already.", "There is nothing left to cancel.")
    for job in reversed(waiting):  # the last first: so none begins because another was canceled
        with suppress(InputError):  # it ended meanwhile
            jobs.cancel(workspace, job.id)
    return len(waiting)


def resume_experiment(workspace: Workspace, project: Project, experiment: Experiment) -> int:
    """Queue again what failed or was canceled of an experiment, each from its last checkpoint; return how many jobs that is.

    Raises:
        InputError: there is nothing to resume.
        AccessError: the actor's role does not allow it.
    """
    rights.check(workspace.db, "train", project.id)
    jobs.advance(workspace)
    ended = _jobs_in(workspace, experiment, ("failed", "cancelled"))
    if not ended:
        raise InputError(f"Nothing of experiment {experiment.number} failed or was cancelled.", "Nothing is to be done.")
    for job in ended:
        jobs.resume(workspace, job.id)
    return len(ended)


def _jobs_in(workspace: Workspace, experiment: Experiment, states: Sequence[str]) -> list[Job]:
    ids = [job_id for each in experiment.variants for job_id in (each.train_job_id, each.evaluate_job_id)]
    return [job for job in (get(workspace.db, Job, job_id) for job_id in ids) if job.state in states]
