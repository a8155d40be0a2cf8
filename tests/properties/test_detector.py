"""The real detector at level standard on some hundreds of random documents: what it finds, masked, is gone."""

import sys
from pathlib import Path

import pytest

from core.privacy import SurrogateTable, build_detector, mask

from .material import document, spans_of
from .profile import FACTOR
from .survival import masked_values, survivors, unmasked_text

pytestmark = pytest.mark.model

MODEL = Path(sys.prefix) / "share/garrison/models/en-core-web-md"
DOCUMENTS = 200


def test_what_the_standard_detector_finds_does_not_survive() -> None:
    detector = build_detector(MODEL)
    texts = [document(seed, pieces=40).text for seed in range(DOCUMENTS * FACTOR)]
    found_count = 0
    for seed, (text, found) in enumerate(zip(texts, detector.detect(texts), strict=True)):
        assert all(0 <= d.start < d.end <= len(text) for d in found)
        assert all(one.end <= other.start for one, other in zip(found, found[1:], strict=False))
        masked = mask(text, spans_of("d", text, found, SurrogateTable(seed.to_bytes(32, "big"), [])))
        values = masked_values(text, masked)
        told = set(survivors(values, [unmasked_text(text, masked)]))
        assert set(survivors(values - told, [masked.text])) == set(), f"seed {seed}"
        found_count += len(found)
    assert found_count > 5 * DOCUMENTS
