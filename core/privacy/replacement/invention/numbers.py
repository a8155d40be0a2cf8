"""Numbers and addresses that look real but belong to nobody: reserved ranges, and check digits that are wrong on purpose.

Sources: telephone numbers for use in drama by Ofcom (01632 960000 to 960999, 020 7946 0000 to 0999, 07700 900000 to 900999,
08081 570000 to 570999), the North American Numbering Plan (line numbers 555-0100 to 555-0199), the Bundesnetzagentur
(030 23125 000 to 999, 069 90009 000 to 999, 040 66969 000 to 999) and Arcep (01 99 00, 02 61 91, 03 53 01, 04 65 71,
05 36 49 and 06 39 98, each followed by four digits); documentation addresses from RFC 5737 (IPv4) and RFC 3849 (IPv6),
benchmark addresses from RFC 2544; ISO 13616 (IBAN check digits are 02 to 98); ISO/IEC 7812-1 (the Luhn check digit of card
numbers, which the IMEI numbers of 3GPP TS 23.003 use too); NHS numbers that begin with 999 are only for tests (NHS England,
synthetic data). A surrogate that passed its check could be somebody's account, so it is made to fail.
"""

import re
from collections.abc import Callable

from core.privacy.replacement.invention.invented import Dice, reshape

_UK = ("1632960", "2079460", "7700900", "8081570")
_DE = ("3023125", "6990009", "4066969")
_FR = ("19900", "26191", "35301", "46571", "53649", "63998")
_DOCUMENTATION_NETS = ("192.0.2", "198.51.100", "203.0.113")
_AT_HOME = ("0", "")  # prefixes of numbers in national format
_EXTENSION = re.compile(r"(?i)\s*(?:ext\.?|extension|x)\s*\d+$")
_COUNTRY = re.compile(r"\(?(?:\+|00)\d{1,3}\b\)?")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_IPV6 = re.compile(r"[0-9A-Fa-f:]*:[0-9A-Fa-f:]*")


def fill_digits(figures: str, shape: str) -> str:
    """Return `shape` with its digits replaced by those of `figures`, which has as many."""
    given = iter(figures)
    return "".join(next(given) if character.isdigit() else character for character in shape)


def phone(value: str, dice: Dice) -> str:
    """Return a number from a range reserved for films and books if the country is known, else one with other digits."""
    extension = _EXTENSION.search(value)
    if extension:
        return phone(value[: extension.start()], dice) + reshape(extension[0], dice, keeps_letters=True)
    digits = "".join(character for character in value if character.isdigit())
    for prefixes, length, numbers in _PLANS:
        prefix = next((p for p in prefixes if digits.startswith(p) and len(digits) - len(p) == length), None)
        if prefix is not None and (prefix == "1" or is_international(value) == (prefix not in _AT_HOME)):
            return fill_digits(prefix + numbers(dice), value)
    country = _COUNTRY.match(value)  # no reserved range is known for this country: keep its code
    kept = country[0] if country else ""
    return kept + reshape(value[len(kept) :], dice)


def is_international(value: str) -> bool:
    """Return whether a telephone number begins with a country code."""
    return value.lstrip(" (").startswith(("+", "00"))


def _drama(prefixes: tuple[str, ...], length: int) -> Callable[[Dice], str]:
    def numbers(dice: Dice) -> str:
        prefix = dice.pick(list(prefixes))
        return prefix + "".join(str(dice.below(10)) for _ in range(length - len(prefix)))

    return numbers


def _nanp(dice: Dice) -> str:
    """Return an area code (2 to 9, 0 to 8, 2 to 9: never N11), then 555 and a line number from 0100 to 0199."""
    return f"{2 + dice.below(8)}{dice.below(9)}{2 + dice.below(8)}55501{dice.below(100):02}"


# Prefixes, how many digits follow them, and what makes the new digits; "440" is written "+44 (0)".
_PLANS: tuple[tuple[tuple[str, ...], int, Callable[[Dice], str]], ...] = (
    (("440", "00440"), 10, _drama(_UK, 10)),
    (("44", "0044"), 10, _drama(_UK, 10)),
    (("490", "49", "0049"), 10, _drama(_DE, 10)),
    (("330", "33", "0033"), 9, _drama(_FR, 9)),
    (("1", "001"), 10, _nanp),
    (("0",), 10, _drama(_UK, 10)),
    (("0",), 9, _drama(_FR, 9)),
    (("",), 10, _nanp),
)


def passes_luhn(figures: str) -> bool:
    """Return whether the last digit is the right check digit for the others (ISO/IEC 7812-1, annex B)."""
    doubled = [int(figure) * (2 if index % 2 else 1) for index, figure in enumerate(reversed(figures))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0


def code(value: str, dice: Dice) -> str:
    """Return other letters and digits in the same shape; 13 to 19 digits never pass the check of card and IMEI numbers."""
    out = reshape(value, dice)
    figures = "".join(character for character in out if character.isdigit())
    if 13 <= len(figures) <= 19 and passes_luhn(figures):
        return fill_digits(f"{figures[:-1]}{(int(figures[-1]) + 1 + dice.below(9)) % 10}", out)
    return out


def iban(value: str, dice: Dice) -> str:
    """Return an IBAN of the same country with other digits and check digits 00, which no account has.

    A value without check digits in their place is only reshaped.
    """
    return f"{value[:2]}00{reshape(value[4:], dice)}" if value[2:4].isdigit() else reshape(value, dice)


def nhs(value: str, dice: Dice) -> str:
    """Return a number that begins with 999, in the same shape; a value without ten digits is only reshaped."""
    count = sum(character.isdigit() for character in value)
    return (
        fill_digits("999" + "".join(str(dice.below(10)) for _ in range(count - 3)), value)
        if count == 10
        else reshape(value, dice)
    )


def ip_address(value: str, dice: Dice) -> str:
    """Return a documentation address, or for one in four IPv4 addresses a benchmark address; a port or mask is kept."""
    if value.count(":") > 1:
        new = f"2001:db8::{dice.below(65536):x}:{dice.below(65536):x}"
        return _IPV6.sub(new, value, count=1)
    if dice.below(4):
        new = f"{dice.pick(list(_DOCUMENTATION_NETS))}.{1 + dice.below(254)}"
    else:
        new = f"198.{18 + dice.below(2)}.{dice.below(256)}.{1 + dice.below(254)}"
    return _IPV4.sub(new, value, count=1)


def mac_address(value: str, dice: Dice) -> str:
    """Return a locally administered address (IEEE 802: second bit of the first byte) in the same shape."""
    figures = iter("02" + "".join(f"{dice.below(16):x}" for _ in range(10)))
    out = "".join(next(figures, "0") if character.isalnum() else character for character in value)
    return out.upper() if value.isupper() else out
