"""Grid references and coordinates, moved by one offset per project so that distances within a square survive."""

import re
from dataclasses import dataclass

_SQUARE_M = 100_000  # side of a lettered square in MGRS (NGA.STND.0037) and the British National Grid
_FIGURES = re.compile(r"(?<!\d)(?:\d{2,5}[ ]\d{2,5}|(?:\d\d){2,5})(?!\d)")
_DECIMAL = re.compile(r"\d{1,3}\.(\d+)")
_DEGREES = re.compile(
    r"\d{1,3}[°º]\s?(?P<minutes>\d{1,2})(?P<tenths>\.\d+)?\s?['′’]?\s?"
    r"(?:(?P<seconds>\d{1,2})(?P<parts>\.\d+)?(?=\s?[\"″”]))?"
)
_PLAIN = re.compile(r"(?P<degrees>\d{2,3})(?P<minutes>[0-5]\d)(?P<seconds>[0-5]\d)?(?=[NS]|[EW])")


@dataclass(frozen=True, slots=True)
class GridOffset:
    """How far everything moves: meters east and north within a 100 km square, or the same fractions of a degree."""

    east_m: int  # 10,000 to 89,999, so that coordinates of any precision change
    north_m: int

    @property
    def shares(self) -> tuple[float, float]:
        """The offset in fractions of a degree: latitude, then longitude."""
        return self.north_m / _SQUARE_M, self.east_m / _SQUARE_M


def move_grid(value: str, offset: GridOffset) -> str | None:
    """Return `value` moved by `offset`; None if no coordinates can be read in it.

    The letters of the square, or the whole degrees, stay; digits that leave the square re-enter on its opposite side. The
    number of digits, and with it the precision, stays the same. Two references in the same square with the same precision
    keep their distance from each other, unless one wraps around and the other does not.
    """
    if _DECIMAL.search(value) and not _DEGREES.search(value):
        return _each_decimal(value, offset)
    if "°" in value or "º" in value:
        return _each(_DEGREES, value, offset)
    if _PLAIN.search(value):
        return _each(_PLAIN, value, offset)
    matches = list(_FIGURES.finditer(value))
    if not matches:
        return None
    match = matches[-1]  # the last one, after the zone and the letters
    return value[: match.start()] + _moved_figures(match[0], offset) + value[match.end() :]


def _moved_figures(figures: str, offset: GridOffset) -> str:
    east, blank, north = figures.partition(" ")
    if not blank:
        half = len(figures) // 2
        east, north = figures[:half], figures[half:]
    return f"{_turned(east, offset.east_m)}{blank}{_turned(north, offset.north_m)}"


def _turned(figures: str, by_m: int) -> str:
    """Move digits of any precision (one to five; the first counts 10 km) by `by_m` meters, wrapping within the square."""
    precision = len(figures)
    return str((int(figures) + by_m // 10 ** (5 - precision)) % 10**precision).zfill(precision)


def _each_decimal(value: str, offset: GridOffset) -> str | None:
    shares = iter(offset.shares)

    def moved(match: re.Match[str]) -> str:
        digits = match[1]
        unit = 10 ** len(digits)
        turned = (int(digits) + round(next(shares, 0.5) * unit)) % unit
        return f"{match[0][: -len(digits)]}{str(turned).zfill(len(digits))}"

    out = _DECIMAL.sub(moved, value)
    return out if out != value else None


def _each(shape: re.Pattern[str], value: str, offset: GridOffset) -> str | None:
    shares = iter(offset.shares)
    out = shape.sub(lambda match: _moved_minutes(match, next(shares, 0.5)), value)
    return out if out != value else None


def _moved_minutes(match: re.Match[str], share: float) -> str:
    """Move minutes, and seconds if present, by `share` of a degree.

    They wrap within the degree, and the move is rounded to units of their last digit.
    """
    groups = match.groupdict()
    fraction = groups.get("parts") if groups.get("seconds") else groups.get("tenths")
    scale = 10 ** len((fraction or ".")[1:])
    unit_count = (3600 if groups.get("seconds") else 60) * scale
    minutes, seconds = int(groups["minutes"]), int(groups.get("seconds") or 0)
    now = (minutes * 60 + seconds if groups.get("seconds") else minutes) * scale + int(
        (fraction or ".0")[1:] if fraction else 0
    )
    moved = (now + round(share * unit_count)) % unit_count
    whole, rest = divmod(moved, scale)
    new = {"minutes": str(whole // 60 if groups.get("seconds") else whole).zfill(2)}
    if groups.get("seconds"):
        new["seconds"] = str(whole % 60).zfill(2)
    if fraction:
        new["parts" if groups.get("seconds") else "tenths"] = "." + str(rest).zfill(len(fraction) - 1)
    out, at = [], match.start()
    for name in sorted(new, key=match.start):
        start, end = match.span(name)
        out += [match.string[at:start], new[name]]
        at = end
    return "".join([*out, match.string[at : match.end()]])
