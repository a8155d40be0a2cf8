"""Postal addresses: a strong sign of one (a street word with a number, a flat, a box, a postcode), then its neighborhood."""

import re

from core.privacy.rules.rule import UPPER, Bounds, any_of, rule

_STREET = any_of(
    r"Street|Road|Avenue|Lane|Drive|Court|Boulevard|Way|Place|Square|Terrace|Close|Crescent|Parkway|Highway|Circle|Trail|Alley|"
    r"Gardens|Grove|Mews|Row|Hill|Walk|Quay|Wharf|Esplanade|Parade|Loop|Path|Pike|Turnpike|Plaza|St|Rd|Ave|Ln|Dr|Ct|Blvd|Pl|Sq|"
    r"Ter|Cres|Pkwy|Hwy|Cir|Str"
)
# Endings of street names grown together with their first word, as in German, Dutch, Nordic, Finnish and Hungarian addresses.
_COMPOUND = rf"{UPPER}\w+(?i:stra(?:ss|ß)e|str|gasse|platz|weg|allee|ring|ufer|damm|gatan|gata|gatu|vägen|vägen|vagen|veien|vegen|vej|gade|all[eé]n|straat|laan|plein|kade|dijk|katu|tie|kuja|polku|utca|tere|ulice|gränd|stigen|väg|v[aä]gur|g[oö]tu|stræde)"
_FRONT = any_of(
    r"Rue|Avenue|Av\.|Boulevard|Bd|Place|Chemin|Impasse|Via|Viale|Piazza|Corso|Largo|Calle|C/|Avenida|Avda\.?|Plaza|Paseo|Camino|"
    r"Carrer|Rua|Travessa|Praça|Estrada|Ulica|ul\.|Ul\.|al\.|Strada|Str\.|Bulevardul|Trg|Cesta|Ulitsa|Rúa|Vicolo|Strasse|Am|Im"
)
_UNIT = r"(?:Suite|Apt\.?|Apartment|Flat|Unit|Room|Floor|Ste\.?|Bldg\.?|Building|PSC|P\.? ?O\.? ?Box|Box|PMB|Piso)"
_WORDS = rf"(?:{UPPER}[\w'’.-]*|\d+(?:st|nd|rd|th)|de|du|des|la|le|les|del|della|van|der|den|von|do|da|dos|of|the)"
_NUMBER = r"\d{1,5}(?:[-/]\d{1,4})?[A-Za-z]?"
# One more step outwards: a capitalized word, a number, a postcode, with the comma, line break or "> " between.
_FORWARD = re.compile(
    rf"[,;]?(?:[ \t]+|[ \t]*\n[> \t]*)(?:{_UNIT} ?#? ?\w*\d\w*|#\d+|{_NUMBER}(?!\w)|\d{{2,6}}(?:[- ]\d{{2,4}})?(?!\w)"
    rf"|[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}(?!\w)|{UPPER}[\w'’.-]*(?: (?:{UPPER}[\w'’.-]*|de|la|sur|am|an der|upon))*)"
)
_BACKWARD = re.compile(rf"(?:(?<!\S){_NUMBER}|(?<!\S)\d{{1,6}}),?[ \t]+$")
_STOP = re.compile(r"[,;]?\s*[> \t]*(?:I|The|This|That|We|You|He|She|It|If|Please|My|Our|Is|Are|Can|In|On|At|And|Phone|Tel|Email|Fax|Mobile|Office|Cell)\b")
_STEPS = 8


def address_bounds(text: str, start: int, end: int) -> Bounds | None:
    """The sign of an address widened over the parts around it, at most eight steps forward and one number back."""
    before = _BACKWARD.search(text, max(0, start - 12), start)
    start = before.start() if before else start
    for _ in range(_STEPS):
        step = _FORWARD.match(text, end)
        if not step or _STOP.match(text, end) or (text[end : end + 1] == "\n" and text[end + 1 : end + 2] == "\n"):
            break
        end = step.end()
        if text[end - 1] == "." and text[end : end + 1] != ",":
            end -= 1
            break
    return start, end


RULES = (
    rule("ADDRESS", rf"(?<![\w.,-]){_NUMBER},?[ ](?:{_WORDS}[ ]){{1,4}}{_STREET}(?!\w)\.?(?=\s*(?:[,.;\n)]|$|{UPPER}|\d|#|in\b|and\b|is\b|to\b))", check=address_bounds),
    rule("ADDRESS", rf"(?<!\w){_COMPOUND}[ ]{_NUMBER}(?!\w)", check=address_bounds),
    rule("ADDRESS", rf"(?<![\w.,-])\d{{1,5}},?[ ]{_COMPOUND}(?!\w)", check=address_bounds),
    rule("ADDRESS", rf"(?<!\w){_FRONT}[ ](?:{_WORDS}[ ]?){{1,5}}?,?[ ]?{_NUMBER}(?!\w)", check=address_bounds),
    rule("ADDRESS", rf"(?<![\w.,-])\d{{1,5}},?[ ]{_FRONT}[ ](?:{_WORDS})(?:[ ]{_WORDS}){{0,3}}(?!\w)", check=address_bounds),
    rule("ADDRESS", rf"(?<!\w)(?:Suite|Apt\.?|Ste\.?|PSC|P\.? ?O\.? ?Box|PMB)[ ]#?\d{{1,5}}[A-Z]?(?!\w)", check=address_bounds),
    rule("ADDRESS", r"(?<!\w)(?:[A-Z][\w'’.-]+[ ]){0,2}[A-Z][\w'’.-]+, (?:A[AEKLPRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEHINOPST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]),? \d{5}(?:-\d{4})?(?!\w)"),
    rule("ADDRESS", r"(?<!\w)(?:GIR ?0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d(?:\d|[ABEHMNPRV-Y])?|\d[A-HJKPS-UW])[ ]\d[ABD-HJLNP-UW-Z]{2})(?!\w)", score=0.8),  # UK postcode
    rule("ADDRESS", r"(?i:\b(?:zip(?: ?code)?|post(?:al)? ?code|postcode))(?:\s(?:is|of))?\s?[:=]?\s?(?P<value>[A-Z]{0,2}[- ]?\d[\dA-Z]{1,5}(?:[ -]\d{2,4})?)(?!\w)", score=0.8),
)
