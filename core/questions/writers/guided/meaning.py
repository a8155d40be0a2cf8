"""The words of a text that carry its meaning, and which of them are names."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache

from core.language.english.function_words import MODALS, STOP_WORDS
from core.language.english.numbers import TENS, UP_TO_NINETEEN

NUMBER_WORD = "|".join((*UP_TO_NINETEEN, *TENS, "hundred"))  # in a regular expression
PIECE_OF_A_BOOK = "chapter|section|paragraph|page|manual|appendix|publication|figure|table"
PURPOSES = frozenset("purpose role mission goal aim task objective function job responsibility intent".split())
PUBLICATION = re.compile(r"\b[A-Z]{2,6} \d[\d.-]*\b")  # "ISO 9001", "FM 6-0"
LETTERS_OF_STEM = 5
WORD = re.compile(r"[A-Za-z0-9][\w’'/-]*")
_INSIDE = re.compile(r"[A-Za-z,;)’”'-] ")  # what stands before a word that does not begin a sentence


def words(text: str) -> list[str]:
    """Return all words and numbers in lower case."""
    return [word.lower() for word in WORD.findall(text)]


def content(text: str) -> list[str]:
    """Return the meaningful words of `text` in lower case, without "'s"."""
    return [re.sub(r"['’]s$", "", word) for word in words(text) if word not in STOP_WORDS and word not in MODALS]


def stems(text: str) -> set[str]:
    """Return the stems of the meaningful words of a text, so that "engineers" and "engineering" are one."""
    return {stem(word) for word in content(text)}


def stem(word: str) -> str:
    """Return the first letters of a word, which its other forms share."""
    return word[:LETTERS_OF_STEM] if len(word) > LETTERS_OF_STEM else word.removesuffix("s")


def _is_heading(line: str) -> bool:
    """Return whether a line may be a heading, whose capitals show no names: most words have them, and no mark ends it."""
    told = [word for word in WORD.findall(line) if word.lower() not in STOP_WORDS]
    return line.rstrip()[-1:] not in ".!?;," and 2 * sum(word[0].isupper() for word in told) > len(told)


class Spellings:
    """How words are written inside the sentences of some texts, where a capital letter shows a name."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for text in texts:
            for line in text.splitlines():
                if not _is_heading(line):
                    self._read(line)

    def _read(self, line: str) -> None:
        before = ""  # the word before, if that stands inside a sentence too
        for match in WORD.finditer(line):
            word = match.group()
            if match.start() < 2 or not _INSIDE.match(line, match.start() - 2):
                before = ""
                continue
            self._forms[word.lower()][word] += 1
            if before:
                self._forms[f"{before} {word}".lower()][f"{before} {word}"] += 1
            before = word

    def of(self, word: str, *, before: str = "", after: str = "") -> str | None:
        """Return how `word` is written, as a rule between these two; None if it never stands inside a sentence.

        Without them it is written small if it ever is.
        """
        for pair, at in ((f"{before} {word}", -1), (f"{word} {after}", 0)):
            if forms := self._forms.get(pair.lower()):
                return forms.most_common(1)[0][0].split()[at]
        alone = self._forms.get(word.lower())
        return None if not alone else word.lower() if word.lower() in alone else alone.most_common(1)[0][0]

    def is_large(self, word: str, *, after: str) -> bool:
        """Return whether `word` has its capital inside sentences too, as a rule before `after`."""
        if word.lower() in STOP_WORDS:
            return False
        small, large = f"{word.lower()} {after}", f"{word} {after}"
        if forms := self._forms.get(small.lower()):
            return forms[large] > forms[small]
        found = self.of(word)
        return found is not None and found[:1].isupper()


@lru_cache(maxsize=1)
def spellings_of(texts: tuple[str, ...]) -> Spellings:
    """Return how words are written in some texts; those of the last call are kept, since each finder asks for the same."""
    return Spellings(texts)


def is_name_in(text: str, word: str) -> bool:
    """Return whether `text` writes `word` with its capital inside a sentence, and never in lower case."""
    is_capital = re.search(rf"[a-z,;] {re.escape(word)}\b", text)
    return bool(is_capital) and not re.search(rf"\b{re.escape(word.lower())}\b", text)


# What says how good or important a thing is, or what it is not.
PRAISE = re.compile(
    r"(?:Not|One|Only|Also|Just|The (?:predominant|primary|principal|senior|central|largest|smallest|highest|lowest"
    r"|fastest|most|best|preferred|main|key|only|same|first|next|foundation|cornerstone|heart|core)"
    r"|An? (?:\w+ly )?(?:critical|integral|indispensable|significant|important|key|essential"
    r"|fundamental|vital|common|good|preferred|major|valuable|useful|necessary|crucial))\b"
)
# A heading, or a term of a glossary, ran into the sentence behind it; the blank between two sentences is missing; or a word
# was torn in two.
RUN_ON = re.compile(
    r"\w (?:An?|The|Any|All|To|Those|These|This|Each|When|If|In|As|For|Once) [a-z]|[a-z]{2}\.[A-Z][a-z]|[A-Z]{2}\.[A-Z]"
    r"|\w (?:ies|[st]ions?|ments?|ness|ity|ities|ance|ence|ers|ors|ical|ically|ive|ous|ations?|ized|izes|izing|ing)\b"
)
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
        r"|Consequently|Conversely|Finally|Ultimately|Second|Third), ",
        "",
        line,
        flags=re.IGNORECASE,
    )
    return line[:1].upper() + line[1:]
