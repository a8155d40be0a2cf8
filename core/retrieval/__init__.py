"""Find passages for a question, and the words in them that support an answer. Reads no database.

>>> from core.retrieval import cite
"""

from core.retrieval.alignment import cite
from core.retrieval.source import Citation, CitedSentence, Source

__all__ = ["Citation", "CitedSentence", "Source", "cite"]
