"""A page that is being served on loopback, and browsers of several kinds that ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from loader.config.settings import read_places
from loader.web.rendering import About
from loader.web.server import Served, serving
from loader.workbook.mapping import NOTHING_RENAMED
from tests.web.visitor import Visitor

if TYPE_CHECKING:
    from pathlib import Path

    from loader.workbook.mapping import Renaming

Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def visit(folder: Path) -> AsyncIterator[Visit]:
    """Serve the page and come to it; signed in unless somebody says otherwise."""
    async with AsyncExitStack() as held:

        async def come(*, signed_in: bool = True, renaming: Renaming = NOTHING_RENAMED, port: int = 0) -> Visitor:
            served = Served(read_places(output=folder / "output"), renaming, About(), "127.0.0.1", port)
            url = await held.enter_async_context(serving(served))
            visitor = await held.enter_async_context(Visitor(url))
            if signed_in:
                await visitor.sign_in()
            return visitor

        yield come
