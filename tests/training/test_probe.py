"""Three real steps with the longest rows: what they measure."""

import pytest

from core.models.conversation import Encoded
from core.training.probe import probe
from core.training.rows import longest_places

pytestmark = pytest.mark.model


def test_three_real_steps_are_measured_and_nothing_is_kept(tiny, rows, settings, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    told = []
    taken = probe(tiny, "safetensors", rows=rows, settings=settings(batch_size=4, max_steps=1), report=told.append)
    assert told == [1, 2, 3]
    assert taken.peak_memory_bytes > 10**7 and taken.seconds_per_step > 0 and taken.tokens_per_s > 0
    assert taken.longest_tokens > 10
    assert list(tmp_path.iterdir()) == []


def test_the_longest_places_come_first_and_all_if_there_are_few():
    rows = [Encoded(tuple(range(length)), 1) for length in (3, 9, 5)]
    assert longest_places(rows, 2) == [1, 2]
    assert longest_places(rows, 8) == [1, 2, 0]


def test_rows_on_disk_tell_their_lengths(tiny, rows, tmp_path):
    from core.models.causal import load_causal
    from core.training.rows import tokenized

    with tokenized(load_causal(tiny, "safetensors"), rows, tmp_path, 96) as training:
        assert training.rows.lengths() == [len(row.tokens) for row in training.rows]
