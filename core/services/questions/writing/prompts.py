"""The prompts of this workspace: those that ship, unless a person edited them."""

from dataclasses import dataclass
from pathlib import Path

from core.files import write_atomic
from core.questions.writers.prompt_files import PROMPTS, check_prompt, shipped
from core.records import Project
from core.storage import Workspace, rights


@dataclass(frozen=True, slots=True, kw_only=True)
class EditablePrompt:
    """A prompt as it is used here."""

    name: str
    words: str
    description: str
    text: str
    is_edited: bool


def list_prompts(workspace: Workspace, project: Project) -> list[EditablePrompt]:
    """Return all prompts as they are used in this workspace, for somebody who works on the questions of `project`.

    Raises:
        AccessError: the actor does not.
    """
    rights.check(workspace.db, "work on questions", project.id)
    edited = edited_prompts(workspace.home)
    return [
        EditablePrompt(
            name=each.name,
            words=each.words,
            description=each.description,
            text=edited.get(each.name) or shipped(each.name),
            is_edited=each.name in edited,
        )
        for each in PROMPTS.values()
    ]


def edited_prompts(home: Path) -> dict[str, str]:
    """Return the texts of the prompts that were edited in the workspace at `home`, by their name."""
    paths = {name: _path(home, name) for name in PROMPTS}
    return {name: path.read_text(encoding="utf-8") for name, path in paths.items() if path.is_file()}


def save_prompt(workspace: Workspace, name: str, text: str) -> None:
    """Use `text` from now on in place of the prompt that ships; it holds for all projects.

    Raises:
        InputError: the text cannot be a prompt, and why.
        AccessError: the actor may not set rules for the whole machine.
    """
    rights.check(workspace.db, "set rules")
    check_prompt(name, text)
    if text.strip() == shipped(name).strip():
        reset_prompt(workspace, name)
        return
    write_atomic(_path(workspace.home, name), text)


def reset_prompt(workspace: Workspace, name: str) -> None:
    """Use the prompt that ships again.

    Raises:
        InputError: there is no prompt of this name.
        AccessError: the actor may not set rules for the whole machine.
    """
    rights.check(workspace.db, "set rules")
    shipped(name)
    _path(workspace.home, name).unlink(missing_ok=True)


def _path(home: Path, name: str) -> Path:
    return home / "prompts" / f"{name}.txt"
