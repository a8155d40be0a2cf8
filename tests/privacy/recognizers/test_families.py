"""Rules alone, without a model: what each family covers, and what none of them may touch. All values are invented."""

from pathlib import Path

import pytest

from core.privacy.entities import ENTITIES
from core.privacy.recognizers.everyday.identity import issued_insurance_number, luhn, spanish_number
from core.privacy.recognizers.families import FAMILIES, RULES
from core.privacy.recognizers.military.stock import codified

PLAIN = Path(__file__).with_name("plain_sentences.txt").read_text(encoding="utf-8").splitlines()
# Family, a sentence, what must be covered whole in it: published forms, in prose, signals, lists and chat.
FOUND = [
    ("identity", "Sgt Harlow, 25148873, reports for duty.", "25148873"),
    ("identity", "SVC NO D213456K POSTED TO DEPOT", "D213456K"),
    ("identity", "5206123K Flt Lt Ames flies tomorrow.", "5206123K"),
    ("identity", "His Bundeswehr number is 120485-M-12345.", "120485-M-12345"),
    ("identity", "The member, V12 345 678, is on leave.", "V12 345 678"),
    ("identity", "CAC holder with EDIPI 1029384756 lost the card.", "1029384756"),
    ("identity", "SSN 123 45 6789 must be taken off.", "123 45 6789"),
    ("identity", "We hold PA 83 54 21 D for her.", "PA 83 54 21 D"),
    ("identity", "his passport number is X4RTBPFW4", "X4RTBPFW4"),
    ("identity", "Driver MORGA657054SM9IJ has no points.", "MORGA657054SM9IJ"),
    ("identity", "DNI 12345678Z was shown.", "12345678Z"),
    ("stock", "Order 2320-01-107-7155 from the depot.", "2320-01-107-7155"),
    ("stock", "Filter 1005 99 123 4567, two each.", "1005 99 123 4567"),
    ("stock", "SER NO UE 12 A 345678 MISSING", "UE 12 A 345678"),
    ("stock", "s/n ZX98-441 failed the test", "ZX98-441"),
    ("stock", "LOT LC-88A123-456 SUSPENDED FROM ISSUE", "LC-88A123-456"),
    ("stock", "Batch number B2291 must be returned.", "B2291"),
    ("vehicles", "A car with plates KV51 ABC stood there.", "KV51 ABC"),
    ("vehicles", "The Land Rover 71KJ25 broke down.", "71KJ25"),
    ("vehicles", "Vehicle AB 12 CD needs a new clutch.", "AB 12 CD"),
    ("vehicles", "Y-123 456 returned to the yard.", "Y-123 456"),
    ("vehicles", "M1A2 A-12 3-69 AR is deadlined.", "A-12 3-69 AR"),
    ("vehicles", "Bumper number HQ-66 was dispatched.", "HQ-66"),
    ("vehicles", "The Chinook ZA682 landed at dusk.", "ZA682"),
    ("vehicles", "Aircraft 06-6154 had a bird strike.", "06-6154"),
    ("vehicles", "The jet G-ABCD is in the hangar.", "G-ABCD"),
    ("grids", "Enemy seen at 32U MV 12345 67890 moving north.", "32U MV 12345 67890"),
    ("grids", "GR MV 123 456 MINES REPORTED", "MV 123 456"),
    ("grids", "The farm at SK12345678 burned.", "SK12345678"),
    ("grids", "POSN N34°31.2' E069°10.7' AT LAST LIGHT", "N34°31.2' E069°10.7'"),
    ("grids", "Buoy 34 31 12N 069 10 42E is adrift.", "34 31 12N 069 10 42E"),
    ("grids", "Coordinates -33.8688, 151.2093 were passed.", "-33.8688, 151.2093"),
    ("grids", "lat 51.5074 is wrong", "51.5074"),
    ("timings", "Attack begins 141200Z MAR 24.", "141200Z MAR 24"),
    ("timings", "SITREP 031845Z", "031845Z"),
    ("timings", "The helicopter lands at 0530Z.", "0530Z"),
    ("timings", "Bridging starts at D+3 and ends by H-30.", "D+3"),
    ("timings", "Fires lift at H-30 on order.", "H-30"),
    ("timings", "Resupply by D-Day minus 1.", "D-Day minus 1"),
    ("timings", "H-2 RECCE, H+45 MAIN BODY", "H-2"),
    ("radio", "Call sign RCH482, a C-17, is inbound.", "RCH482"),
    ("radio", "HAMMER 3-1, this is the tower, go ahead.", "HAMMER 3-1"),
    ("radio", "Hello Zero Alpha, radio check, over.", "Zero Alpha"),
    ("radio", "Widow 67 reported contact on the battalion net.", "Widow 67"),
    ("radio", "Frequency 45.250 MHz is the primary.", "45.250"),
    ("radio", "Transmit on 5680 kHz after dark.", "5680"),
    ("units", "Elements of 2/503 IN are in reserve.", "2/503 IN"),
    ("units", "16 Air Assault Brigade and 3 Cdo Bde train.", "16 Air Assault Brigade"),
    ("units", "He left 5th Battalion Royal Regiment of Scotland.", "5th Battalion Royal Regiment of Scotland"),
    ("units", "1 (UK) Div HOLDS THE BRIDGE", "1 (UK) Div"),
    ("units", "CTG 667.01 ASSUMES DUTY", "CTG 667.01"),
    ("units", "Ships of TU 667.01.02 sailed.", "TU 667.01.02"),
    ("units", "Jets of VMFA-211 landed.", "VMFA-211"),
    ("units", "The men of PzBtl 393 and 13e DBLE met.", "PzBtl 393"),
    ("ships", "Collision between USS Thornwick (DDG 142) and a tug.", "USS Thornwick (DDG 142)"),
    ("ships", "Pennant number F239 was seen.", "F239"),
    ("ships", "P224 and A1234 were at anchor.", "A1234"),
    ("ships", "The minehunter M113 lay alongside.", "M113"),
    ("operations", "OP GREY LANTERN ORDER FOLLOWS", "OP GREY LANTERN"),
    ("operations", "Exercise Northern Anvil II is postponed.", "Exercise Northern Anvil II"),
    ("sites", "CONVOY LEFT FOB FALCONER AT DAWN", "FOB FALCONER"),
    ("sites", "Fire at Thornwick Barracks destroyed a hangar.", "Thornwick Barracks"),
    ("contact", "Reach the cell at DSN (314) 555-0142.", "(314) 555-0142"),
    ("contact", "MOD net: 94561 4471", "94561 4471"),
    ("network", "Handset 35 693803 564380 9 was seized.", "35 693803 564380 9"),
    ("network", "The card 001B.4411.3AB7 was replaced.", "001B.4411.3AB7"),
    ("network", "The workstation WKS-7731 was wiped.", "WKS-7731"),
    ("network", "Log on to dc01.hq.local as admin.", "dc01.hq.local"),
    ("names", "SGT TARKWELL J REPORTED SICK", "TARKWELL J"),
    ("names", "Sgts Smith, Jones and Brankov went.", "Brankov"),
    ("names", "SMITHSON, John A., SFC", "SMITHSON, John A"),
    ("names", "Hauptmann Okonkwo joined.", "Okonkwo"),
    ("names", "ET2 Delacroix repaired the set.", "Delacroix"),
    ("names", "WO1 (RSM) P.J. Tarkwell spoke.", "P.J. Tarkwell"),
    ("references", "Our reference D/DLO/4/7/1 applies.", "D/DLO/4/7/1"),
    ("references", "See docket 1:19-cv-02231.", "1:19-cv-02231"),
    ("references", "Criminal Appeal No. 82 of 2008 was heard.", "82 of 2008"),
    ("references", "The parties cite [2024] IEHC 9281 and others.", "[2024] IEHC 9281"),
    ("references", "The court gave decision no. 415 that day.", "415"),
    ("courts", "A hearing of Mr Q took place in court.", "Q"),
    ("courts", "Mrs V. Little gave evidence.", "V. Little"),
    ("courts", "The applicant met a certain J. K. in the yard.", "J. K."),
    ("courts", "E.B. testified that he had seen the accused.", "E.B."),
    ("courts", "sitting as composed of:\nMr O. Ames, President,\nIda Colewell,\nLuis Bergmoor, judges", "Ida Colewell"),
    ("courts", "LORD JUSTICE TARKWELL", "TARKWELL"),
    ("courts", "Orla Tarkwell & Ors. …Appellants", "Orla Tarkwell"),
    ("courts", "The accused Orla @ Lala Tarkwell fled.", "Orla @ Lala Tarkwell"),
    ("courts", "The Norwegian Government submitted a plan.", "Norwegian"),
    ("courts", "an application against the Kingdom of Norway lodged", "Kingdom of Norway"),
    ("houses", "He was taken to the Wexcombe prison at night.", "Wexcombe prison"),
    (
        "houses",
        "The Umbermoor public prosecutor’s office closed the file.",
        "Umbermoor public prosecutor’s office",
    ),
    ("houses", "Held in Wexcombe, Umbermoor and Thornwick Prisons since then.", "Umbermoor"),
    ("houses", "She was moved to remand prison no. 77/2 that week.", "prison no. 77/2"),
    ("houses", "He spent a year in IZ-47/1.", "IZ-47/1"),
    ("houses", "Counsel instructed by Tarkwell Umbermoor Solicitors", "Tarkwell Umbermoor Solicitors"),
    ("sentences", "sentenced to two years and six months’ imprisonment", "two years and six months"),
    ("sentences", "The applicant was barred from visits for a period of three months.", "three months"),
    ("dates", "delivered on the 8th day of May 2024", "8th day of May 2024"),
    ("dates", "It happened at 06:50 hours near the bridge.", "06:50 hours"),
    ("dates", "They met at 10pm.", "10pm"),
    ("dates", "a boy aged about five years", "five years"),
    ("dates", "a woman, fifty-three years old", "fifty-three years"),
    ("dates", "between May and June 2003", "May and June 2003"),
]


