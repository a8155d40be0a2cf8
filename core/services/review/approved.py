"""The releasable form of an approved document: its masked text, plus headings and page labels masked the same way."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from core.errors import InputError
from core.files import sha256_text
from core.privacy.replacement.masking import Masked, mask
from core.privacy.text.normalization import fold
from core.records import Document, Part, Passage, Review, Span
from core.storage import Workspace, find, rights

_SHEET = "sheet "
_WORD = re.compile(r"\w+")


def approved_masking(workspace: Workspace, document: Document) -> tuple[Review, str, Masked]:
    """Return a document's current approval, its original text, and exactly the masking that was approved.

    Raises:
        InputError: the document is not approved, or its stored content is not what was approved.
    """
    rights.check(workspace.db, "read documents", document.project_id)
    review = workspace.active_review(document.id)
    if review is None:
        raise InputError(f"Document {document.id} is not approved.", "Review and approve it first.")
    text = workspace.text(document)
    masked = mask(text, find(workspace.db, Span, document_id=document.id, order="start"))
    stored = workspace.anonymized_text(document.project_id, review)
    hashes = {sha256_text(masked.text), sha256_text(stored)}
    if sha256_text(text) != review.text_sha256 or hashes != {review.anonymized_sha256}:
        raise InputError(
            f"What is stored of document {document.id} is not what was approved.", "Review and approve it again."
        )
    return review, text, masked


def masked_passages(text: str, masked: Masked, passages: Iterable[Passage]) -> list[Passage]:
    """Return passages of `text` with offsets, text, headings and page labels taken from the masked text.

    Headings and sheet names are lines of the original text, so each is replaced by the masked form of that line. A heading
    that is not found before the end of its passage is dropped; a sheet name becomes "without name".
    """
    lines: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    at = 0
    for line in text.split("\n"):
        title = line.lstrip("#").strip()
        start = at + line.find(title)
        lines[title].append((start, start + len(title)))
        at += len(line) + 1

    def masked_line(title: str, before: int) -> str:
        before_it = [place for place in lines.get(title.strip(), ()) if place[0] < before]
        return (
            masked.text[masked.position(before_it[-1][0]) : masked.position(before_it[-1][1])]
            if title.strip() and before_it
            else ""
        )

    def beside(passage: Passage) -> Passage:
        titles = (masked_line(title, passage.end) for title in _titles(passage.heading, lines))
        page = passage.page
        if page.startswith(_SHEET):
            page = _SHEET + (masked_line(page.removeprefix(_SHEET), passage.end) or "without name")
        start, end = masked.position(passage.start), masked.position(passage.end)
        heading = " > ".join(filter(None, titles))
        text, parts = masked.text[start:end], masked_parts(masked, passage.parts)
        return replace(passage, start=start, end=end, text=text, heading=heading, page=page, parts=parts)

    return [beside(passage) for passage in passages]


def masked_parts(masked: Masked, parts: Iterable[Part]) -> tuple[Part, ...]:
    """Return the parts of a passage with their offsets in the masked text."""
    return tuple(replace(part, start=masked.position(part.start), end=masked.position(part.end)) for part in parts)


def _titles(heading: str, lines: dict[str, list[tuple[int, int]]]) -> Iterator[str]:
    """Yield the titles joined in `heading`, keeping one that itself contains " > " whole if it is a line of the text."""
    parts = heading.split(" > ")
    while parts:
        size = next((size for size in range(len(parts), 0, -1) if " > ".join(parts[:size]).strip() in lines), 1)
        yield " > ".join(parts[:size])
        del parts[:size]


class MaskedValues:
    """The values that masking removed from a text completely, for finding them in other strings.

    A value is found only as whole words, regardless of case and Unicode form (see `fold`). Values that still appear in
    the masked text are not included: a reviewer chose to leave them readable.
    """

    def __init__(self, text: str, masked: Masked) -> None:
        values = {fold(text[edit.start : edit.end]) for edit in masked.edits}
        left = fold(masked.text)
        words = set(_WORD.findall(left))
        self._by_word: defaultdict[str, list[str]] = defaultdict(list)
        for value in values:
            own = _WORD.findall(value)
            if own and not (words.issuperset(own) and stands(value, left)):
                self._by_word[max(own, key=len)].append(value)

    def stand_in(self, string: str) -> bool:
        """Return whether any of the values occurs in `string`."""
        plain = fold(string)
        return any(stands(value, plain) for word in set(_WORD.findall(plain)) for value in self._by_word.get(word, ()))


def stands(value: str, plain: str) -> bool:
    """Return whether `value` occurs in `plain` as whole words; both are in the form that `fold` gives."""
    at = plain.find(value)
    while at >= 0:
        end = at + len(value)
        joined_before = at > 0 and _is_word(plain[at - 1]) and _is_word(value[0])
        joined_after = end < len(plain) and _is_word(plain[end]) and _is_word(value[-1])
        if not joined_before and not joined_after:
            return True
        at = plain.find(value, at + 1)
    return False


def _is_word(character: str) -> bool:
    return bool(_WORD.match(character))
