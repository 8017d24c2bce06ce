"""Single answers without a server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import aiohttp


class MockedResponse(aiohttp.ClientResponse):
    """For aioresponses 0.7.9, which knows nothing of `stream_writer`; aiohttp 3.14 demands it (its issue 289)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  those of the real one
        kwargs.setdefault("stream_writer", SimpleNamespace(output_size=0))
        super().__init__(*args, **kwargs)
