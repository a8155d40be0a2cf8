"""A chat model backed by the engine: a GGUF file, with or without an adapter."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import InputError
from core.models.conversation import prompt_tokens, turn_of
from core.models.engine.client import Asked
from core.models.engine.context import made_for_tokens
from core.models.engine.supervisor import Supervisor
from core.models.text import Pace

if TYPE_CHECKING:
    from core.models.llama import LlamaVocabulary


class EngineModel:
    """A GGUF model served by the engine. Thread-safe; holds no resources between questions."""

    def __init__(self, supervisor: Supervisor, path: Path, *, template: str = "", adapter: Path | None = None) -> None:
        """Have the engine load the model now, so that a file that cannot be loaded is reported immediately.

        Args:
            supervisor: starts and stops the engine.
            path: a GGUF file.
            template: chat template (Jinja) to use instead of the model's own.
            adapter: a LoRA adapter as GGUF to apply to the model.

        Raises:
            SetupError: the engine is missing or cannot load the model.
            EngineCrashed: the engine ended while loading.
        """
        self._supervisor, self._path, self._template, self._adapter = supervisor, path, template, adapter
        with supervisor.serving(path, adapter=adapter):
            pass

    def stream(
        self, messages: Sequence[Mapping[str, str]], *, max_tokens: int, temperature: float
    ) -> Generator[str, None, Pace]:
        """Stream the answer to the last message; closing the generator makes the engine stop writing.

        Raises:
            InputError: the conversation leaves no room for an answer.
            EngineCrashed: the engine ended while answering.
        """
        with self._supervisor.serving(self._path, adapter=self._adapter) as serving:
            vocabulary = self._vocabulary()
            template = self._template or vocabulary.template
            prompt = prompt_tokens(vocabulary, template, messages)
            readable = serving.client.context_tokens()
            room = readable - len(prompt)
            if room < 1:
                raise self._too_long(len(prompt), readable)
            turn = turn_of(vocabulary, template)
            unknown = turn.ends - vocabulary.ends  # end tokens of the template that llama.cpp does not treat as such
            asked = Asked(
                max_tokens=min(max_tokens, room),
                temperature=temperature,
                stop=turn.stops,
                ends=tuple(mark for mark, token in vocabulary.marks.items() if token in unknown),
                scales=serving.scales,
            )
            return (yield from _from_first_word(serving.client.complete(prompt, asked)))

    def close(self) -> None:
        """Do nothing: the supervisor frees the engine's memory when it has been idle."""

    def _too_long(self, token_count: int, readable: int) -> InputError:
        made_for = made_for_tokens(self._path)
        if readable < made_for:
            return InputError(
                f"The conversation has {token_count} tokens; memory holds {readable} of the {made_for} this model reads.",
                "Close other programs, start a new conversation or shorten the message.",
            )
        return InputError(
            f"The conversation has {token_count} tokens; this model reads {readable}.",
            "Start a new conversation or shorten the message.",
        )

    def _vocabulary(self) -> "LlamaVocabulary":
        """Return the model's vocabulary, read in this process: the file is safe, as the engine has already loaded it."""
        from core.models.llama import cached_vocabulary

        return cached_vocabulary(self._path)


def _from_first_word(stream: Generator[str, None, Pace]) -> Generator[str, None, Pace]:
    """Strip the whitespace before an answer's first word, as is done for answers from transformers."""
    with closing(stream):
        has_begun = False
        while True:
            try:
                piece = next(stream)
            except StopIteration as end:
                pace: Pace = end.value
                return pace
            piece = piece if has_begun else piece.lstrip()
            if piece:
                has_begun = True
                yield piece
