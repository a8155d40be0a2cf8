import re
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.privacy import SurrogateTable, mask
from core.privacy.entities import NAMES, kin
from core.privacy.replacement.invention.shifting import shifted
from core.privacy.text.normalization import words_of
from core.records import Span

KEY = bytes(range(32))
names = st.text("abcdefghijklmnop", min_size=2, max_size=8).map(str.title)
values = st.one_of(
    st.tuples(st.just("PERSON"), st.lists(names, min_size=1, max_size=3).map(" ".join)),
    st.tuples(st.sampled_from(["ORGANIZATION", "LOCATION", "SITE", "UNIT", "NRP"]), names),
    st.tuples(st.sampled_from(["REFERENCE", "PHONE_NUMBER", "AGE"]), st.from_regex(r"[1-9][0-9]{1,7}", fullmatch=True)),
    st.tuples(st.just("EMAIL_ADDRESS"), names.map(lambda n: f"{n}@unit.local")),
    st.tuples(st.just("DATE_TIME"), st.dates().map(lambda d: d.isoformat())),
)


def plain(value: str) -> str:
    return " ".join(value.casefold().split())


@settings(max_examples=150, deadline=None, derandomize=True)
@example([("PERSON", "Bg Aa")], bytes(32))  # a rank, once it is in capitals
@example(
    [("REFERENCE", "43"), ("REFERENCE", "60")],  # 60 is what this key invents for 43
    b"\x00\x01\x01\x01\x01\x01\x07\x10\x11\x0e%<JPZ\\d(8l8d\x81\x82\x8b\x8b\x98\xb9bj\xe7{",
)
@given(st.lists(values, max_size=25), st.binary(min_size=32, max_size=32))
def test_surrogates_are_stable_and_different_values_never_share_one(found: list[tuple[str, str]], key: bytes) -> None:
    table = SurrogateTable(key, [])
    for entity, value in found:
        table.surrogate(entity, value)
    # once all are met: a value found later than it was invented for another takes that surrogate out of use
    given_out = {(entity, plain(value)): table.surrogate(entity, value) for entity, value in found}
    again = SurrogateTable(key, table.rows.new())
    assert all(again.surrogate(entity, value.upper()).casefold() == s.casefold() for (entity, value), s in given_out.items())
    assert again.rows.new() == []
    for kind in {entity for entity, _ in given_out}:
        of_kind = {value: s.casefold() for (entity, value), s in given_out.items() if entity in kin(kind)}
        assert len(of_kind) == len(set(of_kind.values()))
        assert all(of_kind[value] == s.casefold() for (entity, value), s in given_out.items() if entity in kin(kind))
    assert all(plain(surrogate) != value for (_, value), surrogate in given_out.items())


@settings(max_examples=60, deadline=None)
@given(st.lists(values, min_size=1, max_size=15))
def test_rows_hold_no_clear_text(found: list[tuple[str, str]]) -> None:
    table = SurrogateTable(KEY, [])
    for entity, value in found:
        table.surrogate(entity, value)
    for _, digest, surrogate in table.rows.new():
        assert len(digest) == 64
        assert set(digest) <= set("0123456789abcdef")
        assert surrogate not in {value for _, value in found}


def test_forms_of_one_name_share_their_parts() -> None:
    table = SurrogateTable(KEY, [])
    first, last = table.surrogate("PERSON", "John Smith").split()
    assert table.surrogate("PERSON", "Smith") == last
    assert table.surrogate("PERSON", "SMITH") == last.upper()
    assert table.surrogate("PERSON", "J. Smith").split()[1] == last
    assert table.surrogate("PERSON", "SMITH, John") == f"{last.upper()}, {first}"
    assert table.surrogate("PERSON", "Mary Smith").split()[0] != first


@pytest.mark.parametrize("first", NAMES)
@pytest.mark.parametrize("second", NAMES)
def test_a_name_keeps_its_first_surrogate_whichever_name_like_type_comes_later(first: str, second: str) -> None:
    for value in ("Larkfield", "Camp Larkfield", "Orla Larkfield", "3 Larkfield"):
        table = SurrogateTable(KEY, [])
        given_first = table.surrogate(first, value)
        later = SurrogateTable(KEY, table.rows.new())
        assert later.surrogate(second, value) == given_first
        assert later.rows.new() == []


