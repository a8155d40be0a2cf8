"""Settings that an administrator writes into the workspace: TOML, this account's or root's own, closed to all others."""

import os
import tomllib
from pathlib import Path
from typing import Any

from core.errors import SetupError


def read_settings_file(path: Path) -> dict[str, Any] | None:
    """Return what the file says; None where there is none.

    Raises:
        SetupError: it is there, and cannot be read, belongs to another account or is open to others.
    """
    try:
        if not path.exists() and not path.is_symlink():  # a link to nothing is a file that is missing, not none
            return None
        if path.stat().st_uid not in (0, os.geteuid()):
            raise unfit(path, "belongs to another account", "Only this account and root may write it.")
        if path.stat().st_mode & 0o077:
            raise unfit(path, "can be read by other accounts of this machine", f"Close it: chmod 600 {path}")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise unfit(path, "cannot be read", "See that it is TOML, and this account's own.") from error


def unfit(path: Path, what: str, hint: str) -> SetupError:
    """Return the error that says what is wrong with the file and what to do."""
    return SetupError(f"{path} {what}.", hint)
