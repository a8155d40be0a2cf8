"""Names next to what reaches or numbers a person: a mail address, a telephone, a service number, a birthday, kin."""

import re

from core.privacy.recognizers.people.names import whole_name
from core.privacy.recognizers.rule import GAP, NAME, PROPER, Bounds, any_of, name_bounds, rule
from core.privacy.text.vocabulary import WORD, may_be_name

_REACH_CHARACTERS = 120  # how far from a name a mail address that spells it may be
_MAIL = re.compile(r"([\w.+-]{1,64})@[\w-]")
_REACHED_BY = any_of(
    r"tele(?:phone)?|tel|phone|mobile|cell(?:phone)?|fax|e-?mail|extension|ext|dsn|service (?:number|no)|army (?:number|no)|"
    r"staff (?:number|no)|employee (?:number|no|id)|personnel (?:number|no)|passport|date of birth|d\.?o\.?b|born|aged|"
    r"identity (?:number|card)|badge"
)
_KIN = any_of(
    r"son|daughter|child|kid|wife|husband|brother|sister|mother|father|uncle|aunt|cousin|nephew|niece|grandson|"
    r"granddaughter|"
    r"grandmother|grandfather|friend|partner|fiancée?|colleague|neighbou?r|boss|roommate|ex-wife|ex-husband|brother-in-law|"
    r"sister-in-law|mother-in-law|father-in-law|lawyer|solicitor|doctor"
)


def spelled_in_mail(text: str, start: int, end: int) -> Bounds | None:
    """Return the name in these bounds if a mail address nearby spells a word of it: "Graham Peel, g.peel@parts.example"."""
    bounds = name_bounds(text, start, end)
    if not bounds:
        return None
    around = text[max(0, start - _REACH_CHARACTERS) : end + _REACH_CHARACTERS].casefold()
    spelled = {part for match in _MAIL.finditer(around) for part in re.split(r"[\d._+-]+", match[1])}
    parts = (word for word in WORD.findall(text[bounds[0] : bounds[1]]) if len(word) > 2 and may_be_name(word))
    words = [re.sub(r"['’-]", "", word.casefold()) for word in parts]  # "O'Brien" is spelled "obrien" there
    glued = {part[1:] for part in spelled if len(part) > 4} | {part[:-1] for part in spelled if len(part) > 4}
    return bounds if any(word in spelled or word in glued for word in words) else None


RULES = (
    # `near` is tried first: only close to an "@" is the costlier check worth it
    rule("PERSON", rf"(?<![\w@.'’-]){PROPER}(?:{GAP}(?:[A-Z]\.{GAP})?{PROPER}){{0,3}}", near="@", check=spelled_in_mail),
    # "Elise Marchetti, telephone (202) …", "Ames (service number 25…"
    rule(
        "PERSON",
        rf"(?<![\w'’-])(?P<value>{NAME})(?:,[ \t]{{1,3}}|[ \t]{{1,3}}\(|[ \t]{{1,3}}[-–—][ \t]{{1,3}})"
        rf"(?:(?:on|his|her|their|private|home|work|office|and)[ ])?(?i:{_REACHED_BY})\b",
        score=0.8,
        check=name_bounds,
    ),
    # "his daughter Agnes", "my brother, Luis Berg,"
    rule(
        "PERSON",
        rf"\b(?i:my|his|her|their|our|your|whose|applicant['’]s) "
        rf"(?:(?:late|former|older|younger|eldest|elder|only|then|first|second|best) )?{_KIN},?{GAP}(?P<value>{NAME})",
        score=0.8,
        check=whole_name,
    ),
    # "Timotea lives in …", "Ana Ruiz was born on …"
    rule(
        "PERSON",
        rf"(?:^|(?<=[.!?] )|(?<=, )|(?<=and ))(?P<value>{NAME})(?=,?[ ](?:who[ ])?(?:lives?|lived|resides?|resided|was born|"
        rf"were born|grew up|died)\b)",
        score=0.7,
        check=whole_name,
    ),
)