def test_a_person_called_like_a_place_shares_its_name_and_tags_stay_out_of_names() -> None:
    table = SurrogateTable(KEY, [])
    place = table.surrogate("LOCATION", "Larkfield")
    assert table.surrogate("PERSON", "John Larkfield").split()[1] == place
    nation = table.surrogate("NRP", "Christian")
    assert "<" not in table.surrogate("PERSON", "Christian Berg")
    assert table.surrogate("PERSON", "Christian") == nation == "<NRP_1>"


def test_white_space_and_case_do_not_make_another_value() -> None:
    table = SurrogateTable(KEY, [])
    assert table.surrogate("ORGANIZATION", "Acme  Tools\nLtd") == table.surrogate("ORGANIZATION", "Acme Tools Ltd")
    assert table.surrogate("REFERENCE", "AB-1234") == table.surrogate("REFERENCE", "ab-1234")


@pytest.mark.parametrize("entity", ["PERSON", "ORGANIZATION", "REFERENCE", "VESSEL"])
@pytest.mark.parametrize("treatment", ["surrogate", "tag"])
@pytest.mark.parametrize(
    "written",
    ["Oko\u200bnkwo\u00e9", "\uff2fkonkwo\u00e9", "Okonkwoe\u0301", "\u2060Okon\u00adkwo\u00e9", "\U0001d40ekonkwo\u00e9"],
    ids=["zero width", "full width", "accent apart", "soft hyphen", "mathematical"],
)
def test_a_value_is_the_same_with_hidden_and_odd_characters(entity: str, treatment: str, written: str) -> None:
    table = SurrogateTable(KEY, [], treatments={entity: treatment})
    given_first = table.surrogate(entity, "Okonkwo\u00e9")
    later = SurrogateTable(KEY, table.rows.new(), treatments={entity: treatment})
    assert later.surrogate(entity, written) == given_first
    assert later.rows.new() == []
    assert table.surrogate(entity, written.upper()).casefold() == given_first.casefold()


def test_a_name_in_several_words_is_the_same_with_a_no_break_space_and_a_typographic_quote() -> None:
    table = SurrogateTable(KEY, [])
    assert table.surrogate("PERSON", "Orla\u00a0O\u2019Tarkwell") == table.surrogate("PERSON", "Orla O'Tarkwell")


def test_nothing_invisible_gets_into_a_surrogate() -> None:
    table = SurrogateTable(KEY, [])
    values = {
        "REFERENCE": "AB\u200b-12\u00ad34",
        "PERSON": "Ms.\u00a0Or\u200bla Tark\u2060well",
        "GRID": "31U\u200b DQ 48251 11932",
    }
    for entity, value in values.items():
        assert table.surrogate(entity, value).isascii()


def test_no_surrogate_is_a_value_that_stands_with_hidden_characters() -> None:
    free = SurrogateTable(KEY, []).surrogate("LOCATION", "Springfield")
    hidden = f"{free[:3]}\u200b{free[3:]}"
    assert SurrogateTable(KEY, [], avoid=words_of(f"At {hidden} again.")).surrogate("LOCATION", "Springfield") != free
    known = SurrogateTable(KEY, [])
    known.surrogate("LOCATION", hidden)
    assert known.surrogate("LOCATION", "Springfield") != free


def test_a_ship_is_the_same_with_and_without_the_word_for_its_kind() -> None:
    table = SurrogateTable(KEY, [])
    ship = table.surrogate("VESSEL", "HMS Brackenfell")
    kind, name = ship.split()
    assert (kind, table.surrogate("VESSEL", "Brackenfell"), table.surrogate("LOCATION", "BRACKENFELL")) == (
        "HMS", name, name.upper(),
    )  # fmt: skip
    assert table.surrogate("PERSON", "HMS Brackenfell") == table.surrogate("ORGANIZATION", "HMS Brackenfell") == ship
    camp = table.surrogate("SITE", "Tarkwell")
    assert table.surrogate("SITE", "Camp\nTarkwell") == f"Camp {camp}"
    table.surrogate("LOCATION", name)  # a real place of the invented name takes it out of use
    assert table.surrogate("VESSEL", "HMS Brackenfell") != ship


