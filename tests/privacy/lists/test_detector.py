"""Lists and patterns over a text: what is found, what is left readable, and in which form it may stand."""

import unicodedata
from collections.abc import Callable, Generator, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.privacy import Detector, ListedDetector, Lists
from core.privacy.lists.patterns import definition_of, parse_part
from core.privacy.text.normalization import normalize_for_matching
from core.records import CustomPattern, Detection, ListEntry, new_id


def entry(text: str, kind: str = "deny", entity: str = "PERSON") -> ListEntry:
    return ListEntry(
        id=new_id("entry"), project_id="", kind=kind, text=text, entity=entity, added_by="R. Vale", created_at=""
    )  # type: ignore[arg-type]  # fmt: skip


def rule(definition: dict[str, object], name: str = "Badge") -> CustomPattern:
    return CustomPattern(
        id=new_id("pattern"), project_id="", name=name, definition=definition, entity="ID_NUMBER", added_by="", created_at=""
    )


BADGE = definition_of([parse_part("letters 2"), parse_part("text -"), parse_part("digits 5")])


class Finder:
    """A detector that finds given texts wherever they stand."""

    def __init__(self, *values: str) -> None:
        self._values = values

    def detect(self, texts: Sequence[str]) -> list[list[Detection]]:
        return [
            sorted(
                (
                    Detection(start=at, end=at + len(value), entity="ORGANIZATION", score=0.8, detector="spacy")
                    for value in self._values
                    for at in [text.find(value)]
                    if at >= 0
                ),
                key=lambda found: found.start,
            )
            for text in texts
        ]

    def detect_each(
        self, texts: Iterable[str], *, progress: Callable[[int], None] | None = None
    ) -> Generator[list[Detection]]:
        yield from self.detect(list(texts))


def shown(text: str, lists: Lists, *found: str) -> list[tuple[str, str, str]]:
    detector: Detector = ListedDetector(Finder(*found), lists)
    [detections] = detector.detect([text])
    return [(text[d.start : d.end], d.entity, d.detector) for d in detections]


@pytest.mark.parametrize(
    "written",
    [
        "tarkwell",
        "TARKWELL",
        "Tark\u200bwell",
        "T\u00adarkwell",
        "Ｔａｒｋｗｅｌｌ",
        "\u202eTarkwell",
    ],
)
def test_deny_entry_is_found_in_any_case_and_form(written: str) -> None:
    text = f"The clerk saw {written}'s key, not Tarkwellian ones."
    [(value, entity, detector)] = shown(text, Lists([entry("Tarkwell")]))
    assert (value.strip("\u202e"), entity, detector) == (written.strip("\u202e"), "PERSON", "list")


def test_composed_and_decomposed_letters_are_the_same() -> None:
    text = unicodedata.normalize("NFD", "José Álvarez signed.")
    assert [value for value, _, _ in shown(text, Lists([entry("JOSÉ ÁLVAREZ")]))] == [
        unicodedata.normalize("NFD", "José Álvarez")
    ]


def test_entry_of_several_words_is_found_over_a_line_break_but_not_without_its_signs() -> None:
    lists = Lists([entry("Orla Tarkwell"), entry("C++", entity="REFERENCE")])
    assert [value for value, _, _ in shown("Orla\n  Tarkwell writes C++ and C.", lists)] == ["Orla\n  Tarkwell", "C++"]


def test_longest_entry_wins() -> None:
    assert [v for v, _, _ in shown("Fort Orla Gate", Lists([entry("Orla"), entry("Orla Gate")]))] == ["Orla Gate"]


def test_pattern_finds_what_it_fits_and_the_list_names_itself() -> None:
    assert shown("Badge AB-12345.", Lists(patterns=[rule(BADGE)])) == [("AB-12345", "ID_NUMBER", "list")]


def test_allow_entry_takes_away_a_finding_of_exactly_its_text_never_a_part_of_a_longer_one() -> None:
    lists = Lists([entry("Anvil", "allow")])
    assert shown("ANVIL moved.", lists, "ANVIL") == []
    assert shown("Anvil Holding moved.", lists, "Anvil Holding") == [("Anvil Holding", "ORGANIZATION", "spacy")]


def test_deny_beats_allow_and_allow_makes_exceptions_from_patterns() -> None:
    both = Lists([entry("Anvil"), entry("anvil", "allow")])
    assert shown("Anvil moved.", both, "Anvil") == [("Anvil", "PERSON", "list+spacy")]
    excepted = Lists([entry("AB-12345", "allow")], [rule(BADGE)])
    assert shown("AB-12345 and AB-54321", excepted) == [("AB-54321", "ID_NUMBER", "list")]


def test_type_of_the_list_counts_where_a_detector_names_another_for_the_same_characters() -> None:
    assert shown("Anvil moved.", Lists([entry("Anvil", entity="UNIT")]), "Anvil") == [("Anvil", "UNIT", "list+spacy")]


def test_pattern_that_takes_too_long_over_a_text_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.privacy.lists.patterns.SECONDS_PER_MB", 0.0)
    monkeypatch.setattr("core.privacy.lists.patterns.SECONDS", 0.05)
    slow = Lists(patterns=[rule({"expression": r"\w*\d*\w*\d!"}, name="Slow one")])
    with pytest.raises(InputError, match="Slow one"):
        slow.find("1" * 200_000 + " !")


def test_fifty_thousand_entries_are_sought_in_one_pass() -> None:
    lists = Lists([entry(f"First{number} Last{number}") for number in range(50_000)])
    text = "first49999 last49999 met first1 last2. " * 200
    assert {value for value, _, _ in shown(text, lists)} == {"first49999 last49999"}


@given(st.text(alphabet="aZ é\u0301\u200bßİ１\n\t’-ﬁ가", max_size=40), st.data())
def test_folded_text_leads_back_to_where_it_stood(text: str, data: st.DataObject) -> None:
    seen = normalize_for_matching(text)
    if not seen.text:
        return
    start = data.draw(st.integers(0, len(seen.text) - 1))
    end = data.draw(st.integers(start + 1, len(seen.text)))
    first, last = seen.bounds(start, end)
    assert 0 <= first < last <= len(text)
    assert seen.text[start:end] in normalize_for_matching(text[first:last]).text
