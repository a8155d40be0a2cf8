"""The words of questions and answers as filters compare them, and what sort of question a pair is."""

import re
import unicodedata
from functools import lru_cache

from core.language.english.function_words import ARTICLES
from core.records import QuestionPair

WORD = re.compile(r"\w+")
GAP = re.compile(r"_{2,}|\[(?:…|\.{3}|blank|gap|_+)\]|\((?:…|\.{3}|blank|gap)\)|\.{4,}|(?<=\s)(?:…|\.{3})(?=\s)")
_REQUEST = re.compile(
    r"(?i)(?:please,? )?(?:arrange|choose|classify|compare|complete|contrast|correct|decide|define|describe|explain|fill|"
    r"finish|give|identify|list|mention|name|order|outline|provide|put|quote|recall|rewrite|say|select|sort|specify|state|"
    r"summarize|tell|translate|true or false|write|yes or no)\b"
)


@lru_cache(maxsize=65_536)
def normalized(text: str) -> str:
    """Return the words of `text` in lower case, without accents, punctuation and articles, joined by blanks."""
    plain = text.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", text).casefold()
        plain = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(word for word in WORD.findall(plain) if word not in ARTICLES)


def has_gap(question: str) -> bool:
    """Return whether the question leaves a gap to fill, as in "It is tested every ____."."""
    return GAP.search(question) is not None


def is_request(question: str) -> bool:
    """Return whether the question asks without a question mark: "Define the term …", also after "In maintenance, "."""
    stripped = question.strip()
    return _REQUEST.match(stripped) is not None or any(
        _REQUEST.match(part.lstrip()) is not None for part in re.split(r"[,:.;] ", stripped)[1:]
    )


def is_cloze(pair: QuestionPair) -> bool:
    """Return whether the pair is a sentence with a gap."""
    return pair.wording == "cloze" or has_gap(pair.input)
