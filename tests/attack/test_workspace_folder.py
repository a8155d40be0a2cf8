"""A workspace holds documents with personal data: other accounts of the machine do not read it."""

import os
import stat
from pathlib import Path

from core.storage import Workspace


def test_new_workspace_is_closed_to_other_accounts_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        workspace = Workspace(tmp_path / "home")
        workspace.create_project("Valves")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
    workspace.close()


def test_folder_that_was_there_keeps_the_mode_somebody_gave_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o750)
    Workspace(home).create_project("Valves")
    assert stat.S_IMODE(home.stat().st_mode) == 0o750
