"""What an invented value keeps of the real one, and that it can belong to nobody."""

import re
from datetime import date, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.privacy import SurrogateTable
from core.privacy.recognizers.people.given_names import gender_of, length_class, script_of
from core.privacy.replacement.invention.grids import GridOffset, move_grid
from core.privacy.replacement.invention.invented import ALPHABETS
from core.privacy.replacement.invention.numbers import passes_luhn
from core.privacy.replacement.invention.shifting import shifted

KEY = bytes(range(32))
keys = st.binary(min_size=32, max_size=32)
LATIN = ALPHABETS["LATIN"]


def given_out(entity: str, value: str, key: bytes = KEY) -> str:
    return SurrogateTable(key, []).surrogate(entity, value)


@settings(deadline=None)
@given(keys, st.sampled_from(["Anna", "Margaret", "Katarzyna", "Fatima", "Ayse", "Giulia"]))
def test_a_womans_given_name_becomes_a_womans(key, name):
    assert given_out("PERSON", f"{name} Berg", key).split()[0] in LATIN.female


@settings(deadline=None)
@given(keys, st.sampled_from(["John", "Wolfgang", "Piotr", "Mehmet", "Luca", "Pierre"]))
def test_a_mans_given_name_becomes_a_mans(key, name):
    assert given_out("PERSON", f"{name} Berg", key).split()[0] in LATIN.male


@pytest.mark.parametrize(("title", "names"), [("Mrs", LATIN.female), ("Mr.", LATIN.male), ("Frau", LATIN.female)])
def test_a_title_tells_the_gender_of_an_unknown_name_and_stays(title, names):
    first, given_name, _ = given_out("PERSON", f"{title} Kim Berg").split()
    assert (first, given_name in names) == (title, True)


@pytest.mark.parametrize("rank", ["Sgt.", "Major", "Lt Col", "Staff Sergeant", "Capt", "Lance Corporal"])
def test_a_rank_is_no_part_of_a_name(rank):
    table = SurrogateTable(KEY, [])
    assert table.surrogate("PERSON", f"{rank} John Smith") == f"{rank} {table.surrogate('PERSON', 'John Smith')}"


@pytest.mark.parametrize(
    ("name", "script"),
    [("Иван Петров", "CYRILLIC"), ("Γιώργος Παπαδόπουλος", "GREEK"), ("محمد الحسن", "ARABIC"), ("דוד כהן", "HEBREW")],
)
def test_a_name_gets_one_of_its_script(name, script):
    replaced = given_out("PERSON", name)
    assert replaced != name and {script_of(word) for word in replaced.split()} == {script}
    assert script_of(given_out("LOCATION", name.split()[1])) == script


def test_a_name_of_another_script_gets_a_label():
    assert re.fullmatch(r"<PERSON_\d+>", given_out("PERSON", "王小明"))


def test_hyphens_initials_capitals_and_genders_of_surnames_stay():
    assert re.fullmatch(r"[A-Z][a-z]+-[A-Z][a-z]+ [A-Z]\. [A-Z]{2,}", given_out("PERSON", "Jean-Luc B. SMITH"))
    assert given_out("PERSON", "Анна Петрова")[-1] in "аяя"
    assert gender_of(given_out("PERSON", "Jean-Luc")) in ("", "male", "female")


@settings(deadline=None)
@given(keys, st.sampled_from(["Ek", "Berg", "Lindström", "Featherstonehaugh"]))
def test_length_class_is_kept(key, name):
    assert length_class(given_out("PERSON", name, key)) == length_class(name)


def test_each_initial_has_its_own_letter_and_never_itself():
    table = SurrogateTable(KEY, [])
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    replaced = [table.surrogate("PERSON", f"{letter}. Berg")[0] for letter in letters]
    assert sorted(replaced) == list(letters)
    assert all(new != old for new, old in zip(replaced, letters, strict=True))


@settings(deadline=None)
@given(st.dates(date(1900, 1, 1), date(2060, 1, 1)), st.integers(0, 4000), st.integers(-9, 9).filter(bool))
def test_intervals_and_weekdays_survive_in_every_way_of_writing(first, days, years):
    second = first + timedelta(days=days)
    shapes = ["%Y-%m-%d", "%d/%m/%Y", "%d %B %Y", "%B %d, %Y", "%d %b %Y", "%d1430Z %b %Y"]
    for shape in shapes:
        moved = [date_of(shifted(day.strftime(shape), 52 * years), shape) for day in (first, second)]
        assert moved[1] - moved[0] == second - first
        assert moved[0].weekday() == first.weekday()


def date_of(text: str | None, shape: str) -> date:
    assert text is not None
    if "May" not in text and "%b" in shape and not re.search(r"\b[A-Z][a-z]{2}\b", text):
        shape = shape.replace("%b", "%B")  # from "May" nobody can tell whether months are written short
    return datetime.strptime(text, shape).date()


