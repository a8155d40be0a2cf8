"""What courts write: parties and witnesses by initials, benches, lower courts, prisons and police by their place, sentences.

Shaped after the published annotation guidelines of the Text Anonymization Benchmark (Pilán et al. 2022, Computational
Linguistics 48(4)), which mask these, and leave "the applicant", "the Government", "the Court" and the names of laws.
"""

import re

from core.privacy.rules.names import whole_name
from core.privacy.rules.places import all_specific
from core.privacy.rules.rule import GAP, NAME, PROPER, UPPER, Bounds, any_of, name_bounds, rule
from core.privacy.vocabulary import WORD, is_generic

# Everyday abbreviations with full stops that are nobody's initials.
_NO_INITIALS = frozenset(
    "U.S. U.K. U.N. E.U. U.A.E. D.C. U.P. S.A. N.V. B.V. A.G. A.M. P.M. P.O. P.C. L.P. L.L.C. P.L.C. L.L.P. I.E. E.G. R.S. O.J. "
    "Q.C. K.C. S.C. J.A. JJ.A. C.J. L.J. N.B. P.S. R.S.C. S.O. F.3d. U.S.C. U.S.A. I.T. H.Q. N.C.O. C.O. A.D. B.C. S.T. P.W. "
    "N.Y. N.J. N.M. S.D. N.D. S.I. W.L.R. E.R. A.C. I.D. T.V.".split()
)
_IN_COURT = (
    r"\b(?:applicants?|appellants?|respondents?|claimants?|defendants?|plaintiffs?|accused|co-accused|witness(?:es)?|"
    r"prosecutors?|v\.|convicted|arrested|testified|questioned|court|judge|police officers?|judgment|sued|victims?|"
    r"complainants?)(?!\w)"
)
_RELATION = any_of(
    r"a certain|one|named|called|son|daughter|wife|husband|brother|sister|father|mother|cousin|nephew|niece|partner|neighbour|"
    r"accomplice|witness|officer|officers|judge|doctor|lawyer|company|prosecutor|investigator|against|between|with|by|from|"
    r"to|that|of|for|and|whom"
)
_SMALL_HOUSE = any_of(
    r"prisons?|remand prison|police|police station|police stations|police department|police headquarters|gendarmerie|"
    r"security directorate|public prosecutor['’]s office|prosecutor['’]s office|town council|city council|municipality|"
    r"municipal council|hospital|psychiatric hospital|clinic|detention centre|remand centre|university|airport|"
    r"district court|regional court|city court|town court|assize court|court of appeal|military court|administrative court|"
    r"bar association|children['’]s home|orphanage|garrison"
)
_NUMBERED_HOUSE = (
    r"(?:(?i:remand|correctional|penal|temporary|investigative|special|high-security|medical|juvenile)[ ]){0,2}"
    r"(?i:prison|colony|facility|detention (?:centre|facility)|remand centre|hospital|clinic|school|kindergarten|"
    r"police station|orphanage|boarding school)"
)
_PLACES = any_of(
    r"Prisons|prisons|Courts|District Courts|Regional Courts|districts|regions|provinces|counties|villages|towns|cities|"
    r"hospitals|Hospitals|municipalities|valleys|rivers|islands"
)
_PLACE = rf"{PROPER}(?:{GAP}{PROPER}){{0,2}}"
_WORDED = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
    r"nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-[a-z]{3,5})?|a|an|\d{1,4})"
)
_SPAN = rf"{_WORDED}[ -](?:years?|months?|weeks?|days?|hours?)"
DURATION = rf"{_SPAN}(?:['’])?(?:(?:,| and|, and)[ ]{_SPAN}['’]?){{0,2}}"
_PUNISHED = (
    r"imprisonment|sentenced?|sentences|pre-trial|remand(?:ed)?|house arrest|probation|applicants?|convicted|conviction|"
    r"community service|disciplinary|appellant|defendant"
)
_STATE = (
    rf"(?:{UPPER}\w+[ ])?(?:Republic|Kingdom|Federation|Principality|Grand Duchy)[ ]of[ ](?:the[ ])?{_PLACE}|"
    rf"United Kingdom(?: of Great Britain and Northern Ireland)?|UNITED KINGDOM|United States(?: of America)?|"
    rf"{PROPER}[ ](?:Republic|Federation)"
)
_DEMONYM = rf"{UPPER}[a-zß-öø-ÿ]+(?:an|ish|ese|sh|ch|i|ic|ek|ss|ot|k)(?:[/-]{UPPER}[a-zß-öø-ÿ]+(?:an|ish|ese|sh|ch|i|ic|ek|k))?"


def personal_initials(text: str, start: int, end: int) -> Bounds | None:
    """The bounds unchanged unless the letters are a common abbreviation or the start of a longer name."""
    value = re.sub(r"\s", "", text[start:end])
    return None if value.upper() in _NO_INITIALS or f"{value}." in _NO_INITIALS else (start, end)


