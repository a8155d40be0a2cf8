"""Embeddings of texts, as OpenAI's interface gives them, by the small network that Garrison carries."""

import asyncio
import base64
import struct
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from core.deploy.refusal import unusable
from core.models.embedder import DIMENSIONS, LONGEST, SCALE, Embedder

TEXTS = 256  # of one request
FORMATS = ("float", "base64")


@dataclass(frozen=True, slots=True)
class Embedded:
    """Embeddings in the order of their texts, and the tokens that were read."""

    embeddings: tuple[tuple[float, ...], ...]
    token_count: int


class Embeddings:
    """Computes embeddings in a thread of its own; loads the network when it is first asked."""

    def __init__(self, name: str, open_network: Callable[[], Embedder]) -> None:
        """Build it; `name` is what clients call the network."""
        self.name = name
        self._open, self._network = open_network, None  # type: Callable[[], Embedder], Embedder | None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embeddings")

    async def answer(self, body: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """Return the answer to a request, and the tokens that were read for it.

        Raises:
            Refused: something other than a few short texts is asked for.
        """
        texts = _texts(body)
        form = body.get("encoding_format", "float")
        if form not in FORMATS:
            raise unusable("encoding_format is float or base64.", "encoding_format")
        if body.get("dimensions") not in (None, DIMENSIONS):
            raise unusable(f"This model gives {DIMENSIONS} dimensions.", "dimensions")
        embedded = await asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._embed(texts))
        data = [
            {"object": "embedding", "index": index, "embedding": _packed(numbers) if form == "base64" else list(numbers)}
            for index, numbers in enumerate(embedded.embeddings)
        ]
        usage = {"prompt_tokens": embedded.token_count, "total_tokens": embedded.token_count}
        return {"object": "list", "model": self.name, "data": data, "usage": usage}, embedded.token_count

    def _embed(self, texts: Sequence[str]) -> Embedded:
        if self._network is None:
            self._network = self._open()
        counts = self._network.token_counts(texts)
        for number, count in enumerate(counts):
            if count > LONGEST:
                words = f"Text {number} has {count} tokens; this model reads {LONGEST}."
                raise unusable(words, "input", code="context_length_exceeded")
        numbers = (struct.unpack(f"{DIMENSIONS}b", each) for each in self._network.embed(texts))
        return Embedded(tuple(tuple(number / SCALE for number in each) for each in numbers), sum(counts))


def _texts(body: dict[str, Any]) -> list[str]:
    given = body.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        raise unusable("input is a text or a list of texts.", "input")
    if len(texts) > TEXTS:
        raise unusable(f"A request may have {TEXTS} texts; this one has {len(texts)}.", "input")
    return texts


def _packed(numbers: Sequence[float]) -> str:
    """Return numbers as 32-bit floats, little-endian, in base64: what OpenAI's own client asks for."""
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode("ascii")