def labels(*names: str, table: SurrogateTable | None = None) -> list[str]:
    """The numbers of the labels of persons' names."""
    table = table or SurrogateTable(KEY, [], treatments={"PERSON": "tag"})
    return [table.surrogate("PERSON", name).removeprefix("<PERSON_").removesuffix(">") for name in names]


@pytest.mark.parametrize(
    "names",
    [
        ("John Smith", "Smith", "Mr Smith", "SMITH, John", "J. Smith", "Sgt J Smith", "John A. Smith", "John"),
        ("Smith", "Mr Smith", "J. Smith", "John Smith", "Smith", "John A. Smith", "A. Smith"),
        ("Jan van der Berg", "van der Berg", "Berg", "Mr. Berg"),
    ],
)
def test_forms_of_one_name_have_one_label(names: tuple[str, ...]) -> None:
    table = SurrogateTable(KEY, [], treatments={"PERSON": "tag"})
    assert set(labels(*names, table=table)) == {"1"}
    later = SurrogateTable(KEY, table.rows.new(), treatments={"PERSON": "tag"})
    assert set(labels(*reversed(names), table=later)) == {"1"}
    assert later.rows.new() == [] and not later.rows.stale


@pytest.mark.parametrize(
    "first", [("John Smith", "Anna Smith"), ("Anna Smith", "John Smith"), ("Smith", "John Smith", "Anna Smith")]
)
def test_a_name_that_may_be_two_people_has_a_label_of_its_own(first: tuple[str, ...]) -> None:
    table = SurrogateTable(KEY, [], treatments={"PERSON": "tag"})
    labels(*first, table=table)
    assert table.rows.stale == {"<person_1>"}  # whoever had it by "Smith" is asked again
    assert len(set(labels("John Smith", "Anna Smith", "Smith", table=table))) == 3
    assert len(set(labels("J. Smith", "John", "John Smith", table=table))) == 1
    assert len(set(labels("James Brown", "John Brown", "J. Brown", "Brown", "John", table=table))) == 5


def test_a_surrogate_is_never_a_value_that_is_known_or_to_be_avoided() -> None:
    free = SurrogateTable(KEY, []).surrogate("LOCATION", "Springfield")
    assert SurrogateTable(KEY, [], avoid=[free.upper()]).surrogate("LOCATION", "Springfield") != free
    known = SurrogateTable(KEY, [])
    known.surrogate("LOCATION", free)
    assert known.surrogate("LOCATION", "Springfield") != free


@pytest.mark.parametrize(
    ("entity", "value"),
    [
        ("ADDRESS", "9 Abbey Close, Millbrook"),
        ("EMAIL_ADDRESS", "s.peel@peelparts.example.com"),
        ("URL", "https://peelparts.example.com"),
        ("HOST", "ws-17"),
        ("SITE", "Millbrook Barracks"),
    ],
)
@pytest.mark.parametrize("name_comes", ["first", "later"])
def test_no_name_within_a_surrogate_is_a_real_one(entity: str, value: str, name_comes: str) -> None:
    would_be = SurrogateTable(KEY, []).surrogate(entity, value)
    name = re.findall(r"\b(?!(?:https|Road)\b)[^\W\d_]{4,}", would_be)[0]
    table = SurrogateTable(KEY, [])
    asked = [("PERSON", f"Nora {name.title()}"), (entity, value)]
    for kind, written in asked if name_comes == "first" else reversed(asked):
        table.surrogate(kind, written)
    assert name in would_be
    assert name.casefold() not in table.surrogate(entity, value).casefold()


