"""Model cards: a README.md that says what a model is, where it came from and under which license.

The header has the format model hubs use: `key: value` lines between two `---` lines.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

CARD = "README.md"
SUMS = "SHA256SUMS"  # beside the card: the hashes of all files of an export
LICENSE_FILE = re.compile(r"(licen[cs]e|notice|copying)([-_.].*)?", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_HEAD_LINES = 200  # the header is short; anything later is text


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What an exported model was made from. `license` is the base model's, "" if it states none."""

    model: str
    model_sha256: str
    license: str
    run_id: str
    dataset_sha256: str
    note: str = ""  # what users of the model must know
    risk: tuple[str, ...] = ()  # sentences on personal data that may remain in its training data
    leaks: tuple[str, ...] = ()  # sentences on what a leak test of the run found, or that there was none
    forgetting: str = ""  # sentences on what became of the base model's general knowledge; "" if nobody looked
    unread: str | None = None  # sentence saying who approved its training data unread; None if nobody did


def model_card(origin: Origin) -> str:
    """Render the text of a model card."""
    license = " ".join(origin.license.split())
    head = [f"license: {_value(license)}"] if license else []
    head.append(f"base_model: {_value(origin.model)}")
    facts = [
        f"- Base model: {origin.model}" + (f" (SHA-256 {origin.model_sha256})" if origin.model_sha256 else ""),
        f"- License of the base model: {license or 'not stated'}",
        f"- Run: {origin.run_id}",
        f"- Dataset version (SHA-256): {origin.dataset_sha256}",
    ]
    warning = [f"**{origin.unread}**", ""] if origin.unread else []
    text = ["---", *head, "---", "", f"# {origin.model}, tuned with Garrison", "", *warning, *facts]
    if origin.risk:
        text += ["", "## Personal data", "", *(f"- {sentence}" for sentence in origin.risk)]
    if origin.leaks:
        text += ["", "## Leak test", "", *(f"- {sentence}" for sentence in origin.leaks)]
    if origin.forgetting:
        text += ["", "## General knowledge", "", origin.forgetting]
    return "\n".join([*text, *(["", origin.note] if origin.note else [])]) + "\n"


def license_in(folder: Path) -> str:
    """Return the license named by the card in `folder`; "" if there is no card or it names none."""
    card = folder / CARD
    if not card.is_file():
        return ""
    with card.open(encoding="utf-8", errors="replace") as file:
        if file.readline().strip() != "---":
            return ""
        for _, line in zip(range(_HEAD_LINES), file, strict=False):
            if line.strip() == "---":
                return ""
            key, _, value = line.partition(":")
            if key == "license":
                return _read_value(value.strip())
    return ""


def license_files(folder: Path) -> list[Path]:
    """Return the license files in `folder`, sorted by name."""
    return sorted(file for file in folder.iterdir() if file.is_file() and LICENSE_FILE.fullmatch(file.name))


def _value(text: str) -> str:
    """Write a text as a YAML value: plain if it is one word, otherwise quoted as in JSON, which YAML understands."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _read_value(text: str) -> str:
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            return text.strip('"')
    return text.strip("'")
