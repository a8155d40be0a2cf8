import re
from pathlib import Path

import pytest

from core.errors import SetupError
from core.privacy import Detector, build_detector, new_spans, propagate
from core.privacy.text.pieces import pieces
from core.privacy.text.vocabulary import common_phrases
from core.records import Detection, Document

# A sentence and what must be covered whole in it. All invented.
IDENTIFIERS = [
    ("The workshop is run by Margaret Ellison and two clerks.", "Margaret Ellison"),
    ("Please ask Dr. Okonkwo about the result.", "Okonkwo"),
    ("Signed for by SSgt Harlow on behalf of the troop.", "Harlow"),
    ("PTE KOWALCZYK REPORTED SICK AT FIRST PARADE.", "KOWALCZYK"),
    ("Privates Ames, Boyle and Chan were on guard.", "Boyle"),
    ("DELACROIX, Peter was absent.", "DELACROIX, Peter"),
    ("The case (no. 36244/06) was lodged against the state.", "36244/06"),
    ("Our reference: KLM/4471/20 applies.", "KLM/4471/20"),
    ("Service number 25148873 was issued.", "25148873"),
    ("He moved to 33UXP 04512 95843 before dawn.", "33UXP 04512 95843"),
    ("Meet at grid SU 123 456 at noon.", "SU 123 456"),
    ("The fault lies at 51.50722, -0.12750 on the map.", "51.50722, -0.12750"),
    ("Her call sign is GRANITE 21 on this net.", "GRANITE 21"),
    ("Hello HAMMER 6, this is VIPER 21, over.", "VIPER 21"),
    ("The convoy of 2nd Battalion, 5th Marines halted.", "2nd Battalion"),
    ("Soldiers of 3 PARA and 1-5 CAV took part.", "1-5 CAV"),
    ("Land Rover registration 27 KL 84 was damaged.", "27 KL 84"),
    ("A car with plates AB12 CDE stood there.", "AB12 CDE"),
    ("Write to anna.berg@unit.local today.", "anna.berg@unit.local"),
    ("Telephone 01632 960 517 for help.", "01632 960 517"),
    ("Call DSN 555-0142 after hours.", "555-0142"),
    ("The host is at 192.168.14.7 in the rack.", "192.168.14.7"),
    ("The card 00:1B:44:11:3A:B7 was replaced.", "00:1B:44:11:3A:B7"),
    ("She lives at 14 Orchard Lane, Milford, with two dogs.", "14 Orchard Lane, Milford"),
    ("Send it to Lindenstraße 12, 10969 Berlin.", "Lindenstraße 12"),
    ("Date of birth: 14 March 1987.", "14 March 1987"),
    ("The team left on 03/14/2021 by road.", "03/14/2021"),
    ("Situation as of 121430ZMAR24 unchanged.", "121430ZMAR24"),
    ("Stock number 2320-01-107-7155 is short.", "2320-01-107-7155"),
    ("The crew of HMS Brackenfell went ashore.", "Brackenfell"),
    ("They served in Operation GREY LANTERN together.", "GREY LANTERN"),
    ("The store at Camp Wexcombe is closed.", "Wexcombe"),
    ("Pay with card 4111 1111 1111 1111 please.", "4111 1111 1111 1111"),
    ("Rank: Captain; Name: Orla Tarkwell; Telephone: 01632 960 517; orla.tarkwell@unit.local", "Orla Tarkwell"),
    ("From: Orla Tarkwell <orla.tarkwell@unit.local>\nSubject: Oil", "Orla Tarkwell"),
    ("To: Ida Cole <ida@unit.local>, TARKWELL, Orla <orla@unit.local>\nCc: x@unit.local", "TARKWELL, Orla"),
    ("Bcc: Ida Colewell; Orla Tarkwell\nSubject: Oil", "Orla Tarkwell"),
    ("All is well.\n\nYours aye,\n\nOrla Tarkwell\n", "Orla Tarkwell"),
    ("It is done.\nOrla Tarkwell\nDeputy Registrar\n", "Orla Tarkwell"),
    ("It is done.\n\nOrla Tarkwell\nCorporal, service number 25148873", "Orla Tarkwell"),
    ("Ask for Tarkwell at o.tarkwell@unit.local tomorrow.", "Tarkwell"),
    ("Call Orla Tarkwell, telephone 01632 960 517.", "Orla Tarkwell"),
    ("Doctor Tarkwell and Reverend Umbermoor agreed.", "Umbermoor"),
    ("She wrote to his daughter Liesbeth that day.", "Liesbeth"),
    ("Reviewed by: Orla Tarkwell\nTorque: 35 Nm", "Orla Tarkwell"),
    ("It belongs to the family at 3 Ford Cottages, Millbrook.", "3 Ford Cottages, Millbrook"),
    ("He was represented by Ms I. Brankov, a lawyer practising in Çorlu.", "Çorlu"),
    ("The applicant owns shares in Halvorsen Tekstil Ltd. and nothing else.", "Halvorsen Tekstil Ltd"),
    ("The complaint was dismissed by the Karadere District Court that day.", "Karadere District Court"),
    ("He was moved to Bayrampasha Prison and held there.", "Bayrampasha Prison"),
    ("The address of Ames, Boyle and Chandler is known.", "Ames, Boyle and Chandler"),
    ("Meet at the corner of 15 Dili Gianni Street and King Forges today.", "15 Dili Gianni Street and King Forges"),
    ("my name is ana silveira and i live in lisbon", "ana silveira"),
]
READABLE = [
    "The Army fires the M240 at 12 rounds per minute.",
    "See chapter 4, Table 2-1 and FM 3-0 for the commander's intent.",
    "1-1. The Operations Process has four activities.",
    "Tighten the bolt to 35 Nm and check it every 500 hours.",
    "The brigade combat team (BCT) conducts reconnaissance; each BCT has one cavalry squadron.",
    "Soldiers clean the rifle daily and replace the 40 mm barrel after 10,000 rounds.",
    "Set the selector switch to SAFE before removing the bolt carrier.",
    "Refer to paragraph 3.2.11, figure 5-3 and appendix B.",
    "The Commander issues a warning order within 24 hours.",
    "WARNING: Do not exceed 2,500 rpm while the oil is cold.",
    "Multinational Operations and Unified Land Operations are explained in ADP 3-0.",
    "The engine holds 12.5 liters of oil at 80 degrees Celsius.",
    "The UH-60 carries 11 combat-equipped troops for 2 to 3 hours.",
    "General supply rules apply to Class III items.",
    "The Major Command reports to the General Staff.",
    "Pursuant to Rule 77 of the Rules of Court, this is final.",
    "From: Supply Office\nTo: All Companies\nSubject: Oil change",
    "Signed\n\nBattalion Headquarters\n\nThe Operations Officer\nChief of Staff",
    "Kind regards are not part of a report.\nRisk Management\nCommander approves the plan.",
    "The operator, telephone in hand, reports to the Support Center.",
    "Mail the Supply Office for the form; his crew, Driver and Gunner, stays.",
]


