"""The door of a service: its keys as they are stored, read anew for each request."""

import hmac
import threading

from core.deploy.door import Caller
from core.deploy.refusal import Refused
from core.services.deploy.keys import PREFIX
from core.storage import Workspace
from core.storage.api_keys import ApiKey, find_key, has_keys, hash_of, may_use

_NO_HASH = hash_of("")  # compared with where there is no key, so that this takes as long


class StoredDoor:
    """Lets in whoever presents a key that is stored, stands, and whose person may chat in the project that is served."""

    def __init__(self, workspace: Workspace, *, project_id: str | None, is_open: bool) -> None:
        """Build the door.

        Args:
            workspace: where the keys are stored; it is used from several threads.
            project_id: of the project that what is served belongs to; None if to none.
            is_open: let everybody in as long as no key was ever made: on this machine alone.
        """
        self._workspace, self._project_id, self._is_open = workspace, project_id, is_open
        self._used: set[str] = set()
        self._lock = threading.Lock()

    def admit(self, presented: str | None) -> Caller:
        """Return who presents this key.

        Raises:
            Refused: it is missing, unknown or revoked, or its person may not ask here.
        """
        if self._is_open and not has_keys(self._workspace.db):
            return Caller(None)
        key = self._found(presented)
        if key is None or key.revoked_at is not None:
            words = (
                "A key is needed: Authorization: Bearer KEY." if presented is None else "The key is wrong or was revoked."
            )
            raise Refused(401, "invalid_api_key", words)
        if not may_use(self._workspace.db, key, self._project_id):
            raise Refused(403, "no_permission", "This key is for another project, or its person's role has ended.")
        with self._lock:
            self._used.add(key.id)
        return Caller(key.id)

    def stands(self, caller: Caller) -> bool:
        """Return whether somebody who was let in still would be."""
        if caller.key_id is None:
            return self._is_open and not has_keys(self._workspace.db)
        key = find_key(self._workspace.db, caller.key_id)
        return key is not None and may_use(self._workspace.db, key, self._project_id)

    def take_used(self) -> set[str]:
        """Return the ids of the keys used since the last call."""
        with self._lock:
            used, self._used = self._used, set()
        return used

    def _found(self, presented: str | None) -> ApiKey | None:
        prefix, _, rest = (presented or "").partition("-")
        key = find_key(self._workspace.db, f"key-{rest.partition('-')[0]}") if prefix == PREFIX else None
        is_right = hmac.compare_digest(hash_of(presented or ""), key.sha256 if key else _NO_HASH)
        return key if is_right else None
