"""Many completions at once from a GGUF model: llama.cpp's batches, which the high-level binding cannot do.

Each completion is a sequence of its own in one shared memory: the common prefix is read once and every
sequence starts from it (`llama_memory_seq_cp`); in each step all sequences move by one token in one
`llama_decode`; a sequence that ends makes room for the next prompt in the same step. Import this module
where it is used: it loads llama.cpp.
"""

import ctypes
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import llama_cpp.llama_cpp as C
import numpy as np
from llama_cpp.llama_grammar import json_schema_to_gbnf

from core.errors import InputError, ModelError, SetupError
from core.models.cores import FreeCores
from core.models.llama import Weights
from core.models.text import Completion, Prompt

BATCH_TOKENS = 512  # read in one `llama_decode`; llama.cpp's own default for the physical batch
LIKELIEST = 256  # tokens shown to the grammar when it refuses the chosen one, before all of them
TOP_K, TOP_P = 40, 0.95  # llama.cpp's defaults


@dataclass(slots=True)
class _Sequence:
    """A prompt on its way: `pending` is read next, `position` tokens are in memory already."""

    index: int
    prompt: Prompt
    pending: list[int]
    position: int
    chain: Any
    grammar: Any
    data: bytearray
    written: list[int] = field(default_factory=list)
    logits_at: int = -1  # row of the batch whose logits give the next token; -1 while still reading


