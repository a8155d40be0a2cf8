"""Pairs of value and surrogate in the storage, sealed so that no value is stored in the clear."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from core.errors import SetupError
from core.privacy.replacement.sealing import KeyPair, Refused, unseal
from core.privacy.replacement.sealing import seal as sealed
from core.privacy.replacement.surrogates import SurrogateMapping
from core.storage import Permitted

_PAIRS_A_BLOCK = 5_000


def stored_key_pair(permitted: Permitted, project_id: str) -> KeyPair | None:
    """Return the project's keys; None if re-identification is not set up."""
    row = permitted.db.execute(
        "select public_key, locked_key, parameters from reidentification where project_id = ?", [project_id]
    ).fetchone()
    return KeyPair(**dict(row)) if row else None


def seal(permitted: Permitted, project_id: str, pairs: Sequence[SurrogateMapping]) -> int:
    """Seal pairs if re-identification is set up, and return how many were sealed; call it inside a transaction."""
    key_pair = stored_key_pair(permitted, project_id) if pairs else None
    if key_pair is None:
        return 0
    number = last_block(permitted, project_id)
    for first in range(0, len(pairs), _PAIRS_A_BLOCK):
        number += 1
        content = json.dumps([asdict(pair) for pair in pairs[first : first + _PAIRS_A_BLOCK]]).encode()
        block = sealed(content, key_pair.public_key, belongs_to=project_id, number=number)
        permitted.db.execute(
            "insert into sealed_blocks (project_id, number, block) values (?, ?, ?)", [project_id, number, block]
        )
    return len(pairs)


def last_block(permitted: Permitted, project_id: str) -> int:
    """Return the number of the last sealed block, or 0; blocks are numbered from 1 without a gap."""
    row = permitted.db.execute("select max(number) from sealed_blocks where project_id = ?", [project_id]).fetchone()
    return int(row[0] or 0)


def unsealed(permitted: Permitted, project_id: str, private_key: bytes) -> list[SurrogateMapping]:
    """Return every pair of the project, in the order in which they were sealed.

    Raises:
        SetupError: a block was changed or moved, or one before the last is missing; the message gives its number.
    """
    pairs: list[SurrogateMapping] = []
    rows = permitted.db.execute("select number, block from sealed_blocks where project_id = ? order by number", [project_id])
    for expected, row in enumerate(rows.fetchall(), start=1):
        if row["number"] != expected:
            raise SetupError(f"Sealed block {expected} is missing.", _TAMPERED)
        try:
            content = unseal(row["block"], private_key, belongs_to=project_id, number=expected)
        except Refused as error:
            raise SetupError(f"Sealed block {expected} was changed since it was sealed.", _TAMPERED) from error
        pairs += [SurrogateMapping(**pair) for pair in json.loads(content)]
    return pairs


_TAMPERED = "Tell who is responsible for this workspace, and bring the database back from a backup."
