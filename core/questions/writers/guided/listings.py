"""Lists as they stand in a passage: a line that leads in ("The crew must—") and the items below it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language.english.function_words import COMMON_PREPOSITIONS, MODALS
from core.language.grammar import Word, parse
from core.questions.passage_sentences import BULLETS
from core.questions.writers.guided import asking
from core.questions.writers.guided.clause import SUBJECTS, children_of, part_of, span_text
from core.questions.writers.guided.meaning import without_parentheses
from core.records import Passage

_ITEM = re.compile(r"^\s*(?:[" + BULLETS + r"·*–—-]|\(?(?:\d{1,2}|[a-z])[.)])\s+(?P<text>\S.*)$")
_LEAD = re.compile(r"(?:^|(?<=[.!?] ))(?P<lead>[A-Z][^.!?]*?)\s?(?:—|–|:)\s*$")
_NUMBERING = re.compile(r"^\s*(?:[A-Z]?\d*-\d+\.|(?:\d+\.)+\d*\)?|\d+\)|\([a-z0-9]{1,2}\)|[" + BULLETS + r"·*–—-])\s+")
# "The field army can include, but is not limited to, …": that there may be more changes nothing of the question.
_LIMITED = re.compile(r",? but (?:is|are) not limited to,?(?: the)?$")
# "The following are the parts of a plan": turned around, so that the items stand at the end.
_TURNED = re.compile(r"^The following (?P<be>is|are) (?P<what>(?!an? |examples?\b|lists?\b|some\b)[a-z][^,;]{8,80})$")
_LABEL = re.compile(r"^(?P<label>[A-Z][\w’/-]*(?: [\w’/-]+){0,5}): \S")
# The end of a line whose items say what its subject does.
_OF_ACTS = re.compile(r"\b(?:ways|functions|tasks|roles|responsibilities|actions|the following)$")
# "Collect the following data on valves": words that the items can stand for.
_FOLLOWING_INSIDE = re.compile(
    rf"\bthe following(?: [a-z]+)?(?= (?:{'|'.join(sorted(COMMON_PREPOSITIONS - {'as', 'by'}))})\b)"
)
# "Systems and their capabilities such as—": an item with a list of its own, which the next items may or may not belong to.
_OWN_LIST = re.compile(r",?\s*(?:(?:to )?includ(?:e|ing)|such as)\s?(?:—|–|:)$")
MOST_ITEMS, MOST_IN_ITEM = 14, 26  # items, and words of an item
MOST_WORDS = 85  # of all items in one answer
SHORT_ITEM = 7  # words; a list of such items needs commas alone
_VERB_TAGS = frozenset(("VBZ", "VBP", "VBD", "MD"))


@dataclass(frozen=True, slots=True)
class Listing:
    """A line that leads in, without its mark, and text, start and end of each item; all of it from `start` to `end`."""

    passage: Passage
    start: int
    end: int
    lead: str
    items: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item as a whole sentence with what leads in ("Commanders must tie …"); it stands from `item_start` to `end`."""

    passage: Passage
    start: int  # of what leads in
    item_start: int
    end: int
    sentence: str


def listings(passage: Passage) -> Iterator[Listing]:
    """Yield the lists of a passage that have a line which leads in and at least two items."""
    lines = list(re.finditer(r"[^\n]+", passage.text))
    at = 0
    while at < len(lines):
        lead = _LEAD.search(_NUMBERING.sub("", lines[at].group()))
        items = _items_from(lines, at + 1) if lead else []
        if lead and len(items) >= 2:
            text = lead["lead"]
            start = passage.text.find(text, lines[at].start())
            if start >= 0 and len(items) <= MOST_ITEMS and not _is_cut(passage.text, items[-1][2]):
                told = _LIMITED.sub("", _TURNED.sub(lambda match: asking.tidy(f"{match['what']} {match['be']}"), text))
                yield Listing(passage, start, items[-1][2], told, tuple(items))
            at += len(items)
        at += 1


def begins_with_item(text: str) -> bool:
    """Return whether a passage begins inside a list, so that the one before it does not hold all of that."""
    return _ITEM.match(text.lstrip("\n").split("\n", 1)[0]) is not None


def _is_cut(text: str, end: int) -> bool:
    """Return whether a text ends inside a list, whose last items then stand elsewhere."""
    return not text[end:].strip() and text[end - 1 : end] not in (".", "!", "?")


