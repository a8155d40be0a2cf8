"""Shared by all writers that copy a file in its own format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.errors import Hint, InputError

_AS_TEXT = Hint("Export it as plain text.", command="--format txt")


class LayoutError(InputError):
    """A copy in the file's own format cannot be made; only plain text can be exported."""


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """The contents of a copy: all its `strings`, for searching, and the number of elements `left_out` by kind."""

    strings: tuple[str, ...]
    left_out: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


def check_same_text(traced: str, text: str) -> None:
    """Refuse a file whose text differs from the text that was read and reviewed.

    Raises:
        LayoutError: the texts differ, for instance because an earlier version of Garrison read the file differently.
    """
    if traced != text:
        raise LayoutError("The stored file no longer gives the text that was reviewed.", _AS_TEXT)


def changed_layout() -> LayoutError:
    """Build the error for a copy that, read back, does not give the intended text."""
    return LayoutError("The file's layout does not hold the anonymized text.", _AS_TEXT)
