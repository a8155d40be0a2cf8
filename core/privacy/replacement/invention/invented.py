"""Invented values: names that sound real but belong to nobody known, and values reshaped digit by digit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.privacy.recognizers.people.given_names import Gender, script_of

# Uncommon given names, so that they seldom coincide with a real one in the project.
_FEMALE = (
    "Ariadne Aurelia Beatrix Briony Calliope Cecily Cosima Delphine Eleanora Elswyth Faye Fidelia Ginevra Gwendolen Hermia "
    "Imogen Isolde Jocasta Juno Kerensa Lavinia Lucasta Marcella Meredith Nerissa Octavia Odile Perpetua Philippa Quilla "
    "Ramona Rosamund Sabina Sidonie Tamsin Thaddea Ursula Verity Viola Winifred Xanthe Yolande Zinnia"
).split()
_MALE = (
    "Alaric Ambrose Anselm Balthazar Benedikt Caspian Clovis Corwin Desmond Dorian Emeric Evander Fabian Ferdinand Florian "
    "Gideon Godric Hadrian Hartley Horatio Ignatius Ivo Jolyon Kendrick Leander Lysander Magnus Merrick Nestor Orson Osric "
    "Peregrine Quentin Reinhold Rupert Septimus Sylvain Theobald Ulric Valentin Wilfred Yorick Zebedee"
).split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alphabet:
    """The parts that names in one script are made of; `female_ends` end women's surnames where their form differs."""

    female: Sequence[str]
    male: Sequence[str]
    starts: Sequence[str]
    middles: Sequence[str]
    name_ends: Sequence[str]
    female_ends: Sequence[str] = ()
    place_ends: Sequence[str]
    letters: str


