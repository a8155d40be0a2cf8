"""The child process behind `WriterApart`: `python -m core.models.engine.writer OPTIONS`.

OPTIONS are the arguments of `BatchGenerator` as JSON. For each line of JSON on standard input (`prefix` and `prompts`) it
prints one line per completion as soon as that is ready, then `{"done": true}`.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from core.errors import GarrisonError
from core.models.text import Message, Prompt
from core.offline import refuse_connections


def main(arguments: list[str]) -> None:
    """Load the model and serve requests until standard input is closed."""
    refuse_connections()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # keep library output away from the answers
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
        _say(answers, {"error": type(error).__name__, "message": error.message, "hint": asdict(error.hint)})


def _prompt(told: dict[str, Any]) -> Prompt:
    tuples: dict[str, Any] = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
    return Prompt(**told | tuples | {"messages": tuple(Message(**message) for message in told["messages"])})


def _say(answers: TextIO, told: dict[str, Any]) -> None:
    answers.write(json.dumps(told) + "\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