class BatchGenerator:
    """A `TextGenerator` over llama.cpp. Use as a context manager; not to be shared between threads.

    Measured on the embedded model, 2 cores: see docs/benchmarks.md.
    """

    def __init__(self, path: Path, *, sequences: int = 8, context_tokens: int = 4096) -> None:
        """Load the model.

        Args:
            path: a GGUF file.
            sequences: completions written side by side.
            context_tokens: memory for the prefix and all sequences together.

        Raises:
            SetupError: the file cannot be loaded, or memory is short.
        """
        self.sequences = sequences
        self._weights = Weights(path)
        params = C.llama_context_default_params()
        params.n_ctx, params.n_seq_max = context_tokens, sequences + 1
        params.n_batch = params.n_ubatch = BATCH_TOKENS
        params.kv_unified = True  # sequences share the prefix's cells instead of copying them
        self._context = C.llama_init_from_model(self._weights.model, params)
        if not self._context:
            self._weights.close()
            raise SetupError(
                f"There is not enough memory to run {path.name}.",
                "Close other programs, or generate fewer sequences at once.",
            )
        self._memory = C.llama_get_memory(self._context)
        self._context_tokens = context_tokens
        self._batch = C.llama_batch_init(BATCH_TOKENS, 0, 1)
        self._prefix: tuple[int, ...] = ()
        self._grammars: dict[str, bytes] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Free the memory. Calling it twice is harmless."""
        if self._context:
            C.llama_batch_free(self._batch)
            C.llama_free(self._context)
            self._context = None
            self._weights.close()

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        """See `TextGenerator.generate`."""
        self._cores = FreeCores()
        self._set_threads()
        prefix_tokens = self._weights.tokenize(prefix, is_beginning=True)
        room = (self._context_tokens - len(prefix_tokens)) // self.sequences
        waiting = iter(enumerate(prompts))
        free = list(range(self.sequences))
        active: dict[int, _Sequence] = {}
        self._read_prefix(tuple(prefix_tokens))
        try:
            while True:
                while free and (following := next(waiting, None)):
                    slot = free.pop()
                    active[slot] = self._start(*following, after=len(prefix_tokens), room=room)
                    C.llama_memory_seq_cp(self._memory, self.sequences, slot, -1, -1)
                if not active:
                    return
                self._decode(active)
                for slot in [slot for slot, sequence in active.items() if sequence.logits_at >= 0]:
                    if completion := self._advance(active[slot]):
                        self._end(slot, active.pop(slot))
                        free.append(slot)
                        yield completion
        finally:
            for slot, sequence in active.items():
                self._end(slot, sequence)

    def _set_threads(self) -> None:
        """Use the cores that are free now; looked at again every second, as other programs come and go."""
        threads = self._cores.count()
        C.llama_set_n_threads(self._context, threads, threads)
        self._look_again = time.monotonic() + 1.0

    def _read_prefix(self, tokens: tuple[int, ...]) -> None:
        """Have exactly `tokens` in the memory, as the sequence after the last slot."""
        if tokens == self._prefix:
            return
        C.llama_memory_clear(self._memory, True)
        self._prefix = ()
        source = _Sequence(-1, Prompt(text=""), list(tokens), 0, None, None, bytearray())
        while source.pending:
            self._decode({self.sequences: source})
        self._prefix = tokens

    def _start(self, index: int, prompt: Prompt, *, after: int, room: int) -> _Sequence:
        tokens = self._weights.tokenize(prompt.text, is_beginning=not after)
        start = self._weights.tokenize(prompt.start, is_beginning=False) if prompt.start else []
        size = len(tokens) + len(start) + prompt.max_tokens
        if not tokens or size > min(room, self._context_tokens):
            raise InputError(
                f"A prompt of {size} tokens does not fit: {room} are free for each.",
                "Use shorter passages or fewer sequences at once.",
            )
        grammar = self._grammar(prompt.schema)
        for token in start:
            if grammar:
                C.llama_sampler_accept(grammar, token)
        data = bytearray(prompt.start.encode())
        return _Sequence(index, prompt, tokens + start, after, _sampler_chain(prompt), grammar, data)

    def _grammar(self, schema: str) -> Any:
        """A sampler that forbids every token that would break `schema`; None without one."""
        if not schema:
            return None
        if schema not in self._grammars:
            self._grammars[schema] = json_schema_to_gbnf(schema).encode()
        grammar = C.llama_sampler_init_grammar(self._weights.vocab, self._grammars[schema], b"root")
        if not grammar:
            raise ModelError("The JSON schema cannot be turned into a grammar.", "Simplify the schema.")
        return grammar

    def _decode(self, active: dict[int, _Sequence]) -> None:
        """Read pending tokens of every sequence, as many as one batch takes: first come, first served."""
        if time.monotonic() > self._look_again:
            self._set_threads()
        batch, count = self._batch, 0
        for slot, sequence in active.items():
            sequence.logits_at = -1
            taken = sequence.pending[: BATCH_TOKENS - count]
            del sequence.pending[: len(taken)]
            for token in taken:
                batch.token[count], batch.pos[count] = token, sequence.position
                batch.n_seq_id[count], batch.seq_id[count][0] = 1, slot
                batch.logits[count] = 0
                sequence.position += 1
                count += 1
            if taken and not sequence.pending:
                sequence.logits_at = count - 1
                batch.logits[count - 1] = 1
        batch.n_tokens = count
        code = C.llama_decode(self._context, batch)
        if code != 0:
            self._prefix = ()  # the state of the memory is not known any more
            raise ModelError(f"The model stopped reading (llama.cpp code {code}).", "Generate fewer sequences at once.")

    def _advance(self, sequence: _Sequence) -> Completion | None:
        """Choose the next token of a sequence; its completion when it is over."""
        token = self._choose(sequence)
        if C.llama_vocab_is_eog(self._weights.vocab, token):
            return self._completion(sequence, is_complete=True)
        sequence.data += self._weights.piece(token)
        sequence.written.append(token)
        sequence.pending.append(token)
        if sequence.grammar and sequence.data.endswith(b"}") and _is_json(sequence.data):
            return self._completion(sequence, is_complete=True)
        if len(sequence.written) >= sequence.prompt.max_tokens:
            return self._completion(sequence, is_complete=False)
        return None

    def _choose(self, sequence: _Sequence) -> int:
        """The next token. The grammar looks at the chosen token only, and at all of them when it refuses that one.

        Checking 49,152 tokens against the grammar costs more than writing one; llama.cpp's own programs do
        the same (`common_sampler_sample`).
        """
        row = sequence.logits_at
        token = int(C.llama_sampler_sample(sequence.chain, self._context, row))
        if not sequence.grammar:
            return token
        single = _candidates(np.array([token], np.int32), np.zeros(1, np.float32))
        C.llama_sampler_apply(sequence.grammar, ctypes.byref(single))
        if np.isneginf(single.data[0].logit):
            token = self._allowed(sequence)
        C.llama_sampler_accept(sequence.grammar, token)
        return token

    def _allowed(self, sequence: _Sequence) -> int:
        """The next token from those the grammar allows: looked for among the likeliest first, then among all."""
        size = C.llama_vocab_n_tokens(self._weights.vocab)
        logits = np.ctypeslib.as_array(C.llama_get_logits_ith(self._context, sequence.logits_at), (size,))
        likeliest = np.argpartition(logits, -LIKELIEST)[-LIKELIEST:] if size > LIKELIEST else np.arange(size)
        for ids in (likeliest.astype(np.int32), np.arange(size, dtype=np.int32)):
            candidates = _candidates(ids, logits[ids])
            C.llama_sampler_apply(sequence.grammar, ctypes.byref(candidates))
            if any(not np.isneginf(candidates.data[row].logit) for row in range(candidates.size)):
                C.llama_sampler_apply(sequence.chain, ctypes.byref(candidates))
                return int(candidates.data[candidates.selected].id)
        raise ModelError("No token of the model fits the JSON schema.", "Use another model.")

    def _completion(self, sequence: _Sequence, *, is_complete: bool) -> Completion:
        text = sequence.data.decode("utf-8", errors="ignore")
        return Completion(index=sequence.index, text=text, token_count=len(sequence.written), is_complete=is_complete)

    def _end(self, slot: int, sequence: _Sequence) -> None:
        C.llama_memory_seq_rm(self._memory, slot, -1, -1)
        C.llama_sampler_free(sequence.chain)
        if sequence.grammar:
            C.llama_sampler_free(sequence.grammar)


def _sampler_chain(prompt: Prompt) -> Any:
    chain = C.llama_sampler_chain_init(C.llama_sampler_chain_default_params())
    if prompt.temperature <= 0:
        C.llama_sampler_chain_add(chain, C.llama_sampler_init_greedy())
        return chain
    for sampler in (
        C.llama_sampler_init_top_k(TOP_K),
        C.llama_sampler_init_top_p(TOP_P, 1),
        C.llama_sampler_init_temp(prompt.temperature),
        C.llama_sampler_init_dist(prompt.seed),
    ):
        C.llama_sampler_chain_add(chain, sampler)
    return chain


def _candidates(ids: np.ndarray[Any, np.dtype[np.int32]], logits: np.ndarray[Any, np.dtype[np.float32]]) -> Any:
    """llama.cpp's array of candidate tokens; `ids` and `logits` have the same length."""
    records = np.zeros(len(ids), dtype=[("id", np.int32), ("logit", np.float32), ("p", np.float32)])
    records["id"], records["logit"] = ids, logits
    array = C.llama_token_data_array()
    array.data = records.ctypes.data_as(ctypes.POINTER(C.llama_token_data))
    array.size, array.selected, array.sorted = len(ids), -1, False
    array.records = records  # keeps the memory alive as long as the array
    return array


def _is_json(data: bytes | bytearray) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True
