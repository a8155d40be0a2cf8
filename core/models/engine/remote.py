"""A language model on another machine that an administrator has allowed; its server applies the chat template."""

import re
import ssl
from collections.abc import Generator, Mapping, Sequence

from core import offline
from core.errors import GarrisonError, SetupError
from core.models.engine.client import Asked, Client, over_network
from core.models.engine.settings import Host
from core.models.text import Pace

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
        asked = Asked(max_tokens=max_tokens, temperature=temperature)
        return (yield from self._client.chat(self._host.model, plain, asked))

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
