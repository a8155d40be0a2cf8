"""Writing many prompts in a process of its own: a crash in llama.cpp ends that process and not the job that waits for it."""

import json
import subprocess  # noqa: S404 starts our own module
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from core import errors
from core.errors import GarrisonError, ModelError
from core.models.engine.crash import EngineCrashed
from core.models.text import Completion, Prompt
from core.processes import bound_to_this

PROGRAM = (sys.executable, "-s", "-P", "-m", "core.models.engine.writer")  # -s, -P: no folder puts a module in the way
RESTARTS = 1  # of a process that crashed; the prompts that it left unfinished are written again


class WriterApart:
    """A `TextGenerator` over `BatchGenerator` in another process. Use as a context manager, from a thread that stays."""

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
        """Build it; the process starts with the first prompt.

        Args:
            path: a GGUF file.
            adapter: a LoRA adapter as GGUF that is added to the model.
            sequences: completions written side by side.
            context_tokens: memory for the prefix and all sequences together.
            threads: at most; None for as many as there are free cores.
            program: what writes, a full path first; the other arguments follow as JSON.
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
        self._is_writing = False  # completions are still to come

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
                    except BrokenPipeError:  # it was gone before it had read all
                        pass
            process.wait()

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        """See `TextGenerator.generate`. The process begins at once, whether or not anybody takes the completions yet.

        Raises:
            EngineCrashed: the process ended by itself, and again after it was started anew.
        """
        if self._is_writing:
            self.close()  # what it still writes is for nobody
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
        """Let the process begin to write."""
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
            pass  # its last words, if any, are read later

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
    found: GarrisonError = kind(told["message"], told["hint"])
    return found
