"""Invented values: names that sound like names and belong to nobody known, and values reshaped digit by digit."""

from collections.abc import Iterator

# Uncommon given names, so that one seldom meets a real one of the project; either sex.
GIVEN = (
    "Alaric Ambrose Anselm Ariadne Aurelia Balthazar Beatrix Benedikt Briony Calliope Caspian Cecily Clovis Corwin Cosima "
    "Delphine Desmond Dorian Eleanora Elswyth Emeric Evander Fabian Faye Ferdinand Fidelia Florian Gideon Ginevra Godric "
    "Gwendolen Hadrian Hartley Hermia Horatio Ignatius Imogen Isolde Ivo Jocasta Jolyon Juno Kendrick "
    "Kerensa Lavinia Leander "
    "Lysander Lucasta Magnus Marcella Meredith Merrick Nerissa Nestor Octavia Odile Orson Osric Peregrine Perpetua Philippa "
    "Quentin Quilla Ramona Reinhold Rosamund Rupert Sabina Septimus Sidonie Sylvain Tamsin Thaddea Theobald Ulric Ursula "
    "Valentin Verity Viola Wilfred Winifred Xanthe Yolande Yorick Zebedee Zinnia"
).split()
_START = (
    "Ash Bel Brad Bran Burn Cald Carl Chil Cor Dal Den Dor Dun East El Elm Fair Fal Farn Fen Gar Glen Green Hal Ham Har Haw "
    "Hol Ing Kel Ken Kil Lang Lin Lod Mar Mel Mer Mil Mor Nor Oak Or Pem Pen Raven Red Ren Ros Sel Shel Stan Stav Swin Tal "
    "Thorn Tor Trev Ul Vern Wal War Wel Wes Whit Wil Win Wol Yar Zan"
).split()
_MIDDLE = ["", "", "er", "en", "in", "al", "o", "ing", "et", "un"]
_NAME_END = (
    "bourne brook croft dale dane don field ford gate grave ham hurst land ley low man mere more stead "
    "stone ton vale ward wick worth"
).split()
_PLACE_END = (
    "bury by chester combe dale den fell firth ford ham haven holm leigh mouth ness port shaw stead stow "
    "thorpe ton vale wick"
).split()


class Dice:
    """A stream of numbers from secret bytes: the same bytes give the same stream."""

    def __init__(self, source: Iterator[int]) -> None:
        self._source = source

    def below(self, limit: int) -> int:
        """A number from 0 to `limit` - 1 (limit at most 65,536; the bias is under 1 in 250 for these lists)."""
        return ((next(self._source) << 8) | next(self._source)) % limit

    def pick(self, items: list[str]) -> str:
        """One of the items."""
        return items[self.below(len(items))]


def surname(dice: Dice) -> str:
    """Such as "Thornerdale"; 17,000 different ones."""
    return dice.pick(_START) + dice.pick(_MIDDLE) + dice.pick(_NAME_END)


def place(dice: Dice) -> str:
    """Such as "Melhaven"; 16,000 different ones."""
    return dice.pick(_START) + dice.pick(_MIDDLE) + dice.pick(_PLACE_END)


def given_name(dice: Dice) -> str:
    """One of the given names."""
    return dice.pick(GIVEN)


def reshaped(value: str, dice: Dice) -> str:
    """The same shape with other letters and digits: "AB-1234" becomes "QX-8071"; a leading zero and "+" stay."""
    out: list[str] = []
    for index, character in enumerate(value):
        if character.isdigit():
            is_first = not any(c.isdigit() for c in value[:index])
            out.append(
                character if is_first and character == "0" else str(1 + dice.below(9) if is_first else dice.below(10))
            )
        elif character.isalpha():
            letter = "ABCDEFGHJKLMNPQRSTUVWXYZ"[dice.below(24)]
            out.append(letter if character.isupper() else letter.lower())
        else:
            out.append(character)
    return "".join(out)


def cased(value: str, like: str) -> str:
    """`value` in capitals or small letters when `like` is."""
    if len(like) > 1 and like.isupper():
        return value.upper()
    return value.lower() if like.islower() else value
