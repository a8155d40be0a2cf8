"""The types of personal data that Garrison knows, and which of them are names of something."""

import re

# In the order of overlaps: where two findings are equally long the more telling type, named earlier, wins.
ENTITIES = tuple(
    "EMAIL_ADDRESS URL IBAN_CODE CREDIT_CARD IP_ADDRESS MAC_ADDRESS GRID DATE_OF_BIRTH ID_NUMBER PHONE_NUMBER REFERENCE "
    "VEHICLE ADDRESS PERSON UNIT CALL_SIGN VESSEL OPERATION SITE FREQUENCY HOST AGE DATE_TIME LOCATION NRP ORGANIZATION "
    "CRYPTO UK_NHS".split()
)
# What a reviewer most often marks by hand, the most frequent first.
COMMON = tuple(
    "PERSON ORGANIZATION LOCATION ADDRESS SITE UNIT PHONE_NUMBER EMAIL_ADDRESS ID_NUMBER REFERENCE DATE_TIME CALL_SIGN GRID "
    "VEHICLE HOST".split()
)
# A name finder takes the same name now for one of these, now for another.
NAMES = tuple("PERSON ORGANIZATION LOCATION SITE UNIT NRP CALL_SIGN VESSEL OPERATION".split())
# Words before a name that say what bears it; the name means the same without them.
_KINDS = re.compile(
    r"(?:HM[A-Z]{0,2}S|USS|USNS|USCGC|RFA|MV|SS|FGS|Camp|Fort|FOB|COP|PB|RAF|RNAS|NAS|Joint Base|Patrol Base|"
    r"Operation|Op|Exercise|Ex)\s+(?=\w{3})",
    re.IGNORECASE,
)


def name_alone(value: str) -> str:
    """The name without the word for its kind: "Brackenfell" of "HMS Brackenfell"; unchanged without such a word."""
    return _KINDS.sub("", value, count=1) if _KINDS.match(value) else value


def kin(entity: str) -> tuple[str, ...]:
    """The types under which the same text means the same thing: every name-like type for one of them, else `entity`."""
    return NAMES if entity in NAMES else (entity,)