def test_a_person_called_like_a_word_of_every_address_takes_none_of_them_out_of_use() -> None:
    table = SurrogateTable(KEY, [])
    address = table.surrogate("ADDRESS", "9 Abbey Close, Millbrook")
    table.surrogate("PERSON", "Nora Road")
    assert table.rows.stale == set()
    assert table.surrogate("ADDRESS", "9 Abbey Close, Millbrook") == address


def test_another_project_gives_other_surrogates() -> None:
    mine, theirs = SurrogateTable(KEY, []), SurrogateTable(bytes(32), [])
    assert mine.surrogate("PERSON", "John Smith") != theirs.surrogate("PERSON", "John Smith")


def test_shapes_are_kept() -> None:
    table = SurrogateTable(KEY, [])
    number = table.surrogate("PHONE_NUMBER", "+44 (0)1632 960 517")
    assert [c.isdigit() for c in number] == [c.isdigit() for c in "+44 (0)1632 960 517"]
    documentation = [ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15")]
    assert any(ip_address(table.surrogate("IP_ADDRESS", "10.2.3.7")) in net for net in documentation)  # RFC 5737, RFC 2544
    assert table.surrogate("EMAIL_ADDRESS", "a@b.mil").endswith("@example.org")
    assert table.surrogate("ORGANIZATION", "Ankara Regional Court").endswith(" Court")
    assert table.surrogate("UNIT", "3 PARA") == "<UNIT_1>"


def test_intervals_between_dates_survive() -> None:
    table = SurrogateTable(KEY, [])
    moved = [table.surrogate("DATE_TIME", value) for value in ("2021-03-01", "2021-03-31")]
    assert moved != ["2021-03-01", "2021-03-31"]
    from datetime import date

    assert date.fromisoformat(moved[1]) - date.fromisoformat(moved[0]) == date(2021, 3, 31) - date(2021, 3, 1)


@pytest.mark.parametrize(
    ("value", "moved"),
    # 52 weeks are 364 days: one day less than a year, two in a leap year
    [
        ("14 March 1987", "12 March 1988"),
        ("March 14, 1987", "March 12, 1988"),
        ("March 14", "March 12"),
        ("1st of March 2021", "28th of February 2022"),
        ("1987-03-14", "1988-03-12"),
        ("03/14/1987", "03/12/1988"),
        ("14/03/1987", "12/03/1988"),
        ("14 MAR 1987", "12 MAR 1988"),
        ("121430ZMAR24", "111430ZMAR25"),
        ("March 1987", "March 1988"),
        ("1987", "1988"),
        ("2021-03-01 14:30:00", "2022-02-28 14:30:00"),
    ],
)
def test_dates_move_as_they_are_written(value: str, moved: str) -> None:
    assert shifted(value, 52) == moved


@pytest.mark.parametrize("value", ["Tuesday", "31 February", "99/99/1999", "soon", "", "30.02.2001"])
def test_what_is_no_date_is_not_moved(value: str) -> None:
    moved = shifted(value, 52)
    assert moved is None or moved != value


@pytest.mark.parametrize(
    ("treatments", "value", "told"),
    [
        ({}, "Anna Berg", "surrogate"),
        ({}, "R2-D2", "tag"),  # no invented name has digits
        ({"PERSON": "tag"}, "Anna Berg", "tag"),
        ({"PERSON": "mask"}, "Anna Berg", "mask"),
        ({"PERSON": "remove"}, "Anna Berg", "remove"),
        ({"PERSON": "keep"}, "Anna Berg", "keep"),
    ],
)
def test_a_span_is_told_how_it_is_replaced(treatments, value, told):
    table = SurrogateTable(KEY, [], treatments=treatments)
    span = Span(
        id="s", document_id="d", start=3, end=3 + len(value), entity="PERSON", score=0.9, detector="rules"
    )  # fmt: skip
    done = table.replaced(span, f"By {value}.")
    assert done.treatment == told and done.surrogate == table.surrogate("PERSON", value)
    assert (told == "tag") == done.surrogate.startswith("<")
    assert value in mask(f"By {value}.", [done]).text if told == "keep" else value not in mask(f"By {value}.", [done]).text
