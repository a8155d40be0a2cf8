"""Re-identification, from surrogates back to values: off unless set up, sealed, opened by a named person with a reason.

Jobs seal pairs to a public key and need no passphrase; opening needs it. Every opening, and every refused attempt, is in the
audit log. The reasons are in a table of their own, with their SHA-256 in the log, which holds no free text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.errors import InputError, SetupError
from core.files import sha256_text
from core.privacy.entities import name_alone
from core.privacy.recognizers.people.name_forms import plain
from core.privacy.replacement.sealing import KeyPair, Refused, new_key_pair, relock, unlock
from core.privacy.replacement.surrogates import SurrogateMapping
from core.records import AuditAction, Document, Person, Project, Span, new_id, now
from core.services.privacy import sealed_mappings
from core.services.privacy.project_surrogates import surrogate_table
from core.services.privacy.sealed_mappings import stored_key_pair
from core.storage import Permitted, Workspace, audit, find, rights, transaction

MIN_PASSPHRASE = 15  # characters; NIST SP 800-63B-4, section 3.1.1, for a password used alone
MIN_REASON_WORDS = 3
MAX_TRIES = 5  # failed attempts per person and project
TRIES_S = 15 * 60  # seconds for which a failed attempt counts
TRIES_LOOKED_AT = 500  # latest failures, of all people and projects: enough for a hundred who guess at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Reidentification:
    """A project's re-identification: who set it up, and when."""

    person: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One re-identification: by whom, why, for how many surrogates (0 for all), and how many values were shown."""

    id: str
    person: str
    reason: str
    surrogates: int
    found: int
    created_at: str


def setup_of(workspace: Workspace, project: Project) -> Reidentification | None:
    """Return who set up the project's re-identification, and when; None if surrogates lead nowhere."""
    rights.check(workspace.db, "read documents", project.id)
    row = workspace.db.execute(
        "select person, created_at from reidentification where project_id = ?", [project.id]
    ).fetchone()
    return Reidentification(**dict(row)) if row else None


def openings(workspace: Workspace, project: Project) -> list[Opening]:
    """Return every opening of the project's re-identification, the newest first."""
    rights.check(workspace.db, "read documents", project.id)
    rows = workspace.db.execute(
        "select id, person, reason, surrogates, found, created_at from reidentifications where project_id = ?"
        " order by rowid desc",
        [project.id],
    )
    return [Opening(**dict(row)) for row in rows]


def set_up(workspace: Workspace, project: Project, *, passphrase: str, person: Person) -> int:
    """Set up re-identification, seal the pairs of documents already searched, and return how many pairs were sealed.

    From now on new pairs are sealed as they arise.

    Raises:
        InputError: re-identification is set up already, or the passphrase is too short.
    """
    permitted = workspace.allowed("set rules", project.id, also="read documents", by=person)
    _check_passphrase(passphrase)
    key_pair = new_key_pair(passphrase, belongs_to=project.id)  # before the transaction: it takes a moment
    with transaction(permitted.db):
        if setup_of(permitted, project):
            raise InputError(
                f"Re-identification is set up in {project.name} already.", "Change its passphrase, or turn it off first."
            )
        permitted.db.execute(
            "insert into reidentification (project_id, public_key, locked_key, parameters, person, created_at)"
            " values (?, ?, ?, ?, ?, ?)",
            [project.id, key_pair.public_key, key_pair.locked_key, key_pair.parameters, person.name, now()],
        )
        pairs = sealed_mappings.seal(permitted, project.id, _pairs_so_far(permitted, project))
        _record(permitted, project, "way back set up", person=person, counts={"pairs": pairs})
    return pairs


def reveal(
    workspace: Workspace, project: Project, *, surrogates: Sequence[str], passphrase: str, person: Person, reason: str
) -> list[SurrogateMapping]:
    """Return the pairs of these surrogates, in the order in which they were sealed; every pair if none is named.

    The opening is in the audit log before anything is returned.

    Raises:
        InputError: re-identification is not set up, the reason has fewer than three words, or the passphrase is wrong, which
            the audit log records too, or was wrong too often.
        SetupError: what was sealed was changed.
    """
    permitted = workspace.allowed("reveal", project.id, by=person)
    if len(reason.split()) < MIN_REASON_WORDS:
        raise InputError("Re-identification needs a reason.", f"Write it in {MIN_REASON_WORDS} words or more.")
    private_key = _opened(permitted, project, passphrase=passphrase, person=person)
    pairs = _distinct(sealed_mappings.unsealed(permitted, project.id, private_key))
    wanted = {plain(surrogate) for surrogate in surrogates}
    named = wanted | {plain(name_alone(surrogate)) for surrogate in surrogates}  # pairs hold names without "HMS"
    revealed = [pair for pair in pairs if not wanted or plain(pair.surrogate) in named]
    opening = new_id("opening")
    counts = {"surrogates": len(wanted), "found": len(revealed)}
    with transaction(permitted.db):
        permitted.db.execute(
            "insert into reidentifications (id, project_id, person_id, person, reason, surrogates, found, created_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            [opening, project.id, person.id, person.name, reason.strip(), len(wanted), len(revealed), now()],
        )
        _record(permitted, project, "way back opened", person=person, counts=counts, opening=opening, reason=reason.strip())
    return revealed


