"""A bundle's papers: the license texts of everything in it, and the bill of materials."""

import json
import tarfile
from collections.abc import Sequence
from pathlib import Path

from bundle import sbom, wheels
from bundle.media import Source, source

MODEL_PAPERS = ("LICENSE", "LICENCE", "NOTICE", "COPYING")


def paper_sources(version: str, created_at: str, sources: Sequence[Source], work: Path) -> list[Source]:
    """Write all license texts and the bill of materials into `work`, and return them as files of the bundle."""
    pieces = [sbom.Piece(wheels.facts(item.path), item.file.sha256) for item in sources if item.file.kind == "wheel"]
    python = next(item for item in sources if item.file.kind == "interpreter")
    packages, texts = interpreter_papers(python.path)
    models = [
        json.loads(item.path.read_text(encoding="utf-8")) for item in sources if item.file.path.endswith("/model.json")
    ]
    bill = work / "sbom.cdx.json"
    bill.write_text(
        sbom.write(
            version, created_at, wheels=pieces, interpreter=packages, interpreter_sha256=python.file.sha256, models=models
        ),
        encoding="utf-8",
    )
    lines = [f"{piece.facts.name} {piece.facts.version}: {piece.facts.license}" for piece in pieces]
    lines += [f"{model['name']} (model): {model['license']}, from {model['source']}" for model in models]
    for piece in pieces:
        for name, text in piece.facts.texts.items():
            lines += ["", "=" * 100, f"{piece.facts.name} {piece.facts.version}, {name}", "=" * 100, text]
    for item in sources:
        if item.file.kind == "model" and item.path.name.upper().startswith(MODEL_PAPERS):
            title = f"model: {item.file.path.partition('/models/')[2]}"
            lines += ["", "=" * 100, title, "=" * 100, item.path.read_text(encoding="utf-8", errors="replace")]
    for name, text in texts.items():
        lines += ["", "=" * 100, f"interpreter: {name}", "=" * 100, text]
    licenses = work / "LICENSES.txt"
    licenses.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [
        source(bill, "papers/sbom.cdx.json", "sbom", "made with the bundle", "Apache-2.0"),
        source(licenses, "papers/LICENSES.txt", "license", "gathered from what the bundle holds", "see there"),
    ]


def interpreter_papers(archive: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Read from the interpreter's archive the versions of the Debian packages inside, and their license texts, by name."""
    packages, texts = {}, {}
    with tarfile.open(archive) as tar:
        for entry in tar:
            if not entry.isfile() or not entry.name.startswith("python/licenses/"):
                continue
            reading = tar.extractfile(entry)
            text = reading.read().decode("utf-8", "replace") if reading else ""
            if entry.name.endswith("/versions.txt"):
                for line in text.splitlines():
                    name, _, number = line.replace("_", " ").partition(" ")
                    packages[name] = number
            else:
                texts[entry.name.rpartition("/")[2]] = text
    return packages, texts
