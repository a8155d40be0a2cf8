"""What is told when the engine ends by itself, as types: by a signal, or because it could not load the model."""

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from core.errors import SetupError

Moment = Literal["loaded the model", "answered", "wrote"]


class EngineCrashed(SetupError):
    """The engine's process ended while somebody waited for it."""

    def __init__(self, returncode: int, moment: Moment) -> None:
        """Build the error from how a process ended (negative: by that signal), as `subprocess` tells it."""
        super().__init__(
            f"The language model's engine ended with {ended_by(returncode)} while it {moment}.",
            "Try again: it is started anew, and nothing stored is lost. See what is broken: python3 installer doctor",
        )
        self.returncode = returncode
        self.moment = moment

    def __reduce__(self) -> tuple[type, tuple[int, Moment]]:  # type: ignore[override]
        return type(self), (self.returncode, self.moment)


class EngineUnfit(SetupError):
    """The engine crashed so often in a short time that it is not started again at once."""


def ended_by(returncode: int) -> str:
    """Return the name of the signal that ended a process, or its status in words."""
    if returncode >= 0:
        return f"status {returncode}"
    try:
        return signal.Signals(-returncode).name
    except ValueError:
        return f"signal {-returncode}"


def cannot_load(path: Path, adapters: Sequence[Path] = ()) -> SetupError:
    """Build the error for a model file that llama.cpp refuses, or refuses with adapters of runs."""
    if adapters:
        names = ", ".join(adapter.name for adapter in adapters)
        return SetupError(
            f"The model file {path.name} cannot be loaded with {names}.",
            "Run `garrison models verify`; if the model is unchanged, delete the adapter's file from the run's folder: "
            "it is made again from the run.",
        )
    return SetupError(
        f"The model file {path.name} cannot be loaded.",
        "Run `garrison models verify`; if it is unchanged, llama.cpp does not know this kind of model or memory is short.",
    )
