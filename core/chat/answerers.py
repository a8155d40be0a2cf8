"""Open chat models: GGUF models and runs with the engine, safetensors models with transformers.

The libraries are imported when a model is opened.
"""

import json
import threading
from collections.abc import Generator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core.chat.conversation import ChatModel
from core.chat.room import Room, guessed_tokens, too_long
from core.errors import Hint, InputError, SetupError
from core.models.text import Message, Pace
from core.records import ModelFormat
from core.run_folder import RunFolder
from core.settings import Precision

if TYPE_CHECKING:
    from core.models.causal import CausalModel
    from core.models.engine.remote import HostModel
    from core.models.engine.settings import Host

GO_ON = Message("user", "Go on exactly where you stopped, without repeating anything.")


def open_model(path: Path, format: ModelFormat) -> ChatModel:
    """Open the model at `path`, a GGUF file or a folder of safetensors.

    Args:
        path: the file or folder.
        format: its format.

    Raises:
        InputError: `format` is not that of a language model, or transformers cannot load the model.
        SetupError: the model cannot be loaded.
        EngineCrashed: the engine ended while loading.
    """
    if format == "gguf":
        return _Engine(path)
    if format == "safetensors":
        from core.models.causal import load_causal
        from core.models.devices import loading_of

        loading = loading_of(path)
        return _Causal(load_causal(path, format, precision=loading.precision, split=loading.split))
    raise InputError(
        f"{path.name} is not a language model.", Hint("Choose one of the language models.", command="garrison models list")
    )


def open_host(name: str, host: "Host") -> ChatModel:
    """Open a model on another machine that an administrator has allowed.

    Raises:
        SetupError: the CA certificate cannot be read.
    """
    from core.models.engine.remote import HostModel

    return _Hosted(HostModel(name, host), name)


def open_run(base: Path, format: ModelFormat, *, folder: Path, cache: Path | None = None) -> ChatModel:
    """Open a run: its base model with its adapter or its own weights, using the chat template stored during training.

    The engine answers, with the adapter loaded beside the base. transformers takes over if the engine cannot: if llama.cpp
    does not support the model family, or the run was trained on weights rounded to 8 or 4 bits, which its adapter has
    learned to correct.

    Args:
        base: the base model, a GGUF file or a folder of safetensors.
        format: its format.
        folder: the run's folder, with `run.json`, `adapter/` or `weights/`, and `template.jinja`.
        cache: folder for converted models: safetensors to GGUF, or the reverse.

    Raises:
        SetupError: `adapter/`, `template.jinja` or `run.json` is missing or damaged, or there is not enough memory.
        InputError: the model cannot be loaded, or the adapter was made for another one.
    """
    run = RunFolder(folder)
    for path in (run.record, run.learned, run.template):
        if not path.exists():
            raise SetupError(f"The run's {path.name} is gone.", "Restore the workspace from a backup or train again.")
    template = run.read_template()
    precision = _precision(run.record)
    if run.is_whole:
        return _open_whole(run, template, precision)

    from core.models.engine.tuned import tuned

    tuned_run = tuned(base, format, folder=folder, template=template, precision=precision, cache=cache)
    if tuned_run:
        return _Engine(tuned_run.model, template=tuned_run.template, adapter=tuned_run.adapter)

    from core.models.causal import load_adapter, load_causal

    causal = load_causal(base, format, precision=precision, template=template, cache=cache)
    return _Causal(load_adapter(causal, run.adapter))


def open_adapter(base: Path, format: ModelFormat, *, folder: Path, cache: Path) -> ChatModel:
    """Open an adapter that was made elsewhere with its base, using the chat template that lies with it, else the base's.

    The engine answers, with the adapter loaded beside the base; transformers does where llama.cpp cannot.

    Args:
        base: the base model, a GGUF file or a folder of safetensors.
        format: its format.
        folder: the adapter's folder, in peft's format; it is left as it is.
        cache: folder for converted models and adapters.

    Raises:
        SetupError: the adapter is missing or damaged, or there is not enough memory.
        InputError: the base cannot be loaded.
    """
    from core.models.adapters.brought import template_in
    from core.models.adapters.engine import adapter_files

    template = template_in(folder)
    if files := adapter_files(base, format, folder=folder, cache=cache):
        return _Engine(files.model, template=template, adapter=files.adapter)

    from core.models.causal import load_adapter, load_causal

    return _Causal(load_adapter(load_causal(base, format, template=template, cache=cache), folder))


