"""The page in a real browser: what a person does, and that nothing else happens."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.sheets import row
from tests.web.browser import browser

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.conftest import MakeWorkbook
    from tests.web.conftest import Visit

pytestmark = pytest.mark.browser

WRONG = [
    row("A", Timezone="America/NewYork"),
    row("B", Timezone="America/NewYork", Priority=9),
    row("C"),
    row("D", Priority=7),
]


async def said(page: Any) -> str:  # noqa: ANN401 - Playwright is not there everywhere
    return str(await page.locator("#detail-text").inner_text())


async def count(page: Any, name: str) -> str:  # noqa: ANN401
    return str(await page.locator(f'[data-count="{name}"]').inner_text())


async def opened(page: Any, path: Path) -> None:  # noqa: ANN401
    await page.set_input_files("input[type=file]", str(path))
    await page.wait_for_url("**/sheets/*")
    await page.locator("html[data-ready]").wait_for(state="attached")


async def until(page: Any, name: str, expected: str) -> None:  # noqa: ANN401
    await page.locator(f'[data-count="{name}"]', has_text=expected).wait_for(state="attached")


async def test_a_sheet_is_opened_and_corrected_in_a_browser(visit: Visit, make_workbook: MakeWorkbook) -> None:
    visitor = await visit(signed_in=False)
    async with browser(visitor.url) as (page, wrong):
        await opened(page, make_workbook(WRONG))
        assert await count(page, "ready") == "1"
        assert "America/NewYork" in await said(page)
        assert await page.locator('.cell[aria-invalid="true"]').count() == 4
        # one click mends all of a kind
        await page.get_by_role("button", name="Use America/New_York in all 2", exact=True).click()
        await until(page, "ready", "2")
        # the rest by keyboard
        await page.locator("#grid").press("F8")
        assert "'9' is above 5" in await said(page)
        await page.keyboard.type("4")
        await page.keyboard.press("Enter")
        await until(page, "ready", "3")
        await page.keyboard.press("F8")
        await page.get_by_role("button", name="Leave row out").click()
        await until(page, "left_out", "1")
        assert "Nothing is wrong" in await page.locator("#kinds").inner_text()
        await page.locator("#grid").press("Control+z")
        await until(page, "invalid", "1")
        assert wrong == []


@pytest.mark.slow
async def test_a_sheet_is_corrected_without_javascript(visit: Visit, make_workbook: MakeWorkbook) -> None:
    visitor = await visit(signed_in=False)
    path = make_workbook(WRONG)
    async with browser(visitor.url, java_script_enabled=False) as (page, wrong):
        await page.set_input_files("input[type=file]", str(path))
        await page.get_by_role("button", name="Open it").click()
        await page.wait_for_url("**/problems")
        for _ in range(2):
            await page.get_by_role("button", name="Use America/New_York").first.click()
        field = page.get_by_role("textbox", name="What D3 should say")
        await field.fill("4")
        await field.press("Enter")
        await page.get_by_role("button", name="Leave row 5 out").click()
        assert await page.get_by_text("Nothing is wrong").is_visible()
        assert await count(page, "ready") == "3"
        assert wrong == []


@pytest.mark.slow
async def test_blocks_are_copied_pasted_filled_and_replaced_each_in_one_step(
    visit: Visit, make_workbook: MakeWorkbook
) -> None:
    visitor = await visit(signed_in=False)
    async with browser(visitor.url, permissions=["clipboard-read", "clipboard-write"]) as (page, wrong):
        await opened(page, make_workbook([row(f"Row {number}", Priority=9) for number in range(6)]))
        grid = page.locator("#grid")
        await grid.press("Control+Home")
        for _ in range(3):
            await page.keyboard.press("ArrowRight")
        await page.keyboard.type("2")
        await page.keyboard.press("Enter")
        await until(page, "ready", "1")
        await page.keyboard.press("ArrowUp")
        for _ in range(5):
            await page.keyboard.press("Shift+ArrowDown")
        await page.keyboard.press("Control+d")
        await until(page, "ready", "6")
        await page.evaluate("navigator.clipboard.writeText('7\\n8\\n1')")
        await page.keyboard.press("ArrowUp")
        await grid.press("Control+Home")
        for _ in range(3):
            await page.keyboard.press("ArrowRight")
        await page.keyboard.press("Control+v")
        await until(page, "invalid", "2")
        await page.keyboard.press("Control+h")
        await page.keyboard.type("7")
        await page.get_by_label("Replace with").fill("3")
        await page.get_by_role("button", name="Replace all").click()
        await until(page, "invalid", "1")
        for _ in range(3):
            await page.locator("#undo").click()
        await until(page, "ready", "1")
        assert wrong == []


@pytest.mark.slow
async def test_ten_thousand_rows_are_a_grid_of_constant_size(visit: Visit, make_workbook: MakeWorkbook) -> None:
    more = {f"Own {number}": "x" for number in range(18)}
    path = make_workbook([{**row(f"Row {number}"), **more} for number in range(10_000)])
    visitor = await visit(signed_in=False)
    async with browser(visitor.url, viewport={"width": 2600, "height": 1800}) as (page, wrong):
        await opened(page, path)
        for script in ("0", "grid.scrollHeight / 2", "grid.scrollHeight", "100"):
            await page.evaluate(f"grid.scrollTop = {script}; grid.scrollLeft = {script}")
            await page.wait_for_timeout(100)
            assert await page.evaluate("document.querySelectorAll('*').length") <= 1_500
        await page.locator("#grid").press("Control+End")
        assert "10001" in await page.locator("#detail-place").inner_text()
        assert await page.evaluate("document.activeElement.id") == "grid"
        assert wrong == []


PAYLOADS = [
    f"{before}{script}{after}"
    for before, script, after in itertools.product(
        ("", '">', "'>", "</title>", "</textarea>"),
        (
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<svg/onload=alert(1)>",
            "{{7*7}}<b id=run>",
            "javascript:alert(1)",
        ),
        ("", "<!--", '" onfocus="alert(1)" autofocus="', "%00"),
    )
]


@pytest.mark.slow
async def test_a_hundred_texts_that_would_be_scripts_are_texts(visit: Visit, make_workbook: MakeWorkbook) -> None:
    assert len(PAYLOADS) == 100
    bad = [
        row(text[:48] + str(at), Priority=text, Timezone=text, Monday=text, Description=text)
        for at, text in enumerate(PAYLOADS)
    ]
    path = make_workbook(
        [{**one, '<img src=x onerror="alert(1)">': "x"} for one in bad], file='a"<svg onload=alert(1)>.xlsx'
    )
    visitor = await visit(signed_in=False)
    async with browser(visitor.url) as (page, wrong):
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        await opened(page, path)
        home = page.url
        for way in ("", "/problems", "/problems?page=3", "/match", "/sheet"):
            await page.goto(f"{home}{way}")
            await page.wait_for_timeout(200)
            assert await page.locator("#run, main img[src=x], main script, main svg").count() == 0, way
        await page.goto(home.rpartition("/sheets/")[0])
        assert "onload=alert" in await page.locator(".sheets").inner_text()
        assert dialogs == []
        assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 320])
async def test_every_page_is_one_that_everybody_can_use(
    visit: Visit, make_workbook: MakeWorkbook, scheme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.async_playwright").Axe()
    visitor = await visit(signed_in=False)
    # axe brings its script along, which our policy would not let run
    like = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}, "bypass_csp": True}
    async with browser(visitor.url, **like) as (page, _):
        found: dict[str, Sequence[str]] = {"empty": await violations(axe, page)}
        await opened(page, make_workbook([*WRONG, row("E", Dialing_mode="Robot", Monday="9-5")]))
        home = page.url
        pages = [
            home,
            f"{home}/problems",
            f"{home}/match",
            f"{home}/sheet",
            f"{visitor.base}/",
            f"{visitor.base}/nothing",
        ]
        for url in pages:
            await page.goto(url)
            await page.wait_for_timeout(300)
            found[url.removeprefix(visitor.base)] = await violations(axe, page)
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, url
        assert {url: said for url, said in found.items() if said} == {}


async def violations(axe: Any, page: Any) -> list[str]:  # noqa: ANN401
    results = await axe.run(page)
    return [
        f"{it['id']}: {node['html'][:200]} {node['any'][:1]}"
        for it in results.response["violations"]
        for node in it["nodes"]
    ]
