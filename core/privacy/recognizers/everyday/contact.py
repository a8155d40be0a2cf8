"""How to reach somebody: mail addresses, links, telephone numbers in the world and on military networks."""

import re

from core.privacy.recognizers.rule import Bounds, rule

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}){0,8}"  # RFC 5321, 4.5.3.1.1
_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,18}"
_TOP = (
    r"(?:com|org|net|edu|gov|mil|int|info|biz|io|eu|uk|us|de|fr|it|es|nl|be|ch|at|se|no|dk|fi|pl|cz|pt|ie|"
    r"ca|au|nz|jp|br|ru|tr)"
)


def phone_like(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if they hold 7 to 15 digits (ITU-T E.164) and no date, range of years or grouped number."""
    value = text[start:end]
    digits = sum(c.isdigit() for c in re.split(r"x|ext", value)[0])
    if not 7 <= digits <= 15 or re.fullmatch(r"(?:19|20)\d\d[ -–]{1,3}(?:19|20)\d\d", value):
        return None
    if re.fullmatch(r"\d{1,4}[-./ ]\d{1,2}[-./ ]\d{1,4}", value) or re.fullmatch(r"\d{1,3}(?: \d{3})+", value):
        return None
    return start, end


def any_phone(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if they hold 6 to 15 digits, even grouped: a word nearby says that this is a telephone number."""
    return (start, end) if 6 <= sum(c.isdigit() for c in text[start:end]) <= 15 else None


RULES = (
    rule("EMAIL_ADDRESS", rf"(?<![\w.@]){_LOCAL}@(?:{_HOST}|[A-Za-z0-9-]{{2,40}}(?![\w.@]))", score=1.0),
    rule("URL", r"(?i:\b(?:https?|ftp|sftp|ssh|ldap|smb)://)[^\s<>\"'“”)\]]+[^\s<>\"'“”)\].,;:!?]", score=0.95),
    rule("URL", rf"(?i:\bwww\.{_HOST})(?:/[^\s<>\"')\]]*[^\s<>\"')\].,;:])?", score=0.9),
    rule("URL", rf"(?<![\w.@/-])(?:[a-z0-9][a-z0-9-]*\.){{1,4}}{_TOP}(?:/[^\s<>\"')\]]*)?(?![\w.@-])", score=0.7),
    rule(
        "PHONE_NUMBER",
        r"(?<![\w+.-])\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{1,5}(?:[ ./-]?\d{2,5}){1,5}(?:\s?(?:x|ext\.?)"
        r"\s?\d{1,5})?(?!\w)",
        score=0.9,
        check=phone_like,
    ),
    rule(
        "PHONE_NUMBER",
        r"(?<![\w.-])(?!0\d\d-\d{3}-\d{4})\(?0\d{1,4}\)?[ ./-]?\d{2,4}(?:[ ./-]?\d{2,4}){1,3}(?![\w-]|\.\d)",
        score=0.8,
        check=phone_like,
    ),
    rule(
        "PHONE_NUMBER",
        r"(?<![\w.-])(?:1[ .-])?(?:\(\d{2,4}\)[ ]?\d{3,4}[ .-]\d{3,4}|[2-9]\d{2}[.-][2-9]\d{2}[.-]\d{4})"
        r"(?:\s?(?:x|ext\.?)\s?\d{1,5})?(?!\w)",
        score=0.85,
    ),
    rule("PHONE_NUMBER", r"(?<![\w.-])\(\d{2,4}\)[ ]?\d{3,4}[ .-]?\d{3,4}(?!\w)", score=0.8),
    rule(
        "PHONE_NUMBER",
        r"(?<![\w.,/-])\(?\d{2,5}\)?(?:[ .-]?\d{2,4}){1,5}(?![\w/-]|[.,]\d)",
        score=0.75,
        near=(
            r"\b(tele(?:phone)?|tel|phone|mobile|cell(?:ular)?|fax|call(?:ing)?|dial|ring|text|sms|contact|"
            r"whatsapp|number is|reach|answering|messages? (?:to|from))\b"
        ),
        check=any_phone,
    ),
    # military: "DSN 314-555-0142", "mil ext 4471", "Mil: 94561 4471"
    rule(
        "PHONE_NUMBER",
        r"(?i:\b(?:dsn|mcfn|ivsn|autovon|svoip|mil(?:itary)?(?: net| ext(?:ension|n)?| telephone| phone)?|mod"
        r"(?: net)?|ext(?:ension|n)?|"
        r"skype no))\b\.?[: ]{1,2}(?:\bis )?(?P<value>(?:\(?\d{3,5}\)?[- ]?)?\d{3,4}[- ]?\d{0,4})(?!\w|\.\d)",
        check=lambda text, start, end: (start, end) if sum(c.isdigit() for c in text[start:end]) >= 4 else None,
    ),
    rule("PHONE_NUMBER", r"(?<![\w.,/-])9\d{4}[ -]\d{4,5}(?![\w/-]|[.,]\d)", score=0.75),  # British defense network
)
