"""Question pairs whose document was approved again: which of them still hold, and where their evidence stands now.

A pair holds if its passage and heading read as before, and if it says no word that is gone from the document. A name that
was missed and is replaced now is such a word, also where a pair has it from a neighboring passage.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from core.records import Passage, Preference, QuestionPair, WrittenText

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class ApprovedText:
    """An anonymized text as it was approved in one review, and its passages with their offsets in it."""

    review_id: str
    text: str
    passages: Sequence[Passage]

    @cached_property
    def words(self) -> frozenset[str]:
        """Every word of the text and its headings."""
        return frozenset(word for part in (self.text, *(p.heading for p in self.passages)) for word in _WORD.findall(part))


def unchanged_passages(before: ApprovedText, after: ApprovedText) -> dict[str, Passage]:
    """Return, for the id of each passage that reads as before, the passage that it is now.

    A heading that was not stored with an early approval counts as unchanged.
    """
    by_id = {passage.id: passage for passage in after.passages}
    by_text: defaultdict[str, list[Passage]] = defaultdict(list)
    for passage in after.passages:
        by_text[passage.text].append(passage)
    found: dict[str, Passage] = {}
    for old in before.passages:
        same = by_id.get(old.id)
        others = by_text[old.text]
        if same is None and len(others) == 1:  # cut anew: found by its text, if no other passage has the same
            same = others[0]
        if same is not None and same.text == old.text and old.heading in ("", same.heading):
            found[old.id] = same
    return found


def renewed(pairs: Iterable[QuestionPair], *, before: ApprovedText, after: ApprovedText) -> Iterator[QuestionPair]:
    """Yield those of `pairs`, written from the text `before`, that hold for the text `after`, as pairs of that approval."""
    unchanged = unchanged_passages(before, after)
    starts = {passage.id: passage.start for passage in before.passages}
    is_same_text = before.text == after.text
    gone = frozenset() if is_same_text else before.words - after.words
    for pair in pairs:
        if not is_same_text and (pair.kind == "link" or not gone.isdisjoint(_words_of(pair))):
            continue
        moved = _moved(pair, unchanged, starts) if pair.passage_id else _found(pair, after, is_same_text=is_same_text)
        if moved is not None and after.text[moved.quote_start : moved.quote_end] == moved.quote:
            yield replace(moved, review_id=after.review_id)


def renewed_texts(texts: Iterable[WrittenText], *, before: ApprovedText, after: ApprovedText) -> Iterator[WrittenText]:
    """Yield those of `texts`, written about the text `before`, that hold for the text `after`, as texts of that approval."""
    unchanged = unchanged_passages(before, after)
    gone = frozenset() if before.text == after.text else before.words - after.words
    for text in texts:
        passage = unchanged.get(text.passage_id)
        if passage is not None and gone.isdisjoint(_WORD.findall(text.text)):
            yield replace(text, review_id=after.review_id, passage_id=passage.id)


def renewed_preferences(
    preferences: Iterable[Preference], *, before: ApprovedText, after: ApprovedText
) -> Iterator[Preference]:
    """Yield those of `preferences`, about the text `before`, that hold for the text `after`, as ones of that approval."""
    unchanged = unchanged_passages(before, after)
    gone = frozenset() if before.text == after.text else before.words - after.words
    for each in preferences:
        passage = unchanged.get(each.passage_id)
        if passage is not None and gone.isdisjoint(_WORD.findall(f"{each.question}\n{each.chosen}\n{each.rejected}")):
            yield replace(each, review_id=after.review_id, passage_id=passage.id)


def _moved(pair: QuestionPair, unchanged: Mapping[str, Passage], starts: Mapping[str, int]) -> QuestionPair | None:
    """Return a pair with its evidence moved as far as its passage was; None if the passage does not read as before."""
    passage = unchanged.get(pair.passage_id or "")
    if passage is None:
        return None
    shift = passage.start - starts[pair.passage_id or ""] if pair.quote else 0
    return replace(
        pair,
        passage_id=passage.id,
        page=passage.page,
        quote_start=pair.quote_start + shift,
        quote_end=pair.quote_end + shift,
    )


def _found(pair: QuestionPair, after: ApprovedText, *, is_same_text: bool) -> QuestionPair | None:
    """Return a pair without a passage with its evidence found anew; None if it stands nowhere, or in several places."""
    if is_same_text:
        return pair
    if not pair.quote or after.text.count(pair.quote) != 1:
        return None
    start = after.text.index(pair.quote)
    return replace(pair, quote_start=start, quote_end=start + len(pair.quote))


def _words_of(pair: QuestionPair) -> set[str]:
    told = [pair.input, pair.output, pair.system, *(part for turn in pair.history for part in (turn.input, turn.output))]
    return {word for part in told for word in _WORD.findall(part)}
