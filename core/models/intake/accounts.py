"""Accounts of a model's weights: which the code that reads them expects, and which the model's files hold."""

from collections.abc import Collection
from dataclasses import dataclass

from core.errors import InputError
from core.words import counted

SHOWN = 3  # names in a message
COPY_AGAIN = "Copy all files of the model again from where it came, and compare their sizes."
OTHER_FORM = "Bring this model in its other form (a folder with safetensors, or a GGUF), or choose another."


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is wrong with a model's weights, by name; empty if every expected weight is there and every one there is read."""

    missing: tuple[str, ...] = ()
    misshapen: tuple[str, ...] = ()  # of another size than the model's description says
    unread: tuple[str, ...] = ()  # present, but not used by whatever reads the model

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.missing or self.misshapen or self.unread)

    def sentence(self, name: str, reader: str) -> str:
        """Return a sentence that says what is wrong with the model called `name`, as `reader` (a library) reads it."""
        faults = [
            f"{listed(names)} {words}"
            for names, words in (
                (self.missing, "missing"),
                (self.misshapen, "of another size than its description says"),
                (self.unread, "not read"),
            )
            if names
        ]
        state = f"not read in full by {reader}" if self.unread else "not whole"
        return f"The model {name!r} is {state}: {'; '.join(faults)}."


def check(account: Account, name: str, *, reader: str) -> None:
    """Raise unless the account of the model called `name` is whole; `reader` is the library that reads it.

    Raises:
        InputError: weights are missing, of another size, or not read; the message has their number and the first names.
    """
    if account.is_whole:
        return
    hint = OTHER_FORM if account.unread else COPY_AGAIN
    raise InputError(account.sentence(name, reader), hint)


def listed(names: Collection[str], word: str = "weight") -> str:
    """Return how many weights these are and the names of the first, such as "9 weights (a, b, c and 6 more)"."""
    first, more = sorted(names)[:SHOWN], len(names) - SHOWN
    return f"{counted(len(names), word)} ({', '.join(first)}{f' and {more} more' if more > 0 else ''})"
