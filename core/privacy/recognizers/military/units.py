"""Units by number or name: battalions, brigades, companies, squadrons, task groups, in British, American and NATO forms.

Sources: FM 1-02.2 (abbreviations); ACP 113 and MTP 1 (task force, group, unit, element: "CTG 667.01"); JSP 101 (service
writing); US Navy squadron designators (OPNAVINST 5030.4). "The brigade", "Company commanders", "each BCT" name no unit.
"""

from core.privacy.recognizers.rule import Bounds, any_of, has_specific_word, rule

_ARM = (
    r"Engr|Arty|Sig|Log|Med|Tpt|Armd|Mech|Fd|GS|CS|Infantry|Armou?red|Armou?r|Cavalry|Airborne|Air Assault|Air Aslt|"
    r"Mountain|Marines?|Engineers?|Signals?|Artillery|Field|Mechani[sz]ed|Stryker|Light|Lt|Hy|Heavy|Royal|Rifles?|"
    r"Guards|Parachute|Para|"
    r"Aviation|Avn|Logistics?|Support|Sustainment|Transport(?:ation)?|Medical|Military|Police|Intelligence|Ranger|"
    r"Special|Forces|Combat|"
    r"Team|Commando|Cdo|Expeditionary|Fighter|Bomber|Air|Defen[cs]e|Missile|Security|Force|Assistance|Fires|"
    r"Psychological|Civil|"
    r"Affairs|Ordnance|Quartermaster|Brigade|Battlefield|Surveillance|Training|Reserve|Naval|Construction|Maintenance|"
    r"Headquarters|HQ|Amphibious|Tank|Recon(?:naissance)?|Close|Theat(?:er|re)|Regt|EOD|Eng|Inf|CSS|CBRN|MP|RLC|REME|Mi?d"
)
_FORMATION = any_of(
    r"Battalion|Bn|BN|Brigade|Bde|BDE|Regiment|Regt|REGT|Division|Div|DIV|Corps|Army|Squadron|Sqn|SQN|Wing|Group|Gp|"
    r"Company|Coy|COY|Co|Battery|Bty|BTY|Platoon|Pl|Plt|Troop|Tp|Fleet|Flotilla|Infantry|Inf|Cavalry|Cav|Armor|Armour|"
    r"Marines|Rifles|"
    r"Guards|Lancers|Dragoons|Hussars|Commando|Cdo|CDO|Airborne|BCT|ABCT|IBCT|SBCT|MEU|MEF|MEB|Brigade Combat Team|"
    r"Flight|Detachment|Det|"
    r"Field Artillery|Engineers|Fusiliers|Highlanders|Gurkhas|Artillery|Signals|Command|Theater Sustainment Command|"
    r"Ranger Regiment|"
    r"Special Forces Group|SFG|CAB|SFAB|BATTALION|BRIGADE|REGIMENT|DIVISION|SQUADRON|COMPANY"
)
_CORPS = any_of(
    r"PARA|Para|RIFLES|YORKS|SCOTS|LANCS|MERCIAN|RGR|REME|RLC|RHA|AAC|SIG|Cdo|CDO|PWRR|RRF|R ANGLIAN|R WELSH|R IRISH|"
    r"WG|IG|SG|"
    r"GREN GDS|COLDM GDS|SCOTS DG|RTR|QRH|KRH|RDG|LD|QDG|HCR|RSME|RAMC|RMP|INF|CAV|AR|FA|IN|EN|ADA|MAR|AVN|BSB|BEB|MI|"
    r"MP|SFG|"
    r"ABN|SAS|SBS|SRR|RANGER|GR|RSIGNALS|R SIGNALS|RAF|PIR|RI|RE|RA|WFR|RWF|LI|DERR|RGJ|NZSAS|PPCLI|RCR|R22eR|RAR"
)
_ABBREVIATED = (
    r"(?:Bn|Bde|Regt|Sqn|Coy|Div|Cdo|BCT|ABCT|IBCT|SBCT|Bty|BN|BDE|REGT|SQN|COY|DIV|Battalion|Brigade|"
    r"Regiment|Squadron|Commando|Division|Battery)"
)
_REGIMENT = (
    r"(?:,? (?:of )?(?:[Tt]he )?(?:(?:\d{1,3}(?:st|nd|rd|d|th)|[A-Z][\w’']+|of|and|the) ){0,5}"
    r"(?:Regiment|Rifles|Guards|Fusiliers|Lancers|Hussars|Dragoons|Highlanders|Yeomanry|Borderers|Infantry|Cavalry|Marines)"
    r"(?: of [A-Z]\w+)?)?"
)
_FORCE = (
    r"(?:Task Force|TASK FORCE|TF|CTF|JTF|CJTF|CJSOTF|Task Group|TASK GROUP|TG|CTG|Task Unit|TASK UNIT|TU|CTU|CTE|"
    r"Task Element|Combined Joint Task Force|"
    r"Joint Task Force|Battle ?[Gg]roup|BG)"
)
_SQUADRON = (
    r"(?:VMFA|VMFAT|VMGR|VMM|VMMT|VMU|VMA|VMAQ|VFA|VF|VAQ|VAW|VRC|VRM|VR|VP|VPU|VQ|VT|VX|HSC|HSM|HMLA|HMLAT|HMH|HMHT|"
    r"HMM|HMX|HM|HT|MAG|MWSS|"
    r"MALS|MACG|MACS|MASS|MWCS|NMCB|ACB|EODMU|DESRON|PHIBRON|CLB|CLR|SLBN|BLT|RLT|CRUDESRU)"
)


