"""What is measured on: the sample documents, a PDF made from them, the embedded models."""

import re
import textwrap
from itertools import cycle, islice
from pathlib import Path

from core.documents import read_document
from core.models import registry
from core.sample import sample_documents

LINES_PER_PAGE = 48
COLUMNS = 90


def model_path(name: str) -> Path:
    """Where the embedded model `name` lies."""
    return Path(registry.find_model([registry.embedded_folder()], name).path)


def gguf() -> Path:
    """The embedded language model."""
    return model_path("smollm2-135m-instruct")


def sample_texts() -> list[str]:
    """The text of every sample document."""
    return [read_document(path, path.name).text for path in sample_documents()]


def paragraphs() -> list[str]:
    """Every paragraph of the sample documents."""
    return [line for text in sample_texts() for line in text.splitlines() if line.strip()]


def question_rows() -> list[dict[str, str]]:
    """The questions and answers that stand in the sample documents, as training rows."""
    text = next(path for path in sample_documents() if path.stem == "questions_and_answers").read_text(encoding="utf-8")
    found = re.findall(r"((?:What|How|When|Where|Who|Which|Why)\b[^?]*\?) (.+?\.)(?= [A-Z][^.?]*\?|\n)", text)
    return [{"input": question, "output": answer} for question, answer in found]


def made_pdf(path: Path, pages: int) -> Path:
    """Write a PDF of so many pages of the sample's plain texts, always the same bytes (structure: ISO 32000-1, 7.5)."""
    texts = [path.read_text(encoding="utf-8") for path in sample_documents() if path.suffix in (".md", ".txt")]
    wrapped = [textwrap.wrap(paragraph, COLUMNS) or [""] for text in texts for paragraph in text.splitlines()]
    lines = cycle([line for paragraph in wrapped for line in paragraph])
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>"]
    for number in range(1, pages + 1):
        shown = ["Workshop manual", "", *islice(lines, LINES_PER_PAGE), "", f"Page {number}"]
        escaped = [re.sub(r"([\\()])", r"\\\1", line) for line in shown]
        stream = "BT /F1 10 Tf 14 TL 40 760 Td " + " ".join(f"({line}) Tj T*" for line in escaped) + " ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
    kids = " ".join(f"{number} 0 R" for number in range(5, len(objects) + 1, 2))
    objects[1] = f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>"
    content, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(content))
        content += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1", errors="replace")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    start = len(content)
    content += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    content += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    path.write_bytes(content)
    return path
