"""One way to write results, in a process of its own: what it took goes to standard output as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from openpyxl import Workbook, load_workbook

from loader.model.attempt import Attempt
from loader.model.row import Outcome, Status
from loader.planning.validate import validate
from loader.workbook.columns import RESULT_COLUMNS
from loader.workbook.reader.read import read_workbook
from loader.workbook.writer.result_cells import Results
from loader.workbook.writer.results import write_results
from loader.workbook.writer.summary_sheet import Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RUN = "20260401-101500-a1b2"


def results_of(content: bytes) -> Results:
    sheet = read_workbook(content, "campaigns.xlsx")
    checked = validate(sheet)
    now = datetime.now(UTC)
    outcomes = [
        Outcome(
            it.row,
            it.campaign.name,
            Status.CREATED,
            attempt=Attempt(
                message="",
                campaign_id=f"cd-{it.row}",
                campaign_status="Preparing",
                http_status=200,
                attempts=1,
                submitted_at=now,
            ),
            run=RUN,
        )
        for it in checked.ready
    ]
    summary = Summary(RUN, "somebody", "account", "host", now, now, 1, [it.campaign for it in checked.ready])
    return Results([sheet], outcomes, checked.problems, summary)


def cells_of(results: Results) -> list[Sequence[object]]:
    """Header and rows with eight columns more, as plain values."""
    header, *rows = results.sheets[0].cells
    ours = ("Created", "cd-1", "Preparing", "", 200, 1, "2026-04-01 10:15:00", RUN)
    return [[*header, *RESULT_COLUMNS], *([*row, *ours] for row in rows)]


def with_openpyxl(cells: Sequence[Sequence[object]], path: Path) -> None:
    book = Workbook(write_only=True)
    page = book.create_sheet("Campaigns")
    for row in cells:
        page.append(list(row))
    book.save(path)


def added_by_openpyxl(source: Path, path: Path) -> None:
    """The whole workbook loaded, eight columns added, saved."""
    book = load_workbook(source)
    page = book.worksheets[0]
    last = page.max_column
    for row in range(1, page.max_row + 1):
        for place in range(1, 9):
            page.cell(row, last + place, "Created")
    book.save(path)


def measured(work: Callable[[], object]) -> dict[str, float]:
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    work()
    took = time.perf_counter() - begun
    return {"seconds": took, "grown_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}


def main(way: str, source: Path) -> None:
    target = source.with_name(f"by-{way}.xlsx")
    target.unlink(missing_ok=True)
    if way == "openpyxl, whole":
        print(json.dumps(measured(lambda: added_by_openpyxl(source, target))))
        return
    content = source.read_bytes()
    results = results_of(content)
    cells = cells_of(results) if way == "openpyxl, write-only" else []
    ways: dict[str, Callable[[], object]] = {
        "kept": lambda: write_results(target, results, content),
        "fresh": lambda: write_results(target, results, b""),
        "openpyxl, write-only": lambda: with_openpyxl(cells, target),
    }
    print(json.dumps(measured(ways[way])))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
