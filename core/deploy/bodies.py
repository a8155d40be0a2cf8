"""Reading the body of a request: within its limits of size, time and depth, JSON and nothing else."""

import asyncio
import json
from typing import Any

from starlette.requests import ClientDisconnect, Request

from core.deploy.limits import BODY_S, DEEPEST
from core.deploy.refusal import ClientGone, Refused, unusable

DRAINED_BYTES = 16 << 20  # read of a body that is too large, so that its sender gets to read the answer


async def read_body(request: Request, most_bytes: int) -> dict[str, Any]:
    """Return the JSON object in the body of a request.

    Raises:
        Refused: it is too large or too slow, or no JSON object that can be passed on.
        ClientGone: the connection was closed.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "unsupported_media_type", "Send the request as application/json.")
    if "content-encoding" in request.headers:
        raise Refused(415, "unsupported_media_type", "Send the request without compression.")
    try:
        async with asyncio.timeout(BODY_S):
            content = await _content(request, most_bytes)
    except TimeoutError as error:
        raise Refused(408, "request_timeout", f"The request took more than {BODY_S:.0f} s to arrive.") from error
    except ClientDisconnect as error:
        raise ClientGone from error
    return _parsed(content)


async def _content(request: Request, most_bytes: int) -> bytes:
    content, size_bytes = bytearray(), 0
    async for piece in request.stream():
        size_bytes += len(piece)
        if size_bytes <= most_bytes:
            content += piece
        elif size_bytes > most_bytes + DRAINED_BYTES:
            break
    if size_bytes > most_bytes:
        raise Refused(413, "request_too_large", f"A request may have {most_bytes:,} bytes.")
    return bytes(content)


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content.decode("utf-8"))
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode(
            "utf-8"
        )  # as llama-server reads it: no NaN, no half pair
    except (ValueError, RecursionError) as error:
        raise unusable("The body is not JSON in UTF-8.", code="invalid_json") from error
    if not isinstance(body, dict):
        raise unusable("The body is not a JSON object.", code="invalid_json")
    if _is_deep(body):
        raise unusable(f"The body is nested more than {DEEPEST} levels deep.", code="invalid_json")
    return body


def _is_deep(body: Any) -> bool:
    level = [body]
    for _ in range(DEEPEST):
        if not level:
            return False
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
    return bool(level)


def _inside(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value
