"""A small OpenAI-protocol client for language model servers: our own llama-server, or an allowed host.

Import this module inside the functions that need it: it loads httpx.
"""

import json
import ssl
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from core.errors import GarrisonError, InputError, ModelError
from core.models.text import Pace

CONNECT_S = 10.0
# No keep-alive: the server closes idle connections after 5 s or 100 requests, which could hit the next request in flight.
ONE_REQUEST = httpx.Limits(max_keepalive_connections=0)
TOO_LONG = "exceed_context_size_error"  # llama-server's name for a prompt that does not fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Sampling and stopping options of a request: everything but the prompt."""

    max_tokens: int = 256
    temperature: float = 0.0
    stop: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()  # special tokens that end the answer although llama.cpp does not treat them as end tokens
    grammar: str = ""
    schema: str = ""  # JSON schema (as JSON) that the answer must satisfy
    seed: int | None = None  # of the choice; None leaves it to the server
    scales: tuple[float, ...] = ()  # one per adapter the server was started with; an adapter left out would be applied


def over_socket(socket: Path, key: str) -> httpx.Client:
    """Return an HTTP client for a local server that listens on a Unix socket and requires `key`."""
    transport = httpx.HTTPTransport(
        uds=str(socket),
        verify=False,  # noqa: S501 nothing is encrypted on the socket, and loading CA certificates takes 30 ms
        limits=ONE_REQUEST,
    )
    return _way("http://engine/v1", key, transport)  # the host name is ignored: the transport uses the socket


def over_network(address: str, key: str, authorities: ssl.SSLContext | None) -> httpx.Client:
    """Return an HTTP client for the server at `address`; `authorities` are its CA certificates, None for plain http."""
    return _way(address, key, httpx.HTTPTransport(verify=authorities or False, limits=ONE_REQUEST))


def _way(address: str, key: str, transport: httpx.HTTPTransport) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    timeout = httpx.Timeout(None, connect=CONNECT_S)
    return httpx.Client(base_url=address, headers=headers, transport=transport, timeout=timeout, trust_env=False)


class Client:
    """Client for one server. Thread-safe."""

    def __init__(self, http: httpx.Client, *, why_gone: Callable[[Exception], GarrisonError]) -> None:
        """Build the client without connecting.

        Args:
            http: HTTP client for the server, from `over_socket` or `over_network`.
            why_gone: turns a transport error into the error to raise when the connection breaks.
        """
        self._http = http
        self._why_gone = why_gone

    def is_ready(self) -> bool:
        """Return whether the server answers and has loaded its model."""
        try:
            return self._http.get("health").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def context_tokens(self) -> int:
        """Ask a llama-server for its context size: the longest conversation, in tokens."""
        return int(self._json("GET", "/props")["default_generation_settings"]["n_ctx"])

    def longest_tokens(self, model: str) -> int | None:
        """Ask how many tokens a server reads for `model`, answer included; None if it does not say.

        vLLM says so in its list of models, llama-server among its properties.
        """
        try:
            listed = self._json("GET", "models").get("data", [])
            told = next((each["max_model_len"] for each in listed if each.get("id") == model), None)
            return int(told) if told else self.context_tokens()
        except (ModelError, InputError, AttributeError, KeyError, TypeError, ValueError):
            return None

    def complete(self, prompt: Sequence[int], asked: Asked) -> Generator[str, None, Pace]:
        """Stream the completion of a prompt of token ids; closing the generator makes the server stop writing.

        Raises:
            InputError: the prompt is longer than the model can read.
            GarrisonError: the one from `why_gone`, if the server is gone.
        """
        body = _body(asked) | {"prompt": list(prompt), "cache_prompt": True}
        if asked.scales:
            body["lora"] = [{"id": number, "scale": scale} for number, scale in enumerate(asked.scales)]
        return (yield from self._stream("completions", body))

    def chat(self, model: str, messages: Sequence[Mapping[str, str]], asked: Asked) -> Generator[str, None, Pace]:
        """Stream the answer to a conversation, formatted by the server's own template; closing the generator disconnects.

        Raises:
            InputError: the conversation is longer than the model can read.
            GarrisonError: the one from `why_gone`, if the server is gone.
        """
        body = _body(asked) | {"model": model, "messages": list(messages)}
        return (yield from self._stream("chat/completions", body))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _stream(self, path: str, body: dict[str, Any]) -> Generator[str, None, Pace]:
        with self._broken(), self._http.stream("POST", path, json=body) as response:
            if response.status_code != httpx.codes.OK:
                response.read()
                raise _refusal(response)
            last: dict[str, Any] = {}
            reason = ""
            for event in _events(response.iter_lines()):
                if "error" in event:
                    raise _refused(event["error"])
                last = {**last, **{name: event[name] for name in ("usage", "timings") if event.get(name)}}
                for choice in event.get("choices", ())[:1]:
                    reason = choice.get("finish_reason") or reason
                    if text := str(choice.get("text") or (choice.get("delta") or {}).get("content") or ""):
                        yield text
            if not reason:  # the stream broke off between two events
                raise httpx.RemoteProtocolError("The answer has no end.")
        return _pace(last, is_complete=reason != "length")

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call an endpoint of the protocol, or with a leading slash one of llama-server's own, outside its `/v1`."""
        with self._broken():
            response = self._http.request(method, self._http.base_url.join(path), json=body)
        if response.status_code != httpx.codes.OK:
            raise _refusal(response)
        answer: dict[str, Any] = response.json()
        return answer

    @contextmanager
    def _broken(self) -> Iterator[None]:
        """Turn a broken connection into the error from `why_gone`."""
        try:
            yield
        except httpx.TransportError as error:
            raise self._why_gone(error) from error


