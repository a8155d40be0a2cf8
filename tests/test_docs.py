"""What the documents name exists: commands with their options, files, links, benchmarks. The real parsers are asked."""

import argparse
import contextlib
import importlib.util
import io
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from core.cli import app as command_line
from tests.benchmarks import __main__ as benchmark_line
from tests.benchmarks.catalog import benchmarks

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```[^\n]*$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
FIRST_FOLDERS = "core|dashboard|docs|installer|tests"
REPOSITORY_PATH = re.compile(rf"(?<![\w./~<>-])(?:{FIRST_FOLDERS})/[\w./<>*-]*")
NEW_FILE = re.compile(r"^# [\w./]+, a new file$")  # in an example of docs/extending.md
FILE_NAME = re.compile(r"[\w/]+\.py")  # without the folders before it, as where a row of a table names several
MODULE = re.compile(rf"-m ((?:{FIRST_FOLDERS})(?:\.\w+)+)")
COMMANDS = {
    "garrison": re.compile(r"(?:^|[\s=]|/bin/)garrison (?=[a-z\[-])(.*)"),
    "installer": re.compile(r"(?:^|\s)(?:python3 )?installer (?=[a-z-])(.*)"),
    "set-up": re.compile(r"(?:^|\s|/)(?:garrison-)?setup (?=[a-z-])(.*)"),
    "benchmarks": re.compile(r"-m tests\.benchmarks(?![\w.])(.*)"),
}
PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9_]*…?")  # FILE, NAME…, N: replaced by a value that fits numbers, names and paths


@dataclass(frozen=True)
class Code:
    """A piece of code in a document: a line of a block, or what stands in backticks."""

    document: Path
    text: str
    is_line: bool

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}: {self.text}"


@dataclass(frozen=True)
class Command:
    """A command line in a document, without the program's name. One in backticks may leave out what must follow."""

    place: Code
    words: tuple[str, ...]


def code_of(document: Path, text: str) -> Iterator[Code]:
    """Yield the lines of the code blocks, fenced or indented, and what stands in backticks elsewhere."""
    for block in FENCE.findall(text):
        yield from (Code(document, line.strip(), True) for line in block.splitlines() if line.strip())
    prose = []
    for line in FENCE.sub("", text).splitlines():
        if line.startswith("    "):
            yield Code(document, line.strip(), True)
        prose.append("" if line.startswith("    ") and "`" not in line else line)
    yield from (Code(document, " ".join(span.split()), False) for span in SPAN.findall("\n".join(prose)))


def commands_in(pieces: list[Code], program: str) -> list[Command]:
    """The command lines of `program`: up to two spaces or a "#" in a block, where words for people follow."""
    found = []
    for piece in pieces:
        line = re.split(r"\s{2,}|\s#\s", piece.text)[0] if piece.is_line else piece.text
        if match := COMMANDS[program].search(line):
            words = shlex.split(match[1].replace("[", "").replace("]", ""))
            found.append(Command(piece, tuple("1" if PLACEHOLDER.fullmatch(word) else word for word in words)))
    return found


@cache
def tree() -> Any:
    """The commands of `garrison`, as typer makes them."""
    return typer.main.get_command(command_line.app)


def fault_of_garrison(words: tuple[str, ...], *, may_be_part: bool) -> str:
    """What typer's parser says against the words, "" if nothing. Nothing is run but the parser."""
    command = tree()
    try:
        context = command.make_context("garrison", command_line._globals_first(list(words)))
        while hasattr(command, "commands"):
            rest = [*context._protected_args, *context.args]
            if not rest:
                return "" if may_be_part or command.invoke_without_command else "a command is missing"
            name, command, rest = command.resolve_command(context, rest)
            if not rest and may_be_part:
                return ""
            context = command.make_context(name, rest, parent=context)
    except typer.TyperException as error:
        is_part = type(error).__name__ in ("MissingParameter", "NoArgsIsHelpError") or "requires an argument" in str(error)
        return "" if may_be_part and is_part else error.format_message() or type(error).__name__
    return ""


def fault_of_argparse(parser: argparse.ArgumentParser, words: tuple[str, ...], *, may_be_part: bool) -> str:
    """What argparse says against the words, "" if nothing."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            parser.parse_args(list(words))
    except SystemExit:
        message = said.getvalue().strip().splitlines()[-1]
        is_part = "are required" in message or "expected" in message
        return "" if may_be_part and is_part else message
    return ""


def installer_parser(name: str) -> argparse.ArgumentParser:
    """The parser in `installer/<name>.py`, whose modules are found by their plain names."""
    path = ROOT / "installer" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"documented_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    parser = module.parser()
    assert isinstance(parser, argparse.ArgumentParser)
    return parser


def slugs(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        number = next(number for number in range(len(found) + 1) if f"{slug}-{number or ''}".rstrip("-") not in found)
        found.add(f"{slug}-{number}" if number else slug)
    return found


def broken_links(document: Path, text: str) -> list[str]:
    """The relative links of a document that lead to no file, or to no heading of it."""
    broken = []
    for target in LINK.findall(SPAN.sub("", FENCE.sub("", text))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        is_good = file.exists() and (not anchor or anchor in slugs(text if file == document else file.read_text("utf-8")))
        if not is_good:
            broken.append(target)
    return broken


def missing_paths(piece: Code) -> list[str]:
    """The repository's paths in a piece of code that do not exist; `<name>` stands for any name."""
    paths = [path.rstrip(".") for path in REPOSITORY_PATH.findall(NEW_FILE.sub("", piece.text))]
    paths += [module.replace(".", "/") for module in MODULE.findall(piece.text)]
    patterns = [(path, re.sub(r"<[^>]*>", "*", path)) for path in paths]
    if not paths and not piece.is_line and FILE_NAME.fullmatch(piece.text):
        patterns = [(piece.text, f"{folder}/**/{piece.text}") for folder in FIRST_FOLDERS.split("|")]
        return [] if any(exists(pattern) for _, pattern in patterns) else [piece.text]
    return [path for path, pattern in patterns if not exists(pattern)]


