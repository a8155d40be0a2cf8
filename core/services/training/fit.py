"""Whether a training would fit this machine, and what a goal means on it: asked by the Train page and `garrison train`."""

import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from core.errors import Hint, InputError
from core.models.cpu_budget import is_busy
from core.models.intake.facts import facts_of
from core.records import Model, OwnGoal, Project, Run
from core.services.questions.freezing.preferences import preferences_of
from core.services.training.probe.job import probed_speed
from core.settings import Objective, TrainingSettings
from core.storage import Workspace, find, rights
from core.training.fit import Amount, Fit
from core.training.goals import Derived, Situation, as_found, derive
from core.training.speeds import kept_speeds


def measured_speed(workspace: Workspace, project: Project, model: str) -> float:
    """Return tokens per second from the newest run or probe of this model that measured it; 0 if none did."""
    runs = find(workspace.db, Run, project_id=project.id, model=model, is_finished=True)
    told = [(run.created_at, float(run.metrics["tokens_per_s"])) for run in runs if run.metrics.get("tokens_per_s")]
    return max([*told, probed_speed(workspace, project, model)])[1]


def situation_here(
    workspace: Workspace,
    project: Project,
    model: Model,
    *,
    amount: Amount,
    minutes: float | None = None,
    objective: Objective = "answers",
) -> Situation:
    """Return what training `model` on so much has to do with here: the speed measured, and what is free at the moment.

    Preferences are counted only if they are what it learns from.

    Raises:
        AccessError: the acting person may not see the project.
    """
    rights.check(workspace.db, "see project", project.id)
    facts = facts_of(model)
    return Situation(
        model=model,
        amount=amount,
        expert_weights=facts.expert_parameters if facts else 0,
        tokens_per_s=measured_speed(workspace, project, model.name),
        free_memory_bytes=psutil.virtual_memory().available,
        free_disk_bytes=shutil.disk_usage(workspace.home).free,
        preferences=len(preferences_of(workspace, project)) if objective == "dpo" else 0,
        minutes=minutes,
        is_busy=is_busy(),
        gpu_bytes=gpu_bytes(),
        speeds=kept_speeds(workspace.speeds_path),
    )


@cache
def gpu_bytes() -> tuple[float, ...]:
    """Return the memory of each GPU if there are several; torch is asked only where Linux tells of them."""
    if len(list(Path("/proc/driver/nvidia/gpus").glob("*"))) < 2:
        return ()
    import torch

    return tuple(float(torch.cuda.get_device_properties(each).total_memory) for each in range(torch.cuda.device_count()))


def fit_here(workspace: Workspace, project: Project, model: Model, *, amount: Amount, settings: TrainingSettings) -> Fit:
    """Estimate what training `model` on so much needs, beside what this machine has free at the moment.

    Raises:
        AccessError: the acting person may not see the project.
    """
    return situation_here(workspace, project, model, amount=amount, objective=settings.objective).fit(settings)


def settings_here(
    workspace: Workspace,
    project: Project,
    model: Model,
    *,
    amount: Amount,
    goal: str,
    minutes: float | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Derived:
    """Return the settings for a goal here, be it one of the project's own, with what was changed.

    Raises:
        AccessError: the acting person may not see the project.
        InputError: the goal or a changed setting is unknown, a value is out of range, or the goal is one for another model.
    """
    objective = TrainingSettings.from_values(dict(changes or {})).objective
    situation = situation_here(workspace, project, model, amount=amount, minutes=minutes, objective=objective)
    for own in find(workspace.db, OwnGoal, project_id=project.id, name=goal):
        if own.model != model.name:
            hint = Hint("Train that model, or choose another goal.", command=f"--model {own.model}")
            raise InputError(f"The goal {own.name} was found with the model {own.model}.", hint)
        return as_found(TrainingSettings.from_values(own.settings), situation, changes)
    return derive(goal, situation, changes)
