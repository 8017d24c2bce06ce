"""Whoever is to be told of a night is told by `nightly` itself; how the night ended does not depend on it."""

from __future__ import annotations

import asyncio
import json
import os
import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from loader.nightly.batch import Nightly
from loader.sandbox.fault_rules import rule
from tests.listeners import Hook, Postbox
from tests.load_runs import held
from tests.sheets import row, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from loader.sandbox.server import Sandbox
    from tests.conftest import Main
    from tests.program import Finished

LONG_AGO = 1_774_000_000


@pytest.fixture
def listeners() -> Iterator[tuple[Hook, Postbox, int]]:
    """A webhook and a mail server with its port, in a thread of their own."""
    loop, stack, hook, postbox = asyncio.new_event_loop(), AsyncExitStack(), Hook(), Postbox()
    thread = Thread(target=loop.run_forever)
    thread.start()

    async def start() -> int:
        await hook.start(stack)
        return await postbox.start(stack)

    port = asyncio.run_coroutine_threadsafe(start(), loop).result(timeout=30)
    yield hook, postbox, port
    asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(timeout=30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def hook(listeners: tuple[Hook, Postbox, int]) -> Hook:
    return listeners[0]


@pytest.fixture
def night(main: Main, folder: Path, hook: Hook) -> Callable[..., Finished]:
    """`nightly inbox`, with these names in a workbook, told to the webhook."""

    def carried_out(*options: str, names: Sequence[str] = (), host: str = "", **environment: str) -> Finished:
        inbox = folder / "inbox"
        inbox.mkdir(exist_ok=True)
        if names:
            path = write_workbook(inbox / "april.xlsx", [row(name) for name in names])
            os.utime(path, (LONG_AGO, LONG_AGO))
        told = {"LOADER_NOTIFY_WEBHOOK": hook.url, "LOADER_NOTIFY_WEBHOOK_KIND": "generic", **environment}
        done = main("nightly", "inbox", *options, **({"host": host} if host else {}), **told)
        assert "hush" not in done.out + done.err
        return done

    return carried_out


def test_nobody_is_notified_of_a_night_in_which_all_went_well(
    serve_aside: Callable[..., Sandbox], night: Callable[..., Finished], hook: Hook
) -> None:
    assert night(names=["A", "B"], host=serve_aside().url).code == 0
    assert night().code == 0
    assert hook.bodies == []


def test_a_night_in_which_something_was_off_is_reported_with_all_that_nightly_says(
    serve_aside: Callable[..., Sandbox], night: Callable[..., Finished], hook: Hook
) -> None:
    server = serve_aside(rule(operation="create", name="B", action="refused"))
    done = night("--json", names=["A", "B"], host=server.url)
    file, whole = map(json.loads, done.out.splitlines())
    assert (done.code, whole["exit_code"]) == (4, 4)
    assert hook.bodies == [{**whole, "files": [file], "reasons": ["april.xlsx: rejected: 1 of 2 rows, more than 10 %"]}]
    assert night("--json", names=["C", "D"], host=server.url).code == 0
    [_, over] = hook.bodies
    assert [reason.split(" since ")[0] for reason in over["reasons"]] == [
        "april.xlsx: it went well now; it had needed a look"
    ]
    assert night("--json", names=["E"], host=server.url).code == 0
    assert len(hook.bodies) == 2


def test_refused_credentials_are_reported(
    serve_aside: Callable[..., Sandbox], night: Callable[..., Finished], hook: Hook
) -> None:
    done = night(names=["A"], host=serve_aside().url, KORE_CLIENT_ID="cs-somebody-else")
    assert done.code == 6
    [[reason]] = [body["reasons"] for body in hook.bodies]
    assert reason.startswith("april.xlsx: credentials or permission were refused; ")


def test_a_night_that_could_not_begin_or_had_nothing_to_do_is_reported(
    night: Callable[..., Finished], hook: Hook
) -> None:
    assert night("--expect").code == 4
    assert night("--profile", "eu").code == 2
    assert [body["reasons"] for body in hook.bodies] == [
        ["There was nothing to load, and something was expected."],
        [f"profile eu: there is no loader.toml in {Path.cwd()}, where the program was started"],
    ]


def test_where_it_cannot_be_read_whom_to_notify_it_is_said_in_a_line(night: Callable[..., Finished]) -> None:
    done = night("--expect", LOADER_NOTIFY_WEBHOOK="hooks.example.com/T1", LOADER_NOTIFY_EMAIL_TO="night")
    assert done.code == 4
    assert done.err.splitlines()[-1] == (
        "campaign-loader: no notice was sent, because its settings cannot be read: LOADER_NOTIFY_WEBHOOK: should be a "
        "URL that begins with https://; LOADER_NOTIFY_EMAIL_TO: should be an address such as night@example.com, or "
        "several separated by commas"
    )


def test_a_defect_is_reported_and_keeps_its_exit_code(
    night: Callable[..., Finished], hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Nightly) -> None:
        raise RuntimeError("hush")

    monkeypatch.setattr(Nightly, "carry_out", broken)
    monkeypatch.setattr("traceback.format_exc", lambda: "")
    assert night().code == 70
    assert [body["reasons"] for body in hook.bodies] == [
        ["A defect of the loader ended it; the journal is still right."]
    ]


def test_a_mail_is_sent_likewise(
    night: Callable[..., Finished], listeners: tuple[Hook, Postbox, int], folder: Path
) -> None:
    _, postbox, port = listeners
    mail = {
        "LOADER_NOTIFY_EMAIL_TO": "ops@example.com",
        "LOADER_NOTIFY_EMAIL_FROM": "night@example.com",
        "LOADER_SMTP_HOST": "127.0.0.1",
        "LOADER_SMTP_PORT": str(port),
        "LOADER_SMTP_TLS": "none",
    }
    (folder / "inbox").mkdir()
    (folder / "inbox" / "april.xlsx").write_bytes(b"no workbook")
    os.utime(folder / "inbox" / "april.xlsx", (LONG_AGO, LONG_AGO))
    assert night(**mail, LOADER_NOTIFY_WEBHOOK="").code == 3
    [message] = postbox.mails
    first, *_, last = message.get_content().splitlines()
    assert first.startswith("- april.xlsx: ")
    assert last == "april.xlsx: nothing sent; now inbox/failed/april.xlsx"


@pytest.mark.parametrize("options", [["--json"], ["--json", "--log-json"]])
def test_a_notice_that_does_not_get_through_is_said_and_changes_nothing(
    night: Callable[..., Finished], hook: Hook, options: list[str]
) -> None:
    hook.answers = [404]
    done = night("--expect", *options)
    assert done.code == 4
    assert done.json["exit_code"] == 4
    why = "the notice did not get through: the webhook at 127.0.0.1: the answer was 404"
    last = done.err.splitlines()[-1]
    if "--log-json" in options:
        event = json.loads(last)
        assert (event["event"], event["level"], event["error"]) == ("notice", "error", why)
    else:
        assert last == f"campaign-loader: {why}"


def test_wrong_settings_of_notices_are_said_and_change_nothing(
    serve_aside: Callable[..., Sandbox], night: Callable[..., Finished]
) -> None:
    server = serve_aside()
    done = night(names=["A"], host=server.url, LOADER_NOTIFY_WEBHOOK="ftp://hush")
    assert (done.code, held(server)) == (0, ["A"])
    assert "LOADER_NOTIFY_WEBHOOK: should be a URL that begins with https://" in done.err


def test_a_defect_of_the_notice_is_said_and_changes_nothing(
    night: Callable[..., Finished], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("hush")

    monkeypatch.setattr("loader.nightly.notify.notice_of", broken)
    done = night("--expect")
    assert done.code == 4
    assert re.search("no notice could be made .RuntimeError.: this is a defect of the loader", done.err)


def pinged(hook: Hook) -> dict[str, str]:
    return {"LOADER_NOTIFY_PING": f"{hook.url}?id=7", "LOADER_NOTIFY_WEBHOOK": ""}


def test_who_waits_for_nights_hears_that_one_begins_and_how_it_ended(
    serve_aside: Callable[..., Sandbox], night: Callable[..., Finished], hook: Hook
) -> None:
    assert night(names=["A"], host=serve_aside().url, **pinged(hook)).code == 0
    assert night("--expect", **pinged(hook)).code == 4
    assert night("--profile", "eu", **pinged(hook)).code == 2
    assert hook.pings == ["/start", "", "/start", "/fail", "/start", "/fail"]


def test_a_ping_that_does_not_get_through_changes_nothing_and_shows_no_secret(
    night: Callable[..., Finished], hook: Hook
) -> None:
    hook.answers = [404, 404]
    done = night(**pinged(hook))
    assert (done.code, hook.pings) == (0, ["/start", ""])
    assert done.err.count("it did not get through: the ping of 127.0.0.1: the answer was 404") == 2


@pytest.mark.parametrize("names", [(), ("A",)], ids=["nothing to load", "a workbook"])
def test_who_begins_a_night_by_hand_after_its_deadline_hears_first_that_nothing_is_loaded_and_how_it_would_be(
    night: Callable[..., Finished], names: Sequence[str]
) -> None:
    at = datetime.now(UTC) - timedelta(hours=1, minutes=1)
    done = night("--deadline", f"{at:%H:%M}", "--timezone", "UTC", names=names)
    first, *_ = done.err.splitlines()
    assert first.startswith("campaign-loader: the night began 1 h ")
    assert first.endswith(
        f" after its deadline of {at:%H:%M}, and within 12 h after it no workbook is begun; to load now, until the "
        f"next {at:%H:%M}, give --late 0"
    )
    assert done.code == (4 if names else 0)


def test_with_late_0_it_loads_until_the_next_deadline(
    serve_aside: Callable[..., Sandbox], night: Callable[..., Finished]
) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    server = serve_aside()
    done = night("--deadline", f"{at:%H:%M}", "--timezone", "UTC", "--late", "0", names=["A"], host=server.url)
    assert (done.code, held(server)) == (0, ["A"])
    assert "deadline" not in done.err
