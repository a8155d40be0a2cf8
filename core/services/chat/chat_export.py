"""A conversation as a file: Markdown to read, JSONL for programs."""

import json
from dataclasses import asdict

from core.records import AnswerState
from core.services.chat.conversations import own_conversation
from core.services.chat.turns import turns
from core.storage import Workspace

STATE_WORDS: dict[AnswerState, str] = {
    "writing": "is being written",
    "complete": "",
    "cut": "cut here: it reached the longest answer",
    "repeating": "ended here: it only repeated itself",
    "stopped": "stopped here",
    "broken off": "broke off here",
    "unchecked": "was not kept: it could not be searched for personal data",
}


def as_markdown(workspace: Workspace, conversation_id: str) -> str:
    """Return a conversation as Markdown: a heading for each question, answers as they were written.

    Raises:
        InputError: there is no such conversation of the acting person.
    """
    conversation, _ = own_conversation(workspace, conversation_id)
    parts = [f"# {conversation.title}"]
    if conversation.setup.instruction:
        parts.append(f"Instruction: {conversation.setup.instruction}")
    for turn in turns(workspace, conversation_id):
        parts += [f"## {turn.number}. Question", turn.question, f"### Answer of {turn.answerer}", turn.answer.strip()]
        if words := STATE_WORDS[turn.state]:
            parts.append(f"({words})")
        if turn.is_unanswerable:
            parts.append("(It should have been that the documents do not say.)")
        if turn.correction:
            parts += ["### What it should have been", turn.correction]
    return "\n\n".join(parts) + "\n"


def as_jsonl(workspace: Workspace, conversation_id: str) -> str:
    """Return a conversation as JSON, a question with its answer on each line.

    Raises:
        InputError: there is no such conversation of the acting person.
    """
    conversation, _ = own_conversation(workspace, conversation_id)
    setup = asdict(conversation.setup)
    rows = [
        {name: value for name, value in asdict(turn).items() if name not in ("conversation_id", "is_replaced")}
        | {"conversation": conversation.title, "instruction": setup["instruction"], "temperature": setup["temperature"]}
        for turn in turns(workspace, conversation_id)
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
