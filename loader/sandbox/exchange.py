"""One request, from its arrival to its answer or the lack of one."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from re import Match

from aiohttp import web

from loader.sandbox.admission import Admission, json_typed
from loader.sandbox.arrivals import Arrival, RequestLog
from loader.sandbox.backend import Backend, Call, Plan, Route
from loader.sandbox.errors import RefusedError
from loader.sandbox.faults import Ending, Fault, RandomFaults, RuledFaults
from loader.sandbox.replies import json_reply, refusal
from loader.sandbox.wire import closed, reset, truncated

_NOTHING_DONE = {"status": "success", "message": "", "data": {}}


@dataclass(frozen=True, slots=True)
class _Target:
    route: Route
    match: Match[str]
    wait: int | None


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
        self._admission = Admission(backend.settings, backend.clock)
        self._closing = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        routes = [(route, match) for route in self._routes if (match := route.path.fullmatch(request.path))]
        route, match = next(((r, m) for r, m in routes if request.method in r.methods), (None, None))
        arrival = Arrival(
            at=self._backend.clock.monotonic(),
            operation=route.operation if route else "unknown",
            account=request.headers.get("accountId", ""),
        )
        self.arrivals.append(arrival)
        wait = self._admission.seconds_to_wait(arrival)
        try:
            if route is None or match is None:
                raise _misdirected(request, [known for known, _ in routes])
            return await self._answer(request, arrival, _Target(route, match, wait))
        except RefusedError as error:
            arrival.status = error.status
            response = refusal(error.status, *error.reasons)
            response.headers.update(error.headers)
            return response
        finally:
            self._log.write(arrival)

    async def end_waiting(self, _app: web.Application) -> None:
        """Let no hanging request hold up the end of the server."""
        self._closing.set()

    async def _answer(self, request: web.Request, arrival: Arrival, target: _Target) -> web.StreamResponse:
        drawn = self._random_faults.drawn(arrival.operation)
        early = self._ruled_faults.on_head(arrival.operation)
        if early is None and drawn is not None and not drawn.reads:
            early = drawn
        if early is not None:
            return await self._struck(request, arrival, early, None)
        try:
            plan = await self._planned(request, target)
        except (ConnectionError, web.RequestPayloadError):
            return closed(request)  # the client left in the middle of its body
        arrival.name = plan.name
        fault = self._ruled_faults.on_request(arrival.operation, plan.name) or drawn
        if fault is not None:
            return await self._struck(request, arrival, fault, plan)
        response = plan.carry_out()
        arrival.status = response.status
        return response

    async def _planned(self, request: web.Request, target: _Target) -> Plan:
        route, parts = target.route, target.match.groupdict()
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise RefusedError(413, "body is too large") from error
        self._admission.admit(request.headers, app=parts["app"], scope=route.scope, wait=target.wait)
        call = Call(
            app=parts["app"],
            account=request.headers["accountId"],
            item=parts.get("item", ""),
            query=tuple(request.query.items()),
            body=body,
            json_typed=json_typed(request.headers),
        )
        return route.plan(self._backend, call)

    async def _struck(
        self, request: web.Request, arrival: Arrival, fault: Fault, plan: Plan | None
    ) -> web.StreamResponse:
        arrival.fault = fault.kind
        if not await self._waited(fault.wait_before):
            return closed(request)
        response = plan.carry_out() if plan and fault.carries_out else json_reply(200, _NOTHING_DONE)
        if not await self._waited(fault.wait_after):
            return closed(request)
        match fault.ending:
            case Ending.CLOSE:
                return closed(request)
            case Ending.RESET:
                return reset(request)
            case Ending.TRUNCATE:
                arrival.status = response.status
                return await truncated(request, response)
            case Ending.ANSWER:
                sent = fault.altered(response) if fault.altered else response
                arrival.status = sent.status
                return sent

    async def _waited(self, seconds: float) -> bool:
        """Return False if the server is ending, which cuts the wait short."""
        if seconds:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), seconds)
        return not self._closing.is_set()


def _misdirected(request: web.Request, known: Sequence[Route]) -> RefusedError:
    methods = sorted({method for route in known for method in route.methods})
    if methods:
        text = f"method {request.method} is wrong here; this path takes {' and '.join(methods)}"
        return RefusedError(405, text, headers={"Allow": ", ".join(methods)})
    return RefusedError(404, f"path {request.path} is none of the API")
