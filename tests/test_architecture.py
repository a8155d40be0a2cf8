"""The arrows of docs/architecture.md, read from the source: who may import whom, and what lies where."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    "documents",
    "privacy",
    "questions",
    "models",
    "training",
    "evaluation",
    "chat",
    "retrieval",
    "deploy",
    "monitoring",
}
READING = {"documents", "privacy", "questions", "evaluation", "retrieval", "chat"}  # the rooms that read text as language

# What each part of core may import from core. Rooms pass records to each other and read no database; only `models` may be
# used by the rest.
WORDS = {
    "access",
    "crash_reports",
    "detectors",
    "embedded",
    "errors",
    "files",
    "intervals",
    "records",
    "run_folder",
    "settings",
    "sign_in",
    "spreadsheets",
    "offline",
    "identity",
    "lean_imports",
    "processes",
    "settings_file",
    "words",
}
ALLOWED = {
    **{word: WORDS for word in WORDS},
    "__init__": {"offline"},
    "carry": {"errors", "carry"},
    "installation": {"errors", "carry", "installation"},
    "storage": WORDS | {"storage"},
    "language": WORDS | {"language"},
    **{room: WORDS | {"models", room} for room in ROOMS},
    **{room: WORDS | {"models", "language", room} for room in READING},
    "models": WORDS | {"models", "carry"},
    "jobs": WORDS | {"storage", "models", "jobs"},
    "services": WORDS | ROOMS | {"storage", "jobs", "services", "sample", "language"},
    "sample": WORDS | {"sample"},
    "cli": WORDS | ROOMS | {"storage", "jobs", "services", "cli", "sample", "carry", "installation"},
}

# The floors of core/privacy, lowest first: each may import those below it.
FLOORS = (
    "entities",
    "classification",
    "text",
    "recognizers",
    "replacement",
    "detection",
    "lists",
)
MOST_FILES = 12  # of core/privacy and core/services side by side in a folder

# Heavy libraries and the only places that know them (import name: paths below the root).
HOMES = {
    "presidio_analyzer": ("core/privacy",),
    "presidio_anonymizer": ("core/privacy",),
    "spacy": ("core/privacy", "core/language"),
    "onnxruntime": ("core/privacy", "core/models"),
    "llama_cpp": ("core/models",),
    "httpx": ("core/models/engine", "core/deploy"),
    "starlette": ("core/deploy",),
    "uvicorn": ("core/deploy",),
    "h11": ("core/deploy",),
    "gguf": ("core/models", "core/training"),
    "peft": ("core/models", "core/training"),
    "bitsandbytes": ("core/models", "core/training"),
    "trl": ("core/training",),
    "accelerate": ("core/training",),
    "optuna": ("core/training",),
    "rouge_score": ("core/evaluation",),
    "pypdfium2": ("core/documents",),
    "rapidocr_onnxruntime": ("core/documents",),
    "docx": ("core/documents",),
    "pptx": ("core/documents",),
    "openpyxl": ("core/documents", "core/questions/formats"),
    "pyarrow": ("core/questions/formats",),
    "sqlite3": ("core/storage", "core/jobs/worker.py", "core/cli/app.py"),  # the last two only tell a full disk
    "typer": ("core/cli",),
    "streamlit": ("dashboard",),
}

TOP_LEVEL = {"pyproject.toml", "dashboard", "core", "installer", "tests", "wheelhouse"}
TOP_LEVEL |= {"README.md", "CHANGELOG.md", "LICENSE", "docs"}
VAGUE = {"utils", "util", "helpers", "helper", "manager", "handler", "base", "common", "misc"}


@dataclass(frozen=True)
class Import:
    """`module` imported in `path` (relative to the root) at `line`."""

    path: str
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} imports {self.module}"


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def imports(path: Path) -> tuple[Import, ...]:
    """Every import of a file, inside functions too; `from a import b` counts as `a.b`, which may be a module."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[Import]:
    where = path.relative_to(ROOT).as_posix()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (Import(where, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{where}:{node.lineno}: write imports in full"
            yield from (Import(where, node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def all_imports(*folders: str) -> list[Import]:
    return [found for path in sources(*folders) for found in imports(path)]


def part_of_core(dotted: str) -> str:
    """`core.privacy.spans` -> `privacy`; the package itself (`core.__version__`) is `__init__`."""
    name = dotted.split(".")[1] if "." in dotted else "__init__"
    return name if name in ALLOWED else "__init__"


def test_core_imports_follow_the_arrows():
    wrong = [
        str(found)
        for found in all_imports("core")
        if found.module.split(".")[0] == "core"
        and part_of_core(found.module) != "__init__"
        and part_of_core(found.module) not in ALLOWED[part_of_core(found.path.removesuffix(".py").replace("/", "."))]
    ]
    assert wrong == []


def test_the_floors_of_privacy_rest_on_each_other():
    def floor(dotted: str) -> int:
        return FLOORS.index(dotted.split(".")[2])

    wrong = [
        str(found)
        for path in sources("core/privacy")
        if path.parent.name != "privacy" or path.name != "__init__.py"  # the face shows all of them
        for found in imports(path)
        if found.module.startswith("core.privacy.")
        and floor(found.module) > floor(found.path.removesuffix(".py").replace("/", "."))
    ]
    assert wrong == []


@pytest.mark.parametrize("room", ["privacy", "services"])
def test_folders_are_small_and_their_tests_lie_in_the_same(room):
    folders = [ROOT / "core" / room, *(path for path in (ROOT / "core" / room).rglob("*") if path.is_dir())]
    assert {path.name: len(list(path.glob("*.py"))) for path in folders if len(list(path.glob("*.py"))) > MOST_FILES} == {}
    tested = {path.name for path in (ROOT / "tests" / room).iterdir() if path.is_dir()} - {"__pycache__"}
    assert tested <= {path.name for path in (ROOT / "core" / room).iterdir() if path.is_dir()}


def test_no_modules_of_core_import_each_other_in_a_circle():
    """Imports inside functions count too; those for annotations alone (TYPE_CHECKING) do not."""
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in sources("core")}
    asked = {
        name: {found.module if found.module in modules else found.module.rpartition(".")[0] for found in imports(path)}
        for name, path in modules.items()
    }
    waiting = {name: (asked[name] - for_annotations(path)) & modules.keys() for name, path in modules.items()}
    while free := {name for name, needed in waiting.items() if not needed}:
        waiting = {name: needed - free for name, needed in waiting.items() if name not in free}
    assert waiting == {}


def for_annotations(path: Path) -> set[str]:
    """The modules that a file imports below `if TYPE_CHECKING:`."""
    blocks = [
        node
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    return {node.module or "" for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)}


def test_every_part_of_core_has_its_arrows():
    parts = {
        path.stem
        for path in (ROOT / "core").iterdir()
        if (path.is_dir() and sources(f"core/{path.name}")) or path.suffix == ".py"
    }
    assert parts <= ALLOWED.keys()


def test_core_knows_neither_dashboard_nor_installer():
    outside = {"dashboard", "installer", "streamlit", "tests"} | {path.stem for path in sources("installer")}
    assert [str(found) for found in all_imports("core") if found.module.split(".")[0] in outside] == []


def test_dashboard_reads_no_command_line_and_no_installer():
    wrong = [found for found in all_imports("dashboard") if re.match(r"core\.cli\b|installer\b|tests\b", found.module)]
    assert [str(found) for found in wrong] == []


def test_installer_needs_the_standard_library_only():
    """And what of core needs no more than that: its errors, and what is carried from one machine to another."""
    siblings = {path.stem for path in sources("installer")} | {path.parent.name for path in sources("installer")}
    allowed = siblings | sys.stdlib_module_names | {"core"}
    strangers = [found for found in all_imports("installer") if found.module.split(".")[0] not in allowed]
    # For those who build, and run on the environment: pip knows the index that nobody named, packaging versions and tags.
    excepted = {(f"installer/{name}", "packaging") for name in ("index.py", "lock.py", "bundle/plan.py")}
    excepted |= {("installer/index.py", "pip")}
    assert {(found.path, found.module.split(".")[0]) for found in strangers} == excepted
    of_core = {part_of_core(found.module) for found in all_imports("installer") if found.module.split(".")[0] == "core"}
    assert of_core == {"errors", "carry"}


def test_what_the_frozen_program_takes_from_core_needs_the_standard_library_and_signatures_only():
    places = ("core/__init__.py", "core/offline.py", "core/errors.py", "core/carry/")
    taken = [found for found in all_imports("core") if found.path.startswith(places)]
    beyond = {found.module.split(".")[0] for found in taken} - sys.stdlib_module_names - {"core"}
    assert beyond == {"cryptography"}


@pytest.mark.parametrize("library", sorted(HOMES))
def test_heavy_library_stays_in_its_room(library):
    strays = [
        str(found)
        for found in all_imports("core", "dashboard")
        if found.module.split(".")[0] == library and not found.path.startswith(HOMES[library])
    ]
    assert strays == []


def test_no_model_code_of_strangers_and_no_pickles():
    text = {path: path.read_text(encoding="utf-8") for path in sources("core", "dashboard")}
    trusting = r"trust_remote_code\s*=\s*True|torch\.load\(|pickle\.loads?\(|weights_only\s*=\s*False"
    assert [str(path) for path, words in text.items() if re.search(trusting, words)] == []


def test_modules_have_telling_names():
    folders = ("core", "dashboard", "installer", "tests")
    vague = [path for path in sources(*folders) if VAGUE & {*path.relative_to(ROOT).with_suffix("").parts}]
    assert vague == []


def test_top_level_holds_what_the_layout_says():
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()]
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert {name for name in found - TOP_LEVEL if not any(fnmatch(name, pattern) for pattern in ignored)} == set()


def test_importing_core_loads_nothing_heavy():
    heavy = {"torch", "transformers", "streamlit", "llama_cpp", "spacy", "pandas", "numpy", "peft", "datasets", "pydantic"}
    program = "import sys, core; print(' '.join(name.split('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert heavy & set(done.stdout.split()) == set()


def test_help_is_shown_without_loading_a_model_library():
    heavy = {"torch", "transformers", "streamlit", "llama_cpp", "spacy", "peft", "datasets", "optuna"}
    program = (
        "import sys, contextlib, io\n"
        "from core.cli.app import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): main(['--help'])\n"
        "print(' '.join(name.split('.')[0] for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert heavy & set(done.stdout.split()) == set()
