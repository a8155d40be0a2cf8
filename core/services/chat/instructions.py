"""Instructions to begin a conversation with: some that every project has, and a project's own."""

from core.errors import InputError
from core.records import OwnInstruction, Project, new_id, now
from core.storage import Workspace, delete, find, insert, transaction

MOST_CHARACTERS = 40  # of a name
LONGEST = 8_000  # characters
BUILT_IN: dict[str, str] = {
    "Short and to the point": "Answer in one to three sentences. Leave out introductions and repetitions.",
    "Step by step": (
        "Answer as a numbered list of steps, in the order in which they are done. Name tools, values and warnings in the "
        "step where they are needed."
    ),
    "Only what you know": (
        "Answer only what you know for sure. If you do not know something, say that you do not know it. Do not guess "
        "numbers, names or dates."
    ),
    "For newcomers": (
        "Explain as to somebody who is new to the subject. Say what each technical word means when it comes first, and give "
        "an example."
    ),
    "As a table": "Answer as a table with a heading for each column, and one sentence below it that says what matters most.",
}


def instructions(workspace: Workspace, project: Project) -> dict[str, str]:
    """Return the text of each instruction by its name: those that every project has, then the project's own."""
    permitted = workspace.allowed("chat", project.id)
    own = find(permitted.db, OwnInstruction, project_id=project.id, order="name")
    return BUILT_IN | {each.name: each.text for each in own}


def keep_instruction(workspace: Workspace, project: Project, name: str, *, text: str) -> None:
    """Store an instruction under a name for everybody in the project; one of the same name is replaced.

    Raises:
        InputError: the name or the text cannot be used.
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", project.id)
    chosen, words = " ".join(name.split()), text.strip()
    if not chosen or len(chosen) > MOST_CHARACTERS or not chosen.isprintable():
        raise InputError("An instruction needs a name.", f"Give it one of at most {MOST_CHARACTERS} characters.")
    if chosen.casefold() in {built_in.casefold() for built_in in BUILT_IN}:
        raise InputError(f"{chosen} is an instruction that every project has.", "Choose another name.")
    if not words or len(words) > LONGEST:
        raise InputError(f"An instruction has 1 to {LONGEST:,} characters.", "Write what the model is to keep to.")
    with transaction(permitted.db):
        delete(permitted.db, OwnInstruction, project_id=project.id, name=chosen)
        insert(
            permitted.db,
            OwnInstruction(id=new_id("instruction"), project_id=project.id, name=chosen, text=words, created_at=now()),
        )


def remove_instruction(workspace: Workspace, project: Project, name: str) -> None:
    """Remove one of the project's own instructions; conversations that began with it keep its words.

    Raises:
        InputError: there is none of this name.
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", project.id)
    if not delete(permitted.db, OwnInstruction, project_id=project.id, name=name):
        raise InputError(f"There is no instruction {name!r} of this project's own.", "Look at the list for the right name.")
