"""The names of detectors, and the one text in which a detection or span holds those that agree on it.

That text, stored in the database and written to files, is the names in alphabetical order joined by "+", such as
"rules+spacy". Only this module joins and splits it.
"""

from collections.abc import Iterable

from core.records import Detection, Span

RULES = "rules"  # recognizers, ours and Presidio's
SPACY = "spacy"
RAMPART = "rampart"  # at level thorough
PROPAGATION = "propagation"  # a value that was found elsewhere in the document or project
LIST = "list"  # the deny entries and patterns of reviewers
REVIEWER = "reviewer"  # a person, by hand
MODELS = frozenset({SPACY, RAMPART})  # those that guess from context

_PLUS = "+"


def joined(names: Iterable[str]) -> str:
    """Return the names of detectors as one text, each once: `rules+spacy`."""
    return _PLUS.join(sorted(set(names)))


def split(detector: str) -> frozenset[str]:
    """Return the names that a text such as `rules+spacy` holds."""
    return frozenset(detector.split(_PLUS))


def detectors_of(detection: Detection | Span) -> frozenset[str]:
    """Return the names of the detectors that report a detection or span."""
    return split(detection.detector)
