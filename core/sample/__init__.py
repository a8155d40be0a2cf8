"""Fictitious documents written for Garrison: an invented workshop, its machines, its people.

The facts are invented, so that no model can know them before it is tuned on these documents; the important ones
recur in other words in several documents. Every file says of itself that it is fictitious.
"""

from importlib.resources import files
from pathlib import Path


def sample_documents() -> tuple[Path, ...]:
    """Return the paths of the sample documents (md, txt, docx, pdf, html, csv, eml), sorted by name."""
    folder = Path(str(files(__name__) / "documents"))
    return tuple(sorted(path for path in folder.iterdir() if path.is_file()))
