"""What a defence document says about places, units and the air: grids, call signs, units, ships, operations, sites."""

from core.privacy.rules.rule import any_of, has_specific_word, rule

_ARM = (
    r"Engr|Arty|Sig|Log|Med|Tpt|Armd|Mech|Fd|GS|CS|Infantry|Armou?red|Armou?r|Cavalry|Airborne|Air Assault|"
    r"Mountain|Marines?|Engineers?|Signals?|"
    r"Artillery|Field|Mechani[sz]ed|"
    r"Stryker|Light|Heavy|Royal|Rifles?|Guards|Parachute|Aviation|Aviation|Logistics?|Support|Sustainment|"
    r"Transport(?:ation)?|Medical|Military|"
    r"Police|Intelligence|Ranger|Special|Forces|Combat|Team|Commando|Expeditionary|Fighter|Bomber|Air|Defen[cs]e|Missile|"
    r"Security|Force|Assistance|Fires|Psychological|Civil|Affairs|Ordnance|Quartermaster|Brigade|Battlefield|Surveillance|"
    r"Training|Reserve|Naval|Construction|Maintenance|Headquarters|Amphibious|Tank|Recon(?:naissance)?|Reconnaissance"
)
_FORMATION = any_of(
    r"Battalion|Bn|BN|Brigade|Bde|BDE|Regiment|Regt|Division|Div|Corps|Army|Squadron|Sqn|Wing|Group|Gp|"
    r"Company|Coy|Co|Battery|"
    r"Bty|Platoon|Pl|Plt|Troop|Tp|Fleet|Flotilla|Infantry|Inf|Cavalry|Cav|Armor|Armour|Marines|Rifles|"
    r"Guards|Lancers|Dragoons|"
    r"Hussars|Commando|Cdo|Airborne|BCT|MEU|MEF|Brigade Combat Team|Flight|Detachment|Det|Field Artillery|"
    r"Engineers|Fusiliers|"
    r"Highlanders|Gurkhas|Artillery|Signals|Command|Theater Sustainment Command|Ranger Regiment|Special Forces Group"
)
_CORPS = any_of(
    r"PARA|RIFLES|YORKS|SCOTS|LANCS|MERCIAN|RGR|REME|RLC|RHA|AAC|SIG|Cdo|CDO|PWRR|RRF|R ANGLIAN|R WELSH|R "
    r"IRISH|WG|IG|SG|GREN GDS|"
    r"COLDM GDS|SCOTS DG|RTR|QRH|KRH|RDG|LD|QDG|HCR|RSME|RAMC|RMP|INF|CAV|AR|FA|IN|EN|ADA|MAR|AVN|BSB|BEB|MI|MP|SFG|ABN"
)
_RADIO = r"\b(radio|net|call ?signs?|transmit\w*|frequency|over|out|roger|comms|vhf|uhf|hf|sitrep|medevac|this is|contact)\b"
_VOICE = r"(?:\d(?:-?\d){0,2}|[A-Z](?:LPHA|RAVO|HARLIE|ELTA)?)(?:[ -]?(?:\d|[A-Z])){0,2}"
_DEGREES = r"\d{1,3}[°º](?:\s?\d{1,2}(?:\.\d+)?\s?['′’])?(?:\s?\d{1,2}(?:\.\d+)?\s?[\"″”])?"
_FORCE = (
    r"(?:Task Force|TF|CTF|JTF|CJTF|Task Group|TG|Task Unit|TU|Combined Joint Task Force|Joint Task Force|"
    r"Battle ?[Gg]roup|BG)"
)
_CALL_SIGN_IS = r"(?:\b(?i:call[ -]?signs?)|\b[Cc]/[Ss])(?:\s(?:is|was|of))?\s?[:=]?\s?[\"“'‘]?"
_DIGIT_WORD = r"(?:ZERO|ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINER?)"
_MONTH = r"(?i:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
_SITE = r"(?:[A-Z][A-Za-z'’-]+)(?: [A-Z][A-Za-z'’-]+){0,2}"

