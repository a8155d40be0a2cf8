"""What a search has found so far, in a file of its folder that pages and commands read without Optuna."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from core.errors import InputError
from core.files import write_atomic
from core.records import Job, Project
from core.services.training.search.measuring import Measured
from core.settings import TrainingSettings
from core.storage import Workspace, find, rights
from core.training.search import TrialRecord, best_of

KIND = "search"
FILE, STUDY_FILE = "trials.json", "study.sqlite3"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchProgress:
    """The trials of a search, what they are measured by, and the settings that they vary."""

    model: str
    base: TrainingSettings
    full_epochs: float  # of the training that the settings are for; trials may be shorter
    by: Measured
    trials: tuple[TrialRecord, ...]

    @property
    def best(self) -> TrialRecord | None:
        """The trial with the lowest error; None if none has come to its end."""
        return best_of(self.trials)

    def best_settings(self) -> TrainingSettings | None:
        """Return the settings of the best trial, for a whole training; None if there is none."""
        if self.best is None:
            return None
        chosen = dict(self.best.chosen)
        changes = {"lora_alpha": 2 * chosen.get("lora_rank", self.base.lora_rank), "max_steps": 0}
        if "epochs" not in chosen:
            changes["epochs"] = self.full_epochs
        return TrainingSettings.from_values({**self.base.model_dump(), **chosen, **changes})

    def write(self, folder: Path) -> None:
        """Store it in the search's folder."""
        told = {
            "model": self.model,
            "base": self.base.model_dump(),
            "full_epochs": self.full_epochs,
            "by": self.by,
            "trials": [trial.as_json() for trial in self.trials],
        }
        write_atomic(folder / FILE, json.dumps(told, indent=1))

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """Read what `write` stores."""
        return cls(
            model=told["model"],
            base=TrainingSettings.from_values(told["base"]),
            full_epochs=told["full_epochs"],
            by=told["by"],
            trials=tuple(TrialRecord.from_json(each) for each in told["trials"]),
        )


def newest_search(workspace: Workspace, project: Project) -> tuple[Job, SearchProgress] | None:
    """Return the job of the project's newest search that has begun a trial, and what it has found; None if there is none."""
    rights.check(workspace.db, "see project", project.id)
    for job in find(workspace.db, Job, project_id=project.id, kind=KIND, order="created_at desc, rowid desc"):
        file = workspace.search_folder(project.id, job.id) / FILE
        if file.exists():
            return job, SearchProgress.from_json(json.loads(file.read_text(encoding="utf-8")))
    return None


def found_settings(workspace: Workspace, project: Project) -> tuple[str, TrainingSettings]:
    """Return the model of the newest search and the best settings that it has found.

    Raises:
        InputError: there is no search, or none of its trials has come to its end.
    """
    rights.check(workspace.db, "see project", project.id)
    newest = newest_search(workspace, project)
    settings = newest[1].best_settings() if newest else None
    if newest is None or settings is None:
        raise InputError("There is no search that has found settings yet.", "Start a search, or wait for its first trial.")
    return newest[1].model, settings
