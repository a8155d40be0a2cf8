"""Numbers of things: NATO stock numbers, serial numbers, lots and batches.

Sources: ACodP-1, NATO Manual on Codification (stock number 4-2-3-4, the second part the code of the nation that assigned
it); MIL-STD-1168 (lots of ammunition: maker, year and month, interfix, sequence).
"""

from core.privacy.recognizers.everyday.references import long_enough
from core.privacy.recognizers.rule import Bounds, rule

_NOT_NATIONS = frozenset(range(2, 11)) | frozenset(range(81, 98))  # codes not in the manual's table of nations
_CODE = (
    r"(?P<value>(?:[A-Z]{1,3}[ /-])?(?=[\w./-]*\d)[A-Z0-9][A-Za-z0-9]*"
    r"(?:[ /.-](?:\d[A-Za-z0-9]*|[A-Z]{1,4}(?:\d[A-Z0-9]*)?(?![A-Za-z])))*)(?!\w)"
)


def codified(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds of a stock number if its group is 10 or above and its nation is in the table."""
    digits = [c for c in text[start:end] if c.isdigit()]
    return (start, end) if digits[0] != "0" and int("".join(digits[4:6])) not in _NOT_NATIONS else None


def coded(text: str, start: int, end: int) -> Bounds | None:
    """Return `long_enough` if there are more than four letters and digits, or a letter among them; else None."""
    value = [c for c in text[start:end] if c.isalnum()]
    return long_enough(text, start, end) if len(value) > 4 or any(c.isalpha() for c in value) else None


RULES = (
    rule("ID_NUMBER", r"(?<![\w-])\d{4}[- ]\d{2}[- ]\d{3}[- ]\d{4}(?![\w-])", check=codified),
    rule(
        "ID_NUMBER", r"(?i:\b(?:nsn|niin|stock (?:number|no\.?)|stocknumber))[ ]?[:#]?[ ](?P<value>\d[\d -]{7,16}\d)(?!\w)"
    ),
    rule(
        "REFERENCE",
        rf"(?i:\b(?:serial|ser|s/n|sn|weapon|butt))(?:[ ](?i:numbers?|no\.?|nr\.?)|[ ]?#)?(?:[ ]is)?[ ]?[:=]?[ ]{_CODE}",
        check=coded,
    ),
    rule(
        "REFERENCE",
        rf"(?i:\b(?:lot|batch))(?:[ ](?i:numbers?|no\.?|nr\.?)|[ ]?#)?(?:[ ]is)?[ ]?[:=]?[ ]{_CODE}",
        check=coded,
    ),
    # lots recognized by their form alone: "LC-88A123-456", "RG-05B001-004", "MA-09K004-002A"
    rule("REFERENCE", r"(?<![\w-])[A-Z]{2,3}-?\d{2}[A-HJ-M]\d{3}-\d{3}[A-Z]?(?![\w-])"),
)
