"""The sentences of a passage, with headings and numbering in the middle of a line."""

import pytest

from core.questions.passage_sentences import passage_sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The pump runs. The valve is shut.", ["The pump runs.", "The valve is shut."]),
        (
            "It runs at 2.5 bar, e.g. in winter. Dr. Hall agrees.",
            ["It runs at 2.5 bar, e.g. in winter.", "Dr. Hall agrees."],
        ),
        ("A wrapped\nsentence ends here. Next one.", ["A wrapped\nsentence ends here.", "Next one."]),
        ("Pumps and valves\nThe pump runs.", ["Pumps and valves", "The pump runs."]),
        ("1. Shut the valve.\n2. Drain the pump.", ["Shut the valve.", "Drain the pump."]),
        ("- Shut the valve\n- Drain the pump", ["Shut the valve", "Drain the pump"]),
        ("One end. 1-14. The tactical level is low.", ["One end.", "The tactical level is low."]),
        ("Alert States An alert state is a condition.", ["An alert state is a condition."]),
        ("OVERVIEW Short-range defense is near.", ["Short-range defense is near."]),
        ("Two tasks: \uf0b7 Shut the valve. \uf0b7 Drain the pump.", ["Two tasks:", "Shut the valve.", "Drain the pump."]),
        ("He said “Stop.” Then he left.", ["He said “Stop.”", "Then he left."]),
        ("", []),
    ],
)
def test_text_is_cut_into_sentences(text, expected):
    assert [text[start:end] for start, end in passage_sentences(text)] == expected
