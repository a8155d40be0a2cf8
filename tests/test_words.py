"""Counts, sizes and durations in words."""

from core.words import counted, duration, size


def test_numbers_are_said_in_words():
    assert [size(640), size(12_400), size(3_400_000), size(1.25e9)] == ["640 B", "12 kB", "3.4 MB", "1.2 GB"]
    assert [duration(0.2), duration(20), duration(240), duration(4200)] == [
        "1 second",
        "20 seconds",
        "4 minutes",
        "1 h 10 min",
    ]
    assert [counted(1, "file"), counted(1204, "file"), counted(2, "query", many="queries")] == [
        "1 file",
        "1,204 files",
        "2 queries",
    ]
