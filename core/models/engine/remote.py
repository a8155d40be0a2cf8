"""A language model on another machine that an administrator has allowed; its server applies the chat template."""

import re
import ssl
import threading
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import closing
from types import TracebackType
from typing import Self

from core import offline
from core.errors import GarrisonError, SetupError
from core.models.engine.client import Asked, Client, over_network
from core.models.engine.settings import Host
from core.models.text import Completion, Message, Pace, Prompt

# Special tokens that chat templates use. The server would interpret them in user text as well, so they are broken up there.
_MARK = re.compile(
    r"<(?=\|[^|<>\s]{1,60}\|>|/?s>|(?:bos|eos|pad|unk)>|/?(?:start|end)_of_turn>|<?/?SYS>|\uff5c[^<>\s]{1,60}>)|\[(?=/?INST\])"
)
_SPLIT = "\u200b"  # zero width space


class HostModel:
    """A model served by a configured host. Thread-safe."""

    def __init__(self, name: str, host: Host) -> None:
        """Allow this process to reach the host and build the client, without connecting.

        Args:
            name: the name users choose it by.
            host: its settings from `engine.toml`.

        Raises:
            SetupError: the CA certificate cannot be read.
        """
        self._name, self._host = name, host
        offline.allow(host.machine, host.port)
        try:
            is_encrypted = host.address.startswith("https:")
            authorities = ssl.create_default_context(cafile=host.certificate or None) if is_encrypted else None
        except OSError as error:  # includes ssl.SSLError
            raise SetupError(
                f"The certificate of {name} cannot be read ({type(error).__name__}).",
                "Ask an administrator: see engine.toml.",
            ) from error
        self._client = Client(over_network(host.address, host.key, authorities), why_gone=self._why_gone)

    def stream(
        self, messages: Sequence[Mapping[str, str]], *, max_tokens: int, temperature: float
    ) -> Generator[str, None, Pace]:
        """Stream the answer to the last message; closing the generator closes the connection.

        Raises:
            InputError: the conversation leaves no room for an answer.
            SetupError: the host cannot be reached.
            ModelError: the host refuses the request.
        """
        plain = [{"role": message["role"], "content": without_marks(message["content"])} for message in messages]
        return (yield from self._client.chat(self._host.model, plain, Asked(max_tokens=max_tokens, temperature=temperature)))

    def answer(self, messages: Sequence[Message], asked: Asked) -> Generator[str, None, Pace]:
        """Stream the answer to a conversation, written as `asked`; see `stream`."""
        plain = [{"role": message.role, "content": without_marks(message.content)} for message in messages]
        return (yield from self._client.chat(self._host.model, plain, asked))

    def longest_tokens(self) -> int | None:
        """Ask how many tokens the model reads, answer included; None if the host does not say."""
        return self._client.longest_tokens(self._host.model)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _why_gone(self, error: Exception) -> GarrisonError:
        return SetupError(
            f"{self._name} on {self._host.machine} cannot be reached ({type(error).__name__}).",
            "Try again, choose another model, or ask an administrator.",
        )


def without_marks(content: str) -> str:
    """Return `content` with a zero-width space inside anything that looks like a special token, such as `<|im_end|>`."""
    return _MARK.sub(lambda mark: mark[0] + _SPLIT, content)


class HostGenerator:
    """A `TextGenerator` over a configured host, which is asked for several completions at once.

    Prompts are conversations, or text that becomes one message with the prefix before it. The host applies the chat template
    and keeps to the schema; what a completion must begin with it is not told, since a schema says that as well.
    """

    def __init__(self, model: HostModel, *, requests: int = 8) -> None:
        """Wrap `model`, which is closed with this; up to `requests` are under way at a time."""
        self._model, self._requests = model, requests

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._model.close()

    def generate(self, prompts: Sequence[Prompt], *, prefix: str = "") -> Iterator[Completion]:
        """Complete the prompts, see `TextGenerator.generate`.

        Raises:
            SetupError: the host cannot be reached.
            ModelError: the host refuses a request.
        """
        stopping = threading.Event()
        pool = ThreadPoolExecutor(self._requests, thread_name_prefix="host")
        try:
            asked: list[Future[Completion]] = [
                pool.submit(self._complete, index, prompt, prefix, stopping) for index, prompt in enumerate(prompts)
            ]
            for ready in as_completed(asked):
                yield ready.result()
        finally:
            stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _complete(self, index: int, prompt: Prompt, prefix: str, stopping: threading.Event) -> Completion:
        messages = prompt.messages or (Message("user", prefix + prompt.text),)
        asked = Asked(
            max_tokens=prompt.max_tokens,
            temperature=prompt.temperature,
            stop=prompt.stops,
            schema=prompt.schema,
            seed=prompt.seed,
        )
        pieces: list[str] = []
        stream = self._model.answer(messages, asked)
        with closing(stream):
            while not stopping.is_set():
                try:
                    pieces.append(next(stream))
                except StopIteration as end:
                    pace: Pace = end.value
                    text = "".join(pieces)
                    return Completion(index=index, text=text, token_count=pace.token_count, is_complete=pace.is_complete)
        return Completion(index=index, text="".join(pieces), token_count=len(pieces), is_complete=False)
