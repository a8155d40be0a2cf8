"""The examples of docs/extending.md: each is followed as written, in a copy of the checkout, and does what it should."""

import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ERRAND = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"^# ([\w./]+), (a new file|at the end|(?:above|in|raise) .+)\n", re.MULTILINE)
TOUCHED = re.compile(r"^Followed as written it touched (\d+) files: ([^.]*(?:\.\w[^.]*)*)\.$", re.MULTILINE)
COPIED = ("core", "dashboard", "tests", "pyproject.toml")
FAMILY = "A model family"  # proven by its own tests, which compare it with llama.cpp

# For each errand what shows in the copy that the new thing works, beside the example's own tests.
PROOFS = {
    "A filter for question pairs": """
from core.questions import apply_filters, summary
from core.records import QuestionPair
from core.settings import FilterSettings


def test_the_pair_is_dropped():
    def pair(question):
        return QuestionPair(
            id=question, project_id="p", input=question, output="It shows the pump of the boat.", origin="generated",
            document_id="d", document_name="d", created_at="2026-11-29T00:00:00.000+00:00",
        )

    judged = apply_filters([pair("What does the sketch show?"), pair("What does table 7 show?")], FilterSettings())
    assert summary(judged) == {"kept": 1, "points at a page": 1}
""",
    "A format for question pairs": """
import json

from typer.testing import CliRunner

from core.cli.app import app
from core.questions import PAIR_FORMATS, write_pairs
from core.records import QuestionPair


def test_the_format_is_offered_and_written(tmp_path):
    pair = QuestionPair(
        id="1", project_id="p", input="Where?", output="Here.", origin="generated", document_id="d", document_name="d",
        page="page 3", created_at="2026-11-29T00:00:00.000+00:00",
    )
    path = tmp_path / "pairs.jsonl"
    write_pairs([pair], path, format="completion", with_source=True)
    row = json.loads(path.read_text())
    assert (row["prompt"], row["completion"], row["page"]) == ("Where?", "Here.", "page 3")
    assert PAIR_FORMATS["completion"].words == "JSONL with prompt and completion"
    assert "completion" in CliRunner().invoke(app, ["questions", "export", "--help"], terminal_width=200).output
""",
    "A recognizer for a known type of personal data": """
from found_and_replaced import found, replaced

from core.records import SEARCH_VERSION


def test_the_value_is_found_and_replaced():
    text = "Charge it to cost centre 9921-K, not to me."
    assert found(text) == [("REFERENCE", "9921-K")]
    assert "9921-K" not in replaced(text) and replaced(text).startswith("Charge it to cost centre ")
    assert SEARCH_VERSION == BEFORE + 1
""",
    "A new type of personal data": """
from found_and_replaced import found, replaced

from core.privacy.entities import ENTITIES
from core.records import SEARCH_VERSION
from dashboard.components.review.page_text import entity_words


def test_the_value_is_found_and_replaced():
    text = "It has asset tag QT8815. Look for QT8815 in the list."
    assert found(text) == [("ASSET_TAG", "QT8815"), ("ASSET_TAG", "QT8815")]
    assert "QT8815" not in replaced(text) and "<" not in replaced(text)
    assert "ASSET_TAG" in ENTITIES and entity_words("ASSET_TAG") == "asset tag"
    assert SEARCH_VERSION == BEFORE + 1
""",
    "A page": """
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.storage import Workspace


def test_the_page_is_in_the_menu_and_opens(home):
    project = Workspace(home).create_project("Field manuals")
    app = AppTest.from_file(Path("dashboard/app.py").resolve(), default_timeout=120)
    app.session_state["project_id"] = project.id
    app.run().switch_page("app_pages/releases.py").run()
    links = [element.proto.label for element in app.sidebar if element.type == "page_link"]
    assert links.index("Audit") < links.index("Releases") < links.index("Models")  # in the section "Privacy"
    assert [title.value for title in app.title] == ["Releases"] and not app.exception and not app.error
    assert any("Nothing was exported yet" in words.value for words in [*app.markdown, *app.caption, *app.info])
""",
}
# The example's own tests, and others that its change must not break.
OWN_TESTS = {
    "A filter for question pairs": ["tests/questions/filters/test_judging.py"],
    "A format for question pairs": ["tests/questions/formats", "tests/dashboard/test_new_formats.py"],
    "A recognizer for a known type of personal data": ["tests/privacy/recognizers/test_families.py"],
    "A new type of personal data": ["tests/privacy/recognizers/test_families.py", "tests/privacy/test_entities.py"],
    "A page": ["tests/dashboard/test_shell.py", "-k", "releases or menu"],
    FAMILY: ["tests/conversion/test_families.py", "-k", "olmo_2 and not export"],  # which merges what the others compare
}
# What the recognizers find alone, without a network, and the text with a project's surrogates in place of it.
FOUND_AND_REPLACED = """
from core.privacy.detection.overlaps import resolve
from core.privacy.detection.propagation import propagate
from core.privacy.recognizers.families import RULES
from core.privacy.recognizers.rule import RuleSet
from core.privacy.replacement.masking import mask
from core.privacy.replacement.surrogates import SurrogateTable
from core.records import Detection, Span


def detections(text):
    first = [
        Detection(start=start, end=end, entity=rule.entity, score=rule.score, detector="rules")
        for rule, (start, end) in RuleSet(RULES).find(text)
    ]
    return sorted(resolve(text, [*first, *propagate(text, first)]), key=lambda each: each.start)


def found(text):
    return [(each.entity, text[each.start : each.end]) for each in detections(text)]


def replaced(text):
    table = SurrogateTable(b"k" * 32, ())
    spans = [
        Span(
            id=str(number), document_id="d", start=each.start, end=each.end, entity=each.entity, score=each.score,
            detector="rules", surrogate=table.surrogate(each.entity, text[each.start : each.end]),
        )
        for number, each in enumerate(detections(text))
    ]
    return mask(text, spans).text
"""


