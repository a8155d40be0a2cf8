"""The way back to whoever asked: one answer, a stream of events, or an error, and nothing after the end of either."""

import asyncio
import json

from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from core.deploy.limits import STALL_S
from core.deploy.refusal import ClientGone, Refused

_STREAM_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx passes events on as they come
)


class Outlet:
    """Sends one response."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._is_streaming = False
        self.is_typed = False  # the stream names its events, as that of responses does
        self.is_body_read = False

    async def whole(self, response: Response) -> None:
        """Send a response that is complete."""
        response.headers["cache-control"] = "no-store"
        response.headers["x-content-type-options"] = "nosniff"
        if not self.is_body_read:
            response.headers["connection"] = "close"  # what is still coming is not read as the next request
        await response(self._scope, self._receive, self._patient)

    async def event(self, event: bytes) -> None:
        """Send an event, beginning the stream with the first."""
        if not self._is_streaming:
            self._is_streaming = True
            await self._patient({"type": "http.response.start", "status": 200, "headers": list(_STREAM_HEADERS)})
        await self._patient({"type": "http.response.body", "body": event, "more_body": True})

    async def end(self) -> None:
        """End the stream."""
        await self._patient({"type": "http.response.body", "body": b"", "more_body": False})

    async def refuse(self, refused: Refused) -> None:
        """Send an error: as the response, or as the last event of a stream that has begun."""
        if self._is_streaming:
            await self.event(_typed(refused) if self.is_typed else _plain(refused))
            await self.end()
            return
        headers = {"retry-after": str(refused.retry_after_s)} if refused.retry_after_s is not None else {}
        if refused.status == 401:
            headers["www-authenticate"] = "Bearer"
        await self.whole(JSONResponse({"error": refused.error}, status_code=refused.status, headers=headers))

    async def _patient(self, message: Message) -> None:
        """Send a message; give up on a client that takes nothing for a while."""
        try:
            async with asyncio.timeout(STALL_S):
                await self._send(message)
        except TimeoutError as error:
            raise ClientGone from error


def _plain(refused: Refused) -> bytes:
    return b"data: " + json.dumps({"error": refused.error}).encode() + b"\n\n"


def _typed(refused: Refused) -> bytes:
    told = {"type": "error", "code": refused.code, "message": refused.message, "param": refused.param}
    return b"event: error\ndata: " + json.dumps(told).encode() + b"\n\n"
