"""Input that nobody writes on purpose, and some that somebody does: detection finds its way, and offsets fit."""

import socket
import sys
from dataclasses import replace

import pytest

from core.files import sha256_text
from core.identity import declared
from core.privacy import Detector, SurrogateTable, mask, propagate
from core.privacy.detection.overlaps import resolve
from core.privacy.replacement.treatments import BLOCKS, outside_replaced
from core.privacy.text.equality import equal_spans
from core.privacy.text.normalization import normalize_for_detection
from core.records import Detection, Document, Span, now
from core.services import review
from core.services.privacy.spans import count_in_project, equal_in_project, spans_of
from core.storage import Workspace, insert, insert_many, transaction

pytestmark = pytest.mark.slow


def masked(detector: Detector, text: str) -> str:
    """The text with an underscore for each masked character."""
    left = list(text)
    for found in detector.detect([text])[0]:
        left[found.start : found.end] = "_" * (found.end - found.start)
    return "".join(left)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Please ask Dr. Oko\u200bn\u00adkwo about it.", "Oko\u200bn\u00adkwo"),
        ("Write to anna.b\u200derg@un\u00adit.local today.", "anna.b\u200derg@un\u00adit.local"),
        ("Service number 25\u200b148\u2060873 was issued.", "25\u200b148\u2060873"),
        ("Service number ２５１４８８７３ was issued.", "２５１４８８７３"),
        ("Service number ٢٥١٤٨٨٧٣ was issued.", "٢٥١٤٨٨٧٣"),
        ("Telephone 01632\u00a0960\u202f517 for help.", "01632\u00a0960\u202f517"),
        ("Stock number 2320\u201101\u2011107\u20117155 is short.", "2320\u201101\u2011107\u20117155"),
        ("Signed for by SSgt Ha\x00rlow on behalf of the troop.", "Ha\x00rlow"),
        ("Please ask Dr. Ren\u0065\u0301e about it.", "Ren\u0065\u0301e"),
        ("Please ask Dr. Gri\ufb03th about it.", "Gri\ufb03th"),
        ("Please ask Dr.\u00a0𝐎𝐤𝐨𝐧𝐤𝐰𝐨 about it.", "𝐎𝐤𝐨𝐧𝐤𝐰𝐨"),
        ("قابل Dr. Okonkwo في الصباح.", "Okonkwo"),
        ("Meet Dr. أحمد today.", "أحمد"),
        ("פגשתי את Sgt Harlow אתמול", "Harlow"),
        ("\ud800 Please ask Dr. Okonkwo \udfff about it.", "Okonkwo"),
        ("From: Orla Tarkwell <orla.tarkwell@unit.local>\r\nSubject: Oil\r\n", "Orla Tarkwell"),
    ],
)
def test_a_value_is_masked_whole_however_it_is_written(detector: Detector, text: str, value: str) -> None:
    start = text.index(value)
    assert masked(detector, text)[start : start + len(value)] == "_" * len(value)


def test_nothing_of_a_value_repeated_with_hidden_characters_stays(detector: Detector) -> None:
    text = "Dr. Okonkwo came. Later Oko\u200bnkwo left, and Ok\u00adonkwo was seen."
    assert not any(part in masked(detector, text) for part in ("Oko", "nkwo", "Ok", "onkwo"))


@pytest.mark.parametrize("shift", [0, 7, 13, 19])
@pytest.mark.parametrize(
    "value", ["k.okonkwo@unit.example", "https://host.example/k.okonkwo/25148873", "Sgt Orla Tarkwell", "+44 1632 960 517"]
)
@pytest.mark.parametrize("gap", [",", " and also "])
def test_a_value_across_a_cut_is_masked_whole(detector: Detector, gap: str, value: str, shift: int) -> None:
    """Without a line or a sentence that ends, text is cut at 2,000 characters or at a space."""
    before = (f"part{gap}" * 1_000)[: 1_985 + shift - len(gap)] + gap
    text = f"{before}{value}{gap}" + f"part{gap}" * 500
    end = len(before) + len(value)
    left = masked(detector, text)[end - len(value.removeprefix("Sgt ")) : end]  # a rank tells nobody
    assert not any(character.isalnum() for character in left)


def test_plain_text_is_read_as_it_is() -> None:
    text = "Grüße aus Köln – “done”, 5 × 3 °C … №5\n"
    assert normalize_for_detection(text).text is text


def test_offsets_come_back_from_the_shown() -> None:
    text = "a\u200b\u200bb\ufb01c\u00a0d\r\ne"
    shown = normalize_for_detection(text)
    assert shown.text == "abfic d\ne"
    places = [shown.bounds(n, n + 1) for n in range(len(shown.text))]
    assert [text[slice(*place)] for place in places] == ["a", "b", "\ufb01", "\ufb01", "c", "\u00a0", "d", "\r\n", "e"]


