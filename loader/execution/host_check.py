"""What `doctor` says of the way to the host, and of proxies on it."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from loader.api.connectivity import shake_hands
from loader.config.proxy import address_of
from loader.errors import MisdirectedError
from loader.execution.check_result import CheckResult, Grade

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from loader.config.proxy import ProxyUrl

# as other programs read them
_OF_OTHERS = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_SECONDS = 10
_SOON = timedelta(days=14)


async def host_checks(host: str, proxy: ProxyUrl | None, now: datetime) -> Sequence[CheckResult]:
    """The last one says whether the host, or the proxy before it, answers."""
    if proxy is not None and host.startswith("https://"):
        return [await _proxy(address_of(proxy))]
    return [*_unused_proxy(host), await _host(host, now)]


def _unused_proxy(host: str) -> Iterator[CheckResult]:
    """Of a proxy in the environment, which other programs use: campaigns go through one only where it is said to us."""
    named = [name for name in _OF_OTHERS if os.environ.get(name)]
    if named and host.startswith("https://"):
        seen, remedy = f"{named[0]} is set and not used", "set KORE_PROXY if the network needs a proxy"
        yield CheckResult("proxy", Grade.WARNING, seen, remedy)


async def _proxy(address: str) -> CheckResult:
    """What the proxy says of the host is seen with the token."""
    try:
        shaken = await shake_hands(address, seconds=_SECONDS)
    except MisdirectedError as error:
        return CheckResult("host", Grade.FAILURE, f"the proxy: {error}", "check KORE_PROXY and the network", 2)
    return CheckResult("host", Grade.OK, f"reached through the proxy {address}, which answers at {shaken.address}")


async def _host(host: str, now: datetime) -> CheckResult:
    try:
        shaken = await shake_hands(host, seconds=_SECONDS)
    except MisdirectedError as error:
        remedy = "check KORE_HOST, the network, and the certificates of this machine"
        return CheckResult("host", Grade.FAILURE, str(error), remedy, 2)
    if shaken.expires_at is None:
        return CheckResult("host", Grade.OK, f"{host} answers at {shaken.address}, without TLS")
    ends = f"its certificate ends on {shaken.expires_at:%Y-%m-%d}"
    seen = f"{host} answers at {shaken.address} with {shaken.protocol}; {ends}"
    if shaken.expires_at - now < _SOON:
        return CheckResult("host", Grade.WARNING, seen, "its owner has to renew it before that day")
    return CheckResult("host", Grade.OK, seen)
