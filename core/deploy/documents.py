"""Answers made from documents: sources before the question, and what supports the answer after it."""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from starlette.responses import Response

from core.deploy.door import Caller
from core.deploy.engine import KeptEngine
from core.deploy.limits import QUESTION_CHARACTERS
from core.deploy.meters import Metered
from core.deploy.outlet import Outlet
from core.deploy.refusal import PromptTooLong, unusable
from core.deploy.relay import relay
from core.deploy.requests import CHAT, Endpoint

FIELD = "garrison"  # of requests and of answers: what OpenAI's interface has no word for
_NO_FORM: tuple[Any, ...] = (
    None,
    [],
    {"type": "text"},
)  # an answer in a form of its own is no sentences that could be compared
_NOT_WITH = ("tools", "response_format")
_DONE = b"data: [DONE]\n\n"
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A question, with what the documents hold about it.

    Attributes:
        prompts: what the model is asked in place of the question, best first; the next one if it reads less. There are none
            where the documents do not tell: then no model is asked.
        refusal: what is answered then.
        supporting: returns what supports an answer, as JSON; called in the thread of `Documents`.

            Raises `Refused`: it may not be told any more.
    """

    prompts: tuple[str, ...]
    refusal: str
    supporting: Callable[[str], dict[str, Any]]


class Documents(Protocol):
    """Knows the documents. Called in a thread of its own."""

    def prepare(self, caller: Caller, question: str) -> Prepared:
        """Return the question with what the documents hold about it.

        Raises:
            Refused: the caller may not ask these documents, or they cannot be read.
        """
        ...


def wants_documents(endpoint: Endpoint, body: Mapping[str, Any]) -> bool:
    """Return whether a request asks for an answer from the documents.

    Raises:
        Refused: it cannot be told, or such an answer cannot be had in this way.
    """
    told = body.get(FIELD)
    if told is None:
        return False
    if not isinstance(told, dict) or told.keys() - {"documents"} or not isinstance(told.get("documents", False), bool):
        raise unusable(f'{FIELD} may be {{"documents": true}} or {{"documents": false}}.', FIELD)
    if not told.get("documents"):
        return False
    if endpoint is not CHAT:
        raise unusable(f"Answers from the documents are asked of {CHAT.path}.", FIELD, code="unsupported_parameter")
    for name in _NOT_WITH:
        if body.get(name) not in _NO_FORM:
            raise unusable(f"An answer from the documents cannot have {name}.", name, code="unsupported_parameter")
    return True


class DocumentAnswers:
    """Answers from documents. They are read in a thread of their own, for one request after the other."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="documents")

    async def answer(
        self, caller: Caller, engine: KeptEngine, body: dict[str, Any], *, outlet: Outlet, metered: Metered
    ) -> None:
        """Answer a chat request, as `engine_request` returned it, from the documents.

        Raises:
            Refused: the last message is no question, the caller may not ask, or no answer could be made.
        """
        question = _question(body["messages"])
        prepared = await self._in_thread(lambda: self._documents.prepare(caller, question))
        cited = _Cited(outlet, lambda answer: self._in_thread(lambda: prepared.supporting(answer)))
        for number, prompt in enumerate(prepared.prompts, start=1):
            try:
                await relay(engine, CHAT, _asking(body, prompt), outlet=cited, metered=metered)
                return
            except PromptTooLong:  # the model reads less, as it says before it writes anything
                if number == len(prepared.prompts) or cited.is_begun:
                    raise
        await _say(prepared.refusal, engine.served.name, body, cited)

    async def _in_thread(self, act: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, act)


def _question(messages: Sequence[Mapping[str, Any]]) -> str:
    last = messages[-1]
    if last.get("role") != "user":
        raise unusable("An answer from the documents needs the user's question as the last message.", "messages")
    content = last.get("content") or ""
    text = content if isinstance(content, str) else "\n".join(part["text"] for part in content)
    if not text.strip():
        raise unusable("There is no question in the last message.", "messages")
    if len(text) > QUESTION_CHARACTERS:
        words = f"A question to the documents may have {QUESTION_CHARACTERS:,} characters; this one has {len(text):,}."
        raise unusable(words, "messages")
    return text


def _asking(body: dict[str, Any], prompt: str) -> dict[str, Any]:
    *before, last = body["messages"]
    return body | {"messages": [*before, {**last, "content": prompt}]}


class _Cited:
    """Passes an answer on as it comes, and adds what supports it: to a whole one, or as the last event of a stream."""

    def __init__(self, outlet: Outlet, supporting: Callable[[str], Awaitable[dict[str, Any]]]) -> None:
        self._outlet, self._supporting = outlet, supporting
        self._written: list[str] = []
        self._stamp: dict[str, Any] = {}  # the fields that every event of the stream has

    @property
    def is_begun(self) -> bool:
        """Whether some of a stream was sent."""
        return bool(self._stamp)

    async def whole(self, response: Response) -> None:
        """Send an answer that is complete."""
        told = json.loads(bytes(response.body))
        told[FIELD] = await self._supporting(told["choices"][0]["message"].get("content") or "")
        await self._outlet.whole(_json(told))

    async def event(self, event: bytes) -> None:
        """Send an event; before the one that ends the stream, what supports the answer."""
        if event == _DONE:
            # as the event that tells the usage: https://platform.openai.com/docs/api-reference/chat-streaming
            told = {**self._stamp, "choices": [], FIELD: await self._supporting("".join(self._written))}
            await self._outlet.event(_event(told))
        else:
            self._note(event)
        await self._outlet.event(event)

    async def end(self) -> None:
        """End the stream."""
        await self._outlet.end()

    def _note(self, event: bytes) -> None:
        try:
            told = json.loads(event.partition(b"data: ")[2])
        except ValueError:  # a comment that keeps the connection open
            return
        self._stamp = {name: told[name] for name in ("id", "object", "created", "model") if name in told}
        for choice in told.get("choices", ()):
            self._written.append(choice.get("delta", {}).get("content") or "")


async def _say(text: str, model: str, body: dict[str, Any], cited: _Cited) -> None:
    """Send an answer that no model wrote, in the form of one that a model did."""
    stamp = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": model}
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    if not body.get("stream"):
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        await cited.whole(_json({**stamp, "object": "chat.completion", "choices": [choice], "usage": usage}))
        return
    stamp["object"] = "chat.completion.chunk"
    for delta, reason in ((message, None), ({}, "stop")):
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        await cited.event(_event({**stamp, "choices": [choice]}))
    if body.get("stream_options", {}).get("include_usage"):
        await cited.event(_event({**stamp, "choices": [], "usage": usage}))
    await cited.event(_DONE)
    await cited.end()


def _json(told: dict[str, Any]) -> Response:
    return Response(json.dumps(told), media_type="application/json")


def _event(told: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(told).encode() + b"\n\n"
