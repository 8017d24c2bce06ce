"""What somebody sees who has never seen the page: what a sheet waits for, what is proposed, and what is on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sheets import row
from tests.web.browser import browser
from tests.web.test_browser import opened, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeWorkbook
    from tests.web.conftest import Visit

THEIRS = {"Campaign name": "Nom de la campagne", "Caller ID": "Numéro appelant", "Priority": "Priorité"}


def french(make_workbook: MakeWorkbook) -> Path:
    return make_workbook([{THEIRS.get(it, it): value for it, value in row("A").items()}], file="french.xlsx")


async def test_the_first_page_says_of_each_sheet_what_it_waits_for(visit: Visit, make_workbook: MakeWorkbook) -> None:
    visitor = await visit()
    for path in (french(make_workbook), make_workbook([row("A", Caller_ID=442079460018)])):
        assert (await visitor.upload(path.name, path.read_bytes())).status == 201
    text = (await visitor.get("/")).text
    assert text.count("not checked yet") == 1
    assert '<span data-noun="warnings">warning</span>' in text
    assert '<b data-count="ready">0</b> ready' not in text


async def test_columns_whose_meaning_is_proposed_are_news_and_no_wall_of_errors(
    visit: Visit, make_workbook: MakeWorkbook
) -> None:
    visitor = await visit()
    path = french(make_workbook)
    sheet = (await visitor.upload(path.name, path.read_bytes())).json["id"]
    form = (await visitor.get(f"/sheets/{sheet}/match")).text
    assert "3 columns have names that are not known here. What they mean is proposed below" in form
    assert 'role="alert"' not in form
    said = form.partition("<details>")[2].partition("</details>")[0]
    assert "&#39;Nom de la campagne&#39; is no known column" in said
    await visitor.send_form(f"/sheets/{sheet}/match", **{"column-1": "Campaign name", "column-4": ""})
    assert "not known here" not in (await visitor.get(f"/sheets/{sheet}/match")).text


async def test_what_no_proposal_mends_is_an_error_and_its_first_lines_are_in_sight(visit: Visit) -> None:
    visitor = await visit()
    sheet = (await visitor.upload("a.csv", b"Campaign name,Zzz\r\nA,1")).json["id"]
    form = (await visitor.get(f"/sheets/{sheet}/match")).text
    assert "These columns are missing" in form.partition('role="alert"')[2]
    assert "not known here" not in form


async def test_whoever_is_signed_out_reads_commands_as_commands(visit: Visit) -> None:
    visitor = await visit(signed_in=False)
    text = (await visitor.get("/")).text
    assert "<code>campaign-loader serve</code> printed" in text
    assert "`" not in text


@pytest.mark.browser
async def test_a_cell_with_several_readings_is_corrected_where_all_of_them_are_offered(
    visit: Visit, make_workbook: MakeWorkbook
) -> None:
    visitor = await visit(signed_in=False)
    async with browser(visitor.url) as (page, wrong):
        await opened(page, make_workbook([row("A", Monday="1-5"), row("B", Timezone="America/NewYork")]))
        assert await page.locator("#kinds .mend").all_inner_texts() == ["Use America/New_York"]
        await page.locator("#grid").press("Control+Home")
        await page.locator("#grid").press("F8")
        assert len(await page.locator("#detail-fixes button").all_inner_texts()) == 3
        # the header stands in the pill beside the sentence, and not in it once more
        assert (await page.locator("#detail-text").inner_text()).startswith("'1-5' could be")
        await page.locator("#detail-fixes button").first.click()
        await until(page, "ready", "1")
        assert wrong == []


@pytest.mark.browser
@pytest.mark.slow
async def test_on_paper_every_page_has_what_it_is_about_and_nothing_to_press(
    visit: Visit, make_workbook: MakeWorkbook
) -> None:
    visitor = await visit(signed_in=False)
    async with browser(visitor.url, color_scheme="dark") as (page, _):
        await opened(page, make_workbook([row("A", Priority=9), row("B", Timezone="Mars")]))
        home = page.url
        await page.emulate_media(media="print")
        paper = "getComputedStyle(document.body).backgroundColor"
        assert await page.evaluate(paper) == "rgb(255, 255, 255)"
        assert await shown(page, ".kind") == ["Priority", "Timezone"]
        assert not await page.locator("#grid").is_visible()  # which is only as much of it as fits the window
        for way, sentence in (("/problems", ".items li p"), ("/match", ".pairs select"), ("/sheet", ".preview td")):
            await page.goto(f"{home}{way}")
            assert await page.locator(sentence).first.is_visible(), way
            assert [it for it in await page.get_by_role("button").all() if await it.is_visible()] == [], way


async def shown(page: Any, kind: str) -> list[str]:  # noqa: ANN401 - Playwright is not there everywhere
    """The headers of the problems that can be seen."""
    boxes = await page.locator(f"{kind} > .pick").all()
    return [str(await it.locator("span").nth(1).inner_text()) for it in boxes if await it.is_visible()]


@pytest.mark.browser
@pytest.mark.slow
async def test_on_a_narrow_screen_the_top_is_two_lines_and_no_sentence_is_a_column_of_words(
    visit: Visit, make_workbook: MakeWorkbook
) -> None:
    visitor = await visit(signed_in=False)
    async with browser(visitor.url, viewport={"width": 320, "height": 640}) as (page, _):
        await opened(page, make_workbook([row("A", Caller_ID=442079460018)]))
        top = "document.querySelector('{}').getBoundingClientRect().top"
        theme, out = [await page.evaluate(top.format(it)) for it in ("#theme", '[action="/sign-out"] button')]
        assert abs(theme - out) < 10
        assert await page.evaluate("document.querySelector('.bar .grow').getBoundingClientRect().width") > 200
