"""The service's paths, and what happens to every request: key, body, pace, place, answer; all of it counted."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from core.crash_reports import record_crash
from core.deploy.bodies import read_body
from core.deploy.documents import FIELD, DocumentAnswers, wants_documents
from core.deploy.door import Admission, Caller, Door
from core.deploy.embeddings import Embeddings
from core.deploy.engine import KeptEngine
from core.deploy.feedback import PATH, Keep, read_said
from core.deploy.limits import LOOK_S, Limits
from core.deploy.meters import Metered, Meters
from core.deploy.outlet import Outlet
from core.deploy.refusal import ClientGone, Refused, stopping, unusable
from core.deploy.relay import relay
from core.deploy.requests import ENDPOINTS, RESPONSES, Endpoint, check_model, engine_request, unknown_model

Answer = Callable[[Caller, dict[str, Any], Outlet, Metered], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What answers, who may ask, and how much."""

    engine: KeptEngine
    embeddings: Embeddings | None
    door: Door
    limits: Limits
    meters: Meters
    keep_feedback: Keep | None = None  # None: what is served belongs to no project, which feedback could go to
    documents: DocumentAnswers | None = None
    began_s: int = field(default_factory=lambda: int(time.time()))
    is_stopping: asyncio.Event = field(default_factory=asyncio.Event)  # set once the time to finish answers is over

    @property
    def names(self) -> tuple[str, ...]:
        """What clients call the models that are served."""
        return (self.engine.served.name, *((self.embeddings.name,) if self.embeddings else ()))


def build_app(service: Service) -> Starlette:
    """Return the ASGI application of a service."""
    admission = Admission(service.door, service.limits)
    routes = [
        Route(
            each.path,
            Asked(service, admission, name=each.name, answer=partial(_ask_engine, service, each)),
            methods=["POST"],
        )
        for each in ENDPOINTS
    ]
    looks: dict[str, Callable[[Service, Request], Response]] = {
        "/health": _health,
        "/metrics": _metrics,
        "/v1/models": _models,
        "/v1/models/{name:path}": _model,
    }
    return Starlette(
        routes=[
            *routes,
            Route(
                "/v1/embeddings",
                Asked(service, admission, name="embeddings", answer=partial(_embed, service)),
                methods=["POST"],
            ),
            Route(
                PATH, Asked(service, admission, name="feedback", answer=partial(_keep_feedback, service)), methods=["POST"]
            ),
            *(
                Route(path, Looked(service, None if path == "/health" else admission, look=look), methods=["GET"])
                for path, look in looks.items()
            ),
        ],
        exception_handlers={HTTPException: _no_such_path},
    )


class Looked:
    """A path that tells something without asking a model."""

    def __init__(
        self, service: Service, admission: Admission | None, *, look: Callable[[Service, Request], Response]
    ) -> None:
        self._service, self._admission, self._look = service, admission, look

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request, outlet = Request(scope), Outlet(scope, receive, send)
        try:
            if self._admission:
                await self._admission.admit(request.headers)
            await outlet.whole(self._look(self._service, request))
        except Refused as refused:
            await outlet.refuse(refused)
        except ClientGone:
            pass
        except Exception as error:  # logged without its words, which Starlette would print
            await outlet.refuse(_defect(error))


