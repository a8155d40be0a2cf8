"""Institutions named by place or number, as in reports and judgments: "Istanbul police", "prison no. 77/2"."""

from core.privacy.recognizers.everyday.places import all_specific
from core.privacy.recognizers.rule import GAP, PROPER, Bounds, any_of, has_specific_word, rule
from core.privacy.text.vocabulary import WORD, is_generic

# Written in lower case, so that only the place before them is capitalized.
_HOUSE = any_of(
    r"prisons?|remand prison|police|police stations?|police department|police headquarters|gendarmerie|"
    r"security directorate|public prosecutor['’]s office|prosecutor['’]s office|town council|city council|municipality|"
    r"municipal council|hospital|psychiatric hospital|clinic|detention centre|remand centre|university|airport|"
    r"district court|regional court|city court|town court|assize court|court of appeal|military court|"
    r"administrative court|bar association|children['’]s home|orphanage|garrison"
)
_NUMBERED = any_of(
    r"prison|Prison|colony|Colony|facility|detention centre|detention facility|remand centre|hospital|Hospital|clinic|"
    r"school|School|kindergarten|police station|orphanage|boarding school|SIZO"
)
_PLURAL = any_of(
    r"Prisons|prisons|Courts|District Courts|Regional Courts|districts|regions|provinces|counties|villages|towns|cities|"
    r"hospitals|Hospitals|municipalities|valleys|rivers|islands"
)
_FIRM = r"(?:Solicitors|Attorneys|Advocates|Avocats|Law Firm|Law Office|Chambers|Legal Services)"
_PLACE = rf"{PROPER}(?:{GAP}{PROPER}){{0,2}}"


def placed(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds without generic words in front, if `all_specific`: "Umbermoor prison" of "The Umbermoor prison"."""
    words = list(WORD.finditer(text, start, end))
    first = next((word.start() for word in words if not is_generic(word[0])), end)
    return all_specific(text, first, end) if first < end and text[first].isupper() else None


RULES = (
    # "Craiova, Arad and Pelendava Prisons": each of the places
    rule(
        "LOCATION",
        rf"(?<![\w-])(?P<values>{_PLACE}(?:, {_PLACE}){{0,6}},? and {_PLACE})(?=[ ]{_PLURAL}\b)",
        score=0.7,
        check=all_specific,
    ),
    rule("ORGANIZATION", rf"(?<![\w-])(?P<value>(?:{PROPER}{GAP}){{1,3}}{_HOUSE})(?![\w-])", score=0.65, check=placed),
    rule(
        "ORGANIZATION",
        rf"(?<![\w-])(?P<value>(?:{PROPER}(?:{GAP}|, | & | and )){{1,3}}{_FIRM})(?!\w)",
        score=0.7,
        check=has_specific_word,
    ),
    # "remand prison no. 77/2", "IZ-77/1": Russian and Ukrainian facilities have numbers
    rule("ORGANIZATION", rf"\b{_NUMBERED}[ ](?:[Nn]os?\.?|№)[ ]?(?:[A-Z]{{1,4}}[- /])?\d[\w/-]*", score=0.8),
    rule("ORGANIZATION", r"(?<![\w-])(?:SIZO|IZ|IK|LIU|LPU|YaCh|OTB|FKU)[ /-]\d{1,3}(?:/\d{1,3}){0,2}(?!\w)", score=0.8),
)
