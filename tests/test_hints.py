"""Hints of errors: words for everybody, the command apart from them. Pages show the words, the command line both."""

import ast
import pickle  # noqa: S403 our own errors, as multiprocessing sends them
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.cli.shell import one_line, report_error
from core.errors import REPAIR, GarrisonError, Hint, InputError, SetupError
from core.models.engine.crash import EngineCrashed
from tests.test_docs import PLACEHOLDER, fault_of_argparse, fault_of_garrison, installer_parser

ROOT = Path(__file__).resolve().parent.parent
# The command line and the installer speak of commands: they are what is run.
SPEAKS_OF_COMMANDS = ROOT / "core" / "cli"
# A command, an option or the installer within a sentence, which is what has a space. Names such as "garrison.job" are none.
COMMAND = re.compile(r"\bgarrison(?:-setup)? [a-z]|\bpython3\b|\binstaller\b|(?:^|[\s(`])--[a-z]")
VALUE = "1"  # stands for a name, a number or a path in a command
LIST = Hint("Choose one of the models.", command="garrison models list")


@dataclass(frozen=True)
class Text:
    """A text in a source file; what is put into it while the program runs is left out."""

    place: str
    words: str


def spoken(tree: ast.Module, place: str) -> Iterator[Text]:
    """Yield every text that may become a message or a hint's words: all but docstrings and commands of hints."""
    silent = {id(part) for command in commands(tree) for part in ast.walk(command)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            silent.add(id(node.body[0].value))  # type: ignore[attr-defined]
        elif isinstance(node, ast.JoinedStr) and id(node) not in silent:
            silent |= {id(part) for part in node.values}
            yield Text(f"{place}:{node.lineno}", filled(node, ""))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield Text(f"{place}:{node.lineno}", node.value)


def commands(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what stands after `command=` in each `Hint(…)`."""
    for call in hints(tree):
        yield from (keyword.value for keyword in call.keywords if keyword.arg == "command")


def hints(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Hint":
            yield node


def filled(text: ast.expr, value: str) -> str:
    """A text with `value` for whatever the program puts into it."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else value for part in parts)


def sources(folder: str) -> list[tuple[ast.Module, str]]:
    paths = sorted((ROOT / folder).rglob("*.py"))
    return [
        (ast.parse(path.read_bytes()), path.relative_to(ROOT).as_posix())
        for path in paths
        if not path.is_relative_to(SPEAKS_OF_COMMANDS)
    ]


def test_the_command_line_shows_words_and_command_as_one_sentence() -> None:
    assert LIST.sentence == "Choose one of the models: garrison models list"
    assert (Hint("Try again.").sentence, Hint().sentence) == ("Try again.", "")


def test_a_hint_given_as_text_is_words_without_a_command() -> None:
    assert InputError("Too long.", "Shorten it.").hint == Hint("Shorten it.", command="")
    assert InputError("Too long.").hint == Hint()


def test_an_error_as_text_holds_no_command() -> None:
    assert str(SetupError("There is no model.", LIST)) == "There is no model. Choose one of the models."
    assert str(InputError("Too long.")) == "Too long."


@pytest.mark.parametrize("is_json", [False, True])
def test_the_command_line_reports_the_command_too(capsys: pytest.CaptureFixture[str], *, is_json: bool) -> None:
    assert report_error(SetupError("There is no model.", LIST), is_json=is_json) == 3
    said = capsys.readouterr()
    assert said.err == f"garrison: There is no model. {LIST.sentence}\n"
    assert said.out == (f'{{"error": "There is no model.", "hint": "{LIST.sentence}"}}\n' if is_json else "")


def test_an_error_of_a_library_is_one_line_as_well() -> None:
    assert one_line(ValueError("two\n lines")) == "two lines"


@pytest.mark.parametrize("error", [SetupError("Gone.", LIST), EngineCrashed(-11, "wrote")])
def test_a_hint_comes_whole_through_a_pickle(error: GarrisonError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(again), again.message, again.hint) == (type(error), error.message, error.hint)
    assert again.hint.command


def test_no_words_of_core_name_a_command() -> None:
    texts = [text for tree, place in sources("core") for text in spoken(tree, place) if " " in text.words]
    assert len(texts) > 1000
    assert [f"{text.place} {text.words}" for text in texts if COMMAND.search(text.words)] == []


@pytest.mark.parametrize(
    "hint",
    [
        '"Make some: garrison questions generate NAME"',
        'f"Run garrison anonymize {project.name}."',
        '"Choose another name, or replace it with --force."',
        '"Give it (--as NAME)."',
        '"Run: python3 installer run"',
        '"Let the installer run again."',
        'Hint("Write your name with --as.", command="--as NAME")',
    ],
)
def test_a_command_among_the_words_is_seen(hint: str) -> None:
    tree = ast.parse(f'def check():\n    """See `garrison models list`."""\n    raise InputError("No.", {hint})')
    assert [text.place for text in spoken(tree, "a.py") if COMMAND.search(text.words)] == ["a.py:3"]
    tree = ast.parse('raise InputError("No.", Hint("Write your name.", command="--as NAME"))')
    assert [text for text in spoken(tree, "a.py") if COMMAND.search(text.words)] == []


def test_every_hint_with_a_command_has_words_of_its_own() -> None:
    calls = [
        (place, call)
        for tree, place in sources("core")
        for call in hints(tree)
        if any(keyword.arg == "command" for keyword in call.keywords)
    ]
    assert len(calls) > 30
    assert [f"{place}:{call.lineno}" for place, call in calls if not call.args or not filled(call.args[0], VALUE)] == []
    assert REPAIR.words and REPAIR.command


def test_the_commands_of_hints_exist() -> None:
    found = [
        filled(command, VALUE)
        for tree, _ in sources("core")
        for command in commands(tree)
        if "action" not in ast.unparse(command)  # of open points: tests/services/review/test_open_points.py knows them
    ]
    lines = [line for text in found for line in text.split(", or ")]
    ours, installers = after("garrison ", lines), after("python3 installer ", lines)
    assert len(ours) > 20 and len(installers) > 5
    assert [words for words in ours if fault_of_garrison(words, may_be_part=True)] == []
    parser = installer_parser("commands")
    assert [words for words in installers if fault_of_argparse(parser, words, may_be_part=True)] == []


def after(program: str, lines: list[str]) -> list[tuple[str, ...]]:
    """The words behind a program's name, a value in place of each placeholder."""
    found = [line.removeprefix(program).split() for line in lines if line.startswith(program)]
    return [tuple(VALUE if PLACEHOLDER.fullmatch(word) else word for word in words) for words in found]


def test_pages_know_no_commands() -> None:
    """They take the words of a hint, and neither make hints nor read what belongs to the command line."""
    unknown = {"Hint", "command", "sentence", "hint_command"}
    asked = [
        f"{place}:{node.lineno} {name}"
        for tree, place in sources("dashboard")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute | ast.alias)
        for name in [node.attr if isinstance(node, ast.Attribute) else node.name]
        if name in unknown
    ]
    assert asked == []
