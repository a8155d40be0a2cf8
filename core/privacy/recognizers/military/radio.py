"""Radio: call signs and frequencies. Bands named in doctrine ("30 to 88 MHz") stay; a channel in use is found.

Sources: ACP 125 (call signs: word and digits, letter and digits; procedure words); ICAO Annex 10 vol. II, 5.2.1.7 (three
letters of the operator and a flight number).
"""

import re

from core.privacy.recognizers.rule import Bounds, any_of, has_specific_word, rule

_TALK = (
    r"\b(radio|net|call ?signs?|c/s|transmit\w*|freq(?:uency|uencies)?|over|out|roger|comms|vhf|uhf|hf|sitrep|medevac|"
    r"casevac|"
    r"this is|contact|mhz|airborne|inbound|wilco|radio check)\b"
)
_DIGIT_WORD = r"(?:ZERO|ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINER?|Zero|One|Two|Three|Four|Five|Six|Seven|Eight|Niner?)"
_LETTER_WORD = any_of(
    r"ALPHA|ALFA|BRAVO|CHARLIE|DELTA|ECHO|FOXTROT|GOLF|HOTEL|INDIA|JULIETT?|KILO|LIMA|MIKE|NOVEMBER|OSCAR|PAPA|QUEBEC|ROMEO|"
    r"SIERRA|TANGO|UNIFORM|VICTOR|WHISKEY|XRAY|X-RAY|YANKEE|ZULU|Alpha|Alfa|Bravo|Charlie|Delta|Echo|Foxtrot|Golf|"
    r"Hotel|India|"
    r"Juliett?|Kilo|Lima|Mike|November|Oscar|Papa|Quebec|Romeo|Sierra|Tango|Uniform|Victor|Whiskey|Xray|X-ray|Yankee|Zulu"
)
_FIGURES = r"\d(?:-?\d){0,2}(?:-?[A-Z](?![a-z]))?"
_SPELLED = rf"{_DIGIT_WORD}(?:[ -](?:{_DIGIT_WORD}|{_LETTER_WORD})){{0,3}}"
_LETTERED = rf"{_LETTER_WORD}(?:[ -](?:{_DIGIT_WORD}|{_LETTER_WORD}|{_FIGURES})){{1,3}}"
_VOICE = (
    rf"(?:{_LETTERED}|{_DIGIT_WORD}(?:[ -](?:{_DIGIT_WORD}|{_LETTER_WORD})){{1,3}}|[A-Z][A-Za-z]+[ -]"
    rf"(?:{_SPELLED}|{_FIGURES}|{_LETTER_WORD}))"
)
_IS = r"(?:\b(?i:call[ -]?signs?)|\b[Cc]/[Ss])(?:[ ](?:is|was|of))?[ ]?[:=]?[ ]?[\"“'‘]?"
_RANGE = re.compile(r"(?:\bto|-|–|\band|\bbetween|\brange|\bband|\bbandwidth|\bsteps? of|\bspacing)[ ]?(?:of[ ])?$")
_RANGE_AFTER = re.compile(
    r"[ ]?(?:[kMG]Hz|MHZ|KHZ|GHZ)?[ ]?(?:to\b|-|–|and\b|band|bandwidth|spacing|steps?|clock|processor|channels?)"
)
_UNIT = r"(?=[ ]?(?:[MkKG][Hh]z|MHZ|KHZ|GHZ|mhz|khz|megs)\b)"


