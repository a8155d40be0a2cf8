"""Hints that people without a command line understand."""

import pytest

from dashboard.components.words import page_hint


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("Free some space, then resume the job.", "Free some space, then resume the job."),
        ("Review it, then approve: garrison review a approve DOCUMENT --as NAME", "Review it, then approve."),
        ("See: garrison models list", ""),
        ("See `garrison models list`.", ""),
        ("Present: a, b. Add another: garrison models add PATH", "Present: a, b. Add another."),
        ("Give it with --as NAME.", ""),
        ("Wait for it or resume its job: garrison jobs list", "Wait for it or resume its job."),
        (
            "Approve each document (garrison review a approve D --as N), or make another.",
            "Approve each document, or make another.",
        ),
    ],
)
def test_what_is_for_the_command_line_is_left_out(hint: str, shown: str) -> None:
    assert page_hint(hint) == shown
