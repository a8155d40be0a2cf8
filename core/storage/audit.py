"""The audit log: who did what to which version of a document. Append-only, each entry chained to the one before it.

An entry is one line of canonical JSON (sorted keys, no spaces, ASCII) that contains the SHA-256 of the previous entry; its
own SHA-256 is computed over exactly these bytes. It is stored in the same transaction as the change it records, so neither
exists without the other. It holds ids, hashes, counts and the person who acted, never a text, a file name or a reason in
words.

Triggers refuse to change or delete entries, or to store one that does not follow the last. They prevent mistakes, not
tampering by someone who can write the file: see `core.storage.audit_check` for what is detected then.
"""

import hashlib
import json
import os
import pwd
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cache, partial
from pathlib import Path

from core.access import GATES, UNGATED, Action
from core.errors import AccessError, Hint, SetupError
from core.records import AuditAction, AuditEntry, Document, Person, now
from core.storage import rights
from core.storage.transactions import Database, transaction

GENESIS_SHA256 = "0" * 64  # the first entry's previous hash
HEADS_NAME = "audit-heads.txt"  # in the database's folder
_ID_OR_HASH = re.compile(r"[0-9A-Za-z_-]{0,64}")  # no dots or spaces, to keep file names and texts out


def append(
    db: sqlite3.Connection,
    action: AuditAction,
    *,
    actor: str | None = None,
    subjects: Mapping[str, str],
    hashes: Mapping[str, str | None] | None = None,
    counts: Mapping[str, int] | None = None,
) -> AuditEntry:
    """Add an entry. Call this inside the transaction that stores the change it records.

    Args:
        db: the workspace's database.
        action: what was done.
        actor: the name that the person gave; defaults to the person signed in, else the account this process runs under.
        subjects: ids by the kind of thing they identify, such as `document`.
        hashes: SHA-256 values by the kind of thing they were computed from; the entry holds "" for None.
        counts: numbers by what they count.

    Raises:
        ValueError: a subject or hash contains other characters than letters, digits, "-" and "_", or is too long.
        AccessError: the acting person may not do this, or `actor` is not the name of the person signed in.
    """
    person = db.actor.person if isinstance(db, Database) and db.actor else None
    _check(db, action, actor=actor, project_id=subjects.get("project"))
    subjects = subjects if person is None else {"person": person.id, **subjects}
    entered = {kind: "" if sha256 is None else sha256 for kind, sha256 in (hashes or {}).items()}
    given = [*subjects.values(), *entered.values()]
    if not all(_ID_OR_HASH.fullmatch(value) for value in given):
        raise ValueError("an audit entry holds ids and hashes only")
    with transaction(db):
        head = db.execute("select sequence, sha256 from audit_head").fetchone()
        unsealed = AuditEntry(
            sequence=head["sequence"] + 1,
            created_at=now(),
            account=account(),
            actor=_default_actor(person) if actor is None else actor,
            action=action,
            subjects=dict(subjects),
            hashes=entered,
            counts=dict(counts or {}),
            previous_sha256=head["sha256"],
        )
        text = canonical(unsealed)
        entry = replace(unsealed, sha256=sha256_of(text))
        db.execute("insert into audit (sequence, sha256, entry) values (?, ?, ?)", [entry.sequence, entry.sha256, text])
        if isinstance(db, Database):
            db.once_stored = partial(_note_head, heads_path(db), entry)
    return entry


def _default_actor(person: Person | None) -> str:
    return account() if person is None else person.name


def _check(db: sqlite3.Connection, action: AuditAction, *, actor: str | None, project_id: str | None) -> None:
    """Raise AccessError unless whoever is signed in acts under their own name and has a role that allows `action`.

    This is the last gate before a change is stored.
    """
    signed_in = rights.restricted(db)
    if signed_in is None or action in UNGATED:
        return
    if actor is not None and actor != signed_in.person.name:
        raise AccessError(f"You are signed in as {signed_in.person.name}.", "Nobody acts here under another name.")
    rights.check(db, GATES.get(action, "manage machine"), project_id)


def append_for(
    db: sqlite3.Connection,
    document_id: str,
    action: AuditAction,
    *,
    actor: str | None = None,
    subjects: Mapping[str, str] | None = None,
    hashes: Mapping[str, str | None] | None = None,
    counts: Mapping[str, int] | None = None,
) -> None:
    """Add an entry about a stored document, with its project and the hashes of its file and text."""
    row = db.execute("select project_id, sha256, text_sha256 from documents where id = ?", [document_id]).fetchone()
    append(
        db,
        action,
        actor=actor,
        subjects={"project": row["project_id"], "document": document_id, **(subjects or {})},
        hashes={"file": row["sha256"], "text": row["text_sha256"], **(hashes or {})},
        counts=counts,
    )


