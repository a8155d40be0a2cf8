"""The passages of a project's approved text, found by their words and compared by their embeddings.

A file of its own beside the project, so that no other project's words count in its ranking, and a large one does not hold up
the workspace. It holds nothing that is not in the approved texts, and may be deleted at any time.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from core.errors import SetupError
from core.files import disk_error
from core.records import Passage
from core.storage.transactions import transaction

BUSY_TIMEOUT_S = 30
BYTES = 384  # of an embedding: `core.models.embedder.DIMENSIONS`
SCHEMA = """
create table if not exists documents (id text primary key, review_id text not null);
create table if not exists passages (
    id integer primary key, document_id text not null, passage_id text not null, page text not null, start integer not null
);
create index if not exists passages_document on passages (document_id);
create table if not exists embeddings (first integer primary key, document_id text not null, vectors blob not null);
create index if not exists embeddings_document on embeddings (document_id);
create virtual table if not exists words using fts5 (heading, text, tokenize = 'porter unicode61 remove_diacritics 2')
"""


class SourceIndex:
    """Passages by number, with their words (SQLite's FTS5) and embeddings. Use it as a context manager, in one thread."""

    def __init__(self, path: Path) -> None:
        """Open the index, or make an empty one.

        Raises:
            SetupError: the file cannot be opened, or is no index.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma secure_delete = on")  # what is removed is overwritten
            for statement in SCHEMA.split(";"):
                self._db.execute(statement)
        except (sqlite3.DatabaseError, OSError) as error:
            raise disk_error(error, path.parent) or SetupError(
                f"The index of sources {path} cannot be opened: {error}.", "Delete this file; it is made again."
            ) from error

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the file."""
        self._db.close()

    def approvals(self) -> dict[str, str]:
        """Return the ids of the indexed documents with those of the approvals that their passages come from."""
        return {row["id"]: row["review_id"] for row in self._db.execute("select id, review_id from documents")}

    def put(self, document_id: str, review_id: str, passages: Sequence[Passage]) -> None:
        """Replace a document's passages, all or nothing; if all of them read as before, their embeddings stay."""
        with transaction(self._db):
            if self._texts(document_id) == [(passage.id, passage.heading, passage.text) for passage in passages]:
                self._db.execute("delete from documents where id = ?", [document_id])
                self._db.executemany(
                    "update passages set page = ?, start = ? where document_id = ? and passage_id = ?",
                    [(passage.page, passage.start, document_id, passage.id) for passage in passages],
                )
            else:
                self._delete(document_id)
                for passage in passages:  # their numbers follow one another, since nobody else writes meanwhile
                    place = [document_id, passage.id, passage.page, passage.start]
                    number = self._db.execute(
                        "insert into passages (document_id, passage_id, page, start) values (?, ?, ?, ?)", place
                    ).lastrowid
                    words = [number, passage.heading, passage.text]
                    self._db.execute("insert into words (rowid, heading, text) values (?, ?, ?)", words)
            self._db.execute("insert into documents (id, review_id) values (?, ?)", [document_id, review_id])

    def _texts(self, document_id: str) -> list[tuple[str, str, str]]:
        rows = self._db.execute(
            "select p.passage_id, w.heading, w.text from passages p join words w on w.rowid = p.id where p.document_id = ?"
            " order by p.id",
            [document_id],
        )
        return [tuple(row) for row in rows]

    def remove(self, document_ids: Iterable[str]) -> None:
        """Remove the passages of these documents, their words too."""
        with transaction(self._db):
            for document_id in document_ids:
                self._delete(document_id)
            self._db.execute("insert into words (words) values ('optimize')")  # until then FTS5 keeps words it does not find
        self._db.execute("pragma wal_checkpoint(truncate)")

    def _delete(self, document_id: str) -> None:
        self._db.execute("delete from words where rowid in (select id from passages where document_id = ?)", [document_id])
        self._db.execute("delete from passages where document_id = ?", [document_id])
        self._db.execute("delete from embeddings where document_id = ?", [document_id])
        self._db.execute("delete from documents where id = ?", [document_id])

    def __len__(self) -> int:
        """Count the passages."""
        return int(self._db.execute("select count(*) from passages").fetchone()[0])

    def count_of(self, document_ids: Iterable[str]) -> int:
        """Count the passages of these documents."""
        query = "select count(*) from passages where document_id in (select value from json_each(?))"
        return int(self._db.execute(query, [json.dumps(list(document_ids))]).fetchone()[0])

    def waiting(self, limit: int) -> list[tuple[int, str]]:
        """Return numbers and texts, with headings, of up to `limit` passages of one document without an embedding."""
        document = self._db.execute(
            "select d.id, coalesce((select sum(length(vectors)) from embeddings where document_id = d.id), 0) / ? as done,"
            " (select count(*) from passages where document_id = d.id) as count from documents d where done < count limit 1",
            [BYTES],
        ).fetchone()
        if document is None:
            return []
        rows = self._db.execute(
            "select p.id, w.heading, w.text from passages p join words w on w.rowid = p.id where p.document_id = ?"
            " order by p.id limit ? offset ?",
            [document["id"], limit, document["done"]],
        )
        return [(row["id"], _with_heading(row["heading"], row["text"])) for row in rows]

    def waiting_count(self) -> int:
        """Count the passages that have no embedding yet."""
        done = self._db.execute("select coalesce(sum(length(vectors)), 0) from embeddings").fetchone()[0]
        return len(self) - int(done) // BYTES

    def store_embeddings(self, first: int, embeddings: Sequence[bytes]) -> None:
        """Store the embeddings of the passages from number `first` on, as `waiting` gave them, unless they are gone."""
        self._db.execute(
            "insert or ignore into embeddings (first, document_id, vectors)"
            " select id, document_id, ? from passages where id = ?",
            [b"".join(embeddings), first],
        )

    def embeddings(self, *, without: str = "") -> Iterator[tuple[int, bytes]]:
        """Yield embeddings as they were stored, some joined: the number of the first passage, those of the next ones follow.

        The passages of the document with the id `without` are left out.
        """
        rows = self._db.execute("select first, vectors from embeddings where document_id <> ? order by first", [without])
        return ((row["first"], row["vectors"]) for row in rows)

    def by_words(self, words: Sequence[str], *, limit: int, without: str = "") -> list[int]:
        """Return the passages that hold any of the words, best first by BM25 (see `PassageSearch`)."""
        return self._matching(" OR ".join(map(_quoted, words)), limit, without)

    def by_phrase(self, phrase: str, *, limit: int, without: str = "") -> list[int]:
        """Return the passages that hold the words of a phrase side by side, best first."""
        return self._matching(_quoted(phrase), limit, without)

    def _matching(self, query: str, limit: int, without: str) -> list[int]:
        if not any(map(str.isalnum, query)):
            return []
        rows = self._db.execute(
            "select rowid from words where words match ? and (? = '' or rowid not in"
            " (select id from passages where document_id = ?)) order by rank limit ?",  # all columns weigh the same
            [query, without, without, limit],
        )
        return [row["rowid"] for row in rows]

    def count_holding(self, word: str) -> int:
        """Count the passages that hold a word, in any of its forms."""
        query = "select count(*) from words where words match ?"
        return int(self._db.execute(query, [_quoted(word)]).fetchone()[0])

    def holds(self, number: int, word: str) -> bool:
        """Return whether a passage holds a word, in any of its forms."""
        query = "select 1 from words where words match ? and rowid = ?"
        return self._db.execute(query, [_quoted(word), number]).fetchone() is not None

    def passages(self, numbers: Sequence[int]) -> list[tuple[str, Passage]]:
        """Return passages in the order of their numbers, each with the id of its approval; those that are gone are left out.

        `index` and `token_count` are not kept: they are 0.
        """
        found = {}
        for number in numbers:
            row = self._db.execute(
                "select p.*, d.review_id, w.heading, w.text from passages p join documents d on d.id = p.document_id"
                " join words w on w.rowid = p.id where p.id = ?",
                [number],
            ).fetchone()
            if row:
                found[number] = row["review_id"], _passage(row)
        return [found[number] for number in numbers if number in found]


def _passage(row: sqlite3.Row) -> Passage:
    return Passage(
        id=row["passage_id"],
        document_id=row["document_id"],
        index=0,
        start=row["start"],
        end=row["start"] + len(row["text"]),
        heading=row["heading"],
        page=row["page"],
        token_count=0,
        text=row["text"],
    )


def _with_heading(heading: str, text: str) -> str:
    return text if not heading or text.startswith(heading) else f"{heading}\n{text}"


def _quoted(words: str) -> str:
    """Return words as FTS5 takes them literally: "not" and "*" are words there, no operators."""
    return '"' + words.replace('"', " ").replace("\0", " ") + '"'
