"""Prompts that a person edits, tries and resets."""

import pytest

from core.errors import InputError
from core.questions.writers.prompt_files import PROMPTS, shipped
from core.services.questions.writing.prompts import EditablePrompt, edited_prompts, list_prompts, reset_prompt, save_prompt
from core.storage import Workspace


@pytest.fixture
def listed(workspace: Workspace):
    project = workspace.create_project("prompts")

    def find(name: str) -> EditablePrompt:
        return {prompt.name: prompt for prompt in list_prompts(workspace, project)}[name]

    return find


def test_every_prompt_is_listed_as_it_ships(workspace: Workspace, listed) -> None:
    assert all(listed(name).text == shipped(name) and not listed(name).is_edited for name in PROMPTS)
    assert edited_prompts(workspace.home) == {}


def test_an_edited_prompt_is_used_until_it_is_reset(workspace: Workspace, listed) -> None:
    save_prompt(workspace, "several", "My own: {{passage}}")
    assert (listed("several").text, listed("several").is_edited) == ("My own: {{passage}}", True)
    assert edited_prompts(workspace.home) == {"several": "My own: {{passage}}"}
    reset_prompt(workspace, "several")
    reset_prompt(workspace, "several")
    assert listed("several").text == shipped("several")


def test_the_text_that_ships_is_no_edit(workspace: Workspace, listed) -> None:
    save_prompt(workspace, "several", "My own: {{passage}}")
    save_prompt(workspace, "several", shipped("several") + "\n")
    assert not listed("several").is_edited


@pytest.mark.parametrize(("name", "text"), [("several", "no place"), ("../../x", "{{passage}}"), ("unknown", "{{passage}}")])
def test_what_cannot_be_a_prompt_is_refused_and_nothing_is_written(workspace: Workspace, name: str, text: str) -> None:
    with pytest.raises(InputError):
        save_prompt(workspace, name, text)
    assert not (workspace.home / "prompts").exists()
