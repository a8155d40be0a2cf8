"""Verify that the audit log is intact: every entry unchanged, in its place, and none cut off.

What is detected, and how:

* A changed entry: its SHA-256 no longer matches. If that was recomputed, the next entry's previous hash does not match.
* An entry removed, inserted or moved: the sequence numbers have a gap or repeat, and again the previous hash differs.
* Entries cut off at the end: the chain alone cannot reveal this, because what remains is intact. Three things outside it
  can: the head in a table of its own, the list of heads in a file beside the database (a line per transaction, written
  after its commit), and a head that an auditor noted down (printed by `audit verify`, passed to `--noted`).
* Removed guards: the triggers are compared with those of the schema.

What is not detected: someone who can write both the database and the list of heads, and knows how, can rewrite the whole log
or truncate both by the same entries. Only a head noted elsewhere reveals this, or a list of heads that nobody can shorten
(`chattr +a audit-heads.txt`, set by an administrator). If a process was killed before a transaction's line reached the list,
the removal of that transaction is detected only by the head in the table.
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

from core.errors import Hint, InputError
from core.storage.audit import GENESIS_SHA256, heads_path
from core.storage.migrations import MIGRATIONS

FINDINGS_KEPT = 20
_HEAD = re.compile(r"([0-9]{1,18}) ([0-9a-f]{64})")
_TORN = re.compile(r"[0-9]*( [0-9a-f]{0,63})?")  # a partial line, as left by a power cut


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerdict:
    """The number of entries, the SHA-256 of the last one, and up to `FINDINGS_KEPT` of the problems found, in words."""

    count: int
    head_sha256: str
    findings: tuple[str, ...] = ()
    finding_count: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether no problem was found."""
        return not self.finding_count

    @property
    def head(self) -> str:
        """Number and SHA-256 of the last entry, for an auditor to note down and pass to `--noted`."""
        return f"{self.count}:{self.head_sha256}"


class _Chain:
    """The last entry read so far."""

    def __init__(self) -> None:
        self.sequence = 0
        self.sha256 = GENESIS_SHA256


def verify(db: sqlite3.Connection, *, noted: str = "") -> AuditVerdict:
    """Read the whole log, one entry at a time, and report what is wrong with it.

    Args:
        db: the workspace's database, outside a transaction.
        noted: a head noted earlier, `NUMBER:SHA256`; that entry must still exist unchanged.

    Raises:
        InputError: `noted` is not a head.
    """
    noted_head = _parsed(noted) if noted else None
    path = heads_path(db)
    list_size = path.stat().st_size if path.is_file() else 0  # taken before reading entries, to ignore later additions
    chain = _Chain()
    with _snapshot(db):
        findings = _findings(db, chain, path=path, list_size=list_size, noted=noted_head)
        kept = tuple(islice(findings, FINDINGS_KEPT))
        more = sum(1 for _ in findings)
    return AuditVerdict(count=chain.sequence, head_sha256=chain.sha256, findings=kept, finding_count=len(kept) + more)


@contextmanager
def _snapshot(db: sqlite3.Connection) -> Iterator[None]:
    """Read from a consistent snapshot inside the block, while others may write."""
    db.execute("begin")
    try:
        yield
    finally:
        db.execute("rollback")


def _parsed(noted: str) -> tuple[int, str]:
    head = _HEAD.fullmatch(noted.strip().lower().replace(":", " "))
    if head is None:
        raise InputError(
            f"{noted!r} is not a noted head.",
            Hint("Write NUMBER:SHA256, as the check of the log prints it.", command="garrison audit verify"),
        )
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
    """Return the name and SQL of the log's tables and triggers."""
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
    """Return in words what is wrong with one entry, or "" if nothing is."""
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
    """Yield a finding for each head in the file that the log lacks, and for each line that is no head.

    Heads missing from the file are no finding: a process may have been killed before it wrote one.
    """
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
    """Return whether the entry with this number has this SHA-256. Number 0 stands for the start, before any entry."""
    if sequence == 0:
        return sha256 == GENESIS_SHA256
    return bool(db.execute("select 1 from audit where sequence = ? and sha256 = ?", [sequence, sha256]).fetchone())
