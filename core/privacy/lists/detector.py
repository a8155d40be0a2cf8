"""The reviewers' lists at work: what they deny is detected as personal data, what they allow is left readable.

A deny entry matches whole words, regardless of case and Unicode form; thousands of entries are matched in one pass. An
allow entry removes a detection whose whole text it is, never part of a longer one. Deny beats allow.
"""

import re
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from core.detectors import LIST
from core.errors import InputError
from core.privacy.detection.detector import Detector
from core.privacy.detection.overlaps import resolve
from core.privacy.lists.patterns import Pattern, pattern_of
from core.privacy.text.normalization import NormalizedText, fold, normalize_for_matching
from core.records import CustomPattern, Detection, ListEntry

_TOKEN = re.compile(r"\w+")
_Form = tuple[str, int, str]  # folded entry, number of characters before its first word, type


class Lists:
    """Entries and patterns, prepared once for any number of texts."""

    def __init__(self, entries: Iterable[ListEntry] = (), patterns: Iterable[CustomPattern] = ()) -> None:
        """Index the entries and compile the patterns.

        Raises:
            InputError: a pattern cannot be used.
        """
        self._index: dict[str, list[_Form]] = {}
        self._denied: set[str] = set()
        self._allowed: dict[str, str] = {}  # folded text -> who added it
        for entry in entries:
            text = fold(entry.text)
            if entry.kind == "allow":
                self._allowed[text] = entry.added_by
            elif text not in self._denied and (word := _TOKEN.search(text)):
                self._denied.add(text)
                self._index.setdefault(word[0], []).append((text, word.start(), entry.entity))
        for forms in self._index.values():
            forms.sort(key=lambda form: -len(form[0]))
        self._patterns: list[tuple[CustomPattern, Pattern]] = [
            (custom, pattern_of(custom.definition)) for custom in patterns
        ]

    def __bool__(self) -> bool:
        """Return whether there is any entry or pattern."""
        return bool(self._index or self._allowed or self._patterns)

    def is_allowed(self, value: str) -> bool:
        """Return whether this text, as a whole, is allowed: not personal data."""
        return bool(self._allowed) and self.allowed_by(value) is not None

    def allowed_by(self, value: str) -> str | None:
        """Return who put this text on the allow list; None if it is not there, or is denied as well."""
        text = fold(value)
        return None if text in self._denied else self._allowed.get(text)

    def find(self, text: str) -> list[Detection]:
        """Return the matches of deny entries and patterns in `text`, sorted and without overlap.

        Raises:
            InputError: a pattern takes too long on this text; the message names it.
        """
        listed = list(self._entries(normalize_for_matching(text))) if self._index else []
        if self._patterns:
            cased = normalize_for_matching(text, is_cased=True)
            for custom, pattern in self._patterns:
                listed += [hit for hit in _matches(cased, custom, pattern) if not self.is_allowed(text[hit.start : hit.end])]
        return resolve(text, listed)

    def apply(self, text: str, detections: Sequence[Detection]) -> list[Detection]:
        """Return `detections` in `text`, plus what these lists add and without what they allow."""
        own = self.find(text)
        places = {(hit.start, hit.end): hit for hit in own}
        kept = []
        for detection in detections:
            if hit := places.get((detection.start, detection.end)):  # for the same characters, the list's type wins
                kept.append(replace(detection, entity=hit.entity))
            elif not self.is_allowed(text[detection.start : detection.end]):
                kept.append(detection)
        return resolve(text, [*kept, *own])

    def _entries(self, text: NormalizedText) -> Iterator[Detection]:
        at = 0
        if self._index.keys().isdisjoint(_TOKEN.findall(text.text)):
            return  # no entry can match, as in most texts: four times as fast
        for word in _TOKEN.finditer(text.text):
            for form, lead, entity in self._index.get(word[0], ()):
                start = word.start() - lead
                end = start + len(form)
                if start < at or not text.text.startswith(form, start) or not _ends_word(text.text, end):
                    continue
                first, last = text.bounds(start, end)
                yield Detection(start=first, end=last, entity=entity, score=1.0, detector=LIST)
                at = end
                break


class ListedDetector:
    """A detector whose detections pass through the lists."""

    def __init__(self, detector: Detector, lists: Lists) -> None:
        self._detector = detector
        self._lists = lists

    def detect(self, texts: Sequence[str]) -> list[list[Detection]]:
        """Return the detections in each text, sorted and without overlap."""
        return list(self.detect_each(texts))

    def detect_each(
        self, texts: Iterable[str], *, progress: Callable[[int], None] | None = None
    ) -> Generator[list[Detection]]:
        """Yield what `detect` returns, text by text, with few texts in memory at a time."""
        ahead: deque[str] = deque()

        def noted() -> Iterator[str]:
            for text in texts:
                ahead.append(text)
                yield text

        with closing(self._detector.detect_each(noted(), progress=progress)) as results:
            for detections in results:
                yield self._lists.apply(ahead.popleft(), detections)


def _ends_word(text: str, end: int) -> bool:
    """Return whether no word continues across `end`."""
    return end >= len(text) or not (_is_word(text[end - 1]) and _is_word(text[end]))


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _matches(text: NormalizedText, custom: CustomPattern, pattern: Pattern) -> Iterator[Detection]:
    try:
        for start, end in pattern.find(text.text):
            first, last = text.bounds(start, end)
            yield Detection(start=first, end=last, entity=custom.entity, score=1.0, detector=LIST)
    except InputError as error:
        raise InputError(
            f"The pattern {custom.name!r} takes too long over a text and was stopped.",
            "Change it or remove it, then search again.",
        ) from error
