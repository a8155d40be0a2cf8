"""No list of words stands in core twice: a list that another file holds, too, belongs to core/language."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from core.language import name_particles, ship_prefixes
from core.language.english.calendar import MONTHS, SHORT_MONTHS
from core.language.english.function_words import MOST_FREQUENT, PREPOSITIONS, STOP_WORDS

ROOT = Path(__file__).resolve().parent.parent.parent
LEAST = 8  # shorter lists share words by chance
SAME = 0.6  # share of common words, of all words of both lists
ALTERNATIVES = re.compile(r"[^\W\d_][\w.'’/]*(?:\|[^\W\d_][\w.'’/]*)+")  # "at|by|from" within an expression


@dataclass(frozen=True)
class WordList:
    """Words written one after another at `line` of `path`: as a string that is split, as strings, or as alternatives."""

    path: str
    line: int
    words: frozenset[str]

    def __str__(self) -> str:
        return f"{self.path}:{self.line} ({' '.join(sorted(self.words))})"


def lists_in(path: str, source: str) -> list[WordList]:
    """The lists of at least `LEAST` words in a file's code, in lower case."""
    tree = ast.parse(source)
    found = [WordList(path, line, frozenset(words)) for line, words in written(tree)]
    return [each for each in found if len(each.words) >= LEAST]


def written(tree: ast.AST) -> Iterator[tuple[int, list[str]]]:
    """The words and the line of everything in a file that reads like a list of words."""
    nodes = list(ast.walk(tree))
    told = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}  # docstrings
    told |= {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if isinstance(node, ast.Call) and not node.args and getattr(node.func, "attr", "") == "split":
            yield node.lineno, text_of(node.func.value).lower().split()
        elif isinstance(node, ast.Set | ast.Tuple | ast.List) and all(map(text_of, node.elts)):
            yield node.lineno, [text_of(each).lower() for each in node.elts]
        elif isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in told:
            yield from ((node.lineno, one.lower().split("|")) for one in ALTERNATIVES.findall(text_of(node)))


def text_of(node: ast.AST) -> str:
    """The text of a string, with a blank for what is put into it; "" of anything else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or " " for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def twins(lists: list[WordList]) -> list[str]:
    """The pairs of lists in different files that are the same to a large part."""
    pairs = [(one, other) for one, other in combinations(lists, 2) if one.path != other.path]
    return [f"{a} and {b}" for a, b in pairs if len(a.words & b.words) >= SAME * len(a.words | b.words)]


def test_no_list_of_words_stands_in_two_files():
    paths = sorted((ROOT / "core").rglob("*.py"))
    lists = [each for path in paths for each in lists_in(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))]
    assert len(lists) > 150
    assert twins(lists) == []


@pytest.mark.parametrize(
    "other",
    [
        """SMALL = set("and the of to in on at by".split())""",
        """SMALL = ("And", "the", "of", "to", "in", "on", "at", "by")""",
        """SMALL = re.compile(rf"{X} (?:and|the|of|to|in|on|at|by|over) ")""",
    ],
)
def test_a_list_that_stands_twice_is_seen_however_it_is_written(other):
    first = lists_in("core/a.py", """WORDS = frozenset("the of to in and on at by".split())""")
    assert len(twins([*first, *lists_in("core/b.py", other)])) == 1
    assert twins([*first, *lists_in("core/a.py", other)]) == []  # in one file both are seen
    assert twins([*first, *lists_in("core/b.py", """SMALL = "pump valve seal hose nut bolt pin cap".split()""")]) == []


def test_lists_are_put_together_from_smaller_ones():
    assert MOST_FREQUENT < STOP_WORDS and PREPOSITIONS < STOP_WORDS
    assert all(word == word.lower() for word in STOP_WORDS)
    assert len(MONTHS) == len(SHORT_MONTHS) == 12


def test_no_list_holds_a_word_twice():
    of_names = (name_particles.OF_PEOPLE, name_particles.OF_PLACES, name_particles.OF_STREETS)
    for words in (*of_names, ship_prefixes.PREFIXES, MONTHS, SHORT_MONTHS):
        assert len(set(words)) == len(words)
