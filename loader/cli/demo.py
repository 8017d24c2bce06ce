"""The whole load of the example workbook against the sandbox, three of its rows meeting a fault on the way."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from loader.config.settings import Settings, read_settings
from loader.execution.run import LoadRun
from loader.planning.request import LoadRequest
from loader.planning.validate import validate
from loader.sandbox.fault_rules import rule
from loader.sandbox.server import serving
from loader.sandbox.settings import (
    DEMO_ACCOUNT_ID,
    DEMO_APP_ID,
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    KnownList,
    KnownQueue,
    SandboxSettings,
)
from loader.storage.journal import open_journal
from loader.workbook.reader.read import read_sheet
from loader.workbook.writer.template import write_example

if TYPE_CHECKING:
    from loader.execution.connection import Stop
    from loader.execution.report import Report
    from loader.execution.send_request import Callbacks

# fast enough for a demonstration; a real account has 60 requests a minute
_PER_MINUTE = 300


async def demonstrate(output: Path, callbacks: Callbacks, stop: Stop) -> Report:
    """Load the example. Its journal is thrown away with the sandbox, so every demonstration is the first."""
    with tempfile.TemporaryDirectory(prefix="campaign-loader-demo-") as folder:
        example = write_example(Path(folder, "example.xlsx"))
        ready = validate(read_sheet(example)).ready
        names = [it.campaign.name for it in ready]
        lists = {name for it in ready for name in it.campaign.contact_lists}
        queues = {it.campaign.queue for it in ready if it.campaign.queue}
        sandbox = SandboxSettings(
            rate_per_minute=_PER_MINUTE,
            contact_lists=tuple(map(KnownList, sorted(lists))),
            queues=tuple(map(KnownQueue, sorted(queues))),
            fault_rules=(
                # created, and the answer lost: it must be found, not sent again
                rule(operation="create", name=names[3], times=1, action="reset-after-creating"),
                # not created, and nobody can know: it must be looked up, then sent again
                rule(operation="create", name=names[9], times=1, action="server-error", status=503),
                rule(operation="create", name=names[15], times=1, action="rate-limited", retry_after="2"),
            ),
        )
        async with serving(sandbox) as server:
            journal = open_journal(f"sqlite:///{folder}/journal.db")
            try:
                settings = _settings(server.url, output)
                return await LoadRun(
                    LoadRequest(example.name, example.read_bytes()), settings, journal, callbacks, stop
                ).load()
            finally:
                journal.close()


def _settings(url: str, output: Path) -> Settings:
    return read_settings(
        host=url,
        app_id=DEMO_APP_ID,
        account_id=DEMO_ACCOUNT_ID,
        client_id=DEMO_CLIENT_ID,
        client_secret=DEMO_CLIENT_SECRET,
        api_version="v1",
        jwt_algorithm="HS256",
        rate_per_minute=_PER_MINUTE,
        concurrency=8,
        timeout_seconds=3,
        settle_seconds=2,
        verify_seconds=10,
        output=output,
    )