def demonym(text: str, start: int, end: int) -> Bounds | None:
    """The bounds unchanged when the word is not generic: "Norwegian", not "Public"."""
    return None if any(is_generic(word) for word in WORD.findall(text[start:end])) else (start, end)


def listed_place(text: str, start: int, end: int) -> Bounds | None:
    """One item of a list of places, without an article or the like before it."""
    return all_specific(text, start, end)


RULES = (
    # "Mr T", "Mrs B." and "Mr M. K.": initials behind a title
    rule("PERSON", r"\b(?:Mr|Mrs|Ms|Miss|Mme|Dr)\.?\s(?P<value>[A-ZÀ-Þ]\.?(?:[ ]?[A-ZÀ-Þ]\.){0,3})(?![\w’'])", score=0.9),
    # "E.B.", "a certain J. K.": people by initials, in what a court writes
    rule(
        "PERSON",
        r"(?<![\w.])(?P<value>(?:[A-ZÀ-Þ]\.[ -]?){2,4})(?<![ -])(?![\w]|[ ][A-ZÀ-Þ][a-zß-ÿ])",
        score=0.7,
        near=_IN_COURT,
        check=personal_initials,
    ),
    rule(
        "PERSON",
        rf"\b{_RELATION}[ ](?P<value>[A-ZÀ-Þ]\.(?:[ ]?[A-ZÀ-Þ]\.){{1,2}})(?!\w|[ ][A-ZÀ-Þ][a-zß-ÿ])",
        score=0.7,
        near=_IN_COURT,
        check=personal_initials,
    ),
    # the bench: "composed of: Nora Ames, President, Luis Berg, Ida Cole, judges"
    rule(
        "PERSON",
        rf"\bcomposed of(?: the following judges)?:?\s{{1,20}}(?P<values>(?:(?:Mr|Mrs|Ms|Sir)\.?[ ])?{NAME}\s?,"
        rf"(?:\s{{1,20}}(?:(?:Mr|Mrs|Ms|Sir)\.?[ ])?{NAME}\s?,){{1,20}})(?=\s*(?i:judges|ad hoc))",
        check=name_bounds,
    ),
    rule(
        "PERSON",
        rf"\b(?:Advocate|Prosecutor|Investigator|Counsel|Jurat|Jurats|Lawyer|Adv\.?)\s(?P<value>{NAME})",
        score=0.7,
        check=whole_name,
    ),
    # "a Norwegian national", "the Norwegian Government"; "of Chechen origin"
    rule(
        "NRP",
        rf"\b(?P<value>{_DEMONYM})(?=[ ](?:and {_DEMONYM}[ ])?(?:nationals?|citizens?|citizenship|nationality|Government|"
        r"authorities|origins?|descent|ethnicity|parentage|passport)\b)",
        score=0.7,
        check=demonym,
    ),
    # the state that is sued; found once, it is masked everywhere
    rule(
        "LOCATION",
        rf"\b(?:against|v\.|c\.|AGAINST)[ ](?:the |The |THE )?(?P<value>{_STATE})(?!\w)",
        score=0.8,
    ),
    # "Craiova, Arad and Pelendava Prisons": each of the places
    rule(
        "LOCATION",
        rf"(?<![\w-])(?P<values>{_PLACE}(?:, {_PLACE}){{0,6}},? and {_PLACE})(?=[ ]{_PLACES}\b)",
        score=0.7,
        check=listed_place,
    ),
    # "Istanbul police", "the Breitvet prison"
    rule(
        "ORGANIZATION",
        rf"(?<![\w-])(?P<value>(?:{PROPER}{GAP}){{1,3}}{_SMALL_HOUSE})(?![\w-])",
        score=0.65,
        check=all_specific,
    ),
    # "remand prison no. 77/2", "IZ-77/1": Russian and Ukrainian facilities bear numbers
    rule("ORGANIZATION", rf"\b{_NUMBERED_HOUSE}[ ](?:[Nn]os?\.?|№)[ ]?(?:[A-Z]{{1,4}}[- /])?\d[\w/-]*", score=0.8),
    rule("ORGANIZATION", r"(?<![\w-])(?:SIZO|IZ|IK|LIU|LPU|YaCh|OTB|FKU)[ -/]\d{1,3}(?:/\d{1,3}){0,2}(?!\w)", score=0.8),
    # "sentenced to two years and six months’ imprisonment", "for a period of three months"
    rule(
        "DATE_TIME",
        rf"(?<![\w-])(?P<value>{DURATION})[ ](?:of )?(?:rigorous |suspended |effective |administrative )?(?:imprisonment|"
        r"detention|house arrest|probation|community service)",
        score=0.8,
    ),
    rule(
        "DATE_TIME",
        rf"\b(?:imprisonment (?:for|of)|(?:prison |suspended )?(?:term|sentence) of|(?:for )?a (?:total )?period of|sentenced to|"
        rf"sentenced (?:him|her|them|the \w+) to|detained for|(?:extended|prolonged|suspended) (?:for|by))"
        rf"(?: a further| another| about| approximately)?[ ](?P<value>{DURATION})",
        score=0.75,
        near=_PUNISHED,
    ),
)