# What the annotation guidelines of the Text Anonymization Benchmark leave: parties by their part, laws and their dates.
LEFT = [
    "The applicant lodged an application with the Court under Article 34 of the Convention.",
    "The Government contested that argument under Article 6 § 1 and Protocol No. 11.",
    "The offence is punished by section 302 of the Criminal Code.",
    "It was issued under the Prison Act of 12 June 1990 and Law no. 5275.",
    "Convicted under sections 302 and 302/34 of that law.",
    "Mr President, the defendant appeals.",
    "The decision was upheld by a higher court on the same day.",
    "The accused lived in the U.S. and the witness did too.",
]


def found_by(family: str, text: str) -> set[int]:
    return {place for rule in FAMILIES[family] for start, end in rule.find(text) for place in range(start, end)}


@pytest.mark.parametrize(("family", "text", "value"), FOUND, ids=[value for _, _, value in FOUND])
def test_family_covers_the_identifier_whole(family: str, text: str, value: str) -> None:
    start, covered = text.index(value), found_by(family, text)
    assert [text[at] for at in range(start, start + len(value)) if text[at].isalnum() and at not in covered] == []


def test_there_are_a_hundred_plain_sentences_or_more() -> None:
    assert len(set(PLAIN)) >= 100


@pytest.mark.parametrize("text", PLAIN)
def test_no_rule_touches_plain_technical_sentences(text: str) -> None:
    assert [text[start:end] for rule in RULES for start, end in rule.find(text)] == []