def _items_from(lines: Sequence[re.Match[str]], at: int) -> list[tuple[str, int, int]]:
    """Return text, start and end of the items on the lines from number `at` on: each item's first sentence."""
    items = []
    for line in lines[at:]:
        match = _ITEM.match(line.group())
        if not match:
            break
        text = re.split(r'(?<=[a-z)])\s?\. (?=[A-Z("“])', match["text"], maxsplit=1)[0].strip()
        start = line.start() + match.start("text")
        items.append((re.sub(r"(?:;|,)?(?: and| or)?$", "", text.rstrip(" .;,")), start, start + len(text)))
    return items


def cleaned(listing: Listing) -> tuple[str, ...]:
    """Return the items as parts of a sentence, by their labels if all have one; nothing if one of them is unfit."""
    texts = [text for text, _, _ in listing.items]
    labels = [match["label"] for text in texts if (match := _LABEL.match(text))]
    items = tuple(cleaned_item(text) for text in (labels if len(labels) == len(texts) else texts))
    return items if all(items) else ()


def is_long(listing: Listing) -> bool:
    """Return whether the items of a list are more than one answer can tell."""
    return sum(len(text.split()) for text, _, _ in listing.items) > MOST_WORDS


def is_nested(listing: Listing) -> bool:
    """Return whether an item of a list has a list of its own, so that nobody can tell which items belong to which."""
    return any(_OWN_LIST.search(text) for text, _, _ in listing.items)


def with_inside(lead: str, items: str) -> str | None:
    """Return a line that leads in with its items in place of "the following data" inside it; None if they stand behind."""
    match = _FOLLOWING_INSIDE.search(lead)
    return f"{lead[: match.start()]}{items}{lead[match.end() :]}" if match else None


def with_item(lead: str, item: str) -> str | None:
    """Return a line that leads in with one of its items, as a sentence; None if it names the items itself at its end."""
    if inside := with_inside(lead, item):
        return f"{inside}."
    return None if re.search(r"\bthe following\b", lead) else f"{lead} {item}."


def cleaned_item(text: str) -> str:
    """Return an item as a part of a sentence; "" if it is unfit for that."""
    text = without_parentheses(_OWN_LIST.sub("", text)).strip(" .;,")
    return "" if re.search(r"[—|_=]", text) or len(text.split()) > MOST_IN_ITEM else asking.lower_first(text)


def items_text(items: Sequence[str]) -> str:
    """Return items as one phrase: "a, b, and c"."""
    is_short = all(len(item.split()) <= SHORT_ITEM and "," not in item for item in items)
    mark = ", " if is_short else "; "
    if len(items) == 2 and is_short:
        return f"{items[0]} and {items[1]}"
    return f"{mark.join(items[:-1])}{mark}and {items[-1]}"


def item_sentences(passages: Sequence[Passage]) -> Iterator[Item]:
    """Yield the items of lists that bring their verb ("The crew must—", "Check the oil."), each as a sentence."""
    found = [each for passage in passages for each in listings(passage)]
    acting = [each for each in found if all(re.match(r"[A-Z][a-z-]+s\b", text) for text, _, _ in each.items)]
    actors = [_actor(words, each.lead) for each, words in zip(acting, parse(each.lead for each in acting), strict=True)]
    leads = {(each.passage.id, each.start): actor for each, actor in zip(acting, actors, strict=True) if actor}
    for each in found:
        is_open = each.lead.rsplit(" ", 1)[-1] in MODALS | {"to"}
        lead = each.lead if is_open else leads.get((each.passage.id, each.start))
        for text, start, end in each.items if lead else ():
            sentence = f"{lead} {asking.lower_first(text.rstrip('.;,'))}."
            yield Item(passage=each.passage, start=each.start, item_start=start, end=end, sentence=sentence)


def _actor(words: Sequence[Word], lead: str) -> str | None:
    """Return who does what the items of a list say, as its first line tells; None if it does not.

    It is the whole line if that has no verb ("The crew—", "Checks the oil."), else its subject, if the line says that the
    items tell how or what that does: "The crew helps in two ways:".
    """
    if not any(word.tag in _VERB_TAGS for word in words):
        return lead
    subjects = [at for at, word in enumerate(words) if word.role in SUBJECTS]
    is_one = len(subjects) == 1 and words[subjects[0]].tag in ("NN", "NNP")
    if not is_one or not _OF_ACTS.search(lead):
        return None
    subject = part_of(words, children_of(words), subjects[0])
    return span_text(words, subject.start, subject.end)
