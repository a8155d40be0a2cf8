"""Random documents with planted personal data, and a detector with the real interface that finds what was planted.

Every document follows from its seed alone. Names stand in several scripts, some with combining and zero-width characters;
lines end in several ways; values repeat, touch each other, overlap, and stand at the very start and end.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from core.privacy.detection.overlaps import resolve
from core.privacy.replacement.surrogates import SurrogateTable
from core.records import Detection, Span, new_id

GIVEN = [
    "Anneke",
    "Zoe\u0308",
    "Søren",
    "José",
    "Иван",
    "Ελένη",
    "محمد",
    "שרה",
    "小明",
    "An\u200dna",
    "Li\u200bsa",
    "RUTH",
    "O’Neil",
]
FAMILY = [
    "Berglund",
    "Åkesson",
    "Muñoz",
    "Петров",
    "Παππά",
    "علي",
    "כהן",
    "王",
    "d’Orsay",
    "van der Zyl",
    "Schmidt-Ott",
    "NG",
]
PLACES = ["Trondheim", "Kraków", "São Tomé", "Харків", "Łódź", "Bad Tölz"]
FILLER = (
    "the pump is checked every morning and the oil is changed after twelve hours of work . , ; winch rope valve Section "
    "temperature must not exceed limit of 40 bar ( see table ) operator wears gloves naïve façade – „so“ 3.5 ½ ﬁne "
    "e\u0301 \u00ad"
).split()
ENDS = ["\n", "\n\n", "\r\n", "\u2028", "\r", "\t", " ", "\u00a0", "\x0b"]


@dataclass(frozen=True)
class Planted:
    """A text and the places of personal data in it, which may overlap."""

    text: str
    places: tuple[Detection, ...]


def value(rng: random.Random) -> tuple[str, str]:
    """A value and its type."""
    digits = "".join(rng.choice("0123456789") for _ in range(10))
    kind = rng.randrange(12)
    person = f"{rng.choice(GIVEN)}{rng.choice([' ', '  ', chr(160), '-'])}{rng.choice(FAMILY)}"
    dotted = f"{1 + int(digits[0])}.0{1 + int(digits[1]) % 9}.19{digits[2:4]}"
    if kind < 4:
        return "PERSON", rng.choice([person, person.upper(), rng.choice(FAMILY), f"{person[0]}. {rng.choice(FAMILY)}"])
    return [
        ("EMAIL_ADDRESS", f"user{digits[:4]}@{rng.choice(['unit', 'depot'])}.mil"),
        ("PHONE_NUMBER", f"+49 {digits[:3]} {digits[3:]}"),
        ("GRID", f"32U MV {digits[:5]} {digits[5:]}"),
        ("DATE_TIME", rng.choice([dotted, f"1{digits[0]} May 20{digits[:2]}"])),
        ("REFERENCE", f"AB-{digits[:6]}/{digits[6]}"),
        ("LOCATION", rng.choice(PLACES)),
        ("ORGANIZATION", f"{rng.choice(FAMILY)} GmbH"),
        ("ID_NUMBER", digits),
    ][kind - 4]  # fmt: skip


def document(seed: int, *, pieces: int = 0) -> Planted:
    """The document of a seed: up to 30 values among up to 200 words; sometimes empty, sometimes one value alone."""
    rng = random.Random(seed)
    size = pieces or rng.choice([0, 1, 2, 5, 20, 60, 200])
    text, places, known = "", [], [value(rng) for _ in range(1 + size // 8)]
    for _ in range(size):
        if rng.random() < 0.25:
            entity, planted = rng.choice(known)
            start = len(text)
            text += planted
            places.append(_place(rng, start, len(text), entity))
            if rng.random() < 0.2:  # another finder takes it for something else, and sees other bounds
                places.append(_place(rng, max(0, start - rng.randrange(4)), len(text), rng.choice(known)[0]))
            text += rng.choice(["", " ", " ", " ", ", ", *ENDS])
        else:
            text += rng.choice(FILLER) + (rng.choice(ENDS) if rng.random() < 0.1 else " ")
    return Planted(text, tuple(places))


def _place(rng: random.Random, start: int, end: int, entity: str) -> Detection:
    return Detection(start=start, end=end, entity=entity, score=round(rng.uniform(0.4, 1.0), 2), detector=rng.choice("ab"))


class PlantedDetector:
    """Finds what was planted; the same interface as the real one."""

    def __init__(self, documents: Sequence[Planted]) -> None:
        self._places = {planted.text: planted.places for planted in documents}

    def detect(self, texts: Sequence[str]) -> list[list[Detection]]:
        """Sorted detections without overlap for each text."""
        return [resolve(text, self._places.get(text, ())) for text in texts]


def spans_of(document_id: str, text: str, found: Sequence[Detection], table: SurrogateTable) -> list[Span]:
    """Detections as spans with the surrogates of a project."""
    return [
        Span(
            id=new_id("span"),
            document_id=document_id,
            start=d.start,
            end=d.end,
            entity=d.entity,
            score=d.score,
            detector=d.detector,
            surrogate=table.surrogate(d.entity, text[d.start : d.end]),
        )
        for d in found
    ]
