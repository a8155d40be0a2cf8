"""Forms of address and ranks, written out and short, of the services whose documents are in English."""

from core.privacy.rules.rule import any_of

TITLE = any_of(
    r"Mr|Mrs|Ms|Miss|Mx|Messrs|Dr|Drs|Prof|Professor|Sir|Lady|Lord|Dame|Rev|Reverend|Father|Sister|Judge|Justice|"
    r"Hon|Mme|Mlle|Madame|Monsieur|Herr|Frau|Señor|Señora|Sr|Sra|Signor|Signora|MR|MRS|MS|DR|Sheikh|Imam|Mullah|Rabbi|"
    r"Inspector|Constable|Detective|Superintendent|Ambassador|Senator|Congressman|Congresswoman|Minister|Nurse|Attorney|"
    r"Doctor|Pastor|Bishop|Archbishop|Canon|Deacon|Padre|Rabbi|Chaplain|Councillor|Councilor|Alderman|Mayor|Governor|"
    r"Sergeant-at-Arms|Magistrate|Barrister|Solicitor|Notary|Coroner|Sheriff|Headmaster|Headmistress|Matron"
)
_RANKS = (
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
    r"Sqn Ldr|Wg Cdr|Gp Capt|Air Cdre|AVM|FS|Flt Sgt|Gnr|Spr|Tpr|Sig|Rfn|Gdsm|Fus|Bdr|LBdr|Cfn|Hptm|Oberst"
)
RANK = any_of(f"{_RANKS}|{_RANKS.upper()}")
