"""What `--log-level debug` shows of requests, and what it never shows."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.load_runs import creates

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import MakeWorkbook, Serve
    from tests.program import Program

    Start = Callable[..., Program]


async def test_every_request_is_a_line_without_body_and_token(
    serve: Serve, program: Start, make_workbook: MakeWorkbook
) -> None:
    server = await serve()
    one = program(server.url)
    make_workbook(["A"])
    done = await one.run("run", "--yes", "campaigns.xlsx", "--log-level", "debug")
    assert (done.code, creates(server)) == (0, {"A": 1})
    lines = re.findall(r"^(\w+) (/\S+): (\d+), (\d+) ms, attempt (\d)$", done.err, re.MULTILINE)
    assert [(status, attempt) for _, _, status, _, attempt in lines] == [
        (str(it.status), "1") for it in server.requests
    ]
    assert {method for method, *_ in lines} == {"POST"}
    assert "+15101234567" not in done.err
    quiet = await one.run("run", "--yes", "campaigns.xlsx")
    assert "attempt" not in quiet.err


async def test_in_the_json_log_it_is_an_event_and_says_why_there_was_no_answer(
    program: Start, make_workbook: MakeWorkbook
) -> None:
    make_workbook(["A"])
    done = await program(LOADER_PATIENCE_SECONDS="0").run(
        *("run", "--yes", "campaigns.xlsx", "--log-level", "debug", "--log-json")
    )
    requests = [it for it in map(json.loads, done.err.splitlines()) if it["event"] == "request"]
    assert requests[0]["status"] == "not sent: 127.0.0.1:9 cannot be reached (Connection refused)"
    assert {"method", "path", "ms", "attempt"} <= requests[0].keys()
    assert requests[0]["level"] == "debug"