class Asked:
    """A path that asks a model."""

    def __init__(self, service: Service, admission: Admission, *, name: str, answer: Answer) -> None:
        self._service, self._admission, self._name, self._answer = service, admission, name, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens to it."""
        outlet = Outlet(scope, receive, send)
        outlet.is_typed = self._name == RESPONSES.name
        with self._service.meters.request(self._name) as metered, suppress(ClientGone):
            try:
                await self._admitted(Request(scope, receive), outlet, metered)
            except Refused as refused:
                metered.state = "failed" if refused.status >= 500 else "refused"
                await outlet.refuse(refused)
            except (ClientGone, asyncio.CancelledError):
                metered.state = "left"
                raise
            except Exception as error:  # logged without its words, which may be those of a prompt
                metered.state = "failed"
                await outlet.refuse(_defect(error))

    async def _admitted(self, request: Request, outlet: Outlet, metered: Metered) -> None:
        caller = await self._admission.admit(request.headers)
        body = await read_body(request, self._service.limits.body_bytes)
        outlet.is_body_read = True
        self._admission.count(caller)
        with self._admission.place():
            await _watched(self._answer(caller, body, outlet, metered), self._end_of(request, caller))

    async def _end_of(self, request: Request, caller: Caller) -> None:
        """Wait until there is a reason to answer no further, and raise it.

        Raises:
            ClientGone: the connection was closed.
            Refused: the key was revoked, or its right lost; the service is being stopped; or time is up.
        """
        service, over_s = self._service, time.monotonic() + self._service.limits.request_s
        leaving = asyncio.ensure_future(_left(request))
        try:
            while not service.is_stopping.is_set():
                await asyncio.wait({leaving}, timeout=LOOK_S)
                if leaving.done():
                    raise ClientGone
                if not await self._admission.stands(caller):
                    raise Refused(401, "invalid_api_key", "The key does not open this service any more.")
                if time.monotonic() > over_s:
                    raise Refused(504, "timeout", f"An answer may take {service.limits.request_s:.0f} s.")
            raise stopping()
        finally:
            leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _watched(act: Coroutine[Any, Any, None], end: Coroutine[Any, Any, None]) -> None:
    """Act until it is done, or until `end` raises why it may not go on."""
    acting, ending = asyncio.ensure_future(act), asyncio.ensure_future(end)
    try:
        await asyncio.wait({acting, ending}, return_when=asyncio.FIRST_COMPLETED)
        if acting.done():
            acting.result()
        else:
            ending.result()
    finally:
        for task in (acting, ending):
            task.cancel()
        await asyncio.gather(acting, ending, return_exceptions=True)


async def _ask_engine(
    service: Service, endpoint: Endpoint, caller: Caller, body: dict[str, Any], outlet: Outlet, metered: Metered
) -> None:
    check_model(body, service.engine.served.name)
    asked = engine_request(endpoint, body, service.limits)
    if not wants_documents(endpoint, body):
        await relay(service.engine, endpoint, asked, outlet=outlet, metered=metered)
    elif service.documents is None:
        raise unusable("This service does not answer from documents.", FIELD, code="unsupported_parameter")
    else:
        await service.documents.answer(caller, service.engine, asked, outlet=outlet, metered=metered)


async def _embed(service: Service, _: Caller, body: dict[str, Any], outlet: Outlet, metered: Metered) -> None:
    if service.embeddings is None:
        raise unknown_model(str(body.get("model", "")), ())
    check_model(body, service.embeddings.name)
    answer, metered.tokens_in = await service.embeddings.answer(body)
    await outlet.whole(JSONResponse(answer))


async def _keep_feedback(service: Service, _caller: Caller, body: dict[str, Any], outlet: Outlet, _: Metered) -> None:
    said = read_said(body)
    if service.keep_feedback is None:
        raise Refused(404, "no_project", "What is served here belongs to no project that feedback could go to.")
    await asyncio.get_running_loop().run_in_executor(None, service.keep_feedback, said)
    await outlet.whole(JSONResponse({"object": "garrison.feedback", "kept": True}))


def _health(service: Service, _: Request) -> Response:
    is_up = service.engine.is_up
    return JSONResponse({"status": "ok" if is_up else "engine starting"}, status_code=200 if is_up else 503)


def _metrics(service: Service, _: Request) -> Response:
    return PlainTextResponse(service.meters.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _models(service: Service, _: Request) -> Response:
    return JSONResponse({"object": "list", "data": [_told(service, name) for name in service.names]})


def _model(service: Service, request: Request) -> Response:
    name = request.path_params["name"]
    if name not in service.names:
        raise unknown_model(name, service.names)
    return JSONResponse(_told(service, name))


def _told(service: Service, name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": service.began_s, "owned_by": "garrison"}


async def _no_such_path(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = "This path is asked in another way." if status == 405 else "There is no such path here."
    refused = Refused(status, "method_not_allowed" if status == 405 else "not_found", words)
    headers = {"connection": "close", **((error.headers or {}) if isinstance(error, HTTPException) else {})}
    return JSONResponse({"error": refused.error}, status_code=status, headers=headers)


def _defect(error: Exception) -> Refused:
    return Refused(500, "defect", f"A defect in Garrison stopped this request (reference {record_crash(error)}).")
