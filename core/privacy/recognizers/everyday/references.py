"""Case and reference numbers of courts, files, letters and incidents."""

import re

from core.privacy.recognizers.rule import Bounds, any_of, rule

_LABEL = any_of(
    r"reference|ref|case|file|claim|invoice|order|ticket|account|acct|application|applications|docket|complaint|"
    r"policy|incident|"
    r"report|work order|job|contract|petition|appeal|judgment|decision|registration|licence|license|permit|"
    r"certificate|customer|"
    r"member|membership|patient|client|booking|reservation|tracking|batch|lot|serial|part|stock|asset|equipment|hull|tail|"
    r"airframe|engine|chassis|vehicle|bumper|plate|reg|vin|passport|visa|identity card|id card|driving licen[cs]e|"
    r"driver'?s licen[cs]e|national insurance|social security|tax|vat|insurance|badge|employee|staff|personnel|service|army|"
    r"svc|regimental|force|edipi|dod id|dodid|student|payroll|roll|nhs|medical record|mrn|iban|sort code|card|weapon|rifle|"
    r"radio|phone|imei|id|user|login|entry|log|signal|msg|message|requisition|voucher|demand|defect|fault|form|record|"
    r"warrant"
)
_LABEL_BEFORE = re.compile(rf"\b{_LABEL}[ \t]?$", re.IGNORECASE)
_MARK = r"(?:[Nn]umbers?|[Nn]umerals?|[Nn]os?\b\.?|[Nn]r\b\.?|[Nn]um\b\.?|NUMBER|NO\b\.?|ID\b|[Ii]dentifier|#|№)"
_VALUE = (
    r"(?P<value>(?=[\w./-]*\d)[A-Z0-9][A-Za-z0-9]*(?:[ /.-](?:\d[A-Za-z0-9]*|[A-Z]{1,4}(?:\d[A-Z0-9]*)?(?![a-z])))*)(?![\w])"
)
# Laws are public: "Law no. 3713" says nothing about a person.
_STATUTE = re.compile(
    r"\b(?:Laws?|Acts?|Decrees?|Decree-[Ll]aws?|Directives?|Regulations?|Protocol|Code|Resolutions?|Recommendation|Ordinances?|"
    r"Statute|Gazette|Constitution|Convention|Treaty)(?: [Nn]os?\.? ?| \(no\. |, no\. )"
    r"(?:[\w/-]{1,12}(?:,| and|, and) ){0,3}$|"
    r"\b(?:[Ss]ections?|[Aa]rticles?|§§?|[Rr]ules?) (?:[\w/()]{1,8}(?:,| and|, and) ){0,4}$"
)


