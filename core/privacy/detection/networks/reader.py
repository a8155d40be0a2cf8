"""Both models over pieces of text in one process: the search runs this in its own process or in each of several workers."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from core.privacy.detection.networks.engine import Engine, build_engine
from core.privacy.detection.networks.rampart import Rampart, load_rampart
from core.records import Detection

DetectorResults = tuple[list[Detection], list[Detection]]  # detections of the first and the second detector in a piece


@dataclass(frozen=True, slots=True)
class Reader:
    """The first detector and, at level "thorough", the second; `is_alone`: no other process reads the same texts."""

    engine: Engine
    second: Rampart | None = None
    is_alone: bool = True

    def read(self, pieces: Sequence[str]) -> list[DetectorResults]:
        """Return what both detectors find in each piece, with offsets in the piece."""
        if self.second is None:
            return [(detections, []) for detections in self.engine.analyze(pieces)]
        if not self.is_alone:
            return list(zip(self.engine.analyze(pieces), self.second.analyze(pieces), strict=True))
        with ThreadPoolExecutor(max_workers=1) as beside:  # onnxruntime releases the interpreter lock while it computes
            asked = beside.submit(list, self.second.analyze(pieces))
            detections = list(self.engine.analyze(pieces))
            return list(zip(detections, asked.result(), strict=True))


def open_reader(spacy_model: Path, rampart_model: Path | None = None, *, is_alone: bool = True) -> Reader:
    """Load the models from their folders; this takes seconds.

    Raises:
        SetupError: one of the folders holds no usable model.
    """
    second = load_rampart(rampart_model, threads=0 if is_alone else 1) if rampart_model else None
    return Reader(build_engine(spacy_model), second, is_alone)
