"""GGUF models through llama.cpp: loading, counting tokens, streamed chat. Many prompts at once: `core.models.batch`.

Import this module where it is used: it loads llama.cpp.
"""

import ctypes
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import llama_cpp
import llama_cpp.llama_cpp as C

from core.errors import InputError, SetupError
from core.models.cores import FreeCores
from core.models.templates import FALLBACK_STOPS, FALLBACK_TEMPLATE, render

log = logging.getLogger(__name__)


@C.llama_log_callback  # type: ignore[misc, untyped-decorator, unused-ignore]
def _forward_log(level: int, text: bytes, _: object) -> None:
    log.debug("%s", text.decode("utf-8", errors="replace").rstrip())


@cache
def start_library() -> None:
    """Before the first model: silence the library and load its processor back ends where they are separate files.

    A build for every processor variant keeps them in files of their own that the binding does not load by
    itself (llama-cpp-python issue #2069). The folder is given, so that the current directory is not searched.
    """
    C.llama_log_set(_forward_log, None)
    library = C._lib
    if hasattr(library, "ggml_backend_load_all_from_path"):
        load = library.ggml_backend_load_all_from_path
        load.argtypes, load.restype = [ctypes.c_char_p], None
        load(str(C._base_path).encode())
    C.llama_backend_init()


class Weights:
    """A loaded GGUF file: `model` and `vocab` for llama.cpp, and its tokenizer."""

    def __init__(self, path: Path, *, vocab_only: bool = False) -> None:
        """Load `path`; with `vocab_only` the tokenizer alone.

        Raises:
            SetupError: missing, damaged, or of a kind that llama.cpp does not know.
        """
        start_library()
        params = C.llama_model_default_params()
        params.vocab_only = vocab_only
        self.model: Any = C.llama_model_load_from_file(str(path).encode(), params) if path.is_file() else None
        if not self.model:
            raise _cannot_load(path)
        self.vocab: Any = C.llama_model_get_vocab(self.model)

    def tokenize(self, text: str, *, is_beginning: bool) -> list[int]:
        """Token ids of `text`; marks of the chat template count as one token each."""
        data = text.encode()
        tokens = (C.llama_token * (len(data) + 2))()
        count = C.llama_tokenize(self.vocab, data, len(data), tokens, len(tokens), is_beginning, True)
        return list(tokens[:count])

    def piece(self, token: int) -> bytes:
        """The bytes that `token` stands for; a character may be spread over several tokens."""
        buffer = ctypes.create_string_buffer(256)
        size = C.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(size, 0)]

    def close(self) -> None:
        """Free the memory. Calling it twice is harmless."""
        if self.model:
            C.llama_model_free(self.model)
            self.model = None


def token_counter(path: Path) -> Callable[[str], int]:
    """A function that counts the tokens of a text as the model at `path` does; loads the tokenizer alone.

    Raises:
        SetupError: the file cannot be loaded.
    """
    weights = Weights(path, vocab_only=True)
    return lambda text: len(weights.tokenize(text, is_beginning=False))


class LlamaModel:
    """A GGUF model to chat with."""

    def __init__(self, path: Path, *, context_tokens: int = 4096, template: str = "") -> None:
        """Load the model.

        Args:
            path: a GGUF file.
            context_tokens: longest conversation and answer together, at most what the model was trained for.
            template: chat template (Jinja) to use instead of the model's own.

        Raises:
            SetupError: the file cannot be loaded, or memory is short.
        """
        start_library()
        self._cores = FreeCores()
        threads = self._cores.count()
        try:
            self._llama = llama_cpp.Llama(
                model_path=str(path),
                n_ctx=context_tokens,
                n_threads=threads,
                n_threads_batch=threads,
                verbose=False,
            )
        except (ValueError, OSError, AssertionError) as error:
            raise _cannot_load(path) from error
        C.llama_log_set(_forward_log, None)
        own = self._llama.metadata.get("tokenizer.chat_template", "")
        self.template = template or own or FALLBACK_TEMPLATE

    def prompt(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The text that the model continues for these messages (`role`, `content`)."""
        return render(
            self.template,
            messages,
            bos_token=self._special(self._llama.token_bos()),
            eos_token=self._special(self._llama.token_eos()),
            add_generation_prompt=True,
        )

    def chat_stream(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        max_tokens: int = 256,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """The answer to the last message, piece by piece as it is written.

        Raises:
            InputError: the conversation leaves no room for an answer.
        """
        prompt = self.prompt(messages)
        bos = self._special(self._llama.token_bos())
        has_bos = bool(bos) and prompt.startswith(bos)
        tokens = self._llama.tokenize(prompt.encode(), add_bos=not has_bos, special=True)
        room = self._llama.n_ctx() - len(tokens)
        if room < 1:
            raise InputError(
                f"The conversation has {len(tokens)} tokens; this model reads {self._llama.n_ctx()}.",
                "Start a new conversation or shorten the message.",
            )
        threads = self._cores.count()
        C.llama_set_n_threads(self._llama.ctx, threads, threads)
        stops = [*stop, *(FALLBACK_STOPS if self.template == FALLBACK_TEMPLATE else ())]
        chunks = self._llama.create_completion(
            prompt=tokens, max_tokens=min(max_tokens, room), temperature=temperature, stop=stops, stream=True
        )
        for chunk in chunks:
            if text := str(chunk["choices"][0]["text"]):
                yield text

    def close(self) -> None:
        """Free the memory."""
        self._llama.close()

    def _special(self, token: int) -> str:
        return "" if token < 0 else str(self._llama._model.token_get_text(token))


def _cannot_load(path: Path) -> SetupError:
    return SetupError(
        f"The model file {path.name} cannot be loaded.",
        "Run `garrison models verify`; if it is unchanged, llama.cpp does not know this kind of model or memory is short.",
    )
