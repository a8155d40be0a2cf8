"""Personal data in text: models and rules, filtered, put to the vote, spread through the document, overlaps resolved."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.privacy.filters import Filter
from core.privacy.overlaps import resolve
from core.privacy.pieces import pieces
from core.privacy.propagation import propagate
from core.privacy.treatments import outside_replaced
from core.privacy.vocabulary import recased
from core.privacy.voting import vote
from core.records import Detection, Document, Span, new_id

if TYPE_CHECKING:
    from core.privacy.engine import Engine
    from core.privacy.rampart import Rampart


class Detector(Protocol):
    """Finds personal data in whole documents."""

    def detect(self, texts: Sequence[str]) -> list[list[Detection]]:
        """For each text its detections, sorted and without overlap."""
        ...


class PresidioDetector:
    """Model and rules over pieces, then filter, vote, overlaps and propagation over each whole text."""

    def __init__(self, engine: "Engine", second: "Rampart | None" = None) -> None:
        """With `second` there is a vote (level "thorough"), without there is none ("standard")."""
        self._engine = engine
        self._second = second

    def detect(self, texts: Sequence[str]) -> list[list[Detection]]:
        """For each text its detections, sorted and without overlap."""
        if self._second is None:
            votes: list[list[Detection]] = [[] for _ in texts]
            found = _placed(texts, self._engine)
        else:
            with ThreadPoolExecutor(max_workers=1) as beside:  # onnxruntime lets go of the interpreter while it computes
                asked = beside.submit(_placed, texts, self._second)
                found = _placed(texts, self._engine)
                votes = asked.result()
        return [_settled(text, first, second) for text, first, second in zip(texts, found, votes, strict=True)]


def _placed(texts: Sequence[str], finder: "Engine | Rampart") -> list[list[Detection]]:
    """What `finder` says about the pieces of each text, with offsets in the text."""
    places = [(number, offset) for number, text in enumerate(texts) for offset, _ in pieces(text)]
    cut: Iterator[str] = (piece for text in texts for _, piece in pieces(text))
    found: list[list[Detection]] = [[] for _ in texts]
    for (number, offset), detections in zip(places, finder.analyze(cut), strict=True):
        found[number] += [replace(d, start=d.start + offset, end=d.end + offset) for d in detections]
    return found


def _settled(text: str, found: list[Detection], second: list[Detection]) -> list[Detection]:
    if not any(character.isupper() for character in text):
        # in small letters the model takes every odd noun for an organization
        text, found = recased(text), [d for d in found if (d.detector, d.entity) != ("spacy", "ORGANIZATION")]
    sieve = Filter.of(text)
    kept = [
        d for detection in found for d in (sieve.kept(text, detection) if detection.detector == "spacy" else (detection,))
    ]
    settled = resolve(text, vote(text, resolve(text, kept), second, sieve))
    return outside_replaced(text, resolve(text, [*settled, *propagate(text, settled)]))


def build_detector(spacy_model: Path, rampart_model: Path | None = None) -> Detector:
    """The detector of this product, at level "thorough" with `rampart_model`, else "standard"; loading takes seconds.

    Raises:
        SetupError: there is no usable model in one of the folders.
    """
    from core.privacy.engine import build_engine
    from core.privacy.rampart import load_rampart

    return PresidioDetector(build_engine(spacy_model), load_rampart(rampart_model) if rampart_model else None)


def find_spans(detector: Detector, document: Document, text: str) -> list[Span]:
    """The personal data in one document as new spans, all in state "detected"."""
    return [
        Span(
            id=new_id("span"),
            document_id=document.id,
            start=found.start,
            end=found.end,
            entity=found.entity,
            score=found.score,
            detector=found.detector,
        )
        for found in detector.detect([text])[0]
    ]
