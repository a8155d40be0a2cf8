"""Workbooks and Parquet files: cells by their names, other types than text, and what is left out."""

import pytest

from core.errors import InputError
from core.questions import inspect_file, read_pairs


@pytest.fixture
def workbook(tmp_path):
    def write(*sheets: list[list[object]]):
        from openpyxl import Workbook

        book = Workbook()
        for number, rows in enumerate(sheets):
            sheet = book.active if number == 0 else book.create_sheet()
            for row in rows:
                sheet.append(row)
        path = tmp_path / "pairs.xlsx"
        book.save(path)
        return path

    return write


@pytest.fixture
def table(tmp_path):
    def write(rows: list[dict[str, object]]):
        import pyarrow
        from pyarrow import parquet

        path = tmp_path / "pairs.parquet"
        parquet.write_table(pyarrow.Table.from_pylist(rows), path)
        return path

    return write


def test_a_sheet_is_read_with_numbers_as_they_are_shown(workbook):
    path = workbook([[], ["Question", "Answer"], ["How many?", 12], [None, None], ["How much?", 2.5], ["Is it?", True]])
    assert read_pairs(path) == [("How many?", "12"), ("How much?", "2.5"), ("Is it?", "yes")]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["Why?", None], r"pairs\.xlsx: row 3 has an empty answer in cell B3"),
        ([" ", "So."], "row 3 has an empty question in cell A3"),
        (["Why?", "#REF!"], "row 3 has an empty answer in cell B3"),
        (["Why?", "So.", "more"], "row 3 has 3 cells, but there are 2 columns"),
    ],
)
def test_the_cell_that_is_wrong_is_named(workbook, row, words):
    with pytest.raises(InputError, match=words):
        read_pairs(workbook([["question", "answer"], ["A?", "1."], row]))


def test_further_sheets_are_left_out_and_that_is_said(workbook):
    path = workbook([["question", "answer"], ["A?", "1."]], [], [["question", "answer"], ["B?", "2."]])
    assert read_pairs(path) == [("A?", "1.")]
    assert inspect_file(path).notes == ["Sheet 3 left out: only the first one is read."]


def test_columns_of_one_name_are_told_apart(workbook):
    path = workbook([["question", "answer", "answer"], ["A?", "1.", "2."]])
    assert list(inspect_file(path).names) == ["question", "answer", "answer (column 3)"]


def test_conversations_in_a_parquet_file_are_read(table):
    talk = [{"role": "user", "content": "A?"}, {"role": "assistant", "content": "1."}]
    assert read_pairs(table([{"id": 1, "messages": talk}, {"id": 2, "messages": talk}])) == [("A?", "1.")] * 2


def test_a_number_in_a_parquet_file_is_text(table):
    assert read_pairs(table([{"question": "How many?", "answer": 12}])) == [("How many?", "12")]


def test_the_row_of_a_parquet_file_that_is_wrong_is_named(table):
    with pytest.raises(InputError, match=r"pairs\.parquet: row 2 has an empty answer"):
        read_pairs(table([{"question": "A?", "answer": "1."}, {"question": "B?", "answer": None}]))
