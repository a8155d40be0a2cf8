"""Vehicles and aircraft: registrations, bumper numbers, chassis numbers, tail numbers.

Sources: DVLA INF104 (British plates); JSP 800 (British forces "12 AB 34", "AB 12 AB"); AR 750-1 and DA PAM 750-8 (bumper
numbers); ICAO Annex 7 (nationality marks of aircraft); MIL-STD-129 and unit practice for American tail numbers ("06-6154").
"""

from core.privacy.recognizers.rule import Bounds, any_of, rule

_WORDS = frozenset("AT BY TO OR IN ON OF IS AM PM MM CM KM KG LB FT HZ VS MV KV FM TM AR TC JP GM CC ML NM UP NO".split())
_ON_WHEELS = (
    r"\b(vehicles?|veh|reg(?:istration)?|registered|plates?|vrn|vrm|land rover|rover|truck|lorry|cars?|van|jeep|tank|"
    r"driver|drove|"
    r"trailer|convoy|lkw|pkw|parked|ambulance|motorcycle|minibus|bus|pickup|wagon|sedan|suv|vor|foxhound|mastiff|warrior|"
    r"jackal|quad|tractor|licen[cs]e plate)\b"
)
_IN_THE_AIR = (
    r"\b(aircraft|helicopter|tail|airframe|sortie|flight|flew|pilot|crew|chinook|hercules|a/c|jet|plane|typhoon|"
    r"tornado|apache|"
    r"merlin|puma|lynx|wildcat|hawk|black ?hawk|osprey|hornet|drone|uav|squadron|hangar|atlas|voyager|bird|buno|bureau)\b"
)
_ARM = r"[ ](?:AR|IN|CAV|FA|EN|ADA|AVN|MI|MP|BSB|BEB|CS|SB|AG|FSC|STB|LAR|MAR)"
_UNIT = r"\d{1,3}-\d{1,3}"
_TRACKED = any_of("vehicle|tank|bradley|abrams|hmmwv|humvee|truck|lmtv|fmtv|hemtt|stryker|mrap|trailer|m1a[12]|m2a\\d|track")


def three_solid(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds if they hold at least three letters and digits."""
    return (start, end) if sum(c.isalnum() for c in text[start:end]) >= 3 else None


def no_word(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds unless their letters are a word or a unit: "10 BY 12", "25 MM 10"."""
    groups = "".join(c if c.isalpha() else " " for c in text[start:end]).split()
    return None if any(group in _WORDS for group in groups) else (start, end)


RULES = (
    rule("VEHICLE", r"(?<![\w-])[A-HJ-PR-Y][A-HJ-PR-Y][0-9]{2} ?[A-HJ-PR-Z]{3}(?![\w-])", score=0.8),
    rule("VEHICLE", r"(?<![\w-])\d{2} ?[A-HJ-NP-Z]{2} ?\d{2}(?![\w-])", score=0.8, check=no_word),  # British forces
    rule(
        "VEHICLE",
        r"(?<![\w/-])(?:[A-Z]{2} ?\d{2} ?[A-Z]{2}|[A-Z]\d{1,3} ?[A-Z]{3}|[A-Z]{3} ?\d{1,3}[A-Z]|"
        r"[A-Z]{1,3}-[A-Z]{1,2} ?\d{1,4}|\d{1,3}[A-Z]{2,3}\d{1,3}|[A-Z]{3}[ -]\d{3,4}|\d[A-Z]{3}\d{3})(?![\w-])",
        score=0.75,
        near=_ON_WHEELS,
        check=no_word,
    ),
    rule("VEHICLE", r"(?<![\w-])[A-Z]{1,3}[- ]?\d{3,4}(?![\w-])", score=0.7, near=r"\b(plates?|registration|vrn|vrm)\b"),
    rule("VEHICLE", r"(?<![\w-])Y-\d{3} ?\d{3}(?![\w-])", score=0.8),  # Bundeswehr
    rule("ID_NUMBER", r"(?<![\w-])(?=[A-Z0-9]*[A-Z])(?=[A-Z0-9]*\d{4})[A-HJ-NPR-Z0-9]{17}(?!\w)"),  # chassis (ISO 3779)
    # after a label
    rule(
        "VEHICLE",
        r"(?i:\b(?:registration|registered|reg|plates?|vrn|vrm|tail|hull|airframe|buno|bureau number)(?: (?:number|no\.?|"
        r"serial|mark|code|plate))?)"
        r"(?:\s(?:is|was|as))?\s?[:#]?\s?(?P<value>(?:[A-Z]{1,4}[ -]?)?\d[A-Z0-9]{0,6}(?:[ -]?[A-Z0-9]{1,5}){0,2})"
        r"(?![\w.,]\d|\w)",
        check=three_solid,
    ),
    rule(
        "VEHICLE",
        rf"(?i:\bbumper(?: (?:number|no\b\.?|nbr|num|code))?)(?:\s(?:is|was))?\s?[:#]?\s?"
        rf"(?P<value>[A-Z]{{1,4}}[- ]?\d{{1,4}}(?:[ /]{_UNIT}(?:{_ARM})?)?)(?!\w)",
    ),
    rule("VEHICLE", rf"(?<![\w-])[A-Z]{{1,4}}-?\d{{1,3}}[ /]{_UNIT}{_ARM}(?![\w-])", score=0.85, check=three_solid),
    rule("VEHICLE", rf"\b(?i:{_TRACKED})\s(?P<value>(?:HQ|HHC|HHT|HHB|[A-H])-\d{{2,3}})(?![\w-])", score=0.8),
    # Tail numbers: British and American serials, then marks of ICAO states, all near a word of aviation.
    rule(
        "VEHICLE",
        r"(?<![\w-])(?:[ZX][A-Z] ?\d{3}|N\d{1,5}[A-HJ-NP-Z]{1,2}|N\d{3,5}|\d{2}-\d{4,5}|\d{2}\+\d{2}|16\d{4}|"
        r"(?:G|D|F|I|C|B|M)-[A-Z]{4}|(?:EC|EI|LN|OY|SE|OH|PH|OO|HB|OE|SP|OK|CS|SX|TC|YR|LZ|HA|LX|ZS|VH|ZK|4X|9H|ES|YL|"
        r"LY)-[A-Z]{3})"
        r"(?![\w-])",
        near=_IN_THE_AIR,
    ),
)
