"""Many completions at once from a GGUF model, with llama.cpp's batches, which the high-level binding does not support.

Each completion is a separate sequence in one shared KV cache: the common prefix is read once and every sequence starts
from it (`llama_memory_seq_cp`); each step advances all sequences by one token in a single `llama_decode`; a sequence
that ends makes room for the next prompt in the same step. Prompts that begin with the same text beyond that prefix share
it, too, when they follow one another. Import this module inside the functions that need it: it loads llama.cpp.
"""

import ctypes
import json
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import llama_cpp.llama_cpp as C
import numpy as np
from llama_cpp.llama_grammar import json_schema_to_gbnf

from core.errors import InputError, ModelError, SetupError
from core.models.conversation import prompt_tokens, turn_of
from core.models.cpu_budget import FreeCores
from core.models.llama import Weights
from core.models.text import Completion, Prompt

BATCH_TOKENS = 512  # read in one `llama_decode`; llama.cpp's own default for the physical batch
LOGITS_BYTES = 128 * 2**20  # limit on the logits of one `llama_decode`: 4 bytes per row and token of the vocabulary
LEAST_SHARED = 32  # tokens that two prompts begin with, from which one waits for the other to have read them
LIKELIEST = 256  # tokens tried with the grammar after it rejects the chosen one, before trying all
TOP_K, TOP_P = 40, 0.95  # llama.cpp's defaults


@dataclass(slots=True)
class _Sequence:
    """A prompt in progress: `pending` tokens are read next, `position` tokens are in the KV cache already."""

    index: int
    prompt: Prompt
    pending: deque[int]
    position: int
    answer_at: int  # position of the first token that the model writes
    question: list[int]  # tokens after the prefix and before that position
    chain: Any
    grammar: Any
    data: bytearray
    written: list[int] = field(default_factory=list)
    logits: range = range(0)  # rows of the batch with logits; empty while still reading
    source: "_Sequence | None" = None  # reads what this one begins with, up to position `shared`; None if it has its own
    source_slot: int = 0
    shared: int = 0
    measured: int = 0  # number of expected tokens measured
    nats: float = 0.0  # their summed cross-entropy


