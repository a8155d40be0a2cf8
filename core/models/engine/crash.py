"""Errors for an engine that ended by itself: killed by a signal, or unable to load the model."""

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from core.errors import Hint, SetupError

Moment = Literal["loaded the model", "answered", "wrote"]


class EngineCrashed(SetupError):
    """The engine's process ended while a caller was waiting for it."""

    def __init__(self, returncode: int, moment: Moment) -> None:
        """Build the error from a `subprocess` return code (negative: killed by that signal) and what it was doing."""
        super().__init__(
            f"The language model's engine ended with {ended_by(returncode)} while it {moment}.",
            Hint(
                "Try again: it is started anew, and nothing stored is lost. If it happens again, ask whoever installed "
                "Garrison to see what is broken.",
                command="python3 installer doctor",
            ),
        )
        self.returncode = returncode
        self.moment = moment

    def __reduce__(self) -> tuple[type, tuple[int, Moment]]:  # type: ignore[override]
        return type(self), (self.returncode, self.moment)


class EngineUnfit(SetupError):
    """The engine crashed so often in a short time that it is not restarted right away."""


def ended_by(returncode: int) -> str:
    """Return the name of the signal that ended a process, or its exit status as text."""
    if returncode >= 0:
        return f"status {returncode}"
    try:
        return signal.Signals(-returncode).name
    except ValueError:
        return f"signal {-returncode}"


def cannot_load(path: Path, adapters: Sequence[Path] = ()) -> SetupError:
    """Build the error for a model file that llama.cpp cannot load, alone or with these adapters."""
    if adapters:
        names = ", ".join(adapter.name for adapter in adapters)
        return SetupError(
            f"The model file {path.name} cannot be loaded with {names}.",
            Hint(
                "Delete the adapter's file from the run's folder: it is made again from the run. But first check on the "
                "page Models that the model is unchanged.",
                command="garrison models verify",
            ),
        )
    return SetupError(
        f"The model file {path.name} cannot be loaded.",
        Hint(
            "Perhaps llama.cpp does not know this kind of model, or memory is short. Check on the page Models that it is "
            "unchanged.",
            command="garrison models verify",
        ),
    )
