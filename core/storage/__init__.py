"""Store everything: one SQLite file and folders of plain files."""

from core.storage import rights
from core.storage.database import connect
from core.storage.rows import count, delete, find, find_all, find_each, from_row, get, insert, insert_many, update
from core.storage.transactions import transaction
from core.storage.workspace import Permitted, Workspace

__all__ = [
    "Permitted",
    "Workspace",
    "connect",
    "count",
    "delete",
    "find",
    "find_all",
    "find_each",
    "from_row",
    "get",
    "insert",
    "insert_many",
    "rights",
    "transaction",
    "update",
]
