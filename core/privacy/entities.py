"""The types of personal data that Garrison knows: one record each, with all that the rooms ask about a type.

Another type is another record here. What finds it is a rule in `recognizers/`, or a network's label that `engine.py` or
`rampart.py` translates to its name. `tests/privacy/test_entities.py` follows a type through the rooms.
"""

import re
from dataclasses import dataclass
from typing import Literal

from core.language.ship_prefixes import UNMISTAKABLE

# How a realistic surrogate comes to be. "label": none reads better than a numbered label, such as <UNIT_3>.
Invention = Literal[
    "person", "date", "grid", "label", "address", "code", "email address", "figures", "frequency", "host", "IBAN",
    "IP address", "MAC address", "NHS number", "organization", "phone number", "place", "web address",
]  # fmt: skip
Color = Literal["blue", "violet", "red", "green", "gray", "orange"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityType:
    """A type of personal data.

    `spreads`: a value found once means the same wherever it stands in the document, and is masked there, too. Not so for
    dates, ages and numbers of few digits, nor for a single word in lower case without a digit, whatever its type.
    `is_name`: a name finder takes the same name now for this type, now for another, so that these share their surrogates.
    `has_kind_word`: a word before the name ("HMS", "Operation") tells no more than the type does, and stays.
    `is_searched_again`: the second search, over the anonymized text, asks for it.
    `frequency`: its place among the types that reviewers add by hand most often, 1 first; None if they seldom do.
    """

    name: str
    words: str  # in a sentence for people
    color: Color
    sample: str  # an invented value, which stands for the type where a treatment is shown
    invention: Invention
    spreads: bool = False
    is_name: bool = False
    has_kind_word: bool = False
    is_searched_again: bool = False
    frequency: int | None = None


# In the order of overlaps: where two findings are equally long the more telling type, named earlier, wins.
TYPES: tuple[EntityType, ...] = (
    EntityType(
        name="EMAIL_ADDRESS", words="email address", color="red", sample="sample.person@example.com",
        invention="email address", spreads=True, is_searched_again=True, frequency=8,
    ),
    EntityType(
        name="URL", words="web address", color="red", sample="https://sample.example.com", invention="web address",
        spreads=True,
    ),
    EntityType(
        name="IBAN_CODE", words="IBAN", color="orange", sample="GB00 SMPL 1234 5612 3456 78", invention="IBAN",
        spreads=True, is_searched_again=True,
    ),
    EntityType(
        name="CREDIT_CARD", words="credit card", color="orange", sample="4000 1234 5678 9010", invention="code",
        spreads=True, is_searched_again=True,
    ),
    EntityType(
        name="IP_ADDRESS", words="IP address", color="red", sample="192.0.2.1", invention="IP address",
        is_searched_again=True,
    ),
    EntityType(
        name="MAC_ADDRESS", words="MAC address", color="red", sample="00:00:5E:00:53:01", invention="MAC address",
    ),
    EntityType(
        name="GRID", words="grid reference", color="green", sample="31U DQ 12345 67890", invention="grid", spreads=True,
        frequency=13,
    ),
    EntityType(name="DATE_OF_BIRTH", words="date of birth", color="gray", sample="1 January 1990", invention="date"),
    EntityType(
        name="ID_NUMBER", words="ID number", color="orange", sample="AB-123456", invention="code", spreads=True,
        is_searched_again=True, frequency=9,
    ),
    EntityType(
        name="PHONE_NUMBER", words="phone number", color="red", sample="+44 1632 960000", invention="phone number",
        spreads=True, is_searched_again=True, frequency=7,
    ),
    EntityType(
        name="REFERENCE", words="reference", color="orange", sample="REF/2024/17", invention="code", spreads=True,
        frequency=10,
    ),
    EntityType(
        name="VEHICLE", words="vehicle", color="orange", sample="AB12 SMP", invention="figures", spreads=True, frequency=14,
    ),
    EntityType(
        name="ADDRESS", words="address", color="green", sample="12 Sample Street, Exampleton", invention="address",
        spreads=True, is_searched_again=True, frequency=4,
    ),
    EntityType(
        name="PERSON", words="person", color="blue", sample="Ms. Mary Sample", invention="person", spreads=True,
        is_name=True, is_searched_again=True, frequency=1,
    ),
    EntityType(
        name="UNIT", words="unit", color="violet", sample="1 SAMPLE", invention="label", spreads=True, is_name=True,
        frequency=6,
    ),
    EntityType(
        name="CALL_SIGN", words="call sign", color="violet", sample="Sample 21", invention="label", spreads=True,
        is_name=True, frequency=12,
    ),
    EntityType(
        name="VESSEL", words="vessel", color="orange", sample="Sample Star", invention="place", spreads=True, is_name=True,
        has_kind_word=True,
    ),
    EntityType(
        name="OPERATION", words="operation", color="orange", sample="Operation Sample", invention="place", spreads=True,
        is_name=True, has_kind_word=True,
    ),
    EntityType(
        name="SITE", words="site", color="green", sample="Sample Barracks", invention="place", spreads=True, is_name=True,
        has_kind_word=True, frequency=5,
    ),
    EntityType(name="FREQUENCY", words="frequency", color="orange", sample="31.250 MHz", invention="frequency"),
    EntityType(
        name="HOST", words="host name", color="red", sample="sample-01", invention="host", spreads=True, frequency=15,
    ),
    EntityType(name="AGE", words="age", color="gray", sample="34", invention="figures"),
    EntityType(
        name="DATE_TIME", words="date or time", color="gray", sample="12-14 March 2024", invention="date", frequency=11,
    ),
    EntityType(
        name="LOCATION", words="location", color="green", sample="Sampleton", invention="place", spreads=True, is_name=True,
        is_searched_again=True, frequency=3,
    ),
    EntityType(
        name="NRP", words="nationality or belief", color="violet", sample="Samplish", invention="label", is_name=True,
    ),
    EntityType(
        name="ORGANIZATION", words="organization", color="violet", sample="Sample Trust", invention="organization",
        spreads=True, is_name=True, frequency=2,
    ),
    EntityType(
        name="CRYPTO", words="cryptocurrency wallet", color="orange", sample="1SampleSampleSampleSample",
        invention="figures",
    ),
    EntityType(name="UK_NHS", words="NHS number", color="orange", sample="999 000 0000", invention="NHS number"),
)  # fmt: skip
TYPE_OF = {type_.name: type_ for type_ in TYPES}
ENTITIES = tuple(TYPE_OF)
_RANKS = {name: place for place, name in enumerate(ENTITIES)}
NAMES = tuple(type_.name for type_ in TYPES if type_.is_name)
SPREAD = frozenset(type_.name for type_ in TYPES if type_.spreads)
WITH_KIND_WORD = frozenset(type_.name for type_ in TYPES if type_.has_kind_word)
SEARCHED_AGAIN = frozenset(type_.name for type_ in TYPES if type_.is_searched_again)
# What a reviewer most often adds by hand, the most frequent first.
COMMON = tuple(name for _, name in sorted((type_.frequency, type_.name) for type_ in TYPES if type_.frequency))
# Words before a name that say what bears it; the name means the same without them.
_KIND_WORDS = re.compile(
    rf"(?:HM[A-Z]{{0,2}}S|{'|'.join(UNMISTAKABLE)}|Camp|Fort|FOB|COP|PB|RAF|RNAS|NAS|Joint Base|Patrol Base|"
    r"Operation|Op|Exercise|Ex)\s+(?=\w{3})",
    re.IGNORECASE,
)


def invented_as(*inventions: Invention) -> frozenset[str]:
    """Return the names of the types whose surrogates come to be in one of these ways."""
    return frozenset(type_.name for type_ in TYPES if type_.invention in inventions)


def name_alone(value: str) -> str:
    """Return the name without the word for its kind: "Brackenfell" of "HMS Brackenfell"; unchanged without such a word."""
    return _KIND_WORDS.sub("", value, count=1) if _KIND_WORDS.match(value) else value


def rank(entity: str) -> int:
    """Return the place of a type among `TYPES`, from 0: of two that claim the same text, the lower one has it."""
    return _RANKS.get(entity, len(_RANKS))


def kin(entity: str) -> tuple[str, ...]:
    """Return the types under which the same text means the same thing: all name-like types for one of them, or itself."""
    return NAMES if entity in NAMES else (entity,)