class BatchGenerator:
    """A `TextGenerator` over llama.cpp. Use it as a context manager; do not share it between threads.

    Measured on the embedded model, 2 cores: see docs/benchmarks.md.
    """

    def __init__(
        self,
        path: Path,
        *,
        adapter: Path | None = None,
        sequences: int = 8,
        context_tokens: int = 4096,
        threads: int | None = None,
    ) -> None:
        """Load the model.

        Args:
            path: a GGUF file.
            adapter: a LoRA adapter as GGUF to apply to the model.
            sequences: completions written in parallel.
            context_tokens: room for the prefix and all sequences together.
            threads: upper limit; None for as many as there are free cores.

        Raises:
            SetupError: a file cannot be loaded, or there is not enough memory.
        """
        self.sequences = sequences
        self._threads = threads
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
        self._vocabulary_size = C.llama_vocab_n_tokens(self._weights.vocabulary.vocab)
        self._context_tokens = context_tokens
        self._batch = C.llama_batch_init(BATCH_TOKENS, 0, 1)
        self._is_recurrent = bool(
            C.llama_model_is_recurrent(self._weights.model) or C.llama_model_is_hybrid(self._weights.model)
        )
        self._prefix: tuple[int, ...] = ()
        self._grammars: dict[str, bytes] = {}
        if adapter:
            self._add(adapter)

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
        """Complete the prompts, see `TextGenerator.generate`."""
        self._cores = FreeCores()
        self._set_threads()
        prompts = [self._formatted(prompt) for prompt in prompts]
        wholes = [prompt.tokens for prompt in prompts if prompt.tokens]
        prefix_tokens = wholes[0][: _shared_length(wholes)] if wholes else self._opened(prefix)
        made_for = C.llama_model_n_ctx_train(self._weights.model) or self._context_tokens  # 0 if the file does not say
        room = max(0, min((self._context_tokens - len(prefix_tokens)) // self.sequences, made_for - len(prefix_tokens)))
        waiting = iter(enumerate(prompts))
        free = list(range(self.sequences))
        active: dict[int, _Sequence] = {}
        self._read_prefix(tuple(prefix_tokens))
        try:
            while True:
                while free and (following := next(waiting, None)):
                    started = self._start(*following, after=len(prefix_tokens), room=room)
                    if isinstance(started, Completion):
                        yield started
                        continue
                    slot = free.pop()
                    C.llama_memory_seq_cp(self._memory, self.sequences, slot, -1, -1)
                    self._find_source(started, active)
                    active[slot] = started
                if not active:
                    return
                self._take_shared(active)  # what was read before
                self._decode(active)
                self._take_shared(active)  # before a source ends
                for slot in [slot for slot, sequence in active.items() if sequence.logits]:
                    if active[slot].measured < len(active[slot].prompt.expected):
                        self._measure(slot, active[slot])
                    elif completion := self._advance(active[slot]):
                        self._end(slot, active.pop(slot))
                        free.append(slot)
                        yield completion
        finally:
            for slot, sequence in active.items():
                self._end(slot, sequence)

    def _formatted(self, prompt: Prompt) -> Prompt:
        """Return a conversation as the tokens that the model's chat template makes of it; any other prompt as it is."""
        if not prompt.messages:
            return prompt
        vocabulary = self._weights.vocabulary
        tokens = prompt_tokens(vocabulary, vocabulary.template, [asdict(message) for message in prompt.messages])
        turn = turn_of(vocabulary, vocabulary.template)
        return replace(
            prompt, messages=(), tokens=tuple(tokens), ends=(*prompt.ends, *turn.ends), stops=(*prompt.stops, *turn.stops)
        )

    def _add(self, adapter: Path) -> None:
        """Apply an adapter to the model; it is freed together with the model."""
        handle = C.llama_adapter_lora_init(self._weights.model, str(adapter).encode()) if adapter.is_file() else None
        if not handle:
            self.close()
            raise SetupError(
                f"The adapter {adapter.name} cannot be loaded.",
                "Delete this file from the run's folder: it is made again from the run.",
            )
        C.llama_set_adapters_lora(self._context, (C.llama_adapter_lora_p_ctypes * 1)(handle), 1, (ctypes.c_float * 1)(1.0))

    def _set_threads(self) -> None:
        """Use as many threads as there are free cores; repeated every second, as other programs come and go."""
        free = self._cores.count()
        threads = min(free, self._threads) if self._threads else free
        C.llama_set_n_threads(self._context, threads, threads)
        self._look_again = time.monotonic() + 1.0

    def _read_prefix(self, tokens: tuple[int, ...]) -> None:
        """Make `tokens` the only content of the KV cache, as the sequence after the last slot."""
        if tokens == self._prefix:
            return
        C.llama_memory_clear(self._memory, True)
        self._prefix = ()
        source = _Sequence(-1, Prompt(text=""), deque(tokens), 0, len(tokens) + 1, [], None, None, bytearray())
        while source.pending:
            self._decode({self.sequences: source})
        self._prefix = tokens

    def _start(self, index: int, prompt: Prompt, *, after: int, room: int) -> _Sequence | Completion:
        """Prepare a prompt for reading; return an incomplete completion if its `start` already violates its schema."""
        vocabulary = self._weights.vocabulary
        tokens = list(prompt.tokens[after:])
        if not prompt.tokens:
            tokens = vocabulary.follow(prompt.text) if after else self._opened(prompt.text)
        start = vocabulary.follow(prompt.start) if prompt.start else []
        size = len(tokens) + len(start) + max(prompt.max_tokens, len(prompt.expected))
        if not tokens or size > room:
            raise InputError(
                f"A prompt of {size} tokens does not fit: {room} are free for each.",
                "Use shorter passages or fewer sequences at once.",
            )
        grammar = self._grammar(prompt.schema)
        if grammar and not all(self._accept(grammar, token) for token in start):
            C.llama_sampler_free(grammar)
            return Completion(index=index, text=prompt.start, token_count=0, is_complete=False)
        question = tokens + start
        pending = deque([*question, *prompt.expected[:-1]])
        answer_at = after + len(question)
        data = bytearray(prompt.start.encode())
        return _Sequence(index, prompt, pending, after, answer_at, question, _sampler_chain(prompt), grammar, data)

    def _find_source(self, started: _Sequence, active: dict[int, _Sequence]) -> None:
        """Let a sequence wait for the active one that reads the same tokens for longest, if that saves enough.

        A recurrent model's memory cannot be copied up to a position.
        """
        if self._is_recurrent or not started.prompt.tokens:
            return
        for slot, other in active.items():
            shared = _shared_length([other.prompt.tokens, started.prompt.tokens]) if other.prompt.tokens else 0
            if shared >= max(started.position + LEAST_SHARED, started.shared + 1):
                started.source, started.source_slot, started.shared = other, slot, shared

    def _take_shared(self, active: dict[int, _Sequence]) -> None:
        """Give sequences that wait the tokens that their sources have read by now."""
        for slot, sequence in active.items():
            source = sequence.source
            if source is None or source.source is not None or source.position < sequence.shared:
                continue
            C.llama_memory_seq_cp(self._memory, sequence.source_slot, slot, sequence.position, sequence.shared)
            for _ in range(sequence.shared - sequence.position):
                sequence.pending.popleft()
            sequence.position, sequence.source = sequence.shared, None

    @staticmethod
    def _accept(grammar: Any, token: int) -> bool:
        """Advance a grammar by `token` if it allows that; llama.cpp aborts the process on a token it does not allow."""
        single = _candidates(np.array([token], np.int32), np.zeros(1, np.float32))
        C.llama_sampler_apply(grammar, ctypes.byref(single))
        if np.isneginf(single.data[0].logit):
            return False
        C.llama_sampler_accept(grammar, token)
        return True

    def _opened(self, text: str) -> list[int]:
        """Tokenize the beginning of a prompt, all as text: special tokens spelled in a document do not count as such."""
        vocabulary = self._weights.vocabulary
        return ([] if vocabulary.opening is None else [vocabulary.opening]) + vocabulary.tokenize(text)

    def _grammar(self, schema: str) -> Any:
        """Build a sampler that forbids every token that would violate `schema`; None without a schema."""
        if not schema:
            return None
        if schema not in self._grammars:
            self._grammars[schema] = json_schema_to_gbnf(schema).encode()
        grammar = C.llama_sampler_init_grammar(self._weights.vocabulary.vocab, self._grammars[schema], b"root")
        if not grammar:
            raise ModelError("The JSON schema cannot be turned into a grammar.", "Simplify the schema.")
        return grammar

    def _decode(self, active: dict[int, _Sequence]) -> None:
        """Read pending tokens of the sequences in order, as many as fit into one batch."""
        most = max(self.sequences, LOGITS_BYTES // (4 * self._vocabulary_size))
        count = wanted = 0
        for slot, sequence in active.items():
            begun = count
            while sequence.pending and not sequence.source and count < BATCH_TOKENS and wanted < most:
                is_wanted = sequence.position + 1 >= sequence.answer_at
                begun += not is_wanted
                self._put(count, sequence.pending.popleft(), sequence.position, slot, wants_logits=is_wanted)
                sequence.position, wanted, count = sequence.position + 1, wanted + is_wanted, count + 1
            sequence.logits = range(begun, count)
        self._decode_batch(count)

    def _put(self, at: int, token: int, position: int, slot: int, *, wants_logits: bool) -> None:
        """Put a token into the batch at index `at`, for `position` in sequence `slot`."""
        batch = self._batch
        batch.token[at], batch.pos[at], batch.logits[at] = token, position, wants_logits
        batch.n_seq_id[at], batch.seq_id[at][0] = 1, slot

    def _decode_batch(self, count: int) -> None:
        """Have llama.cpp decode the first `count` tokens of the batch.

        Raises:
            ModelError: llama.cpp failed, as when the KV cache is full.
        """
        if time.monotonic() > self._look_again:
            self._set_threads()
        self._batch.n_tokens = count
        code = C.llama_decode(self._context, self._batch)
        if code != 0:
            self._prefix = ()  # the state of the KV cache is unknown now
            raise ModelError(f"The model stopped reading (llama.cpp code {code}).", "Generate fewer sequences at once.")

    def _measure(self, slot: int, sequence: _Sequence) -> None:
        """Add up the cross-entropy of the expected tokens; after the last, return to where the model's own answer begins."""
        expected = sequence.prompt.expected
        for row in sequence.logits:
            logits = np.ctypeslib.as_array(C.llama_get_logits_ith(self._context, row), (self._vocabulary_size,))
            top = logits.max()
            sequence.nats += float(
                np.log(np.exp(logits - top).sum(dtype=np.float64)) + top - logits[expected[sequence.measured]]
            )
            sequence.measured += 1
        if sequence.measured == len(expected):
            sequence.position = sequence.answer_at - 1
            sequence.pending.append(sequence.question[-1])
            if not C.llama_memory_seq_rm(self._memory, slot, sequence.position, -1):
                self._begin_again(slot, sequence)

    def _begin_again(self, slot: int, sequence: _Sequence) -> None:
        """Queue the question again: the memory of a recurrent model cannot drop only its last tokens."""
        C.llama_memory_seq_rm(self._memory, slot, -1, -1)
        C.llama_memory_seq_cp(self._memory, self.sequences, slot, -1, -1)
        sequence.position = sequence.answer_at - len(sequence.question)
        sequence.pending = deque(sequence.question)

    def _advance(self, sequence: _Sequence) -> Completion | None:
        """Choose the next token of a sequence; return its completion if that ends it."""
        token = self._choose(sequence)
        if token is None:
            return self._completion(sequence, is_complete=False)
        if token in sequence.prompt.ends or C.llama_vocab_is_eog(self._weights.vocabulary.vocab, token):
            return self._completion(sequence, is_complete=True)
        sequence.data += self._weights.vocabulary.piece(token)
        sequence.written.append(token)
        sequence.pending.append(token)
        stops = [at for stop in sequence.prompt.stops if (at := sequence.data.find(stop.encode())) >= 0]
        if stops:
            del sequence.data[min(stops) :]
            return self._completion(sequence, is_complete=True)
        if sequence.grammar and sequence.data.endswith(b"}") and _is_json(sequence.data):
            return self._completion(sequence, is_complete=True)
        if len(sequence.written) >= sequence.prompt.max_tokens:
            return self._completion(sequence, is_complete=False)
        return None

    def _choose(self, sequence: _Sequence) -> int | None:
        """Choose the next token; None if the grammar allows none.

        The grammar checks only the chosen token, and other tokens only if it rejects that one: checking 49,152 tokens
        costs more than writing one. llama.cpp's own programs do the same (`common_sampler_sample`).
        """
        row = sequence.logits[-1]
        token = int(C.llama_sampler_sample(sequence.chain, self._context, row))
        if not sequence.grammar or self._accept(sequence.grammar, token):
            return token
        allowed = self._allowed(sequence)
        if allowed is not None:
            C.llama_sampler_accept(sequence.grammar, allowed)
        return allowed

    def _allowed(self, sequence: _Sequence) -> int | None:
        """Choose among the tokens the grammar allows, first from the likeliest, then from all; None if it allows none."""
        size = self._vocabulary_size
        logits = np.ctypeslib.as_array(C.llama_get_logits_ith(self._context, sequence.logits[-1]), (size,))
        likeliest = np.argpartition(logits, -LIKELIEST)[-LIKELIEST:] if size > LIKELIEST else np.arange(size)
        for ids in (likeliest.astype(np.int32), np.arange(size, dtype=np.int32)):
            candidates = _candidates(ids, logits[ids])
            C.llama_sampler_apply(sequence.grammar, ctypes.byref(candidates))
            if any(not np.isneginf(candidates.data[row].logit) for row in range(candidates.size)):
                C.llama_sampler_apply(sequence.chain, ctypes.byref(candidates))
                return int(candidates.data[candidates.selected].id)
        return None

    def _completion(self, sequence: _Sequence, *, is_complete: bool) -> Completion:
        text = sequence.data.decode("utf-8", errors="ignore")
        nats = sequence.nats / sequence.measured if sequence.measured else None
        return Completion(
            index=sequence.index, text=text, token_count=len(sequence.written), is_complete=is_complete, nats=nats
        )

    def _end(self, slot: int, sequence: _Sequence) -> None:
        C.llama_memory_seq_rm(self._memory, slot, -1, -1)
        C.llama_sampler_free(sequence.chain)
        if sequence.grammar:
            C.llama_sampler_free(sequence.grammar)


def _shared_length(wholes: Sequence[tuple[int, ...]]) -> int:
    """Return how many leading tokens all prompts share, leaving at least one token of each."""
    if not wholes:
        return 0
    first, last = min(wholes), max(wholes)  # a prefix shared by these two is shared by all
    longest = min(map(len, wholes)) - 1
    return next((at for at in range(longest) if first[at] != last[at]), longest)


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
    """Build llama.cpp's array of candidate tokens; `ids` and `logits` have the same length."""
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
