"""Opening who answers: a GGUF model with llama.cpp, a safetensors model or a run with transformers.

The libraries are imported when a model is opened.
"""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.chat.conversation import ChatModel, Message
from core.errors import InputError, SetupError
from core.records import ModelFormat

if TYPE_CHECKING:
    from core.models.causal import CausalModel
    from core.models.llama import LlamaModel

TEMPLATE_NAME = "template.jinja"
ADAPTER_NAME = "adapter"


def open_model(path: Path, format: ModelFormat) -> ChatModel:
    """The model at `path`, a GGUF file or a folder of safetensors.

    Raises:
        InputError: its format is not that of a language model.
        SetupError: it cannot be loaded.
    """
    if format == "gguf":
        from core.models.llama import LlamaModel, token_counter

        return _Llama(LlamaModel(path), token_counter(path))
    if format == "safetensors":
        return _causal(path, format)
    raise InputError(f"{path.name} is not a language model.", "See: garrison models list")


def open_run(base: Path, format: ModelFormat, *, folder: Path) -> ChatModel:
    """A run: its base model with its adapter, asked with the chat template that was stored when it was trained.

    Args:
        base: the base model, a GGUF file or a folder of safetensors.
        format: its format.
        folder: the run's folder, which holds `adapter/` and `template.jinja`.

    Raises:
        SetupError: the adapter or the template is gone, or the model cannot be loaded.
    """
    adapter, template = folder / ADAPTER_NAME, folder / TEMPLATE_NAME
    for path in (adapter, template):
        if not path.exists():
            raise SetupError(f"The run's {path.name} is gone.", "Restore the workspace from a backup or train again.")
    return _causal(base, format, adapter=adapter, template=template.read_text(encoding="utf-8"))


class _Llama:
    """A `ChatModel` over a GGUF model."""

    def __init__(self, model: "LlamaModel", count: Callable[[str], int]) -> None:
        self._model = model
        self._count = count

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, None]:
        yield from self._model.chat_stream(_mappings(messages), max_tokens=max_tokens, temperature=temperature)

    def count_tokens(self, text: str) -> int:
        return self._count(text)

    def close(self) -> None:
        self._model.close()


def _mappings(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _causal(path: Path, format: ModelFormat, *, adapter: Path | None = None, template: str = "") -> ChatModel:
    raise NotImplementedError
