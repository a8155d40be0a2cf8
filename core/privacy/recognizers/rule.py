"""What a rule is, and the parts of expressions that several families use."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.language.name_particles import OF_PEOPLE
from core.privacy.recognizers.needs import Need, marks, needs
from core.privacy.text.vocabulary import WORD, is_generic, may_be_name

Bounds = tuple[int, int]

UPPER = r"[^\W\d_a-zß-öø-ÿ]"
PROPER = rf"{UPPER}[\w'’]*(?:-[\w'’]+){{0,8}}"
CAPITALS = r"[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ'’-]+"
GAP = r"[ \t\u00a0]{1,3}"
PARTICLE = rf"(?:{'|'.join(OF_PEOPLE)})"
NAME = (
    rf"(?:{UPPER}\.(?:{GAP})?|{PROPER})"
    rf"(?:(?:{GAP})?(?:{UPPER}\.)|(?:{GAP}|(?<=\.))(?:{PARTICLE}{GAP}){{0,2}}{PROPER}){{0,4}}"
)
_PLAIN_START = re.compile(r"[A-Za-z](?![?*+{])")
_LIST_BREAK = re.compile(r"\s*(?:,\s*(?:and\s)?|\sand\s|\s?&\s?)\s*")


@dataclass(frozen=True, slots=True)
class Rule:
    """One expression. It finds group `value`, or each item of group `values` ("A, B and C"), or the whole match.

    `near` must match within 80 characters of it; `check` may narrow the bounds or reject them (None).
    """

    entity: str
    pattern: re.Pattern[str]
    score: float = 0.9
    near: re.Pattern[str] | None = None
    check: Callable[[str, int, int], Bounds | None] | None = None

    def find(self, text: str) -> Iterator[Bounds]:
        """Yield the bounds of everything this rule finds in `text`, in order."""
        for match in self.pattern.finditer(text):
            if "values" in self.pattern.groupindex:
                candidates = _items(text, *match.span("values"))
            else:
                candidates = [match.span("value" if "value" in self.pattern.groupindex else 0)]
            for start, end in candidates:
                if start < 0 or (self.near and not self.near.search(text[max(0, start - 80) : end + 80])):
                    continue
                bounds = self.check(text, start, end) if self.check else (start, end)
                if bounds:
                    yield bounds


class RuleSet:
    """Rules grouped by what a text must contain for them, so that most are not even tried on most texts."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._groups: dict[frozenset[Need], list[tuple[int, Rule]]] = {}
        for number, each in enumerate(rules):
            needed = needs(each.pattern) | (needs(each.near) if each.near else frozenset())
            self._groups.setdefault(needed, []).append((number, each))

    def find(self, text: str) -> Iterator[tuple[Rule, Bounds]]:
        """Yield everything that the rules find in `text`, rule by rule in their order."""
        held = marks(text)
        possible = [
            rule
            for needed, rules in self._groups.items()
            if not any(need.isdisjoint(held) for need in needed)
            for rule in rules
        ]
        for _, each in sorted(possible, key=lambda item: item[0]):
            yield from ((each, bounds) for bounds in each.find(text))


def rule(
    entity: str,
    expression: str,
    *,
    score: float = 0.9,
    near: str = "",
    check: Callable[[str, int, int], Bounds | None] | None = None,
) -> Rule:
    """Build a case-sensitive rule, `^` and `$` at line ends; write `(?i:…)` to ignore case. `near` ignores case."""
    context = re.compile(near, re.IGNORECASE) if near else None
    return Rule(entity, re.compile(expression, re.MULTILINE), score, context, check)


def any_of(alternatives: Sequence[str] | str) -> str:
    """Build a group of alternatives, the longest first so that none hides another; a string is split at "|".

    Alternatives with the same first letter are grouped behind it: the search tries 20 of them at a word instead of 100. What
    is found, and which alternative wins, stays the same.
    """
    items = sorted(alternatives.split("|") if isinstance(alternatives, str) else alternatives, key=len, reverse=True)
    runs: list[dict[str, list[str]]] = [{}]
    for item in items:
        if not _PLAIN_START.match(item):
            runs += [{item: []}, {}]  # its place in the order counts: it may match what another would
        elif item[0].swapcase() in runs[-1]:
            runs.append({item[0]: [item[1:]]})  # in `(?i:…)` these two are the same letter
        else:
            runs[-1].setdefault(item[0], []).append(item[1:])
    starts = ((start, rests) for run in runs for start, rests in run.items())
    groups = (start + (f"(?:{'|'.join(rests)})" if len(rests) > 1 else "".join(rests)) for start, rests in starts)
    return f"(?:{'|'.join(groups)})"


def name_bounds(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds of the first run of words in `text[start:end]` that can be a name; None if there is none.

    Initials alone are not a name.
    """
    first = last = -1
    letters = 0
    for match in WORD.finditer(text, start, end):
        word, is_initial = match[0], len(match[0]) == 1
        if any(character.isdigit() for character in word) or not (is_initial or may_be_name(word)):
            if first >= 0:
                break
            continue
        first, last = (match.start() if first < 0 else first), match.end()
        letters = max(letters, len(word))
        if is_initial and text[last : last + 1] == ".":
            last += 1
    if letters < 2:
        return None
    return first, last - (2 if text[first:last].endswith(("'s", "’s")) else 0)


def has_specific_word(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if a word is not generic; codes such as "M16" do not count as words."""
    words = (word for word in WORD.findall(text[start:end]) if word[:2].isalpha())
    return (start, end) if any(not is_generic(word) for word in words) else None


def _items(text: str, start: int, end: int) -> list[Bounds]:
    """Return the bounds of each item of "A, B and C"."""
    items, at = [], start
    for separator in _LIST_BREAK.finditer(text, start, end):
        items.append((at, separator.start()))
        at = separator.end()
    return [*items, (at, end)]
