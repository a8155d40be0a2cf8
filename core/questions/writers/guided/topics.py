"""The topic that a question can name first: the heading above what is asked about, else the document's title."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.language.english.function_words import STOP_WORDS
from core.language.grammar import parse
from core.questions.writers.guided.meaning import LETTERS_OF_STEM, Spellings, content, spellings_of
from core.questions.writers.writer import Excerpt
from core.records import Passage

_WORD = re.compile(r"[A-Za-z][\w’'/-]*")
_EMPTY = re.compile(
    r"(?i)\b(?:introduction|overview|general|contents|summary|appendix|chapter|section|figure|table|references|glossary|preface"
    r"|notes?|page|document|untitled|scan|copy|final|draft|version|sheet)\b|\d"
)
# Words with which a heading tells to do something, rather than names what is spoken of.
_ACTS = frozenset(
    "develop determine identify select conduct prepare plan execute assess issue receive analyze synchronize establish "
    "perform create define describe evaluate review update provide ensure maintain manage monitor coordinate integrate "
    "understand know use make take check remove install replace open close start stop clean inspect test adjust set how "
    "when where what why who".split()
)
_LINE = re.compile(r"^(?P<line>[A-Z][^\n]{2,70})$(?=\n+(?P<next>[^\n]+))", re.MULTILINE)
MOST_WORDS = 7
LONGEST_SHORT = 6  # letters of an abbreviation
LEAST_BELOW = 60  # characters of the line of text below a heading


@dataclass(frozen=True, slots=True)
class Topic:
    """What a question can name first: a heading, "the winch", else the title of a whole document, which says less."""

    name: str
    is_heading: bool

    def speaks_of(self, noun: str) -> bool:
        """Return whether it holds a noun, so that it says which one is meant."""
        return noun[:LETTERS_OF_STEM] in self.name.lower()


class Topics:
    """The topics of questions about some excerpts."""

    def __init__(self, excerpts: Sequence[Excerpt]) -> None:
        spellings = spellings_of(tuple(excerpt.passage.text for excerpt in excerpts))
        self._places = {excerpt.passage.id: list(_places(excerpt, spellings)) for excerpt in excerpts}

    def at(self, passage: Passage, start: int) -> Topic | None:
        """Return the topic of what stands at character `start` of a passage's text; None if nothing names one."""
        return next(topic for place, topic in reversed(self._places[passage.id]) if place <= start)


def _places(excerpt: Excerpt, spellings: Spellings) -> Iterator[tuple[int, Topic | None]]:
    """Yield from where in the text which topic holds: that of the heading above it, then those of headings in it."""
    passage = excerpt.passage
    yield 0, _topic(passage.heading.split(" > ")[-1], excerpt, spellings)
    for match in _LINE.finditer(passage.text):
        if _heads(match["line"], match["next"]):
            yield match.start("line"), _topic(match["line"], excerpt, spellings)


def _heads(line: str, following: str) -> bool:
    """Return whether a line is a heading: a few words with capitals, above a line of text."""
    words = [word for word in _WORD.findall(line) if content(word)]
    is_named = bool(words) and all(word[:1].isupper() for word in words) and len(line.split()) <= MOST_WORDS
    return is_named and line[-1:] not in ".,;:—–-" and len(following) >= LEAST_BELOW and following[:1].isupper()


def _topic(heading: str, excerpt: Excerpt, spellings: Spellings) -> Topic | None:
    heading = heading.strip(" .:#")
    if _names(heading) and _is_about(heading, excerpt.passage.text):
        told = _inside(heading, spellings)
        if told is not None and (_is_thing(told, excerpt.passage.text) or not _commands(told)):
            return Topic(told, is_heading=True)
    title = re.sub(r"\.\w{2,4}$", "", excerpt.title).replace("_", " ").strip()
    is_title = re.search(r"[A-Za-z]{2}", title) and len(title.split()) <= MOST_WORDS and " " in title
    return Topic(title, is_heading=False) if is_title else None


def _names(heading: str) -> bool:
    words = _WORD.findall(heading)
    if words and words[0].lower() in _ACTS:
        return False
    return 2 <= len(words) <= MOST_WORDS and not _EMPTY.search(heading) and heading[-1:] not in "?,;—-"


def _is_thing(heading: str, text: str) -> bool:
    """Return whether the text has an article before the first word of a heading, so that it is no verb: "the winch"."""
    return re.search(rf"\b(?:an?|the) {re.escape(heading.split()[0])}\b", text, re.IGNORECASE) is not None


@lru_cache(maxsize=1024)
def _commands(heading: str) -> bool:
    """Return whether a heading tells to do something, or what something does: "Retain Freedom", "Provides Warning"."""
    words = next(iter(parse([f"{heading}."])))
    return words[0].tag in ("VB", "VBP", "VBZ") and words[0].text.islower()


def _is_about(heading: str, text: str) -> bool:
    """Return whether the text speaks of most of what its heading names; else it may be the title of a story."""
    below, named = text.lower().replace(heading.lower(), "", 1), content(heading)
    return 2 * sum(word[:LETTERS_OF_STEM] in below for word in named) >= max(len(named), 2)


def _inside(heading: str, spellings: Spellings) -> str | None:
    """Return a heading as it would stand inside a sentence; None if it is not known how one of its words is written.

    One that holds a piece of a name behind its first word keeps its capitals: "Army Corps of Engineer Elements".
    """
    words = heading.split()
    told = [
        _spelled(word, spellings, before=before, after=after)
        for word, before, after in zip(words, ("", *words), (*words[1:], ""), strict=False)
    ]
    if None in told:
        return None
    known = [word or "" for word in told]
    is_name = any(word[:1].isupper() and word[1:].islower() for word in known[1:])
    return " ".join(word.capitalize() if is_name and content(word) and word.islower() else word for word in known)


def _spelled(word: str, spellings: Spellings, *, before: str, after: str) -> str | None:
    """Return how a word of a heading is written inside a sentence, as the text or another form of the word shows."""
    bare = re.sub(r"^\W+|\W+$", "", word)
    if not bare or bare.lower() in STOP_WORDS:
        return word.lower()
    found = spellings.of(bare, before=before, after=after)
    if found is None:
        forms = (bare.removesuffix("s").removesuffix("S"), f"{bare}s", f"{bare}ed", bare.lower().removesuffix("ing"))
        is_known = any((form := spellings.of(each)) and form.islower() for each in forms)
        found = bare.lower() if is_known or bare[1:].islower() else None
    if found is None or (found.isupper() and len(found) > LONGEST_SHORT):
        return None
    return word.replace(bare, found)
