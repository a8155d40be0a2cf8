"""Where everything is kept: one SQLite file and folders of plain files."""

from core.storage import rights
from core.storage.database import connect
from core.storage.files import (
    check_target,
    disk_error,
    file_key,
    folder_atomic,
    place_atomic,
    sha256_file,
    sha256_folder,
    sha256_text,
    write_atomic,
)
from core.storage.rows import count, delete, find, find_all, from_row, get, insert, insert_many, update
from core.storage.steps import Step, next_step, project_steps
from core.storage.transactions import transaction
from core.storage.workspace import Workspace

__all__ = [
    "check_target",
    "Step",
    "Workspace",
    "connect",
    "count",
    "delete",
    "disk_error",
    "file_key",
    "find",
    "find_all",
    "folder_atomic",
    "from_row",
    "get",
    "insert",
    "insert_many",
    "next_step",
    "place_atomic",
    "project_steps",
    "rights",
    "sha256_file",
    "sha256_folder",
    "sha256_text",
    "transaction",
    "update",
    "write_atomic",
]
