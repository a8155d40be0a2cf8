"""The words of a text that carry its meaning, and which of them are names."""

import re

from core.language.english.function_words import MODALS, STOP_WORDS
from core.language.english.numbers import TENS, UP_TO_NINETEEN

NUMBER_WORD = "|".join((*UP_TO_NINETEEN, *TENS, "hundred"))  # in a regular expression
PIECE_OF_A_BOOK = "chapter|section|paragraph|page|manual|appendix|publication|figure|table"
PURPOSES = frozenset("purpose role mission goal aim task objective function job responsibility intent".split())
WORD = re.compile(r"[A-Za-z0-9][\w’'/-]*")


def words(text: str) -> list[str]:
    """Return all words and numbers in lower case."""
    return [word.lower() for word in WORD.findall(text)]


def content(text: str) -> list[str]:
    """Return the meaningful words of `text` in lower case, without "'s"."""
    return [re.sub(r"['’]s$", "", word) for word in words(text) if word not in STOP_WORDS and word not in MODALS]


def is_name_in(text: str, word: str) -> bool:
    """Return whether `text` writes `word` with its capital inside a sentence, and never in lower case."""
    is_capital = re.search(rf"[a-z,;] {re.escape(word)}\b", text)
    return bool(is_capital) and not re.search(rf"\b{re.escape(word.lower())}\b", text)


_PARENTHESES = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
# Where to read more, after what the sentence tells.
_REFERENCE = re.compile(
    r",? as (?:described|discussed|shown|outlined|listed|explained|defined|specified) "
    rf"(?:further )?in (?:{PIECE_OF_A_BOOK})s? [A-Z\d][\w-]*(?:(?:,? (?:and|or|through|to) |, )[A-Z]?-?\d[\w-]*)*(?=\.$)",
    re.IGNORECASE,
)


def without_parentheses(text: str) -> str:
    """Return a text on one line, without what stands in parentheses or brackets."""
    return _PARENTHESES.sub("", re.sub(r"\s+", " ", text)).strip()


def plain(text: str) -> str:
    """Return a sentence on one line, without parentheses, references at its end and a connecting word at its beginning."""
    line = _REFERENCE.sub("", without_parentheses(text))
    line = re.sub(
        r"^(?:Also|However|Therefore|Thus|Hence|Additionally|Furthermore|Moreover|In addition|Similarly|Likewise"
        r"|Consequently|Finally|Ultimately), ",
        "",
        line,
        flags=re.IGNORECASE,
    )
    return line[:1].upper() + line[1:]
