"""People in court documents: by initials, benches, titles before common words, aliases, nationalities.

This follows the published annotation guidelines of the Text Anonymization Benchmark (Pilán et al. 2022, Computational
Linguistics 48(4)), which mask these, and leave "the applicant", "the Government", "the Court" and the names of laws.
"""

import re

from core.privacy.recognizers.people.names import whole_name
from core.privacy.recognizers.rule import CAPITALS, GAP, NAME, PROPER, UPPER, Bounds, any_of, name_bounds, rule
from core.privacy.text.vocabulary import WORD, is_generic

# Everyday abbreviations with periods that are nobody's initials.
_NO_INITIALS = frozenset(
    "U.S. U.K. U.N. E.U. U.A.E. U.S.A. U.S.C. D.C. U.P. N.Y. N.J. N.M. S.D. N.D. B.C. A.D. S.A. N.V. B.V. A.G. L.P. L.L.C. "
    "P.L.C. L.L.P. A.M. P.M. P.O. P.C. P.S. P.W. N.B. I.E. E.G. R.S. R.S.C. S.O. S.I. S.T. O.J. Q.C. K.C. S.C. J.A. JJ.A. "
    "C.J. L.J. W.L.R. E.R. A.C. I.D. T.V. I.T. H.Q. C.O. N.C.O.".split()
)
_IN_COURT = (
    r"\b(?:applicants?|appellants?|respondents?|claimants?|defendants?|plaintiffs?|accused|co-accused|witness(?:es)?|"
    r"prosecutors?|v\.|convicted|arrested|testified|questioned|court|judge|police officers?|judgment|sued|victims?|"
    r"complainants?)(?!\w)"
)
_RELATION = any_of(
    r"a certain|one|named|called|son|daughter|wife|husband|brother|sister|father|mother|cousin|nephew|niece|partner|"
    r"neighbour|accomplice|witness|officer|officers|judge|doctor|lawyer|company|prosecutor|investigator|against|between|"
    r"with|by|from|to|that|of|for|and|whom"
)
_PARTY = r"(?i:appellant|petitioner|respondent|plaintiff|defendant|applicant)"
_TITLED = rf"(?:(?:Mr|Mrs|Ms|Sir)\.?[ ])?{NAME}\s?,"
_OFFICE = r"(?:President|Speaker|Chairman|Justice|Registrar|Secretary|Minister|Ambassador)"
_ENDING = r"(?:an|ish|ese|sh|ch|i|ic|ek|ss|ot|k)"
_DEMONYM = rf"{UPPER}[a-zß-öø-ÿ]+{_ENDING}(?:[/-]{UPPER}[a-zß-öø-ÿ]+{_ENDING})?"
_STATE = (
    rf"(?:{UPPER}\w+[ ])?(?:Republic|Kingdom|Federation|Principality|Grand Duchy)[ ]of[ ](?:the[ ])?"
    rf"{PROPER}(?:{GAP}{PROPER}){{0,2}}|United Kingdom(?: of Great Britain and Northern Ireland)?|UNITED KINGDOM|"
    rf"United States(?: of America)?|{PROPER}[ ](?:Republic|Federation)"
)


def personal_initials(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds unless the letters are a common abbreviation."""
    return None if re.sub(r"[\s-]", "", text[start:end]).upper() in _NO_INITIALS else (start, end)


def specific(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if no word is generic: "Norwegian", not "Public"."""
    return None if any(is_generic(word) for word in WORD.findall(text[start:end])) else (start, end)


RULES = (
    # "Mr T", "Mrs B." and "Mr M. K.": initials after a title
    rule("PERSON", r"\b(?:Mr|Mrs|Ms|Miss|Mme|Dr)\.?\s(?P<value>[A-ZÀ-Þ]\.?(?:[ ]?[A-ZÀ-Þ]\.){0,3})(?![\w’'])"),
    # "Mr M. Read", "Mrs Little": after these titles a common word is a name too
    rule("PERSON", rf"\b(?:Mr|Mrs|Ms|Miss)\.?\s(?!{_OFFICE}\b)(?P<value>(?:{UPPER}\.[ -]?){{0,3}}{PROPER})"),
    # "JUDGE REEDS", "LORD JUSTICE RIMER"
    rule("PERSON", rf"\b(?:JUDGE|JUSTICE|LORD|LADY|SIR)\s(?P<value>(?!JUSTICE){CAPITALS}(?:{GAP}{CAPITALS}){{0,2}})(?!\w)"),
    rule(
        "PERSON",
        rf"\b(?:Advocate|Prosecutor|Investigator|Counsel|Jurats?|Lawyer|Adv\.?)\s(?P<value>{NAME})",
        score=0.7,
        check=whole_name,
    ),
    # "Nora Ames & Ors. …Appellants"; "Nora @ Nina Ames"
    rule(
        "PERSON",
        rf"^(?P<value>{NAME})[ ]*(?:(?:&|and|AND)[ ]\w{{3,7}}\.?[ ]*)?[.…]{{1,20}}[ ]*{_PARTY}",
        check=name_bounds,
    ),
    rule("PERSON", rf"(?<![\w@.])(?:{PROPER}{GAP}){{0,2}}{PROPER}(?:[ ]@[ ]{PROPER}(?:{GAP}{PROPER})?){{1,4}}", score=0.8),
    # "E.B.", "a certain J. K.": people by initials, near words of court documents
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
        rf"\bcomposed of(?: the following judges)?:?\s{{1,20}}(?P<values>{_TITLED}(?:\s{{1,20}}{_TITLED}){{1,20}})"
        r"(?=\s*(?i:judges|ad hoc))",
        check=name_bounds,
    ),
    # "a Norwegian national", "the Norwegian Government"; "of Chechen origin"
    rule(
        "NRP",
        rf"\b(?P<value>{_DEMONYM})(?=[ ](?:and {_DEMONYM}[ ])?(?:nationals?|citizens?|citizenship|nationality|Government|"
        r"authorities|origins?|descent|ethnicity|parentage|passport)\b)",
        score=0.7,
        check=specific,
    ),
    # the state that is sued; found once, it is masked everywhere
    rule("LOCATION", rf"\b(?:against|v\.|c\.|AGAINST)[ ](?:[Tt]he |THE )?(?P<value>{_STATE})(?!\w)", score=0.8),
)
