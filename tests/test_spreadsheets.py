"""No cell is a formula to a spreadsheet, and what is none stays as it is."""

import pytest

from core.spreadsheets import harmless


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\nplain", "\tplain", "\rplain", " =1", "\u00a0@SUM(A1)",
        "\u200b=1", "\ufeff=1", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)", "\u3000\uff1d1", "\ufe631",
        "\x00=1",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_takes_for_a_formula_is_quoted(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", " ", "12 tonnes", "a=b", "'=1", " plain", "\u2212 minus", "\uff11", "Ends\n", "x\n=1"])
def test_what_is_none_stays_as_it_is(cell):
    assert harmless(cell) == cell
