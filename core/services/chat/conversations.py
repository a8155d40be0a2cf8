"""A person's conversations in a project: listed, begun, changed, deleted for good. Nobody sees those of others."""

import re
from dataclasses import replace

from core.errors import InputError
from core.records import ChatSetup, ChatTurn, Conversation, Project, new_id, now
from core.services.chat.earlier.said import drop
from core.services.chat.keeping.stored_form import StoredForm
from core.storage import Permitted, Workspace, delete, find, get, insert, rights, update
from core.storage.chat_retention import clean, forget_others, is_due
from core.storage.traceless import empty_log, traceless

TITLE_CHARACTERS = 60


def conversations(workspace: Workspace, project: Project, *, words: str = "") -> list[Conversation]:
    """Return the acting person's conversations: pinned ones first, then by their last question, newest first.

    `words` limits the result to those that have it in their title, a question or an answer, whatever its letters' case.
    """
    permitted = workspace.allowed("chat", project.id)
    if is_due(permitted.db):
        clean(workspace)
    order = "is_pinned desc, updated_at desc, rowid desc"
    own = find(permitted.db, Conversation, project_id=project.id, person_id=rights.person_id(permitted.db), order=order)
    sought = words.strip().casefold()
    return [each for each in own if not sought or _holds(permitted, each, sought)]


def _holds(permitted: Permitted, conversation: Conversation, sought: str) -> bool:
    if sought in conversation.title.casefold():
        return True
    turns = find(permitted.db, ChatTurn, conversation_id=conversation.id, is_replaced=False)
    return any(sought in text.casefold() for turn in turns for text in (turn.question, turn.answer))


def own_conversation(workspace: Workspace, conversation_id: str) -> tuple[Conversation, Permitted]:
    """Return one of the acting person's conversations and the workspace for what follows.

    Raises:
        InputError: there is none with this id, or it is somebody else's.
        AccessError: the actor may not chat in its project any more.
    """
    conversation = get(workspace.db, Conversation, conversation_id)
    permitted = workspace.allowed("chat", conversation.project_id)
    if conversation.person_id != rights.person_id(permitted.db):
        raise InputError(f"There is no conversation {conversation_id!r}.", "Look at the list for the right id.")
    return conversation, permitted


def begin(workspace: Workspace, project: Project, question: str, *, setup: ChatSetup) -> Conversation:
    """Store a new conversation, which is named after its first question; where none is kept, the one before is deleted.

    Raises:
        InputError: there is no question.
        AccessError: the acting person may not chat in this project.
    """
    permitted = workspace.allowed("chat", project.id)
    if not question.strip():
        raise InputError("There is no question to answer.", "Write a message first.")
    form = StoredForm(permitted, project.id)
    conversation = Conversation(
        id=new_id("conversation"),
        project_id=project.id,
        person_id=rights.person_id(permitted.db),
        title=title_of(form.of(question)),
        setup=replace(setup, instruction=form.of(setup.instruction)),
        created_at=now(),
        updated_at=now(),
    )
    with traceless(permitted.db):
        forgotten = forget_others(permitted, project.id)
        insert(permitted.db, conversation)
    if forgotten:
        empty_log(permitted.db)
    return conversation


def title_of(question: str) -> str:
    """Return a conversation's name: the beginning of its first question, to the end of a word."""
    words = " ".join(re.sub(r"[^\S ]+|\s{2,}", " ", question).split())
    if len(words) <= TITLE_CHARACTERS:
        return words
    begun = words[: TITLE_CHARACTERS - 1]
    return f"{begun.rpartition(' ')[0] or begun} …"


def rename(workspace: Workspace, conversation_id: str, title: str) -> None:
    """Give a conversation another name.

    Raises:
        InputError: the name is empty or too long, or there is no such conversation of the acting person.
    """
    conversation, permitted = own_conversation(workspace, conversation_id)
    words = " ".join(title.split())
    if not words or len(words) > 2 * TITLE_CHARACTERS or not words.isprintable():
        raise InputError(
            f"A conversation needs a name of 1 to {2 * TITLE_CHARACTERS} characters.", "Give it a short, plain name."
        )
    title = StoredForm(permitted, conversation.project_id).of(words)
    with traceless(permitted.db):
        update(permitted.db, Conversation, conversation.id, title=title)


def pin(workspace: Workspace, conversation_id: str, *, is_pinned: bool) -> None:
    """Put a conversation at the top of the list, or back among the others.

    Raises:
        InputError: there is no such conversation of the acting person.
    """
    conversation, permitted = own_conversation(workspace, conversation_id)
    with traceless(permitted.db):
        update(permitted.db, Conversation, conversation.id, is_pinned=is_pinned)


def set_up(workspace: Workspace, conversation_id: str, setup: ChatSetup) -> None:
    """Change who answers from the next question on, and how.

    Raises:
        InputError: there is no such conversation of the acting person.
    """
    conversation, permitted = own_conversation(workspace, conversation_id)
    form = StoredForm(permitted, conversation.project_id)
    if setup != conversation.setup:
        setup = replace(setup, instruction=form.of(setup.instruction))
        with traceless(permitted.db):
            update(permitted.db, Conversation, conversation.id, setup=setup)


def delete_for_good(workspace: Workspace, conversation_id: str) -> None:
    """Delete a conversation with its questions, answers and feedback, and overwrite them in the database's files.

    It is not remembered any more from then on.

    Raises:
        InputError: there is no such conversation of the acting person.
    """
    conversation, permitted = own_conversation(workspace, conversation_id)
    turn_ids = [turn.id for turn in find(permitted.db, ChatTurn, conversation_id=conversation.id)]
    drop(permitted, conversation.project_id, turn_ids)  # first, so that a crash leaves no words there
    with traceless(permitted.db):
        delete(permitted.db, Conversation, id=conversation.id)  # cascades to its turns
    drop(permitted, conversation.project_id, turn_ids)  # again, if another question had them read meanwhile
    empty_log(permitted.db)
