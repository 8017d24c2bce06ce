"""Workbooks that others made, dropped on the page: each is opened or refused with a sentence, and none is a defect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workbook.reader.test_hostile import CORPUS

if TYPE_CHECKING:
    from tests.web.conftest import Visit
    from tests.web.visitor import Visitor

PARTS = 4
FILES = sorted(it for it in CORPUS.iterdir() if it.suffix != ".tsv") if CORPUS.is_dir() else []


@pytest.mark.slow
@pytest.mark.skipif(not FILES, reason="the corpus is not here; HOSTILE_CORPUS may say where")
@pytest.mark.parametrize("part", range(PARTS))
async def test_every_file_of_the_corpus_is_opened_or_refused_with_a_sentence(visit: Visit, part: int) -> None:
    visitor = await visit()
    for path in FILES[part::PARTS]:
        answer = await visitor.upload(path.name, path.read_bytes())
        if answer.status == 422:
            assert path.name in answer.json["detail"], path.name
            continue
        assert answer.status == 201, (path.name, answer.text)
        await every_page_of(visitor, answer.json["id"], path.name)


async def every_page_of(visitor: Visitor, sheet: str, name: str) -> None:
    grids = (await visitor.get(f"/sheets/{sheet}/sheet")).text.count("<fieldset")
    for number in range(grids):
        chosen = await visitor.send_form(f"/sheets/{sheet}/sheet", pick=f"{number}-1")
        if chosen.status == 422:  # a sheet without any cell
            assert "the sheet no such row" in chosen.text, name
            continue
        assert chosen.status == 303, (name, chosen.text)
        for page in ("", "/match", "/sheet", "/problems"):
            assert (await visitor.get(f"/sheets/{sheet}{page}")).status in (200, 303), (name, page)
        assert (await visitor.get(f"/api/sheets/{sheet}/grid")).status == 200, name
        matched = await visitor.send_form(f"/sheets/{sheet}/match")
        assert matched.status in (303, 400), (name, matched.text)
    assert (await visitor.get(f"/api/sheets/{sheet}/workbook")).status == 200, name
