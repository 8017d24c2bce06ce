"""A real browser, Debian's Chromium, that comes to the page."""

from __future__ import annotations

import os
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import BrowserContext, Page

CHROMIUM = shutil.which("chromium")


@asynccontextmanager
async def browser(url: str, **like: object) -> AsyncIterator[tuple[Page, list[str]]]:
    """A window at the page, and everything that goes wrong in it: errors of scripts, of the policy, requests elsewhere.

    `like`: what Playwright calls the options of a context, such as color_scheme and java_script_enabled.
    """
    playwright = pytest.importorskip("playwright.async_api", reason="needs the extra 'browser'")
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium")
        pytest.skip("needs chromium")
    wrong: list[str] = []
    async with playwright.async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            context: BrowserContext = await chromium.new_context(**{"viewport": {"width": 1400, "height": 800}, **like})
            page = await context.new_page()
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
            page.on("request", lambda asked: None if asked.url.startswith(_base(url)) else wrong.append(asked.url))
            await page.goto(url)
            yield page, wrong
        finally:
            await chromium.close()


def _base(url: str) -> str:
    return url.partition("/?")[0] + "/"