def exists(pattern: str) -> bool:
    """Whether there is such a file, folder or module."""
    return any(ROOT.glob(pattern.rstrip("/"))) or (ROOT / f"{pattern}.py").exists()


@pytest.fixture(scope="module")
def pieces() -> list[Code]:
    return [piece for document in DOCUMENTS for piece in code_of(document, document.read_text(encoding="utf-8"))]


def test_commands_of_garrison_exist(pieces):
    commands = commands_in(pieces, "garrison")
    faults = [(command, fault_of_garrison(command.words, may_be_part=not command.place.is_line)) for command in commands]
    assert len(commands) > 30
    assert [f"{command.place} ({fault})" for command, fault in faults if fault] == []


@pytest.mark.parametrize(("program", "module", "least"), [("installer", "commands", 20), ("set-up", "garrison_setup", 3)])
def test_commands_of_the_installer_exist(pieces, program, module, least):
    parser, commands = installer_parser(module), commands_in(pieces, program)
    faults = [(each, fault_of_argparse(parser, each.words, may_be_part=not each.place.is_line)) for each in commands]
    assert len(commands) > least
    assert [f"{command.place} ({fault})" for command, fault in faults if fault] == []


def fault_of_benchmarks(words: tuple[str, ...]) -> str:
    """The names among the words that no benchmark has, "" if none."""
    unknown = set(benchmark_line._parsed(list(words)).names) - {benchmark.name for benchmark in benchmarks()}
    return f"no benchmark {', '.join(sorted(unknown))}" if unknown else ""


def test_benchmarks_exist(pieces):
    names, commands = {benchmark.name for benchmark in benchmarks()}, commands_in(pieces, "benchmarks")
    assert len(commands) > 6
    assert [str(command.place) for command in commands if fault_of_benchmarks(command.words)] == []
    listed = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8").partition("## ")[0]
    assert names <= set(SPAN.findall(listed))


def test_paths_exist(pieces):
    assert sum(bool(REPOSITORY_PATH.search(piece.text)) for piece in pieces) > 60
    assert [f"{piece} ({path})" for piece in pieces for path in missing_paths(piece)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    assert broken_links(document, document.read_text(encoding="utf-8")) == []


def all_commands() -> list[tuple[str, ...]]:
    """The words of every command and group of `garrison`, the program itself first."""
    found: list[tuple[str, ...]] = []

    def walk(command: Any, words: tuple[str, ...]) -> None:
        found.append(words)
        for name, below in getattr(command, "commands", {}).items():
            walk(below, (*words, name))

    walk(tree(), ())
    return found


@pytest.mark.parametrize("words", all_commands(), ids=lambda words: " ".join(words) or "garrison")
def test_every_command_tells_its_own_help(words, capsys):
    with pytest.raises(SystemExit) as ended:
        command_line.main([*words, "--help"])
    said = capsys.readouterr()
    usage = next(line for line in said.out.splitlines() if "Usage:" in line).split()
    assert ended.value.code == 0 and said.err == ""
    assert [word for word in usage[1:] if word in {"garrison", *words}] == ["garrison", *words]
    command = tree()
    for word in words:
        command = command.commands[word]
    assert command.help and command.help.split(".")[0].split()[0] in said.out


def faults_in(text: str) -> list[str]:
    """What is found against a document with this text, which would lie in docs/."""
    document = ROOT / "docs" / "made.md"
    pieces = list(code_of(document, text))
    found = [path for piece in pieces for path in missing_paths(piece)] + broken_links(document, text)
    for command in commands_in(pieces, "garrison"):
        found.append(fault_of_garrison(command.words, may_be_part=not command.place.is_line))
    for program, module in (("installer", "commands"), ("set-up", "garrison_setup")):
        parser = installer_parser(module)
        for command in commands_in(pieces, program):
            found.append(fault_of_argparse(parser, command.words, may_be_part=not command.place.is_line))
    found += [fault_of_benchmarks(command.words) for command in commands_in(pieces, "benchmarks")]
    return [fault for fault in found if fault]


@pytest.mark.parametrize(
    "text",
    [
        "Say `garrison train PROJECT --goal quick` or `garrison lists`.",
        "Say\n\n    garrison jobs list --json    # all\n    bin/garrison review PROJECT add DOCUMENT --start N --end N\n",
        "`python3 installer bundle --sign KEY`, [architecture](architecture.md#who-acts), `core/services/<stage>.py`",
        "```\npython3 installer test --quick\n```",
    ],
)
def test_nothing_is_said_against_what_exists(text):
    assert faults_in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "`garrison trian PROJECT`",
        "`garrison train PROJECT --epochs 3`",
        "`garrison review PROJECT accept --everything`",
        "Say\n\n    garrison train\n",
        "Say\n\n    garrison lists\n",
        "`python3 installer run --quick`",
        "`installer tests`",
        "`python -m tests.benchmarks starting --rounds 2`",
        "    setup verify /media/disk --fingerprints HEX",
        "`core/privacy/rules/`",
        "`way_back.py`",
        "`python -m core.cli.nothing`",
        "[x](nowhere.md)",
        "[x](architecture.md#the-work-space)",
        "[x](#here)\n\n## There\n",
    ],
)
def test_faults_are_found(text):
    assert len(faults_in(text)) == 1
