"""Days and times that point at one event, dates of birth, ages. Durations ("90 days") and frequencies stay readable."""

import re

from core.language.english.calendar import MONTHS, SHORT_MONTHS
from core.language.english.numbers import TENS, UP_TO_NINETEEN
from core.privacy.recognizers.rule import Bounds, any_of, rule

_SHORTENED = (rf"{name}\.?" for name in (*SHORT_MONTHS, "Sept") if name not in MONTHS)
MONTH = any_of([*MONTHS, *_SHORTENED])
_MONTH = rf"(?i:{MONTH})"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:1[89]|20)\d{2}"
_CLOCK = r"(?:[ T,]{1,2}(?:at )?\d{1,2}[:.h]\d{2}(?:[:.]\d{2})?(?:\.\d+)?(?:\s?[AaPp]\.?[Mm]\b\.?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
NUMBER_WORD = rf"(?:{'|'.join(UP_TO_NINETEEN)}|(?:{'|'.join(TENS)})(?:-[a-z]{{3,5}})?)"
# "the Prison Act of 1952", "Law no. 44/1998 of 3 June 1998": the date of a law says nothing about a person.
_LAW = re.compile(
    r"\b(?:Acts?|Laws?|Codes?|Decrees?|Decree-[Ll]aw|Ordinances?|Regulations?|Constitution|Convention|Charter|Treaty|Protocol|"
    r"Statute|Directive|Resolution|Rules)(?:[ ](?:[Nn]o\.[ ]?)?[\w/-]{1,12}\d)?(?:,| of| dated)?[ ](?:the[ ])?"
    r"(?:\w{1,9} ){0,2}$"
)


def dates_a_law(text: str, start: int) -> bool:
    """Return whether the words before the date that begins at `start` make it the date of a law."""
    return _LAW.search(text, max(0, start - 60), start) is not None


def no_law(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds unless they hold the date of a law."""
    return None if dates_a_law(text, start) else (start, end)


def valid_numeric(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if they can be the day and month of a date such as 03/14/2020, in either order."""
    first, second = (int(part) for part in text[start:end].replace("-", "/").replace(".", "/").split("/")[:2])
    return (start, end) if min(first, second) <= 12 and max(first, second) <= 31 and min(first, second) > 0 else None


RULES = (
    # "13 and 14 March 1999", "between 3 and 5 May": the first day too
    rule(
        "DATE_TIME",
        rf"\b{_DAY}(?:(?:,| and| or| to|[ ]?[-–]) ?{_DAY}){{1,3}} {_MONTH}(?: {_YEAR})?(?!\w)",
        score=0.9,
    ),
    # "26 September, and 6 and 7 November 2012"; "May to July 2003"
    rule("DATE_TIME", rf"\b{_MONTH}(?:,? (?:and|to|or) |[-–]){_MONTH} {_YEAR}(?!\w)", score=0.9),
    # "the 8th day of May 2024"; "3.30 p.m.", "10pm", "06:50 hours", "11h45"
    rule("DATE_TIME", rf"\b{_DAY}(?:st|nd|rd|th) day of {_MONTH},? {_YEAR}(?!\w)", score=0.95),
    rule("DATE_TIME", r"(?<![\w.,:/-])\d{1,2}(?:[:.]\d{2})?[ ]?(?i:[ap]\.m\.|[ap]m\b)", score=0.8),
    rule("DATE_TIME", r"(?<![\w.,:/-])(?:[01]?\d|2[0-3])(?::[0-5]\d[ ](?:hours|hrs)|h[0-5]\d)(?![\w/])", score=0.8),
    rule("DATE_TIME", rf"(?<![\w/-]){_YEAR}[-/.](?:0?[1-9]|1[0-2])[-/.]{_DAY}{_CLOCK}(?![\w/-])", score=0.95),
    rule(
        "DATE_TIME", r"(?<![\w./-])\d{1,2}([/.-])\d{1,2}\1(?:(?:1[89]|20)\d{2})(?![\w/-])", score=0.95, check=valid_numeric
    ),
    rule("DATE_TIME", r"(?<![\w./-])\d{1,2}/\d{1,2}/\d{2}(?![\w/-])", score=0.8, check=valid_numeric),
    rule(
        "DATE_TIME",
        rf"\b{_DAY}(?:st|nd|rd|th)?(?: of)?[ -]{_MONTH}(?:,?[ -](?:{_YEAR}|\d{{2}}(?![\d:])))?{_CLOCK}(?!\w)",
        score=0.9,
        check=no_law,
    ),
    rule("DATE_TIME", rf"\b{_MONTH} {_DAY}(?:st|nd|rd|th)?(?:,? {_YEAR})?{_CLOCK}(?!\w)", score=0.9, check=no_law),
    rule("DATE_TIME", rf"\b{_MONTH}[ -,]{{1,2}}(?:of )?{_YEAR}(?!\w)", score=0.85, check=no_law),
    rule(
        "DATE_TIME",
        rf"(?i:\b(?:in|since|until|from|of|year|during|before|after|by|born|between|and|to|circa))"
        rf"\s(?P<value>{_YEAR})(?![\w/-]|[.,]\d| (?:hours|hrs|each|daily|every|local|m|mils?|rpm|feet|ft|kg|miles|"
        rf"meters|metres|rounds)\b)",
        score=0.6,
    ),
    rule(
        "DATE_OF_BIRTH",
        r"(?i:\b(?:d\.?o\.?b\.?|date of birth|birth ?date|born(?: on)?))\s?[:=]?\s?(?P<value>[\w "
        r",./-]{0,4}\d[\w ./-]{3,16}?\d{2,4})(?!\w)",
        score=0.95,
    ),
    rule("AGE", r"(?i)(?<![\w.-])\d{1,3}(?=[ -]?(?:(?:years?|yrs?|months?)[ -](?:old|of age)|y/?o)\b)", score=0.9),
    # ages in words have no digits to change, so they get a label as durations do
    rule("DATE_TIME", rf"\b(?P<value>{NUMBER_WORD}[ -](?:years?|months?))(?=[ -](?:old|of age)\b)", score=0.8),
    rule("DATE_TIME", rf"\b[Aa]ged[ ](?:about[ ])?(?P<value>{NUMBER_WORD}(?: years)?)(?=[ ,.;)]|$)", score=0.8),
    rule(
        "AGE",
        r"(?i)\b(?:aged|age(?: of|:)?|turn(?:s|ed|ing)?|(?:he|she|I) (?:was|is)|I(?:'|’| a)m)"
        r"\s(?P<value>[1-9]\d?)(?=\s?(?:[.,;!?)]|$|and\b|who\b|when\b))",
        score=0.7,
    ),
)
