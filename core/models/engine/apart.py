"""Complete many prompts in a child process, so that a crash in llama.cpp does not take the waiting job with it."""

import json
import subprocess  # noqa: S404 starts our own module
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from core import errors
from core.errors import GarrisonError, Hint, ModelError
from core.models.engine.crash import EngineCrashed
from core.models.text import Completion, Prompt
from core.processes import bound_to_this

PROGRAM = (sys.executable, "-s", "-P", "-m", "core.models.engine.writer")  # -s, -P: no local folder can shadow a module
RESTARTS = 1  # after a crash; only the unfinished prompts are sent again


class WriterApart:
    """A `TextGenerator` that runs `BatchGenerator` in a child process.

    Use it as a context manager, from a thread that outlives it: the child is killed when that thread ends.
    """

    def __init__(
        self,
        path: Path,
        *,
        adapter: Path | None = None,
        sequences: int = 8,
        context_tokens: int = 4096,
        threads: int | None = None,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        """Build the writer; the process starts with the first call of `generate`.

        Args:
            path: a GGUF file.
            adapter: a LoRA adapter as GGUF to apply to the model.
            sequences: completions written in parallel.
            context_tokens: room for the prefix and all sequences together.
            threads: upper limit; None for as many as there are free cores.
            program: command of the child process, beginning with a full path; the other arguments are appended as JSON.
        """
        options = {
            "path": str(path),
            "adapter": str(adapter) if adapter else None,
            "sequences": sequences,
            "context_tokens": context_tokens,
            "threads": threads,
        }
        self._command = [*program, json.dumps(options)]
        self._process: subprocess.Popen[str] | None = None
        self._restarts = 0
        self._is_writing = False  # the process still has completions to deliver

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process. Calling it twice is harmless."""
        if process := self._process:
            self._process = None
            self._is_writing = False
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    try:
                        pipe.close()
                    except BrokenPipeError:  # the process ended before reading everything
                        pass
            process.wait()

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        """Complete the prompts, see `TextGenerator.generate`. Writing starts at once, even before the iterator is consumed.

        Raises:
            EngineCrashed: the process ended by itself, and again after a restart.
        """
        if self._is_writing:
            self.close()  # nobody will read the rest of the previous call
        self._ask(prompts, prefix)
        return self._completions(prompts, prefix)

    def _completions(self, prompts: Sequence[Prompt], prefix: str) -> Iterator[Completion]:
        missing = list(range(len(prompts)))
        asked = list(missing)
        try:
            while self._is_writing:
                try:
                    for completion in self._read():
                        index = asked[completion.index]
                        missing.remove(index)
                        yield replace(completion, index=index)
                except EngineCrashed:
                    if self._restarts == RESTARTS:
                        raise
                    self._restarts += 1
                    asked = list(missing)
                    self._ask([prompts[index] for index in asked], prefix)
        finally:
            if self._is_writing:
                self.close()

    def _ask(self, prompts: Sequence[Prompt], prefix: str) -> None:
        """Send the prompts to the process, starting it if needed."""
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603 our own interpreter and module
                bound_to_this(self._command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
        self._is_writing = True
        pipe = self._process.stdin
        if pipe is None:
            raise RuntimeError("the writer has no pipes")
        try:
            pipe.write(json.dumps({"prefix": prefix, "prompts": [asdict(prompt) for prompt in prompts]}) + "\n")
            pipe.flush()
        except BrokenPipeError:
            pass  # an error it reported before ending is read by `_read`

    def _read(self) -> Iterator[Completion]:
        process = self._process
        if process is None or process.stdout is None:
            raise RuntimeError("the writer was closed")
        for line in process.stdout:
            told: dict[str, Any] = json.loads(line) if line.endswith("\n") else {}
            if told.get("done"):
                self._is_writing = False
                return
            if "error" in told:
                raise _error(told)
            if told:
                yield Completion(**told)
        status = process.wait()
        self.close()
        raise EngineCrashed(status, "wrote")


def _error(told: dict[str, Any]) -> GarrisonError:
    kind = getattr(errors, told["error"], ModelError)
    error: GarrisonError = kind(told["message"], Hint(**told["hint"]))
    return error
