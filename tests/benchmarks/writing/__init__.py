"""Question pairs from 15,000 characters of a document: Garrison's guided writer beside other ways, judged alike."""

from tests.benchmarks.writing.garrison import guided

__all__ = ["guided"]
