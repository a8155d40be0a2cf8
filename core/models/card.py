"""The card of a model: a README.md that says what it is, where it came from and under which license.

Its head is what model hubs use: `key: value` lines between two lines of `---`.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

CARD = "README.md"
LICENSE_FILE = re.compile(r"(licen[cs]e|notice|copying)([-_.].*)?", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_HEAD_LINES = 200  # a card's head is short; what comes later is text


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What an exported model was made from. `license` is the base model's, "" where it states none."""

    model: str
    model_sha256: str
    license: str
    run_id: str
    dataset_sha256: str
    note: str = ""  # what whoever uses it must know
    risk: tuple[str, ...] = ()  # what may be left of the personal data in what it learned from, in sentences
    unread: str | None = None  # that what it learned from was approved unread, and by whom, in a sentence


def model_card(origin: Origin) -> str:
    """The text of the card."""
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
    return "\n".join([*text, *(["", origin.note] if origin.note else [])]) + "\n"


def license_in(folder: Path) -> str:
    """The license that the card in `folder` names; "" where there is no card, or it names none."""
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
    """The files in `folder` that hold the text of a license."""
    return sorted(file for file in folder.iterdir() if file.is_file() and LICENSE_FILE.fullmatch(file.name))


def _value(text: str) -> str:
    """As YAML reads it back: plain where it is one word, else quoted (JSON's quotes are YAML's too)."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _read_value(text: str) -> str:
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            return text.strip('"')
    return text.strip("'")