def covered(text: str, value: str, detector: Detector) -> bool:
    start = text.index(value)
    marked = {i for found in detector.detect([text])[0] for i in range(found.start, found.end)}
    return all(i in marked for i in range(start, start + len(value)) if text[i].isalnum())


@pytest.mark.parametrize(("text", "value"), IDENTIFIERS, ids=[value for _, value in IDENTIFIERS])
def test_identifier_is_covered_whole(text: str, value: str, detector: Detector) -> None:
    assert covered(text, value, detector)


@pytest.mark.parametrize("text", READABLE)
def test_doctrine_and_technical_prose_stays_readable(text: str, detector: Detector) -> None:
    assert [text[d.start : d.end] for d in detector.detect([text])[0]] == []


def test_a_missing_model_is_a_setup_error_that_downloads_nothing(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="missing"):
        build_detector(tmp_path / "en_core_web_md")


@pytest.mark.model
def test_a_folder_that_is_no_model_is_a_setup_error(tmp_path: Path) -> None:
    (tmp_path / "config.cfg").write_text("[nlp]\n", encoding="utf-8")
    with pytest.raises(SetupError, match="cannot be loaded"):
        build_detector(tmp_path)


def test_organizations_are_switched_on(detector: Detector) -> None:
    text = "She worked for Siemens and later for the Halbrook Trading Company in Leeds."
    assert "ORGANIZATION" in {found.entity for found in detector.detect([text])[0]}


def test_mail_addresses_and_links_are_found_without_asking_any_host(detector: Detector) -> None:
    text = "\n".join(f"Mail user{n}@dept{n}.example.co.uk or see https://host{n}.example.com/a?b={n}." for n in range(40))
    entities = [found.entity for found in detector.detect([text])[0]]
    assert entities.count("EMAIL_ADDRESS") == 40
    assert entities.count("URL") == 40


def test_results_are_sorted_and_do_not_overlap(detector: Detector) -> None:
    text = " ".join(text for text, _ in IDENTIFIERS)
    found = detector.detect([text])[0]
    assert all(before.end <= after.start for before, after in zip(found, found[1:], strict=False))


def test_several_texts_give_the_same_as_one_by_one(detector: Detector) -> None:
    texts = [text for text, _ in IDENTIFIERS[:6]] + [""]
    assert detector.detect(texts) == [detector.detect([text])[0] for text in texts]


def test_offsets_stay_right_in_text_longer_than_a_piece(detector: Detector) -> None:
    filler = "The crew checks the oil level before each march. " * 100
    text = f"{filler}Please ask Dr. Okonkwo about it. {filler}\n\n{filler}DSN 555-0142 is the number."
    values = {text[d.start : d.end] for d in detector.detect([text])[0]}
    assert {"Okonkwo", "555-0142"} <= values


def test_a_name_found_by_its_rank_is_found_without_it(detector: Detector) -> None:
    text = "Sgt Tarkwell opened the gate. Later TARKWELL closed it, and nobody saw Tarkwell's lamp."
    assert len([d for d in detector.detect([text])[0] if "tarkwell" in text[d.start : d.end].casefold()]) == 3