def note_refusal(db: sqlite3.Connection, action: Action, project_id: str | None) -> None:
    """Record that the acting person was refused, about once an hour per project because pages retry constantly."""
    actor = rights.restricted(db)
    if actor is None:
        return
    subjects = {"person": actor.person.id} | ({"project": project_id} if project_id else {})
    since = now()[:13]  # the hour
    last = [entry for entry, _ in entries(db, about="access refused", last=20) if entry.created_at.startswith(since)]
    if not any(entry.subjects == subjects for entry in last):
        append(db, "access refused", subjects=subjects, counts={"refused": 1})


def append_begin(db: sqlite3.Connection) -> None:
    """Add the first entry if the log is empty, with counts of what the workspace already holds, which no entry explains."""
    if db.execute("select 1 from audit limit 1").fetchone():
        return
    tables = ("projects", "documents", "datasets", "runs", "releases")
    counts = {table: db.execute(f"select count(*) from {table}").fetchone()[0] for table in tables}  # noqa: S608 ours
    counts["approvals"] = db.execute("select count(*) from reviews where state = 'approved'").fetchone()[0]
    append(db, "log begun", subjects={}, counts=counts)


def decision_counts(db: sqlite3.Connection, document_id: str) -> dict[str, int]:
    """Count a document's spans that were accepted, rejected or only detected.

    `kept` counts those of a kept type that were not rejected; it is missing if there are none.
    """
    rows = db.execute("select state, count(*) from spans where document_id = ? group by state", [document_id])
    kept = db.execute(
        "select count(*) from spans where document_id = ? and state <> 'rejected' and treatment = 'keep'", [document_id]
    ).fetchone()[0]
    counts = {"accepted": 0, "rejected": 0, "detected": 0} | {state: number for state, number in rows}
    return counts | ({"kept": kept} if kept else {})


def size_counts(document: Document) -> dict[str, int]:
    """Return a document's size in bytes, pages and words, as counts for an entry."""
    return {"bytes": document.size_bytes, "pages": document.page_count, "words": document.word_count}


# --- reading ----------------------------------------------------------------------------------------


def entries(db: sqlite3.Connection, *, about: str = "", last: int = 0) -> Iterator[tuple[AuditEntry, str]]:
    """Yield entries with their canonical JSON, oldest first.

    Args:
        db: the workspace's database.
        about: limits the result to entries that name exactly this id, person, account or action.
        last: limits the result to this many of the newest; 0 for all.

    Raises:
        SetupError: an entry cannot be read because somebody changed it.
    """
    wanted = json.dumps(about) if about else ""
    first = 0
    if last:
        newest = db.execute(
            "select sequence from audit where instr(entry, ?) order by sequence desc limit ?", [wanted, last]
        ).fetchall()
        first = newest[-1]["sequence"] if newest else 0
    for row in db.execute("select * from audit where sequence >= ? and instr(entry, ?) order by sequence", [first, wanted]):
        yield _entry(row), row["entry"]


def _entry(row: sqlite3.Row) -> AuditEntry:
    try:
        return AuditEntry(**json.loads(row["entry"]), sha256=row["sha256"])
    except (TypeError, ValueError) as error:
        raise SetupError(
            f"Entry {row['sequence']} of the audit log cannot be read.",
            Hint("See on the page Audit what was changed.", command="garrison audit verify"),
        ) from error


@cache
def account() -> str:
    """Return the name of the account this process runs under, as the system knows it: anybody can set $USER."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


# --- the chain --------------------------------------------------------------------------------------


def canonical(entry: AuditEntry) -> str:
    """Return the canonical JSON of an entry, without its own SHA-256."""
    fields = {name: value for name, value in asdict(entry).items() if name != "sha256"}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def sha256_of(text: str) -> str:
    """Return the hexadecimal SHA-256 of an entry's canonical JSON."""
    return hashlib.sha256(text.encode()).hexdigest()


def heads_path(db: sqlite3.Connection) -> Path:
    """Return the path of the list of heads: sequence number and SHA-256 of each transaction's last entry, one per line."""
    return Path(db.execute("pragma database_list").fetchone()["file"]).with_name(HEADS_NAME)


def _note_head(path: Path, entry: AuditEntry) -> None:
    """Append a head to the list. Its entry is stored already, so on a full disk the list merely lacks a line."""
    with suppress(OSError), path.open("ab+") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
        start = "" if file.read(1) in (b"", b"\n") else "\n"  # a power cut may have left a partial line
        file.write(f"{start}{entry.sequence} {entry.sha256}\n".encode())
        file.flush()
        os.fsync(file.fileno())
