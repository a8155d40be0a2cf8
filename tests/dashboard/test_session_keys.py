"""What pages keep in Streamlit's session: a name that several files use is written once."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from dashboard import session_keys

DASHBOARD = Path(__file__).parents[2] / "dashboard"
NAMES = {name: value for name, value in vars(session_keys).items() if name.isupper()}


def is_session(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "session_state"


def used(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what is read or written in the session: in brackets, or in a call such as `.get(…)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and is_session(node.value):
            yield node.slice
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and is_session(node.func.value) and node.args:
            yield node.args[0]


def of_widgets(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the keys of widgets, whose values Streamlit puts into the session."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "key")


def own_names(tree: ast.Module) -> dict[str, str]:
    """Return the texts that a file gives a name of its own."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def texts(tree: ast.Module, keys: Iterator[ast.expr]) -> set[str]:
    """Return the texts among `keys`, those that the file names for itself included; names from elsewhere are left out."""
    known, found = own_names(tree), set()
    for key in keys:
        if isinstance(key, ast.Name) and key.id in known:
            found.add(known[key.id])
        elif isinstance(key, ast.Constant) and isinstance(key.value, str):
            found.add(key.value)
    return found


def test_a_name_that_several_files_use_is_written_once():
    places, in_session = defaultdict(set), set(NAMES.values())
    for path in sorted(DASHBOARD.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        in_session |= texts(tree, used(tree))
        for key in texts(tree, used(tree)) | texts(tree, of_widgets(tree)):
            places[key].add(path.relative_to(DASHBOARD).as_posix())
    assert len(in_session) > 20 and len(places) > 100
    written_again = {key: files for key, files in places.items() if len(files) > 1 or key in NAMES.values()}
    assert {key: files for key, files in written_again.items() if key in in_session} == {}


def test_each_shared_name_stands_for_one_thing():
    assert len(set(NAMES.values())) == len(NAMES)


def test_a_name_is_seen_wherever_it_is_used():
    source = '_MINE = "e"\nst.session_state["a"] = st.session_state.pop("b", st.session_state.get(f"c-{x}"))\n'
    source += 'st.button("B", key="d")\nst.session_state.get(_MINE)\nst.session_state[OTHER] = 1\n'
    tree = ast.parse(source)
    assert texts(tree, used(tree)) == {"a", "b", "e"} and texts(tree, of_widgets(tree)) == {"d"}
