"""Parquet: a table with the columns `input` and `output`, and `system` and `history` if any pair has them."""

import re
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, BinaryIO

from core.errors import InputError
from core.questions.exchange.export_rows import even_rows
from core.questions.exchange.half_characters import shown
from core.questions.exchange.pair_format import PairFormat
from core.questions.exchange.rows import Problem, Row, Source
from core.records import QuestionPair

ROWS_AT_ONCE = 1_000


def _write(pairs: Sequence[QuestionPair], file: BinaryIO, with_source: bool) -> None:
    import pyarrow
    from pyarrow import parquet

    rows = list(even_rows(pairs, with_source))
    turns = pyarrow.list_(pyarrow.struct({"input": pyarrow.string(), "output": pyarrow.string()}))
    types = {"history": turns, "start": pyarrow.int64(), "end": pyarrow.int64()}
    names = list(rows[0]) if rows else ["input", "output"]
    schema = pyarrow.schema([(name, types.get(name, pyarrow.string())) for name in names])
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), file)


def _read(source: Source) -> Iterator[Row | Problem]:
    from pyarrow import ArrowException, parquet

    number = count(1)
    try:
        with source.open() as file, parquet.ParquetFile(file) as table:
            for batch in table.iter_batches(batch_size=ROWS_AT_ONCE):
                for values in batch.to_pylist():
                    yield Row(
                        place=f"row {next(number)}", values={shown(name): _text(each) for name, each in values.items()}
                    )
    except (ArrowException, OSError, ValueError) as error:
        raise InputError(f"{source.name} is a damaged Parquet file.", "Save it again.") from error


def _text(value: Any) -> Any:
    """Return a number or date as text, as it stands in a table; texts and lists as they are."""
    return value if value is None or isinstance(value, str | list) else str(value)


FORMAT = PairFormat(
    name="parquet",
    words="Parquet",
    suffix=".parquet",
    mime="application/vnd.apache.parquet",
    write=_write,
    read=_read,
    read_suffixes=(".parquet",),
    begins_with=re.compile(rb"PAR1"),
    is_binary=True,
    description="A compact table for programs that read many pairs.",
    place=6,
)