def no_contents(text: str, start: int, end: int) -> Bounds | None:
    """Return the bounds unless the dots beside them show a line of a table of contents."""
    before, after = text[max(0, start - 8) : start], text[end : end + 60]
    return None if ".." in after or "..." in before or ". . " in after else (start, end)


RULES = (
    # "2nd Battalion, 5th Marines", "3rd Brigade Combat Team", "5th Battalion Royal Regiment of Scotland"
    rule(
        "UNIT",
        rf"\b\d{{1,3}}(?:st|nd|rd|d|th)\s(?:\(?(?:{_ARM})\)?[ ]){{0,5}}{_FORMATION}(?!\w)(?:\s\([A-Z][\w ]*\))?{_REGIMENT}",
    ),
    # "2 PARA", "12 Mech Bde", "1 (UK) Div", "16 Air Assault Brigade", "47 Regt RA"
    rule(
        "UNIT",
        rf"(?<![\w./,-])\d{{1,3}}\s(?:\([A-Z]{{2,7}}\)\s)?(?:(?:{_ARM})[ ]){{0,3}}{_ABBREVIATED}(?![\w-])(?: "
        rf"(?:RAF Regt|RAF|REME|RE|RA|RLC|AAC|RAMC|RMP|R SIGNALS|RM)(?!\w))?",
        score=0.85,
        check=no_contents,
    ),
    rule("UNIT", rf"(?<![\w./,-])\d{{1,3}} {_CORPS}(?![\w-])", score=0.85, check=no_contents),
    rule("UNIT", r"(?<![\w./-])\d{1,2}/\d{1,2}(?:L|H|D|LANCERS|Lancers|Hussars)(?!\w)"),
    # "3-69 AR", "1-5 CAV", "C/1-5 CAV", "2/503 IN", "1-94 Field Artillery"
    rule(
        "UNIT",
        rf"(?<![\w./-])(?:[A-Z]{{1,3}}/|[A-Z] )?\d{{1,3}}[-/]\d{{1,3}}(?:st|nd|rd|th)?\s(?:{_CORPS}|(?:Infantry|"
        rf"Cavalry|Cav|Inf|Armor|"
        rf"Armour|Marines|Field Artillery|Air Defense Artillery|Aviation|Engineers?|Stryker|Airborne|Ranger)(?: "
        rf"(?:Regiment|Battalion|"
        rf"Squadron|Brigade|Bn|Sqn))?)(?![\w-])",
        check=no_contents,
    ),
    # "Task Force 2-7", "CTG 667.01", "TG667.01", "TE 12.3.4.5", "SNMG2"
    rule("UNIT", rf"\b{_FORCE}[ -]\d(?:[\d.]*\d)?(?![\w-])"),
    rule("UNIT", r"\b(?:TF|Task Force|TASK FORCE)[ -]\d{1,3}-\d{1,3}(?![\w-])", check=no_contents),
    rule("UNIT", r"(?<![\w-])(?:CTF|CTG|CTU|CTE|TG|TU|TE)[ ]?\d{1,4}(?:\.\d{1,4}){1,4}(?!\w)"),
    rule("UNIT", r"(?<![\w-])SNM(?:CM)?G[ -]?[12](?!\w)"),
    rule("UNIT", rf"\b(?!TASK){_FORCE}[ -](?:[A-Z]{{4,}}|[A-Z][a-z]{{3,}})(?!\w)", check=has_specific_word),
    rule("UNIT", r"\b(?:(?:KFOR|SFOR|ISAF|IFOR|EUFOR)[ ])?(?:MNBG|MNB|MNTF)[- ][A-Z](?:\w+)?(?!\w)", score=0.8),
    # "3 Troop", "2nd Platoon", "B Company", "No. 1 Company", "HHC", "HQ-2"
    rule(
        "UNIT",
        r"(?<![\w./-])\d{1,2}\s(?:Platoon|PLATOON|Pl|Plt|Troop|Tp|Section|Flight)(?![\w-])",
        score=0.7,
        check=no_contents,
    ),
    rule(
        "UNIT", r"\b[Nn]o\.? ?\d{1,3} (?:(?:[A-Z]\w+ )?(?:Company|Coy|Squadron|Sqn|Troop|Group|Commando|Wing|Section))(?!\w)"
    ),
    rule(
        "UNIT",
        r"(?<![\w-])(?:[B-HJ-Z]|[A-Z](?=[\w ]{1,60},? \d)|Alpha|Bravo|Charlie|Delta|Echo|Foxtrot|ALPHA|BRAVO|CHARLIE|DELTA|"
        r"ECHO|FOXTROT|HHC|HQ) (?:Company|COMPANY|"
        r"Coy|COY|Squadron|Sqn|SQN|Battery|Bty|BTY|Troop|TROOP|Battalion)(?![\w-])",
        score=0.8,
    ),
    rule("UNIT", r"(?<![\w-])A (?:Coy|COY|Sqn|SQN|Bty|BTY|Tp)(?![\w-])", score=0.8),
    rule(
        "UNIT",
        r"(?<=\bof )A (?:Company|Squadron|Battery|Troop)(?![\w-])|(?<=\bfrom )A (?:Company|Squadron|Battery|Troop)"
        r"(?![\w-])(?! of)",
        score=0.6,
    ),
    rule("UNIT", r"\b(?:[IVX]{1,6}) (?:Corps|CORPS|Army|MEF|MEB|Marine Expeditionary Force|Marine Expeditionary Brigade)\b"),
    # American naval and marine squadrons; German and French units; the unit identification code
    rule("UNIT", rf"(?<![\w-]){_SQUADRON}(?:\([A-Z]{{1,3}}\))?[- ]\d{{1,4}}(?![\w-])"),
    rule(
        "UNIT", r"\b[A-ZÄÖÜ][a-zäöüß]{2,20}(?:bataillon|brigade|regiment|division|geschwader|kompanie|korps) ?\d{1,4}(?!\w)"
    ),
    rule("UNIT", r"(?<![\w-])(?:[A-Z][A-Za-zä]{1,9})(?:Btl|Brig|Rgt|Div|Kp|Schw) ?\d{1,3}(?![\w-])"),
    rule(
        "UNIT",
        r"(?<![\w-])\d{1,3}(?:er|ème|re|e) (?:RPIMa|REI|REP|RIMa|BCA|DBLE|RI|RCP|RHP|RD|RC|RG|RA|RAMa|REC|REG|BIMa|"
        r"RHC|RICM|BPC)(?![\w-])",
    ),
    rule("UNIT", r"\bUIC[ :]{1,2}(?P<value>[A-Z][A-Z0-9]{4,5})(?!\w)"),
)
