"""Read e-mail files: sender, recipients, subject and date as lines, then the body. Attachments are named but not read."""

import email
import email.errors
import email.policy
from email.message import EmailMessage
from pathlib import Path

from core.documents import layout
from core.documents.markup import html_text
from core.documents.plain import MAX_TEXT_BYTES, decode, unwrapped
from core.errors import InputError
from core.records import Page

_HEADERS = ("From", "To", "Cc", "Subject", "Date")


def read_mail(path: Path) -> tuple[str, tuple[Page, ...], str]:
    """Return the headers and body of an .eml file, no pages, and a problem that names its attachments ("" if none).

    Raises:
        InputError: the file is not an e-mail or is too large.
    """
    if path.stat().st_size > MAX_TEXT_BYTES:
        raise InputError(f"The e-mail is larger than {MAX_TEXT_BYTES // 2**20} MB.", "Save its text alone.")
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    if not isinstance(message, EmailMessage) or not any(_header(message, name) for name in _HEADERS):
        raise InputError("The file is not an e-mail: it has no From, To, Subject or Date.", "Save the e-mail again as .eml.")
    lines = [f"{name}: {value}" for name in _HEADERS if (value := _header(message, name))]
    attachments = [part for part in message.walk() if part.get_content_disposition() == "attachment"]
    names = [part.get_filename() or "without a name" for part in attachments if isinstance(part, EmailMessage)]
    problem = f"Attachments were not read: {', '.join(names)}. Add them as files of their own." if names else ""
    return "\n".join(lines) + "\n\n" + _body(message), (), problem


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, AttributeError, TypeError, email.errors.MessageError):
        # The standard parser fails on some malformed addresses and dates; keep the raw value.
        return " ".join(next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "").split())


def _body(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        text = data.decode(part.get_content_charset() or "ascii")
    except (UnicodeDecodeError, LookupError):
        text = decode(data)
    text = layout.cleaned(text)
    return html_text(text) if part.get_content_subtype() == "html" else unwrapped(text).strip()
