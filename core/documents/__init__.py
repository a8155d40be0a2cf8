"""Files to text with pages, and text to passages. Pure: no storage, no jobs."""

from core.documents.archives import Member, expand
from core.documents.edges import page_edges
from core.documents.folders import FolderFiles, files_in
from core.documents.kinds import KINDS, kind_of
from core.documents.passages import split_passages
from core.documents.reading import Extraction, read_document
from core.documents.words import guess_language, word_count

__all__ = [
    "KINDS",
    "Extraction",
    "FolderFiles",
    "Member",
    "expand",
    "files_in",
    "guess_language",
    "kind_of",
    "page_edges",
    "read_document",
    "split_passages",
    "word_count",
]
