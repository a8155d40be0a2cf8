"""What was found once is found everywhere in the document: whole values, and a person's surname alone."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from core.privacy.entities import name_alone
from core.privacy.vocabulary import is_generic, small_words
from core.records import Detection

_TOKEN = re.compile(r"\w+")
# Entities whose value means the same wherever it stands. Dates, ages and numbers of few digits do not.
_SPREAD = {
    "PERSON", "ORGANIZATION", "LOCATION", "REFERENCE", "ID_NUMBER", "EMAIL_ADDRESS", "PHONE_NUMBER", "ADDRESS", "CALL_SIGN",
    "UNIT", "VEHICLE", "VESSEL", "OPERATION", "SITE", "HOST", "GRID", "IBAN_CODE", "CREDIT_CARD", "URL",
}  # fmt: skip
_SCORE = 0.7
Value = tuple[str, str]  # as written, and its entity
_Form = tuple[str, ...]  # the words of a value
_Sought = dict[_Form, dict[int, dict[_Form, str]]]  # first one or two words -> number of words -> form -> entity


def propagate(text: str, detections: Sequence[Detection]) -> list[Detection]:
    """New detections (detector "propagation") for values of `detections` that stand elsewhere in `text` uncovered.

    A value is sought as written and in capitals; each part of a person's name alone too, unless it is a generic word, has
    fewer than three letters, or the text also writes it in small letters. One pass over the text, however many the values.
    """
    covered = [(detection.start, detection.end) for detection in detections]
    return Sought(_values(text, detections, small_words(text))).find(text, covered)


class Sought:
    """Values to look for, indexed once for any number of texts; case as written, and in capitals."""

    def __init__(self, values: Iterable[Value]) -> None:
        self._index: _Sought = {}
        for value, entity in values:
            parts = tuple(_TOKEN.findall(value))
            for form in {parts, tuple(part.upper() for part in parts)}:
                if form:
                    forms = self._index.setdefault(form[:2], {}).setdefault(len(form), {})
                    forms[form] = max(entity, forms.get(form, ""))

    def find(self, text: str, covered: Iterable[tuple[int, int]]) -> list[Detection]:
        """Where the values stand in `text` and `covered` (bounds in characters) does not hide them whole.

        A single word that the text also writes in small letters is left alone.
        """
        if not self._index:
            return []
        stretches = _merged(covered)
        small = small_words(text)
        return [
            found
            for found in _occurrences(text, self._index, stretches)
            if text[found.start : found.end].casefold() not in small
        ]


def _merged(bounds: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted stretches without overlap that cover what `bounds` cover."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(bounds):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _values(text: str, detections: Iterable[Detection], small: frozenset[str]) -> Iterator[tuple[str, str]]:
    for detection in detections:
        value = text[detection.start : detection.end]
        if detection.entity not in _SPREAD or len(value) < 3 or len(value) > 200:
            continue
        parts = _TOKEN.findall(value)
        if len(parts) > 1 or stands_alone(value, small):
            yield value, detection.entity
        alone = name_alone(value) if detection.entity in ("VESSEL", "SITE", "OPERATION") else value
        if alone != value and stands_alone(alone.split()[-1], small):
            yield alone, detection.entity
        if detection.entity == "PERSON" and len(parts) > 1:
            yield from ((part, "PERSON") for part in parts if stands_alone(part, small))


def stands_alone(word: str, small: frozenset[str]) -> bool:
    """Whether a single word is telling enough to be masked wherever it stands."""
    is_code = any(character.isdigit() for character in word)
    if is_code:
        return len(word) >= 4
    return len(word) >= 3 and word[0].isupper() and word.casefold() not in small and not is_generic(word)


def _occurrences(text: str, sought: _Sought, covered: Sequence[tuple[int, int]]) -> Iterator[Detection]:
    starts = [start for start, _ in covered]
    tokens = [(match[0], match.start(), match.end()) for match in _TOKEN.finditer(text)]
    index = 0
    while index < len(tokens):
        found = _longest(tokens, index, sought)
        if not found:
            index += 1
            continue
        start, end = tokens[index][1], tokens[index + len(found[0]) - 1][2]
        before = bisect_right(starts, start) - 1
        if before < 0 or covered[before][1] < end:
            yield Detection(start=start, end=end, entity=found[1], score=_SCORE, detector="propagation")
        index += len(found[0])


def _longest(tokens: list[tuple[str, int, int]], index: int, sought: _Sought) -> tuple[_Form, str] | None:
    """The longest form that stands at token `index`, and its entity; one look for each length, however many the forms."""
    words = tuple(token[0] for token in tokens[index : index + 2])
    lengths = {**sought.get(words[:1], {}), **(sought.get(words, {}) if len(words) > 1 else {})}
    for length in sorted(lengths, reverse=True):
        stretch = tokens[index : index + length]
        entity = lengths[length].get(tuple(token[0] for token in stretch))
        if entity and _is_close(stretch):
            return tuple(token[0] for token in stretch), entity
    return None


def _is_close(stretch: list[tuple[str, int, int]]) -> bool:
    """Whether words stand no further apart than a line break and a comma."""
    return all(after[1] - before[2] <= 3 for before, after in zip(stretch, stretch[1:], strict=False))
