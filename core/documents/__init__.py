"""Read files into text with page positions, and split text into passages. Touches neither storage nor jobs."""

from core.documents.archives import Member, expand
from core.documents.copies import CopiedFile, LayoutError
from core.documents.folders import FolderFiles, files_in
from core.documents.kinds import KINDS, kind_of
from core.documents.page_edges import page_edges
from core.documents.passages import split_passages
from core.documents.reading import Extraction, read_document
from core.documents.table_copy import copy_csv
from core.documents.text_map import Replacement
from core.documents.word_copy import copy_docx
from core.documents.words import guess_language, word_count
from core.documents.workbook_copy import copy_xlsx

__all__ = [
    "KINDS",
    "CopiedFile",
    "Extraction",
    "FolderFiles",
    "LayoutError",
    "Member",
    "Replacement",
    "copy_csv",
    "copy_docx",
    "copy_xlsx",
    "expand",
    "files_in",
    "guess_language",
    "kind_of",
    "page_edges",
    "read_document",
    "split_passages",
    "word_count",
]
