"""Postal addresses: a strong sign (a street word with a number, a flat, a box, a postcode) and its neighborhood."""

import re

from core.language.name_particles import OF_STREETS
from core.privacy.recognizers.rule import PROPER, UPPER, Bounds, any_of, rule
from core.privacy.text.vocabulary import WORD, is_generic

_STREET = any_of(
    r"Street|Road|Avenue|Lane|Drive|Court|Boulevard|Way|Place|Square|Terrace|Close|Crescent|Parkway|"
    r"Highway|Circle|Trail|Alley|"
    r"Gardens|Grove|Mews|Row|Hill|Walk|Quay|Wharf|Esplanade|Parade|Loop|Path|Pike|Turnpike|Plaza|St|Rd|Ave|"
    r"Cottages?|Villas?|Yard|Green|Bank|View|Rise|Gate|Bridge|Crossing|Ridge|Heights|Terraces|Buildings|Estate|Park|"
    r"Croft|Drove|Broadway|Embankment|Promenade|Boulevarde|Byway|Causeway|Chase|Common|Dale|End|Farm|Fold|Glade|Glen|"
    r"Ln|Dr|Ct|Blvd|Pl|Sq|"
    r"Ter|Cres|Pkwy|Hwy|Cir|Str"
)
# Street names written as one word with their kind, as in German, Dutch, Nordic, Finnish and Hungarian addresses.
_COMPOUND = (
    rf"{UPPER}\w+(?i:stra(?:ss|ß)e|str|gasse|platz|weg|allee|ufer|damm|gatan|gata|gatu|vägen|"
    rf"vagen|veien|vegen|vej|gade|all[eé]n|straat|laan|plein|kade|dijk|katu|tie|kuja|polku|utca|tere|ulice|"
    rf"gränd|stigen|väg|v[aä]gur|g[oö]tu|stræde)"
)
_FRONT = any_of(
    r"Rue|Avenue|Av\.|Boulevard|Bd|Place|Chemin|Impasse|Via|Viale|Piazza|Corso|Largo|Calle|C/|Avenida|"
    r"Avda\.?|Plaza|Paseo|Camino|"
    r"Carrer|Rua|Travessa|Praça|Estrada|Ulica|ul\.|Ul\.|al\.|Strada|Str\.|Bulevardul|Trg|Cesta|Ulitsa|Rúa|"
    r"Vicolo|Strasse|Am|Im"
)
_UNIT = r"(?:Suite|Apt\.?|Apartment|Flat|Unit|Room|Floor|Ste\.?|Bldg\.?|Building|PSC|P\.? ?O\.? ?Box|Box|PMB|Piso)"
_WORDS = rf"(?:{UPPER}[\w'’.-]*|\d+(?:st|nd|rd|th)|{'|'.join(OF_STREETS)})"
# Short words for a street that follow its name: Hungarian, Polish, Slovene, Norwegian.
_SMALL_STREET = r"(?:u\.|ul\.|utca|útja|tér|rkp\.|trg|cesta|gate|gt\.|terrasse)"
_NUMBER = r"\d{1,5}(?:[-/]\d{1,4})?[A-Za-z]?"
# One step forward: a capitalized word, a number or a postcode, with the comma, line break or "> " before it.
_FORWARD = re.compile(
    rf",?(?:[ \t]+|[ \t]*\n[> \t]*)(?:{_UNIT} ?#? ?\w*\d\w*|#\d+|{_NUMBER}(?!\w)|\d{{2,6}}(?:[- ]\d{{2,4}})?(?!\w)"
    rf"|[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}(?!\w)|{UPPER}[\w'’.-]*(?: (?:{UPPER}[\w'’.-]*|de|la|sur|am|an der|upon))*)"
)
# One step back, to the number that an address starts with: "23100 Ilichova 23 [Suite 274]".
_BACKWARD = re.compile(rf"(?<!\S)\d{{1,6}}[A-Za-z]?(?:,?[ \t]+(?:{_WORDS}|{_NUMBER})){{0,6}},?(?:[ \t]+|[ \t]*\n[> \t]*)$")
_STOP = re.compile(
    r"[,;]?\s*[> \t]*(?:I|The|This|That|We|You|He|She|It|If|Please|My|Our|Is|Are|Can|In|On|At|And|Phone|"
    r"Tel|Email|Fax|Mobile|Office|Cell)\b"
)
_STEPS = 8


def address_bounds(text: str, start: int, end: int) -> Bounds | None:
    """Return the sign of an address extended over the parts around it, at most eight steps forward and one number back."""
    before = _BACKWARD.search(text, max(0, start - 70), start)
    start = before.start() if before else start
    for _ in range(_STEPS):
        step = _FORWARD.match(text, end)
        if not step or _STOP.match(text, end) or (text[end : end + 1] == "\n" and text[end + 1 : end + 2] == "\n"):
            break
        if text[step.end() : step.end() + 1] == ":":  # the label of the next field
            break
        end = step.end()
        if text[end - 1] == "." and text[end : end + 1] != ",":
            end -= 1
            break
    return start, end


def named_place(text: str, start: int, end: int) -> Bounds | None:
    """Return `address_bounds` if no word is generic, else None: "12 Parmova 109", not "12 June 2019" or "3 Table 4"."""
    words = [word for word in WORD.findall(text[start:end]) if word.isalpha()]
    return address_bounds(text, start, end) if words and not any(is_generic(word) for word in words) else None


