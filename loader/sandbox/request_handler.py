"""One request, from its arrival to its answer or the lack of one."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from loader.sandbox.auth import AccessCheck, json_typed
from loader.sandbox.context import Backend, Call, Plan, Route
from loader.sandbox.errors import RefusedError
from loader.sandbox.faults import Ending, Fault, RandomFaults, RuledFaults
from loader.sandbox.http import ended, json_reply, refusal, truncated
from loader.sandbox.json_schema import name_in
from loader.sandbox.traffic import Arrival, RequestLog

_NOTHING_DONE = {"status": "success", "message": "", "data": {}}


@dataclass(frozen=True, slots=True)
class _Target:
    route: Route
    app: str
    item: str = ""


class Exchange:
    """Answers requests one by one; what happens around the operations is the same for all of them."""

    def __init__(
        self,
        backend: Backend,
        routes: Sequence[Route],
        *,
        random_faults: RandomFaults,
        ruled_faults: RuledFaults,
        log: RequestLog,
    ) -> None:
        self.arrivals: list[Arrival] = []
        self._backend = backend
        self._routes = routes
        self._random_faults = random_faults
        self._ruled_faults = ruled_faults
        self._log = log
        self._access_check = AccessCheck(backend.settings, backend.clock)
        self._closing = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        target = self._target(request)
        arrival = Arrival(
            at=self._backend.clock.monotonic(),
            operation=target.route.operation if target else "unknown",
            account=request.headers.get("accountId", ""),
        )
        self.arrivals.append(arrival)
        wait = self._access_check.seconds_to_wait(arrival)
        try:
            if target is None:
                raise self._misdirected(request)
            return await self._answer(request, arrival, target, wait)
        except RefusedError as error:
            arrival.status = error.status
            response = refusal(error.status, *error.reasons)
            response.headers.update(error.headers)
            return response
        finally:
            self._log.write(arrival)

    def _target(self, request: web.Request) -> _Target | None:
        path, method = request.path, request.method
        for route in self._routes:
            if method in route.methods and (match := route.path.fullmatch(path)):
                return _Target(route, **match.groupdict())
        return None

    def _misdirected(self, request: web.Request) -> RefusedError:
        methods = sorted(
            {name for route in self._routes if route.path.fullmatch(request.path) for name in route.methods}
        )
        if not methods:
            return RefusedError(404, f"path {request.path} is none of the API")
        text = f"method {request.method} is wrong here; this path takes {' and '.join(methods)}"
        return RefusedError(405, text, headers={"Allow": ", ".join(methods)})

    async def end_waiting(self, _app: web.Application) -> None:
        """Let no hanging request hold up the end of the server."""
        self._closing.set()

    async def _answer(
        self, request: web.Request, arrival: Arrival, target: _Target, wait: int | None
    ) -> web.StreamResponse:
        drawn = self._random_faults.drawn(arrival.operation)
        early = self._ruled_faults.on_head(arrival.operation)
        if early is None and drawn is not None and not drawn.reads:
            early = drawn
        if early is not None:
            return await self._struck(request, arrival, early, None)
        try:
            body = await _body_of(request)
        except (ConnectionError, web.RequestPayloadError):
            return ended(request)  # the client left in the middle of its body
        if arrival.operation == "create":
            arrival.name = name_in(body)
        self._access_check.check(request.headers, app=target.app, scope=target.route.scope, wait=wait)
        self._backend.store.remove_vanished(self._backend.clock.wall())
        stored_name = self._ruled_faults.stored_name(arrival.operation, arrival.name)
        plan = target.route.plan(self._backend, _call(request, target, body, stored_name))
        fault = self._ruled_faults.on_request(arrival.operation, arrival.name) or drawn
        if fault is not None:
            return await self._struck(request, arrival, fault, plan)
        response = plan()
        arrival.status = response.status
        return response

    async def _struck(
        self, request: web.Request, arrival: Arrival, fault: Fault, plan: Plan | None
    ) -> web.StreamResponse:
        arrival.fault = fault.kind
        if not await self._waited(fault.wait_before):
            return ended(request)
        response = plan() if plan and fault.carries_out else json_reply(200, _NOTHING_DONE)
        if fault.afterwards:
            created = next(self._backend.store.newest_first())
            self._backend.store.change(created, fault.afterwards(created))
        if not await self._waited(fault.wait_after):
            return ended(request)
        if fault.ending in (Ending.CLOSE, Ending.RESET):
            return ended(request, reset=fault.ending is Ending.RESET)
        sent = fault.altered(response) if fault.altered else response
        arrival.status = sent.status
        return await truncated(request, sent) if fault.ending is Ending.TRUNCATE else sent

    async def _waited(self, seconds: float) -> bool:
        """Return False if the server is ending, which cuts the wait short."""
        if not seconds:
            return True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)
        return not self._closing.is_set()


async def _body_of(request: web.Request) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise RefusedError(413, "body is too large") from error


def _call(request: web.Request, target: _Target, body: bytes, stored_name: str | None) -> Call:
    return Call(
        app=target.app,
        account=request.headers["accountId"],
        item=target.item,
        query=tuple(request.query.items()),
        body=body,
        json_typed=json_typed(request.headers),
        stored_name=stored_name,
    )
