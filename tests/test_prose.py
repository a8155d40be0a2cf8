"""Docstrings of functions tell an act ("Return …"), as far as a list of words can see; ruff's D401 sees other cases."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Words with which a sentence about a thing begins, and none about an act.
NO_VERBS = frozenset(
    "a all an another any as at both by each either ever every for from has how if in is it its like many no none not of on "
    "one only ones our several so some such that the their there they this those to under what when where whether which "
    "who whom whose why with without".split()
)


def first_words(path: Path) -> list[tuple[str, str]]:
    """The first word of each function's docstring, with its place; properties name a thing and are left out."""
    found = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (told := ast.get_docstring(node)):
            decorators = {getattr(part, "id", getattr(part, "attr", "")) for part in node.decorator_list}
            if not decorators & {"property", "cached_property"}:
                found.append((f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", told.split()[0].strip("`,.:;").lower()))
    return found


def test_a_docstring_of_a_function_begins_with_an_act():
    paths = [path for folder in ("core", "dashboard", "installer") for path in (ROOT / folder).rglob("*.py")]
    words = [told for path in paths for told in first_words(path)]
    assert len(words) > 1000
    assert [place for place, word in words if word in NO_VERBS] == []
