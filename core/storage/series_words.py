"""Take the words out of series that their project keeps no longer: scores, states and votes stay."""

import sqlite3
from collections.abc import Sequence

from core.records import now

_GONE = (  # the words of each table; what is replaced in a `traceless` block is overwritten in the file
    "update series_questions set question = '', reference = '', system = '', history = '[]' where series_id = :series",
    "update series_answers set text = '', sources = '[]' where series_id = :series",
    "update comparisons set question = '', answers = (select json_group_array(json_set(value, '$.text', ''))"
    " from json_each(answers)) where series_id = :series",
    "update series set words_deleted_at = :at where id = :series",
)


def delete_words(db: sqlite3.Connection, series_ids: Sequence[str]) -> int:
    """Delete questions, right answers and answers of these series, also from the votes on them; return how many series.

    Call it in a `traceless` block, and empty the log after that.
    """
    for series_id in series_ids:
        for statement in _GONE:
            db.execute(statement, {"series": series_id, "at": now()})
    return len(series_ids)