ALPHABETS = {
    "LATIN": Alphabet(
        female=_FEMALE,
        male=_MALE,
        starts=(
            "Ash Bel Brad Bran Burn Cald Carl Chil Cor Dal Den Dor Dun East El Elm Fair Fal Farn Fen Gar Glen Green Hal Ham "
            "Har Haw Hol Ing Kel Ken Kil Lang Lin Lod Mar Mel Mer Mil Mor Nor Oak Or Pem Pen Raven Red Ren Ros Sel Shel "
            "Stan Stav Swin Tal Thorn Tor Trev Ul Vern Wal War Wel Wes Whit Wil Win Wol Yar Zan"
        ).split(),
        middles=["", "", "er", "en", "in", "al", "o", "ing", "et", "un"],
        name_ends=(
            "bourne brook croft dale dane don field ford gate grave ham hurst land ley low man mere more stead "
            "stone ton vale ward wick worth"
        ).split(),
        place_ends=(
            "bury by chester combe dale den fell firth ford ham haven holm leigh mouth ness port shaw stead stow "
            "thorpe ton vale wick"
        ).split(),
        letters="ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    ),
    "CYRILLIC": Alphabet(
        female="Аглая Варвара Десислава Златослава Клавдия Мелания Милица Пелагея Серафима Устинья Фаина Ярина".split(),
        male="Аристарх Велимир Всеволод Евстафий Любомир Мефодий Прокл Радомир Савватий Тихомир Фаддей Яромир".split(),
        starts="Бел Бор Вел Вор Гор Дуб Жар Зар Кал Кос Лип Мор Нев Ол Пер Рав Рог Сос Тал Терн Хол Чер Шум Яр".split(),
        middles=["", "", "ен", "ов", "ин", "ан", "ер", "ол"],
        name_ends="ский ич ук ак ов ев ин енко".split(),
        female_ends="ская ова ева ина".split(),
        place_ends="град ово ино поль бор горск ичи ец".split(),
        letters="АБВГДЕЖЗИКЛМНОПРСТУФХЧШЯ",
    ),
    "GREEK": Alphabet(
        female="Ευρυδίκη Θάλεια Κλειώ Μελπομένη Ξανθίππη Ουρανία Πολυξένη Ανδρομάχη".split(),
        male="Αρίσταρχος Εύανδρος Θησέας Λέανδρος Νέστωρ Ορφέας Πολύδωρος Φιλοκτήτης".split(),
        starts="Αλ Βελ Γαλ Δελ Ελ Ζαν Καλ Λαμ Μαρ Ναυ Ορ Παλ Ροδ Σαλ Ταρ Φιλ Χαλ Ψαρ".split(),
        middles=["", "αν", "ερ", "ικ", "ον", "αρ"],
        name_ends="όπουλος ίδης άκης έας ιάδης ούσης".split(),
        female_ends="οπούλου ίδου άκη έα ιάδου ούση".split(),
        place_ends="ούπολη οχώρι ονήσι άδα ικό ίτσα".split(),
        letters="ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
    ),
    "ARABIC": Alphabet(
        female="ياقوتة لؤلؤة سوسنة زمردة فيروزة نرجس بلقيس ميسون".split(),
        male="غيهب صخر قصي نوفل برهان سرحان دريد ضرغام".split(),
        starts="بر تل جم در زه سن شر طل عب غر فر قر كر لم مر نه".split(),
        middles=["", "ا", "و", "ي", "ما", "دا"],
        name_ends="ان ور يل ام ين ون اوي".split(),
        place_ends="ستان اباد ية ون ات".split(),
        letters="ابتجدرزسشصطعغفقكلمنهوي",
    ),
    "HEBREW": Alphabet(
        female="כרמלה צופיה אודליה תמרה ורדית ציפורה נחמיאלה שפירה".split(),
        male="אביתר זבולון ידידיה נחשון עתניאל פנחס צדקיהו שאלתיאל".split(),
        starts="בר גל דר הר זר חל טל כר לב מר נר סל ער פל צר קר רם שק".split(),
        middles=["", "מ", "ד", "נ", "ב"],
        name_ends="ון אל ית ני מור זון קי".split(),
        place_ends="יה ון ים ות אל".split(),
        letters="אבגדהוזחטיכלמנסעפצקרשת",
    ),
}


class Dice:
    """A stream of random numbers from secret bytes: the same bytes give the same stream."""

    def __init__(self, source: Iterator[int]) -> None:
        self._source = source

    def below(self, limit: int) -> int:
        """Return a number from 0 to `limit` - 1 (limit at most 65,536; the bias is under 1 in 250 for these lists)."""
        return ((next(self._source) << 8) | next(self._source)) % limit

    def pick(self, items: Sequence[str]) -> str:
        """Return one of the items."""
        return items[self.below(len(items))]


def surname(dice: Dice, script: str = "LATIN", *, is_female: bool = False, syllables: int = 1) -> str:
    """Invent a surname such as "Thornerdale"; Latin letters give 17,000, and many more with more middle `syllables`."""
    letters = ALPHABETS[script]
    middle = "".join(dice.pick(letters.middles) for _ in range(syllables))
    return dice.pick(letters.starts) + middle + dice.pick(letters.female_ends if is_female else letters.name_ends)


def place(dice: Dice, script: str = "LATIN", *, syllables: int = 1) -> str:
    """Invent a place name such as "Melhaven"; Latin letters give 16,000 different ones."""
    letters = ALPHABETS[script]
    return (
        dice.pick(letters.starts)
        + "".join(dice.pick(letters.middles) for _ in range(syllables))
        + dice.pick(letters.place_ends)
    )


def is_writable(word: str) -> bool:
    """Return whether names can be invented in the word's script."""
    return script_of(word) in ALPHABETS


def given_name(dice: Dice, script: str = "LATIN", *, gender: Gender = "") -> str:
    """Return one of the given names, of either gender if `gender` is unknown."""
    letters = ALPHABETS[script]
    known = {"female": letters.female, "male": letters.male}
    return dice.pick(known.get(gender) or (*letters.female, *letters.male))


def reshape(value: str, dice: Dice, *, keeps_letters: bool = False) -> str:
    """Replace digits and letters at random in the same shape: "AB-1234" becomes "QX-8071".

    A leading zero, "+" and other signs stay, and with `keeps_letters` the letters too.
    """
    out: list[str] = []
    for index, character in enumerate(value):
        if character.isdigit():
            is_first = not any(c.isdigit() for c in value[:index])
            out.append(
                character if is_first and character == "0" else str(1 + dice.below(9) if is_first else dice.below(10))
            )
        elif character.isalpha() and not keeps_letters:
            letter = "ABCDEFGHJKLMNPQRSTUVWXYZ"[dice.below(24)]
            out.append(letter if character.isupper() else letter.lower())
        else:
            out.append(character)
    return "".join(out)


def match_case(value: str, like: str) -> str:
    """Return `value` in uppercase or lowercase if `like` is; a single capital does not count as uppercase."""
    if len(like) > 1 and like.isupper():
        return value.upper()
    return value.lower() if like.islower() else value
