"""Times of an operation: date-time groups, Zulu times, times counted from D-day and H-hour.

Sources: ACP 121 (date-time group: day, hour, minute, zone, month, year); Joint Publication 5-0, appendix on C-, D-, H- and
L-time. "D-day" and "H-hour" alone are words of doctrine and stay; what is counted from them ("D+3", "H-30") is a time. A
minus sign is also the dash of page numbers ("D-3"), so it needs a word of time near it, and no word for part of a document.
"""

import re

from core.language.english.calendar import MONTHS, SHORT_MONTHS
from core.privacy.recognizers.rule import Bounds, rule

_MONTH = rf"(?i:{'|'.join((*MONTHS, 'Sept', *SHORT_MONTHS))})"
_DAY_TIME = r"(?:0[1-9]|[12]\d|3[01])[ ]?(?:[01]\d|2[0-3])[0-5]\d"
_TIME = r"(?:[01]\d|2[0-3]):?[0-5]\d"
_WHEN = (
    r"(?i:at|by|from|until|till|nlt|net|no later than|not later than|not earlier than|before|after|between|on|"
    r"since|is|was|time|for)"
)
_IN_A_DOCUMENT = re.compile(
    r"\b(?:pages?|tables?|figures?|para(?:graph)?s?|appendix|annex|sections?|see|chapters?|items?)\b", re.I
)


def no_page(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds unless a word for a part of a document appears in the 40 characters before."""
    return None if _IN_A_DOCUMENT.search(text, max(0, start - 40), start) else (start, end)


DATE_TIME_GROUP = (
    rf"\d{{2}}[ ]?\d{{4}}[ ]?(?:[A-Za-z]|(?i:zulu|local|alpha|bravo))[ -]?{_MONTH}[ -]?(?:\d{{4}}|\d{{2}})?(?!\w)"
)

RULES = (
    rule("DATE_TIME", rf"(?<![\w-]){DATE_TIME_GROUP}", score=0.95),
    rule("DATE_TIME", rf"(?<![\w.,/-]){_DAY_TIME}[ ]?(?:Z|ZULU)(?![\w/])", score=0.9),
    rule(
        "DATE_TIME",
        rf"(?i:\b(?:dtg|as of|as at|eta|etd|etr|from|until|nlt|net|by|at|effective)[: ]{{1,2}})"
        rf"(?P<value>{_DAY_TIME}[ ]?[A-IK-Z])(?![\w/])",
        score=0.85,
    ),
    rule(
        "DATE_TIME",
        rf"(?<![\w.,/:-]){_TIME}[ ]?(?:Z|ZULU|[Zz]ulu|(?:hrs|hours)[ ](?:[Zz]ulu|ZULU|UTC|GMT|[Ll]ocal))(?![\w/])",
        score=0.8,
    ),
    rule(
        "DATE_TIME",
        rf"(?i:\b(?:nlt|eta|etd|h-?hour(?: is| at)?|at|by)[: ]{{1,2}})(?P<value>{_TIME}[ ]?[A-IK-Y])(?![\w/])",
        score=0.7,
    ),
    rule("DATE_TIME", rf"(?i:\bh-?hour(?: is| at| was)?[:=]?[ ])(?P<value>{_TIME})(?![\w/])", score=0.8),
    # "D+3", "H+45"; "D-Day minus 1", "H-hour + 15"; "at H-30", "NLT D-2"; "H-2 to H+5"
    rule("DATE_TIME", r"(?<![\w+-])[DHL] ?\+ ?\d{1,3}(?:[:.]\d{2})?(?![\w+])", score=0.85),
    rule(
        "DATE_TIME",
        r"(?<![\w-])(?i:(?:[dcgm][ -]?day|[hlgp][ -]?hour)\s?(?:\+|[-−–]|plus|minus)\s?\d{1,3})(?!\w)",
        score=0.9,
    ),
    rule("DATE_TIME", r"(?<![\w-])[DHL] (?i:plus|minus) \d{1,3}(?!\w)", score=0.85),
    rule("DATE_TIME", rf"\b{_WHEN}[ :](?P<value>[DHL] ?[-−–] ?\d{{1,3}})(?![\w-]|\.\d)", score=0.75, check=no_page),
    rule(
        "DATE_TIME",
        r"(?<![\w-])[DHL][-−–]\d{1,3}(?![\w-]|\.\d)",
        score=0.75,
        near=r"\b[DHL]\+\d|\b[dhl]-?(?:day|hour)\b|\b[HL][-−–]\d{2,3}\b[^.]{0,60}\b[HL][-−–]\d",
        check=no_page,
    ),
)