@dataclass(frozen=True)
class Errand:
    """A section of the document: the paths it says it touched, and its code, piece by piece with its place."""

    title: str
    number: int
    touched: tuple[str, ...]
    pieces: tuple[tuple[str, str, str], ...]  # path, where in it, code


def document() -> str:
    return (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")


@cache
def errands() -> dict[str, Errand]:
    found = {}
    for title, body in ERRAND.findall(document()):
        (block,), (said,) = BLOCK.findall(body), TOUCHED.findall(body)
        parts = PLACE.split(block)[1:]
        pieces = tuple((path, where, code.strip("\n")) for path, where, code in zip(*[iter(parts)] * 3, strict=True))
        touched = tuple(path.replace("<", "").replace(">", "") for path in re.findall(r"`([^`]+)`", said[1]))
        found[title] = Errand(title, int(said[0]), touched, pieces)
    return found


def follow(errand: Errand, folder: Path) -> None:
    """Do in the checkout in `folder` what the errand's code says."""
    for path, where, code in errand.pieces:
        file = folder / path
        assert file.exists() == (where != "a new file"), path
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        verb, _, name = where.partition(" ")
        if where == "a new file":
            text = f"{code}\n"
        elif where == "at the end":
            text = f"{text.rstrip()}\n\n\n{code}\n"
        elif verb == "above":
            at = text.index(f"\n{name} = ") + 1
            text = f"{text[:at]}{code}\n\n\n{text[at:]}"
        elif verb == "raise":
            old = re.search(rf"^{name.removesuffix(' by one')} = (\d+)\b", text, re.MULTILINE)
            assert old
            text = f"{text[: old.start(1)]}{int(old[1]) + 1}{text[old.end(1) :]}"
        else:
            at = end_of_table(text, name)
            comma = "" if text[:at].rstrip()[-1] in ",([{" else ", "
            text = f"{text[:at]}{comma}{code}\n{text[at:]}"
        file.write_text(text, encoding="utf-8")
        ast.parse(text)


def end_of_table(text: str, name: str) -> int:
    """Return where the closing bracket of a table stands: of `NAME`, or of `NAME["key"]` in a dictionary."""
    name, _, key = name.removesuffix('"]').partition('["')
    values = [
        node.value
        for node in ast.parse(text).body
        if (isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name)
        or (isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == name)
    ]
    (table,) = values
    if key:
        assert isinstance(table, ast.Dict)
        keys = [ast.literal_eval(each) for each in table.keys if each]
        table = table.values[keys.index(key)]
    assert isinstance(table, ast.Tuple | ast.List | ast.Dict)
    assert table.end_lineno is not None and table.end_col_offset is not None
    lines = text.encode().splitlines(keepends=True)
    before = b"".join(lines[: table.end_lineno - 1]) + lines[table.end_lineno - 1][: table.end_col_offset]
    return len(before.decode()) - 1


def checkout(folder: Path) -> Path:
    """Copy what the errands touch, with the proofs, into an empty folder."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    before = re.search(r"^SEARCH_VERSION = (\d+)", (ROOT / "core" / "records.py").read_text(encoding="utf-8"), re.MULTILINE)
    assert before
    for title, proof in PROOFS.items():
        (folder / place_of(title)).write_text(proof.replace("BEFORE", before[1]), encoding="utf-8")
    (folder / "tests" / "found_and_replaced.py").write_text(FOUND_AND_REPLACED, encoding="utf-8")
    return folder


def run_tests(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run tests of the checkout in `folder`, in one process of their own."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "--show-capture=no", *arguments]
    paths = os.pathsep.join([str(folder), str(folder / "tests")])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def place_of(title: str) -> str:
    """Where the proof of an errand lies in the copy."""
    return f"tests/test_proof_{list(PROOFS).index(title)}.py"


def test_the_document_holds_the_errands():
    assert list(errands()) == list(OWN_TESTS) == [*PROOFS, FAMILY]


@pytest.mark.parametrize("title", OWN_TESTS)
def test_an_errand_says_which_files_it_touches(title):
    errand = errands()[title]
    assert {path for path, _, _ in errand.pieces} == set(errand.touched)
    assert len(errand.touched) == errand.number
    rows = re.findall(r"^\| \[.*\]\(#([\w-]+)\) \| (\d+) \|", document(), re.MULTILINE)
    assert dict(rows)[title.lower().replace(" ", "-")] == str(errand.number)


@pytest.mark.slow
@pytest.mark.parametrize("title", PROOFS)
def test_an_errand_followed_as_written_works(title, tmp_path):
    folder = checkout(tmp_path)
    follow(errands()[title], folder)
    done = run_tests(folder, place_of(title), *OWN_TESTS[title])
    assert done.returncode == 0, done.stdout


@pytest.mark.model
def test_a_family_followed_as_written_works(tmp_path):
    folder = checkout(tmp_path)
    follow(errands()[FAMILY], folder)
    done = run_tests(folder, *OWN_TESTS[FAMILY])
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout


@pytest.mark.slow
def test_no_proof_holds_before_its_errand(tmp_path):
    folder = checkout(tmp_path)
    done = run_tests(folder, *map(place_of, PROOFS))
    assert f"{len(PROOFS)} failed in" in done.stdout, done.stdout
