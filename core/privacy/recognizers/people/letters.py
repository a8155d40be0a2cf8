"""People in letters and mail: header lines, display names, closing lines, signature blocks."""

import re

from core.privacy.recognizers.people.titles import RANK
from core.privacy.recognizers.rule import GAP, NAME, Bounds, any_of, name_bounds, rule
from core.privacy.text.vocabulary import WORD, may_be_name

_CLOSING = any_of(
    r"(?:with )?(?:kind|best|warm|warmest|kindest) (?:regards|wishes)|regards|many thanks|thanks(?: again)?|thank you|"
    r"yours(?: (?:sincerely|faithfully|truly|aye|ever))?|(?:sincerely|respectfully|faithfully)(?: yours)?|all the best|"
    r"cheers|best|v/?r|signed|respectfully submitted|done at .{2,40}"
)
# What follows under a name in a signature: a rank, or a phrase that ends in a job title.
_POST = any_of(
    r"officer|manager|director|engineer|technician|clerk|secretary|president|chairman|chairwoman|chair|registrar|judge|"
    r"counsel|lawyer|attorney|solicitor|agent|adviser|advisor|analyst|consultant|administrator|assistant|coordinator|"
    r"supervisor|superintendent|inspector|instructor|commander|commandant|chief|adjutant|quartermaster|surgeon|chaplain|"
    r"physician|doctor|nurse|professor|lecturer|teacher|researcher|scientist|specialist|foreman|mechanic|operator|planner|"
    r"accountant|auditor|editor|author|head|deputy|minister|ambassador|consul|dean|principal|lead|leader|owner|"
    r"founder|partner"
)
_UNDER = rf"(?:{RANK}\b|(?:[A-Z][\w'’&/-]*[ ,]{{1,2}}){{0,4}}(?i:{_POST})s?\b(?![ ]\w+[ ]\w+[ ]\w+[ ]\w+))"
_HEADER = r"(?i:from|to|cc|bcc|sender|reply-to|recipients?|attendees|present|participants|copy to|distribution)"
_LINE_NAME = rf"(?:{NAME})(?:,?{GAP}(?:[A-Z]{{2,4}}|[A-Z][a-z]?\.?[A-Z]\.?))?"


def signed_name(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds of a line if it has one to four words and each of them can be a name."""
    words = [part for word in WORD.findall(text[start:end]) for part in re.split(r"[\W_]+", word)]
    return (
        (start, end)
        if 1 <= len(words) <= 4 and all(w.isalpha() and (len(w) == 1 or may_be_name(w)) for w in words)
        else None
    )


RULES = (
    # "Hannah Merrick <hannah@unit.example>", "MERRICK, Hannah" <…>: the name displayed before a mail address.
    rule(
        "PERSON",
        rf"(?<![\w'’-])(?P<value>{NAME}(?:,{GAP}?{NAME})?)[\"'”’]?(?:{GAP}\([^()\n]{{1,40}}\))?{GAP}?[<\[(]"
        rf"(?=[^\s<>()\[\]@]{{1,64}}@)",
        check=name_bounds,
    ),
    # "To: Nora Ames, Luis Berg; Ida Cole": everybody named in a header line.
    rule(
        "PERSON",
        rf"^[> \t]*{_HEADER}[ \t]*:[ \t]*(?P<values>{NAME}(?:[ \t]*(?:[,;&]|and)[ \t]*{NAME}){{0,15}})[ \t]*$",
        score=0.8,
        check=name_bounds,
    ),
    # "Kind regards\n\nNora Ames"
    rule(
        "PERSON",
        rf"^[> \t]*(?i:{_CLOSING})[ \t]*[,.!:]?[ \t]*\n(?:[> \t]*\n){{0,3}}[> \t]*(?P<value>{_LINE_NAME})[ \t]*[,.]?[ \t]*$",
        score=0.85,
        check=signed_name,
    ),
    # "Nora Ames\nCorporal, service number …", "Nora Ames\nDeputy Registrar"
    rule(
        "PERSON",
        rf"^[> \t]*(?P<value>{NAME}{GAP}{NAME})[ \t]*,?[ \t]*\n[> \t]*(?={_UNDER})",
        score=0.75,
        check=signed_name,
    ),
)
