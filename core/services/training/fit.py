"""Whether a training would fit this machine, asked before it starts: by the Train page and by `garrison train --plan`."""

import shutil

import psutil

from core.models.intake.facts import facts_of
from core.records import Model, Project, Run
from core.settings import TrainingSettings
from core.storage import Workspace, find, rights
from core.training.fit import Amount, Fit, estimate


def measured_speed(workspace: Workspace, project: Project, model: str) -> float:
    """Return tokens per second from the newest run of this model that measured it; 0 if none did."""
    for run in find(workspace.db, Run, project_id=project.id, model=model, is_finished=True, order="number desc"):
        if speed := run.metrics.get("tokens_per_s"):
            return float(speed)
    return 0.0


def fit_here(workspace: Workspace, project: Project, model: Model, *, amount: Amount, settings: TrainingSettings) -> Fit:
    """Estimate what training `model` on so much needs, beside what this machine has free at the moment.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project.id)
    facts = facts_of(model)
    return estimate(
        model,
        settings,
        amount=amount,
        expert_weights=facts.expert_parameters if facts else 0,
        tokens_per_s=measured_speed(workspace, project, model.name),
        free_memory_bytes=psutil.virtual_memory().available,
        free_disk_bytes=shutil.disk_usage(workspace.home).free,
    )
