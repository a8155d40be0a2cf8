"""Positions: military grid, Ordnance Survey grid, latitude and longitude.

Sources: NGA.STND.0037 (zone 1 to 60, band C to X without I and O, 100 km square, an even number of digits); Ordnance Survey,
"A guide to coordinate systems in Great Britain", section 7 (two letters, the first one of H J N O S T).
"""

from core.privacy.recognizers.rule import Bounds, rule

_FIGURES = r"(?:\d{10}|\d{8}|\d{6}|\d{5}[ ]\d{5}|\d{4}[ ]\d{4}|\d{3}[ ]\d{3})"
_DMS = r"\d{1,3}[°º][ ]?(?:\d{1,2}(?:[.,]\d+)?[ ]?['′’]?[ ]?)?(?:\d{1,2}(?:[.,]\d+)?[ ]?[\"″”]?)?"
_PLAIN = r"\d{1,3}[ -]\d{1,2}(?:[ -]\d{1,2})?(?:\.\d{1,4})?"  # 34 31 12, 51 30.44
_DECIMAL = r"-?\d{1,3}\.\d{3,8}°?"
_BETWEEN = r"[,;/ ]{0,3}"


def on_earth(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if they hold two decimal numbers, the first within 90 and the second within 180 degrees."""
    numbers = [abs(float(part)) for part in "".join(c if c.isdigit() or c == "." else " " for c in text[start:end]).split()]
    return (start, end) if len(numbers) == 2 and numbers[0] <= 90 and numbers[1] <= 180 else None


RULES = (
    rule(
        "GRID",
        r"(?<![\w-])(?:0?[1-9]|[1-5]\d|60)[C-HJ-NP-X][ ]?[A-HJ-NP-Z]{2}[ ]?(?:\d{5}[ ]?\d{5}|\d{4}[ ]?\d{4}|"
        r"\d{3}[ ]?\d{3}|\d{2}[ ]?\d{2})(?!\w)",
        score=0.95,
    ),
    rule("GRID", r"(?<![\w-])[HJNOST][A-HJ-Z][ ]?(?:\d{5}[ ]?\d{5}|\d{4}[ ]?\d{4}|\d{3}[ ]\d{3})(?!\w)", score=0.85),
    rule(
        "GRID",
        r"(?i:\b(?:grid(?: ref(?:erence)?s?| square)?|GR|MGRS|UTM|co-?ordinates?|location|loc|position|posn|RV|HLZ|"
        r"LZ)\b)(?: "
        rf"is| at| of)?[ ]?[:.]?[ ]?(?P<value>(?:[A-HJ-NP-Z]{{2}}[ ]?)?{_FIGURES})(?!\w)",
    ),
    rule(
        "GRID",
        r"(?i:\bgrid(?: ref(?:erence)?| square)?)(?: is| at| of)?[ ]?[:.]?[ ]?"
        r"(?P<value>[A-HJ-NP-Z]{2}[ ]?\d{2}[ ]?\d{2})(?!\w)",
    ),
    rule("GRID", rf"(?<![\w.-]){_DMS}[ ]?[NS]{_BETWEEN}{_DMS}[ ]?[EW](?!\w)"),
    rule("GRID", rf"\b[NS][ ]?{_DMS}{_BETWEEN}[EW][ ]?{_DMS}"),
    rule("GRID", rf"(?<![\w.-]){_PLAIN}[ ]?[NS]{_BETWEEN}{_PLAIN}[ ]?[EW](?!\w)"),
    rule("GRID", rf"\b[NS][ ]?{_PLAIN}{_BETWEEN}[EW][ ]?{_PLAIN}(?!\w)"),
    rule("GRID", r"(?<![\w-])\d{4,6}(?:\.\d{1,2})?[NS][ /]?\d{5,7}(?:\.\d{1,2})?[EW](?!\w)"),
    rule("GRID", rf"(?<![\w.-]){_DECIMAL}[ ]?[NS]{_BETWEEN}{_DECIMAL}[ ]?[EW](?!\w)"),
    rule("GRID", rf"(?<![\w.-]){_DECIMAL}(?:,[ ]?|;[ ]?|/|[ ]){_DECIMAL}(?![\w]|\.\d)", score=0.85, check=on_earth),
    rule(
        "GRID",
        rf"(?i:\b(?:lat(?:itude)?|long?(?:itude)?|lng)\b\.?)(?: is| of)?[ ]?[:=]?[ ]?"
        rf"(?P<value>(?:{_DECIMAL}|[NSEW]?[ ]?(?:{_DMS}|\d{{1,3}}\.\d{{2,8}}|{_PLAIN}))(?:[ ]?[NSEW]\b)?)(?!\w)",
    ),
)