def _body(asked: Asked) -> dict[str, Any]:
    body: dict[str, Any] = {
        "max_tokens": asked.max_tokens,
        "temperature": asked.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if asked.stop or asked.ends:
        body["stop"] = [*asked.stop, *asked.ends]
    if asked.ends:
        body["preserved_tokens"] = list(asked.ends)  # special tokens yield no text unless preserved
    if asked.grammar:
        body["grammar"] = asked.grammar
    if asked.schema:
        schema = {"name": "answer", "strict": True, "schema": json.loads(asked.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    if asked.seed is not None:
        body["seed"] = asked.seed
    return body


def _events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Yield the JSON payloads of server-sent events (HTML Living Standard, section 9.2), without the final `[DONE]`."""
    for line in lines:
        name, _, data = line.partition(":")
        if name in ("data", "error") and data.strip() not in ("", "[DONE]"):
            event: dict[str, Any] = json.loads(data)
            yield event if name == "data" else {"error": event}


def _pace(last: Mapping[str, Any], *, is_complete: bool) -> Pace:
    usage = last.get("usage", {})
    rate = float(last.get("timings", {}).get("predicted_per_second") or 0)  # 0 too if nothing was written
    return Pace(
        read_count=int(usage.get("prompt_tokens", 0)),
        cached_count=int((usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0),
        token_count=int(usage.get("completion_tokens", 0)),
        tokens_per_second=rate if rate > 0 else None,
        is_complete=is_complete,
    )


def _refusal(response: httpx.Response) -> GarrisonError:
    try:
        return _refused(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return _refused({"code": response.status_code})


def _refused(error: Any) -> GarrisonError:
    """Build the exception for a refused request. The server's own message is left out: it may quote the prompt."""
    told = error if isinstance(error, dict) else {}
    if told.get("type") == TOO_LONG:
        return InputError(
            f"The conversation has {told.get('n_prompt_tokens')} tokens; this model reads {told.get('n_ctx')}.",
            "Start a new conversation or shorten the message.",
        )
    return ModelError(
        f"The language model's server refused the request ({told.get('code', 'no reason given')}).",
        "Start a new conversation, or try another model.",
    )
