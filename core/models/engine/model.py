"""A GGUF model to talk to, with or without an adapter, answered by the engine."""

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
    """Asks the engine; several threads may ask at once. Nothing is held between two questions."""

    def __init__(self, supervisor: Supervisor, path: Path, *, template: str = "", adapter: Path | None = None) -> None:
        """Build it, and have the engine load the model now, so that a file that cannot be loaded is told at once.

        Args:
            supervisor: of the engine.
            path: a GGUF file.
            template: chat template (Jinja) to use instead of the model's own.
            adapter: a LoRA adapter as GGUF that is added to the model.

        Raises:
            SetupError: the engine is not there, or cannot load the model.
            EngineCrashed: it ended while it loaded.
        """
        self._supervisor, self._path, self._template, self._adapter = supervisor, path, template, adapter
        with supervisor.serving(path, adapter=adapter):
            pass

    def stream(
        self, messages: Sequence[Mapping[str, str]], *, max_tokens: int, temperature: float
    ) -> Generator[str, None, Pace]:
        """Write the answer to the last message, piece by piece; closing the generator stops the engine's work on it.

        Raises:
            InputError: the conversation leaves no room for an answer.
            EngineCrashed: the engine ended while it answered.
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
            unknown = turn.ends - vocabulary.ends  # a mark of the template that llama.cpp does not take for an end
            asked = Asked(
                max_tokens=min(max_tokens, room),
                temperature=temperature,
                stop=turn.stops,
                ends=tuple(mark for mark, token in vocabulary.marks.items() if token in unknown),
                scales=serving.scales,
            )
            return (yield from _from_first_word(serving.client.complete(prompt, asked)))

    def close(self) -> None:
        """Do nothing: the engine frees its memory by itself."""

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
        """Return the model's tokens, read by the library in this process: the engine has loaded the file before."""
        from core.models.llama import cached_vocabulary

        return cached_vocabulary(self._path)


def _from_first_word(stream: Generator[str, None, Pace]) -> Generator[str, None, Pace]:
    """Leave out the blanks before an answer's first word, as answers through transformers do."""
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
