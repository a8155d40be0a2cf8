"""Question pairs: Garrison's batches beside the same work one sequence at a time, and beside bare decoding."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from core.models.text import Completion, Prompt, TextGenerator
from tests.benchmarks.frame import Measured
from tests.benchmarks.material import gguf, sample_texts

CONTEXT_TOKENS = 4096
DECODED_TOKENS = 256


class Counting:
    """Passes everything on and counts the tokens written and read; a prefix is read once."""

    def __init__(self, inner: TextGenerator, count: Callable[[str], int]) -> None:
        self._inner = inner
        self._count = count
        self._prefix = ""
        self.token_count = 0
        self.read_count = 0

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        """See `TextGenerator.generate`."""
        self.read_count += 0 if prefix == self._prefix else self._count(prefix)
        self.read_count += sum(self._count(prompt.text) + self._count(prompt.start) for prompt in prompts)
        self._prefix = prefix
        for completion in self._inner.generate(prompts, prefix=prefix):
            self.token_count += completion.token_count
            yield completion


class OneByOne:
    """A `TextGenerator` over the high-level binding: one sequence at a time, its own grammar; the prefix stays cached."""

    def __init__(self, llama: Any) -> None:
        self._llama = llama

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        """See `TextGenerator.generate`; the start of a completion is enforced by the schema alone."""
        from llama_cpp import LlamaGrammar

        for index, prompt in enumerate(prompts):
            grammar = LlamaGrammar.from_json_schema(prompt.schema, verbose=False)
            answer = self._llama.create_completion(
                prefix + prompt.text, max_tokens=prompt.max_tokens, temperature=0.0, grammar=grammar
            )
            choice = answer["choices"][0]
            count = answer["usage"]["completion_tokens"]
            yield Completion(
                index=index, text=choice["text"], token_count=count, is_complete=choice["finish_reason"] == "stop"
            )


class ThroughServer:
    """A `TextGenerator` over llama-server: as many requests at a time as it has slots, each with its grammar."""

    def __init__(self, client: Any, slots: int) -> None:
        from core.models.llama import cached_vocabulary

        self._client = client
        self._slots = slots
        self._vocabulary = cached_vocabulary(gguf())

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        """See `TextGenerator.generate`; the start of a completion is enforced by the schema alone."""
        with ThreadPoolExecutor(self._slots) as askers:
            yield from askers.map(lambda given: self._written(*given, prefix), enumerate(prompts))

    def _written(self, index: int, prompt: Prompt, prefix: str) -> Completion:
        from llama_cpp.llama_grammar import json_schema_to_gbnf

        from core.models.engine.client import Asked

        opening = [] if self._vocabulary.opening is None else [self._vocabulary.opening]
        tokens = opening + self._vocabulary.tokenize(prefix) + self._vocabulary.follow(prompt.text)
        grammar = json_schema_to_gbnf(prompt.schema) if prompt.schema else ""
        stream = self._client.complete(tokens, Asked(max_tokens=prompt.max_tokens, grammar=grammar))
        pieces: list[str] = []
        while True:
            try:
                pieces.append(next(stream))
            except StopIteration as end:
                pace = end.value
                return Completion(
                    index=index, text="".join(pieces), token_count=pace.token_count, is_complete=pace.is_complete
                )


def garrison(*, passages: int, sequences: int = 0) -> Measured:
    """Pairs from the sample's first passages as the job writes them, many side by side, then the filters."""
    from core.models.batch import BatchGenerator
    from core.models.unpacked import batch_gguf
    from core.settings import GenerationSettings

    with tempfile.TemporaryDirectory() as folder:
        model = batch_gguf(gguf(), Path(folder))
        with BatchGenerator(model, sequences=sequences or GenerationSettings().batch_sequences) as generator:
            return _generated(generator, passages)


def through_server(*, passages: int, slots: int) -> Measured:
    """The same model, prompts, schemas and filters through llama-server: continuous batching, one memory for all slots."""
    from core.models.cpu_budget import thread_count
    from core.models.engine.server import Plan, Server
    from core.models.unpacked import batch_gguf

    with tempfile.TemporaryDirectory() as folder:
        model = batch_gguf(gguf(), Path(folder))
        plan = Plan(model=model, threads=thread_count(), context_tokens=CONTEXT_TOKENS * slots // 8, slots=slots)
        server = Server(plan)
        try:
            server.wait()
            return _generated(ThroughServer(server.client, slots), passages)
        finally:
            server.stop()


def one_by_one(*, passages: int) -> Measured:
    """The same prompts, schemas and filters through `llama_cpp.Llama`."""
    return _generated(OneByOne(_bare_llama()), passages)


def decoding() -> Measured:
    """The limits: how fast `llama_cpp.Llama` reads the prefix, and decodes one free-running sequence behind it."""
    from core.questions.generation import PREFIX

    llama = _bare_llama()
    tokens = llama.tokenize(PREFIX.encode())
    next(llama.generate(tokens[:8], temp=0.0, reset=True))  # brings the weights into memory
    started_s = time.perf_counter()
    written = llama.generate(tokens, temp=0.0, reset=True)
    next(written)
    read_s = time.perf_counter()
    for _ in range(DECODED_TOKENS):
        next(written)
    ended_s = time.perf_counter()
    return Measured(
        figures={"tokens_per_s": DECODED_TOKENS / (ended_s - read_s), "read_per_s": len(tokens) / (read_s - started_s)},
        detail=f"{len(tokens)} tokens read, {DECODED_TOKENS} written",
    )


def _generated(generator: TextGenerator, count: int) -> Measured:
    from core.models.llama import token_counter
    from core.questions import apply_filters, generate_pairs
    from core.settings import FilterSettings, GenerationSettings

    count_tokens = token_counter(gguf())
    passages = _passages(count_tokens)[:count]
    counting = Counting(generator, count_tokens)
    started_s = time.perf_counter()
    candidates = list(generate_pairs(passages, counting, GenerationSettings()))
    judged = apply_filters([_pair(candidate) for candidate in candidates], FilterSettings())
    seconds = time.perf_counter() - started_s
    kept = sum(pair.state == "kept" for pair in judged)
    return Measured(
        figures={
            "pairs_per_minute": 60 * kept / seconds,
            "tokens_per_s": counting.token_count / seconds,
            "read_per_s": counting.read_count / seconds,
        },
        detail=f"{len(passages)} passages, {len(judged)} pairs, {kept} kept, {counting.read_count:,} tokens read and "
        f"{counting.token_count:,} written in {seconds:.0f} s",
    )


def _passages(count_tokens: Any) -> list[Any]:
    from core.documents import split_passages
    from core.settings import SplitSettings

    return [
        passage
        for number, text in enumerate(sample_texts())
        for passage in split_passages(f"document-{number}", text, (), settings=SplitSettings(), count_tokens=count_tokens)
    ]


def _pair(candidate: Any) -> Any:
    from core.records import QuestionPair, new_id, now

    return QuestionPair(
        id=new_id("pair"),
        project_id="project-1",
        input=candidate.question,
        output=candidate.answer,
        origin="generated",
        document_id="document-1",
        document_name="",
        created_at=now(),
    )


def _bare_llama() -> Any:
    """With Garrison's number of threads: the binding's own default is half the cores."""
    import llama_cpp

    from core.models.cpu_budget import thread_count

    threads = thread_count()
    return llama_cpp.Llama(str(gguf()), n_ctx=CONTEXT_TOKENS, n_threads=threads, n_threads_batch=threads, verbose=False)