def long_enough(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds of at least four letters and digits, one of them a digit, that are no year or number of a law."""
    if _STATUTE.search(text, max(0, start - 60), start):
        return None
    value = text[start:end]
    solid = [c for c in value if c.isalnum()]
    is_year = len(value) == 4 and value[:2] in ("19", "20") and value.isdigit()
    return (start, end) if len(solid) >= 4 and any(c.isdigit() for c in solid) and not is_year else None


def with_separator(text: str, start: int, end: int) -> Bounds | None:
    """Return `long_enough` if there is a dash or slash inside, else None."""
    return long_enough(text, start, end) if any(mark in text[start:end] for mark in "-/") else None


_MARK_BEFORE = re.compile(rf"(?:{_MARK}\s?(?:is|was)?\s?[:=]?|[:=])\s?\(?$")


def labelled(text: str, start: int, end: int) -> Bounds | None:
    """Return `long_enough` if a word for what is numbered precedes the mark ("No.") or colon in front, else None."""
    mark = _MARK_BEFORE.search(text, max(0, start - 20), start)
    if not mark or not _LABEL_BEFORE.search(text, max(0, mark.start() - 30), mark.start()):
        return None
    return long_enough(text, start, end)


RULES = (
    # "case 2019-CV-01234": no "number" after the word, so the value itself must look like a reference.
    rule(
        "REFERENCE",
        rf"(?i:\b(?:case|claim|file|ref|reference|docket|incident|ticket|invoice|policy|application|contract|report|"
        rf"work order))\s{_VALUE}",
        score=0.8,
        check=with_separator,
    ),
    rule("REFERENCE", r"(?<![\w/-])\d{4}-[A-Z]{2,4}-\d{3,6}(?![\w/-])", score=0.8),
    rule("REFERENCE", r"(?<![\w/:-])\d:\d{2}-(?i:cv|cr|mc|mj|bk)-\d{3,6}(?:-[A-Z]{2,4})*(?![\w/-])"),  # US federal courts
    # "Case No. 12-345", "reference: AB/123/45", "service number 25123456": found by the mark, judged by the word before it
    rule("REFERENCE", rf"(?:\b{_MARK}\s?(?:is\s|was\s)?[:=]?|[:=#№])\s?\(?{_VALUE}", check=labelled),
    # "no. 36244/06", "nos. 12/345 and 13/456", "№ 123-45"
    rule("REFERENCE", rf"(?:\b[Nn]os?\.|№|\b[Nn]r\.)\s?{_VALUE}", check=long_enough),
    rule(
        "REFERENCE",
        r"(?<![\w/.-])(?:\d{3,6}/(?:19|20)?\d{2}|(?:19|20)\d{2}/\d{3,6})(?![\w/-]|\.\d)",
        score=0.8,
        check=long_enough,
    ),
    rule("REFERENCE", r"(?<=\band )\d{3,6}/\d{2,4}(?![\w/])", score=0.8, check=long_enough),
    # "Criminal Appeal No. 82 of 2008", "C.A. No. 7 of 1999"
    rule(
        "REFERENCE",
        r"\b(?:[Aa]ppeal|APPEAL|[Cc]ase|CASE|[Cc]ause|[Pp]etition|PETITION|[Rr]eference|[Ss]uit|[Tt]rial|[A-Z]\.[A-Z]\.)"
        r"[ ]?\(?(?i:nos?\.?)[ ]?"
        r"(?P<value>\d{1,6}(?:[-/][A-Z]{1,4})? (?:of|OF|Of) (?:19|20)\d{2})(?!\w)",
    ),
    # numbers by which judgments are cited: "[2024] IEHC 281", "[2012] EWHC 1947", "2022 ONCA 274"
    rule("REFERENCE", r"\[(?:19|20)\d{2}\] (?:UK|EW|IE|NI|SC|ZA|NZ|HCA|FCA|SG)[A-Z]{0,7}(?: (?:Civ|Crim))? \d{1,5}(?!\w)"),
    rule("REFERENCE", r"(?<![\w-])(?:19|20)\d{2} (?:SCC|[A-Z]{2}(?:CA|SC|CJ|PC|QB|KB)|FCA?|INSC) \d{1,5}(?!\w)"),
    # short numbers of files and judgments: "decision no. 415", "case no. 27"
    rule(
        "REFERENCE",
        r"\b(?:[Cc]ase|[Ff]ile|[Dd]ecision|[Jj]udgment|[Rr]uling|[Vv]erdict|[Aa]ppeal|[Ii]ndictment)[ ][Nn]os?\.?[ ]"
        r"(?P<value>\d{2,3})(?![\w/-]|\.\d)",
        score=0.7,
        near=r"\b(?:court|prosecutor|judge|investigat|police|criminal|convicted)",
    ),
    # Letters, a slash or dash, and digits, at least two groups: "ABC/1234/20", "INC-2024-0117", "WO-88213-A".
    rule("REFERENCE", r"(?<![\w/-])[A-Z]{2,6}[/-](?:\d{2,4}[/-]\d{3,8}|\d{5,10})(?:[/-]\w{1,4})?(?![\w/-])", score=0.8),
    rule("REFERENCE", r"(?<![\w/-])(?:[A-Z]{1,5}/){1,3}\d{2,6}(?:/\d{2,4}){1,2}(?![\w/-])", score=0.8),
    rule("REFERENCE", r"(?<![\w/-])[A-Z]{1,4} \d{2,6}/(?:19|20)\d{2}(?![\w/-])", score=0.8),
    # Central European courts: "II K 345/98", "2 BvR 1234/99", "5 StR 123/04"
    rule("REFERENCE", r"(?<![\w/.-])(?:[IVX]{1,5}|\d{1,3}) [A-Z][A-Za-z]{0,4} \d{1,5}/\d{2,4}(?![\w/-])", score=0.8),
    # British registry files: "D/DLO/4/7/1", "HQ/OPS/2291", "D/Army Sec/45/3"
    rule("REFERENCE", r"(?<![\w/-])[A-Z]{1,6}(?:/[A-Z][A-Za-z]{1,7}(?: Sec)?){1,4}(?:/\d{1,5}){1,4}(?![\w/-])", score=0.8),
)
