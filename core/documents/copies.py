"""What every copy of a file in its own format has in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from core.errors import InputError

_AS_TEXT = "Export it as plain text (--format txt)."


class LayoutError(InputError):
    """A copy in the file's own format cannot be made; the text alone can be given."""


@dataclass(frozen=True, slots=True)
class CopiedFile:
    """What a copy holds: every `string` in it, to be searched, and how many things of which kind were `left_out`."""

    strings: tuple[str, ...]
    left_out: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


def check_same_text(traced: str, text: str) -> None:
    """Refuse a file whose text is not the one that was read and reviewed.

    Raises:
        LayoutError: it is not, for instance because an earlier version of Garrison read it differently.
    """
    if traced != text:
        raise LayoutError("The stored file no longer gives the text that was reviewed.", _AS_TEXT)


def changed_layout() -> LayoutError:
    """The error for a copy that does not read as it was meant to."""
    return LayoutError("The file's layout does not hold the anonymized text.", _AS_TEXT)
