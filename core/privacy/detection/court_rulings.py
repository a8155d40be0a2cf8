"""What is personal data in a court judgment but jargon elsewhere: courts, ministries, states, lengths of time.

In a judgment these are the actors and what was done to them; together they give away the place and the person. In doctrine
"Court", "Army" and "two hours" are common words, so all of this applies only to a text whose vocabulary is a judgment's.
Where to draw the line follows the annotation guidelines of the Text Anonymization Benchmark (Pilán et al. 2022): laws, the
European Court itself and the parties' names for themselves stay readable.
"""

import re

from core.language.english.numbers import TENS, UP_TO_NINETEEN

_WORDS = re.compile(
    r"\b(?:[Aa]pplicants?|APPLICANTS?|[Aa]ppellants?|APPELLANTS?|[Rr]espondents?|RESPONDENTS?|[Pp]laintiffs?|PLAINTIFFS?|"
    r"[Dd]efendants?|DEFENDANTS?|[Cc]laimants?|[Pp]rosecutors?|[Cc]onvicted|[Cc]ourts?|COURTS?|[Jj]udgments?|JUDGMENTS?|"
    r"[Aa]ppeals?|[Cc]omplaints?|[Aa]pplications?|[Ll]odged|[Jj]udges?|[Aa]cquitted|[Dd]etention|[Ii]mprisonment)\b"
)
_KINDS, _DENSITY = 3, 50  # at least three different words of these, and one word in fifty
_STAYS = re.compile(
    r"\b(?:European (?:Court|Commission|Convention|Union)|Conventions?|Council of Europe|Committee of Ministers|"
    r"Grand Chamber|Acts?|Codes?|Rules|Articles?|Protocol|Regulations?|Ordinance|Decree|Constitution|Charter|Treaty|"
    r"Directive|Fundamental Freedoms)\b"
)
# Endings of phrases that name no actor, at most part of one: "Assistant Magistrate", "Second Section", "Criminal Appeal No".
_NO_ACTOR = re.compile(
    r"\b(?:Sections?|Chamber|Registrar|Government|Agent|Bill|Laws?|Human Rights|Reports?|Appeal|(?:Judge|Magistrate|"
    r"Prosecutor|President|Minister|Officer|Director|Secretary|Commissioner|Governor|Ombudsman|Advocate|Counsel|Issued)s?|"
    r"Nos?\.?\d*)$"
)
_ACRONYM = re.compile(r"[A-Z]{3,8}")
_JARGON = frozenset(
    "IPC CRPC CPC CCP FIR ECHR EUR GBP USD FRF DEM CHF PLN TRY TRL ITL RUB UAH RON ROL SEK DKK DNA HIV CCTV DVD RTA AIDS "
    "PTSD MRI".split()
)
_STATE = re.compile(r"(?:United Kingdom|United States(?: of America)?|UK|USA|US|U\.S\.A?\.?|U\.K\.)", re.IGNORECASE)
_LENGTH = re.compile(
    rf"\b(?:\d+|an?(?= (?:year|month|week|day|hour)\b)|{'|'.join((*UP_TO_NINETEEN, *TENS))}|\w+teen)\b.*"
    r"\b(?:years?|months?|weeks?|days?|hours?|minutes?)",
    re.IGNORECASE,
)


def is_court_ruling(text: str) -> bool:
    """Return whether the text is a court judgment, or part of one, going by how often a judgment's words occur in it."""
    words = _WORDS.findall(text)
    return len({word.casefold().rstrip("s") for word in words}) >= _KINDS and len(words) * _DENSITY >= text.count(" ")


def stays(value: str) -> bool:
    """Return whether `value` names a law, or an institution that every judgment of the European Court names."""
    return _STAYS.search(value) is not None


def acts(value: str, entity: str) -> bool:
    """Return whether `value` is a state, a court or office of two or more words, or an acronym that is not legal jargon."""
    if entity == "LOCATION":
        return _STATE.fullmatch(value) is not None
    if " " not in value:
        return _ACRONYM.fullmatch(value) is not None and value not in _JARGON
    return sum(word[0].isupper() for word in value.split()) > 1 and not _NO_ACTOR.search(value)


def tells_length(value: str) -> bool:
    """Return whether `value` is a length of time with a number, such as "two years and six months"."""
    return _LENGTH.search(value) is not None
