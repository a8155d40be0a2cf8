"""Recognize the text in a picture of a page, offline: the models ship inside the rapidocr-onnxruntime wheel."""

import re
from functools import cache
from typing import Any

_FEWEST_SCORE = 0.5  # lines with a lower score are noise: specks, stamps, rulings

_CLOSE = re.compile(r"(?<=[a-z][.,;:])(?=[A-Z])")  # OCR drops the space after punctuation


@cache
def _engine() -> Any:  # loads three ONNX models (15 MB) once per process
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR()


def lines_of(picture: Any) -> list[str]:
    """Return the lines of text in `picture` (uint8, height × width × 3, BGR), top to bottom, each from left to right."""
    recognized, _ = _engine()(picture)
    boxes = []
    for corners, text, score in recognized or []:
        if float(score) < _FEWEST_SCORE:
            continue
        tops = [point[1] for point in corners]
        boxes.append((min(tops), max(tops), min(point[0] for point in corners), str(text)))
    lines: list[list[tuple[float, float, float, str]]] = []
    for box in sorted(boxes):
        middle = (box[0] + box[1]) / 2
        if lines and lines[-1][0][0] <= middle <= lines[-1][0][1]:
            lines[-1].append(box)
        else:
            lines.append([box])
    return [_CLOSE.sub(" ", " ".join(box[3] for box in sorted(line, key=lambda box: box[2]))) for line in lines]
