"""Classification markings: which one a document bears, and how high it is. They are not personal data.

The forms of markings, and where they appear, are taken from:

* United Kingdom: Government Security Classifications Policy (Cabinet Office, June 2023): OFFICIAL, OFFICIAL-SENSITIVE with a
  handling instruction or descriptor, SECRET, TOP SECRET, UK EYES ONLY, in capitals at the head and foot of every page. Until
  2014 also RESTRICTED and CONFIDENTIAL.
* United States: 32 CFR 2001.21 to 2001.23 and the CAPCO marking manual: banner lines such as TOP SECRET//SI//NOFORN, portion
  marks such as (S//NF) before a paragraph; 32 CFR 2002.20: CUI; DoDM 5200.01 vol. 4: FOUO.
* NATO: C-M(2002)49, AC/35-D/2002: NATO RESTRICTED to COSMIC TOP SECRET. European Union: Council Decision 2013/488/EU.
* Germany: VSA section 2 (VS-NfD, VS-VERTRAULICH, GEHEIM, STRENG GEHEIM). France: IGI 1300 (DIFFUSION RESTREINTE, SECRET,
  TRÈS SECRET). Canada: PROTECTED A to C. Australia: PSPF (PROTECTED). Netherlands, Italy, Spain: their usual markings.

All use one scale: 0 none, unclassified or OFFICIAL; 1 restricted; 2 confidential; 3 secret; 4 top secret, following the
tables of equivalents in 2013/488/EU (appendix B) and in NATO's security policy.

A document's marking is decided by the first of these that applies:

1. a line with a marking and nothing else at the head or foot of pages (in a long document, of the first page or of two
   pages); some readers strip these lines from the text, so they are also passed in separately;
2. a field such as "Classification: SECRET" in the first forty lines, and on the first page if there are pages;
3. a marking alone on a line, three times or more, away from lines with other markings, such as running heads in a text that
   lost its page breaks;
4. portion marks on a fifth of the paragraphs or more, and on at least two.

Portion marks can raise the result of 1 to 3, never lower it. A word in prose ("kept secret", "strictly confidential advice")
is not a marking, nor are lines with different markings next to each other: they belong to a table or list of markings.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import InputError
from core.records import MarkingLevel, Page

LEVELS: tuple[MarkingLevel, ...] = ("unclassified", "restricted", "confidential", "secret", "top-secret")
LEVEL_WORDS: dict[MarkingLevel, str] = {
    "unclassified": "UNCLASSIFIED or OFFICIAL",
    "restricted": "OFFICIAL-SENSITIVE, CUI or RESTRICTED",
    "confidential": "CONFIDENTIAL",
    "secret": "SECRET",
    "top-secret": "TOP SECRET",
}
EDGE_LINES = 3  # at the head and at the foot of each page
_UNPAGED_EDGE_LINES = 6  # the same for a text without pages
_SHORT = 3  # pages, up to which a marking on any single page counts
_FIRST_LINES = 40  # lines in which a field is looked for
MAX_LINE = 250  # characters
_NEAR = 3  # lines; different markings this close together belong to a list of markings

# Classification words and their levels; the longest match wins.
_WORDS: dict[str, int] = {
    "TOP SECRET": 4, "COSMIC TOP SECRET": 4, "STRENG GEHEIM": 4, "TRÈS SECRET": 4, "TRES SECRET": 4,
    "TRÈS SECRET DÉFENSE": 4, "TRÈS SECRET UE/EU TOP SECRET": 4, "STG ZEER GEHEIM": 4, "SEGRETISSIMO": 4, "SECRETO": 4,
    "SECRET": 3, "NATO SECRET": 3, "SECRET UE/EU SECRET": 3, "EU SECRET": 3, "SECRET UE": 3, "SECRET DÉFENSE": 3,
    "GEHEIM": 3, "STG GEHEIM": 3, "SEGRETO": 3, "RESERVADO": 3, "UK SECRET": 3, "UK TOP SECRET": 4,
    "CONFIDENTIAL": 2, "NATO CONFIDENTIAL": 2, "CONFIDENTIEL UE/EU CONFIDENTIAL": 2, "EU CONFIDENTIAL": 2,
    "CONFIDENTIEL UE": 2, "CONFIDENTIEL DÉFENSE": 2, "VS-VERTRAULICH": 2, "STG CONFIDENTIEEL": 2, "RISERVATISSIMO": 2,
    "CONFIDENCIAL": 2, "PROTECTED C": 2, "UK CONFIDENTIAL": 2,
    "RESTRICTED": 1, "NATO RESTRICTED": 1, "RESTREINT UE/EU RESTRICTED": 1, "EU RESTRICTED": 1, "RESTREINT UE": 1,
    "DIFFUSION RESTREINTE": 1, "VS-NUR FÜR DEN DIENSTGEBRAUCH": 1, "VS-NFD": 1, "DEPARTEMENTAAL VERTROUWELIJK": 1,
    "RISERVATO": 1, "DIFUSIÓN LIMITADA": 1, "PROTECTED A": 1, "PROTECTED B": 1, "PROTECTED": 1,
    "UK RESTRICTED": 1, "OFFICIAL-SENSITIVE": 1, "UK OFFICIAL-SENSITIVE": 1, "UK EYES ONLY": 1, "CUI": 1,
    "CONTROLLED UNCLASSIFIED INFORMATION": 1, "FOUO": 1, "FOR OFFICIAL USE ONLY": 1, "UNCLASSIFIED//FOUO": 1,
    "UNCLASSIFIED//FOR OFFICIAL USE ONLY": 1, "CUI//NOFORN": 1, "LIMITED DISTRIBUTION": 1,
    "UNCLASSIFIED": 0, "NATO UNCLASSIFIED": 0, "OFFICIAL": 0, "UK OFFICIAL": 0,
}  # fmt: skip
# Markings in any letter case. Words without these parts, such as "Confidential", are also headings and need capitals.
_TELLING = re.compile(r"NATO|COSMIC|UE\b|EU |VS-|OFFICIAL|FOUO|EYES|CUI|TOP |STG|RESTREINTE")
_CAVEATS = (
    "NOFORN|NF|ORCON|PROPIN|FOUO|FVEY|RELIDO|LOCSEN|COMMERCIAL|PERSONAL|SENSITIVE|UK EYES ONLY|US ONLY|EYES ONLY|"
    "RECIPIENTS ONLY|ORGANISATIONAL USE ONLY|EMBARGOED|HMG USE ONLY|LEGAL|MARKET|POLICY|STAFF|MEDICAL|MANAGEMENT|SCI|SI|TK|"
    "HCS|ATOMAL|CRYPTO|BOHEMIA|SPÉCIAL FRANCE|SPECIAL FRANCE|REL(?:EASABLE)? TO [A-Z]{2,5}(?:,? (?:AND )?[A-Z]{2,5}){0,20}|"
    "HANDLING INSTRUCTIONS?:?.{0,200}"
)
_WORD = "|".join(sorted((re.escape(word) for word in _WORDS), key=len, reverse=True)).replace(r"\ ", " ")
_MARKING = re.compile(rf"(?P<word>{_WORD})(?P<rest>(?:\s*//[A-Z0-9 ,/&-]{{1,100}}|\s*[-:,]?\s*(?:{_CAVEATS})\b)*)")
_DECORATION = " \t*#=~_|.[](){}<>-•\"'"
_NUMBER = r"(?:(?:PAGE|SEITE)\s+)?\d{1,4}(?:\s*(?:OF|VON|/)\s*\d{1,4})?"
_PAGE_NUMBER = re.compile(rf"^{_NUMBER}\s+|\s+{_NUMBER}$", re.IGNORECASE)
_WITHOUT_SPACES = {word.replace(" ", ""): word for word in _WORDS}
_BRACKETS = str.maketrans(dict.fromkeys("[](){}", " ") | dict.fromkeys("–—", "-"))
_FIELD = re.compile(
    r"^\W{0,4}(?:overall |security |document |protective |national )*(?:classification|marking|einstufung|classified as)"
    r"(?: level| marking)?(?: of this document)?\s*[:=]\s*(?P<value>\S.{0,120})$",
    re.IGNORECASE,
)
_PORTION = re.compile(
    r"^\W{0,3}(?:\d{1,3}\.\s*|[a-z]\.\s*)?"
    r"\((?P<mark>(?:TS|S|C|U|CUI|R|NS|NC|NR|CTS)(?://[A-Z0-9 ,/-]{1,40})?)\)\s+\S"
)
_PORTIONS = {"CTS": 4, "TS": 4, "NS": 3, "S": 3, "NC": 2, "C": 2, "NR": 1, "R": 1, "CUI": 1, "U": 0}
_ENUMERATION = re.compile(r"^\W{0,3}\([ABDE]\)\s", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Marking:
    """A marking: its `level`, 0 to 4, and its text in capitals, such as `SECRET//NOFORN`."""

    level: int
    text: str

    @property
    def stored_text(self) -> str | None:
        """The text as it is stored with a document; None if there is no marking."""
        return None if self == NONE else self.text

    @property
    def word(self) -> str:
        """The classification alone, such as `SECRET`."""
        match = _MARKING.fullmatch(self.text)
        return match["word"] if match else LEVELS[self.level].replace("-", " ").upper()


NONE = Marking(0, "")


def find_marking(text: str, pages: Sequence[Page] = (), *, edges: Sequence[Sequence[str]] = ()) -> Marking:
    """Return the marking that a document bears; `NONE` if it bears none.

    Args:
        text: the document's text.
        pages: its pages, as character ranges in that text.
        edges: for each page, the lines at its head and foot if a reader stripped them from the text.
    """
    lines = _lines(text)
    by_edges = _by_edges([_lines(text[page.start : page.end]) for page in pages] or [lines], edges)
    decided = by_edges or _by_field(lines, pages, text) or _by_repetition(lines)
    return max(decided or NONE, _by_portions(text))


def marking_of(line: str, *, in_any_case: bool = False) -> Marking | None:
    """Return the marking that the whole line consists of; None for any other line.

    Words that prose uses too must be in capitals, unless `in_any_case`.
    """
    if len(line) > MAX_LINE:
        return None
    plain = " ".join(unicodedata.normalize("NFKC", line).translate(_BRACKETS).split())
    seen = _unspaced(_PAGE_NUMBER.sub("", plain.strip(_DECORATION)).strip(_DECORATION))
    upper = re.sub(r"\s*//\s*", "//", re.sub(r"\bVS ?- ?", "VS-", seen.upper()))
    upper = re.sub(r"OFFICIAL ?[-: ] ?SENSITIVE", "OFFICIAL-SENSITIVE", upper)
    match = _MARKING.fullmatch(upper)
    if match is None:
        return None
    if not in_any_case and seen != seen.upper() and not _TELLING.search(match["word"]):
        return None
    level = _WORDS[match["word"]]
    if re.search(r"FOUO|OFFICIAL USE|NOFORN|EYES ONLY|ORCON", upper):
        level = max(level, 1)
    return Marking(level, upper.partition("HANDLING")[0].strip(" -:,")[:80])  # a handling instruction may name people


def level_of(words: str) -> MarkingLevel:
    """Return the level that `words` name: one of our levels, or a marking such as `OFFICIAL-SENSITIVE`.

    Raises:
        InputError: `words` are neither.
    """
    plain = words.strip().lower().replace(" ", "-")
    known = next((level for level in LEVELS if level == plain), None)
    marking = None if known else marking_of(words, in_any_case=True)
    if known is None and marking is None:
        raise InputError(
            "This is no classification that Garrison knows.",
            f"Levels are: {', '.join(LEVELS)}; or write a marking such as OFFICIAL-SENSITIVE.",
        )
    return known or LEVELS[marking.level if marking else 0]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _unspaced(line: str) -> str:
    """Return `T O P S E C R E T` as `TOP SECRET`, and any other line unchanged."""
    words = line.split()
    if len(words) < 3 or any(len(word) > 1 for word in words):
        return line
    return _WITHOUT_SPACES.get("".join(words), line)


def _by_edges(pages: Sequence[Sequence[str]], edges: Sequence[Sequence[str]]) -> Marking | None:
    most = EDGE_LINES if len(pages) > 1 else _UNPAGED_EDGE_LINES
    seen: dict[Marking, set[int]] = {}
    again: dict[Marking, set[int]] = {}  # in lowercase too, such as "Secret", if it is on several pages
    for number, lines in [*enumerate(_edge_lines(lines, most) for lines in pages), *enumerate(edges)]:
        here = {marking for line in lines if (marking := marking_of(line))}
        if len({marking.level for marking in here}) > 2:
            continue  # three or more levels at one edge: a list of markings
        for marking in here:
            seen.setdefault(marking, set()).add(number)
        for marking in {loose for line in lines if (loose := marking_of(line, in_any_case=True)) and loose.level >= 3}:
            again.setdefault(marking, set()).add(number)
    is_short = max(len(pages), len(edges)) <= _SHORT
    standing = [marking for marking, where in seen.items() if is_short or 0 in where or len(where) > 1]
    return max(standing + [marking for marking, where in again.items() if len(where) > 1], default=None)


def _edge_lines(lines: Sequence[str], most: int) -> list[str]:
    return [*lines[:most], *lines[max(most, len(lines) - most) :]]


def _by_field(lines: Sequence[str], pages: Sequence[Page], text: str) -> Marking | None:
    first = _lines(text[pages[0].start : pages[0].end]) if pages else lines
    fields = (match["value"] for line in first[:_FIRST_LINES] if (match := _FIELD.match(line.strip())))
    return max((marking for value in fields if (marking := marking_of(value, in_any_case=True))), default=None)


def _by_repetition(lines: Sequence[str]) -> Marking | None:
    marked = [(index, marking) for index, line in enumerate(lines) if (marking := marking_of(line))]
    alone = [
        marking
        for at, (index, marking) in enumerate(marked)
        if not any(
            abs(other - index) <= _NEAR and neighbor.level != marking.level
            for other, neighbor in [*marked[max(0, at - _NEAR) : at], *marked[at + 1 : at + 1 + _NEAR]]
        )
    ]
    return max((marking for marking, times in Counter(alone).items() if times >= 3), default=None)


def _by_portions(text: str) -> Marking:
    lines = _lines(text)
    marks = [match["mark"] for line in lines if (match := _PORTION.match(line))]
    if len(marks) < 2 or len(marks) * 5 < len(lines):
        return NONE
    if _ENUMERATION.search(text):  # (A) (B) (C) number a list here, so a single letter is no portion mark
        marks = [mark for mark in marks if len(mark) > 1]
    return max((_portion(mark) for mark in marks), default=NONE)


def _portion(mark: str) -> Marking:
    level = _PORTIONS[mark.partition("//")[0]]
    return Marking(max(level, 1) if re.search(r"NF|FOUO", mark) else level, f"({mark})" if level else "")
