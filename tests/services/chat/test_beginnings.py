"""What a conversation begins with: questions from the documents, and instructions."""

from dataclasses import replace

import pytest

from core.errors import InputError
from core.services.chat.instructions import BUILT_IN, instructions, keep_instruction, remove_instruction
from core.services.chat.starters import COUNT, starter_questions
from core.storage import insert
from tests.learned import learned  # noqa: F401 - a fixture


def test_questions_to_begin_with_are_kept_ones_from_all_over_the_project(workspace, learned):  # noqa: F811
    pattern = learned.pairs[0]
    workspace.db.execute("delete from pairs")
    insert(
        workspace.db,
        *(replace(pattern, id=f"pair-{number}", input=f"What is part number {number}?") for number in range(100, 140)),
        replace(pattern, id="dropped", input="What was dropped here?", state="dropped"),
        replace(pattern, id="cloze", input="The winch holds ____ tonnes."),
        replace(pattern, id="long", input="What " + "very " * 40 + "long?"),
        replace(pattern, id="follow-up", input="And how much is that?", system="Be brief."),
    )
    assert starter_questions(workspace, learned.project) == [f"What is part number {at}?" for at in (105, 115, 125, 135)]


def test_without_pairs_the_headings_of_approved_documents_are_asked_about(workspace, learned):  # noqa: F811
    workspace.db.execute("delete from pairs")
    assert starter_questions(workspace, learned.project) == []
    workspace.db.execute("update approved_passages set heading = 'Winches > Loads' where passage_id = 'passage-0'")
    assert starter_questions(workspace, learned.project) == ["What do the documents say about “Loads”?"]
    workspace.db.execute("update reviews set state = 'withdrawn'")
    assert starter_questions(workspace, learned.project) == []
    assert COUNT == 4


def test_instructions_of_a_project_stand_beside_those_that_come_along(workspace, project):
    other = workspace.create_project("Other")
    keep_instruction(workspace, project, " Site  rules ", text=" Say units. ")
    keep_instruction(workspace, project, "site rules", text="Say all units.")
    assert instructions(workspace, project) == BUILT_IN | {"site rules": "Say all units."}
    assert instructions(workspace, other) == BUILT_IN
    remove_instruction(workspace, project, "Site rules")
    assert instructions(workspace, project) == BUILT_IN
    with pytest.raises(InputError, match="There is no instruction"):
        remove_instruction(workspace, project, "Site rules")


@pytest.mark.parametrize(
    ("name", "text"),
    [("", "x"), ("x" * 41, "x"), ("a\nb\x00", "x"), ("as a TABLE", "x"), ("Mine", " "), ("Mine", "x" * 8001)],
)
def test_an_instruction_that_cannot_be_used_is_refused(workspace, project, name, text):
    with pytest.raises(InputError):
        keep_instruction(workspace, project, name, text=text)
    assert instructions(workspace, project) == BUILT_IN
