"""Where the page may be reached: on this machine, under the names it has there."""

from __future__ import annotations

import ipaddress

from loader.errors import SettingsError

LOCALHOST = "localhost"
_NAMES = (LOCALHOST, "127.0.0.1", "[::1]")
_USUAL_PORT = 80


def must_be_this_machine(host: str) -> str:
    """The address to listen at.

    Raises:
        SettingsError: others could reach it.
    """
    if host == LOCALHOST:
        return host
    try:
        if ipaddress.ip_address(host).is_loopback:
            return host
    except ValueError:
        pass
    raise SettingsError(
        f"--host {host}: the page is for this machine only. At any other address it would need encryption and a proxy "
        "that says who somebody is, and knows neither yet; right: 127.0.0.1, ::1 or localhost. From another machine: "
        "ssh -L 8770:127.0.0.1:8770 and the name of this one"
    )


def in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def allowed_hosts(host: str, port: int) -> frozenset[str]:
    """What the header Host may say: whoever has another name lead here, is not answered."""
    names = {*_NAMES, in_url(host)}
    bare = names if port == _USUAL_PORT else set()
    return frozenset({*(f"{name}:{port}" for name in names), *bare})
