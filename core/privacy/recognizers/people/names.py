"""People: title and name, rank and name, labeled names, SURNAME, Given."""

from core.privacy.recognizers.people.given_names import is_given_name
from core.privacy.recognizers.people.titles import RANK, RANKS, TITLE
from core.privacy.recognizers.rule import CAPITALS, GAP, NAME, PARTICLE, PROPER, Bounds, any_of, name_bounds, rule
from core.privacy.text.vocabulary import WORD, may_be_name

_LABEL = any_of(
    r"name|full name|surname|last name|first name|given name|forename|maiden name|signed|signed by|signature|prepared by|"
    r"reported by|written by|author|approved by|checked by|submitted by|witness|witnessed by|poc|point of contact|contact|"
    r"attn|attention|from|to|cc|patient|operator|driver|pilot|supervisor|inspector|technician|mechanic|casualty|next of kin|"
    r"issued to|received by|handed to|owner|holder|employee|applicant|claimant|defendant|plaintiff|victim|suspect|dear|"
    r"kind regards|regards|sincerely|yours sincerely|best wishes|duty officer|commanding officer|bcc|sender|recipient|"
    r"reply-to|complainant|respondent|petitioner|appellant|accused|interviewee|interviewer|assigned to|team leader|"
    r"crew chief|manager|commander|emergency contact|beneficiary|account holder|passenger|nurse|physician|surgeon|"
    r"[a-z]{3,12}ed by"
)


def whole_name(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if every word but the initials can be a name."""
    words = [word for word in WORD.findall(text[start:end]) if len(word) > 1]
    return (start, end) if words and all(may_be_name(word) and word.isalpha() for word in words) else None


_LISTED = rf"{NAME}(?:(?:, ?(?:and )?| and | ?& ?){NAME}){{1,15}}"

_RARELY_GIVEN = frozenset(("august", "per", "roman"))  # "Roman Catholic", "August Meeting"
_RANK_WORDS = frozenset(part.casefold() for part in WORD.findall(RANKS))


def named_first(text: str, start: int, end: int) -> Bounds | None:
    """Return `name_bounds` if only words of ranks come before the name: "CAPTAIN OF THE SHIP" names nobody."""
    bounds = name_bounds(text, start, end)
    if bounds and any(word.casefold() not in _RANK_WORDS for word in WORD.findall(text[start : bounds[0]])):
        return None
    return bounds


def given_and_surname(text: str, start: int, end: int) -> Bounds | None:
    """Return the name in these bounds if it has two words or more and begins with a common given name."""
    bounds = name_bounds(text, start, end)
    words = [word for word in WORD.findall(text[slice(*bounds)]) if len(word) > 1] if bounds else []
    if len(words) < 2 or words[0].casefold() in _RARELY_GIVEN:
        return None
    return bounds if is_given_name(words[0].partition("-")[0]) else None


RULES = (
    rule(
        "PERSON",
        rf"\b{TITLE}\b\.?(?:\s(?:and|&)\s{TITLE}\.?)?\s(?:{RANK}\s)?(?P<value>{NAME})",
        score=0.95,
        check=name_bounds,
    ),
    rule(
        "PERSON",
        rf"(?<![\w-]){RANK}\.?\s(?:\(?(?:[Rr]et(?:'?d)?\.?|select|[A-Z]-?\d)\)?\s|\([A-Z]{{2,5}}\)\s)"
        rf"?(?P<value>{CAPITALS},{GAP}?{NAME}|{NAME})",
        score=0.95,
        check=named_first,
    ),
    # "Hi Victor,", "my name is Ana Ruiz", "her maiden name is Okafor"
    rule(
        "PERSON",
        rf"\b(?:Hi|Hello|Hey|Dear|Thanks|Regards|Cheers)\b,?{GAP}(?P<value>{NAME})(?=[,.!?\n]|$)",
        score=0.8,
        check=name_bounds,
    ),
    rule(
        "PERSON",
        rf"\b(?:[Nn]ame(?:d|'s|’s)?(?: is| was|:)?|(?:I am|I'm|I’m)(?: called)?|called|nicknamed|alias|née)"
        rf"{GAP}(?P<value>{NAME})",
        score=0.7,
        check=name_bounds,
    ),
    # "Hannah Merrick", "Jean-Marc van der Zyl"
    rule(
        "PERSON",
        rf"(?<![\w'’@./-]){PROPER}(?:{GAP}[A-Z]\.?)?(?:{GAP}{PARTICLE}){{0,2}}(?:{GAP}{PROPER}){{1,2}}",
        score=0.75,
        check=given_and_surname,
    ),
    # "Elita B. Desaulniers": an initial between two words that can be names.
    rule("PERSON", rf"\b{PROPER}{GAP}(?:[A-Z]\.?{GAP}){{1,2}}{PROPER}", score=0.75, check=whole_name),
    # "Harlow, Peter, SFC", "SMITH, John A., SFC"
    rule("PERSON", rf"(?<![\w-])(?P<value>{PROPER},{GAP}{NAME}),?[ ](?={RANK}(?![\w-]))", score=0.85, check=name_bounds),
    # "Privates Ames, Boyle and Chan": a plural rank or title is that of everybody in the list.
    rule("PERSON", rf"(?<![\w-])(?:{RANK}s|Drs\.?|Messrs\.?|Mses\.?)\s(?P<values>{_LISTED})", score=0.9, check=name_bounds),
    rule(
        "PERSON",
        rf"(?i:\b{_LABEL})[ \t]*[:,][ \t]*\n?[ \t]*(?P<value>{CAPITALS},{GAP}{NAME}|{NAME})[ \t]*(?:[;,.(<\n|/]|$)",
        score=0.8,
        check=name_bounds,
    ),
    rule(
        "PERSON",
        rf"\b(?P<value>{CAPITALS},{GAP}(?:[A-ZÀ-Þ][a-zß-ÿ]+|[A-ZÀ-Þ]\.)(?:{GAP}[A-ZÀ-Þ]\.?(?!\w))?)(?!\w)",
        score=0.7,
        check=name_bounds,
    ),
)
