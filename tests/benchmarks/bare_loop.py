"""The least that posts a sheet's campaigns with aiohttp: no journal, no pace, no verdict. Started as a script.

    python bare_loop.py URL SHEET CONCURRENCY

Bodies are built and tokens are minted before the first request leaves.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aiohttp

from loader.api.auth import Signer
from loader.api.v1 import WireV1
from loader.planning.validate import validate
from loader.sandbox.settings import DEMO_ACCOUNT_ID, DEMO_APP_ID, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET
from loader.workbook.reader.read import read_sheet


async def _post_all(url: str, bodies: list[bytes], concurrency: int) -> None:
    wire = WireV1(app_id=DEMO_APP_ID, account_id=DEMO_ACCOUNT_ID)
    signer = Signer(client_id=DEMO_CLIENT_ID, key=DEMO_CLIENT_SECRET, algorithm="HS256", subject="bare")
    work = iter([(wire.create(body), {"auth": signer.token(), **wire.headers}) for body in bodies])

    async def post(session: aiohttp.ClientSession) -> None:
        for request, headers in work:
            async with session.post(request.target, data=request.body, headers=headers) as response:
                assert response.status == 200
                await response.read()

    async with (
        aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=concurrency)) as session,
        asyncio.TaskGroup() as tasks,
    ):
        for _ in range(concurrency):
            tasks.create_task(post(session))


if __name__ == "__main__":
    target, sheet, sender = sys.argv[1:]
    wire = WireV1(app_id=DEMO_APP_ID, account_id=DEMO_ACCOUNT_ID)
    ready = validate(read_sheet(Path(sheet))).ready
    asyncio.run(_post_all(target, [wire.body_of(one.campaign) for one in ready], int(sender)))
