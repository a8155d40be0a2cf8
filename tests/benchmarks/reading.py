"""Reading PDF files: Garrison's reader beside bare text extraction by the same library."""

import tempfile
import time
from pathlib import Path

from tests.benchmarks.frame import Measured
from tests.benchmarks.material import made_pdf


def garrison(*, pages: int = 0, pdf: str = "") -> Measured:
    """Read a made PDF of `pages` pages, or the file `pdf`, into text: headers removed, lines and hyphens joined."""
    from core.documents import read_document

    with tempfile.TemporaryDirectory() as folder:
        read_document(made_pdf(Path(folder) / "first.pdf", 1), "first.pdf")  # loads the library
        path = Path(pdf) if pdf else made_pdf(Path(folder) / "made.pdf", pages)
        started_s = time.perf_counter()
        found = read_document(path, "made.pdf")
        seconds = time.perf_counter() - started_s
    return Measured(
        figures={"pages_per_s": len(found.pages) / seconds},
        detail=f"{len(found.pages)} pages, {len(found.text):,} characters",
    )


def pdfium(*, pages: int = 0, pdf: str = "") -> Measured:
    """Only take each page's text out, as it stands."""
    import pypdfium2

    with tempfile.TemporaryDirectory() as folder:
        path = Path(pdf) if pdf else made_pdf(Path(folder) / "made.pdf", pages)
        started_s = time.perf_counter()
        document = pypdfium2.PdfDocument(path)
        texts = [page.get_textpage().get_text_bounded() for page in document]
        seconds = time.perf_counter() - started_s
        document.close()
    return Measured(
        figures={"pages_per_s": len(texts) / seconds}, detail=f"{len(texts)} pages, {sum(map(len, texts)):,} characters"
    )
