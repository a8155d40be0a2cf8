"""Places and organizations by the words beside them: "lives in X", "works for X", "the X District Court", "X Ltd"."""

from core.language.name_particles import OF_PLACES
from core.privacy.recognizers.rule import GAP, PROPER, UPPER, Bounds, any_of, has_specific_word, rule
from core.privacy.text.vocabulary import WORD, is_generic

_JOINER = rf"(?:{'|'.join(OF_PLACES)})"
_PLACE = rf"{UPPER}[\w'’-]*(?:{GAP}(?:{_JOINER}{GAP})?{UPPER}[\w'’-]*){{0,3}}"
_TOWARDS = any_of(
    r"flew to|moved to|moved here from|moved from|returned to|travelled to|traveled to|travelling to|traveling to|"
    r"drove to|went to|came from|comes from|fled to|fled from|deported to|extradited to|expelled to|emigrated to|"
    r"transferred to|sent to|arrived at|arrived in|lives in|lived in|live in|living in|resides in|residing in|resided in|"
    r"resident in|resident of|native of|citizen of|national of|born in|died in|grew up in|raised in|brought up in|"
    r"practising in|practicing in|situated in|detained in|detained at|imprisoned in|based in|based at|located in|"
    r"stationed in|stationed at|settled in|stayed in|staying in|originally from|hometown of|home city|home town|"
    r"home village|"
    r"city of|town of|village of|municipality of|commune of|hamlet of|parish of|county of|province of|district of|"
    r"[Uu]niversity of|[Pp]rison of|[Bb]ishop of|[Mm]ayor of|I am in|I'm in|I’m in"
)
_LISTED = rf"{PROPER}(?:, {PROPER}){{0,3}},? and {PROPER}"
_FIRM = rf"{UPPER}[\w'’.&-]*(?:[ ](?:(?:of|and|&|for|the)[ ])?{UPPER}[\w'’.&-]*){{0,4}}"
_EMPLOYED = any_of(
    r"work for|works for|worked for|working for|work at|works at|worked at|working at|employed by|employed at|employee of|"
    r"employees of|owner of|founder of|co-founder of|director of|chairman of|shareholder of|shareholders of|owned by|"
    r"founded by|subsidiary of|representative of|hired by|dismissed by|dismissed from|on behalf of|contract with|"
    r"joined|supplied by|delivered by|manufactured by|the address of|The address of|the offices of|to support"
)
_KIND = any_of(
    r"Ltd|Limited|Inc|Incorporated|LLC|LLP|PLC|plc|GmbH|AG|KG|Corp|Corporation|Pty|S\.A\.|S\.p\.A\.|S\.r\.l\.|B\.V\.|N\.V\.|"
    r"A/S|AB|Oy|Oyj|Sp\. z o\.o\.|d\.o\.o\.|s\.r\.o\.|a\.s\.|Kft|OOO|ZAO|OAO|& Sons|& Co|and Sons|Group|Holdings?|Partners"
)
_HOUSE = any_of(
    r"Court|Tribunal|Prison|Jail|Remand Centre|Detention Centre|Hospital|Clinic|University|College|School|Academy|Institute|"
    r"Bank|Bar Association|Police Station|Prosecutor['’]s Office|Airport|Railway|Newspaper|Church|Mosque|Orchestra|"
    r"Museum|Library|Hotel|Trust|Foundation|Society|Council|Municipality|Prefecture|Gendarmerie|Cemetery|Stadium"
)


def specific_place(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if the first word is not generic and no word has a digit."""
    words = WORD.findall(text[start:end])
    if not words or is_generic(words[0]) or any(c.isdigit() for c in text[start:end]):
        return None
    return start, end


def all_specific(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if no capitalized word is generic."""
    words = [word for word in WORD.findall(text[start:end]) if word[0].isupper()]
    return (start, end) if words and not any(is_generic(word) for word in words) else None


RULES = (
    rule("LOCATION", rf"\b{_TOWARDS}{GAP}(?P<value>{_PLACE})", score=0.7, check=specific_place),
    # "Ames, Boyle and Chan": a firm, or people; both are personal data
    rule(
        "ORGANIZATION",
        rf"(?:\b(?:{_EMPLOYED}|from|at|by|with|of)[ ]|^[> \t]*)(?P<value>{_LISTED})"
        r"(?=[ ]*(?:$|[,.;']|is\b|was\b|in\b|as\b))",
        score=0.6,
        check=all_specific,
    ),
    rule("ORGANIZATION", rf"\b{_EMPLOYED}[ ](?P<value>{_FIRM})", score=0.65, check=specific_place),
    rule("ORGANIZATION", rf"(?<![\w'’.&-])(?P<value>{_FIRM},?[ ]{_KIND})(?![\w])\.?", score=0.8, check=has_specific_word),
    rule("ORGANIZATION", rf"(?<![\w'’.&-])(?P<value>{_FIRM}[ ]{_HOUSE})(?!\w)", score=0.7, check=has_specific_word),
    rule(
        "ORGANIZATION",
        rf"\b[Tt]he (?P<value>{_FIRM})(?= (?:office|website|newspaper|company|factory|store)\b)",
        score=0.6,
        check=specific_place,
    ),
    # the line above an address: who lives or works there
    rule(
        "ORGANIZATION",
        rf"^[>? \t]*(?P<value>{_FIRM}(?:,[ ]{PROPER}[ ]and[ ]{PROPER})?)[ \t]*\n[>? \t]*"
        rf"(?=\d{{1,5}} (?:\d{{1,5}} )?{UPPER}\w+ |(?i:unit|psc|cmr|p\.? ?o\.? ?box) \d)",
        score=0.6,
        check=specific_place,
    ),
)
