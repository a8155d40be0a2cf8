"""Ships and their hull and pennant numbers.

Sources: US Navy hull classification symbols (SECNAVINST 5030.8);
NATO pennant numbers (ACP 113: a flag superior A C D F H K L M N P R S U Y and two to four digits).
"""

from core.language.ship_prefixes import PREFIXES
from core.privacy.recognizers.rule import PROPER, has_specific_word, rule

_NAME = rf"{PROPER}(?:[ ](?:of[ ]|de[ ]|the[ ])?{PROPER}){{0,2}}"
_CLASS = (
    r"(?:DDG|FFG|FFL|FF|CVN|CV|CG|LCS|LHA|LHD|LPD|LPH|LSD|LST|LCAC|LCU|SSN|SSBN|SSGN|SSK|SS|AOE|AOR|AO|AKE|AKR|"
    r"AFSB|ESB|ESD|MCM|MHC|PC|PG|ATF|ARS|AS|EPF|WMSL|WMEC|WPC|WPB|WLB|DD)"
)
_HULL = rf"(?:{_CLASS}[- ]?\d{{1,4}}|[ACDFHKLMNPRSUY][- ]?\d{{2,4}})"
_AT_SEA = (
    r"\b(frigate|destroyer|corvette|submarine|warship|ship|carrier|cruiser|patrol (?:boat|vessel)|tanker|minehunter|"
    r"minesweeper|"
    r"pennant|hull|at anchor|sailed|berth\w*|alongside|port|harbou?r|vessel|hms|uss)\b"
)
# Designations of widespread US and UK weapons, vehicles and aircraft that look like pennant numbers ("The M240 is mounted
# on the vessel"): they are ships only with "pennant", "hull" or the kind of ship right before them.
_EQUIPMENT = (
    r"M(?:1[0-79]|16|18|26|60|67|72|88|107|109|110|113|119|120|136|198|203|224|240|249|252|270|320|577|777|978|998)|"
    r"F(?:1[4-8]|22|35)|A(?:10|320|330|400)|L(?:7|16|81|85|86|96|98|115|118|119|129)|P(?:90|226|320)|R(?:44|66)|D(?:10|30)"
)

RULES = (
    rule("VESSEL", rf"(?<![\w-])(?:{'|'.join(PREFIXES)})\s{_NAME}(?:[ ]\(?{_HULL}\)?(?!\w))?", check=has_specific_word),
    rule(
        "VESSEL", rf"(?i:\b(?:pennant|hull)(?:[ ](?:number|no\.?|nr|#))?)(?:[ ]is)?[ ]?[:#]?[ ]?(?P<value>{_HULL})(?![\w-])"
    ),
    rule(
        "VESSEL",
        rf"\b(?i:frigate|destroyer|corvette|submarine|warship|ship|carrier|cruiser|vessel|tanker|minehunter)[ ]"
        rf"(?P<value>{_HULL})(?![\w-])",
        score=0.75,
    ),
    rule("VESSEL", rf"(?<![\w-]){_CLASS}[- ]\d{{1,4}}(?![\w-])", score=0.75, near=_AT_SEA),
    rule("VESSEL", rf"(?<![\w-])(?!(?:{_EQUIPMENT})(?!\w))[ADFLMPR]\d{{2,4}}(?![\w-])", score=0.7, near=_AT_SEA),
)