def _open_whole(run: RunFolder, template: str, precision: Precision) -> ChatModel:
    """Open a run that is a model by itself, with the engine if llama.cpp supports its family; its GGUF is kept with it."""
    from core.models.engine.tuned import base_for_engine

    if gguf := base_for_engine(run.weights, "safetensors", precision=precision, cache=run.path):
        return _Engine(gguf, template=template)
    from core.models.causal import load_causal

    return _Causal(load_causal(run.weights, "safetensors", precision=precision, template=template))


def _precision(record: Path) -> Precision:
    try:
        precision: Precision = json.loads(record.read_text(encoding="utf-8"))["settings"]["precision"]
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError("The run's run.json is damaged.", "Restore the workspace from a backup or train again.") from error
    return precision


class _Engine:
    """A `ChatModel` over llama.cpp's server, which answers several requests in parallel."""

    backend = "llama.cpp"

    def __init__(self, path: Path, *, template: str = "", adapter: Path | None = None) -> None:
        from core.models.engine.model import EngineModel
        from core.models.engine.supervisor import shared

        self._path, self._template, self._adapter = path, template, adapter
        self._model = EngineModel(shared(), path, template=template, adapter=adapter)

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        try:
            return (yield from self._model.stream(_mappings(messages), max_tokens=max_tokens, temperature=temperature))
        except InputError as error:
            room = self.room(messages)
            if room.left < 1:
                raise too_long(messages, room) from error
            raise

    def room(self, messages: Sequence[Message]) -> Room:
        from core.models.conversation import prompt_tokens
        from core.models.engine.context import made_for_tokens
        from core.models.engine.supervisor import shared
        from core.models.llama import cached_vocabulary

        with shared().serving(self._path, adapter=self._adapter) as serving:
            readable = serving.client.context_tokens()
        vocabulary = cached_vocabulary(self._path)
        taken = len(prompt_tokens(vocabulary, self._template or vocabulary.template, _mappings(messages)))
        return Room(taken=taken, readable=readable, made_for=made_for_tokens(self._path))

    def close(self) -> None:
        self._model.close()


class _Hosted:
    """A `ChatModel` over another machine's server, which applies the template itself and answers in parallel."""

    def __init__(self, model: "HostModel", name: str) -> None:
        self._model = model
        self.backend = name

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        """Ask in words to go on with an answer that has begun, since the server writes the template."""
        begun = messages[-1:] and messages[-1].role == "assistant"
        asked = [*messages, GO_ON] if begun else messages
        try:
            return (yield from self._model.stream(_mappings(asked), max_tokens=max_tokens, temperature=temperature))
        except InputError as error:  # what a server refuses for any other reason is a `ModelError`
            raise too_long(messages, None) from error

    def room(self, messages: Sequence[Message]) -> Room | None:
        readable = self._readable
        return None if readable is None else Room(taken=guessed_tokens(messages), readable=readable)

    @cached_property
    def _readable(self) -> int | None:
        return self._model.longest_tokens()

    def close(self) -> None:
        self._model.close()


class _Causal:
    """A `ChatModel` over a transformers model, with or without an adapter, which answers one request at a time."""

    backend = "transformers"

    def __init__(self, causal: "CausalModel") -> None:
        self._causal: CausalModel | None = causal
        self._lock = threading.Lock()

    def stream(self, messages: Sequence[Message], *, max_tokens: int, temperature: float) -> Generator[str, None, Pace]:
        from core.models.decoding import generate_stream

        with self._lock:
            try:
                return (
                    yield from generate_stream(
                        self._open, _mappings(messages), max_tokens=max_tokens, temperature=temperature
                    )
                )
            except InputError as error:
                room = self.room(messages)
                if room.left < 1:
                    raise too_long(messages, room) from error
                raise

    def room(self, messages: Sequence[Message]) -> Room:
        from core.models.conversation import prompt_tokens

        causal = self._open
        taken = len(prompt_tokens(causal.vocabulary, causal.template, _mappings(messages)))
        return Room(taken=taken, readable=causal.context_tokens)

    def close(self) -> None:
        with self._lock:
            self._causal = None

    @property
    def _open(self) -> "CausalModel":
        if self._causal is None:
            raise RuntimeError("this model has been closed")
        return self._causal


def _mappings(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]
