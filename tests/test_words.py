"""Counts, sizes, durations and shares in words."""

from core.words import counted, duration, share_words, size


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


def test_shares_have_two_digits_that_count():
    shares = (0.00383, 0.06, 0.071, 0.16, 0.9949, 0.995, 1.0)
    assert [share_words(share) for share in shares] == ["0.38 %", "6 %", "7.1 %", "16 %", "99 %", "100 %", "100 %"]
