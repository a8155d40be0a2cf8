"""Sends a request to the engine and its answer back, whole or as a stream of events, counting tokens on the way."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import httpx
from starlette.responses import Response

from core.deploy.engine import KeptEngine
from core.deploy.meters import Metered
from core.deploy.refusal import PromptTooLong, Refused, engine_gone, unusable
from core.deploy.requests import Endpoint

TOO_LONG = "exceed_context_size_error"  # llama-server's name for a prompt that does not fit
MEMORY_FULL = "Context size has been exceeded"  # begins its words for conversations that together do not fit


class Receiver(Protocol):
    """Takes an answer: `core.deploy.outlet.Outlet`, or what stands before it."""

    async def whole(self, response: Response) -> None:
        """Take an answer that is complete."""
        ...

    async def event(self, event: bytes) -> None:
        """Take an event of a stream."""
        ...

    async def end(self) -> None:
        """Take the end of a stream."""
        ...


async def relay(engine: KeptEngine, endpoint: Endpoint, body: dict[str, Any], *, outlet: Receiver, metered: Metered) -> None:
    """Answer a request with what the engine says.

    Raises:
        PromptTooLong: the model cannot read the whole prompt; nothing was sent.
        Refused: the engine refuses it, is gone, or ended while it answered.
    """
    is_stream = body.get("stream", False)
    if engine.served.adapter:
        body = body | {"lora": [{"id": 0, "scale": 1.0}]}
    async with _asked(engine, endpoint, body) as response:
        if response.status_code != httpx.codes.OK:
            raise _refusal(await response.aread(), endpoint)
        if is_stream:
            await _stream(response, endpoint, outlet, metered)
        else:
            content = await response.aread()
            _count(json.loads(content), metered)
            await outlet.whole(Response(content, media_type="application/json"))


@asynccontextmanager
async def _asked(engine: KeptEngine, endpoint: Endpoint, body: dict[str, Any]) -> AsyncIterator[httpx.Response]:
    """Yield the engine's response, once it has begun. What could not be sent to an engine that just ended is sent again."""
    content = json.dumps(body).encode()
    try:
        for is_last in (False, True):
            client = await engine.client()
            request = client.build_request(
                "POST", endpoint.path, content=content, headers={"content-type": "application/json"}
            )
            try:
                response = await client.send(request, stream=True)
                break
            except httpx.ConnectError:
                engine.look()
                if is_last:
                    raise
        try:
            yield response
        finally:
            await response.aclose()
    except httpx.TransportError as error:
        engine.look()
        raise engine_gone() from error


async def _stream(response: httpx.Response, endpoint: Endpoint, outlet: Receiver, metered: Metered) -> None:
    """Pass on the events of a stream, each whole."""
    is_ended = False
    async for event in _events(response):
        told = _payload(event)
        if told is None:
            is_ended = True
        elif "error" in told and "choices" not in told and "type" not in told:
            raise _refusal(json.dumps(told).encode(), endpoint)
        elif "usage" in told or "timings" in told or "response" in told:
            _count(told, metered)
            is_ended = is_ended or told.get("type") == "response.completed"
        await outlet.event(event)
    if not is_ended:
        raise engine_gone()
    await outlet.end()


async def _events(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield server-sent events (HTML Living Standard, section 9.2) as they are, with the empty line that ends each."""
    rest = b""
    async for piece in response.aiter_raw():
        *events, rest = (rest + piece).split(b"\n\n")
        for event in events:
            yield event + b"\n\n"


def _payload(event: bytes) -> dict[str, Any] | None:
    """Return what an event tells; None for the mark that ends a stream. Only those with more than words are parsed."""
    _, _, data = event.partition(b"data: ")
    if data.startswith(b"[DONE]"):
        return None
    if event.startswith(b"error"):
        data = event.partition(b":")[2]
    elif not any(name in data for name in (b'"usage"', b'"timings"', b'"error"', b'"response.completed"')):
        return {}
    try:
        told = json.loads(data)
    except ValueError:
        return {}
    if not isinstance(told, dict):
        return {}
    return {"error": told} if event.startswith(b"error") else told


def _count(told: dict[str, Any], metered: Metered) -> None:
    """Count the tokens of an answer, from its usage or else the engine's timings."""
    inner = told.get("response")
    usage = told.get("usage") or (inner.get("usage") if isinstance(inner, dict) else None)
    timings = told.get("timings")
    if usage:
        metered.tokens_in = int(usage.get("prompt_tokens", usage.get("input_tokens", 0)))
        metered.tokens_out = int(usage.get("completion_tokens", usage.get("output_tokens", 0)))
    elif timings:
        metered.tokens_in = int(timings.get("cache_n", 0)) + int(timings.get("prompt_n", 0))
        metered.tokens_out = int(timings.get("predicted_n", 0))


def _refusal(content: bytes, endpoint: Endpoint) -> Refused:
    """Build the refusal for an error of the engine."""
    try:
        told = json.loads(content)["error"]
        status, kind, message = int(told.get("code", 500)), str(told.get("type", "")), str(told.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Refused(502, "engine_error", "The model's engine answered with something other than an error.")
    if kind == TOO_LONG:
        words = f"The prompt has {told.get('n_prompt_tokens')} tokens; this service reads {told.get('n_ctx')}."
        return PromptTooLong(400, "context_length_exceeded", words, param=endpoint.prompt)
    if message.startswith(MEMORY_FULL):
        words = "The conversations being answered do not fit into memory together. Try again."
        return Refused(503, "memory_full", words, retry_after_s=5)
    if status in (401, 403, 404, 501) or kind in ("authentication_error", "permission_error", "not_supported_error"):
        return Refused(502, "engine_error", "The model's engine does not do this.")
    if status == 503:
        return engine_gone()
    # it answers 500 to requests that it cannot make sense of, too
    return unusable(f"The model's engine cannot use this request: {message}", code="invalid_request")