def test_a_name_that_only_a_mail_address_writes_small_stays_a_name(detector: Detector) -> None:
    text = "Orla Tarkwell has the key. Her address is orla.tarkwell@unit.local, for short tarkwell@unit.local."
    assert covered(text, "Orla Tarkwell", detector)


@pytest.mark.parametrize("separator", ["; Duty: guards the gate", "\nDuty: guards the gate", ", Duty: guards the gate"])
def test_an_address_ends_before_the_next_field(separator: str, detector: Detector) -> None:
    text = f"Home address: 14 Orchard Lane, Milford, VA 22901{separator}"
    [found] = detector.detect([text])[0]
    assert text[found.start : found.end] == "14 Orchard Lane, Milford, VA 22901"


def test_what_model_and_rule_both_find_is_credited_to_both(detector: Detector) -> None:
    [found] = detector.detect(["Yesterday we met Mr. Graham Ellison there."])[0]
    assert found.detector == "rules+spacy"


def test_new_spans_name_the_document(detector: Detector) -> None:
    document = Document(
        id="document-1", project_id="p", name="a.txt", kind="txt", size_bytes=1, sha256="", text_sha256="", state="read",
        created_at="",
    )  # fmt: skip
    spans = new_spans(document, detector.detect(["Please ask Dr. Okonkwo."])[0])
    assert [(span.document_id, span.state, span.entity) for span in spans] == [("document-1", "detected", "PERSON")]


@pytest.mark.parametrize("unit", ["abc defg ", "abcdefgh,", "A sentence. ", "line\n"])
def test_pieces_of_five_megabytes_are_short_and_cover_the_text(unit: str) -> None:
    text = unit * (5_000_000 // len(unit))
    cut = list(pieces(text))
    assert max(len(piece) for _, piece in cut) <= 2_000
    assert all(text.startswith(piece, start) for start, piece in cut)
    ends = [start + len(piece) for start, piece in cut]
    overlaps = [end - start for end, (start, _) in zip(ends, cut[1:], strict=False)]
    assert ends[-1] == len(text)
    assert (min(overlaps), max(overlaps)) == (0, 0) if unit in ("A sentence. ", "line\n") else 350 < min(overlaps) <= 400
    assert sum(len(piece) for _, piece in cut) < 1.6 * len(text)


def test_pieces_end_at_sentences_where_there_are_any() -> None:
    text = "A sentence of some length stands here. " * 200
    assert all(re.search(r"\. $", piece) for _, piece in pieces(text))


@pytest.mark.parametrize(
    "text",
    [
        "No. " + "1" * 1900 + "_",
        "Via " + "A" * 1900,
        "Mr " + "A" * 1900 + "1",
        "12 " + "B." * 900 + "!",
        "X, " * 600,
        "1 " * 900,
        "A'A-" * 480 + "@",
        "Aa, " * 450 + "and Bb",
        "Regards\n\n" * 200,
    ],
    ids=["digits", "capitals", "one long name", "initials", "commas", "figures", "hyphens", "firms", "closings"],
)
def test_hostile_pieces_come_to_an_end(text: str, detector: Detector) -> None:
    found = detector.detect([text])[0]
    assert all(0 <= d.start < d.end <= len(text) for d in found)


def test_megabytes_without_a_space_are_read_in_one_pass() -> None:
    assert common_phrases("a-" * 1_000_000 + "A" * 1_000_000) == frozenset()


def test_five_hundred_values_that_begin_alike_are_spread() -> None:
    text = " ".join(f"Nora Whit{chr(97 + n % 26)}{chr(97 + n // 26)}comb spoke." for n in range(500)) * 2
    first = [
        Detection(start=match.start(), end=match.end(), entity="PERSON", score=0.9, detector="rules")
        for match in re.finditer(r"Nora Whit\w+", text[: len(text) // 2])
    ]
    assert len([d for d in propagate(text, first) if " " in text[d.start : d.end]]) == 500


@pytest.mark.parametrize(
    "value",
    [
        "45871/08",
        "A.B. Karadere",
        "13 and 14 March 1999",
        "I.Ö. Brankov",
        "Çorlu",
        "P. Umbermoor",
        "Velmstad",
        "II K 345/98",
    ],
)
def test_a_judgment_of_a_court_of_human_rights_loses_names_places_days_and_numbers(value: str, detector: Detector) -> None:
    text = (
        "The case originated in an application (no. 45871/08) lodged with the Court by Mr A.B. Karadere (“the applicant”), "
        "on 13 and 14 March 1999. He was represented by Ms I.Ö. Brankov, a lawyer practising in Çorlu. The Government were "
        "represented by their Agent, Mr P. Umbermoor. The applicant was born in 1966 and lives in Velmstad. The judgment in "
        "case no. II K 345/98 was upheld. Law no. 3713 was applied."
    )
    assert covered(text, value, detector)
    assert not covered(text, "3713", detector)
