"""Settings files an administrator puts into the workspace: TOML, owned by this account or root, closed to all others."""

import os
import tomllib
from pathlib import Path
from typing import Any

from core.errors import SetupError


def read_settings_file(path: Path) -> dict[str, Any] | None:
    """Return the parsed file; None if there is none.

    Raises:
        SetupError: The file exists but cannot be read, belongs to another account or is open to others.
    """
    try:
        if not path.exists() and not path.is_symlink():  # a dangling link is an error, not an absent file
            return None
        if path.stat().st_uid not in (0, os.geteuid()):
            raise unfit(path, "belongs to another account", "Only this account and root may write it.")
        if path.stat().st_mode & 0o077:
            raise unfit(path, "can be read by other accounts of this machine", f"Close it: chmod 600 {path}")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise unfit(path, "cannot be read", "See that it is TOML, and this account's own.") from error


def unfit(path: Path, what: str, hint: str) -> SetupError:
    """Build the error that says what is wrong with the file and what to do about it."""
    return SetupError(f"{path} {what}.", hint)
