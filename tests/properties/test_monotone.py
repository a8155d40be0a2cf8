"""Adding a sentence to a text uncovers no name that was masked without it: the real detector, both levels."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.privacy import Detector, build_detector

from .profile import examples

pytestmark = pytest.mark.model

MODELS = Path(sys.prefix) / "share/garrison/models"
PEOPLE = [  # invented; several names are common words, too
    ("Hannah", "Merrick"), ("Orla", "Tarkwell"),
    ("Mark", "Rose"), ("Will", "Black"), ("Grace", "Pike"), ("Luis", "Bergmoor"),
    ("Jean-Marc", "Zielinski"), ("Nora", "O'Brien"), ("Pieter", "van der Zyl"), ("Hélène", "Dubreuil"), ("Ida", "Cole-Whit"),
    ("Frank", "Reed"), ("Heather", "Stone"), ("Moses", "Okereke"),
]  # fmt: skip
COMMON = frozenset(("Rose", "Black", "Pike", "Reed", "Stone"))
# What proves a name: a rule, or its full form, which a model must know.
RULED = [
    "We met Mr {last} there.", "Sgt {last} opened the gate.", "Name: {full}\nTrade: fitter", "Dr {full} examined the pump.",
    "Ask for {last} at {mail} tomorrow.",
]  # fmt: skip
FULL = ["{full} checked the valve on Monday and signed the sheet.", "The report of {full} was read aloud."]
MENTIONS = ["Later {last} closed it.", "The key lies with {full} now.", "{last} answered.", "It is {last}'s locker."]
ADDED = [
    "Later {small} brought it back.", "[10:40] {small}: on my way.", "[10:40] {small_last}: OK, I come.",
    "Ask {small_last} about it.",
    "{small} came late.", "{small_last} knows, and {small_first} too.", "Nobody knows why no {small_last} was there.",
    "No {last} was there, and another {last} came.", "Both {full} and two others left.", "Write to {mail} soon.",
    "THE SHEET OF {large} IS MISSING.", "OK.", "thank you", "The pump will be repaired.", "See the {small_last}s.",
    "The pressure rose to 4 bar, so mark the black cable and the reed.",
]  # fmt: skip
ADDED_COMMON = [
    "The {small_last} was old.",
    "A {small_last} lay there.",
    "Each {small_last} is checked.",
    "No {small_last}s.",
]


@dataclass(frozen=True)
class Case:
    """A text in sentences, the words of the name in it, and the sentence that is put before one of them or at the end."""

    sentences: tuple[str, ...]
    words: tuple[str, ...]
    added: str
    at: int
    gap: str

    @property
    def before(self) -> str:
        return self.gap.join(self.sentences)

    @property
    def after(self) -> str:
        return self.gap.join([*self.sentences[: self.at], self.added, *self.sentences[self.at :]])

    def moved(self, place: int) -> int:
        """Where a character of `before` stands in `after`."""
        end = sum(len(sentence) + len(self.gap) for sentence in self.sentences[: self.at])
        return place if place < end else place + len(self.added) + len(self.gap)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    first, last = draw(st.sampled_from(PEOPLE))
    full = f"{first} {last}"
    forms = {
        "full": full, "last": last, "small": full.lower(), "small_first": first.lower(), "small_last": last.lower(),
        "large": full.upper(), "mail": f"{first}.{last.replace(' ', '')}@unit.example".lower().replace("'", ""),
    }  # fmt: skip
    is_small = draw(st.integers(0, 5)) == 0  # a text without any capital
    proof = draw(st.sampled_from(RULED if is_small else [*RULED, *FULL])).format(**forms)
    mentions = draw(st.lists(st.sampled_from([m for m in MENTIONS if not is_small or "full" not in m]), max_size=3))
    written = [sentence.lower() if is_small else sentence for sentence in (proof, *(m.format(**forms) for m in mentions))]
    return Case(
        sentences=tuple(written),
        words=(first, last),
        added=draw(st.sampled_from([*ADDED, *(ADDED_COMMON if last in COMMON else [])])).format(**forms),
        at=draw(st.integers(0, len(written))),
        gap=draw(st.sampled_from(["\n\n", "\n", " "])),
    )


def covered(detector: Detector, text: str, words: tuple[str, ...]) -> dict[int, bool]:
    """Where the last word of the name begins in a text, however it is written, and whether it is masked whole there."""
    (found,) = detector.detect([text])
    places = [match.span() for match in re.finditer(rf"\b{re.escape(words[-1])}\b", text, re.IGNORECASE)]
    return {start: any(d.start <= start and end <= d.end for d in found) for start, end in places}


@pytest.mark.parametrize("models", [("en-core-web-md",), ("en-core-web-md", "rampart")], ids=["standard", "thorough"])
def test_a_sentence_that_is_added_uncovers_no_name(models: tuple[str, ...]) -> None:
    detector = build_detector(*(MODELS / name for name in models))

    @examples(100)
    @given(cases())
    def nothing_is_uncovered(case: Case) -> None:
        after = covered(detector, case.after, case.words)
        for start, is_masked in covered(detector, case.before, case.words).items():
            assert after[case.moved(start)] or not is_masked, (case.before, case.after)

    nothing_is_uncovered()
