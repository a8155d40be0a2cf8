"""Numbers that stand for one person, case or thing: references, service numbers, registrations, serials."""

from core.privacy.rules.rule import Bounds, any_of, rule

_REFERENCE = any_of(
    r"reference|ref|case|file|claim|invoice|order|ticket|account|acct|application|docket|complaint|policy|incident|report|"
    r"work order|job|contract|petition|appeal|judgment|decision|registration|licence|license|permit|certificate|customer|"
    r"member|membership|patient|client|booking|reservation|tracking|batch|lot|serial|part|stock|asset|equipment|hull|tail|"
    r"airframe|engine|chassis|vehicle|bumper|plate|reg|vin|passport|visa|identity card|id card|driving licen[cs]e|"
    r"driver'?s licen[cs]e|national insurance|social security|tax|vat|insurance|badge|employee|staff|personnel|service|army|"
    r"svc|regimental|force|edipi|dod id|dodid|student|payroll|roll|nhs|medical record|mrn|iban|sort code|card|weapon|rifle|"
    r"radio|phone|imei|id|user|login|entry|log|signal|msg|message|requisition|voucher|demand|defect|fault|form|record"
)
_MARK = r"(?:\s?(?:[Nn]umbers?|[Nn]umerals?|[Nn]os?\b\.?|[Nn]r\b\.?|[Nn]um\b\.?|NUMBER|NO\b\.?|ID\b|[Ii]dentifier|#|№))"
_VALUE = (
    r"(?P<value>(?=[\w./-]*\d)[A-Z0-9][A-Za-z0-9]*(?:[ /.-](?:\d[A-Za-z0-9]*|[A-Z]{1,4}(?:\d[A-Z0-9]*)?(?![a-z])))*)(?![\w])"
)


def long_enough(text: str, start: int, end: int) -> Bounds | None:
    """A reference has four characters or more besides its separators, a digit among them, and is no year."""
    value = text[start:end]
    solid = [c for c in value if c.isalnum()]
    is_year = len(value) == 4 and value[:2] in ("19", "20") and value.isdigit()
    return (start, end) if len(solid) >= 4 and any(c.isdigit() for c in solid) and not is_year else None


def with_separator(text: str, start: int, end: int) -> Bounds | None:
    """As `long_enough`, with a dash or a stroke inside."""
    return long_enough(text, start, end) if any(mark in text[start:end] for mark in "-/") else None


RULES = (
    # "case 2019-CV-01234": no "number" behind the word, so the value itself must look like a reference.
    rule(
        "REFERENCE",
        rf"(?i:\b(?:case|claim|file|ref|reference|docket|incident|ticket|invoice|policy|application|contract|"
        rf"work order))\s{_VALUE}",
        score=0.8,
        check=with_separator,
    ),
    rule("REFERENCE", r"(?<![\w/-])\d{4}-[A-Z]{2,4}-\d{3,6}(?![\w/-])", score=0.8),
    # "Case No. 12-345", "reference: AB/123/45", "service number 25123456"
    rule("REFERENCE", rf"(?i:\b{_REFERENCE})(?:{_MARK}\s?(?:is|was)?\s?[:=]?|\s?[:=])\s?\(?{_VALUE}", check=long_enough),
    # "no. 36244/06", "nos. 12/345 and 13/456", "№ 123-45"
    rule("REFERENCE", rf"(?:\b[Nn]os?\.|№|\b[Nn]r\.)\s?{_VALUE}", check=long_enough),
    rule(
        "REFERENCE",
        r"(?<![\w/.-])(?:\d{3,6}/(?:19|20)?\d{2}|(?:19|20)\d{2}/\d{3,6})(?![\w/-]|\.\d)",
        score=0.8,
        check=long_enough,
    ),
    rule("REFERENCE", r"(?<=\band )\d{3,6}/\d{2,4}(?![\w/])", score=0.8),
    # Letters, a stroke or dash, and digits, at least two groups: "ABC/1234/20", "INC-2024-0117", "WO-88213-A".
    rule("REFERENCE", r"(?<![\w/-])[A-Z]{2,6}[/-](?:\d{2,4}[/-]\d{3,8}|\d{5,10})(?:[/-]\w{1,4})?(?![\w/-])", score=0.8),
    rule("REFERENCE", r"(?<![\w/-])(?:[A-Z]{1,5}/){1,3}\d{2,6}(?:/\d{2,4}){1,2}(?![\w/-])", score=0.8),
    # A number of nine digits or more counts nothing: it names something.
    rule("ID_NUMBER", r"(?<![\d.,+\w])\d{9,20}(?![\d\w]|[.,]\d)", score=0.8),
    rule("ID_NUMBER", r"(?<![\w-])\d{4}-\d{2}-\d{3}-\d{4}(?![\w-])", score=0.9),  # NATO stock number
    rule("ID_NUMBER", r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])", score=0.8),  # US social security form
    rule(
        "ID_NUMBER", r"(?<![\w-])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)", score=0.9
    ),  # UK NI
    rule(
        "ID_NUMBER", r"(?<![\w-])(?=[A-Z0-9]*[A-Z])(?=[A-Z0-9]*\d{4})[A-HJ-NPR-Z0-9]{17}(?!\w)", score=0.9
    ),  # vehicle (VIN)
    rule("ID_NUMBER", r"(?<![\w-])[A-Z]{1,2}\d{6,8}[A-Z]{0,2}(?![\w-])", score=0.7),  # passport, UK service numbers
    rule(
        "ID_NUMBER",
        r"(?<![\w.,/-])\d{6,8}(?![\w/-]|[.,]\d)",
        score=0.7,
        near=r"\b(service|army|personnel|regimental|employee|badge|passport|identity|id|licen[cs]e|account|staff)\b",
    ),
    # Vehicle registrations: UK civil and military, then what stands behind a label.
    rule("VEHICLE", r"(?<![\w-])[A-HJ-PR-Y][A-HJ-PR-Y][0-9]{2} ?[A-HJ-PR-Z]{3}(?![\w-])", score=0.8),
    rule("VEHICLE", r"(?<![\w-])\d{2} ?[A-HJ-NP-Z]{2} ?\d{2}(?![\w-])", score=0.8),
    rule("VEHICLE", r"(?<![\w-])[A-Z]{1,3}[- ]?\d{3,4}(?![\w-])", score=0.7, near=r"\b(plates?|registration|vrn)\b"),
    rule(
        "VEHICLE",
        r"(?i:\b(?:registration|registered|reg|plate|vrn|vrm|bumper|tail|hull|airframe)(?: (?:number|no\.?|"
        r"mark|code|plate))?)"
        r"(?:\s(?:is|was|as))?\s?[:#]?\s?(?P<value>(?=[A-Z0-9 -]*\d)[A-Z0-9]{1,4}(?:[ -]?[A-Z0-9]{1,5}){0,2})(?!\w)",
        check=lambda text, start, end: (start, end) if sum(c.isalnum() for c in text[start:end]) >= 3 else None,
    ),
)
