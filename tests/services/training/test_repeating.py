"""A run is repeated with the model, the dataset version and the settings of another one."""

from dataclasses import replace

import pytest

from core.errors import InputError
from core.records import Project
from core.services.training import runs
from core.storage import get, insert


def test_a_repeated_run_trains_on_the_same_version_with_what_was_changed(workspace, learned):
    params = runs.repeated(workspace, learned.project, learned.run.id, {"seed": 7})
    assert (params.model, params.dataset_id) == (learned.run.model, learned.run.dataset_id)
    assert params.settings.seed == 7
    assert params.settings.epochs == learned.run.settings["epochs"]


def test_a_run_of_a_version_before_goals_is_repeated_too(workspace, learned):
    settings = {name: value for name, value in learned.run.settings.items() if name != "goal"} | {"preset": "thorough"}
    insert(workspace.db, replace(learned.run, id="run-2", number=2, settings=settings))
    assert runs.repeated(workspace, learned.project, "run-2", {}).settings.goal == "heart"


def test_what_belongs_to_another_project_is_not_repeated(workspace, learned):
    other = get(workspace.db, Project, workspace.create_project("Other").id)
    with pytest.raises(InputError, match="another project"):
        runs.repeated(workspace, other, learned.run.id, {})
    with pytest.raises(InputError, match="another project"):
        runs.version_of(workspace, other, learned.run.dataset_id)


def test_an_unknown_setting_is_refused(workspace, learned):
    with pytest.raises(InputError, match="color"):
        runs.repeated(workspace, learned.project, learned.run.id, {"color": "red"})
