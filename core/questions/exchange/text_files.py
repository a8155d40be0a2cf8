"""Bytes of a text file → text, and where it is not text."""

import codecs

from core.errors import InputError
from core.questions.exchange.half_characters import joined_halves
from core.questions.exchange.rows import Source

UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(source: Source) -> str:
    """Return a file's text: UTF-8, or UTF-16 with its mark.

    An emoji that a program wrote as two halves in UTF-8 is put together.

    Raises:
        InputError: the file cannot be read, or is not text.
    """
    with source.open() as file:
        data = file.read()
    try:
        if data.startswith(UTF_16):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        with_halves = _with_halves(data)
        if with_halves is not None:
            return with_halves
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{source.name} is not UTF-8 text, from line {line} on.", "Save it as UTF-8.") from error


def windows_text(source: Source) -> str | None:
    """Return the text of a file that is neither UTF-8 nor UTF-16 as Excel saves it in the West; None for others.

    Raises:
        InputError: the file cannot be read.
    """
    with source.open() as file:
        data = file.read()
    if data.startswith(UTF_16) or b"\0" in data or _with_halves(data) is not None:
        return None
    return data.decode("cp1252", errors="replace")


def _with_halves(data: bytes) -> str | None:
    """Return UTF-8 in which characters are written as two halves (CESU-8); None if it is not."""
    try:
        return joined_halves(data.decode("utf-8", "surrogatepass").removeprefix("\ufeff"))
    except UnicodeDecodeError:
        return None
