"""The proxy of a company's network, through which the host is reached."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import SecretStr

ProxyUrl = SecretStr
# a user's name and password may stand in it
_RIGHT = "should be an address such as http://proxy.example.com:3128"


def proxy_url(secret: SecretStr | None) -> SecretStr | None:
    """Raises ValueError, which quotes nothing of it."""
    if secret is None:
        return None
    text = secret.get_secret_value().strip().rstrip("/")
    try:
        url = urlsplit(text)
        sound = url.scheme == "http" and url.hostname and url.port and not (url.path or url.query or url.fragment)
    except ValueError:
        sound = False
    if not sound or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(_RIGHT)
    return SecretStr(text)


def address_of(proxy: SecretStr) -> str:
    """Scheme, name and port, without user and password."""
    url = urlsplit(proxy.get_secret_value())
    return f"{url.scheme}://{url.hostname}:{url.port}"
