"""The audit log: who did what to which version of a document. Append-only, each entry chained to the one before it.

An entry is one line of canonical JSON (sorted keys, no spaces, ASCII) that holds the SHA-256 of the entry before; its own
SHA-256 is over exactly these bytes. It is stored in the transaction that stores what it records, so that neither is there
without the other. It names ids, hashes, counts and the person who acted; never a text, a file name or a reason in words.

Triggers refuse to change or delete entries and to store one that does not follow the last. They stop mistakes, not somebody
who may write the file: see `core.storage.audit_check` for what is found then.
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
from core.errors import AccessError, SetupError
from core.records import KEPT, AuditAction, AuditEntry, Document, now
from core.storage import rights
from core.storage.transactions import Database, transaction

GENESIS_SHA256 = "0" * 64  # what the first entry names as the one before it
HEADS_NAME = "audit-heads.txt"  # beside the database
_ID_OR_HASH = re.compile(r"[0-9A-Za-z_-]{0,64}")  # no dot and no space, so that no file name and no text gets in


def append(
    db: sqlite3.Connection,
    action: AuditAction,
    *,
    actor: str = "",
    subjects: Mapping[str, str],
    hashes: Mapping[str, str] | None = None,
    counts: Mapping[str, int] | None = None,
) -> AuditEntry:
    """Add an entry; call it inside the transaction that stores what it records.

    Args:
        db: the workspace's database.
        action: what was done.
        actor: the name that the person gave; without one, who signed in, else the account this process runs under.
        subjects: ids by what they name, such as `document`.
        hashes: SHA-256 values by what they are of.
        counts: numbers by what they count.

    Raises:
        ValueError: a subject or a hash that is more than one word of letters, digits, "-" and "_".
        AccessError: the person who acts may not do that, or acts under another name than the one who signed in.
    """
    person = db.actor.person if isinstance(db, Database) and db.actor else None
    _check(db, action, actor=actor, project_id=subjects.get("project", ""))
    subjects = subjects if person is None else {"person": person.id, **subjects}
    given = [*subjects.values(), *(hashes or {}).values()]
    if not all(_ID_OR_HASH.fullmatch(value) for value in given):
        raise ValueError("an audit entry holds ids and hashes only")
    with transaction(db):
        head = db.execute("select sequence, sha256 from audit_head").fetchone()
        unsealed = AuditEntry(
            sequence=head["sequence"] + 1,
            created_at=now(),
            account=account(),
            actor=actor or (person.name if person else account()),
            action=action,
            subjects=dict(subjects),
            hashes=dict(hashes or {}),
            counts=dict(counts or {}),
            previous_sha256=head["sha256"],
        )
        text = canonical(unsealed)
        entry = replace(unsealed, sha256=sha256_of(text))
        db.execute("insert into audit (sequence, sha256, entry) values (?, ?, ?)", [entry.sequence, entry.sha256, text])
        if isinstance(db, Database):
            db.once_stored = partial(_note_head, heads_path(db), entry)
    return entry


def _check(db: sqlite3.Connection, action: AuditAction, *, actor: str, project_id: str) -> None:
    """The last gate before a change is stored: whoever signed in acts under the own name, and in a role that allows it."""
    signed_in = rights.restricted(db)
    if signed_in is None or action in UNGATED:
        return
    if actor and actor != signed_in.person.name:
        raise AccessError(f"You are signed in as {signed_in.person.name}.", "Nobody acts here under another name.")
    rights.check(db, GATES.get(action, "manage machine"), project_id)


def append_for(
    db: sqlite3.Connection,
    document_id: str,
    action: AuditAction,
    *,
    actor: str = "",
    subjects: Mapping[str, str] | None = None,
    hashes: Mapping[str, str] | None = None,
    counts: Mapping[str, int] | None = None,
) -> None:
    """Add an entry about a stored document: its project and the hashes of its file and its text are named with it."""
    row = db.execute("select project_id, sha256, text_sha256 from documents where id = ?", [document_id]).fetchone()
    append(
        db,
        action,
        actor=actor,
        subjects={"project": row["project_id"], "document": document_id, **(subjects or {})},
        hashes={"file": row["sha256"], "text": row["text_sha256"], **(hashes or {})},
        counts=counts,
    )


def note_refusal(db: sqlite3.Connection, action: Action, project_id: str) -> None:
    """Leave an entry that the person who acts was refused, once an hour for each project: pages ask again and again."""
    actor = rights.restricted(db)
    if actor is None:
        return
    subjects = {"person": actor.person.id} | ({"project": project_id} if project_id else {})
    since = now()[:13]  # the hour
    last = [entry for entry, _ in entries(db, about="access refused", last=20) if entry.created_at.startswith(since)]
    if not any(entry.subjects == subjects for entry in last):
        append(db, "access refused", subjects=subjects, counts={"refused": 1})


def append_begin(db: sqlite3.Connection) -> None:
    """Add the first entry, if there is none: how much was there already, of which no entry tells how it came."""
    if db.execute("select 1 from audit limit 1").fetchone():
        return
    tables = ("projects", "documents", "datasets", "runs", "releases")
    counts = {table: db.execute(f"select count(*) from {table}").fetchone()[0] for table in tables}  # noqa: S608 ours
    counts["approvals"] = db.execute("select count(*) from reviews where state = 'approved'").fetchone()[0]
    append(db, "log begun", subjects={}, counts=counts)


def decision_counts(db: sqlite3.Connection, document_id: str) -> dict[str, int]:
    """How many spans of a document were accepted, rejected, or only detected; `kept`: not rejected, but of a kept type."""
    rows = db.execute("select state, count(*) from spans where document_id = ? group by state", [document_id])
    kept = db.execute(
        "select count(*) from spans where document_id = ? and state <> 'rejected' and surrogate = ?", [document_id, KEPT]
    ).fetchone()[0]
    counts = {"accepted": 0, "rejected": 0, "detected": 0} | {state: number for state, number in rows}
    return counts | ({"kept": kept} if kept else {})


def size_counts(document: Document) -> dict[str, int]:
    """How large a document is."""
    return {"bytes": document.size_bytes, "pages": document.page_count, "words": document.word_count}


# --- reading ----------------------------------------------------------------------------------------


def entries(db: sqlite3.Connection, *, about: str = "", last: int = 0) -> Iterator[tuple[AuditEntry, str]]:
    """Entries and their canonical JSON, oldest first, one at a time.

    Args:
        db: the workspace's database.
        about: only those that name exactly this id, person, account or action.
        last: only so many of the newest; 0 for all.

    Raises:
        SetupError: an entry cannot be read, because somebody changed it.
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
            f"Entry {row['sequence']} of the audit log cannot be read.", "See what was changed: garrison audit verify"
        ) from error


@cache
def account() -> str:
    """The name of the operating system's account, asked of the system: variables such as USER are anybody's to set."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


# --- the chain --------------------------------------------------------------------------------------


def canonical(entry: AuditEntry) -> str:
    """The one way in which an entry, without its own SHA-256, is written as JSON."""
    fields = {name: value for name, value in asdict(entry).items() if name != "sha256"}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"))


def sha256_of(text: str) -> str:
    """SHA-256 of an entry's canonical JSON."""
    return hashlib.sha256(text.encode()).hexdigest()


def heads_path(db: sqlite3.Connection) -> Path:
    """Where the sequence number and SHA-256 of the last entry of each transaction are kept, a line each."""
    return Path(db.execute("pragma database_list").fetchone()["file"]).with_name(HEADS_NAME)


def _note_head(path: Path, entry: AuditEntry) -> None:
    """Append a head to the list. What it belongs to is stored already, so a full disk only leaves the list shorter."""
    with suppress(OSError), path.open("ab+") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
        start = "" if file.read(1) in (b"", b"\n") else "\n"  # a line may have been torn by a power cut
        file.write(f"{start}{entry.sequence} {entry.sha256}\n".encode())
        file.flush()
        os.fsync(file.fileno())
