"""Opening who answers: a GGUF model with llama.cpp, a safetensors model or a run with transformers.

The libraries are imported when a model is opened.
"""

import json
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.chat.conversation import ChatModel, Message
from core.errors import InputError, SetupError
from core.records import ModelFormat
from core.settings import Precision

if TYPE_CHECKING:
    from core.models.causal import CausalModel
    from core.models.llama import LlamaModel

RECORD_NAME, TEMPLATE_NAME, ADAPTER_NAME = "run.json", "template.jinja", "adapter"  # as docs/architecture.md lays a run out


def open_model(path: Path, format: ModelFormat, *, precision: Precision = "fp32") -> ChatModel:
    """The model at `path`, a GGUF file or a folder of safetensors.

    Args:
        path: the file or the folder.
        format: its format.
        precision: of the weights of a folder of safetensors; a GGUF file has its own.

    Raises:
        InputError: its format is not that of a language model.
        SetupError: it cannot be loaded.
    """
    if format == "gguf":
        from core.models.llama import LlamaModel, token_counter

        return _Llama(LlamaModel(path), token_counter(path))
    if format == "safetensors":
        from core.models.causal import load_causal

        return _Causal(load_causal(path, format, precision=precision))
    raise InputError(f"{path.name} is not a language model.", "See: garrison models list")


def open_run(base: Path, format: ModelFormat, *, folder: Path, cache: Path | None = None) -> ChatModel:
    """A run: its base model with its adapter, asked with the chat template that was stored when it was trained.

    The base model is loaded in the precision of the training: the adapter has learned to correct those very weights.

    Args:
        base: the base model, a GGUF file or a folder of safetensors.
        format: its format.
        cache: a folder that keeps unpacked models, see `load_causal`.
        folder: the run's folder, which holds `run.json`, `adapter/` and `template.jinja`.

    Raises:
        SetupError: the adapter, the template or the run's description is gone or damaged, or memory is short.
        InputError: the model cannot be loaded, or the adapter was made for another one.
    """
    for name in (RECORD_NAME, ADAPTER_NAME, TEMPLATE_NAME):
        if not (folder / name).exists():
            raise SetupError(f"The run's {name} is gone.", "Restore the workspace from a backup or train again.")
    template = (folder / TEMPLATE_NAME).read_text(encoding="utf-8")
    precision = _precision(folder / RECORD_NAME)

    from core.models.causal import load_adapter, load_causal

    causal = load_causal(base, format, precision=precision, template=template, cache=cache)
    return _Causal(load_adapter(causal, folder / ADAPTER_NAME))


def _precision(record: Path) -> Precision:
    try:
        precision: Precision = json.loads(record.read_text(encoding="utf-8"))["settings"]["precision"]
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError("The run's run.json is damaged.", "Restore the workspace from a backup or train again.") from error
    return precision


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


class _Causal:
    """A `ChatModel` over a model in transformers, with or without an adapter."""

    def __init__(self, causal: "CausalModel") -> None:
        self._causal: CausalModel | None = causal

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, None]:
        from core.models.causal import generate_stream

        yield from generate_stream(self._open, _mappings(messages), max_tokens=max_tokens, temperature=temperature)

    def count_tokens(self, text: str) -> int:
        return len(self._open.tokenizer(text, add_special_tokens=False)["input_ids"])

    def close(self) -> None:
        self._causal = None

    @property
    def _open(self) -> "CausalModel":
        if self._causal is None:
            raise RuntimeError("this model has been closed")
        return self._causal


def _mappings(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]
