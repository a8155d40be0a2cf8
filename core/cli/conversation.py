"""`garrison chat`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.chat.noting import Told, instruction_with, noted, turns_to_note
from core.chat.room import CHARACTERS_A_TOKEN
from core.cli.shell import Shell, report_error, shell_of, visible
from core.cli.sources import reporter, source_fields, source_text
from core.errors import InputError
from core.models.engine import EngineCrashed
from core.models.text import Message
from core.records import ChatNote, Run
from core.services.chat.answerers import open_answerer
from core.storage import get

if TYPE_CHECKING:
    from core.chat import Answer, ChatModel
    from core.services.retrieval.answering import FromDocuments

LONGEST_TOKENS = 2048


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    app.command()(chat)


def chat(
    context: typer.Context,
    model: Annotated[str, typer.Option(help="A model's name.")] = "",
    run: Annotated[str, typer.Option(help="A run's id.")] = "",
    prompt: Annotated[
        str | None, typer.Option(help="Ask this and end; without it, talk until an empty line.", show_default=False)
    ] = None,
    max_tokens: Annotated[int, typer.Option(help="Longest answer.")] = LONGEST_TOKENS,
    temperature: Annotated[float, typer.Option(help="0 gives the same answer every time.")] = 0.0,
    project: Annotated[str, typer.Option(help="With --documents: whose documents.")] = "",
    documents: Annotated[
        bool, typer.Option("--documents", help="Answer from the approved documents, with sources.")
    ] = False,
) -> None:
    """Chat with a model or a run; the answer is printed as it is written."""
    from core.chat import answer

    shell = shell_of(context)
    if bool(model) == bool(run):
        raise InputError("Choose one: --model or --run.", "See: garrison models list, garrison runs PROJECT")
    if prompt is not None:
        _check_prompt(prompt)
    if run:
        get(shell.workspace.db, Run, run)
    answerer = open_answerer(shell.workspace, model or run)
    reading = _reading(shell, answerer, project) if documents or project else None
    talk = _Talk(answerer, answer_tokens=max_tokens, from_documents=bool(reading))

    question = prompt or _ask()
    if shell.is_json and not question:
        raise InputError("Nothing was asked.", "Give a question with --prompt.")
    while question:
        try:
            given = answer(
                reading or answerer,
                talk.asked(question),
                max_tokens=max_tokens,
                temperature=temperature,
                on_piece=None if shell.is_json else _show,
            )
        except EngineCrashed as error:
            print(file=sys.stderr)
            if prompt or shell.is_json:
                raise
            report_error(error, is_json=False)  # continue: the next question restarts the engine
            question = _ask()
            continue
        talk.add(question, given.text)
        told = _told(question, given, backend=answerer.backend)
        if reading:
            cited = reading.cited(given.text)
            shell.show(told | source_fields(cited), source_text(cited))
        else:
            shell.show(told, "\n")
        _show_ending(given)
        question = "" if prompt or shell.is_json else _ask()  # with --json, one question gives one document


class _Talk:
    """What was said so far, as far as the model reads it, and a note of the rest."""

    def __init__(self, model: "ChatModel", *, answer_tokens: int, from_documents: bool) -> None:
        from core.services.retrieval.answering import SOURCE_CHARACTERS

        self._model, self._answer_tokens = model, answer_tokens
        self._source_tokens = SOURCE_CHARACTERS // CHARACTERS_A_TOKEN * from_documents
        self._told: list[Told] = []  # what the note does not tell
        self._note: ChatNote | None = None
        self._count = 0

    def asked(self, question: str) -> list[Message]:
        """Return what the model reads; say so if the beginning is summed up for that."""
        count = turns_to_note(
            lambda left_out: self._model.room(self._messages(question, left_out)),
            len(self._told),
            answer_tokens=self._answer_tokens,
            other_tokens=self._source_tokens,
        )
        if count:
            print("(longer than the model can read: its beginning is summed up …)", file=sys.stderr)
            for step in noted(self._model, self._told[:count], before=self._note):
                self._note = step.note if step.is_whole else self._note
            self._told = self._told[count:]
            if self._note:
                print(f"(earlier in this conversation: {visible(self._note.text)})", file=sys.stderr)
        return self._messages(question)

    def add(self, question: str, given: str) -> None:
        """Add a question with its answer."""
        self._count += 1
        if given.strip():
            self._told.append(Told(self._count, question, given))

    def _messages(self, question: str, left_out: int = 0) -> list[Message]:
        said = instruction_with(self._note)
        for turn in self._told[left_out:]:
            said += [Message("user", turn.question), Message("assistant", turn.answer)]
        return [*said, Message("user", question)]


def _show(piece: str) -> None:
    print(visible(piece), end="", flush=True)


def _show_ending(given: "Answer") -> None:
    """Say on standard error what ended an answer before its own end."""
    if given.is_repeating:
        print("(ended: the model only repeated itself; a higher --temperature may help)", file=sys.stderr)
    elif not given.is_complete:
        print(f"(cut after {given.token_count:,} tokens; --max-tokens allows more)", file=sys.stderr)


def _told(question: str, given: "Answer", *, backend: str) -> dict[str, object]:
    """Return an answer as JSON tells it; `prompt` and `answer` are what earlier versions told."""
    return {
        "text": given.text,
        "tokens": given.token_count,
        "tokens_per_second": round(given.tokens_per_second, 2),
        "time_to_first_token_s": round(given.first_token_s, 4),
        "backend": backend,
        "is_complete": given.is_complete,
        "is_repeating": given.is_repeating,
        "prompt": question,
        "answer": given.text,
    }


def _reading(shell: Shell, answerer: "ChatModel", project: str) -> "FromDocuments":
    """Let the model read the documents of a project before it answers."""
    from core.services.retrieval.answering import FromDocuments

    if not project:
        raise InputError("No project was named.", "Give one with --project, or leave --documents out.")
    return FromDocuments(shell.workspace, shell.workspace.project(project), answerer, report=reporter())


def _check_prompt(prompt: str) -> None:
    if not prompt.strip():
        raise InputError("Nothing was asked.", "Give a question with --prompt.")


def _ask() -> str:
    print("> ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()