@pytest.mark.parametrize(
    ("value", "moved"),
    # 52 weeks are 364 days; counted by hand on a calendar
    [
        ("12-14 March 2024", "11-13 March 2025"),
        ("1-3 March 2024", "28 February-2 March 2025"),
        ("12 March - 3 April 2024", "11 March - 2 April 2025"),
        ("28 December to 3 January 2024", "26 December to 1 January 2025"),
        ("29 February 2024", "27 February 2025"),
        ("1–2 January 2024", "30–31 December 2024"),
        ("March 12-14, 2024", "March 11-13, 2025"),
        ("from 3 to 5 May 2023", "from 1 to 3 May 2024"),
        ("2021–2023", "2022–2024"),
        ("2021/22", "2022/23"),
        ("121430ZMAR24", "111430ZMAR25"),
        ("311830A DEC 2023", "291830A DEC 2024"),
        ("12 March 2021 at 1630", "11 March 2022 at 1630"),
        ("14 Mar 87", "12 Mar 88"),
    ],
)
def test_every_date_of_a_value_moves(value, moved):
    assert shifted(value, 52) == moved


@pytest.mark.parametrize("value", ["D+3", "H-2", "D-Day", "H-hour"])
def test_times_counted_from_a_day_stay(value):
    assert given_out("DATE_TIME", value) == value


figures = st.integers(0, 99_999)


@settings(deadline=None)
@given(figures, figures, figures, figures, st.integers(10_000, 89_999), st.integers(10_000, 89_999))
def test_distances_of_grids_in_a_square_survive(east, north, east2, north2, by_east, by_north):
    offset = GridOffset(by_east, by_north)
    moved = [move_grid(f"33U XP {e:05} {n:05}", offset) for e, n in ((east, north), (east2, north2))]
    assert all(re.fullmatch(r"33U XP \d{5} \d{5}", one or "") for one in moved)
    (e1, n1), (e2, n2) = [[int(part) for part in str(one).split()[2:]] for one in moved]
    assert ((e2 - e1) - (east2 - east)) % 100_000 == 0 and ((n2 - n1) - (north2 - north)) % 100_000 == 0
    assert (e1, n1) != (east, north)


@pytest.mark.parametrize(
    ("value", "moved"),
    # 23,456 m east and 78,901 m north in a square of 100 km; .23456 and .78901 of a degree; worked out by hand
    [
        ("33UXP1234567890", "33UXP3580146791"),
        ("33UXP 1234", "33UXP 3512"),
        ("TQ 123 456", "TQ 357 245"),
        ("51.5074, -0.1278", "51.2964, -0.3624"),
        ("51.5074°N 0.1278°W", "51.2964°N 0.3624°W"),
        ("51°30′26″N 0°07′39″W", "51°17′46″N 0°21′43″W"),
        ("51°30.5'N 000°07.2'W", "51°17.8'N 000°21.3'W"),
        ("513026N 0001239W", "511746N 0002643W"),
    ],
)
def test_grids_move_as_they_are_written(value, moved):
    assert move_grid(value, GridOffset(23_456, 78_901)) == moved


def test_whole_degrees_get_a_label():
    assert given_out("GRID", "N 51° E 7°").startswith("<GRID_")


@settings(deadline=None)
@given(keys)
def test_numbers_can_belong_to_nobody(key):
    def figures(entity: str, value: str) -> str:
        return "".join(c for c in given_out(entity, value, key) if c.isdigit())

    assert not passes_luhn(figures("CREDIT_CARD", "4111 1111 1111 1111"))
    assert not passes_luhn(figures("ID_NUMBER", "490154203237518"))  # an IMEI number
    assert given_out("IBAN_CODE", "GB82 WEST 1234 5698 7654 32", key)[:4] == "GB00"
    assert figures("UK_NHS", "943 476 5919")[:3] == "999"
    assert re.match(r"07700900|01632960|02079460|08081570", figures("PHONE_NUMBER", "01223 456789"))
    assert re.match(r"44(7700900|1632960|2079460|8081570)", figures("PHONE_NUMBER", "+44 1223 456789"))
    assert re.fullmatch(r"1\d{3}55501\d\d", figures("PHONE_NUMBER", "+1 202 456 1111"))
    assert re.fullmatch(r"\(\d{3}\) 555-01\d\d", given_out("PHONE_NUMBER", "(202) 456-1111", key))
    assert given_out("EMAIL_ADDRESS", "a@b.mil", key).endswith("@example.org")
    assert int(given_out("MAC_ADDRESS", "00:1a:2b:3c:4d:5e", key)[:2], 16) & 3 == 2
    assert ip_address(given_out("IP_ADDRESS", "fe80::1", key)) in ip_network("2001:db8::/32")


def test_luhn_is_luhn():
    assert passes_luhn("79927398713") and not passes_luhn("79927398710")  # the example of ISO/IEC 7812-1
    assert passes_luhn("490154203237518")
