"""Candidate surrogates for a value: realistic if its type allows it, in its script and of its length."""

import re
from collections.abc import Callable, Iterator

from core.privacy.entities import TYPE_OF, Invention, invented_as
from core.privacy.recognizers.people.given_names import (
    Gender,
    gender_of,
    is_female_surname,
    is_given_name,
    length_class,
    script_of,
)
from core.privacy.recognizers.people.name_forms import NAME_PART
from core.privacy.replacement.invention import numbers
from core.privacy.replacement.invention.invented import (
    ALPHABETS,
    Dice,
    given_name,
    is_writable,
    match_case,
    place,
    reshape,
    surname,
)
from core.privacy.text.vocabulary import is_generic

TRIES = 400
_OF_ITS_LENGTH = 40  # the first tries, which must match the value's length class
_SIMPLE = 200  # the first tries, with one middle syllable; longer names only when these run out
_SHORT_ENDS = ("", "e", "y", "o", "s")
_SCHEME = re.compile(r"(?i)[a-z]+://")
DiceAt = Callable[[int], Dice]


def name_parts(word: str, dice_at: DiceAt, *, gender: Gender, is_surname: bool, first: int = 0) -> Iterator[str]:
    """Yield candidates for one word of a person's name: surnames or given names of its gender, script and length class.

    Tries before number `first` are skipped.
    """
    script = script_of(word)
    is_given = is_given_name(word) if is_surname else True
    for turn in range(first, TRIES):
        dice = dice_at(turn)
        if is_given and turn < _SIMPLE // 2:
            name = given_name(dice, script, gender=gender_of(word) or gender)
        elif script == "LATIN" and not length_class(word) and turn < _OF_ITS_LENGTH:
            name = dice.pick(ALPHABETS[script].starts) + dice.pick(_SHORT_ENDS)
        else:
            name = surname(dice, script, is_female=is_female_surname(word), syllables=1 if turn < _SIMPLE else 2)
        if turn >= _OF_ITS_LENGTH or length_class(name) == length_class(word):
            yield name


def initials(dice: Dice, script: str) -> dict[str, str]:
    """Return a letter for each letter of the script, never the same one (Sattolo's shuffle makes a single cycle)."""
    letters = ALPHABETS[script].letters
    order = list(letters)
    for index in range(len(order) - 1, 0, -1):
        other = dice.below(index)
        order[index], order[other] = order[other], order[index]
    return dict(zip(letters, order, strict=True))


def candidates(entity: str, value: str, dice_at: DiceAt, *, first: int = 0) -> Iterator[str]:
    """Yield values of the same kind as `value`, from try `first` on; none if a numbered label serves better."""
    invent = _INVENTIONS.get(TYPE_OF[entity].invention) if entity in TYPE_OF else None
    if invent is None or not is_writable(value) and entity in _PLACES:
        return
    for turn in range(first, TRIES):
        yield invent(value, dice_at(turn))


def invented_words(entity: str, form: str) -> set[str]:
    """Return the names in a candidate's plain form: "delford" and "fenwick" in "12 delford road, fenwick"."""
    if entity not in _OF_SEVERAL_WORDS:
        return set()
    return set(filter(may_be_invented, NAME_PART.findall(_SCHEME.sub("", form))))


def may_be_invented(word: str) -> bool:
    """Return whether a plain word may be a name in a candidate, not a word that many share ("road", "barracks")."""
    return word not in _ALWAYS_THERE and not is_generic(word)


def _with_kind(name: str, value: str) -> str:
    """Return the invented name with the value's word for its kind, if any: "Delford Barracks", "Halbrook Court"."""
    words = value.split()
    return f"{match_case(name, value)} {words[-1]}" if len(words) > 1 and is_generic(words[-1]) else match_case(name, value)


def _place(value: str, dice: Dice) -> str:
    return _with_kind(place(dice, script_of(value), syllables=1 + dice.below(4) // 3), value)


def _organization(value: str, dice: Dice) -> str:
    return _with_kind(surname(dice, script_of(value), syllables=1 + dice.below(4) // 3), value)


def _address(value: str, dice: Dice) -> str:
    return f"{1 + dice.below(299)} {surname(dice)} Road, {place(dice)}"


def _email(value: str, dice: Dice) -> str:
    """Return an address at example.org, which RFC 2606 reserves for examples."""
    return f"{given_name(dice)}.{surname(dice, syllables=1 + dice.below(4) // 3)}@example.org".lower()


def _url(value: str, dice: Dice) -> str:
    scheme = _SCHEME.match(value)
    host = f"{place(dice, syllables=1 + dice.below(4) // 3).lower()}.example.org"
    return f"{scheme[0].lower() if scheme else ''}{host}"


_PLACES = invented_as("place", "organization")
_OF_SEVERAL_WORDS = _PLACES | invented_as("address", "email address", "host", "web address")
_ALWAYS_THERE = frozenset(("road", "example", "org"))
# What is not here is replaced by rules of its own (persons, dates, grid references) or by a numbered label.
_INVENTIONS: dict[Invention, Callable[[str, Dice], str]] = {
    "IBAN": numbers.iban,
    "IP address": numbers.ip_address,
    "MAC address": numbers.mac_address,
    "NHS number": numbers.nhs,
    "address": _address,
    "code": numbers.code,
    "email address": _email,
    "figures": reshape,
    "frequency": lambda value, dice: reshape(value, dice, keeps_letters=True),
    "host": lambda value, dice: f"{place(dice).lower()}-{dice.below(1000)}",
    "organization": _organization,
    "phone number": numbers.phone,
    "place": _place,
    "web address": _url,
}
