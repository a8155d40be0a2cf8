"""Titles and ranks, spelled out and abbreviated, of the services whose documents are in English."""

from core.privacy.recognizers.rule import any_of

TITLE = any_of(
    r"Mr|Mrs|Ms|Miss|Mx|Messrs|Dr|Drs|Prof|Professor|Sir|Lady|Lord|Dame|Rev|Reverend|Father|Sister|Judge|Justice|"
    r"Hon|Mme|Mlle|Madame|Monsieur|Herr|Frau|Señor|Señora|Sr|Sra|Signor|Signora|MR|MRS|MS|DR|Sheikh|Imam|Mullah|Rabbi|"
    r"Inspector|Constable|Detective|Superintendent|Ambassador|Senator|Congressman|Congresswoman|Minister|Nurse|Attorney|"
    r"Doctor|Pastor|Bishop|Archbishop|Canon|Deacon|Padre|Rabbi|Chaplain|Councillor|Councilor|Alderman|Mayor|Governor|"
    r"Sergeant-at-Arms|Magistrate|Barrister|Solicitor|Notary|Coroner|Sheriff|Headmaster|Headmistress|Matron"
)
RANKS = (
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
_NATO = (
    r"Brig\. Gen|Maj\. Gen|Lt\. Gen|Lt\. Col|Lt\. Cmdr|Lt Cmdr|Cmdr|Lt\. j\.g|Sgt\. 1st Class|Sgt 1st Class|Staff Sgt|"
    r"Master Sgt|"
    r"Command Sgt\. Maj|Sgt\. Maj|Sgt Maj|Tech\. Sgt|Spec|Chief Warrant Officer [2-5]|Warrant Officer Class 1|"
    r"Warrant Officer Class 2|Warrant Officer Class One|Warrant Officer Class Two|"
    r"Air Chief Marshal|Air Marshal|Air Vice[- ]Marshal|ACM|Air Mshl|MAcr|SAC\(T\)|AS[12]|Spc4|Surg Lt Cdr|Surg Lt|"
    r"Surg Cdr|Surg Capt|"
    r"LS|LET|POET|CPOET|Std|LStd|Wtr|LWtr|LReg|MEM|WEM|AET|LAET|AB1|AB2|Mne|LMA|POMA|Revd|Kgn|Ptr|Dmr|LSgt|LSjt|Sjt|"
    r"CoH|SCpl|SQMS|CQMS|"
    r"RQMS|RSM|SSM|OCdt|O/Cdt|Officer Cadet|Cadet|Cdt|Midn|Lt RN|Capt RM|Air Trooper|Highlander|Junior Technician|"
    r"Senior Aircraftman|"
    r"Petty Officer First Class|Petty Officer Second Class|Petty Officer Third Class|Hospital Corpsman|Master Chief|"
    r"Senior Chief|Gunnery Sergeant|Airman First Class|"
    r"Oberstleutnant|OTL|Hauptmann|Oberleutnant|Leutnant|OLt|Lt z\.? ?S\.?|Stabshauptmann|Hauptfeldwebel|"
    r"Oberfeldwebel|Stabsfeldwebel|Oberstabsfeldwebel|Feldwebel|"
    r"HptFw|OFw|StFw|OStFw|HFw|Stabsunteroffizier|Unteroffizier|StUffz|Uffz|Obergefreiter|Hauptgefreiter|"
    r"Stabsgefreiter|Gefreiter|OGefr|HptGefr|"
    r"Generalmajor|Brigadegeneral|Generalleutnant|Fregattenkapitän|Korvettenkapitän|Kapitänleutnant|Kapitän zur See|Kapitän|"
    r"Capitaine|Cne|Commandant|Lieutenant-colonel|Adjudant-chef|Adjudant|Sergent-chef|Sergent|Caporal-chef|Caporal|"
    r"Maréchal des logis|Légionnaire|"
    r"Kapitein|Majoor|Luitenant|Korporaal|Sergeant-majoor|Kolonel|Capitano|Maggiore|Tenente Colonnello|Tenente|"
    r"Colonnello|Maresciallo|"
    r"Capitán|Teniente Coronel|Teniente|Comandante|Coronel|Sargento|Cabo|Kaptein|Løytnant|Oberstløytnant|Kaptajn|"
    r"Kapitan|Porucznik|Major-general"
)
# Ratings of the US Navy and Coast Guard with their grade: "ET2", "HM3".
_RATING = (
    r"(?:ABE|ABF|ABH|AC|AD|AE|AM|AO|AT|AW|BM|BU|CE|CM|CS|CT[INRTM]|DC|EM|EN|EO|ET|FC|FT|GM|GS[EM]|HM|HT|IC|IS|IT|LN|"
    r"LS|MA|MC|MK|MM|MN|"
    r"MR|MU|ND|OS|PR|PS|QM|RP|SH|SO|SB|ST[GS]|SW|UT|YN)[123]"
)
CHAT = "sgt|ssgt|csgt|cpl|lcpl|l/cpl|pte|pvt|pfc|spc|sfc|ssg|capt|lt col|lt|maj|cdr|spr|gnr|tpr|rfn|flt lt|sqn ldr|wo1|wo2"
RANK = rf"(?:{any_of(f'{RANKS}|{_NATO}|{RANKS.upper()}|{CHAT}')}|{_RATING})"
