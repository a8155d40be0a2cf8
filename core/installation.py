"""Facts about the running copy of Garrison: who signed it, when it was installed, how its self-tests went.

`garrison-setup` installs a copy into `<prefix>/versions/<version>/`, with its interpreter in `python/` and a receipt
beside it; the public key that verifies its signature is kept in the prefix itself.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from core.errors import SetupError


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An installed copy. Times are ISO 8601 in UTC; `signed_by` is the key's fingerprint, None for an unsigned bundle."""

    folder: str
    version: str
    installed_at: str
    file_count: int
    signed_by: str | None
    tested_at: str | None = None  # time of the last self-test; None if there was none
    is_test_passed: bool = False
    test_network: str | None = None  # how that test isolated or monitored the network


def signer() -> Path | None:
    """Return the path of the public key that signed this copy; None in a checkout or if it is unsigned."""
    folder = _version_folder()
    path = folder.parents[1] / "signer.pem" if folder else None
    return path if path and path.is_file() else None


def current() -> Installation | None:
    """Describe this copy from its receipt; return None in a checkout or if the receipt cannot be read."""
    from core.carry.signature import fingerprint

    folder = _version_folder()
    try:
        receipt = json.loads((folder / "receipt.json").read_text(encoding="utf-8")) if folder else None
        key = signer()
        signed_by = fingerprint(key.read_bytes()) if key else None
    except (OSError, ValueError, SetupError):
        return None
    if folder is None or receipt is None:
        return None
    last = receipt["self_tests"][-1] if receipt["self_tests"] else {}
    return Installation(
        folder=str(folder),
        version=receipt["version"],
        installed_at=receipt["installed_at"],
        file_count=len(receipt["files"]),
        signed_by=signed_by,
        tested_at=last.get("at"),
        is_test_passed=last.get("ok", False),
        test_network=last.get("network"),
    )


def _version_folder() -> Path | None:
    folder = Path(sys.prefix).parent
    return folder if folder.parent.name == "versions" and (folder / "receipt.json").is_file() else None