RULES = (
    # Grids: MGRS, then British letters, then figures behind the word grid; sources: NGA.STND.0037, Ordnance Survey.
    rule(
        "GRID",
        r"(?<![\w-])(?:[1-9]|[0-5]\d|60)[C-HJ-NP-X][ ]?[A-HJ-NP-Z]{2}[ ]?(?:\d{5}[ ]?\d{5}|\d{4}[ ]?\d{4}|"
        r"\d{3}[ ]?\d{3}|\d{2}[ ]?\d{2})(?!\w)",
        score=0.95,
    ),
    rule("GRID", r"(?<![\w-])[HJNOST][A-HJ-Z][ ]?(?:\d{5}[ ]?\d{5}|\d{4}[ ]\d{4}|\d{3}[ ]\d{3})(?!\w)", score=0.85),
    rule(
        "GRID",
        r"(?i:\b(?:grid(?: ref(?:erence)?| square)?|GR|MGRS|co-?ordinates?|location|loc|position|posn)\b)(?: "
        r"is| at| of)?\s?[:.]?\s?"
        r"(?P<value>(?:[A-HJ-NP-Z]{2}[ ]?)?(?:\d{10}|\d{8}|\d{6}|\d{5}[ ]\d{5}|\d{4}[ ]\d{4}|\d{3}[ ]\d{3}))(?!\w)",
    ),
    rule(
        "GRID",
        r"\d{1,3}[°º]\s?\d{1,2}(?:\.\d+)?\s?['′’]?(?:\s?\d{1,2}(?:\.\d+)?\s?[\"″”]?)?\s?[NS][, "
        r"/]*\d{1,3}[°º]\s?\d{1,2}(?:\.\d+)?\s?['′’]?(?:\s?\d{1,2}(?:\.\d+)?\s?[\"″”]?)?\s?[EW]\b",
    ),
    rule(
        "GRID", r"(?<![\w.-])-?\d{1,2}\.\d{3,8}°?[ ]?[NS]?[,;/ ]{1,2}-?\d{1,3}\.\d{3,8}°?(?:[ ]?[EW])?(?![\w.])", score=0.85
    ),
    rule("GRID", rf"\b[NS][ ]?{_DEGREES}[, /]*[EW][ ]?{_DEGREES}"),
    rule(
        "GRID",
        r"(?i:\bgrid(?: ref(?:erence)?| square)?)(?: is| at| of)?\s?[:.]?\s?(?P<value>[A-HJ-NP-Z]{2}[ ]?\d{2}[ "
        r"]?\d{2})(?!\w)",
    ),
    rule("GRID", r"(?<![\w-])\d{4,6}[NS][ /]?\d{5,7}[EW](?!\w)"),
    # Call signs: behind the word; in "A, this is B"; a word and figures in radio talk.
    rule(
        "CALL_SIGN",
        rf"{_CALL_SIGN_IS}(?P<value>[A-Z][A-Za-z]+[ -](?:{_DIGIT_WORD}(?: {_DIGIT_WORD})*|{_VOICE})|"
        rf"[A-Z]\d{{1,2}}[A-Z]?)(?!\w)",
    ),
    rule("CALL_SIGN", rf"{_CALL_SIGN_IS}(?P<value>[A-Z][A-Za-z]+)(?!\w)", check=has_specific_word),
    rule("CALL_SIGN", rf"(?P<value>\b[A-Z][A-Za-z]+[ -]{_VOICE})(?=,? this is\b)"),
    rule("CALL_SIGN", rf"\b[Tt]his is (?P<value>[A-Z][A-Za-z]+[ -](?:{_DIGIT_WORD}(?: {_DIGIT_WORD})*|{_VOICE}))(?!\w)"),
    rule(
        "CALL_SIGN",
        r"(?<![\w-])[A-Z]{3,12}[ -]\d(?:-?\d)?[A-Z]?(?![\w.%-])",
        score=0.75,
        near=_RADIO,
        check=has_specific_word,
    ),
    rule(
        "CALL_SIGN",
        r"(?<![\w-])[A-Z][a-z]{3,12}[ -]\d-?\d[A-Z]?(?![\w.%-])",
        score=0.7,
        near=_RADIO,
        check=has_specific_word,
    ),
    # Units: "2nd Battalion, 5th Marines", "3rd Brigade Combat Team", "2 PARA", "1-5 CAV", "Task Force 2-7", "B Company".
    rule("UNIT", rf"\b\d{{1,3}}(?:st|nd|rd|d|th)\s(?:\(?(?:{_ARM})\)?[ ]){{0,5}}{_FORMATION}(?!\w)(?:\s\([A-Z][\w ]*\))?"),
    rule(
        "UNIT",
        rf"(?<![\w./-])\d{{1,3}}\s(?:(?:{_ARM})[ ])?(?:{_CORPS}|(?:Bn|Bde|Regt|Sqn|Coy|Div|Cdo|BCT|Battalion|"
        rf"Brigade|Regiment|Squadron|Commando|Division))(?![\w-])",
        score=0.85,
    ),
    rule(
        "UNIT",
        rf"(?<![\w./-])(?:[A-Z]/)?\d{{1,3}}[-/]\d{{1,3}}(?:st|nd|rd|th)?\s(?:{_CORPS}|(?:{_ARM})\b(?: "
        rf"{_FORMATION})?|{_FORMATION})(?!\w)",
    ),
    rule("UNIT", rf"\b{_FORCE}[ -]\d(?:[\d.-]*\d)?(?!\w)"),
    rule("UNIT", rf"\b{_FORCE}[ -](?:[A-Z]{{4,}}|[A-Z][a-z]{{3,}})(?!\w)", check=has_specific_word),
    rule("UNIT", r"(?<![\w./-])\d{1,2}\s(?:Platoon|Pl|Plt|Troop|Tp)(?![\w-])", score=0.7),
    rule(
        "UNIT",
        r"(?<![\w-])(?:[B-HJ-Z]|[A-Z](?=[\w ]+,? \d)|Alpha|Bravo|Charlie|Delta|Echo|Foxtrot|HHC|HQ) (?:Company|"
        r"Coy|Squadron|Sqn|Battery|Bty|Troop|Battalion)(?![\w-])",
        score=0.8,
    ),
    rule("UNIT", r"\b(?:[IVX]{1,6}) (?:Corps|Army|MEF|Marine Expeditionary Force)\b"),
    # Ships, aircraft, operations and exercises, sites.
    rule(
        "VESSEL",
        r"\b(?:HMS|HMCS|HMAS|HMNZS|USS|USNS|USCGC|RFA|RV|MV|SS|FS|ITS|ESPS|HNLMS|FGS)"
        r"\s(?P<value>[A-Z][\w'’-]+(?: [A-Z][\w'’.-]+){0,2}(?: \(?[A-Z]{1,4}[- ]?\d{1,4}\)?)?)",
    ),
    rule(
        "VEHICLE",
        r"(?<![\w-])(?:Z[A-Z]\d{3}|X[A-Z]\d{3}|N\d{2,5}[A-Z]{1,2}|\d{2}-\d{4,5})(?![\w-])",
        near=r"\b(aircraft|helicopter|tail|airframe|sortie|flight|pilot|crew|registration|chinook|hercules)\b",
    ),
    rule(
        "OPERATION",
        r"\b(?:Operation|Op|OPERATION|OP|Exercise|Ex|EXERCISE|EX)s?\s(?P<value>[A-Z][A-Z'’-]{2,}(?: "
        r"[A-Z][A-Z'’-]{2,}){0,2}(?: \d{1,2}(?!\d)|[- ][IVX]{1,4}(?!\w))?|[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})"
        r"{0,2})",
        check=has_specific_word,
    ),
    rule(
        "SITE",
        rf"\b(?:Camp|FOB|COP|Fort|Ft\.|RAF|RNAS|NAS|NSA|LSA|PB|MOB|Firebase|Patrol Base|Outpost|OP|Checkpoint|"
        rf"CP|VCP|Joint Base|HMNB)\s(?P<value>{_SITE})",
        score=0.85,
        check=has_specific_word,
    ),
    rule(
        "SITE",
        rf"\b(?P<value>{_SITE} (?:Barracks|Garrison|Cantonment|Airfield|Air Base|Air Force Base|AFB|Lines|"
        rf"Dockyard|Naval Base|Army Depot|Training Area|Ranges))\b",
        score=0.8,
        check=has_specific_word,
    ),
    rule(
        "FREQUENCY",
        r"(?i:\b(?:freq(?:uency|s)?|channel|net|tuned? to|guard|primary|alternate|fills?|on))(?:\s(?:is|of|at|"
        r"to))?\s?[:=]?\s?(?P<value>\d{1,3}\.\d{1,4})(?=\s?(?:[MkG]Hz|MHZ|KHZ|GHZ)\b)",
    ),
    rule(
        "PHONE_NUMBER",
        r"\b(?:DSN|MCFN|Mil(?:itary)?(?: ext(?:ension)?)?|[Ee]xt(?:ension|n)?)\b\.?[: "
        r"]{1,2}(?P<value>(?:\(?\d{3}\)?[- ]?)?\d{3,4}[- ]?\d{0,4})(?!\w)",
    ),
    rule("DATE_TIME", rf"(?<![\w-])\d{{6}}\s?[A-Z]\s?{_MONTH}\s?(?:\d{{4}}|\d{{2}})?(?!\w)", score=0.95),  # date-time group
)
