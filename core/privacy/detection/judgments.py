"""What counts in the judgment of a court and would be jargon elsewhere: courts, ministries, states, lengths of time.

In a judgment these are the actors and what was done to them, and tell the place and the person together. In doctrine
"Court", "Army" and "two hours" are common words, so all of this holds only for a text that is a judgment by its words.
The line follows the annotation guidelines of the Text Anonymization Benchmark (Pilán et al. 2022): laws, the European
Court itself and the parties' names for themselves stay.
"""

import re

_WORDS = re.compile(
    r"\b(?:[Aa]pplicants?|APPLICANTS?|[Aa]ppellants?|APPELLANTS?|[Rr]espondents?|RESPONDENTS?|[Pp]laintiffs?|PLAINTIFFS?|"
    r"[Dd]efendants?|DEFENDANTS?|[Cc]laimants?|[Pp]rosecutors?|[Cc]onvicted|[Cc]ourts?|COURTS?|[Jj]udgments?|JUDGMENTS?|"
    r"[Aa]ppeals?|[Cc]omplaints?|[Aa]pplications?|[Ll]odged|[Jj]udges?|[Aa]cquitted|[Dd]etention|[Ii]mprisonment)\b"
)
_KINDS, _DENSITY = 3, 50  # three kinds of these words or more, and one word in fifty
_STAYS = re.compile(
    r"\b(?:European (?:Court|Commission|Convention|Union)|Conventions?|Council of Europe|Committee of Ministers|"
    r"Grand Chamber|Acts?|Codes?|Rules|Articles?|Protocol|Regulations?|Ordinance|Decree|Constitution|Charter|Treaty|"
    r"Directive|Fundamental Freedoms)\b"
)
# Not an actor by itself, but perhaps part of a name: "Assistant Magistrate", "Second Section", "Criminal Appeal No".
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
    r"\b(?:\d+|an?(?= (?:year|month|week|day|hour)\b)|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)\b.*\b(?:years?|months?|weeks?|days?|hours?|minutes?)",
    re.IGNORECASE,
)


def is_judgment(text: str) -> bool:
    """Whether this is the judgment of a court, or a part of one, by how often its words stand there."""
    found = _WORDS.findall(text)
    return len({word.casefold().rstrip("s") for word in found}) >= _KINDS and len(found) * _DENSITY >= text.count(" ")


def stays(value: str) -> bool:
    """Whether this names a law, or an institution that every judgment of the European Court names."""
    return _STAYS.search(value) is not None


def acts(value: str, entity: str) -> bool:
    """Whether it is a state, a court or office of two words or more, or an acronym that is no lawyers' jargon."""
    if entity == "LOCATION":
        return _STATE.fullmatch(value) is not None
    if " " not in value:
        return _ACRONYM.fullmatch(value) is not None and value not in _JARGON
    return sum(word[0].isupper() for word in value.split()) > 1 and not _NO_ACTOR.search(value)


def tells_length(value: str) -> bool:
    """Whether it is a length of time with a number: "two years and six months"."""
    return _LENGTH.search(value) is not None
