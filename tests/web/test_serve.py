"""`serve` as a program: what it prints, where it listens, and that it ends at once when it is told to."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import time
from typing import TYPE_CHECKING

from tests.sheets import row
from tests.web.visitor import Visitor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import MakeWorkbook
    from tests.program import Program, Running


async def address(running: Running) -> str:
    line = await running.line()
    found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S{40,}", line)
    assert found, line
    return found[0]


async def test_it_ends_within_five_seconds_of_a_signal_whatever_is_open(
    program: Callable[..., Program], make_workbook: MakeWorkbook
) -> None:
    content = make_workbook([row("A"), row("B", Priority=9)]).read_bytes()
    running = await program().start("serve", "--no-browser", "--port", "0")
    async with Visitor(await address(running)) as visitor:
        await visitor.sign_in()
        sheet = (await visitor.upload("april.xlsx", content)).json["id"]
        assert (await visitor.get(f"/api/sheets/{sheet}/grid")).json["counts"]["invalid"] == 1
        # a connection that says nothing, and an upload that never comes to its end
        _, idle = await asyncio.open_connection("127.0.0.1", visitor.port)
        _, half = await asyncio.open_connection("127.0.0.1", visitor.port)
        [(name, cookie)] = visitor.cookies.items()
        half.write(
            f"POST /api/sheets HTTP/1.1\r\nHost: 127.0.0.1:{visitor.port}\r\nOrigin: {visitor.base}\r\n"
            f"Cookie: {name}={cookie}\r\nX-File-Name: a.csv\r\nContent-Length: 1000\r\n\r\nCampaign".encode()
        )
        await half.drain()
        began = time.monotonic()
        running.signal(signal.SIGTERM)
        done = await running.ended()
        assert time.monotonic() - began < 5
        assert (done.code, done.err) == (0, "")
        for writer in (idle, half):
            writer.close()


async def test_it_says_where_somebody_else_listens_already(program: Callable[..., Program]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = await program().run("serve", "--no-browser", "--port", str(port))
    assert done.code == 2
    assert f"--port {port}: 127.0.0.1 cannot be listened at" in done.err


async def test_it_is_reached_from_this_machine_only(program: Callable[..., Program]) -> None:
    done = await program().run("serve", "--no-browser", "--host", "0.0.0.0")  # noqa: S104
    assert done.code == 2
    assert "the page is for this machine only" in done.err


async def test_what_is_kept_is_for_its_owner_alone_and_holds_no_cookie(
    program: Callable[..., Program], make_workbook: MakeWorkbook, folder: Path
) -> None:
    content = make_workbook(["A"]).read_bytes()
    running = await program().start("serve", "--no-browser", "--port", "0")
    async with Visitor(url := await address(running)) as visitor:
        await visitor.sign_in()
        await visitor.upload("april.xlsx", content)
        [cookie] = visitor.cookies.values()
    running.signal_to_stop()
    await running.ended()
    kept = [it for it in (folder / "output" / "page").rglob("*") if it.is_file()]
    assert sorted(it.name for it in kept if len(it.name) < 20) == ["original", "sheet.json"]
    assert len(kept) == 3
    for path in kept:
        assert path.stat().st_mode & 0o077 == 0, path
        text = path.name.encode() + path.read_bytes()
        assert cookie.encode() not in text
        assert url.partition("token=")[2].encode() not in text


async def test_settings_of_the_account_are_not_needed(program: Callable[..., Program]) -> None:
    running = await program().start("serve", "--no-browser", "--port", "0", KORE_HOST="")
    async with Visitor(await address(running)) as visitor:
        await visitor.sign_in()
        start = await visitor.get("/")
        assert "No account yet: checking works" in start.text
        assert "KORE_HOST" in start.text
    running.signal_to_stop()
    assert (await running.ended()).code == 0
