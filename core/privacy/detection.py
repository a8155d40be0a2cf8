"""Personal data in text: model and rules, filtered, spread through the document, overlaps resolved."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.privacy.filters import Filter
from core.privacy.overlaps import resolve
from core.privacy.pieces import pieces
from core.privacy.propagation import propagate
from core.privacy.vocabulary import recased
from core.records import Detection, Document, Span, new_id

if TYPE_CHECKING:
    from core.privacy.engine import Engine


class Detector(Protocol):
    """Finds personal data in whole documents."""

    def detect(self, texts: Sequence[str]) -> list[list[Detection]]:
        """For each text its detections, sorted and without overlap."""
        ...


class PresidioDetector:
    """Model and rules over pieces, then filter, overlaps and propagation over each whole text."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine

    def detect(self, texts: Sequence[str]) -> list[list[Detection]]:
        """For each text its detections, sorted and without overlap."""
        places = [(number, offset) for number, text in enumerate(texts) for offset, _ in pieces(text)]
        cut = (piece for text in texts for _, piece in pieces(text))
        found: list[list[Detection]] = [[] for _ in texts]
        for (number, offset), detections in zip(places, self._engine.analyze(cut), strict=True):
            found[number] += [replace(d, start=d.start + offset, end=d.end + offset) for d in detections]
        return [_settled(text, detections) for text, detections in zip(texts, found, strict=True)]


def _settled(text: str, found: list[Detection]) -> list[Detection]:
    if not any(character.isupper() for character in text):
        # in small letters the model takes every odd noun for an organization
        text, found = recased(text), [d for d in found if (d.detector, d.entity) != ("spacy", "ORGANIZATION")]
    sieve = Filter.of(text)
    kept = [
        d for detection in found for d in (sieve.kept(text, detection) if detection.detector == "spacy" else (detection,))
    ]
    settled = resolve(text, kept)
    return resolve(text, [*settled, *propagate(text, settled)])


def build_detector(spacy_model: Path) -> Detector:
    """The detector of this product; loading takes a few seconds.

    Raises:
        SetupError: there is no usable spaCy model in the folder `spacy_model`.
    """
    from core.privacy.engine import build_engine

    return PresidioDetector(build_engine(spacy_model))


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