@pytest.mark.parametrize("text", LEFT)
def test_no_rule_touches_what_every_judgment_says(text: str) -> None:
    assert [text[start:end] for rule in RULES for start, end in rule.find(text)] == []


def test_every_family_has_rules_of_known_types() -> None:
    assert all(FAMILIES.values())
    assert {rule.entity for rule in RULES} <= set(ENTITIES)


@pytest.mark.parametrize(
    "text",
    [
        "A" * 5000, "1 " * 5000, "A1-" * 3000, "1.1" * 3000, "A B " * 2000, "Ab " * 2500, "a-" * 4000, "1/" * 4000,
        "D+" * 3000, ":" * 5000, "0:" * 3000, "N1 " * 2500, "St. " * 2000, "Operation " * 700, "no. " * 2000, "A/" * 3000,
        "1st Air " * 1000, "12° " * 2000, "Sgt " * 2000, "(A) " * 2000, "serial " * 1000, "ZERO ALPHA " * 700,
    ],
    ids=lambda text: text[:6],
)  # fmt: skip
def test_long_runs_come_to_an_end(text: str) -> None:
    assert all(0 <= start < end <= len(text) for rule in RULES for start, end in rule.find(text))


def test_a_stock_number_needs_a_nation_of_the_table() -> None:
    # ACodP-1: 01 is the United States, 99 the United Kingdom, 05 nobody
    assert codified("2320-01-107-7155", 0, 16)
    assert codified("2320-99-107-7155", 0, 16)
    assert codified("2320-05-107-7155", 0, 16) is None
    assert codified("0320-01-107-7155", 0, 16) is None


def test_an_imei_needs_its_check_digit() -> None:
    # the example of 3GPP TS 23.003 and GSMA: 49015420323751 has check digit 8
    assert luhn("490154203237518", 0, 15)
    assert luhn("490154203237519", 0, 15) is None


def test_a_national_insurance_number_needs_a_prefix_that_is_issued() -> None:
    assert issued_insurance_number("AB123456C", 0, 9)
    assert issued_insurance_number("GB123456C", 0, 9) is None


def test_a_spanish_number_needs_its_letter() -> None:
    # the Ministry's own specimen
    assert spanish_number("12345678Z", 0, 9)
    assert spanish_number("12345678A", 0, 9) is None
