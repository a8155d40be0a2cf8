"""Numbers that identify one person: service and personnel numbers, EDIPI, social security, passports, national numbers.

Sources: British Army, Royal Navy and RAF numbers as printed on discharge papers (JSP 752); the German Personenkennziffer
(Soldatengesetz, ZDv A-1400/5); the ten-digit DoD ID number (DoDI 1000.30); HMRC manual NIM39110; DVLA driver numbers.
"""

from core.privacy.recognizers.people.titles import RANK
from core.privacy.recognizers.rule import Bounds, any_of, rule

_MARK = r"(?:[ ](?:numbers?|no\b\.?|nr\b\.?|num\b\.?)|[ ]?#)?"
_IS = r"[)\"]?(?:[ ](?:is|was|as|of))?[ ]?[:=#]?[ ]?\(?"
_CARD = any_of(
    r"edipi|dod ?id|dodid|cac|ssn|social security|nino|national insurance|ni|passport|travel document|visa|national id|"
    r"id card|identity card|identification card|military id|driving licen[cs]e|driver['’]?s licen[cs]e|service|svc|army|"
    r"personnel|regimental|matricule|personenkennziffer|pk|pmkeys|pid|blood donor|security clearance|bsn|pesel|dni|nie|sin"
)
_SHORT_RANK = (
    r"\b(cpl|sgt|ssgt|csgt|s/sgt|l/?cpl|pte|pvt|pfc|spc|sfc|ssg|capt|cpt|spr|gnr|tpr|rfn|gdsm|fus|kgn|sig|lt col|"
    r"wo[12]|ab|lh|po|"
    r"cpo|sac|lac|flt lt|fg off|sqn ldr|private|corporal|sergeant|captain|lieutenant|major)\b"
)
_LETTER_NUMBER = r"[A-Z]{1,2}\d{6,8}[A-Z]{0,2}"
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def telling(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if they hold at least five letters and digits, two of them digits."""
    solid = [c for c in text[start:end] if c.isalnum()]
    return (start, end) if len(solid) >= 5 and sum(c.isdigit() for c in solid) >= 2 else None


def issued_insurance_number(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds unless the prefix is one that HMRC never issues (NIM39110): BG, GB, KN, NK, NT, TN, ZZ."""
    return None if text[start : start + 2] in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ") else (start, end)


def spanish_number(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if the letter of a DNI or NIE is right: its number modulo 23 (Spanish Ministry of the Interior)."""
    value = text[start:end].replace("-", "")
    number = int(value[:-1].translate(str.maketrans("XYZ", "012")))
    return (start, end) if value[-1] == _DNI_LETTERS[number % 23] else None


def luhn(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if the last digit is a right check digit (ISO/IEC 7812-1, annex B) and not all digits are 0.

    IMEI (3GPP TS 23.003) and Canadian SIN have such a check digit.
    """
    digits = [int(c) for c in text[start:end] if c.isdigit()][::-1]
    total = sum(digits[::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (start, end) if total % 10 == 0 and any(digits) else None


RULES = (
    # "EDIPI 1234567890", "his passport number is X4RTBPFW4", "army no 25148873"
    rule(
        "ID_NUMBER",
        rf"(?i:\b{_CARD}{_MARK}{_IS})(?P<value>(?=[A-Za-z]{{0,4}}[ ]?\d|\d)[A-Z0-9]+(?:[ -](?:\d[A-Z\d]*|[A-Z]"
        rf"(?![\w]))){{0,5}})(?![\w])",
        check=telling,
    ),
    # A number of nine digits or more is not a count: it identifies something.
    rule("ID_NUMBER", r"(?<![\d.,+\w])\d{9,20}(?![\d\w]|[.,]\d)", score=0.8),
    rule("ID_NUMBER", r"(?<![\w-])\d{3}-\d{2}-\d{4}(?![\w-])", score=0.8),  # US social security
    rule(
        "ID_NUMBER",
        r"(?<![\w-])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?!\w)",
        check=issued_insurance_number,
    ),  # UK national insurance
    rule("ID_NUMBER", rf"(?<![\w-]){_LETTER_NUMBER}(?![\w-])", score=0.7),  # passports, Royal Navy and RAF numbers
    rule("ID_NUMBER", r"(?<![\w-])[A-Z]\d{2} \d{3} \d{3}(?![\w-])", score=0.8),  # Canadian Armed Forces
    rule("ID_NUMBER", r"(?<![\w-])\d{6}-?[A-Z]-?\d{5}(?![\w-])", score=0.9),  # Bundeswehr
    rule("ID_NUMBER", r"(?<![\w-])[A-Z9]{5}\d{6}[A-Z9]{2}\d[A-Z]{2}(?![\w-])"),  # DVLA driver number
    rule("ID_NUMBER", r"(?<![\w-])[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z](?![\w-])"),  # Italian codice fiscale
    rule(
        "ID_NUMBER", r"(?<![\w-])[12] \d{2} (?:0[1-9]|1[0-2]|[2-9]\d) \d[\dAB] \d{3} \d{3}(?: \d{2})?(?![\w-])"
    ),  # French NIR
    rule("ID_NUMBER", r"(?<![\w-])(?:\d{8}|[XYZ]-?\d{7})-?[A-Z](?![\w-])", check=spanish_number),
    # Next to a rank and a name: "Sgt Harlow, 25148873", "25148873 Cpl Ames", "5206123K Flt Lt Ames"
    rule("ID_NUMBER", rf"(?<![\w.,/-])(?:\d{{6,8}}[A-Z]?|{_LETTER_NUMBER})(?=,?[ ]{RANK}[ ])", score=0.85),
    rule(
        "ID_NUMBER",
        r"(?<![\w.,/-])(?:\d{6,8}[A-HJ-NP-Z]?|[A-Z]\d{6,7}[A-Z]?)(?![\w/-]|[.,]\d)",
        score=0.75,
        near=_SHORT_RANK,
    ),
    rule(
        "ID_NUMBER",
        r"(?<![\w.,/-])\d{6,8}[A-HJ-NP-Z]?(?![\w/-]|[.,]\d)",
        score=0.7,
        near=(
            r"\b(service|svc|army|personnel|regimental|employee|badge|passport|identity|id|licen[cs]e|account|staff|"
            r"matricule)\b"
        ),
    ),
)
