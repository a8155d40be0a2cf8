"""Every error a user can meet, grouped by who has to act.

    GarrisonError
    ├── InputError     the user: a bad file, a bad value               exit 2
    │   └── AccessError   the user: a role or a sign-in is missing      exit 2
    ├── SetupError     the operator: missing model, full disk, no GPU  exit 3
    ├── ModelError     a model's output was unusable                   exit 4
    ├── JobFailed      a job ended without its result                  exit 4
    └── JobCancelled   nobody: the work was cancelled                  exit 130

Messages and hints never contain text from a document. Any exception that is not a GarrisonError is a
bug in Garrison: it propagates and is logged with a reference number.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """What to do next: words for everybody and, where there is one, the command that does it.

    The words make sense without the command, since the pages show them alone. The command line shows both as one sentence.
    """

    words: str = ""
    command: str = ""  # a whole command, such as "garrison models list", or an option of the one just given

    @property
    def sentence(self) -> str:
        """The words followed by the command, such as "Look at the list of models: garrison models list"."""
        return f"{self.words.rstrip('.')}: {self.command}" if self.command else self.words


REPAIR = Hint("Ask whoever installed Garrison to repair the installation.", command="python3 installer run")


class GarrisonError(Exception):
    """Base of all errors: what happened (`message`, with the offending value) and what to do next (`hint`).

    As a string it is the message with the hint's words, which may be shown or stored anywhere.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | Hint = "") -> None:
        """Build the error; a hint given as a string is words without a command."""
        super().__init__(message)
        self.message = message
        self.hint = Hint(hint) if isinstance(hint, str) else hint

    def __reduce__(self) -> tuple[type, tuple[str, Hint]]:
        return type(self), (self.message, self.hint)

    def __str__(self) -> str:
        return f"{self.message} {self.hint.words}".strip()


class InputError(GarrisonError):
    """The user's input cannot be used."""

    exit_code = 2


class AccessError(InputError):
    """The person acting lacks the required role or is no longer signed in."""


class SetupError(GarrisonError):
    """Something on this machine is missing or full."""

    exit_code = 3


class ModelError(GarrisonError):
    """A model's output was unusable."""

    exit_code = 4


class JobFailed(GarrisonError):
    """A job ended without producing its result."""

    exit_code = 4


class JobCancelled(GarrisonError):
    """The work was cancelled on request."""

    exit_code = 130
