"""Whether the audit log is whole: every entry as it was written, in its place, with nothing cut off.

What is found, and by what:

* a changed entry: its SHA-256 no longer fits; if that was made to fit, the next entry names another one before it;
* an entry taken out, put in or moved: numbers without a gap, and again the name of the one before;
* entries cut off at the end: a chain alone cannot tell, for what is left is whole. Three things outside of it can: the head
  in a table beside it, the list of heads in a file beside the database (one line for each transaction, written once it is
  stored), and a head that an auditor noted down (`audit verify` prints it, `--noted` takes it);
* guards taken off: the triggers are compared with those of the schema.

What is not found: who may write both the database and the list of heads, and knows how, can write the whole log anew, or cut
both short by the same entries. Only a head that was noted elsewhere tells then; so does a list of heads that nobody can
shorten (`chattr +a audit-heads.txt`, set by an administrator). A transaction cut off before its line reached the list (the
process was killed in between) is found by the head in the table alone.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from core.errors import InputError
from core.storage.audit import GENESIS_SHA256, heads_path
from core.storage.migrations import MIGRATIONS

FINDINGS_KEPT = 20
_HEAD = re.compile(r"([0-9]{1,18}) ([0-9a-f]{64})")
_TORN = re.compile(r"[0-9]*( [0-9a-f]{0,63})?")  # the beginning of a line, as a power cut leaves it


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerdict:
    """How many entries there are, the SHA-256 of the last one, and what is wrong, in words (the first of many)."""

    count: int
    head_sha256: str
    findings: tuple[str, ...] = ()
    finding_count: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.finding_count

    @property
    def head(self) -> str:
        """What an auditor notes down, and `--noted` takes: number and SHA-256 of the last entry."""
        return f"{self.count}:{self.head_sha256}"


class _Chain:
    """Where the reading of the entries stands."""

    def __init__(self) -> None:
        self.sequence = 0
        self.sha256 = GENESIS_SHA256


def verify(db: sqlite3.Connection, *, noted: str = "") -> AuditVerdict:
    """Read the whole log, one entry at a time, and say what is wrong with it.

    Args:
        db: the workspace's database, outside of a transaction.
        noted: a head noted earlier, `NUMBER:SHA256`: that entry must still be there, as it was.

    Raises:
        InputError: `noted` is no head.
    """
    noted_head = _parsed(noted) if noted else None
    path = heads_path(db)
    list_size = path.stat().st_size if path.is_file() else 0  # before the entries: what is added later is not looked at
    chain = _Chain()
    with _snapshot(db):
        found = _findings(db, chain, path=path, list_size=list_size, noted=noted_head)
        kept = tuple(islice(found, FINDINGS_KEPT))
        more = sum(1 for _ in found)
    return AuditVerdict(count=chain.sequence, head_sha256=chain.sha256, findings=kept, finding_count=len(kept) + more)


@contextmanager
def _snapshot(db: sqlite3.Connection) -> Iterator[None]:
    """Everything read inside is of one moment; others may write meanwhile."""
    db.execute("begin")
    try:
        yield
    finally:
        db.execute("rollback")


def _parsed(noted: str) -> tuple[int, str]:
    head = _HEAD.fullmatch(noted.strip().lower().replace(":", " "))
    if head is None:
        raise InputError(f"{noted!r} is not a noted head.", "Write NUMBER:SHA256, as garrison audit verify prints it.")
    return int(head[1]), head[2]


def _findings(
    db: sqlite3.Connection, chain: _Chain, *, path: Path, list_size: int, noted: tuple[int, str] | None
) -> Iterator[str]:
    guards, wanted = _guards(db), _wanted_guards()
    yield from (f"The guard {name} of the log was changed or taken off." for name in sorted(dict(guards ^ wanted)))
    if not {"audit", "audit_head"} <= {name for name, _ in guards}:
        return
    yield from _wrong_entries(db, chain)
    yield from _wrong_head(db, chain)
    yield from _wrong_list(db, path, list_size)
    if noted and not _has(db, *noted):
        yield f"Entry {noted[0]} is not the one that was noted: the log was cut off or written anew."


def _guards(db: sqlite3.Connection) -> set[tuple[str, str]]:
    """The name and the SQL of the log's tables and triggers."""
    rows = db.execute("select name, sql from sqlite_master where tbl_name in ('audit', 'audit_head')")
    return {(name, sql) for name, sql in rows}


def _wanted_guards() -> set[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        for step in MIGRATIONS:
            step(db)
        return _guards(db)


def _wrong_entries(db: sqlite3.Connection, chain: _Chain) -> Iterator[str]:
    for sequence, sha256, entry in db.execute("select sequence, sha256, entry from audit order by sequence"):
        expected = chain.sequence + 1
        if sequence > expected:
            yield f"Missing: {_entries(expected, sequence - 1)}."
        elif sequence < expected:
            yield f"Entry {sequence} does not belong to the log."
        if problem := _problem(sequence, sha256, entry, previous=chain.sha256, is_next=sequence == expected):
            yield f"Entry {sequence} {problem}."
        chain.sequence, chain.sha256 = sequence, str(sha256)


def _problem(sequence: int, sha256: object, entry: object, *, previous: str, is_next: bool) -> str:
    """What is wrong with one entry, in words; "" when nothing is."""
    if not isinstance(entry, str) or hashlib.sha256(entry.encode("utf-8", "surrogatepass")).hexdigest() != sha256:
        return "was changed"
    try:
        fields = json.loads(entry)
        named = (fields["sequence"], fields["previous_sha256"])
    except (ValueError, TypeError, KeyError):
        return "cannot be read"
    if named[0] != sequence:
        return f"was moved: it is entry {named[0]}"
    return "does not follow the entry before it" if is_next and named[1] != previous else ""


def _entries(first: int, last: int) -> str:
    return f"entry {first}" if first == last else f"entries {first} to {last}"


def _wrong_head(db: sqlite3.Connection, chain: _Chain) -> Iterator[str]:
    heads = [tuple(row) for row in db.execute("select sequence, sha256 from audit_head")]
    if len(heads) != 1:
        yield "The head of the log was taken out or doubled."
        return
    sequence, sha256 = heads[0]
    if sequence > chain.sequence:
        yield f"Cut off at the end: {_entries(chain.sequence + 1, sequence)}."
    elif (sequence, sha256) != (chain.sequence, chain.sha256):
        yield f"The last entry, {chain.sequence}, is not the one that was written last."


def _wrong_list(db: sqlite3.Connection, path: Path, size: int) -> Iterator[str]:
    """Heads in the file that the log does not hold. The file may lack some: a process may have been killed before."""
    if not size:
        yield f"The list of heads, {path.name}, is gone or empty."
        return
    with path.open("rb") as file:
        number = 0
        while file.tell() < size and (line := file.readline()):
            number += 1
            text = line.decode("ascii", "replace").rstrip("\n")
            head = _HEAD.fullmatch(text)
            if head and not _has(db, int(head[1]), head[2]):
                yield f"Entry {head[1]} is not the one in the list of heads: the log was cut off or written anew."
            elif not head and not _TORN.fullmatch(text):
                yield f"Line {number} of the list of heads, {path.name}, was changed."


def _has(db: sqlite3.Connection, sequence: int, sha256: str) -> bool:
    """Whether an entry stands at this place with this SHA-256. Number 0 is the beginning, before any entry."""
    if sequence == 0:
        return sha256 == GENESIS_SHA256
    return bool(db.execute("select 1 from audit where sequence = ? and sha256 = ?", [sequence, sha256]).fetchone())