def change_passphrase(workspace: Workspace, project: Project, *, old: str, new: str, person: Person) -> None:
    """Lock the same key with another passphrase; what was sealed stays as it is.

    Raises:
        InputError: re-identification is not set up, the old passphrase is wrong, or the new one is too short.
    """
    permitted = workspace.allowed("set rules", project.id, also="read documents", by=person)
    _check_passphrase(new)
    _opened(permitted, project, passphrase=old, person=person)
    key_pair = relock(_key_pair(permitted, project), old=old, new=new, belongs_to=project.id)
    with transaction(permitted.db):
        permitted.db.execute(
            "update reidentification set locked_key = ?, parameters = ? where project_id = ? and public_key = ?",
            [key_pair.locked_key, key_pair.parameters, project.id, key_pair.public_key],
        )
        _record(permitted, project, "way back passphrase changed", person=person)


def turn_off(workspace: Workspace, project: Project, *, typed_name: str, person: Person) -> None:
    """Delete the key and everything sealed, so that nothing leads back. Needs no passphrase: it may be lost.

    Raises:
        InputError: re-identification is not set up, or `typed_name` is not the project's name.
    """
    permitted = workspace.allowed("set rules", project.id, also="read documents", by=person)
    _key_pair(permitted, project)
    if typed_name.strip() != project.name:
        raise InputError("The name typed is not that of the project; nothing was deleted.", f"Type: {project.name}")
    with transaction(permitted.db):
        permitted.db.execute("pragma secure_delete = on")  # overwrites what is deleted in the database file
        blocks = sealed_mappings.last_block(permitted, project.id)
        permitted.db.execute("delete from sealed_blocks where project_id = ?", [project.id])
        permitted.db.execute("delete from reidentification where project_id = ?", [project.id])
        _record(permitted, project, "way back turned off", person=person, counts={"blocks": blocks})
    permitted.db.execute("pragma wal_checkpoint(truncate)")


def _opened(permitted: Permitted, project: Project, *, passphrase: str, person: Person) -> bytes:
    """Decrypt the private key; a wrong passphrase is recorded in the audit log."""
    key_pair = _key_pair(permitted, project)
    _check_tries(permitted, project, person)
    try:
        return unlock(key_pair, passphrase, belongs_to=project.id)
    except Refused as error:
        _record(permitted, project, "way back refused", person=person)
        raise InputError(
            "The passphrase is wrong, or the stored key was changed.", "Try again; every try is in the audit log."
        ) from error
    except MemoryError as error:
        raise SetupError("There is not enough memory to try a passphrase (64 MB).", "Close other programs.") from error


def _check_tries(workspace: Workspace, project: Project, person: Person) -> None:
    """Make whoever guesses wait. This holds for people who sign in; whoever has the files can guess without Garrison."""
    since = (datetime.now(UTC) - timedelta(seconds=TRIES_S)).isoformat(timespec="milliseconds")
    refused = audit.entries(workspace.db, about="way back refused", last=TRIES_LOOKED_AT)
    asked = {"project": project.id, "person": person.id}
    tries = sum(entry.created_at > since and asked.items() <= entry.subjects.items() for entry, _ in refused)
    if tries >= MAX_TRIES:
        raise InputError(
            f"The passphrase was wrong {tries} times in a quarter of an hour.", "Wait 15 minutes, and ask who set it up."
        )


def _key_pair(permitted: Permitted, project: Project) -> KeyPair:
    key_pair = stored_key_pair(permitted, project.id)
    if key_pair is None:
        raise InputError(
            f"Re-identification is not set up in {project.name}: nothing leads from a surrogate to what it replaced.",
            "The originals are in the documents, as long as these are kept.",
        )
    return key_pair


def _check_passphrase(passphrase: str) -> None:
    if len(passphrase) < MIN_PASSPHRASE:
        raise InputError(
            f"The passphrase is shorter than {MIN_PASSPHRASE} characters.",
            "Take four or five words that nobody would guess.",
        )


def _pairs_so_far(permitted: Permitted, project: Project) -> list[SurrogateMapping]:
    """Read the pairs of documents already searched from the stored texts; treatments without a surrogate give none."""
    table = surrogate_table(permitted, project.id)
    for document in find(permitted.db, Document, project_id=project.id):
        text = permitted.text(document)
        for span in find(permitted.db, Span, document_id=document.id, order="start"):
            table.surrogate(span.entity, text[span.start : span.end])
    return table.rows.mappings()


def _distinct(pairs: Sequence[SurrogateMapping]) -> list[SurrogateMapping]:
    """Return each pair once: a pair is sealed again if its value is found under another type."""
    return list({(plain(pair.value), plain(pair.surrogate)): pair for pair in reversed(pairs)}.values())[::-1]


def _record(
    permitted: Permitted,
    project: Project,
    action: AuditAction,
    *,
    person: Person,
    counts: dict[str, int] | None = None,
    opening: str = "",
    reason: str = "",
) -> None:
    audit.append(
        permitted.db,
        action,
        actor=person.name,
        subjects={"project": project.id, "person": person.id, **({"opening": opening} if opening else {})},
        hashes={"reason": sha256_text(reason)} if reason else {},
        counts=counts,
    )
