"""Detection of personal data in text: models and rules, then filter, vote, propagation and overlap resolution."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.detectors import SPACY
from core.privacy.detection.filters import Filter
from core.privacy.detection.networks.workers import started, worker_count
from core.privacy.detection.overlaps import resolve
from core.privacy.detection.propagation import propagate
from core.privacy.detection.proven_names import proven_words
from core.privacy.detection.voting import vote
from core.privacy.replacement.treatments import outside_replaced
from core.privacy.text.letter_case import capitalized
from core.privacy.text.normalization import NormalizedText, normalize_for_detection
from core.privacy.text.pieces import pieces
from core.records import Detection, Document, Span, new_id

if TYPE_CHECKING:
    from core.privacy.detection.networks.reader import DetectorResults, Reader

BATCH_CHARACTERS = 20_000  # in a batch, the unit of work for one process
_WORTH_CHARACTERS = 1_000_000  # use several processes from here on; two beat one from 0.6 million, after 13 s of startup
Reading = Callable[[Iterable[Sequence[str]]], Iterable[list["DetectorResults"]]]


class Detector(Protocol):
    """Finds personal data in whole documents."""

    def detect(self, texts: Sequence[str]) -> list[list[Detection]]:
        """Return the detections in each text, sorted and without overlap."""
        ...

    def detect_each(
        self, texts: Iterable[str], *, progress: Callable[[int], None] | None = None
    ) -> Generator[list[Detection]]:
        """Yield what `detect` returns, text by text, with few texts in memory; close the generator if you stop early.

        Args:
            texts: consumed ahead of the results.
            progress: called with the number of characters read since its last call.
        """
        ...


class PresidioDetector:
    """Runs models and rules over pieces, then filter, vote, overlap resolution and propagation over each whole text."""

    def __init__(self, reader: "Reader", models: Sequence[Path], *, workers: int = 0) -> None:
        """Set up detection in this process or in several.

        Args:
            reader: reads texts in this process.
            models: folders of the models that worker processes load.
            workers: number of processes; 1 reads in this process, 0 decides by the amount of text and the machine.
        """
        self._reader = reader
        self._models = models
        self._workers = workers

    def detect(self, texts: Sequence[str]) -> list[list[Detection]]:
        """Return the detections in each text, sorted and without overlap."""
        return list(self.detect_each(texts))

    def detect_each(
        self, texts: Iterable[str], *, progress: Callable[[int], None] | None = None
    ) -> Generator[list[Detection]]:
        """Yield what `detect` returns, text by text, in several processes if there is much text and several cores are free.

        Raises:
            SetupError: a worker process ended before it was done.
        """
        tell = progress or (lambda count: None)
        waiting = iter(texts)
        ahead, size = [], 0
        while size < _WORTH_CHARACTERS and (text := next(waiting, None)) is not None:
            ahead.append(text)
            size += len(text)
        count = self._workers or (worker_count() if size >= _WORTH_CHARACTERS else 1)
        if count == 1:
            yield from _found(chain(ahead, waiting), lambda batches: map(self._reader.read, batches), tell)
            return
        with started(self._models, count) as pool:
            yield from _found(chain(ahead, waiting), pool.read, tell)


@dataclass(slots=True)
class _Begun:
    """A text whose pieces are being read; `found` grows until it is as long as `places` (the offsets of the pieces)."""

    text: NormalizedText
    prose: str  # what the models read: the same length, with capitals added in lowercase stretches
    places: list[int]
    results: list["DetectorResults"] = field(default_factory=list)

    def settled(self) -> list[Detection]:
        """Return the final detections in the original text, from those in its pieces."""
        first = [_moved(d, at) for at, pair in zip(self.places, self.results, strict=True) for d in pair[0]]
        second = [_moved(d, at) for at, pair in zip(self.places, self.results, strict=True) for d in pair[1]]
        # in lowercase text the model takes every unusual noun for an organization
        first = [d for d in first if (d.detector, d.entity) != (SPACY, "ORGANIZATION") or self._is_capitalized(d)]
        return _restored(self.text, _settled(self.prose, first, resolve(self.prose, second)))

    def _is_capitalized(self, detection: Detection) -> bool:
        """Return whether the text has a capital there of its own, not just one added for reading."""
        return any(character.isupper() for character in self.text.text[detection.start : detection.end])


class _Assembly:
    """Cuts texts into batches of pieces, and puts the results for the pieces back together text by text."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = texts
        self._begun: deque[_Begun] = deque()
        self._sizes: deque[int] = deque()  # characters of each batch still being read

    def batches(self) -> Iterator[list[str]]:
        """Yield the pieces of the texts in order, in batches large enough to make a call to another process cheap."""
        batch: list[str] = []
        size = 0
        for text in self._texts:
            shown = normalize_for_detection(text)
            prose = capitalized(shown.text)
            cut = list(pieces(prose))
            self._begun.append(_Begun(shown, prose, [offset for offset, _ in cut]))
            for _, piece in cut:
                batch.append(piece)
                size += len(piece)
                if size >= BATCH_CHARACTERS:
                    self._sizes.append(size)
                    yield batch
                    batch, size = [], 0
        if batch:
            self._sizes.append(size)
            yield batch

    def take(self, answers: list["DetectorResults"]) -> int:
        """Record the results for the pieces of the next batch, and return its number of characters."""
        open_texts = (text for text in self._begun for _ in range(len(text.places) - len(text.results)))
        for text, pair in zip(list(islice(open_texts, len(answers))), answers, strict=True):
            text.results.append(pair)
        return self._sizes.popleft()

    def finished(self) -> Iterator[list[Detection]]:
        """Yield, in order, the detections in each text whose pieces have all been read."""
        while self._begun and len(self._begun[0].results) == len(self._begun[0].places):
            yield self._begun.popleft().settled()