RULES = (
    rule(
        "ADDRESS",
        rf"(?<![\w.,-]){_NUMBER},?[ ](?!of\b|the\b)(?:{_WORDS}[ ]){{1,4}}{_STREET}(?!\w)\.?(?=\s*(?:[,.;\n)]|$|{UPPER}|\d|#|"
        rf"in\b|and\b|is\b|to\b))",
        check=address_bounds,
    ),
    rule("ADDRESS", rf"(?<!\w){_COMPOUND}[ ]{_NUMBER}(?!\w)", check=named_place),
    rule("ADDRESS", rf"(?<![\w.,-])\d{{1,5}},?[ ]{_COMPOUND}(?!\w)", check=named_place),
    rule("ADDRESS", rf"(?<!\w){_FRONT}[ ](?:{_WORDS},?[ ]){{1,5}}?{_NUMBER}(?!\w)", check=address_bounds),
    rule("ADDRESS", rf"(?<![\w.,-])\d{{1,5}},?[ ]{_FRONT}[ ](?:{_WORDS})(?:[ ]{_WORDS}){{0,3}}(?!\w)", check=address_bounds),
    rule(
        "ADDRESS",
        rf"(?<![\w.,/-])\d{{1,5}}[ ]{PROPER}(?:[ ]{PROPER}){{0,2}}(?:[ ]{_SMALL_STREET})?[ ]\d{{1,4}}(?![\w/-]|[.,]\d)",
        score=0.65,
        check=named_place,
    ),
    rule(
        "ADDRESS",
        r"(?i:\b(?:li(?:ve[sd]?|ving) (?:at|on)|address(?: is|:)?|resid(?:e[sd]?|ing) (?:at|on)|located at|"
        r"mov(?:ed|ing) to|return to|"
        rf"deliver(?:ed|y)? to|ship(?:ped)? to|off at|arrived at|meet at|visit us at))"
        rf"\s(?P<value>(?:{_NUMBER}[ ])?(?:{_WORDS}[ ]){{1,4}}{_NUMBER}|"
        rf"{_NUMBER}(?:[ ]{_WORDS}){{1,5}})(?!\w)",
        score=0.75,
        check=address_bounds,
    ),
    rule(
        "ADDRESS",
        r"(?<!\w)(?i:suite|apt\.?|ste\.?|psc|p\.? ?o\.? ?box|pmb|unit \d+,? box)[ ]#?\d{1,5}[A-Z]?(?!\w)",
        check=address_bounds,
    ),
    rule(
        "ADDRESS",
        r"(?<!\w)(?i:flat|apartment|apt\.?|unit|suite|room) \d{1,4}[A-Z]?, (?=\d{1,4}[A-Za-z]? [A-Z])",
        check=address_bounds,
    ),
    # Military post: "PSC 1234, Box 56, APO AE 09012", "USNS Ames\nFPO AA 85844"
    rule(
        "ADDRESS",
        rf"(?:(?:(?i:unit|psc|cmr) \d+,?\s(?i:box) \d+|(?:USS|USNS|USCGC|USCG)\s{PROPER}(?: {PROPER})?),?\s+)?"
        r"\b(?i:[fad]po,? a[aep] \d{5}(?:-\d{4})?)(?!\w)",
    ),
    rule("ADDRESS", r"\b(?:BFPO|[Bb]ldg\.?|BLDG\.?) \d{1,4}[A-Z]?(?!\w)"),
    rule("ADDRESS", r"(?<![\w])[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] \d[ABCEGHJ-NPRSTV-Z]\d(?!\w)", score=0.8),  # Canada
    rule(
        "ADDRESS",
        rf"(?i:\b(?:corner|intersection|junction) of)\s(?:{UPPER}|\d)[\w'’.-]*(?:[ ][\w'’.-]+){{0,5}}? and "
        rf"{UPPER}[\w'’.-]*(?:[ ]{_WORDS}){{0,4}}",
        score=0.7,
    ),
    rule(
        "ADDRESS",
        rf"(?<![\w.,-])\d{{1,5}},?[ ](?:rue|avenue|boulevard|place|chemin|impasse|via|viale|piazza|calle|"
        rf"avenida|rua|plaza|ul\.)[ ]"
        rf"(?:(?:de|du|des|la|le|del|della|da|do)[ ]){{0,2}}{PROPER}(?:[ ]{_WORDS}){{0,3}}(?!\w)",
        check=address_bounds,
    ),
    rule(
        "ADDRESS",
        r"(?<!\w)(?:[A-Z][\w'’.-]+[ ]){0,2}[A-Z][\w'’.-]+, (?:A[AEKLPRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|"
        r"LA|M[ADEHINOPST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]),? \d{5}(?:-\d{4})?(?!\w)",
    ),
    rule(
        "ADDRESS",
        r"(?<!\w)(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d(?:\d|[ABEHMNPRV-Y])?|\d[A-HJKPS-UW])[ "
        r"]\d[ABD-HJLNP-UW-Z]{2})(?!\w)",
        score=0.8,
    ),  # UK postcode
    rule(
        "ADDRESS",
        r"(?i:\b(?:zip(?: ?code)?|post(?:al)? ?code|postcode))(?:\s(?:is|of))"
        r"?\s?[:=]?\s?(?P<value>[A-Z]{0,2}[- ]?\d[\dA-Z]{1,5}(?:[ -]\d{2,4})?)(?!\w)",
        score=0.8,
    ),
)
