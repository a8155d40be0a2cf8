"""Propagation: a value found once is found everywhere in the document, and so is each part of a person's name alone."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence, Set

from core.detectors import PROPAGATION
from core.privacy.detection.proven_names import is_full_name, proven_words
from core.privacy.entities import SPREAD, WITH_KIND_WORD, name_alone, rank
from core.privacy.recognizers.people.titles import CHAT
from core.privacy.text.english import is_english
from core.privacy.text.vocabulary import is_generic, small_words
from core.records import Detection

_TOKEN = re.compile(r"\w+")
_SCORE = 0.7
# "sgt pike", "thanks pike", "@pike", "<pike>", "[10:40] pike: …": a name in lower case that may be a common word too.
_CALLED = re.compile(
    rf"(?:(?<![\w.])(?:@|(?i:hi|hello|hey|dear|thanks|thank you|cheers|mr|mrs|ms|miss|dr|{CHAT})\.?,?[ ])|<|"
    r"^[ \t>*-]*(?:[\[(]?\d{1,2}:\d\d[\d:.apm ]*[\])]?[ \t]*)?(?=\w+>?[ \t]{0,2}:))(?P<name>[^\W\d_]{3,40})\b",
    re.MULTILINE,
)
Value = tuple[str, str]  # as written, and its entity
_Form = tuple[str, ...]  # the words of a value
_Sought = dict[_Form, dict[int, dict[_Form, str]]]  # first one or two words -> number of words -> form -> entity


def propagate(
    text: str, detections: Sequence[Detection], *, common: Set[str] | None = None, proven: Set[str] | None = None
) -> list[Detection]:
    """Return detections (detector "propagation") of values of `detections` that appear uncovered elsewhere in `text`.

    A value is looked for as written and in capitals, a person's full name in lower case too. Each part of a person's name is
    also looked for alone, unless it is a generic word, has fewer than three letters, or is a word that the text writes in
    lower case and no name proves. A part of a proven name that is not an English word is looked for in lower case as well.
    This takes one pass over the text, however many values there are.

    Args:
        text: the text that was searched.
        detections: what was found in it.
        common: the words that the text writes in lower case and no name proves; read from `text` if not given.
        proven: the words of the names that the text proves, in lower case; read from `text` if not given.
    """
    if proven is None:
        proven = proven_words(text, detections)
    covered = [(detection.start, detection.end) for detection in detections]
    if common is None:
        common = small_words(text) - proven
    return PhraseMatcher(_values(text, detections, common), proven=proven).find(text, covered)


class PhraseMatcher:
    """Values to look for, indexed once for any number of texts: as written, in capitals, names also in lower case."""

    def __init__(self, values: Iterable[Value], *, proven: Set[str] | None = None) -> None:
        """Index the values.

        Args:
            values: each value with its entity.
            proven: words of names that are certain, in lower case; None if all values are certain.
        """
        self._index: _Sought = {}
        self._called: set[str] = set()  # names of one word, in lower case
        for value, entity in values:
            forms_of = _forms(value, entity)
            if entity == "PERSON" and _TOKEN.fullmatch(value):
                self._called.add(value.lower())
                if (proven is None or value.casefold() in proven) and len(value) > 3 and not is_english(value):
                    forms_of.add((value.lower(),))
            for form in forms_of:
                forms = self._index.setdefault(form[:2], {}).setdefault(len(form), {})
                forms[form] = min(entity, forms.get(form, entity), key=rank)

    def find(self, text: str, covered: Iterable[tuple[int, int]]) -> list[Detection]:
        """Return where the values appear in `text`, except where `covered` (bounds in characters) hides them wholly."""
        if not self._index:
            return []
        stretches = _merged(covered)
        phrases = [*_occurrences(text, self._index, stretches), *_mentions(text, self._called, stretches)]
        return sorted(phrases, key=lambda detection: detection.start)


def _forms(value: str, entity: str) -> set[_Form]:
    """Return the words of a value in every letter case in which it may be written elsewhere."""
    parts = tuple(_TOKEN.findall(value))
    forms = {parts, tuple(part.upper() for part in parts)}
    is_full = len(parts) > 1 and is_full_name(value, entity)
    if value.isupper() and (is_full or entity == "PERSON"):
        forms.add(tuple(part.title() for part in parts))
    is_article = len(parts) == 2 and parts[0] in ("A", "I")  # "A. Rose": "a rose" is a flower
    if is_full and not is_article:
        small = tuple(part.lower() for part in parts)
        forms |= {small, (parts[0].title(), *small[1:])}
    return forms - {()}


def _merged(bounds: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return sorted, non-overlapping bounds that cover what `bounds` cover."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(bounds):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _values(text: str, detections: Iterable[Detection], common: Set[str]) -> Iterator[Value]:
    for detection in detections:
        value = text[detection.start : detection.end]
        if detection.entity not in SPREAD or len(value) < 3 or len(value) > 200:
            continue
        parts = _TOKEN.findall(value)
        if stands_alone(value, common) or (len(parts) > 1 and value.casefold() not in common):
            yield value, detection.entity
        alone = name_alone(value) if detection.entity in WITH_KIND_WORD else value
        if alone != value and stands_alone(alone.split()[-1], common):
            yield alone, detection.entity
        # a model may take "Orla Tarkwell" for a place
        if len(parts) > 1 and (detection.entity == "PERSON" or is_full_name(value, detection.entity)):
            yield from ((part, "PERSON") for part in parts if stands_alone(part, common))


def stands_alone(word: str, common: Set[str] = frozenset()) -> bool:
    """Return whether a single word is distinctive enough to be masked wherever it appears."""
    is_code = any(character.isdigit() for character in word)
    if is_code:
        return len(word) >= 4
    return len(word) >= 3 and word[0].isupper() and word.casefold() not in common and not is_generic(word)


def _occurrences(text: str, sought: _Sought, covered: Sequence[tuple[int, int]]) -> Iterator[Detection]:
    tokens = [(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text)]
    index = 0
    while index < len(tokens):
        longest = _longest(tokens, index, sought)
        if not longest:
            index += 1
            continue
        start, end = tokens[index][1], tokens[index + len(longest[0]) - 1][2]
        if not _is_covered(covered, start, end):
            yield Detection(start=start, end=end, entity=longest[1], score=_SCORE, detector=PROPAGATION)
        index += len(longest[0])


def _is_covered(covered: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    before = bisect_right(covered, start, key=lambda bounds: bounds[0]) - 1
    return before >= 0 and covered[before][1] >= end


def _mentions(text: str, names: Set[str], covered: Sequence[tuple[int, int]]) -> Iterator[Detection]:
    """Yield one-word names in lower case where the text beside them shows that somebody is meant."""
    for match in _CALLED.finditer(text):
        if match["name"] in names and not _is_covered(covered, *match.span("name")):
            start, end = match.span("name")
            yield Detection(start=start, end=end, entity="PERSON", score=_SCORE, detector=PROPAGATION)


def _longest(tokens: list[tuple[str, int, int]], index: int, sought: _Sought) -> tuple[_Form, str] | None:
    """Return the longest form at token `index` and its entity, or None; this takes one look-up per length."""
    words = tuple(token[0] for token in tokens[index : index + 2])
    lengths = {**sought.get(words[:1], {}), **(sought.get(words, {}) if len(words) > 1 else {})}
    for length in sorted(lengths, reverse=True):
        stretch = tokens[index : index + length]
        entity = lengths[length].get(tuple(token[0] for token in stretch))
        if entity and _is_close(stretch):
            return tuple(token[0] for token in stretch), entity
    return None


def _is_close(stretch: list[tuple[str, int, int]]) -> bool:
    """Return whether the words are no further apart than a comma and a line break."""
    return all(after[1] - before[2] <= 3 for before, after in zip(stretch, stretch[1:], strict=False))
