"""The process that writes for `WriterApart`: `python -m core.models.engine.writer OPTIONS`.

OPTIONS are the arguments of `BatchGenerator` as JSON. A line of JSON comes in (`prefix` and `prompts`), a line goes out for
every completion as it is ready, then `{"done": true}`.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from core.errors import GarrisonError
from core.models.text import Prompt
from core.offline import refuse_connections


def main(arguments: list[str]) -> None:
    """Load the model and write until nobody asks any more."""
    refuse_connections()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no answer
    from core.models.batch import BatchGenerator

    options: dict[str, Any] = json.loads(arguments[0])
    options["path"] = Path(options["path"])
    options["adapter"] = Path(options["adapter"]) if options["adapter"] else None
    try:
        with BatchGenerator(**options) as generator:
            for line in sys.stdin:
                asked = json.loads(line)
                for completion in generator.generate([_prompt(told) for told in asked["prompts"]], prefix=asked["prefix"]):
                    _say(answers, asdict(completion))
                _say(answers, {"done": True})
    except GarrisonError as error:
        _say(answers, {"error": type(error).__name__, "message": error.message, "hint": error.hint})


def _prompt(told: dict[str, Any]) -> Prompt:
    tuples: dict[str, Any] = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
    return Prompt(**told | tuples)


def _say(answers: TextIO, told: dict[str, Any]) -> None:
    answers.write(json.dumps(told) + "\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
