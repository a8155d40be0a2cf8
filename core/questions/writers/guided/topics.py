"""The topic that a question can name first: the heading above a passage, else the document's title."""

import re

from core.questions.writers.guided.meaning import content
from core.questions.writers.writer import Excerpt

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
_HEADING = "Regarding"
MOST_WORDS = 7


def topic(excerpt: Excerpt) -> str | None:
    """Return how a question can begin, from heading or title ("Regarding the winch"); None if neither names a topic."""
    heading = excerpt.passage.heading.split(" > ")[-1].strip(" .:#")
    if _names(heading) and _is_about(heading, excerpt.passage.text):
        return f"{_HEADING} {_inside(heading, excerpt.passage.text)}"
    title = re.sub(r"\.\w{2,4}$", "", excerpt.title).replace("_", " ").strip()
    return (
        f"According to {title}"
        if re.search(r"[A-Za-z]{2}", title) and len(title.split()) <= MOST_WORDS and " " in title
        else None
    )


def names_heading(topic: str) -> bool:
    """Return whether a topic is a heading, which says more about its passage than the title of a whole document."""
    return topic.startswith(_HEADING)


def _names(heading: str) -> bool:
    words = _WORD.findall(heading)
    if words and words[0].lower() in _ACTS:
        return False
    return 2 <= len(words) <= MOST_WORDS and not _EMPTY.search(heading) and heading[-1:] not in "?,;—-"


def _is_about(heading: str, text: str) -> bool:
    """Return whether the text speaks of what its heading names; else it may be the title of a story or a person's name."""
    below = text.lower().replace(heading.lower(), "", 1)
    return any(word in below for word in content(heading) if len(word) > 3)


def _inside(heading: str, text: str) -> str:
    """Return a heading in lower case, but for names and abbreviations that `text` proves.

    One that holds a piece of a name behind its first word keeps its capitals: "Army Corps of Engineer Elements".
    """
    words = heading.split()
    told = [_word(word, text) for word in words]
    is_name = any(word[:1].isupper() and word[1:].islower() for word in told[1:])
    return " ".join(word.capitalize() if is_name and content(word) and word.islower() else word for word in told)


def _word(word: str, text: str) -> str:
    bare = re.sub(r"\W", "", word)
    capital = bare[:1].upper() + bare[1:].lower()
    if bare.isupper() and re.search(rf"[a-z] {re.escape(bare)}s?\b", text):
        return word
    if re.search(rf"[a-z,;] {re.escape(capital)}\b", text) and not re.search(rf"\b{re.escape(bare.lower())}\b", text):
        return word.replace(bare, capital)
    return word.lower()
