"""GGUF models through the library of llama.cpp: loading them, and their tokens. Who writes: `core.models.engine`.

Import this module where it is used: it loads llama.cpp.
"""

import ctypes
import logging
import sys
import weakref
from collections.abc import Callable, Sequence
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as C
import numpy as np
from numpy.typing import NDArray

from core.models.conversation import Text, mark_pattern
from core.models.engine.crash import cannot_load
from core.models.templates import FALLBACK_TEMPLATE

log = logging.getLogger(__name__)

SPACE = " \t\n\v\f\r"  # what C calls space


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


def tokenize(vocab: Any, text: str, *, marks: bool = False) -> list[int]:
    """Return the tokens of `text` in a vocabulary of llama.cpp, nothing added; see `LlamaVocabulary.tokenize`."""
    data = text.encode()
    tokens = (C.llama_token * (len(data) + 2))()
    count = C.llama_tokenize(vocab, data, len(data), tokens, len(tokens), False, marks)
    return list(tokens[:count])


class LlamaVocabulary:
    """The tokens of a GGUF model, as llama.cpp reads them: a `Vocabulary`."""

    def __init__(self, model: Any) -> None:
        """Wrap the tokenizer of llama.cpp's `model`; it is gone with the model."""
        self.vocab = vocab = C.llama_model_get_vocab(model)
        own = C.llama_model_chat_template(model, None)
        self.template = own.decode("utf-8", errors="replace") if own else FALLBACK_TEMPLATE
        kinds = (C.llama_vocab_get_attr(vocab, token) for token in range(C.llama_vocab_n_tokens(vocab)))
        self._kinds: NDArray[np.int32] = np.fromiter(kinds, np.int32)
        marks = np.flatnonzero(self._kinds & (C.LLAMA_TOKEN_ATTR_CONTROL | C.LLAMA_TOKEN_ATTR_UNKNOWN)).tolist()
        self.marks: dict[str, int] = {text: token for token in marks if (text := self._text(token))}
        self.pattern = mark_pattern(self.marks)
        bos, eos = C.llama_vocab_bos(vocab), C.llama_vocab_eos(vocab)
        self.bos_token, self.eos_token = self._text(bos), self._text(eos)
        self.opening: int | None = bos if bos >= 0 and C.llama_vocab_get_add_bos(vocab) else None
        self.ends = frozenset(token for token in {eos, *marks} if token >= 0 and C.llama_vocab_is_eog(vocab, token))

    def encode(self, texts: Sequence[Text]) -> list[list[int]]:
        """See `Vocabulary.encode`."""
        return [self._encode_hidden(text) if text.hidden else self.tokenize(text.rendered, marks=True) for text in texts]

    def tokenize(self, text: str, *, marks: bool = False) -> list[int]:
        """Return the tokens of `text`; with `marks` what spells a mark is one, else it is text like any other."""
        return tokenize(self.vocab, text, marks=marks)

    def follow(self, text: str) -> list[int]:
        """Return the tokens of `text` after another text: without the space that SentencePiece puts before one alone."""
        if not self._begins_with_space:
            return self.tokenize(text)
        return self.tokenize("\n" + text)[len(self.tokenize("\n")) :]

    def piece(self, token: int) -> bytes:
        """Return the bytes that `token` stands for; a character may be spread over several tokens."""
        buffer = ctypes.create_string_buffer(256)
        size = C.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(size, 0)]

    @cached_property
    def _begins_with_space(self) -> bool:
        return b"".join(map(self.piece, self.tokenize("x"))) == b" x"

    def _encode_hidden(self, text: Text) -> list[int]:
        """Read as llama.cpp does: marks first, then each run of text between them by itself, here without marks in it."""
        pieces = self.pattern.split(text.rendered)  # text, mark, text, mark … text
        for at in range(1, len(pieces), 2):
            kind = self._kinds[self.marks[pieces[at]]]
            if kind & C.LLAMA_TOKEN_ATTR_LSTRIP:
                pieces[at - 1] = pieces[at - 1].rstrip(SPACE)
            if kind & C.LLAMA_TOKEN_ATTR_RSTRIP:
                pieces[at + 1] = pieces[at + 1].lstrip(SPACE)
        spelled = str.maketrans(dict(text.hidden))
        tokens: list[int] = []
        for at, piece in enumerate(pieces):
            tokens += [self.marks[piece]] if at % 2 else self._tokenize_run(piece.translate(spelled))
        return tokens

    def _tokenize_run(self, text: str) -> list[int]:
        tokens = self.tokenize(text)
        if not {*tokens} & {*self.marks.values()}:
            return tokens
        # The pieces of a SentencePiece vocabulary can grow into a mark: each is read apart after its first character.
        cuts = [0, *(found.start() + 1 for found in self.pattern.finditer(text)), len(text)]
        first, *others = [text[start:end] for start, end in pairwise(cuts)]
        return self.tokenize(first) + [token for part in others for token in self.follow(part)]

    def _text(self, token: int) -> str:
        return "" if token < 0 else (C.llama_vocab_get_text(self.vocab, token) or b"").decode("utf-8", errors="replace")


class Weights:
    """A loaded GGUF file: `model` and `vocab` for llama.cpp, and its tokenizer."""

    def __init__(self, path: Path, *, vocab_only: bool = False) -> None:
        """Load `path`; with `vocab_only` the tokenizer alone.

        Raises:
            SetupError: missing, damaged, or of a kind that llama.cpp does not know.
        """
        if not vocab_only:
            sys.audit("garrison.load", str(path))
        start_library()
        params = C.llama_model_default_params()
        params.vocab_only = vocab_only
        self.model: Any = C.llama_model_load_from_file(str(path).encode(), params) if path.is_file() else None
        if not self.model:
            raise cannot_load(path)

    @cached_property
    def vocabulary(self) -> LlamaVocabulary:
        """The model's tokens; of no use once it is closed."""
        return LlamaVocabulary(self.model)

    def close(self) -> None:
        """Free the memory. Calling it twice is harmless."""
        if self.model:
            C.llama_model_free(self.model)
            self.model = None


def load_vocabulary(path: Path) -> LlamaVocabulary:
    """Load the tokenizer of the GGUF at `path` alone; its memory is free once nobody uses it.

    Raises:
        SetupError: the file cannot be loaded.
    """
    weights = Weights(path, vocab_only=True)
    vocabulary = LlamaVocabulary(weights.model)
    weakref.finalize(vocabulary, C.llama_model_free, weights.model)
    return vocabulary


def cached_vocabulary(path: Path) -> LlamaVocabulary:
    """Return the tokenizer of the GGUF at `path`, loaded anew where the file has changed.

    Raises:
        SetupError: the file cannot be loaded.
    """
    if not path.is_file():
        raise cannot_load(path)
    status = path.stat()
    return _cached_vocabulary(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)  # as many as a comparison needs, and as much again
def _cached_vocabulary(path: Path, changed_ns: int, size_bytes: int) -> LlamaVocabulary:
    return load_vocabulary(path)


def token_counter(path: Path) -> Callable[[str], int]:
    """Return a function that counts the tokens of a text as the model at `path` does; loads the tokenizer alone.

    Raises:
        SetupError: the file cannot be loaded.
    """
    vocabulary = load_vocabulary(path)
    return lambda text: len(vocabulary.tokenize(text))
