"""People: title and name, rank and name, labelled names, SURNAME, Given."""

from core.privacy.rules.rule import CAPITALS, GAP, NAME, PROPER, Bounds, any_of, name_bounds, rule
from core.privacy.vocabulary import WORD, may_be_name

TITLE = any_of(
    r"Mr|Mrs|Ms|Miss|Mx|Messrs|Dr|Drs|Prof|Professor|Sir|Lady|Lord|Dame|Rev|Reverend|Father|Sister|Judge|Justice|"
    r"Hon|Mme|Mlle|Madame|Monsieur|Herr|Frau|Señor|Señora|Sr|Sra|Signor|Signora|MR|MRS|MS|DR|Sheikh|Imam|Mullah|Rabbi|"
    r"Inspector|Constable|Detective|Superintendent|Ambassador|Senator|Congressman|Minister|Nurse|Attorney"
)
RANK = any_of(
    r"Private|Private First Class|Lance Corporal|Corporal|Sergeant|Staff Sergeant|Sergeant First Class|Master Sergeant|"
    r"First Sergeant|Sergeant Major|Command Sergeant Major|Colour Sergeant|Color Sergeant|Warrant Officer|"
    r"Chief Warrant Officer|Second Lieutenant|First Lieutenant|Lieutenant|Captain|Major|Lieutenant Colonel|Colonel|"
    r"Brigadier|Brigadier General|Major General|Lieutenant General|General|Field Marshal|Ensign|Midshipman|"
    r"Lieutenant Commander|Commander|Commodore|Rear Admiral|Vice Admiral|Admiral|Petty Officer|Chief Petty Officer|"
    r"Seaman|Able Seaman|Leading Seaman|Airman|Senior Airman|Leading Aircraftman|Flying Officer|Pilot Officer|"
    r"Flight Lieutenant|Squadron Leader|Wing Commander|Group Captain|Air Commodore|Flight Sergeant|Technical Sergeant|"
    r"Gunner|Sapper|Trooper|Signaller|Rifleman|Guardsman|Fusilier|Bombardier|Lance Bombardier|Craftsman|Kingsman|"
    r"Specialist|Spc|SPC|Pte|PTE|Pvt|PVT|PV2|PFC|Pfc|LCpl|L/Cpl|LCPL|Cpl|CPL|Sgt|SGT|SSG|SSgt|SSGT|S/Sgt|SFC|MSG|MSgt|"
    r"MSGT|1SG|1stSgt|SGM|CSM|SgtMaj|MGySgt|GySgt|TSgt|SMSgt|CMSgt|A1C|SrA|Amn|CSgt|WO|WO1|WO2|CWO|CWO2|CWO3|CWO4|CW2|"
    r"CW3|CW4|CW5|2Lt|2LT|2dLt|1Lt|1LT|1stLt|Lt|LT|Lieut|Capt|CAPT|CPT|Maj|MAJ|LtCol|Lt Col|LTC|LTCOL|Col|COL|Brig|BG|"
    r"BrigGen|Brig Gen|MG|Maj Gen|MajGen|LTG|Lt Gen|LtGen|Gen|GEN|Ens|ENS|LTJG|Lt Cdr|LCDR|Cdr|CDR|Capt RN|Cdre|RDML|"
    r"RADM|Rear Adm|VADM|Vice Adm|Adm|ADM|PO|PO1|PO2|PO3|CPO|SCPO|MCPO|AB|LH|Mid|MIDN|SAC|LAC|Fg Off|Plt Off|Flt Lt|"
    r"Sqn Ldr|Wg Cdr|Gp Capt|Air Cdre|AVM|FS|Flt Sgt|Gnr|Spr|Tpr|Sig|Rfn|Gdsm|Fus|Bdr|LBdr|Cfn|Hptm|Oberst|Major i\.G\."
)
_LABEL = any_of(
    r"name|full name|surname|last name|first name|given name|forename|maiden name|signed|signed by|signature|prepared by|"
    r"reported by|written by|author|approved by|checked by|submitted by|witness|witnessed by|poc|point of contact|contact|"
    r"attn|attention|from|to|cc|patient|operator|driver|pilot|supervisor|inspector|technician|mechanic|casualty|next of kin|"
    r"issued to|received by|handed to|owner|holder|employee|applicant|claimant|defendant|plaintiff|victim|suspect|dear|"
    r"kind regards|regards|sincerely|yours sincerely|best wishes|duty officer|commanding officer"
)


def whole_name(text: str, start: int, end: int) -> Bounds | None:
    """The bounds unchanged when no word but the initials is generic."""
    words = [word for word in WORD.findall(text[start:end]) if len(word) > 1]
    return (start, end) if all(may_be_name(word) and word.isalpha() for word in words) else None


_LISTED = rf"{NAME}(?:(?:, ?(?:and )?| and | ?& ?){NAME}){{1,15}}"

RULES = (
    rule(
        "PERSON",
        rf"\b{TITLE}\b\.?(?:\s(?:and|&)\s{TITLE}\.?)?\s(?:{RANK}\s)?(?P<value>{NAME})",
        score=0.95,
        check=name_bounds,
    ),
    rule(
        "PERSON",
        rf"(?<![\w-]){RANK}\.?\s(?:\(?(?:[Rr]et(?:'?d)?\.?|select|[A-Z]-?\d)\)?\s)?(?P<value>{CAPITALS},{GAP}?{NAME}|{NAME})",
        score=0.95,
        check=name_bounds,
    ),
    # "Hi Victor,", "my name is Ana Ruiz", "her maiden name is Okafor"
    rule(
        "PERSON",
        rf"\b(?:Hi|Hello|Hey|Dear|Thanks|Regards|Cheers)\b,?{GAP}(?P<value>{NAME})(?=[,.!?\n]|$)",
        score=0.8,
        check=name_bounds,
    ),
    rule(
        "PERSON",
        rf"\b(?:[Nn]ame(?:d|'s|’s)?(?: is| was|:)?|(?:I am|I'm|I’m)(?: called)?|called|nicknamed|alias|née){GAP}(?P<value>{NAME})",
        score=0.7,
        check=name_bounds,
    ),
    # "Elita B. Desaulniers": an initial between two words that can be names.
    rule("PERSON", rf"\b{PROPER}{GAP}(?:[A-Z]\.?{GAP}){{1,2}}{PROPER}", score=0.75, check=whole_name),
    # "Privates Ames, Boyle and Chan": a plural rank or title names everybody in the list.
    rule("PERSON", rf"(?<![\w-])(?:{RANK}s|Drs\.?|Messrs\.?|Mses\.?)\s(?P<values>{_LISTED})", score=0.9, check=name_bounds),
    rule(
        "PERSON",
        rf"(?i:\b{_LABEL})[ \t]*[:,][ \t]*\n?[ \t]*(?P<value>{CAPITALS},{GAP}{NAME}|{NAME})[ \t]*(?:[;,.(<\n|/]|$)",
        score=0.8,
        check=name_bounds,
    ),
    rule(
        "PERSON",
        rf"\b(?P<value>{CAPITALS},{GAP}(?:[A-ZÀ-Þ][a-zß-ÿ]+|[A-ZÀ-Þ]\.)(?:{GAP}[A-ZÀ-Þ]\.?(?!\w))?)(?!\w)",
        score=0.7,
        check=name_bounds,
    ),
)
