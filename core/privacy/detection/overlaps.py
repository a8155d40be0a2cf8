"""Merging detections of several detectors that overlap into one set that does not."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from core.detectors import detectors_of, joined
from core.privacy.entities import rank
from core.records import Detection


def resolve(text: str, detections: Iterable[Detection]) -> list[Detection]:
    """Return sorted, non-overlapping detections that cover every letter and digit that `detections` covers.

    The longest wins, then the higher priority, then the higher score. Whatever the winner does not cover of a loser stays as
    a detection of its own, so resolving never uncovers text. Detectors that agree on the entity are all named (see
    `core.detectors`).
    """
    return [chosen for cluster in _clusters(detections) for chosen in _resolved(text, cluster)]


def _clusters(detections: Iterable[Detection]) -> Iterator[list[Detection]]:
    """Yield groups of detections connected by overlaps, so that 100,000 separate detections are 100,000 small tasks."""
    cluster: list[Detection] = []
    end = 0
    for detection in sorted((d for d in detections if d.start < d.end), key=lambda d: d.start):
        if cluster and detection.start >= end:
            yield cluster
            cluster = []
        end = max(end, detection.end) if cluster else detection.end
        cluster.append(detection)
    if cluster:
        yield cluster


def _resolved(text: str, cluster: list[Detection]) -> list[Detection]:
    ranked = sorted(cluster, key=lambda d: (d.start - d.end, rank(d.entity), -d.score, d.start))
    starts: list[int] = []
    chosen: list[Detection] = []
    for candidate in ranked:
        for start, end in _free(starts, chosen, candidate):
            piece = _trimmed(text, start, end)
            if piece:
                at = bisect_left(starts, piece[0])
                starts.insert(at, piece[0])
                chosen.insert(at, replace(candidate, start=piece[0], end=piece[1]))
    return chosen


def _free(starts: list[int], chosen: list[Detection], candidate: Detection) -> list[tuple[int, int]]:
    """Return the parts of `candidate` that no chosen detection covers; on those that do, record agreement on the entity."""
    at = candidate.start
    free: list[tuple[int, int]] = []
    index = bisect_left(starts, candidate.start)
    if index and chosen[index - 1].end > candidate.start:
        index -= 1
    while index < len(chosen) and chosen[index].start < candidate.end:
        winner = chosen[index]
        if winner.entity == candidate.entity:
            names = joined(detectors_of(winner) | detectors_of(candidate))
            chosen[index] = replace(winner, detector=names, score=max(winner.score, candidate.score))
        if winner.start > at:
            free.append((at, winner.start))
        at = max(at, winner.end)
        index += 1
    if at < candidate.end:
        free.append((at, candidate.end))
    return free


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the bounds without surrounding white space; None if no letter or digit is left."""
    piece = text[start:end]
    start, end = start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))
    return (start, end) if any(character.isalnum() for character in text[start:end]) else None


def covers(bounds: Iterable[tuple[int, int]]) -> Callable[[int, int], bool]:
    """Build a function that tells whether characters `start` to `end` lie wholly within the union of `bounds`."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(bounds):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    starts = [start for start, _ in merged]

    def is_covered(start: int, end: int) -> bool:
        at = bisect_right(starts, start) - 1
        return at >= 0 and end <= merged[at][1]

    return is_covered
