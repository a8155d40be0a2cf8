"""Patterns that people build from parts ("2 letters, a dash, 5 digits"), compiled here so that they stay fast.

A file or the command line may give a regular expression instead. Expressions that could run away (Davis et al., "The Impact
of Regular Expression Denial of Service in Practice", ESEC/FSE 2018: nested repeats, alternatives inside a repeat, many
adjacent repeats) are refused when they are added, and every search has a time limit.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Literal, get_args

import regex

from core.errors import InputError

PartKind = Literal["letters", "capitals", "digits", "characters", "text", "separator"]
PART_WORDS: dict[str, str] = {
    "letters": "letters",
    "capitals": "capital letters",
    "digits": "digits",
    "characters": "letters or digits",
    "text": "this text",
    "separator": "a space, dash, dot or slash",
}
MAX_PARTS = 12
MAX_COUNT = 40  # characters in one part
MAX_EXPRESSION = 200  # characters
MAX_WAYS = 400  # ways in which adjacent parts may divide the same characters between them
MAX_OPEN_REPEATS = 3  # "*" and "+" in one expression
SECONDS, SECONDS_PER_MB = 5.0, 5.0  # time limit of one pattern for one text
_CLASSES = {"letters": r"[^\W\d_]", "capitals": r"[A-ZÀ-ÖØ-Þ]", "digits": r"[0-9]", "characters": r"[^\W_]"}
_SHARED = {"letters": {"letters", "capitals", "characters"}, "capitals": {"letters", "capitals", "characters"}}
_SHARED |= {"digits": {"digits", "characters"}, "characters": {"letters", "capitals", "digits", "characters"}}
_EDGE_BEFORE, _EDGE_AFTER = r"(?<![^\W_])", r"(?![^\W_])"
_REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}
_HINT = "Use the parts of the pattern builder, or a simpler expression."


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One piece of a pattern: `least` to `most` characters of a kind, a fixed `text` in any case, or one separator."""

    kind: PartKind
    least: int = 1
    most: int = 1
    text: str = ""
    is_optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A checked pattern, ready to search: `expression` for the machine, `words` for people."""

    expression: str
    words: str
    _compiled: Any

    def find(self, text: str, *, seconds: float | None = None) -> Iterator[tuple[int, int]]:
        """Yield the bounds of every match in `text` that contains a letter or digit.

        Raises:
            InputError: the search takes too long (`seconds`; by default 5, plus 5 for each million characters).
        """
        allowed = seconds or SECONDS + SECONDS_PER_MB * len(text) / 1e6
        ends = time.monotonic() + allowed
        try:
            for match in self._compiled.finditer(text, timeout=allowed):
                if time.monotonic() > ends:
                    raise TimeoutError
                if any(character.isalnum() for character in match[0]):
                    yield match.start(), match.end()
        except TimeoutError as error:
            raise InputError("A pattern takes too long and was stopped.", _HINT) from error


def pattern_of(definition: Mapping[str, Any]) -> Pattern:
    """Return the checked pattern of a stored rule's definition (`parts` or `expression`).

    Raises:
        InputError: the pattern could run away, matches nothing or everything, or contradicts one of its examples.
    """
    if "expression" in definition:
        pattern = of_expression(str(definition["expression"]))
    else:
        pattern = of_parts([Part(**part) for part in definition.get("parts", ())])
    _check_examples(pattern, definition)
    return pattern


def definition_of(parts: Sequence[Part], *, fits: Sequence[str] = (), fits_not: Sequence[str] = ()) -> dict[str, Any]:
    """Build the definition to store for a pattern made of parts, with examples that it must and must not match whole."""
    return {"parts": [asdict(part) for part in parts], "fits": list(fits), "fits_not": list(fits_not)}


def of_parts(parts: Sequence[Part]) -> Pattern:
    """Build a pattern from parts; it matches only as a word of its own.

    Raises:
        InputError: there are no parts or too many, a count is out of range, no part besides separators is required, or
            adjacent parts can divide the same characters in too many ways.
    """
    if not 0 < len(parts) <= MAX_PARTS:
        raise InputError(f"A pattern needs 1 to {MAX_PARTS} parts, not {len(parts)}.", "Add parts, or take some out.")
    for part in parts:
        _check_part(part)
    if not any(part.kind != "separator" and not part.is_optional for part in parts):
        raise InputError("Every part may be left out, so this fits anything.", "Make one part needed.")
    _check_ways(parts)
    expression = _EDGE_BEFORE + "".join(map(_expression, parts)) + _EDGE_AFTER
    return Pattern(expression=expression, words=", ".join(map(part_words, parts)), _compiled=regex.compile(expression))


def of_expression(expression: str) -> Pattern:
    """Build a pattern from a regular expression.

    Raises:
        InputError: the expression is empty, too long or invalid, could run away, or matches an empty text.
    """
    if not 0 < len(expression) <= MAX_EXPRESSION:
        raise InputError(f"A regular expression needs 1 to {MAX_EXPRESSION} characters.", _HINT)
    try:
        tree = parser.parse(expression)
        compiled = regex.compile(expression)
    except (re.error, regex.error, OverflowError, RecursionError) as error:
        raise InputError("This is no regular expression that can be read.", _HINT) from error
    _check_tree(tree, is_repeated=False)
    if _open_repeats(tree) > MAX_OPEN_REPEATS:
        raise InputError(f"The expression has more than {MAX_OPEN_REPEATS} open repeats (* or +).", _HINT)
    pattern = Pattern(expression=expression, words="a regular expression", _compiled=compiled)
    if compiled.search("", timeout=1):
        raise InputError("The expression fits an empty text, so it fits everywhere.", "Ask for one character at least.")
    for sample in ("a", "0", " ", "aA0 ", "A-1."):  # long runs, on which an expression that backtracks would hang
        for _ in pattern.find(sample * (20_000 // len(sample)), seconds=2):
            pass
    return pattern


def part_words(part: Part) -> str:
    """Describe a part in words: `2 letters`, `1 to 5 digits`, `"-"`, `perhaps a space, dash, dot or slash`."""
    if part.kind == "text":
        words = f'"{part.text}"'
    elif part.kind == "separator":
        words = PART_WORDS["separator"]
    else:
        number = str(part.least) if part.least == part.most else f"{part.least} to {part.most}"
        kind = PART_WORDS[part.kind]
        words = f"{number} {kind.replace('letters', 'letter').replace('digits', 'digit') if number == '1' else kind}"
    return f"perhaps {words}" if part.is_optional else words


def parse_part(words: str) -> Part:
    """Parse a part written in words: `letters 2`, `digits 1-5`, `text NO.`, `separator`, each optionally after `perhaps`.

    Raises:
        InputError: the words are none of these.
    """
    is_optional = words.startswith("perhaps ")
    kind, _, rest = words.removeprefix("perhaps ").partition(" ")
    counts = re.fullmatch(r"(\d{1,3})(?:-(\d{1,3}))?", rest.strip() or "1")
    if kind not in get_args(PartKind) or (kind != "text" and counts is None):
        raise InputError(
            f"{words!r} is no part of a pattern.", 'Such as: "letters 2", "digits 1-5", "text NO.", "perhaps separator".'
        )
    if kind == "text" or counts is None:
        return Part(kind="text", text=rest, is_optional=is_optional)
    least = int(counts[1])
    return Part(kind=kind, least=least, most=int(counts[2] or least), is_optional=is_optional)  # type: ignore[arg-type]


def _expression(part: Part) -> str:
    if part.kind == "text":
        piece = f"(?i:{re.escape(part.text)})"
    elif part.kind == "separator":
        piece = r"[ \-./]"
    else:
        piece = f"{_CLASSES[part.kind]}{{{part.least},{part.most}}}"
    return f"(?:{piece})?" if part.is_optional else piece


def _check_part(part: Part) -> None:
    if part.kind == "text" and (not part.text.strip() or len(part.text) > MAX_COUNT):
        raise InputError(f"A fixed text needs 1 to {MAX_COUNT} characters.", "Write what stands there in every case.")
    if part.kind not in get_args(PartKind) or not 1 <= part.least <= part.most <= MAX_COUNT:
        raise InputError(
            f"A part cannot have {part.least} to {part.most} characters.",
            f"Counts go from 1 to {MAX_COUNT}, the smaller first.",
        )


def _check_ways(parts: Sequence[Part]) -> None:
    """Refuse adjacent parts of variable length that match the same characters: all ways to divide them would be tried."""
    ways = 1
    before: Part | None = None
    for part in parts:
        if before is None or not _may_share(before, part):
            ways = 1
        ways *= (part.most - part.least + 1) * (2 if part.is_optional else 1)
        if ways > MAX_WAYS:
            raise InputError(
                "Parts side by side fit the same characters in too many ways.",
                "Give one of them a fixed count, or put a dash or another sign between them.",
            )
        before = part


def _may_share(before: Part, part: Part) -> bool:
    """Return whether characters at the border of two parts may belong to either."""
    return before.is_optional or part.is_optional or bool(_fitting(before) & _fitting(part))


def _fitting(part: Part) -> set[str]:
    if part.kind == "text":
        return _SHARED["characters"] if part.text.isalnum() else {"text"}
    return _SHARED.get(part.kind, {"separator"})


def _check_examples(pattern: Pattern, definition: Mapping[str, Any]) -> None:
    for key, is_wanted, words in (("fits", True, "does not fit"), ("fits_not", False, "fits")):
        for number, example in enumerate(definition.get(key, ()), start=1):
            if ((0, len(example)) in pattern.find(example, seconds=2)) != is_wanted:
                which = "must fit" if is_wanted else "must not fit"
                raise InputError(
                    f"The pattern {words} example {number} of those it {which}.", "Change a part or the example."
                )


def _check_tree(tree: Any, *, is_repeated: bool) -> None:
    for code, value in tree:
        if code in (codes.GROUPREF, codes.GROUPREF_EXISTS, codes.ASSERT, codes.ASSERT_NOT):
            raise InputError("The expression refers to its own groups or looks around.", _HINT)
        if code is codes.BRANCH and is_repeated:
            raise InputError("The expression could run away: alternatives inside a repeated part.", _HINT)
        if code in _REPEATS:
            least, most, inner = value
            if is_repeated and most != least:
                raise InputError("The expression could run away: a repeat inside a repeated part.", _HINT)
            _check_tree(inner, is_repeated=is_repeated or most > 1)
        else:
            for inner in _inner(code, value):
                _check_tree(inner, is_repeated=is_repeated)


def _open_repeats(tree: Any) -> int:
    number = 0
    for code, value in tree:
        if code in _REPEATS:
            number += (value[1] > MAX_COUNT) + _open_repeats(value[2])
        else:
            number += sum(_open_repeats(inner) for inner in _inner(code, value))
    return number


def _inner(code: Any, value: Any) -> list[Any]:
    """Return the expressions inside one piece of a parsed expression."""
    if code is codes.BRANCH:
        return list(value[1])
    if code is codes.SUBPATTERN:
        return [value[-1]]
    return [value] if code is codes.ATOMIC_GROUP else []
