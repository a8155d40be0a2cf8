"""Camps, bases, barracks, ranges and airfields, including the word that says what they are."""

from core.privacy.recognizers.rule import Bounds, has_specific_word, rule
from core.privacy.text.vocabulary import WORD, is_generic

KINDS = (
    r"Camp|CAMP|FOB|COP|Fort|FORT|Ft\.?|RAF|RNAS|RNAD|NAS|NAF|NSA|NSB|LSA|PB|MOB|MCB|MCAS|MCRD|JB|AB|AFB|Firebase|"
    r"Fire Base|Patrol Base|"
    r"PATROL BASE|Outpost|OP|Checkpoint|CP|VCP|Joint Base|JOINT BASE|HMNB|HMP|BAOR|DM|MOD|Forward Operating Base|"
    r"Combat Outpost|Main Operating Base|"
    r"Naval Air Station|Naval Station|Marine Corps Base|Naval Base|Kaserne|CFB|HMAS Base|Air Base"
)
_WORD = r"(?:[A-Z][A-Za-z'’]+(?:-[A-Z][A-Za-z'’]+)*)"
_NAME = rf"(?:(?:Al|El|Ar|An|As|Ash|Qal[’']?a)[ -])?{_WORD}(?:[ ]{_WORD}){{0,2}}"
_BEHIND = (
    r"(?:Barracks|BARRACKS|Garrison|Cantonment|Airfield|Air Base|Air Force Base|AFB|Lines|Dockyard|Naval Base|"
    r"Naval Station|Naval Air Station|"
    r"Army Depot|Training Area|Ranges|Camp|CAMP|Kaserne|Arsenal|Army Airfield|AAF|Ammunition Depot|"
    r"Air National Guard Base|Proving Ground)"
)

_KIND_WORDS = frozenset(word for kind in KINDS.replace("\\.?", "").split("|") for word in kind.split())


def named_site(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if the word after the kind of site is not generic: "Camp Wexcombe", not "Fort and camp"."""
    words = [word for word in WORD.findall(text[start:end]) if word not in _KIND_WORDS]
    return (start, end) if words and not is_generic(words[0]) else None


RULES = (
    rule(
        "SITE",
        rf"(?<![\w-])(?:(?:MCB|USAG|Joint Base|Marine Corps Base|US Army Garrison)[ ])?(?:{KINDS})\s{_NAME}",
        score=0.85,
        check=named_site,
    ),
    rule(
        "SITE",
        r"(?<![\w-])(?i:camp|fob|cop|pb|patrol base|fort)[ ](?P<value>[A-Z][A-Za-z'’]{2,})(?!\w)",
        score=0.8,
        check=has_specific_word,
    ),
    rule("SITE", rf"(?<![\w-]){_WORD}(?:[ ]{_WORD}){{0,2}} {_BEHIND}(?!\w)", score=0.8, check=has_specific_word),
)
