"""What is known about this very copy of Garrison: who signed it, when it was installed, what its self-tests said.

`garrison-setup` puts a copy into `<prefix>/versions/<version>/`, its interpreter below that in `python/`, a receipt beside
the interpreter, and the public key it was signed with at the prefix.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from core.errors import SetupError


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Times are ISO 8601 in UTC; `signed_by` is the key's fingerprint, "" for an unsigned bundle."""

    folder: str
    version: str
    installed_at: str
    file_count: int
    signed_by: str
    tested_at: str = ""  # of the last self-test; "" where there was none
    is_test_passed: bool = False
    test_network: str = ""  # how the network was kept away or watched


def signer() -> Path | None:
    """The public key that this copy was signed with; None in a checkout, or where nobody signed."""
    folder = _version_folder()
    path = folder.parents[1] / "signer.pem" if folder else None
    return path if path and path.is_file() else None


def current() -> Installation | None:
    """This copy; None in a checkout, or where its receipt cannot be read."""
    from core.carry.signature import fingerprint

    folder = _version_folder()
    try:
        receipt = json.loads((folder / "receipt.json").read_text(encoding="utf-8")) if folder else None
        key = signer()
        signed_by = fingerprint(key.read_bytes()) if key else ""
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
        tested_at=last.get("at", ""),
        is_test_passed=last.get("ok", False),
        test_network=last.get("network", ""),
    )


def _version_folder() -> Path | None:
    folder = Path(sys.prefix).parent
    return folder if folder.parent.name == "versions" and (folder / "receipt.json").is_file() else None