def test_no_host_is_looked_up_for_thousands_of_addresses(detector: Detector) -> None:
    asked: list[str] = []
    is_watching = [True]

    def watch(event: str, _: tuple[object, ...]) -> None:
        if is_watching[0] and event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
            asked.append(event)

    sys.addaudithook(watch)  # it stays for the life of the process, so it is told when to look
    found = detector.detect(["\n".join(f"k.okonkwo{n}@unit{n}.example https://host{n}.example/a{n}" for n in range(500))])[0]
    assert len(found) >= 1_000
    assert asked == []
    with pytest.raises(OSError), socket.socket() as closed:
        closed.connect(("127.0.0.1", 1))
    is_watching[0] = False
    assert asked == ["socket.connect"]  # the watch does see one


def names(count: int, width: int) -> tuple[str, list[Detection]]:
    """A text of so many telephone numbers of one exchange, each found where it stands first; they stand twice."""
    numbers = [f"+44 1632 {n:0{width}d}" for n in range(count)]
    text = "\n".join(numbers)
    size = len(numbers[0]) + 1
    found = [
        Detection(start=n * size, end=n * size + size - 1, entity="PHONE_NUMBER", score=0.9, detector="rules")
        for n in range(count)
    ]
    return f"{text}\n{text}", found


def test_a_hundred_thousand_different_values_are_spread_and_resolved() -> None:
    text, found = names(100_000, 6)
    spread = propagate(text, found)
    assert len(spread) == 100_000
    assert len(resolve(text, [*found, *spread])) == 200_000


def test_a_hundred_thousand_equal_values_are_spread_and_resolved() -> None:
    text = "Okonkwo\n" * 100_000
    found = [Detection(start=0, end=7, entity="PERSON", score=0.9, detector="rules")]
    assert len(resolve(text, [*found, *propagate(text, found)])) == 100_000


def test_a_hundred_thousand_labels_of_an_earlier_masking_are_left_out() -> None:
    text = "<PERSON_1> Okonkwo " * 100_000
    found = [
        Detection(start=at, end=at + 18, entity="PERSON", score=0.9, detector="spacy") for at in range(0, len(text), 19)
    ]
    left = outside_replaced(text, found)
    assert len(left) == 100_000
    assert {text[rest.start : rest.end] for rest in left} == {"Okonkwo"}


def test_thirty_thousand_equal_names_are_shown_decided_at_once_undone_and_masked(workspace: Workspace) -> None:
    name = Span(
        id="", document_id="d", start=0, end=7, entity="PERSON", score=0.9, detector="rules", surrogate=BLOCKS,
        treatment="mask",
    )  # fmt: skip
    text, count = "Okonkwo\n" * 30_000, 30_000
    project, digest = workspace.create_project("Names"), sha256_text(text)
    document = Document(
        id="d", project_id=project.id, name="names.txt", kind="txt", size_bytes=len(text), sha256=digest, text_sha256=digest,
        state="read", created_at=now(),
    )  # fmt: skip
    insert(workspace.db, document)
    workspace.store_text(document, text, pages=())
    with transaction(workspace.db):
        insert_many(workspace.db, [replace(name, id=f"s{n}", start=8 * n, end=8 * n + 7) for n in range(count)])
    shown = spans_of(workspace, document)
    assert len(equal_spans(text, shown, shown[0])) == count
    assert len(review.by_risk(text, shown)) == count
    assert count_in_project(workspace, project, span=shown[0], value="Okonkwo") == count
    equal = equal_in_project(workspace, project, span=shown[0], value="Okonkwo")
    decision = review.accept(workspace, equal, by=declared("R. Vale"))
    assert len(decision.after) == count
    assert len(review.undo(workspace, decision, by=declared("R. Vale")).before) == count
    assert mask(text, shown).text == f"{BLOCKS}\n" * count


def test_ten_thousand_different_values_each_get_a_surrogate() -> None:
    """More than there are given names, or telephone numbers kept for drama: then labels, without trying each again."""
    table = SurrogateTable(bytes(32), [])
    values = [("PHONE_NUMBER", f"+44 1632 {n:06d}") for n in range(5_000)]
    values += [("PERSON", "Al" + "".join("abcdefghij"[int(digit)] for digit in str(n))) for n in range(5_000)]
    assert len({table.surrogate(*value) for value in values}) == 10_000


@pytest.mark.parametrize("unit", ["x", "Ab9", "1", "\u200b", "é", "a@", "."])
def test_a_long_line_without_a_break_is_read_to_its_end(detector: Detector, unit: str) -> None:
    text = unit * (40_000 // len(unit)) + " Sgt Harlow"
    assert masked(detector, text).endswith("______")