def in_use(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds unless the number is an end of a range, or the width of a band or step."""
    if _RANGE.search(text, max(0, start - 20), start) or _RANGE_AFTER.match(text, end):
        return None
    return start, end


RULES = (
    # after "call sign"; in "A, this is B"; a word and digits in radio talk
    rule("CALL_SIGN", rf"{_IS}(?P<value>{_VOICE}|[A-Z]\d{{1,2}}[A-Z]?|[A-Z]{{2,6}}[ -]?\d{{1,5}}[A-Z]?)(?!\w)"),
    rule("CALL_SIGN", rf"{_IS}(?P<value>[A-Z][A-Za-z]+)(?!\w)", check=has_specific_word),
    rule("CALL_SIGN", rf"(?<![\w-])(?P<value>{_VOICE})(?=,? (?i:this is)\b)"),
    rule(
        "CALL_SIGN",
        rf"\b(?:[Tt]his is|THIS IS|[Hh]ello|HELLO) (?P<value>{_VOICE}|[A-Z]\d{{1,2}}[A-Z]?)(?=[,.!]?(?:[ ](?i:over|"
        rf"out|radio|message|roger|send)\b|[,.!]|$))",
    ),
    rule(
        "CALL_SIGN",
        r"(?<![\w-])[A-Z]{3,12}[ -]\d(?:-?\d)?[A-Z]?(?![\w.%-])",
        score=0.75,
        near=_TALK,
        check=has_specific_word,
    ),
    rule(
        "CALL_SIGN",
        r"(?<![\w-])[A-Z][a-z]{3,12}[ -]\d(?:-?\d)?[A-Z]?(?![\w.%-])",
        score=0.7,
        near=_TALK,
        check=has_specific_word,
    ),
    rule(
        "CALL_SIGN",
        rf"(?<![\w-])(?:{_LETTERED}|{_DIGIT_WORD}[ -]{_LETTER_WORD})(?![\w-])",
        score=0.7,
        near=r"\b(radio|net|call ?signs?|c/s|over|roger|sitrep|medevac|this is|mhz|radio check|wilco|inbound|airborne)\b",
    ),
    # "Flight RCH482", "ASCOT 4531"
    rule(
        "CALL_SIGN",
        r"(?<![\w-])(?:ASCOT|RCH|REACH|RRR|NATO|EVAC|CNV|GAF|CTM|IAM|BAF|NAF|CFC|TARTAN|KITTYHAWK|"
        r"SAM)[ ]?\d{2,5}[A-Z]?(?![\w-])",
        score=0.85,
    ),
    rule(
        "CALL_SIGN",
        r"\b(?i:flight|aircraft|sortie)\s(?P<value>[A-Z]{2,6}[ ]?\d{2,5}[A-Z]?)(?![\w-])",
        score=0.75,
        check=lambda t, s, e: (s, e) if e - s > 4 else None,
    ),
    # "45.250 MHz" is a channel of a net; whole numbers need a word of radio near them
    rule(
        "FREQUENCY",
        rf"(?<![\w.,/-])\d{{1,3}}\.\d{{1,4}}{_UNIT}",
        check=in_use,
        near=(
            r"\b(radio|net|freq\w*|channel|tune|tuned|guard|primary|alternate|transmit|call|contact|monitor|tower|"
            r"fills?|on)\b|\.\d\d"
        ),
    ),
    rule(
        "FREQUENCY",
        rf"(?<![\w.,/-])\d{{2,5}}{_UNIT}",
        near=(
            r"\b(net|freq|channel|tuned? (?:\w+ ){0,3}to|guard|primary|alternate|monitor|tower|transmit(?:ting)? on|"
            r"call(?:ing)? (?:\w+ )?on|listen(?:ing)? on|frequency (?:is|of))\b"
        ),
        check=in_use,
    ),
    rule(
        "FREQUENCY",
        r"(?i:\b(?:freq(?:uency|s)?|channel|net freq|guard|tuned? to))(?:\s(?:is|of|at|to))?\s?[:=]?\s?"
        r"(?P<value>\d{2,3}\.\d{1,4})(?![\w%]|\.\d)",
        check=in_use,
    ),
    rule(
        "FREQUENCY",
        r"(?i:\b(?:freq(?:uency)?))\s?(?:is\s)?[:=]?\s(?P<value>\d{4,5})(?![\w%.,]\d|\w|[ ]?[Hh]z)",
        score=0.75,
        check=in_use,
    ),
)