def _found(texts: Iterable[str], read: Reading, tell: Callable[[int], None]) -> Iterator[list[Detection]]:
    assembly = _Assembly(texts)
    for answers in read(assembly.batches()):
        count = assembly.take(answers)
        yield from assembly.finished()
        tell(count)
    yield from assembly.finished()


def _moved(detection: Detection, offset: int) -> Detection:
    return replace(detection, start=detection.start + offset, end=detection.end + offset)


def _restored(text: NormalizedText, detections: Sequence[Detection]) -> list[Detection]:
    """Convert sorted detections in the text as read to detections in the original, still without overlap."""
    if not text.is_changed:
        return list(detections)
    placed: list[Detection] = []
    for detection in detections:
        start, end = text.bounds(detection.start, detection.end)
        start = max(start, placed[-1].end if placed else 0)  # two detections may share a ligature
        if start < end:
            placed.append(replace(detection, start=start, end=end))
    return placed


def _settled(text: str, first: list[Detection], second: list[Detection]) -> list[Detection]:
    proven = proven_words(text, [*first, *second])
    sieve = Filter.of(text, proven)
    kept = [d for detection in first for d in (sieve.kept(text, detection) if detection.detector == SPACY else (detection,))]
    settled = resolve(text, vote(text, resolve(text, kept), second, sieve))
    return outside_replaced(text, resolve(text, [*settled, *propagate(text, settled, common=sieve.small, proven=proven)]))


def build_detector(spacy_model: Path, rampart_model: Path | None = None, *, workers: int = 0) -> Detector:
    """Build Garrison's detector, at level "thorough" with `rampart_model`, else "standard"; loading takes seconds.

    Args:
        spacy_model: folder of the first model.
        rampart_model: folder of the second model.
        workers: number of search processes; 1 starts none, 0 uses as many for long input as free cores and memory allow.

    Raises:
        SetupError: one of the folders holds no usable model.
    """
    from core.privacy.detection.networks.reader import open_reader

    models = (spacy_model, rampart_model) if rampart_model else (spacy_model,)
    return PresidioDetector(open_reader(*models), models, workers=workers)


def new_spans(document: Document, detections: Iterable[Detection]) -> list[Span]:
    """Convert the detections in one document to new spans, all in state "detected"."""
    return [
        Span(
            id=new_id("span"),
            document_id=document.id,
            start=detection.start,
            end=detection.end,
            entity=detection.entity,
            score=detection.score,
            detector=detection.detector,
        )
        for detection in detections
    ]
